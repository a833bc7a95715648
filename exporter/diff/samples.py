"""Sample documents: a step keeps one to know which fields a text will have. What differs in a sample matters where
it declares other fields; its values are examples."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exporter.recipe.model import JsonValue

# Inputs that hold a sample as JSON text. Source: measured on platform exports (`json_parser.parse_json` and others).
SAMPLE_KEYS: Final = frozenset({"sample_document", "sample_payload", "sample_json", "sample_response"})


def sample_fields(sample: JsonValue) -> list[JsonValue]:
    """The fields that a sample declares, as a list of schema fields. A list declares those of all its items."""
    if isinstance(sample, dict):
        return [_field(name, value) for name, value in sample.items()]
    if isinstance(sample, list):
        return sample_fields(_merged(sample))
    return []


def _field(name: str, value: JsonValue) -> JsonValue:
    field: dict[str, JsonValue] = {"name": name, "type": _type(value)}
    if isinstance(value, list):
        field["of"] = _type(value[0]) if value else "any"
    if isinstance(value, dict | list):
        field["properties"] = sample_fields(value)
    return field


def _merged(items: list[JsonValue]) -> JsonValue:
    """One object with the keys of all objects in the list, each with its first value that is no null."""
    merged: dict[str, JsonValue] = {}
    for item in items:
        if isinstance(item, list):
            item = _merged(item)
        for key, value in item.items() if isinstance(item, dict) else ():
            if merged.get(key) is None:
                merged[key] = value
    return merged


def _type(value: JsonValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "integer" if isinstance(value, int) else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
