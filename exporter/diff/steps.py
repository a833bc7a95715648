"""The changes of a recipe's steps: what happened to each, down to the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exporter.diff.align import Alignment
from exporter.diff.changes import MISSING, ChangeClass, ChangeKind, FieldChange, Missing, StepChange, StepPlace
from exporter.diff.meaning import Reader, Surroundings
from exporter.diff.noise import SCHEMA_LOOKS, STEP_COSMETIC, STEP_DEFAULTS, STEP_NOISE, STEP_SCHEMAS, TRIGGER_SETTINGS
from exporter.diff.schemas import compare_schemas, is_schema_field, schema_contract, schema_label, schema_line
from exporter.diff.shapes import Path, embedded, is_condition, is_reference
from exporter.diff.structure import Structure
from exporter.diff.values import ValueChange, ValueComparison, item_words, listed_places
from exporter.recipe.datapill import canonical_text
from exporter.recipe.headline import Headlines
from exporter.recipe.labels import SEPARATOR, field_label, humanise, pick_list_label
from exporter.recipe.model import JsonValue, Keyword, Step

_STATE = frozenset({"skip"})
_IDENTIFYING = frozenset({"keyword", "provider", "name"})
_STEP_LABELS: Mapping[str, str] = {"keyword": "Kind of step", "provider": "App", "name": "Operation"}
_LEFT_OUT = STEP_NOISE | STEP_SCHEMAS
_TAIL_TITLES: Mapping[str, str] = {Keyword.ELSE: "Else", Keyword.CATCH: "On error", Keyword.WHILE: "While"}
_BOOLEAN_TEXTS: Mapping[str, bool] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step's change and the canonical material that the digest is made of."""

    change: StepChange
    material: JsonValue


