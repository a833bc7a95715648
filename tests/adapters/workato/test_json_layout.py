from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.adapters.workato.layout import is_single_line, lay_out_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
CONTAINERS = st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


def _without_whitespace(content: bytes) -> bytes:
    """Insignificant whitespace removed, by hand: outside of strings."""
    kept, is_in_string, is_escaped = bytearray(), False, False
    for byte in content:
        character = bytes([byte])
        if is_in_string or character not in b" \t\r\n":
            kept += character
        if is_escaped:
            is_escaped = False
        elif is_in_string and character == b"\\":
            is_escaped = True
        elif character == b'"':
            is_in_string = not is_in_string
    return bytes(kept)


@given(CONTAINERS, st.booleans(), st.booleans())
def test_removing_whitespace_gives_the_input_back(value: object, is_ascii: bool, is_spaced: bool) -> None:
    separators = (", ", ": ") if is_spaced else (",", ":")
    content = json.dumps(value, ensure_ascii=is_ascii, separators=separators).encode()
    assert _without_whitespace(lay_out_json(content)) == _without_whitespace(content)


@given(CONTAINERS)
def test_laying_out_twice_changes_nothing_more(value: object) -> None:
    once = lay_out_json(json.dumps(value).encode())
    assert lay_out_json(once) == once


@given(st.binary(max_size=60))
def test_bytes_that_are_no_json_stay_as_they_are(content: bytes) -> None:
    try:
        json.loads(content.decode("utf-8"))
    except ValueError:
        assert lay_out_json(content) == content


def test_the_style_is_that_of_workatos_own_files() -> None:
    content = b'{"name":"a, b","code":{"block":[],"input":{},"rows":[1,{"x":null}]}}'
    assert lay_out_json(content) == (
        b"{\n"
        b'  "name": "a, b",\n'
        b'  "code": {\n'
        b'    "block": [\n\n    ],\n'
        b'    "input": {\n    },\n'
        b'    "rows": [\n      1,\n      {\n        "x": null\n      }\n    ]\n'
        b"  }\n"
        b"}"
    )


def test_digits_escapes_and_double_keys_stay() -> None:
    content = b'{"n":1.10e+02,"n":12345678901234567890.000,"s":"\\u00e9\\/\\"{[,:"}'
    assert lay_out_json(content) == (
        b'{\n  "n": 1.10e+02,\n  "n": 12345678901234567890.000,\n  "s": "\\u00e9\\/\\"{[,:"\n}'
    )


def test_a_number_of_many_digits_is_no_obstacle() -> None:
    assert lay_out_json(b"[" + b"9" * 5000 + b"]") == b"[\n  " + b"9" * 5000 + b"\n]"


@pytest.mark.parametrize("content", [b"[" * 300 + b"]" * 300, b"[" * 100_000 + b"]" * 100_000])
def test_nesting_beyond_reason_stays_on_its_line(content: bytes) -> None:
    assert lay_out_json(content) == content


@pytest.mark.parametrize(
    ("content", "is_single"),
    [
        (b'{"a":1}', True),
        (b"[1]", True),
        (b'{\n  "a": 1\n}', False),
        (b'{"a":1}\r\n', False),
        (b'"text"', False),
        (b"", False),
        (b"\xef\xbb\xbf{}", False),
    ],
)
def test_single_line_json_is_recognised(content: bytes, is_single: bool) -> None:
    assert is_single_line(content) is is_single
