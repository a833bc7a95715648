"""The walk of `wexport diff`: read two sides, compare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from exporter.adapters.files import STANDARD_INPUT
from exporter.diff.changes import SnapshotDiff
from exporter.diff.equivalence import NO_EQUIVALENCE, Equivalence, Equivalences
from exporter.diff.references import MENTIONS_VERSION, scan_mentions
from exporter.diff.snapshots import compare_snapshots
from exporter.diff.warnings import Mentions, find_warnings, scan_assets, with_warnings
from exporter.errors import UsageError
from exporter.operations.sides import Content, LocalPath, Scope, Sides, align_sides, read_local
from exporter.progress import Progress, Silent
from exporter.snapshot import Snapshot

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


Side: TypeAlias = Revision | LocalPath
EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Sources:
    """Where sides are read from: the snapshot repository (None if no side is an environment) and standard input."""

    repository: Repository | None = None
    standard_input: BinaryIO | None = None


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


def diff_sides(
    sources: Sources,
    source: Side,
    target: Side,
    *,
    scope: Scope = EVERYTHING,
    progress: Progress | None = None,
    equivalences: Equivalences | None = None,
) -> SnapshotDiff:
    """What bringing `source` to `target` would change in `target`. What a path was compared with is told to
    `progress`. `equivalences` say what is meant to differ between environments; a file or a package is of none.

    Raises: RevisionNotFoundError for a revision that is not in the repository, UsageError for a scope that names
    nothing or a path that could mean several things, WexportError for a path that cannot be read.
    """
    if isinstance(source, LocalPath) and isinstance(target, LocalPath) and source.text == target.text == STANDARD_INPUT:
        raise UsageError("Only one side can be '-': standard input is read once.")
    labels = (source.label, target.label)
    contents = _read(sources, source), _read(sources, target)
    sides = align_sides(*contents, labels, scope)
    for note in sides.notes:
        (progress or Silent()).note(note)
    equivalence = _equivalence(equivalences, sides)
    diff = compare_snapshots(
        sides.source,
        sides.target,
        source_label=source.label,
        target_label=target.label,
        only=scope.only,
        equivalence=equivalence,
    )
    found = find_warnings(
        diff,
        sides.source,
        sides.target,
        mentions=_mentions(sources.repository),
        is_source_whole=isinstance(contents[0], Snapshot),
        is_target_whole=isinstance(contents[1], Snapshot),
        equivalence=equivalence,
    )
    return with_warnings(diff, found)


def _equivalence(equivalences: Equivalences | None, sides: Sides) -> Equivalence:
    """What the mapping says of the two environments; of a file or a package nobody knows where it is from."""
    if equivalences is None or not sides.source.environment or not sides.target.environment:
        return NO_EQUIVALENCE
    return equivalences.between(sides.source.environment, sides.target.environment)


def _mentions(repository: Repository | None) -> Mentions:
    """What assets mention, remembered in the repository if there is one."""
    if repository is None:
        return scan_assets
    return lambda assets: repository.find_once(
        "mentions", MENTIONS_VERSION, assets, lambda asset: scan_mentions(asset.content)
    )


def _read(sources: Sources, side: Side) -> Content:
    if isinstance(side, LocalPath):
        return read_local(side, sources.standard_input)
    if sources.repository is None:
        raise ValueError("an environment needs a repository")
    return sources.repository.read(side.environment, side.at)
