"""Compare lists of declared fields: what a connector declares for a step's input and output, what a recipe takes and
returns, the columns of a table.

Fields are paired level by level, by a table: the same name (or column id) first, then the same label and type, then
one for one between the same neighbours with the same type. What the first row decides is the same field; what the
others decide was renamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeGuard

from exporter.diff.changes import MISSING, ChangeClass, ChangeKind, DeclaredFieldChange, FieldChange, Missing
from exporter.diff.items import arrange, gaps, match_by_key, place_words
from exporter.diff.noise import SCHEMA_CONTRACT, SCHEMA_LOOKS
from exporter.recipe.datapill import canonical_text
from exporter.recipe.labels import SEPARATOR, humanise
from exporter.recipe.model import JsonValue

# A text that is equal for two values exactly if they mean the same; the flag says on which side the value is.
Meaning: TypeAlias = Callable[[JsonValue, bool], str]
_Field: TypeAlias = Mapping[str, JsonValue]
_Fields: TypeAlias = Sequence[_Field]
_Labels: TypeAlias = tuple[str, ...]

MAX_WORD_CHARS = 80  # of one attribute in the description of a field; longer ones are cut around what differs
_TITLES: Final[Mapping[str, str]] = {
    "extended_input_schema": "Input fields",
    "extended_output_schema": "Output fields",
}
# Attributes that say which field it is; what differs in them is a renaming.
_NAMING: Final = frozenset({"name", "label", "title"})
# Attributes that the description of every field says.
_DESCRIBED: Final = frozenset({"type", "of", "optional", "required", "hidden", "read_only"})
# Attributes that the editor sets anew with the type.
_FOLLOWING_TYPE: Final = frozenset({"control_type", "parse_output", "render_input"})
_FLAGS: Final[Mapping[str, str]] = {"hidden": "hidden", "read_only": "read only"}


@dataclass(frozen=True, slots=True)
class DeclaredDifference:
    """The fields that differ between two lists. `is_cosmetic`: nothing but how they are presented."""

    declared: tuple[DeclaredFieldChange, ...] = ()
    is_cosmetic: bool = False


@dataclass(frozen=True, slots=True)
class _Finding:
    change: DeclaredFieldChange
    is_contract: bool = True
    is_cosmetic: bool = False


def is_schema_field(value: JsonValue | Missing) -> TypeGuard[dict[str, JsonValue]]:
    """Whether it declares one field of an input or output, or one column of a table: `{name, type, label, …}`,
    `{id, title, type, …}`."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return False
    if isinstance(value.get("title"), str) and isinstance(value.get("id"), str):
        return True
    return isinstance(value.get("name"), str) and bool(value.keys() & {"label", "control_type", "optional"})


def is_field_list(value: JsonValue | Missing) -> TypeGuard[list[JsonValue]]:
    """Whether it is a list of declared fields; they may lack a type or a label, as those of people do."""
    return isinstance(value, list) and all(
        isinstance(item, dict) and (isinstance(item.get("name"), str) or is_schema_field(item)) for item in value
    )


def compare_declared(
    before: JsonValue | Missing, after: JsonValue | Missing, meaning: Meaning, *, has_order: bool = True
) -> DeclaredDifference:
    """The fields that differ between two lists of them, in reading order. A side that is no such list declares
    none. With `has_order` a field at another place among the others has moved."""
    comparison = _DeclaredComparison(meaning, has_order=has_order)
    found = list(comparison.level(_fields_of(before), _fields_of(after), ()))
    return DeclaredDifference(
        declared=tuple(finding.change for finding in found),
        is_cosmetic=bool(found) and all(finding.is_cosmetic for finding in found),
    )


def compare_schemas(key: str, before: JsonValue, after: JsonValue) -> FieldChange | None:
    """One entry for all that differs between two field lists that a connector refreshes by itself; None if nothing
    does. Their order means nothing. `before` and `after` list the fields that only that side has or has otherwise;
    where only hints and choices differ, `after` lists the fields."""
    comparison = _DeclaredComparison(_plain_meaning, has_order=False)
    found = list(comparison.level(_fields_of(before), _fields_of(after), ()))
    title = _TITLES.get(key, humanise(key))
    contract = tuple(finding.change for finding in found if finding.is_contract)
    if contract:
        gone, new = declared_lines(contract)
        return FieldChange((key,), title, gone, new, ChangeClass.SCHEMA, contract)
    if found:
        looks = tuple(finding.change for finding in found)
        lines: list[JsonValue] = [*sorted({item.label for item in looks})]
        return FieldChange((key,), f"{title}: hints and choices", MISSING, lines, ChangeClass.SCHEMA, looks)
    if schema_contract(before) != schema_contract(after):  # what is no list of fields on one of the sides
        return FieldChange((key,), title, before, after, ChangeClass.SCHEMA)
    return None


