"""What people call things: fields by the label in a step's schema, choices by what was chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from exporter.errors import RecipeFormatError
from exporter.recipe.datapill import Join, PathElement, PathStep
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue, Step

SEPARATOR = " ▸ "

_WORD_BREAK = re.compile(r"[_\s\-.]+|(?<=[a-z0-9])(?=[A-Z])")
_OPAQUE_KEY = re.compile(r"[0-9a-f]{8}([-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}")
_STALE_STEP = re.compile(r"\s*\(step \d+\)\s*$", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_ACRONYMS = {"id": "ID", "url": "URL", "api": "API", "http": "HTTP", "json": "JSON", "csv": "CSV", "sql": "SQL"}
# Where Workato's editor uses other words than the key.
_FIXED_LABELS = {
    "____source": "List source",
    "lhs": "Left side",
    "rhs": "Right side",
    "operand": "Operator",
    "source": "Repeats for each of",
    "filter": "Trigger condition",
}
# Keys that only group: a reader does not miss them in "Parameters ▸ Account ID".
_SILENT_KEYS = frozenset({"input"})


def humanise(key: str) -> str:
    """`max_retry_count` -> "Max retry count", `accountId` -> "Account ID"."""
    if _OPAQUE_KEY.fullmatch(key):
        return key
    words = [word for word in _WORD_BREAK.split(key.removesuffix("__c")) if word]
    if not words:
        return key
    spoken = [_ACRONYMS.get(word.lower(), word if word.isupper() else word.lower()) for word in words]
    return " ".join([spoken[0][:1].upper() + spoken[0][1:], *spoken[1:]])


def is_opaque(key: str) -> bool:
    """Whether a key is an id that means nothing to people: a data table's column."""
    return _OPAQUE_KEY.fullmatch(key) is not None


def opaque_labels(steps: Iterable[Step]) -> dict[str, str]:
    """The labels that the schemas of these steps give to opaque keys, by the key with "_" for "-": the same column
    is written both ways."""
    found: dict[str, str] = {}
    pending = [step.raw.get(key) for step in steps for key in ("extended_input_schema", "extended_output_schema")]
    while pending:
        for field in _field_list(pending.pop()):
            name, label = field.get("name"), field.get("label")
            if isinstance(name, str) and is_opaque(name) and isinstance(label, str) and label.strip():
                found.setdefault(name.replace("-", "_"), plain_text(label))
            pending.append(field.get("properties"))
    return found


def plain_text(text: str) -> str:
    """Without tags and with single spaces: step descriptions are HTML with line breaks inside."""
    return " ".join(_TAG.sub(" ", text).split())


def pick_list_label(step: Step, key: str) -> str:
    """The label that was chosen from a list for an input field; "" if none is kept. The "(step N)" that Workato
    writes behind it is wrong more often than not and left out."""
    chosen = step.raw.get("dynamicPickListSelection")
    value = chosen.get(key) if isinstance(chosen, dict) else None
    if isinstance(value, dict):
        titles = value.get("titles")
        value = titles[-1] if isinstance(titles, list) and titles else None
    if isinstance(value, list):
        labels = [item.get("label") for item in value if isinstance(item, dict)]
        value = ", ".join(label for label in labels if isinstance(label, str))
    return _STALE_STEP.sub("", plain_text(value)) if isinstance(value, str) else ""


def field_label(step: Step, path: Sequence[str | int]) -> str:
    """The name of a field of this step: "Request ▸ URL". Labels of the step's own schema win over its keys."""
    schema = step.raw.get("extended_input_schema")
    labels: list[str] = []
    for place, element in enumerate(path):
        if place == 0 and element in _SILENT_KEYS and len(path) > 1:
            continue
        if isinstance(element, int):
            labels.append(str(element + 1))
            continue
        field = schema_field(schema, element)
        labels.append(key_label(field, element) if field or not is_opaque(element) else _column(step, element))
        schema = field.get("properties") if field else schema if _is_wrapper(path, place) else None
    return SEPARATOR.join(labels)


def output_labels(step: Step, path: Iterable[PathElement], schema: JsonValue = None) -> list[str]:
    """The names of the fields along a datapill's path in a step's output (or in the given list of fields)."""
    fields = schema if schema is not None else step.raw.get("extended_output_schema")
    labels: list[str] = []
    for element in path:
        if isinstance(element, PathStep):
            labels.append({"current_item": "each item", "size": "list size", "current_index": "index"}[element])
        elif isinstance(element, Join):
            labels.append(
                f"{humanise(element.target)} of {humanise(element.source)}" if element.source else element.target
            )
        else:
            field = schema_field(fields, element)
            labels.append(key_label(field, element))
            fields = field.get("properties") if field else None
    return labels


def join_label(join: Join) -> str:
    """ "User of Owner ID": two fields may refer to objects of one kind."""
    target = humanise(join.target)
    return f"{target} of {humanise(join.source)}" if join.source else target


def _is_wrapper(path: Sequence[str | int], place: int) -> bool:
    """`input` of the step itself is no field of the schema that describes what is inside it."""
    return place == 0 and path[0] in _SILENT_KEYS


def _column(step: Step, key: str) -> str:
    return opaque_labels((step,)).get(key.replace("-", "_"), key)


def _field_list(schema: JsonValue) -> list[Mapping[str, JsonValue]]:
    """The fields of a schema, which may be written as a string of JSON; none if it is no list."""
    if isinstance(schema, str):
        try:
            schema = parse_json(schema.encode("utf-8", errors="surrogatepass"))
        except RecipeFormatError:
            return []
    return [field for field in schema if isinstance(field, dict)] if isinstance(schema, list) else []


def schema_field(schema: JsonValue, key: str) -> Mapping[str, JsonValue] | None:
    """The field of that name in a schema. An opaque name is found with "_" for "-" too."""
    # Asked for each key and each name on a datapill's path, so a list is not copied first.
    fields = schema if isinstance(schema, list) else _field_list(schema)
    for field in fields:
        if isinstance(field, dict) and field.get("name") == key:
            return field
    if not is_opaque(key):
        return None
    plain = key.replace("-", "_")
    named = ((field, field.get("name")) for field in fields if isinstance(field, dict))
    return next((field for field, name in named if isinstance(name, str) and name.replace("-", "_") == plain), None)


def key_label(field: Mapping[str, JsonValue] | None, key: str) -> str:
    """What people call a key: its label in the schema, else Workato's own word for it, else the key made readable."""
    label = field.get("label") if field else None
    if isinstance(label, str) and label.strip():
        return plain_text(label)
    return _FIXED_LABELS.get(key) or humanise(key)
