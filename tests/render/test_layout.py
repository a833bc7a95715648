"""JSON text laid out for reading says the same as before."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.render.layout import LINE_CHARS, laid_out

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=20,
)


@given(values, st.sampled_from([None, (",", ":"), (" , ", " :\t")]))
def test_laid_out_json_reads_back_as_it_was(value: object, separators: tuple[str, str] | None) -> None:
    text = json.dumps(value, separators=separators)
    assert json.loads(laid_out(text)) == value


def test_what_fits_stays_on_a_line_and_the_rest_has_a_line_an_item() -> None:
    text = '{"fields":[{"name":"a","type":"string"},{"name":"b","of":{}}],"title":"' + "x" * 60 + '"}'
    assert laid_out(text).split("\n") == [
        "{",
        '  "fields": [{"name": "a", "type": "string"}, {"name": "b", "of": {}}],',
        f'  "title": "{"x" * 60}"',
        "}",
    ]


def test_repeated_keys_numbers_and_their_order_stay_as_they_are() -> None:
    text = '{"b": 1.10, "a": 12345678901234567890, "b": 1e5, "c": "' + "x" * 50 + '"}'
    laid = laid_out(text)
    assert "".join(laid.split()) == "".join(text.split())
    assert laid.count("\n") == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "[Step 2 · Search accounts in Salesforce ▸ Accounts ▸ each item ▸ Account number ▸ of all]",
        "[" + "1, " * 60,
        '{"a": [Step 1 · x]} ' + "y" * 80,
        "[" * 100 + "1" + "]" * 100,
        "[" * 100_000 + "]" * 100_000,
        '["short"]',
    ],
)
def test_text_that_is_not_json_or_needs_no_layout_stays_as_it_is(text: str) -> None:
    assert laid_out(text) == text


def test_numbers_that_python_refuses_to_read_are_laid_out() -> None:
    text = "[" + "9" * 5_000 + ', "x"]'
    assert laid_out(text).split("\n") == ["[", f"  {'9' * 5_000},", '  "x"', "]"]


def test_a_list_just_at_the_limit_stays_on_its_line() -> None:
    text = json.dumps(["x" * (LINE_CHARS - 4)])
    assert len(text) == LINE_CHARS
    assert laid_out(text) == text
