"""Other people's text loses its power over a terminal and nothing else."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from exporter.render.printable import ascii_only, json_escaped, printable


def test_controls_bidi_and_hidden_characters_become_escapes() -> None:
    assert printable("a\x1b[2J\x07\x9b\u202e\u2066\u200b\ufeff\xad\n\t\ud800\U000e0041") == (
        "a\\x1b[2J\\x07\\x9b\\u202e\\u2066\\u200b\\ufeff\\xad\\n\\t\\ud800\\U000e0041"
    )


def test_names_in_every_script_stay_as_they_are() -> None:
    names = "受注 Größe αβγ שלום العربية می\u200cخواهم 👩\u200d💻 🚀 a\u00a0b"
    assert printable(names) == names


def test_line_ends_stay_where_they_are_wanted() -> None:
    assert printable("a\nb\tc", keep="\n") == "a\nb\\tc"


def test_look_alikes_are_told_apart() -> None:
    assert ascii_only("p\u0430y\u00a0") == "p\\u0430y\\xa0"


@given(st.text())
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not any(unicodedata.bidirectional(char) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
                   for char in shown)  # fmt: skip
    assert shown.encode("utf-8").decode("utf-8") == shown


@given(st.text())
def test_json_stays_the_same_value(text: str) -> None:
    escaped = json_escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(escaped) == text
    assert escaped.encode("utf-8").decode("utf-8") == escaped
