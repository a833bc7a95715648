"""What a JSON value in a file is: a reference to another asset, a condition, a list of declared fields, JSON written
as a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeGuard

from exporter.diff.changes import Missing
from exporter.diff.samples import SAMPLE_KEYS
from exporter.diff.schemas import is_field_list
from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue

Path: TypeAlias = tuple[str | int, ...]

# Strings that hold a list of fields as JSON: their layout means nothing, their fields do.
_SCHEMA_ENDINGS: Final = ("schema", "schema_json")
# Strings that hold one in some actions and anything else in others.
_SOMETIMES_SCHEMAS: Final = frozenset({"output"})


def is_reference(value: JsonValue | Missing) -> TypeGuard[dict[str, JsonValue]]:
    """Whether it names another asset: `{zip_name, name, folder}`."""
    return isinstance(value, dict) and isinstance(value.get("zip_name"), str)


def is_condition(value: JsonValue | Missing) -> TypeGuard[dict[str, JsonValue]]:
    """Whether it is one condition: `{operand, lhs, rhs, uuid}`."""
    return isinstance(value, dict) and isinstance(value.get("operand"), str) and "lhs" in value


def is_whole(value: JsonValue | Missing) -> bool:
    """Whether people read the object as one value: "Amount is greater than 100", the name of a recipe."""
    return is_reference(value) or is_condition(value)


def declares_fields(value: JsonValue | Missing, key: str | int) -> TypeGuard[list[JsonValue]]:
    """Whether it is the list of fields that a schema of this key declares."""
    is_schema = isinstance(key, str) and (key.endswith(_SCHEMA_ENDINGS) or key in _SOMETIMES_SCHEMAS)
    return is_schema and bool(value) and is_field_list(value)


def declare_fields(values: Sequence[JsonValue], key: str | int) -> bool:
    """Whether all of these values declare fields, or none at all."""
    declaring = [value for value in values if declares_fields(value, key)]
    return bool(declaring) and all(value == [] for value in values if not declares_fields(value, key))


def embedded(key: str | int, text: str) -> JsonValue:
    """The object or list that a string of a schema or sample holds as JSON; None for any other string."""
    is_read = isinstance(key, str) and (key.endswith(_SCHEMA_ENDINGS) or key in SAMPLE_KEYS | _SOMETIMES_SCHEMAS)
    if not (is_read and text.lstrip()[:1] in ("[", "{")):
        return None
    try:
        value = parse_json(text.encode("utf-8", errors="surrogatepass"))
    except RecipeFormatError:
        return None
    if key in _SOMETIMES_SCHEMAS and not declares_fields(value, key):
        return None
    return value if isinstance(value, dict | list) else None


def opened(path: Path, value: JsonValue | Missing) -> JsonValue | Missing:
    """What is inside a string of JSON, where the tree went into it."""
    if isinstance(value, str) and path:
        parsed = embedded(path[-1], value)
        return value if parsed is None else parsed
    return value
