"""The rows of a lookup or data table, which exports carry as CSV in one string.

Rows are known again by their first column; numbers, order and times that each environment gives to a row by itself
are left out.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from exporter.diff.changes import ChangeKind, DeclaredFieldChange
from exporter.diff.items import arrange, gaps, match_by_key, place_words
from exporter.recipe.datapill import canonical_text

MAX_ROWS_LISTED = 20
_MAX_ROW_CHARS = 200
# Columns of a data table that each environment fills by itself. Source: measured on exported data tables.
_GIVEN: Final = frozenset({"record_id", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by column title; a title that repeats is numbered. A row lacks the cells that are empty."""

    columns: Sequence[str]
    rows: Sequence[Mapping[str, str]]

    def label(self, place: int) -> str:
        """What people call a row: its first cell that is not empty."""
        row = self.rows[place]
        return _cut(next((row[column] for column in self.columns if column in row), f"row {place + 1}"))

    def key(self, place: int) -> str | None:
        return self.rows[place].get(self.columns[0]) if self.columns else None

    def words(self, place: int, columns: Sequence[str]) -> str:
        """The given cells of a row: "Rate 1.0, Owner Kim"."""
        row = self.rows[place]
        return _cut(", ".join(f"{column} {row.get(column) or '(empty)'}" for column in columns))


@dataclass(frozen=True, slots=True)
class TableComparison:
    """What differs between the rows of two tables. `declared` lists the first of the changes, `counts` says how many
    there are ("2 added, 1 changed"). `before` and `after` name all rows of a side, in their order where it matters."""

    declared: tuple[DeclaredFieldChange, ...]
    counts: str
    before: str
    after: str


def read_table(data: str) -> Table | None:
    """The table in this CSV text; None if it is none."""
    try:
        lines = list(csv.reader(io.StringIO(data, newline=""), strict=True))
    except csv.Error:
        return None
    if not lines:
        return None
    width = max(len(line) for line in lines)
    titles = _titles(lines[0], width)
    kept = [place for place, title in enumerate(titles) if title not in _GIVEN]
    rows = [{titles[place]: line[place] for place in kept if place < len(line) and line[place]} for line in lines[1:]]
    return Table([titles[place] for place in kept], rows)


def compare_tables(before: Table, after: Table, *, has_order: bool) -> TableComparison | None:
    """What differs between the rows; None if nothing does. An empty cell and no column are the same, and a column
    under another title at the same place is the same column. With `has_order` the order of the rows counts."""
    before = _retitled(before, after)
    places = [range(len(table.rows)) for table in (before, after)]
    whole = [[canonical_text(row) for row in table.rows] for table in (before, after)]
    if whole[0] == whole[1] or (not has_order and sorted(whole[0]) == sorted(whole[1])):
        return None
    matches: dict[int, int] = {}
    match_by_key(matches, *whole)
    match_by_key(
        matches, *([table.key(place) for place in side] for table, side in zip((before, after), places, strict=True))
    )
    arranged = arrange(matches, len(before.rows), len(after.rows))
    changes = list(_changes(before, after, arranged.places, arranged.moved if has_order else frozenset()))
    texts = [rows if has_order else sorted(rows) for rows in whole]
    return TableComparison(
        declared=tuple(changes[:MAX_ROWS_LISTED]) + _rest(len(changes) - MAX_ROWS_LISTED),
        counts=_counts(changes),
        before=_name(texts[0]),
        after=_name(texts[1]),
    )


def _changes(
    before: Table, after: Table, places: Sequence[tuple[int | None, int | None]], moved: frozenset[int]
) -> Iterator[DeclaredFieldChange]:
    every = [*after.columns, *sorted(set(before.columns) - set(after.columns))]
    for i, j in places:
        if i is None and j is not None:
            yield DeclaredFieldChange(ChangeKind.ADDED, after.label(j), "", after.words(j, _filled(after, j)))
        elif i is not None and j is None:
            yield DeclaredFieldChange(ChangeKind.REMOVED, before.label(i), before.words(i, _filled(before, i)), "")
        elif i is not None and j is not None:
            if j in moved:
                yield DeclaredFieldChange(ChangeKind.MOVED, after.label(j), *place_words(i, j, "row"))
            one, other = before.rows[i], after.rows[j]
            columns = [column for column in every if one.get(column) != other.get(column)]
            if columns:
                words = before.words(i, columns), after.words(j, columns)
                yield DeclaredFieldChange(ChangeKind.CHANGED, after.label(j), *words)


def _filled(table: Table, place: int) -> list[str]:
    """The columns of a row that say something beside the one it is known by."""
    return [column for column in table.columns if column in table.rows[place]][1:]


def _retitled(before: Table, after: Table) -> Table:
    """The table with the titles of the other, where a column stands under another title at the same place."""
    matches: dict[int, int] = {}
    match_by_key(matches, before.columns, after.columns)
    for one, other in gaps(matches, len(before.columns), len(after.columns)):
        if len(one) == len(other):
            matches.update(zip(one, other, strict=True))
    titles = {title: after.columns[matches[i]] if i in matches else title for i, title in enumerate(before.columns)}
    if all(title == other for title, other in titles.items()):
        return before
    rows = [{titles[title]: cell for title, cell in row.items()} for row in before.rows]
    return Table([titles[title] for title in before.columns], rows)


def _titles(header: Sequence[str], width: int) -> list[str]:
    """A name for each column, no two of them the same."""
    seen: set[str] = set()
    titles: list[str] = []
    for place in range(width):
        title = header[place] if place < len(header) else ""
        if not title or title in seen:
            title = f"column {place + 1}"
        while title in seen:
            title += "'"
        seen.add(title)
        titles.append(title)
    return titles


def _counts(changes: Sequence[DeclaredFieldChange]) -> str:
    kinds = ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED, ChangeKind.MOVED
    counts = [(sum(change.kind is kind for change in changes), kind) for kind in kinds]
    return ", ".join(f"{count} {kind}" for count, kind in counts if count)


def _rest(count: int) -> tuple[DeclaredFieldChange, ...]:
    if count <= 0:
        return ()
    return (DeclaredFieldChange(ChangeKind.CHANGED, f"… and {count:,} more", "", ""),)


def _name(rows: Sequence[str]) -> str:
    return hashlib.sha256(canonical_text([*rows]).encode("ascii")).hexdigest()


def _cut(text: str) -> str:
    text = " ".join(text[: 2 * _MAX_ROW_CHARS].split())
    return text if len(text) <= _MAX_ROW_CHARS else f"{text[: _MAX_ROW_CHARS - 1]}…"
