"""Compare the lists of fields that a connector declares for a step's input and output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporter.diff.changes import MISSING, ChangeClass, FieldChange
from exporter.diff.noise import SCHEMA_CONTRACT
from exporter.recipe.datapill import canonical_text
from exporter.recipe.labels import SEPARATOR, humanise
from exporter.recipe.model import JsonValue

_TITLES: Mapping[str, str] = {"extended_input_schema": "Input fields", "extended_output_schema": "Output fields"}


@dataclass(frozen=True, slots=True)
class SchemaField:
    """One field: how people read it, what decides about behaviour, and everything else of it."""

    line: str
    contract: str
    looks: str


def schema_fields(schema: JsonValue) -> dict[tuple[str, ...], SchemaField]:
    """The fields of a schema and below, by the names that lead to them. Fields of one name get a number."""
    found: dict[tuple[str, ...], SchemaField] = {}
    places: Counter[tuple[str, ...]] = Counter()
    for path, field in _walk(schema, (), ()):
        places[path] += 1
        found[(*path, f"#{places[path]}")] = field
    return found


def compare_schemas(key: str, before: JsonValue, after: JsonValue) -> FieldChange | None:
    """One entry for all that differs between two field lists; None if nothing does. `before` and `after` list the
    fields that only that side has, or has with another type; where only hints and choices differ, `after` lists
    the fields."""
    fields_before, fields_after = schema_fields(before), schema_fields(after)
    gone = [field.line for path, field in fields_before.items() if not _same_contract(field, fields_after.get(path))]
    new = [field.line for path, field in fields_after.items() if not _same_contract(field, fields_before.get(path))]
    title = _TITLES.get(key, humanise(key))
    if gone or new:
        return FieldChange((key,), title, [*sorted(gone)], [*sorted(new)], ChangeClass.SCHEMA)
    touched = [field.line for path, field in fields_after.items() if field.looks != fields_before[path].looks]
    if touched:
        return FieldChange((key,), f"{title}: hints and choices", MISSING, [*sorted(touched)], ChangeClass.SCHEMA)
    return None


def schema_contract(schema: JsonValue) -> list[JsonValue]:
    """What of a schema decides about behaviour, in one order whatever the file's is."""
    return [*sorted(canonical_text([*path, field.contract]) for path, field in schema_fields(schema).items())]


def _same_contract(field: SchemaField, other: SchemaField | None) -> bool:
    return other is not None and field.contract == other.contract and field.line == other.line


def _walk(
    schema: JsonValue, path: tuple[str, ...], labels: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], SchemaField]]:
    if schema is None:
        return
    if not isinstance(schema, list):
        text = canonical_text(schema)
        yield (*path, "?"), SchemaField(text[:80], text, text)
        return
    for item in schema:
        if not isinstance(item, dict):
            text = canonical_text(item)
            yield (*path, text), SchemaField(text[:80], text, text)
            continue
        name, label = item.get("name"), item.get("label")
        own_path = (*path, name if isinstance(name, str) else canonical_text(name))
        own_labels = (*labels, label if isinstance(label, str) and label.strip() else own_path[-1])
        yield own_path, _field(item, own_labels)
        yield from _walk(item.get("properties"), own_path, own_labels)


def schema_label(item: Mapping[str, JsonValue]) -> str:
    """What people call a field: its label, a table column's title, else its name."""
    texts = (item.get(key) for key in ("label", "title", "name"))
    return next((text for text in texts if isinstance(text, str) and text.strip()), "?")


def schema_line(item: Mapping[str, JsonValue], labels: tuple[str, ...] = ()) -> str:
    """One field for people: "Account ▸ Name (string, optional)"."""
    kind = item.get("type")
    words = [kind if isinstance(kind, str) else "any", *(["optional"] if item.get("optional") is True else [])]
    return f"{SEPARATOR.join(labels or (schema_label(item),))} ({', '.join(words)})"


def _field(item: Mapping[str, JsonValue], labels: tuple[str, ...]) -> SchemaField:
    own = {key: value for key, value in item.items() if key != "properties" and value is not None}
    return SchemaField(
        line=schema_line(item, labels),
        contract=canonical_text({key: value for key, value in own.items() if key in SCHEMA_CONTRACT}),
        looks=canonical_text(own),
    )
