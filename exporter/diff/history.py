"""What a history is made of: snapshots in time, each with what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exporter.diff.changes import SnapshotDiff
from exporter.snapshot import AssetInfo


@dataclass(frozen=True, slots=True)
class DetailChange:
    """An asset that does the same as before, of which something else is known now: it was saved, started, stopped."""

    path: str
    before: AssetInfo
    after: AssetInfo


@dataclass(frozen=True, slots=True)
class FirstSnapshot:
    """How much an environment's first snapshot held."""

    recipes: int
    others: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One snapshot and what it changed. `stored_at` is in UTC, `exported_by` "" if unknown.

    `diff` leads from the snapshot before to this one. It is None where no asset changed, and in the first snapshot of
    a whole environment: everything is new there, and `first` counts it.
    """

    revision: str
    stored_at: datetime
    exported_by: str
    diff: SnapshotDiff | None = None
    details: tuple[DetailChange, ...] = ()
    first: FirstSnapshot | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Entries, newest first. `has_more`: there are older ones."""

    entries: tuple[HistoryEntry, ...]
    has_more: bool