def declared_lines(declared: Sequence[DeclaredFieldChange]) -> tuple[list[JsonValue], list[JsonValue]]:
    """The fields that a side has and the other has not, or otherwise, in one order: ["Amount (number, required)"]."""
    gone = sorted(_line(item.label, item.before) for item in declared if item.kind is not ChangeKind.ADDED)
    new = sorted(_line(item.label, item.after) for item in declared if item.kind is not ChangeKind.REMOVED)
    return [*gone], [*new]


def schema_contract(schema: JsonValue) -> list[JsonValue]:
    """What of a schema decides about behaviour, in one order whatever the file's is."""
    return [*sorted(canonical_text([*path, contract]) for path, contract in _contracts(schema))]


def schema_label(item: Mapping[str, JsonValue]) -> str:
    """What people call a field: its label, a table column's title, else its name."""
    texts = (item.get(key) for key in ("label", "title", "name"))
    return next((text for text in texts if isinstance(text, str) and text.strip()), "?")


def schema_line(item: Mapping[str, JsonValue], labels: tuple[str, ...] = ()) -> str:
    """One field for people: "Account ▸ Name (string, optional)"."""
    return _line(SEPARATOR.join(labels or (schema_label(item),)), _words(item))


class _DeclaredComparison:
    def __init__(self, meaning: Meaning, *, has_order: bool):
        self._meaning, self._has_order = meaning, has_order

    def level(self, before: _Fields, after: _Fields, labels: _Labels) -> Iterator[_Finding]:
        """What differs between the fields of one object, and below."""
        if not before or not after:
            yield from _one_sided(before, ChangeKind.REMOVED, labels)
            yield from _one_sided(after, ChangeKind.ADDED, labels)
            return
        arranged = arrange(self._matches(before, after), len(before), len(after))
        for i, j in arranged.places:
            if i is None or j is None:
                fields = [after[j]] if j is not None else [] if i is None else [before[i]]
                yield from _one_sided(fields, ChangeKind.ADDED if i is None else ChangeKind.REMOVED, labels)
                continue
            place = (*labels, schema_label(after[j]))
            if self._has_order and j in arranged.moved:
                yield _Finding(DeclaredFieldChange(ChangeKind.MOVED, SEPARATOR.join(place), *place_words(i, j)))
            yield from self._field(before[i], after[j], place)

    def _field(self, before: _Field, after: _Field, labels: _Labels) -> Iterator[_Finding]:
        differing = self._differing(before, after)
        place = SEPARATOR.join(labels)
        naming = differing & _NAMING
        if naming:
            names = _name(before, naming), _name(after, naming)
            yield _Finding(DeclaredFieldChange(ChangeKind.RENAMED, place, *names))
        nested = before.get("properties"), after.get("properties")
        inner: tuple[_Fields, _Fields] = _fields_of(nested[0]), _fields_of(nested[1])
        if all(value is None or is_field_list(value) for value in nested):
            differing -= {"properties"}
        else:
            inner = (), ()
        rest = differing - _NAMING
        if rest:
            yield _Finding(
                DeclaredFieldChange(ChangeKind.CHANGED, place, *_words_of_both(before, after, rest)),
                is_contract=bool(rest & (SCHEMA_CONTRACT | _DESCRIBED)),
                is_cosmetic=rest <= SCHEMA_LOOKS,
            )
        yield from self.level(*inner, labels)

    def _differing(self, before: _Field, after: _Field) -> frozenset[str]:
        """The attributes that differ. Null and no attribute mean the same; a `toggle_field`, the same field for
        typed values, counts only where it differs otherwise than the field itself."""
        differing = {key for key in before.keys() | after.keys() if self._differs(before.get(key), after.get(key))}
        toggles = before.get("toggle_field"), after.get("toggle_field")
        if "toggle_field" in differing and isinstance(toggles[0], dict) and isinstance(toggles[1], dict):
            inner = self._differing(toggles[0], toggles[1])
            if inner < differing:
                differing.remove("toggle_field")
        return frozenset(differing)

    def _differs(self, before: JsonValue, after: JsonValue) -> bool:
        return self._meaning(before, False) != self._meaning(after, True)

    def _matches(self, before: _Fields, after: _Fields) -> dict[int, int]:
        matches: dict[int, int] = {}
        match_by_key(matches, [_key(field) for field in before], [_key(field) for field in after])
        match_by_key(matches, [_likeness(field) for field in before], [_likeness(field) for field in after])
        if self._has_order:
            for one, other in gaps(matches, len(before), len(after)):
                if len(one) == len(other):
                    pairs = zip(one, other, strict=True)
                    matches.update((i, j) for i, j in pairs if _type_words(before[i]) == _type_words(after[j]))
        return matches