class StepComparison:
    """Compares the steps of one pair of recipes."""

    def __init__(
        self,
        alignment: Alignment,
        structure: Structure,
        readers: tuple[Reader, Reader],
        headlines: tuple[Headlines, Headlines],
        surroundings: Surroundings,
    ):
        self._alignment, self._structure = alignment, structure
        self._headlines = headlines
        self._values = ValueComparison(*readers)
        self._shifted = shifted_names(*readers)
        self._are_two_environments = surroundings.are_two_environments

    def records(self) -> list[StepRecord]:
        """One record for each step that something happened to, in the order of the recipe; a step that is gone
        stands where it was."""
        placed: list[tuple[tuple[int, int, int], StepRecord]] = []
        anchor = 0
        told_with_block = [_values_of(tails) for tails in (self._structure.tails_before, self._structure.tails_after)]
        for step in self._alignment.before:
            if step.number in told_with_block[0]:
                continue
            counterpart = self._alignment.after_of.get(step.number)
            if counterpart is None:
                placed.append(((anchor, 1, step.number), self._removed(step)))
            elif counterpart not in self._structure.moved:
                anchor = counterpart
        for step in self._alignment.after:
            if step.number in told_with_block[1]:
                continue
            number = self._alignment.before_of.get(step.number)
            record = self._added(step) if number is None else self._matched(self._alignment.before[number - 1], step)
            if record is not None:
                placed.append(((step.number, 0, 0), record))
        return [record for _, record in sorted(placed, key=lambda item: item[0])]

    def _added(self, step: Step) -> StepRecord:
        inside = self._structure.wrapped.get(step.number, ())
        kind = ChangeKind.NESTED if inside else ChangeKind.ADDED
        return self._one_sided(step, kind, inside, is_after=True)

    def _removed(self, step: Step) -> StepRecord:
        inside = self._structure.unwrapped.get(step.number, ())
        kind = ChangeKind.UNNESTED if inside else ChangeKind.REMOVED
        return self._one_sided(step, kind, inside, is_after=False)

    def _one_sided(self, step: Step, kind: ChangeKind, inside: tuple[int, ...], *, is_after: bool) -> StepRecord:
        fields, values = self._configuration(step, is_after=is_after)
        tails, tail_materials = self._tails(step, is_after=is_after)
        fields.extend(tails)
        if inside:
            fields.append(self._listing(("block",), "Steps inside", inside, is_after=is_after))
        place = self._place(step, is_after=is_after)
        change = StepChange((kind,), None if is_after else place, place if is_after else None, tuple(fields))
        material = self._material(change.kinds, step, is_after, values)
        wrapped: list[JsonValue] = [self._identity(number, is_after) for number in inside]
        extra = [tail_materials] if tail_materials else []
        return StepRecord(change, [*material, _contracts(step), wrapped, step.is_skipped, *extra])

    def _configuration(self, step: Step, *, is_after: bool) -> tuple[list[FieldChange], JsonValue]:
        """What a step that one side has is configured with, and the same as material."""
        view = step_view(step)
        changes = self._values.compare(MISSING, view) if is_after else self._values.compare(view, MISSING)
        sides = (MISSING, view) if is_after else (view, MISSING)
        changes = [item for item in changes if not is_moot(item.path, *sides)]
        fields = [self._field(step, step, item) for item in changes if item.path[0] not in _IDENTIFYING]
        return fields, _value_material(changes)

    def _tails(self, block: Step, *, is_after: bool) -> tuple[list[FieldChange], list[JsonValue]]:
        """The ELSE, ON ERROR or WHILE that came or went with a block: what it does, as fields of the block."""
        structure, steps = self._structure, self._alignment.after if is_after else self._alignment.before
        numbers = (structure.tails_after if is_after else structure.tails_before).get(block.number, ())
        fields: list[FieldChange] = []
        materials: list[JsonValue] = []
        for tail in (steps[number - 1] for number in numbers):
            title = _TAIL_TITLES[tail.keyword]
            own_fields, values = self._configuration(tail, is_after=is_after)
            fields.extend(
                replace(field, path=(tail.keyword, *field.path), label=f"{title}{SEPARATOR}{field.label}")
                for field in own_fields
            )
            if tail.keyword != Keyword.WHILE:
                children = tuple(child.number for child in tail.children)
                fields.append(self._listing((tail.keyword,), title, children, is_after=is_after))
            if tail.is_skipped:
                disabled = (MISSING, True) if is_after else (True, MISSING)
                fields.append(FieldChange((tail.keyword, "skip"), f"{title}{SEPARATOR}Disabled", *disabled))
            identities: list[JsonValue] = [self._identity(child.number, is_after) for child in tail.children]
            materials.append([tail.keyword, values, _contracts(tail), identities, tail.is_skipped])
        return fields, materials

    def _matched(self, before: Step, after: Step) -> StepRecord | None:
        kinds = [ChangeKind.MOVED] if after.number in self._structure.moved else []
        if before.is_skipped != after.is_skipped:
            kinds.append(ChangeKind.DISABLED if after.is_skipped else ChangeKind.ENABLED)
        changes = self._value_changes(before, after)
        fields = [self._field(before, after, item) for item in changes]
        schemas = [found for key in sorted(STEP_SCHEMAS) if (found := self._schema(key, before, after)) is not None]
        fields.extend(field for field, _ in schemas)
        if not kinds and not fields:
            return None
        change_class = ChangeClass.LOGIC if kinds else weightiest(fields)
        if after.number == 1 and any(item.path[0] in _IDENTIFYING for item in changes):
            kinds.append(ChangeKind.REPLACED)
        elif fields:
            kinds.append(ChangeKind.CHANGED)
        change = StepChange(
            tuple(kinds),
            self._place(before, is_after=False),
            self._place(after, is_after=True),
            tuple(fields),
            change_class,
        )
        material = self._material(change.kinds, after, True, _value_material(changes))
        return StepRecord(change, [*material, [contract for _, contract in schemas if contract]])

    def _value_changes(self, before: Step, after: Step) -> list[ValueChange]:
        if self._reads_the_same(before, after):
            return []
        views = step_view(before), step_view(after)
        changes = [item for item in self._values.compare(*views) if not is_moot(item.path, *views)]
        if self._are_two_environments:
            changes = [item for item in changes if not is_same_choice(before, after, item)]
        return changes

    def _reads_the_same(self, before: Step, after: Step) -> bool:
        """Whether the two are equal to the letter, which spares reading them. The texts are compared too, because
        Python takes 1, 1.0 and True for equal; and where an alias changed its meaning, letters prove nothing."""
        for key in (before.raw.keys() | after.raw.keys()) - _LEFT_OUT - _STATE - _settings_of(after):
            one, other = before.raw.get(key), after.raw.get(key)
            if one != other:
                return False
            text = repr(one)
            if text != repr(other) or any(name in text for name in self._shifted):
                return False
        return all(isinstance(step.raw.get("skip"), bool | None) for step in (before, after))

    def _schema(self, key: str, before: Step, after: Step) -> tuple[FieldChange, JsonValue] | None:
        one, other = before.raw.get(key) or None, after.raw.get(key) or None
        if one == other:
            return None
        field = compare_schemas(key, one, other)
        if field is None:
            return None
        contracts = [schema_contract(one), schema_contract(other)]
        return field, [key, *contracts] if contracts[0] != contracts[1] else None

    def _field(self, before: Step, after: Step, change: ValueChange) -> FieldChange:
        if change.moved:
            items = (item_words(self._written(item, is_after=True)) for item in change.moved)
            moved = tuple(replace(each, label=words) for each, words in zip(change.declared, items, strict=True))
            label = step_field_label(after, change.path)
            return FieldChange(change.path, label, *listed_places(moved), declared=moved)
        is_gone = isinstance(change.after, Missing)
        shown_before, shown_after = self._show(change.before, is_after=False), self._show(change.after, is_after=True)
        if shown_before == shown_after:
            # What differs is not in the words for people: the file's own words say it.
            shown_before, shown_after = _told_apart(shown_before, change.before), _told_apart(shown_after, change.after)
        if shown_before == shown_after:
            shown_before, shown_after = change.before, change.after
        return FieldChange(
            path=change.path,
            label=step_field_label(before if is_gone else after, change.path),
            before=shown_before,
            after=shown_after,
            change_class=_class_of(change),
            declared=change.declared,
        )

    def _show(self, value: JsonValue | Missing, *, is_after: bool) -> JsonValue | Missing:
        return value if isinstance(value, Missing) else self._written(value, is_after=is_after)

    def _written(self, value: JsonValue, *, is_after: bool) -> JsonValue:
        headlines = self._headlines[is_after]
        if is_condition(value):
            return headlines.condition({"conditions": [value]}, is_full=True)
        if is_reference(value) and isinstance(value.get("name"), str):
            return value["name"]
        if is_schema_field(value):
            return schema_line(value)
        return headlines.pills.value(value)

    def _listing(self, path: Path, label: str, numbers: tuple[int, ...], *, is_after: bool) -> FieldChange:
        """A field that lists steps by number and headline."""
        steps = self._alignment.after if is_after else self._alignment.before
        lines: list[JsonValue] = [f"Step {n} · {self._headlines[is_after].headline(steps[n - 1])}" for n in numbers]
        listed: JsonValue = lines or "no steps"
        return FieldChange(path, label, MISSING if is_after else listed, listed if is_after else MISSING)

    def _place(self, step: Step, *, is_after: bool) -> StepPlace:
        headlines = self._headlines[is_after]
        return StepPlace(
            number=step.number,
            depth=step.depth,
            keyword=step.keyword,
            provider=step.provider,
            headline=headlines.headline(step),
            blocks=headlines.blocks(step),
            uuid=step.uuid,
            is_skipped=step.is_skipped,
        )

    def _identity(self, number: int, is_after: bool) -> JsonValue:
        counterparts = self._alignment.before_of if is_after else self._alignment.after_of
        other = counterparts.get(number)
        return [other, number] if is_after else [number, other]

    def _material(
        self, kinds: tuple[ChangeKind, ...], step: Step, is_after: bool, values: JsonValue
    ) -> list[JsonValue]:
        """Which step, what, where if its place is part of the change, and its values."""
        place: JsonValue = None
        if kinds[0] in (ChangeKind.ADDED, ChangeKind.NESTED, ChangeKind.MOVED):
            parent = self._structure.parent_after.get(step.number)
            siblings = self._alignment.after[parent - 1].children if parent else ()
            index = next((place for place, child in enumerate(siblings) if child is step), 0)
            place = [self._identity(parent, True) if parent else None, index]
        return [[str(kind) for kind in kinds], self._identity(step.number, is_after), place, values]


