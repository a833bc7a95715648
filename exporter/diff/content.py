"""Compare two versions of an asset that is no recipe: by its JSON fields, as text, or as bytes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass

from exporter.diff.changes import MISSING, ChangeClass, FieldChange, Missing
from exporter.diff.meaning import ALONE, Reader, Surroundings, common_slugs
from exporter.diff.schemas import schema_line
from exporter.diff.tables import Table, common_rows, read_table
from exporter.diff.values import Path, ValueChange, ValueComparison, ValueRules, is_reference, is_schema_field
from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.recipe.labels import SEPARATOR, humanise
from exporter.recipe.model import JsonValue
from exporter.snapshot import AssetKind

MAX_PAGE_BYTES = 50_000_000  # of one page unpacked; Workato's own pages are some 100 kB

# Counters that each environment keeps for itself.
_IGNORED = {AssetKind.CUSTOM_CONNECTOR: frozenset({"version_no"})}
# There a key without a value is all there is: exports carry the names of properties only.
_NULL_IS_A_VALUE = frozenset({AssetKind.ACCOUNT_PROPERTIES, AssetKind.PROJECT_PROPERTIES})
_COSMETIC_KEYS = frozenset({"hint", "color", "icon", "note"})


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
        return _compare_texts(before, after)
    try:
        if path.endswith(".zip"):
            documents = _page_of(before), _page_of(after)
        elif path.endswith(".json"):
            documents = _parsed(before), _parsed(after)
        else:
            return _compare_bytes(before, after, "")
    except RecipeFormatError as exc:
        return _compare_bytes(before, after, f"Compared as bytes: {exc}")
    return _compare_documents(kind, *documents, surroundings)


def _compare_documents(
    kind: AssetKind, before: JsonValue | Missing, after: JsonValue | Missing, surroundings: Surroundings
) -> ContentComparison:
    before, after = _with_rows(kind, before, after)
    slugs = common_slugs(_provider_of(before), _provider_of(after))
    one, other = (
        Reader({}, {}, {}, names, surroundings.is_ambiguous, terms)
        for names, terms in zip(slugs, surroundings.terms(), strict=True)
    )
    rules = ValueRules(_IGNORED.get(kind, frozenset()), has_null_values=kind in _NULL_IS_A_VALUE)
    changes = ValueComparison(one, other, rules).compare(before, after)
    document = before if isinstance(after, Missing) else after
    return ContentComparison(
        name=_name_of(document),
        fields=tuple(_field(change, document) for change in changes),
        note="",
        material=[[[*change.path], change.meaning_before, change.meaning_after] for change in changes],
    )


def _compare_texts(before: bytes | None, after: bytes | None) -> ContentComparison:
    try:
        text_before = MISSING if before is None else before.decode("utf-8")
        text_after = MISSING if after is None else after.decode("utf-8")
    except UnicodeDecodeError:
        return _compare_bytes(before, after, "Compared as bytes: not UTF-8 text.")
    if text_before == text_after:
        return ContentComparison("", (), "", None)
    field = FieldChange((), "Source code", text_before, text_after)
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


def _with_rows(
    kind: AssetKind, before: JsonValue | Missing, after: JsonValue | Missing
) -> tuple[JsonValue | Missing, JsonValue | Missing]:
    """Tables with their `data` as rows."""
    if kind not in (AssetKind.LOOKUP_TABLE, AssetKind.DATA_TABLE):
        return before, after
    tables = [_table_of(document) for document in (before, after)]
    common = common_rows(*tables)
    laid_out = [
        {**document, "data": table.laid_out(common)} if table and isinstance(document, dict) else document
        for document, table in zip((before, after), tables, strict=True)
    ]
    return laid_out[0], laid_out[1]


def _table_of(document: JsonValue | Missing) -> Table | None:
    data = document.get("data") if isinstance(document, dict) else None
    return read_table(data) if isinstance(data, str) else None


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


def _field(change: ValueChange, document: JsonValue | Missing) -> FieldChange:
    is_cosmetic = any(key in _COSMETIC_KEYS for key in change.path[:1])
    return FieldChange(
        path=change.path,
        label=_label(change.path, document),
        before=_shown(change.before, change.after),
        after=_shown(change.after, change.before),
        change_class=ChangeClass.COSMETIC if is_cosmetic else ChangeClass.LOGIC,
    )


def _shown(value: JsonValue | Missing, other: JsonValue | Missing) -> JsonValue | Missing:
    """A reference by its name, unless the names are equal and something else in it differs."""
    if isinstance(other, Missing) and is_schema_field(value):
        return schema_line(value)
    if isinstance(value, Missing) or not is_reference(value):
        return value
    name = value.get("name")
    is_told_by_name = not (isinstance(other, dict) and other.get("name") == name)
    return name if isinstance(name, str) and is_told_by_name else value


def _label(path: Path, document: JsonValue | Missing) -> str:
    """Keys for people; an item of a list by the name that it carries."""
    labels: list[str] = []
    place: JsonValue | Missing = document
    for key in path:
        if isinstance(key, int):
            place = place[key] if isinstance(place, list) and key < len(place) else MISSING
            labels.append(_item_label(place) or str(key + 1))
        else:
            place = place.get(key, MISSING) if isinstance(place, dict) else MISSING
            labels.append(humanise(key) if key.isascii() and key.islower() else key)
    return SEPARATOR.join(labels)


def _item_label(item: JsonValue | Missing) -> str:
    if isinstance(item, dict):
        for key in ("label", "title", "name"):
            value = item.get(key)
            if isinstance(value, str) and value.strip():
                return value
    return ""
