"""The fields of a step written out for people, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from exporter.errors import RecipeFormatError
from exporter.recipe.datapill import pills_in
from exporter.recipe.declared import is_schema, schema_lines
from exporter.recipe.jsontext import parse_json
from exporter.recipe.labels import SEPARATOR, is_opaque, key_label, pick_list_label, schema_field
from exporter.recipe.model import JsonValue, Keyword, Step

# What lies deeper in a field than people ever put it is shown as JSON: each level costs several calls in a row.
MAX_LISTED_DEPTH = 40

_GROUP_KEYS = frozenset({"type", "operand", "conditions"})
_CONDITION_KEYS = frozenset({"operand", "lhs", "rhs", "uuid"})
_REFERENCE_KEYS = frozenset({"zip_name", "name", "folder", "folder_full_path", "custom"})
_ROW_NAMES = ("name", "key")
_SCHEMA_ENDINGS = ("schema", "schema_json")


@dataclass(frozen=True, slots=True)
class ListedField:
    """A field: a single `value` (a JSON document is an object or a list), or `lines` under its label (conditions,
    declared fields), or `items`, each with fields of its own (a list)."""

    label: str
    value: JsonValue = None
    lines: tuple[str, ...] = ()
    items: tuple[tuple[ListedField, ...], ...] = ()


class Writer(Protocol):
    """Writes the texts of one recipe for people."""

    def text(self, called: str, text: str) -> str:
        """A text that is written already, masked; `called` is what it is called."""

    def written(self, called: str, text: str) -> str:
        """A text from the file: its datapills written out, masked."""

    def column(self, key: str) -> str:
        """The label of an opaque key, or the key."""

    def conditions(self, group: Mapping[str, JsonValue]) -> list[str]:
        """The conditions of a group, a sentence each."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the labels on the way to it, the keys, and what it is called for a mask: keys without
    list places, rows by their names, columns by their labels."""

    labels: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return SEPARATOR.join(self.labels)

    @property
    def called(self) -> str:
        return SEPARATOR.join(name for name in self.names if name)

    @property
    def key(self) -> str:
        return self.path[-1] if self.path else ""

    def below(self, key: str, label: str, row: str = "") -> Place:
        """The place of a key of the object here, which may be a named row."""
        name = label if is_opaque(key) else key
        return Place((*self.labels, label), (*self.path, key), (*self.names, row, name))

    def item(self, number: int) -> Place:
        """The place of a list's item; its labels begin anew."""
        return Place((), (*self.path, str(number)), self.names)


TOP = Place()


