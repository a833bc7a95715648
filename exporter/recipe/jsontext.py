"""JSON from outside, read exactly: every digit of a number kept, nothing lost, never another error than ours."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal, InvalidOperation
from itertools import accumulate

from exporter.errors import RecipeFormatError
from exporter.recipe.model import JsonValue

# Levels of objects and lists. A step in a block takes two, so 100 nested blocks with deep inputs fit; every walk
# over a parsed value may recurse that deep without reaching Python's own limit.
MAX_DEPTH = 250

_BRACKETS = b"[]{}"
_ALL_BUT_BRACKETS_AND_QUOTES = bytes(byte for byte in range(256) if byte not in _BRACKETS + b'"')
_STEP_OF_BRACKET = tuple(1 if byte in b"[{" else -1 for byte in range(256))


def parse_json(content: bytes) -> JsonValue:
    """The JSON value in these bytes. A number with a fraction or an exponent is a Decimal and keeps its digits.

    A key that occurs twice in one object is refused: readers differ in which value they take, so no diff of it
    could be trusted.

    Raises: RecipeFormatError for everything that is not UTF-8 JSON by RFC 8259 of at most MAX_DEPTH levels (a
    leading byte order mark is let pass).
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise RecipeFormatError(f"Not UTF-8 text: byte {exc.start} is {content[exc.start]:#04x}.") from exc
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        raise RecipeFormatError(f"Not JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}.") from exc
    except RecursionError as exc:
        raise RecipeFormatError(f"JSON nested deeper than {MAX_DEPTH} levels.") from exc
    if nesting_depth(content) > MAX_DEPTH:
        raise RecipeFormatError(f"JSON nested deeper than {MAX_DEPTH} levels.")
    return value


def nesting_depth(content: bytes) -> int:
    """How many levels of objects and lists valid JSON has at most; 0 for a bare string or number.

    Counts brackets outside strings: a walk over the parsed value would cost more than parsing it.
    """
    unescaped = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Two quotes in a row hold nothing, or part two strings with nothing between: without them all stays inside or
    # outside strings as it was, and little is left.
    marks = unescaped.translate(None, _ALL_BUT_BRACKETS_AND_QUOTES).replace(b'""', b"")
    brackets = b"".join(marks.split(b'"')[::2])
    return max(accumulate(map(_STEP_OF_BRACKET.__getitem__, brackets)), default=0)


def _object_of(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = next(key for key, number in Counter(key for key, _ in pairs).items() if number > 1)
        raise RecipeFormatError(f"JSON with the key {twice[:80]!r} twice in one object.")
    return value


def _integer_of(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as exc:  # more digits than sys.get_int_max_str_digits() lets Python convert
        raise RecipeFormatError(f"JSON with a number of {len(digits)} digits.") from exc


def _decimal_of(digits: str) -> Decimal:
    try:
        value = Decimal(digits)
    except InvalidOperation as exc:  # an exponent beyond what decimal holds
        raise RecipeFormatError(f"JSON with a number out of range: {digits[:40]}.") from exc
    if not value.is_finite():
        raise RecipeFormatError(f"JSON with a number out of range: {digits[:40]}.")
    return value


def _refuse_constant(name: str) -> JsonValue:
    raise RecipeFormatError(f"Not JSON: {name} is no JSON number.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_of,
    parse_int=_integer_of,
    parse_float=_decimal_of,
    parse_constant=_refuse_constant,
)
