"""Compare two versions of an asset that is no recipe: by its JSON fields, as text, or as bytes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from exporter.diff.changes import MISSING, ChangeClass, FieldChange, Missing
from exporter.diff.kinds import KindRules, rules_of
from exporter.diff.meaning import ALONE, Reader, Surroundings, common_slugs
from exporter.diff.schemas import declared_lines, is_schema_field, schema_line
from exporter.diff.shapes import Path, is_reference, opened
from exporter.diff.tables import Table, compare_tables, read_table
from exporter.diff.values import ValueChange, ValueComparison, ValueRules
from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.recipe.labels import SEPARATOR, humanise
from exporter.recipe.model import JsonValue
from exporter.snapshot import AssetKind

MAX_PAGE_BYTES = 50_000_000  # of one page unpacked; Workato's own pages are some 100 kB

_PICTURES = (".png", ".jpeg", ".jpg", ".gif", ".svg", ".webp", ".ico")
_TABLES = frozenset({AssetKind.LOOKUP_TABLE, AssetKind.DATA_TABLE})
_PAGE_MEMBER = "page.json"


@dataclass(frozen=True, slots=True)
class ContentComparison:
    """What differs between two versions of an asset, and the canonical material for its digest."""

    name: str
    fields: tuple[FieldChange, ...]
    note: str
    material: JsonValue

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.note)


def compare_contents(
    kind: AssetKind,
    path: str,
    before: bytes | None,
    after: bytes | None,
    *,
    surroundings: Surroundings = ALONE,
) -> ContentComparison:
    """Compare the bytes of one asset; None where a side has none. What cannot be read is compared as bytes and
    says so in `note`."""
    if path.endswith(".rb"):
        return _compare_texts(before, after, surroundings)
    if path.endswith(_PICTURES) and kind is not AssetKind.OTHER:
        return _compare_pictures(before, after)
    try:
        if path.endswith(".zip"):
            documents = _unpacked(_page_of(before), _page_of(after))
        elif path.endswith(".json"):
            documents = _parsed(before), _parsed(after)
        else:
            return _compare_bytes(before, after, "")
    except RecipeFormatError as exc:
        return _compare_bytes(before, after, f"Compared as bytes: {exc}")
    return _compare_documents(kind, *documents, surroundings)


def join_contents(main: ContentComparison, others: Iterable[ContentComparison]) -> ContentComparison:
    """One asset that is kept in several files: a connector's description, source and logo, a page and its archive.
    What the main file says already is not said again."""
    comparisons = [main, *others]
    # By their text: as values, 1 and True are equal.
    fields = {repr(field): field for comparison in comparisons for field in comparison.fields}
    return ContentComparison(
        name=next((comparison.name for comparison in comparisons if comparison.name), ""),
        fields=tuple(fields.values()),
        note=" ".join(comparison.note for comparison in comparisons if comparison.note),
        material=[comparison.material for comparison in comparisons],
    )


def _compare_documents(
    kind: AssetKind, before: JsonValue | Missing, after: JsonValue | Missing, surroundings: Surroundings
) -> ContentComparison:
    rules = rules_of(kind)
    one, other = (value if isinstance(value, Missing) else rules.lay_out(value) for value in (before, after))
    rows = _compare_rows(kind, one, other)
    if rows is not None:
        one, other = _without_rows(one), _without_rows(other)
    slugs = common_slugs(_provider_of(before), _provider_of(after))
    reader, other_reader = (
        Reader({}, {}, {}, names, target, terms)
        for names, target, terms in zip(slugs, surroundings.targets, surroundings.terms(), strict=True)
    )
    values = ValueComparison(reader, other_reader, ValueRules(rules.ignored, has_null_values=rules.has_null_values))
    changes = values.compare(one, other)
    labels = _Labels(kind, rules)
    fields = [
        FieldChange(
            change.path,
            labels.label(change.path, one if isinstance(change.after, Missing) else other),
            *_shown_values(change),
            _class_of(change, rules, surroundings),
            change.declared,
        )
        for change in changes
    ]
    material: list[JsonValue] = [[[*change.path], change.meaning_before, change.meaning_after] for change in changes]
    for field, names in rows or ():
        fields.append(field)
        material.append([["data"], *names])
    return ContentComparison(
        name=_name_of(before if isinstance(after, Missing) else after),
        fields=tuple(fields),
        note="",
        material=material,
    )


def _compare_rows(
    kind: AssetKind, before: JsonValue | Missing, after: JsonValue | Missing
) -> list[tuple[FieldChange, tuple[str, str]]] | None:
    """One entry for all rows that differ, with the names of what each side has, or none if they are equal; None
    where a side has no rows that can be read."""
    if kind not in _TABLES:
        return None
    one, other = _table_of(before), _table_of(after)
    if one is None or other is None:
        return None
    found = compare_tables(one, other, has_order=kind is AssetKind.LOOKUP_TABLE)
    if found is None:
        return []
    sizes = [f"{len(table.rows):,} row{'' if len(table.rows) == 1 else 's'}" for table in (one, other)]
    field = FieldChange(("data",), "Rows", sizes[0], f"{sizes[1]}: {found.counts}", ChangeClass.LOGIC, found.declared)
    return [(field, (found.before, found.after))]


def _table_of(document: JsonValue | Missing) -> Table | None:
    """The rows of a table; none at all where it is exported without them, None where they cannot be read."""
    data = document.get("data") if isinstance(document, dict) else None
    if data is None:
        return Table((), ())
    return read_table(data) or (Table((), ()) if data == "" else None) if isinstance(data, str) else None


def _without_rows(document: JsonValue | Missing) -> JsonValue | Missing:
    return {key: item for key, item in document.items() if key != "data"} if isinstance(document, dict) else document


def _class_of(change: ValueChange, rules: KindRules, surroundings: Surroundings) -> ChangeClass:
    looks = rules.cosmetic | (rules.environmental if surroundings.are_two_environments else frozenset())
    if rules.is_cosmetic or not looks.isdisjoint(change.path[:1]) or not rules.looks.isdisjoint(change.path):
        return ChangeClass.COSMETIC
    return change.change_class


def _compare_texts(before: bytes | None, after: bytes | None, surroundings: Surroundings) -> ContentComparison:
    try:
        text_before = MISSING if before is None else before.decode("utf-8")
        text_after = MISSING if after is None else after.decode("utf-8")
    except UnicodeDecodeError:
        return _compare_bytes(before, after, "Compared as bytes: not UTF-8 text.")
    if text_before == text_after or _are_as_mapped(text_before, text_after, surroundings):
        return ContentComparison("", (), "", None)
    field = FieldChange(("source",), "Source code", text_before, text_after)
    return ContentComparison("", (field,), "", _hashes(before, after))


def _are_as_mapped(before: str | Missing, after: str | Missing, surroundings: Surroundings) -> bool:
    """Whether two texts differ only in what is meant to differ between the environments."""
    if isinstance(before, Missing) or isinstance(after, Missing):
        return False
    one, other = (Reader({}, {}, {}, {}, terms=terms) for terms in surroundings.terms())
    return one.literal(before) == other.literal(after)


def _compare_pictures(before: bytes | None, after: bytes | None) -> ContentComparison:
    if before == after:
        return ContentComparison("", (), "", None)
    one, other = (
        MISSING if content is None else f"{len(content):,} bytes ({hashlib.sha256(content).hexdigest()[:8]})"
        for content in (before, after)
    )
    field = FieldChange(("picture",), "Picture", one, other, ChangeClass.COSMETIC)
    return ContentComparison("", (field,), "", _hashes(before, after))


def _compare_bytes(before: bytes | None, after: bytes | None, note: str) -> ContentComparison:
    if before == after:
        return ContentComparison("", (), "", None)
    sizes = " → ".join(f"{len(content):,} bytes" for content in (before, after) if content is not None)
    return ContentComparison("", (), f"{note or 'Binary file.'} ({sizes})", _hashes(before, after))


def _hashes(*contents: bytes | None) -> JsonValue:
    return [None if content is None else hashlib.sha256(content).hexdigest() for content in contents]


def _parsed(content: bytes | None) -> JsonValue | Missing:
    return MISSING if content is None else parse_json(content)


def _page_of(content: bytes | None) -> JsonValue | Missing:
    """The members of a nested page archive by name; JSON parsed, anything else as a hash. Times inside the archive
    move with each export and mean nothing."""
    if content is None:
        return MISSING
    members: dict[str, JsonValue] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > MAX_PAGE_BYTES:
                raise RecipeFormatError(f"the archive unpacks to more than {MAX_PAGE_BYTES:,} bytes.")
            for entry in entries:
                data = archive.read(entry)
                members[entry.filename] = (
                    parse_json(data) if entry.filename.endswith(".json") else hashlib.sha256(data).hexdigest()
                )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as exc:
        raise RecipeFormatError("the archive cannot be read.") from exc
    return members


def _unpacked(
    before: JsonValue | Missing, after: JsonValue | Missing
) -> tuple[JsonValue | Missing, JsonValue | Missing]:
    """The page of each archive, where there is nothing beside it."""
    sides = [side for side in (before, after) if isinstance(side, dict)]
    if any(side.keys() != {_PAGE_MEMBER} for side in sides):
        return before, after
    one, other = (side[_PAGE_MEMBER] if isinstance(side, dict) else side for side in (before, after))
    return one, other


def _provider_of(document: JsonValue | Missing) -> list[str]:
    provider = document.get("provider") if isinstance(document, dict) else None
    return [provider] if isinstance(provider, str) else []


def _name_of(document: JsonValue | Missing) -> str:
    if isinstance(document, dict):
        for key in ("name", "title"):
            value = document.get(key)
            if isinstance(value, str) and value.strip():
                return value
    return ""


def _shown_values(change: ValueChange) -> tuple[JsonValue | Missing, JsonValue | Missing]:
    """Both values for people: declared fields as lines, a reference by its name."""
    if not change.declared:
        return _shown(change.before, change.after), _shown(change.after, change.before)
    gone, new = declared_lines(change.declared)
    before = MISSING if isinstance(change.before, Missing) else gone
    return before, MISSING if isinstance(change.after, Missing) else new


def _shown(value: JsonValue | Missing, other: JsonValue | Missing) -> JsonValue | Missing:
    """A reference by its name, unless the names are equal and something else in it differs."""
    if isinstance(other, Missing) and is_schema_field(value):
        return schema_line(value)
    if isinstance(value, Missing) or not is_reference(value):
        return value
    name = value.get("name")
    is_told_by_name = not (isinstance(other, dict) and other.get("name") == name)
    return name if isinstance(name, str) and is_told_by_name else value


@dataclass(frozen=True, slots=True)
class _Labels:
    """The names of places in a document: keys for people, an item of a list by the name that it carries."""

    kind: AssetKind
    rules: KindRules

    def label(self, path: Path, document: JsonValue | Missing) -> str:
        if not path:
            return "Content"
        if self.kind is AssetKind.ACCOUNT_PROPERTIES or (
            self.kind is AssetKind.PROJECT_PROPERTIES and path[0] == "data" and len(path) > 1
        ):
            names = path if self.kind is AssetKind.ACCOUNT_PROPERTIES else path[1:]
            return f"Property {SEPARATOR.join(map(str, names))}"
        labels: list[str] = []
        place = document
        for depth, key in enumerate(path):
            place = opened(path[:depth], place)
            if isinstance(key, int):
                place = place[key] if isinstance(place, list) and key < len(place) else MISSING
                labels.append(_item_label(place) or str(key + 1))
            else:
                place = place.get(key, MISSING) if isinstance(place, dict) else MISSING
                labels.append(self._key_label(key))
        return SEPARATOR.join(labels)

    def _key_label(self, key: str) -> str:
        return self.rules.labels.get(key) or (humanise(key) if key.isascii() and key[:1].islower() else key)


def _item_label(item: JsonValue | Missing) -> str:
    """What an item of a list is called, with its type where it is a part of a page."""
    if not isinstance(item, dict):
        return ""
    texts = (item.get(key) for key in ("label", "title", "name", "tool", "text", "id"))
    name = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    kind = item.get("type")
    is_part = isinstance(kind, str) and isinstance(item.get("id"), str) and not is_schema_field(item)
    return f"{name} ({kind})" if is_part else name
