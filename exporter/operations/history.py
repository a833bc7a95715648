"""The walk of `wexport log`: what changed from snapshot to snapshot, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from exporter.diff.changes import AssetChange, ChangeKind, SnapshotDiff
from exporter.diff.digest import diff_digest
from exporter.diff.history import DetailChange, FirstSnapshot, History, HistoryEntry
from exporter.diff.snapshots import compare_snapshots
from exporter.errors import UsageError
from exporter.operations.diff import Revision
from exporter.operations.show import choose_recipes
from exporter.progress import Progress, Silent
from exporter.snapshot import AssetKind, Snapshot, snapshot_of

if TYPE_CHECKING:  # named in signatures only
    from exporter.adapters.repository import Repository, StoredCommit

REVISION_CHARS = 10
MIN_COMMITS_TOLD = 20  # comparing fewer is over before anybody reads about it
_COMPARING = "comparing snapshots"


# A commit with the snapshots before it (None before the first) and in it.
_Pair = tuple["StoredCommit", Snapshot | None, Snapshot]


def read_history(
    repository: Repository,
    revision: Revision,
    wanted: str | None = None,
    *,
    limit: int = 0,
    progress: Progress | None = None,
) -> History:
    """The history of an environment until a revision, or of one recipe of it through its renames; at most `limit`
    entries, 0 for all.

    Raises: RevisionNotFoundError; UsageError if `wanted` names no recipe, or several.
    """
    told = progress or Silent()
    commits = repository.history(revision.environment, revision.at)
    newest = repository.read(revision.environment, commits[0].revision)
    path = _one_path(newest, wanted, revision.label, told) if wanted is not None else None
    is_told = len(commits) > MIN_COMMITS_TOLD
    if is_told:
        told.start(_COMPARING, len(commits) if path is not None or not limit else min(limit, len(commits)))
    pairs = _pairs(repository, revision.environment, commits, newest, told if is_told else Silent())
    found = _of_environment(pairs) if path is None else _of_recipe(pairs, path)
    entries = tuple(islice(found, limit or None))
    has_more = len(entries) == limit and next(found, None) is not None
    if is_told:
        told.finish(_COMPARING)
    return History(entries, has_more)


def _one_path(snapshot: Snapshot, wanted: str, place: str, progress: Progress) -> str:
    chosen = choose_recipes(snapshot.assets.values(), wanted, place=place, progress=progress)
    if len(chosen) > 1:
        raise UsageError(f"'{wanted}' names {len(chosen)} recipes in {place}; the history is that of one. Give a path.")
    return chosen[0].path


def _pairs(
    repository: Repository, environment: str, commits: tuple[StoredCommit, ...], newest: Snapshot, progress: Progress
) -> Iterator[_Pair]:
    after = newest
    for place, commit in enumerate(commits):
        earlier = commits[place + 1] if place + 1 < len(commits) else None
        before = repository.read(environment, earlier.revision) if earlier is not None else None
        progress.advance(_COMPARING)
        yield commit, before, after
        if before is not None:
            after = before


def _of_environment(pairs: Iterator[_Pair]) -> Iterator[HistoryEntry]:
    for commit, before, after in pairs:
        if before is None:
            recipes = sum(asset.kind is AssetKind.RECIPE for asset in after.assets.values())
            yield _entry(commit, first=FirstSnapshot(recipes, len(after.assets) - recipes))
            continue
        diff = _compare(before, after)
        changed = {change.path_after for change in diff.changes}
        details = (_detail(path, before, after) for path in after.assets if path not in changed)
        yield _entry(commit, diff, *details)


def _of_recipe(pairs: Iterator[_Pair], path: str) -> Iterator[HistoryEntry]:
    """Follows the recipe back through its renames until it was added."""
    for commit, before, after in pairs:
        now = after.assets[path]
        was = before.assets.get(path) if before is not None else None
        if before is not None and was is not None and was.blob == now.blob:
            detail = _detail(path, before, after)
            if detail is not None:
                yield _entry(commit, None, detail)
            continue
        everything = _compare(before, after) if before is not None else _compare(None, snapshot_of(after.index, [now]))
        change = next((change for change in everything.changes if change.path_after == path), None)
        detail = _detail(path, before, after) if before is not None and change is None else None
        yield _entry(commit, _narrowed(everything, change), detail)
        if change is not None and change.path_before is not None:
            path = change.path_before
        elif was is None or (change is not None and ChangeKind.ADDED in change.kinds):
            return


def _entry(
    commit: StoredCommit,
    diff: SnapshotDiff | None = None,
    *details: DetailChange | None,
    first: FirstSnapshot | None = None,
) -> HistoryEntry:
    known = tuple(detail for detail in details if detail is not None)
    return HistoryEntry(commit.revision, commit.stored_at, commit.exported_by, diff, known, first)


def _compare(before: Snapshot | None, after: Snapshot) -> SnapshotDiff:
    earlier = before if before is not None else snapshot_of(after.index, ())
    labels = [f"{each.environment}@{(each.revision or '')[:REVISION_CHARS]}" for each in (after, earlier)]
    return compare_snapshots(after, earlier, source_label=labels[0], target_label=labels[1])


def _narrowed(diff: SnapshotDiff, change: AssetChange | None) -> SnapshotDiff:
    """The diff of one asset alone."""
    changes = (change,) if change is not None else ()
    path = change.path if change is not None else None
    warnings = tuple(warning for warning in diff.warnings if warning.path == path)
    digest = diff_digest(each.digest for each in changes)
    return replace(diff, changes=changes, digest=digest, noise_only=(), warnings=warnings)


def _detail(path: str, before: Snapshot, after: Snapshot) -> DetailChange | None:
    """What else is known of an asset that both snapshots have; None if it is the same."""
    if path not in before.assets:
        return None
    one, other = before.index.info(path), after.index.info(path)
    is_same = (one.version, one.is_running) == (other.version, other.is_running)
    return None if is_same else DetailChange(path, one, other)
