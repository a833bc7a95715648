"""Lists of fields that a recipe declares: parameters and results of callable recipes, API bodies, list items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from exporter.recipe.datapill import canonical_text
from exporter.recipe.labels import SEPARATOR, humanise, plain_text
from exporter.recipe.model import JsonValue

# How the editor draws a field and reads what is typed there: what the field is follows from the other keys.
_LOOKS = frozenset(
    {
        "control_type", "sticky", "details", "extends_schema", "render_input", "parse_output", "convert_input",
        "convert_output", "toggle_field", "toggle_hint", "schema_neutral", "support_pills", "change_on_blur",
    }
)  # fmt: skip
_SAID = frozenset({"name", "label", "type", "of", "optional", "hint", "properties", "default"})
_DECLARES = frozenset({"type", "control_type", "label", "properties"})
INDENT = "  "

# (what a text is called, the text) -> the text for people
Write: TypeAlias = Callable[[str, str], str]


def is_schema(value: JsonValue) -> bool:
    """Whether a value is a list of fields: objects with a name and what they are."""
    if not isinstance(value, list) or not value:
        return False
    return all(
        isinstance(field, dict) and isinstance(field.get("name"), str) and not _DECLARES.isdisjoint(field)
        for field in value
    )


def schema_lines(fields: Sequence[JsonValue], write: Write, depth: int = 0) -> Iterator[str]:
    """One line a field, those inside a field indented below it:
    "- Room number (room_number): string, optional, default "12" · Hotel room number". `write` writes the texts that
    people may have typed anything into."""
    for field in fields:
        if not isinstance(field, dict):
            yield f"{INDENT * depth}- {write('', canonical_text(field))}"
            continue
        yield f"{INDENT * depth}- {_line(field, write)}"
        properties = field.get("properties")
        if isinstance(properties, list):
            yield from schema_lines(properties, write, depth + 1)


def _line(field: Mapping[str, JsonValue], write: Write) -> str:
    name, label = str(field.get("name")), field.get("label")
    title = plain_text(label) if isinstance(label, str) and label.strip() else humanise(name)
    words = [_type(field)]
    if field.get("optional") is True:
        words.append("optional")
    for key in ("default", *sorted(field.keys() - _SAID - _LOOKS)):
        value = field.get(key)
        if value is not None and value is not False and value not in ("", [], {}):
            shown = f'"{value}"' if isinstance(value, str) else canonical_text(value)
            words.append(f"{humanise(key).lower()} {write(f'{name}{SEPARATOR}{key}', shown)}")
    hint = field.get("hint")
    note = f" · {write('hint', plain_text(hint))}" if isinstance(hint, str) and hint.strip() else ""
    return f"{title} ({name}): {', '.join(words)}{note}"


def _type(field: Mapping[str, JsonValue]) -> str:
    kind, inner = field.get("type"), field.get("of")
    words = kind if isinstance(kind, str) and kind else "any type"
    return f"{words} of {inner}" if isinstance(inner, str) and inner else words
