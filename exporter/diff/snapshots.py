"""Compare two environments: what promoting one would change in the other."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.diff.against_mapping import find_against_mapping, pair_connections
from exporter.diff.assets import AssetComparer
from exporter.diff.changes import (
    AssetChange,
    ChangeClass,
    ChangeKind,
    DiffWarning,
    FieldChange,
    Side,
    SnapshotDiff,
    StepChange,
)
from exporter.diff.digest import diff_digest
from exporter.diff.equivalence import NO_EQUIVALENCE, Equivalence
from exporter.diff.masking.arrivals import find_arrivals
from exporter.diff.pairing import AssetPair, pair_assets
from exporter.diff.scope import select_paths
from exporter.snapshot import Asset, Snapshot

_RECIPE = ".recipe.json"


def compare_snapshots(
    source: Snapshot,
    target: Snapshot,
    *,
    source_label: str,
    target_label: str,
    only: Sequence[str] = (),
    equivalence: Equivalence = NO_EQUIVALENCE,
) -> SnapshotDiff:
    """What promoting `source` to `target` would change in `target`: before is the target, after the source.

    Only assets whose bytes differ are loaded. `only` are globs (see `select_paths`). Of a project that could not be
    read on one side nothing is concluded: an asset of it that is missing there is neither added nor removed.
    `equivalence` says what is meant to differ: that is equal, and what is against it comes as a warning.

    Raises: UsageError for a glob of `only` that names nothing on either side.
    """
    chosen = select_paths(source.assets.keys() | target.assets.keys(), only)
    chosen -= _same_recipes(source, target)
    before = [asset for path, asset in target.assets.items() if path in chosen]
    after = [asset for path, asset in source.assets.items() if path in chosen]
    comparer = AssetComparer(source, target, equivalence)
    unread = {failure.project for snapshot in (source, target) for failure in snapshot.failures}
    changes: list[AssetChange] = []
    noise: list[str] = []
    warnings: list[DiffWarning] = []
    counterparts = pair_connections(before, after, equivalence)
    for pair in [*counterparts, *pair_assets(*_left_over(before, after, counterparts))]:
        if pair.is_same or _is_unknown(pair, source, target):
            continue
        if equivalence:
            warnings.extend(find_against_mapping(pair, equivalence))
        change = comparer.compare(pair)
        if change is None or (pair in counterparts and ChangeKind.CHANGED not in change.kinds):
            noise.append(pair.path)
        else:
            changes.append(change)
    warnings.extend(find_arrivals(changes))
    return SnapshotDiff(
        source=Side(source_label, source.environment, source.revision),
        target=Side(target_label, target.environment, target.revision),
        changes=tuple(sorted(changes, key=lambda change: (not has_logic(change), change.path))),
        digest=diff_digest(change.digest for change in changes),
        noise_only=tuple(sorted(noise)),
        only=tuple(only),
        unread_projects=tuple(sorted(unread)),
        warnings=tuple(sorted(warnings, key=lambda warning: (not warning.is_severe, warning.path))),
    )


def _same_recipes(source: Snapshot, target: Snapshot) -> frozenset[str]:
    """The paths at which both sides have the same recipe to the letter. Most of an environment is that, so it is
    set aside before anything is paired; no pairing would part the two."""
    return frozenset(
        path
        for path, asset in source.assets.items()
        if path.endswith(_RECIPE) and (twin := target.assets.get(path)) is not None and twin.blob == asset.blob
    )


def has_logic(change: AssetChange) -> bool:
    """Whether a change is more than refreshed field lists and looks."""
    if change.kinds != (ChangeKind.CHANGED,) or change.connections or change.note:
        return True
    entries: tuple[StepChange | FieldChange, ...] = (*change.steps, *change.settings, *change.fields)
    return any(entry.change_class is ChangeClass.LOGIC for entry in entries)


def _left_over(
    before: Sequence[Asset], after: Sequence[Asset], pairs: Sequence[AssetPair]
) -> tuple[list[Asset], list[Asset]]:
    taken = {id(asset) for pair in pairs for asset in (pair.before, pair.after)}
    return [asset for asset in before if id(asset) not in taken], [asset for asset in after if id(asset) not in taken]


def _is_unknown(pair: AssetPair, source: Snapshot, target: Snapshot) -> bool:
    """Whether the asset is missing on a side whose project could not be read."""
    if pair.before is None:
        return pair.after is not None and pair.after.project in {failure.project for failure in target.failures}
    return pair.after is None and pair.before.project in {failure.project for failure in source.failures}