def _key(field: _Field) -> Hashable:
    name = field.get("name") if isinstance(field.get("name"), str) else field.get("id")
    return name if isinstance(name, str) else canonical_text(field)


def _likeness(field: _Field) -> Hashable:
    return schema_label(field).casefold(), _type_words(field)


def _one_sided(fields: _Fields, kind: ChangeKind, labels: _Labels) -> Iterator[_Finding]:
    for field in fields:
        place = (*labels, schema_label(field))
        words = _words(field)
        both = ("", words) if kind is ChangeKind.ADDED else (words, "")
        yield _Finding(DeclaredFieldChange(kind, SEPARATOR.join(place), *both))
        yield from _one_sided(_fields_of(field.get("properties")), kind, place)


def _fields_of(value: JsonValue | Missing) -> _Fields:
    """The fields of a list; of anything else, none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _name(field: _Field, naming: frozenset[str]) -> str:
    """What tells a renamed field from what it was called: its label, its name, or "Amount (amount)"."""
    name = field.get("name")
    if "name" not in naming or not isinstance(name, str):
        return schema_label(field)
    return f"{schema_label(field)} ({name})" if len(naming) > 1 else name


def _type_words(field: _Field) -> str:
    kind, of = field.get("type"), field.get("of")
    words = kind.replace("-", " ") if isinstance(kind, str) else "any"
    return f"{words} of {of}" if isinstance(of, str) else words


def _words(field: _Field) -> str:
    """A field's type and whether it must be there: "number, required"."""
    words = [_type_words(field)]
    if field.get("optional") is True:
        words.append("optional")
    elif field.get("optional") is False or field.get("required") is True:
        words.append("required")
    words.extend(word for key, word in _FLAGS.items() if field.get(key) is True)
    return ", ".join(words)


def _words_of_both(before: _Field, after: _Field, differing: frozenset[str]) -> tuple[str, str]:
    """Both fields in words that differ, since the given attributes do."""
    words = [_words(before)], [_words(after)]
    # What the usual words do not tell apart is written out.
    told = frozenset() if words[0] == words[1] else differing & _DESCRIBED
    if told and "type" in told:
        told |= _FOLLOWING_TYPE
    for key in sorted(differing - told):
        excerpts = _excerpts(_attribute(before.get(key)), _attribute(after.get(key)))
        for side, excerpt in zip(words, excerpts, strict=True):
            side.append(f"{humanise(key).lower()}: {excerpt}" if excerpt else f"no {humanise(key).lower()}")
    return ", ".join(words[0]), ", ".join(words[1])


def _attribute(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) and value else canonical_text(value)


def _excerpts(before: str, after: str) -> tuple[str, str]:
    """Two texts, cut to the surroundings of the first difference where they are long."""
    if max(len(before), len(after)) <= MAX_WORD_CHARS:
        return before, after
    pairs = zip(before, after, strict=False)
    start = next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))
    start = max(0, start - MAX_WORD_CHARS // 4)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    if not text:
        return ""
    end = start + MAX_WORD_CHARS
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _line(label: str, words: str) -> str:
    return f"{label} ({words})"


def _plain_meaning(value: JsonValue, _: bool) -> str:
    if not isinstance(value, dict):
        return canonical_text(value)
    return canonical_text({key: item for key, item in value.items() if item is not None})


def _contracts(schema: JsonValue) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each field and below, by the names that lead to it, with what decides about behaviour. Fields of one name get
    a number."""
    places: Counter[tuple[str, ...]] = Counter()
    pending: list[tuple[tuple[str, ...], JsonValue]] = [((), schema)]
    while pending:
        path, fields = pending.pop()
        if fields is None:
            continue
        for item in fields if isinstance(fields, list) else [fields]:
            if not isinstance(item, dict):
                yield (*path, "?"), canonical_text(item)
                continue
            name = item.get("name")
            own = (*path, name if isinstance(name, str) else canonical_text(name))
            places[own] += 1
            kept = {
                key: value
                for key, value in item.items()
                if key in SCHEMA_CONTRACT and key != "properties" and value is not None
            }
            yield (*own, f"#{places[own]}"), canonical_text(kept)
            pending.append((own, item.get("properties")))