class FieldLister:
    """Lists the values of one step. Without `is_step` they are settings of the recipe."""

    def __init__(self, writer: Writer, step: Step, *, is_step: bool = True):
        self._writer = writer
        self._step = step
        self._is_step = is_step

    def inside(self, value: dict[str, JsonValue], schema: JsonValue, place: Place = TOP) -> Iterator[ListedField]:
        """The fields of an object, one after the other. `schema` describes them."""
        row = _row_name(value)
        for key, item in value.items():
            yield from self.of(key, item, schema, place, row if key == "value" else "")

    def of(
        self, key: str, value: JsonValue, schema: JsonValue, around: Place = TOP, row: str = ""
    ) -> Iterator[ListedField]:
        """One field or, for an object, all below it. `schema` describes the object around it."""
        field = schema_field(schema, key)
        place = around.below(key, self._label(field, key, around), row)
        if isinstance(value, dict | list) and len(place.path) > MAX_LISTED_DEPTH:
            yield ListedField(place.label, self._document(value, place.called))
        elif isinstance(value, dict):
            yield from self._object(value, field, place)
        elif isinstance(value, list):
            yield self._list(value, field, place)
        elif isinstance(value, str):
            yield self._text(value, place)
        else:
            yield ListedField(place.label, self._number(value, place.called))

    def _label(self, field: Mapping[str, JsonValue] | None, key: str, around: Place) -> str:
        if key == "filter" and self._is_step and self._step.keyword == Keyword.CATCH:
            return "Retry condition"
        if field is None and is_opaque(key):
            return self._writer.column(key)
        if field is None and around.key.endswith("headers"):
            return key  # "Accept-Language" is what is sent
        return key_label(field, key.removesuffix("_json") if key.endswith("schema_json") else key)

    def _object(
        self, value: dict[str, JsonValue], field: Mapping[str, JsonValue] | None, place: Place
    ) -> Iterator[ListedField]:
        if not value:
            yield ListedField(place.label, value)
        elif is_plain_group(value):
            texts = (self._writer.text(place.called, text) for text in self._writer.conditions(value))
            yield ListedField(place.label, lines=tuple(texts))
        elif is_reference(value):
            yield ListedField(place.label, self._writer.text("", f"{value['name']} ({value['zip_name']})"))
        else:
            yield from self.inside(value, field.get("properties") if field else None, place)

    def _list(self, value: list[JsonValue], field: Mapping[str, JsonValue] | None, place: Place) -> ListedField:
        if not value:
            return ListedField(place.label, value)
        if place.key.endswith("schema") and is_schema(value):
            return self._declared(value, place)
        schema = field.get("properties") if field else None
        items = (tuple(self._item(item, schema, place.item(number))) for number, item in enumerate(value))
        return ListedField(place.label, items=tuple(items))

    def _item(self, item: JsonValue, schema: JsonValue, place: Place) -> Iterator[ListedField]:
        if isinstance(item, str):
            yield self._text(item, place)
        elif isinstance(item, dict) and item and not is_plain_group(item) and not is_reference(item):
            value, name = item.get("value"), _row_name(item)
            if len(item) == len(("name", "value")) and name and isinstance(value, str):
                yield self._text(value, place.below("", self._writer.written("", name), name))
            else:
                yield from self.inside(item, schema, place)
        else:
            yield from self.of("", item, None, place)

    def _text(self, text: str, place: Place) -> ListedField:
        parsed = _embedded(place.key, text)
        if isinstance(parsed, list) and is_schema(parsed):
            return self._declared(parsed, place)
        if parsed is not None:
            return ListedField(place.label, self._document(parsed, place.called) if parsed else "no fields")
        shown = self._writer.written(place.called, text)
        chosen = pick_list_label(self._step, ".".join(place.path)) if self._is_step else ""
        if chosen and chosen.casefold() != text.casefold() and not text.startswith("=") and not pills_in(text):
            shown = f"{shown} ({self._writer.text(place.called, chosen)})"
        return ListedField(place.label, shown)

    def _declared(self, fields: list[JsonValue], place: Place) -> ListedField:
        return ListedField(place.label, lines=tuple(schema_lines(fields, self._writer.written)))

    def _document(self, value: JsonValue, called: str) -> JsonValue:
        """A JSON document, each text in it masked by the keys that lead to it."""
        if isinstance(value, dict):
            row = _row_name(value)
            return {
                key: self._document(item, SEPARATOR.join(part for part in (called, row, key) if part))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._document(item, called) for item in value]
        return self._writer.written(called, value) if isinstance(value, str) else self._number(value, called)

    def _number(self, value: JsonValue, called: str) -> JsonValue:
        """A number itself, unless the mask hides it."""
        if value is None or isinstance(value, bool):
            return value
        masked = self._writer.text(called, "0")
        return value if masked == "0" else self._writer.text(called, f"{value}")


def is_plain_group(value: JsonValue) -> bool:
    """Whether a value is a group of conditions that reads as sentences, without anything that they would not say."""
    if not isinstance(value, dict) or not value.keys() <= _GROUP_KEYS or "conditions" not in value:
        return False
    conditions = value["conditions"]
    is_usual = value.get("type", "compound") == "compound" and value.get("operand", "and") in ("and", "or")
    return is_usual and isinstance(conditions, list) and bool(conditions) and all(map(_is_plain_condition, conditions))


def _is_plain_condition(value: JsonValue) -> bool:
    if not isinstance(value, dict):
        return False
    if "conditions" in value:
        return is_plain_group({key: item for key, item in value.items() if key != "uuid"})
    sides = (value.get("lhs"), value.get("rhs"))
    return value.keys() <= _CONDITION_KEYS and not any(isinstance(side, dict | list) for side in sides)


def is_reference(value: Mapping[str, JsonValue]) -> bool:
    """Whether an object is the export's reference to another asset."""
    texts = (value.get("zip_name"), value.get("name"))
    return value.keys() <= _REFERENCE_KEYS and all(isinstance(text, str) for text in texts)


def _row_name(row: Mapping[str, JsonValue]) -> str:
    """The name in a row of headers or parameters, `{name, value}`; "" for any other object."""
    names = (row.get(key) for key in _ROW_NAMES) if "value" in row else ()
    return next((name for name in names if isinstance(name, str) and name.strip()), "")


def _embedded(key: str, text: str) -> JsonValue:
    """What a string of JSON holds if it declares fields or is a sample; None for any other text."""
    start = text.lstrip()[:1]
    is_named = key.endswith(_SCHEMA_ENDINGS) or key.startswith("sample")
    if not (start == "[" or (start == "{" and is_named)):
        return None
    try:
        value = parse_json(text.encode("utf-8", errors="surrogatepass"))
    except RecipeFormatError:
        return None
    return value if is_named or is_schema(value) else None
