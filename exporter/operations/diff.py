"""The walk of `wexport diff`: read two revisions, compare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.diff.changes import SnapshotDiff
from exporter.diff.snapshots import compare_snapshots
from exporter.errors import UsageError

if TYPE_CHECKING:  # named in signatures only: parsing a revision must not load Git
    from exporter.adapters.repository import Repository


@dataclass(frozen=True, slots=True)
class Revision:
    """An environment, now (`at` is None) or at another time: a date or a commit, as the repository reads it."""

    environment: str
    at: str | None = None

    @property
    def label(self) -> str:
        """As it was typed: "prod" or "prod@2026-11-01"."""
        return self.environment if self.at is None else f"{self.environment}@{self.at}"


def parse_revision(text: str) -> Revision:
    """ "dev", "prod@2026-11-01" or "prod@<commit>" as a Revision.

    Raises: UsageError for a missing environment or an "@" with nothing behind it.
    """
    environment, separator, at = (part.strip() for part in text.partition("@"))
    if not environment or (separator and not at):
        raise UsageError(
            f"'{text}' names no snapshot. Give an environment, or an environment at another time: "
            "'prod', 'prod@2026-11-01', 'prod@3f9a2c1'."
        )
    return Revision(environment, at or None)


def diff_revisions(
    repository: Repository, source: Revision, target: Revision, *, only: tuple[str, ...] = ()
) -> SnapshotDiff:
    """What promoting `source` to `target` would change in `target`.

    Raises: RevisionNotFoundError for a revision that is not in the repository, UsageError for an `only` that names
    nothing.
    """
    return compare_snapshots(
        repository.read(source.environment, source.at),
        repository.read(target.environment, target.at),
        source_label=source.label,
        target_label=target.label,
        only=only,
    )
