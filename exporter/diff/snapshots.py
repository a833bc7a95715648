"""Compare two environments: what promoting one would change in the other."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.diff.assets import AssetComparer
from exporter.diff.changes import AssetChange, ChangeClass, ChangeKind, FieldChange, Side, SnapshotDiff, StepChange
from exporter.diff.digest import diff_digest
from exporter.diff.pairing import AssetPair, pair_assets
from exporter.diff.scope import select_paths
from exporter.snapshot import Snapshot


def compare_snapshots(
    source: Snapshot, target: Snapshot, *, source_label: str, target_label: str, only: Sequence[str] = ()
) -> SnapshotDiff:
    """What promoting `source` to `target` would change in `target`: before is the target, after the source.

    Only assets whose bytes differ are loaded. `only` are globs (see `select_paths`). Of a project that could not be
    read on one side nothing is concluded: an asset of it that is missing there is neither added nor removed.

    Raises: UsageError for a glob of `only` that names nothing on either side.
    """
    chosen = select_paths(source.assets.keys() | target.assets.keys(), only)
    before = [asset for path, asset in target.assets.items() if path in chosen]
    after = [asset for path, asset in source.assets.items() if path in chosen]
    comparer = AssetComparer(source, target)
    unread = {failure.project for snapshot in (source, target) for failure in snapshot.failures}
    changes: list[AssetChange] = []
    noise: list[str] = []
    for pair in pair_assets(before, after):
        if _is_same(pair) or _is_unknown(pair, source, target):
            continue
        change = comparer.compare(pair)
        if change is None:
            noise.append(pair.path)
        else:
            changes.append(change)
    return SnapshotDiff(
        source=Side(source_label, source.environment, source.revision),
        target=Side(target_label, target.environment, target.revision),
        changes=tuple(sorted(changes, key=lambda change: (not has_logic(change), change.path))),
        digest=diff_digest(change.digest for change in changes),
        noise_only=tuple(noise),
        only=tuple(only),
        unread_projects=tuple(sorted(unread)),
    )


def has_logic(change: AssetChange) -> bool:
    """Whether a change is more than refreshed field lists and looks."""
    if change.kinds != (ChangeKind.CHANGED,) or change.connections or change.note:
        return True
    entries: tuple[StepChange | FieldChange, ...] = (*change.steps, *change.settings, *change.fields)
    return any(entry.change_class is ChangeClass.LOGIC for entry in entries)


def _is_same(pair: AssetPair) -> bool:
    one, other = pair.before, pair.after
    return one is not None and other is not None and (one.path, one.blob) == (other.path, other.blob)


def _is_unknown(pair: AssetPair, source: Snapshot, target: Snapshot) -> bool:
    """Whether the asset is missing on a side whose project could not be read."""
    if pair.before is None:
        return pair.after is not None and pair.after.project in {failure.project for failure in target.failures}
    return pair.after is None and pair.before.project in {failure.project for failure in source.failures}
