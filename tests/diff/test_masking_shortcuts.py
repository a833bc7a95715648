"""The quick looks that spare a search pass over nothing that the search would find."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.diff.masking import literals

WORDS = st.sampled_from(
    ["pass", "word", "pwd", "TOKEN", "api", "Key", "sign\u0131ng", "acce\u017fs", "coo\u212aie", "_"]
)
TEXTS = st.lists(WORDS | st.sampled_from([" ", "-", "_", "=", "Bearer", "BASIC", "x" * 8]), max_size=12).map("".join)


@given(TEXTS)
def test_a_text_with_the_name_of_a_secret_is_looked_through(text: str) -> None:
    names = [match.group() for match in literals._SECRET_WORD.finditer(text)]
    small = literals._small_letters(text)
    triggers = (*literals._SECRET_WORDS, *literals._SECRET_KEYS)
    assert all(literals._small_letters(name) in triggers for name in names)
    assert not names or any(trigger in small for trigger in triggers)


@given(TEXTS)
def test_a_text_with_an_authorization_is_looked_through(text: str) -> None:
    found = literals._AUTH_SCHEME.search(text)
    assert found is None or any(trigger in text for trigger in literals._AUTH_TRIGGERS)


@pytest.mark.parametrize(
    "name",
    [
        "pa\u017fsword",
        "PA\u017fSWORD",
        "au\u0074hor\u0131zation",
        "author\u0130zation",
        "to\u212aen",
        "API\u00a0key api KEY",
    ],
)
def test_letters_that_count_as_others_hide_no_name(name: str) -> None:
    match = literals._SECRET_WORD.search(name)
    assert match is not None
    assert literals._small_letters(match.group()) in (*literals._SECRET_WORDS, *literals._SECRET_KEYS)


@pytest.mark.parametrize(
    "text",
    ["AKIA", "ASIA", "ABIA", "ACCA", "xoxb-", "xapp-", "xwfp-", "sk_live_", "rk_test_", "ATATT", "ATBB", "ATCTT"],
)
def test_each_beginning_of_a_credential_is_known(text: str) -> None:
    (finding, *_) = literals.find_secrets("note", f"see {text}0123456789AB here")
    assert (finding.start, finding.end) == (4, 4 + len(text) + 12)