def _values_of(numbers: Mapping[int, tuple[int, ...]]) -> frozenset[int]:
    return frozenset(number for listed in numbers.values() for number in listed)


def step_view(step: Step) -> dict[str, JsonValue]:
    """What a step does: its keys without noise, schemas and settings of the recipe, defaults left out."""
    view: dict[str, JsonValue] = {}
    for key, value in step.raw.items():
        if key in _LEFT_OUT or key in _settings_of(step) or value is None:
            continue
        if key == "skip" and isinstance(value, bool):
            continue  # told as DISABLED or ENABLED
        if key == "clear_scope" and isinstance(value, str):
            value = _BOOLEAN_TEXTS.get(value, value)
        if key in STEP_DEFAULTS and value == STEP_DEFAULTS[key]:
            continue
        view[key] = value
    return view


def is_same_choice(before: Step, after: Step, change: ValueChange) -> bool:
    """Whether two numeric ids stand for what people chose by the same name. An asset outside the package is
    exported by its id, which each environment gives out for itself, with the chosen name beside it. Any other number
    that people choose by a name, as the status code of a reply, counts itself."""
    if len(change.path) != 2 or change.path[0] != "input" or not str(change.path[1]).endswith("_id"):
        return False
    ids = change.before, change.after
    if not all(isinstance(value, str) and value.isdigit() for value in ids):
        return False
    names = [pick_list_label(step, str(change.path[1])) for step in (before, after)]
    return bool(names[0]) and names[0] == names[1] and names[0] not in ids


