"""The two environments and the diff between them, as the warnings ask about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from exporter.diff.changes import AssetChange, SnapshotDiff
from exporter.diff.equivalence import NO_EQUIVALENCE, Equivalence
from exporter.diff.references import Holdings, Reference
from exporter.snapshot import Snapshot


class Fate(Enum):
    """What the target has of a reference's asset once the diff is promoted."""

    THERE = "there, or nobody can tell"
    LEFT_BEHIND = "the source has it, the target lacks it, and it is no part of the diff"
    REMOVED = "the diff removes it"
    NOWHERE = "neither side has it"


@dataclass(frozen=True, slots=True)
class Finding:
    """The fate of a reference's asset, and the asset's path on the side that has it."""

    fate: Fate
    path: str | None


class Scene:
    """Answers from the diff and both snapshots. `is_source_whole` and `is_target_whole`: the side is an environment
    and not a file of which nobody knows what lies around it."""

    def __init__(
        self,
        diff: SnapshotDiff,
        source: Snapshot,
        target: Snapshot,
        *,
        is_source_whole: bool = True,
        is_target_whole: bool = True,
        equivalence: Equivalence = NO_EQUIVALENCE,
    ):
        self.diff = diff
        self.source, self.target = source, target
        self.is_source_whole, self.is_target_whole = is_source_whole, is_target_whole
        self.equivalence = equivalence
        self.in_source, self.in_target = Holdings(source), Holdings(target)
        self.arriving = {change.path_after: change for change in diff.changes if change.path_after is not None}
        self._leaving = {
            change.path_before for change in diff.changes if change.path_before is not None and not change.path_after
        }

    def change_of(self, path: str | None) -> AssetChange | None:
        """What the diff does to the asset that the source has at this path."""
        return self.arriving.get(path) if path is not None else None

    def find(self, project: str, reference: Reference) -> Finding:
        """What becomes of the asset that an asset of `project` refers to."""
        if not self.is_target_whole:
            return Finding(Fate.THERE, None)
        here = self.in_source.find(project, reference.zip_name)
        there = self.in_target.find(project, reference.zip_name)
        if here is not None and here in self.arriving:
            return Finding(Fate.THERE, here)
        if here is not None and there != here and there in self.source.assets:
            there = None  # another asset of that file name, which both sides have
        if there is not None:
            return Finding(Fate.REMOVED if there in self._leaving and here is None else Fate.THERE, there)
        if here is not None:
            is_known = self.in_target.was_read(self.source.assets[here].project)
            return Finding(Fate.LEFT_BEHIND if is_known else Fate.THERE, here)
        is_known = self.in_target.can_tell(project, reference.zip_name) and (
            self.in_source.can_tell(project, reference.zip_name) or not self.is_source_whole
        )
        return Finding(Fate.NOWHERE if is_known else Fate.THERE, None)
