from __future__ import annotations

from decimal import Decimal

import pytest

from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import MAX_DEPTH, nesting_depth, parse_json


def test_numbers_keep_every_digit() -> None:
    value = parse_json(b"[12345678901234567890, 1.0, 1.10, 1e400, -0]")
    assert isinstance(value, list)
    assert [str(item) for item in value] == ["12345678901234567890", "1.0", "1.10", "1E+400", "0"]
    assert [type(item) for item in value] == [int, Decimal, Decimal, Decimal, int]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value at line 1, column 1"),
        (b'{"a": 1, "b": 2, "a": 3}', "the key 'a' twice"),
        (b"[NaN]", "NaN is no JSON number"),
        (b"[-Infinity]", "-Infinity is no JSON number"),
        (b'"\xff"', "Not UTF-8 text: byte 1 is 0xff"),
        (b"9" * 5000, "a number of 5000 digits"),
        (b"1e99999999999999999999", "a number out of range"),
        (b"[" * 200_000, "nested deeper than 250 levels"),
        (b"[" * 251 + b"]" * 251, "nested deeper than 250 levels"),
        (b"{'a': 1}", "Not JSON"),
        (b"[1, ]", "Not JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(RecipeFormatError) as caught:
        parse_json(content)
    assert reason in str(caught.value)


def test_a_byte_order_mark_is_let_pass() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_the_deepest_allowed_json_is_read() -> None:
    parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    ("content", "depth"),
    [(b"1", 0), (b"[]", 1), (b'{"a": [[]]}', 3), (rb'["[[[", "\"[[", "\\", {}]', 2), (b"[[], [], [[]]]", 3)],
)
def test_brackets_inside_strings_are_no_levels(content: bytes, depth: int) -> None:
    assert nesting_depth(content) == depth
