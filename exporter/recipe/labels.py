"""What people call things: fields by the label in a step's schema, datapills by the step and field they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from exporter.errors import RecipeFormatError
from exporter.recipe.datapill import Join, PathElement, PathStep, Pill, PillKind, split_text
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue, Keyword, Step

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
        field = _schema_field(schema, element)
        labels.append(_label_of(field, element))
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
            labels.append(humanise(element.target))
        else:
            field = _schema_field(fields, element)
            labels.append(_label_of(field, element))
            fields = field.get("properties") if field else None
    return labels


class PillWriter:
    """Writes the datapills of one recipe for people: "[Step 2 · Search accounts ▸ Account ID]".

    `headline` gives a step's name; it is passed in since headlines of conditions are written with pills.
    """

    def __init__(self, steps: Sequence[Step], headline: Callable[[Step], str]):
        self._headline = headline
        self._by_alias: dict[str, list[Step]] = {}
        for step in steps:
            if step.alias:
                self._by_alias.setdefault(step.alias, []).append(step)

    def source(self, pill: Pill) -> Step | None:
        """The step that a pill takes its value from. Where an alias occurs twice the pill's provider decides."""
        found = self._by_alias.get(pill.line, [])
        for step in found:
            if pill.provider in (step.provider, step.keyword):
                return step
        return found[0] if found else None

    def text(self, text: str) -> str:
        """A text or formula with its pills written out in full; "#{…}" around a lone pill falls away."""
        return self._written(text, self.pill)

    def short_text(self, text: str) -> str:
        """The same with the last name of each pill only, for headlines: "Amount"."""
        return self._written(text, self.short_pill)

    def value(self, value: JsonValue) -> JsonValue:
        """A JSON value with the pills in all of its strings written out."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return value

    def pill(self, pill: Pill) -> str:
        if pill.kind is PillKind.JOB_CONTEXT:
            return f"[{SEPARATOR.join(['Job', *self._names(pill)])}]"
        if pill.kind in (PillKind.ACCOUNT_PROPERTY, PillKind.PROJECT_PROPERTY, PillKind.PROPERTY):
            return f"[{humanise(pill.kind)}{SEPARATOR}{_written_path(pill.path)}]"
        step = self.source(pill)
        if step is None:
            names = SEPARATOR.join([pill.line or "?", *self._names(pill)])
            return f"[missing step {names}]"
        return f"[{SEPARATOR.join([f'Step {step.number} · {self._headline(step)}', *self._names(pill)])}]"

    def short_pill(self, pill: Pill) -> str:
        if pill.kind in (PillKind.ACCOUNT_PROPERTY, PillKind.PROJECT_PROPERTY, PillKind.PROPERTY):
            return _written_path(pill.path)
        names = self._names(pill)
        if names:
            return names[-1]
        step = self.source(pill)
        return f"step {step.number}" if step else "missing step"

    def _names(self, pill: Pill) -> list[str]:
        step = self.source(pill) if pill.line else None
        if step is None or pill.kind is PillKind.FOREACH_META:
            return [
                humanise(element) if isinstance(element, str) else _written_path((element,)) for element in pill.path
            ]
        if step.keyword == Keyword.FOREACH:
            return output_labels(step, pill.path, self._item_schema(step))
        return output_labels(step, pill.path)

    def _item_schema(self, loop: Step) -> JsonValue:
        """The fields of one item of the list that a loop goes through."""
        source = loop.raw.get("source")
        parts = split_text(source) if isinstance(source, str) else ()
        pill = next((part for part in parts if isinstance(part, Pill)), None)
        step = self.source(pill) if pill else None
        if pill is None or step is None or step is loop:
            return None
        fields = step.raw.get("extended_output_schema")
        for element in pill.path:
            if isinstance(element, str) and not isinstance(element, PathStep):
                field = _schema_field(fields, element)
                fields = field.get("properties") if field else None
        return fields

    def _written(self, text: str, write: Callable[[Pill], str]) -> str:
        parts = split_text(text)
        written: list[str] = []
        for place, part in enumerate(parts):
            if isinstance(part, Pill):
                written.append(write(part))
                continue
            piece = part
            if place + 1 < len(parts) and piece.endswith("#{") and _next_text(parts, place + 2).startswith("}"):
                piece = piece[:-2]
            if place > 0 and piece.startswith("}") and _next_text(parts, place - 2).endswith("#{"):
                piece = piece[1:]
            written.append(piece)
        return "".join(written)


def _next_text(parts: Sequence[str | Pill], place: int) -> str:
    part = parts[place] if 0 <= place < len(parts) else ""
    return part if isinstance(part, str) else ""


def _written_path(path: Iterable[PathElement]) -> str:
    return ".".join(element.target if isinstance(element, Join) else str(element) for element in path)


def _is_wrapper(path: Sequence[str | int], place: int) -> bool:
    """`input` of the step itself is no field of the schema that describes what is inside it."""
    return place == 0 and path[0] in _SILENT_KEYS


def _schema_field(schema: JsonValue, key: str) -> Mapping[str, JsonValue] | None:
    """The field of that name in a list of schema fields, which may be written as a string of JSON."""
    if isinstance(schema, str):
        try:
            schema = parse_json(schema.encode("utf-8", errors="surrogatepass"))
        except RecipeFormatError:
            return None
    if not isinstance(schema, list):
        return None
    for field in schema:
        if isinstance(field, dict) and field.get("name") == key:
            return field
    return None


def _label_of(field: Mapping[str, JsonValue] | None, key: str) -> str:
    label = field.get("label") if field else None
    if isinstance(label, str) and label.strip():
        return plain_text(label)
    return _FIXED_LABELS.get(key) or humanise(key)
