"""Which file a reference means, where several assets have files of one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from exporter.diff.meaning import FileTarget, file_name
from exporter.diff.references import Holdings
from exporter.snapshot import HOME, Snapshot


class FileTargets:
    """Says what a `zip_name` means, for the target's side and the source's.

    A file is told by its name, wherever each side keeps it. Where two projects have that name, the project tells
    which one is meant, and where one project has it twice, the folder.
    """

    def __init__(self, target: Snapshot, source: Snapshot):
        self._holdings = Holdings(target), Holdings(source)
        counts = [Counter(_project_and_name(path) for path in side.assets) for side in (target, source)]
        self._twice_in_project = frozenset(key for side in counts for key, count in side.items() if count > 1)
        self._shared = {name for side in counts for name in _repeated(name for _, name in side)}
        self._shared |= {name for _, name in self._twice_in_project}

    def of(self, project_before: str, project_after: str) -> tuple[FileTarget, FileTarget]:
        """For the references in an asset that is in these projects before and after."""
        return (
            lambda zip_name: self._target(project_before, zip_name, is_after=False),
            lambda zip_name: self._target(project_after, zip_name, is_after=True),
        )

    def _target(self, project: str, zip_name: str, *, is_after: bool) -> str:
        name = file_name(zip_name)
        if name not in self._shared:
            return name
        own, other = self._holdings[is_after], self._holdings[not is_after]
        # A package or a single file may lack what it refers to; it lies where the other side has it.
        path = own.find_exactly(project, zip_name) or other.find_exactly(project, zip_name)
        if path is None:
            return zip_name
        key = _project_and_name(path)
        return path if key in self._twice_in_project else "/".join(key)


def _project_and_name(path: str) -> tuple[str, str]:
    return path.partition("/")[0] if "/" in path else HOME, file_name(path)


def _repeated(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}
