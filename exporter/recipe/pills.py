"""Datapills for people: "[Step 2 · Search accounts ▸ Account ID]" instead of the file's notation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from exporter.recipe.datapill import Join, PathElement, Pill, PillKind, pills_in, split_text
from exporter.recipe.labels import (
    SEPARATOR,
    humanise,
    is_opaque,
    join_label,
    opaque_labels,
    output_labels,
    schema_field,
)
from exporter.recipe.model import JsonValue, Keyword, Step

_PROPERTIES = (PillKind.ACCOUNT_PROPERTY, PillKind.PROJECT_PROPERTY, PillKind.PROPERTY)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Loops in loops whose sources are looked up; a file may refer in circles.
_MAX_LOOPS = 20


class PillWriter:
    """Writes the datapills of one recipe for people, and its two other kinds of reference: variables by the step
    that declares them ("<uuid>:<alias>:<variable>"), data table columns by their id.

    `title` names a step; it is passed in since headlines of conditions are written with pills. Without numbers a
    step is named by its title alone, and by its alias too where another step has the same title: such a text stays
    the same when a step is inserted elsewhere.
    """

    def __init__(self, steps: Sequence[Step], title: Callable[[Step], str], *, has_numbers: bool = True):
        self._steps = steps
        self._title = title
        self._has_numbers = has_numbers
        self._marked: frozenset[str] | None = None
        self._columns: dict[str, str] | None = None
        self._by_uuid = {step.uuid: step for step in reversed(steps) if step.uuid}
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

    def step_name(self, step: Step) -> str:
        """ "Step 2 · Search accounts"; without numbers "Search accounts", or "Search accounts #a1b2c3d4"."""
        title = self._title(step)
        return f"Step {step.number} · {title}" if self._has_numbers else f"{title}{self.mark(step)}"

    def mark(self, step: Step) -> str:
        """Without numbers, what tells a step that others refer to from those of the same title: " #a1b2c3d4"; ""
        where nothing must."""
        if self._has_numbers or not step.alias:
            return ""
        if self._marked is None:
            titles = Counter(self._title(each) for each in self._steps if each.alias)
            referred = self._referred_aliases()
            self._marked = frozenset(
                each.alias for each in self._steps if each.alias in referred and titles[self._title(each)] > 1
            )
        return f" #{step.alias}" if step.alias in self._marked else ""

    def text(self, text: str) -> str:
        """A text or formula with its pills written out in full; "#{…}" around a lone pill falls away. A text that
        is nothing but a reference to a variable or a column is written as what it refers to."""
        return self._reference(text) or self._written(text, self.pill)

    def short_text(self, text: str) -> str:
        """The same with the last name of each pill only, for headlines: "Amount"."""
        return self._written(text, self.short_pill)

    def value(self, value: JsonValue) -> JsonValue:
        """A JSON value with the references in all of its strings written out, and opaque keys by their labels."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            labels = {key: self.column(key) if is_opaque(key) else key for key in value}
            if len(set(labels.values())) < len(labels):  # two columns of one label stay apart
                return {key: self.value(item) for key, item in value.items()}
            return {labels[key]: self.value(item) for key, item in value.items()}
        return value

    def column(self, key: str) -> str:
        """The label of an opaque key that any step of the recipe knows; else the key itself."""
        if self._columns is None:
            self._columns = opaque_labels(self._steps)
        return self._columns.get(key.replace("-", "_"), key)

    def pill(self, pill: Pill) -> str:
        if pill.kind is PillKind.OTHER:
            return f"[Unknown datapill {pill.extra}]"
        if pill.kind in _PROPERTIES:
            names = [humanise(pill.kind), _written_path(pill.path)]
        elif pill.kind is PillKind.JOB_CONTEXT:
            names = ["Job", *self._names(pill)]
        elif (step := self.source(pill)) is None:
            names = [f"missing step {pill.line or '?'}", *self._names(pill)]
        else:
            names = [self.step_name(step), *self._names(pill)]
        return f"[{SEPARATOR.join(names)}]{pill.extra}"

    def short_pill(self, pill: Pill) -> str:
        if pill.kind in _PROPERTIES:
            return _written_path(pill.path)
        names = self._names(pill)
        if names:
            return names[-1]
        step = self.source(pill)
        if step is None:
            return "missing step"
        return f"step {step.number}" if self._has_numbers else "step"

    def _referred_aliases(self) -> set[str]:
        """The aliases of the steps that any other one takes a value from."""
        found: set[str] = set()
        pending: list[JsonValue] = [
            value for step in self._steps for key, value in step.raw.items() if not key.startswith("extended_")
        ]
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                pending.extend(value.values())
            elif isinstance(value, list):
                pending.extend(value)
            elif isinstance(value, str):
                found.update(pill.line for pill in pills_in(value))
                if ":" in value and value.partition(":")[0] in self._by_uuid:
                    found.update(value.split(":"))
        return found

    def _names(self, pill: Pill) -> list[str]:
        step = self.source(pill) if pill.line else None
        if step is None or pill.kind is PillKind.FOREACH_META:
            names = [
                humanise(element) if isinstance(element, str) else _written_path((element,)) for element in pill.path
            ]
        else:
            names = output_labels(step, pill.path, self._fields(step))
        return [self.column(name) if is_opaque(name) else name for name in names]

    def _fields(self, step: Step, loops: int = 0) -> JsonValue:
        """The fields of a step's output: for a loop, those of one item of the list that it goes through."""
        source = step.raw.get("source")
        pills = pills_in(source) if step.keyword == Keyword.FOREACH and isinstance(source, str) else ()
        origin = self.source(pills[0]) if pills else None
        if origin is None or loops > _MAX_LOOPS:
            return step.raw.get("extended_output_schema")
        fields = self._fields(origin, loops + 1)
        for element in pills[0].path:
            if type(element) is str:
                field = schema_field(fields, element)
                fields = field.get("properties") if field else None
        return fields

    def _reference(self, text: str) -> str:
        """What a text refers to if it is nothing but a reference: "[Step 5 · Declare variables ▸ Reason]"; else ""."""
        first, colon, _ = text.partition(":")
        if colon:
            return self._variables(text) if first in self._by_uuid or _UUID.fullmatch(first) else ""
        return self.column(text).removeprefix(text) if is_opaque(text) else ""

    def _variables(self, text: str) -> str:
        """`<uuid>:<alias>:<variable>`, again and again; the variable may be missing or more than one."""
        parts = text.split(":")
        written: list[str] = []
        heads = [place for place in range(len(parts) - 1) if self._is_head(parts[place], parts[place + 1])]
        if heads[:1] != [0]:
            return ""
        for head, end in zip(heads, [*heads[1:], len(parts)], strict=True):
            step = self._by_uuid.get(parts[head])
            name = self.step_name(step) if step else f"missing step {parts[head + 1]}"
            variables = [self._variable(step, key) for key in parts[head + 2 : end]]
            written += [f"[{name}{SEPARATOR}{variable}]" for variable in variables] or [f"[{name}]"]
        return ", ".join(written)

    def _is_head(self, uuid: str, alias: str) -> bool:
        step = self._by_uuid.get(uuid)
        return step.alias == alias if step else _UUID.fullmatch(uuid) is not None

    def _variable(self, step: Step | None, key: str) -> str:
        settings = step.raw.get("input") if step else None
        declared = settings.get("variables") if isinstance(settings, dict) else None
        schema = declared.get("schema") if isinstance(declared, dict) else None
        field = schema_field(schema, key) if schema else None
        label = field.get("label") if field else None
        if isinstance(label, str) and label.strip():
            return label
        return output_labels(step, (key,))[0] if step else humanise(key)

    def _written(self, text: str, write: Callable[[Pill], str]) -> str:
        parts = split_text(text)
        written: list[str] = []
        for place, part in enumerate(parts):
            if isinstance(part, Pill):
                written.append(write(part))
                continue
            piece = part
            if place + 1 < len(parts) and piece.endswith("#{") and _text_at(parts, place + 2).startswith("}"):
                piece = piece[:-2]
            if place > 0 and piece.startswith("}") and _text_at(parts, place - 2).endswith("#{"):
                piece = piece[1:]
            written.append(piece)
        return "".join(written)


def _text_at(parts: Sequence[str | Pill], place: int) -> str:
    part = parts[place] if 0 <= place < len(parts) else ""
    return part if isinstance(part, str) else ""


def _written_path(path: Iterable[PathElement]) -> str:
    return ".".join(join_label(element) if isinstance(element, Join) else str(element) for element in path)