def is_moot(path: Path, before: JsonValue | Missing, after: JsonValue | Missing) -> bool:
    """Whether a place of a condition group decides nothing: its type, which is always the same, and how it joins
    its conditions while there is one at most."""
    if path[-1] not in ("type", "operand"):
        return False
    groups = [_value_at(side, path[:-1]) for side in (before, after)]
    conditions = [group.get("conditions") for group in groups if isinstance(group, dict)]
    if not conditions or not all(isinstance(listed, list) for listed in conditions):
        return False
    if path[-1] == "type":
        return all(group.get("type") in ("compound", None) for group in groups if isinstance(group, dict))
    return all(isinstance(listed, list) and len(listed) <= 1 for listed in conditions)


def _value_at(value: JsonValue | Missing, path: Path) -> JsonValue | Missing:
    """What is at a place of objects; MISSING beyond them."""
    for key in path:
        value = value.get(str(key), MISSING) if isinstance(value, dict) else MISSING
    return value


def _contracts(step: Step) -> JsonValue:
    return [[*schema_contract(step.raw.get(key))] for key in sorted(STEP_SCHEMAS)]


def step_field_label(step: Step, path: Path) -> str:
    """The name of a field: "Query ▸ Limit", a condition by its place ("Condition 2"), a field of a schema by its own
    name ("Parameters ▸ Account ID ▸ Type")."""
    if len(path) == 1 and path[0] in _STEP_LABELS:
        return _STEP_LABELS[str(path[0])]
    names = _schema_names(step, path)
    if names:
        return names
    if len(path) > 1 and path[-2] == "conditions" and isinstance(path[-1], int):
        group, condition = path[:-2], f"Condition {path[-1] + 1}"
        if group == ("input",):
            return condition
        if group == ("filter",):
            return f"{'Retry' if step.keyword == Keyword.CATCH else 'Trigger'} {condition.lower()}"
        return f"{field_label(step, group)}{SEPARATOR}{condition}"
    label = field_label(step, path)
    return label.removesuffix(" JSON") if str(path[-1]).endswith("schema_json") else label


def _schema_names(step: Step, path: Path) -> str:
    """The label of a place inside a list of schema fields; "" for any other."""
    value: JsonValue = dict(step.raw)
    labels: list[str] = []
    is_inside = False
    for place, key in enumerate(path):
        value = embedded(path[place - 1], value) if place and isinstance(value, str) else value
        if isinstance(key, int):
            value = value[key] if isinstance(value, list) and key < len(value) else None
            if not is_schema_field(value):
                return ""
            is_inside = True
            labels.append(schema_label(value))
        else:
            value = value.get(key) if isinstance(value, dict) else None
            if key not in ("input", "properties"):
                labels.append(humanise(key.removesuffix("_json")))
    return SEPARATOR.join(labels) if is_inside else ""


def _told_apart(shown: JsonValue | Missing, value: JsonValue | Missing) -> JsonValue | Missing:
    """Another form of a value whose usual form is that of the other side too."""
    if isinstance(value, Missing):
        return value
    if is_condition(value):
        rest = {key: item for key, item in value.items() if key not in ("uuid", "lhs", "rhs")}
        return f"{shown} {canonical_text(rest)}"
    return value


def _class_of(change: ValueChange) -> ChangeClass:
    """Comments, and how a field of a schema is presented, are looks."""
    path = change.path
    is_presentation = path[-1] in SCHEMA_LOOKS and any(isinstance(key, int) for key in path)
    is_schema = any(key == "properties" or str(key).endswith(("schema", "schema_json")) for key in path)
    if path[0] in STEP_COSMETIC or (is_presentation and is_schema):
        return ChangeClass.COSMETIC
    return change.change_class


def shifted_names(before: Reader, after: Reader) -> frozenset[str]:
    """The aliases and uuids that mean another step on one side than on the other."""
    found: set[str] = set()
    for one, other in ((before.steps, after.steps), (before.uuids, after.uuids), (before.providers, after.providers)):
        found.update(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return frozenset(found)


def weightiest(fields: list[FieldChange]) -> ChangeClass:
    """LOGIC if one field is, else SCHEMA if one is, else COSMETIC."""
    classes = {field.change_class for field in fields}
    return next((item for item in (ChangeClass.LOGIC, ChangeClass.SCHEMA) if item in classes), ChangeClass.COSMETIC)


def _settings_of(step: Step) -> frozenset[str]:
    return TRIGGER_SETTINGS if step.number == 1 else frozenset()


def _value_material(changes: list[ValueChange]) -> JsonValue:
    return [[[*change.path], change.meaning_before, change.meaning_after] for change in changes]
