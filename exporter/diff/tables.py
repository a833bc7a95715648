"""The rows of a lookup or data table, which exports carry as CSV in one string."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.recipe.model import JsonValue


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by their first column, in their order. A first column that repeats is numbered: "EMEA", "EMEA #2"."""

    columns: Sequence[str]
    rows: Mapping[str, Sequence[str]]

    def laid_out(self, common: frozenset[str]) -> dict[str, JsonValue]:
        """Each row as its cells by column, so that an edited cell is one change and a new row is an addition.
        `order` names only the rows that both sides have: an addition shifts others and does not reorder them."""
        rows: dict[str, JsonValue] = {
            key: {self._title(place): cell for place, cell in enumerate(row)} for key, row in self.rows.items()
        }
        return {"columns": [*self.columns], "rows": rows, "order": [key for key in rows if key in common]}

    def _title(self, place: int) -> str:
        title = self.columns[place] if place < len(self.columns) else ""
        is_unique = title and self.columns.index(title) == place
        return title if is_unique else f"column {place + 1}"


def read_table(data: str) -> Table | None:
    """The table in this CSV text; None if it is none."""
    try:
        lines = list(csv.reader(io.StringIO(data, newline=""), strict=True))
    except csv.Error:
        return None
    if not lines:
        return None
    counts: Counter[str] = Counter()
    rows: dict[str, Sequence[str]] = {}
    for row in lines[1:]:
        first = row[0] if row else ""
        counts[first] += 1
        key = first if counts[first] == 1 else f"{first} #{counts[first]}"
        while key in rows:
            key += "'"
        rows[key] = row
    return Table(lines[0], rows)


def common_rows(before: Table | None, after: Table | None) -> frozenset[str]:
    """The rows that both have."""
    if before is None or after is None:
        return frozenset()
    return frozenset(before.rows.keys() & after.rows.keys())
