"""The files that people see in the snapshot repository: kept at the branch's tip, never over somebody's edits.

Commits are made without the work tree (commit.py); this brings it along. A journal says from which commit to which,
so that a run that was killed half-way is finished by the next one. A list of the files as last written (size, times,
inode, blob) tells edited files from untouched ones without reading them, as Git's own index does; Git's index is
the user's and may hold staged work, so only the entries of changed files are replaced there.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.adapters.repository.objects import ObjectReader
from exporter.adapters.repository.program import GitProgram
from exporter.errors import RepositoryError
from exporter.progress import Progress
from exporter.snapshot import blob_id

NO_ID = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # Git knows it without storing it
INDEX_LOCK_MARK = b"wexport\n"  # tells our own index.lock, left by a kill, from another program's


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file from one blob to another; None where it is absent. Paths are relative to the repository."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The work tree may be anywhere between these two commits; `before` is None for no commit at all."""

    before: str | None
    after: str


class WorkTree:
    """The work tree of an opened repository. Every method expects that the caller holds the repository's lock."""

    def __init__(self, program: GitProgram, reader: ObjectReader, state_dir: Path, progress: Progress):
        self._program = program
        self._reader = reader
        self._root = str(program.folder)
        self._journal_file = state_dir / "unfinished.json"
        self._seen_file = state_dir / "seen.json"
        self._progress = progress
        self._staging = state_dir / "staging"
        self._has_backlog = False  # whether the journal reaches further back than the change at hand

    def announce(self, before: str | None, after: str) -> None:
        """Notes, before the branch moves, that the work tree will have to follow."""
        pending = self._read_journal()
        self._has_backlog = pending is not None
        start = pending.before if pending is not None else before
        _write_atomically(self._journal_file, json.dumps({"before": start, "after": after}).encode())

    def is_settled(self) -> bool:
        """Whether no update is unfinished."""
        return not self._journal_file.exists()

    def settle(self, tip: str | None, *, is_checked_out: bool) -> None:
        """Finishes what a run left unfinished, or what a moved branch brought: up to `tip`. Edited files stay."""
        pending = self._read_journal()
        if pending is None:
            return
        if tip is not None and is_checked_out and pending.before != tip:
            self._follow(self._changes_between(pending.before, tip))
        else:
            self._journal_file.unlink(missing_ok=True)

    def apply(self, changes: Iterable[FileChange], stage: Callable[[FileChange], Path]) -> None:
        """Brings these files to their `after` without looking what they are now, then ends the journal (unless it
        holds more than these changes: then `settle` ends it).

        `stage` gives a file with the wanted bytes, which is moved into place.
        Raises: RepositoryError if a file cannot be written; the next run tries again.
        """
        every = list(changes)
        self._write_files(every, stage)
        if self._update_index(every) and not self._has_backlog:
            self._journal_file.unlink(missing_ok=True)

    def find_edits(self, stored: Mapping[str, str]) -> list[str]:
        """Which of these files (path -> blob of the tip) are not on disk as they were written."""
        seen = self._read_seen()
        has_learnt = False
        edits = []
        linked = self._links_above(stored)
        for path, blob in stored.items():
            status = self._status(path)
            if status is None or path.rpartition("/")[0] in linked:
                edits.append(path)
            elif seen.get(path) == [*status, blob]:
                continue
            elif self._blob_on_disk(path) != blob:
                edits.append(path)
            else:
                seen[path] = [*status, blob]
                has_learnt = True
        if has_learnt:
            self._write_seen(seen)
        return edits

    def find_obstacles(self, changes: Iterable[FileChange]) -> list[str]:
        """Which files would be made where somebody else has put something that is in the way."""
        every = list(changes)
        leaving = {change.path for change in every if change.after is None}
        return [change.path for change in every if change.before is None and self._is_obstructed(change, leaving)]

    def stage_blob(self, change: FileChange) -> Path:
        """A staged file with the bytes of the change's `after`, from the repository."""
        staged = self._staging / "blob"
        staged.parent.mkdir(parents=True, exist_ok=True)
        staged.write_bytes(self._reader.read_blob(change.after or ""))
        return staged

    def _follow(self, changes: list[FileChange]) -> None:
        """Applies changes of which some files may be there already and some may be somebody's edits."""
        linked = self._links_above(change.path for change in changes)
        states = {
            change.path: "" if change.path.rpartition("/")[0] in linked else self._blob_on_disk(change.path)
            for change in changes
        }
        edited = [c.path for c in changes if c.before and states[c.path] not in (None, c.before, c.after)]
        leaving = {change.path for change in changes if change.after is None} - set(edited)
        edited += [c.path for c in changes if c.before is None and self._is_obstructed(c, leaving)]
        if edited:
            self._progress.note(
                f"{len(edited)} files in {self._root} were edited by hand and stay as they are, {edited[0]!r} first."
            )
        skipped = set(edited)
        own = [change for change in changes if change.path not in skipped]
        # A file that is gone already may have left an empty folder, so removals are all done again.
        behind = [change for change in own if change.after is None or states[change.path] != change.after]
        self._write_files(behind, self.stage_blob)
        if self._update_index(own):
            self._journal_file.unlink(missing_ok=True)

    def _write_files(self, changes: list[FileChange], stage: Callable[[FileChange], Path]) -> None:
        """Removals first, since a file may make way for a folder of its name. Links in the way are edits that were
        discarded: they are cut, not followed."""
        seen = self._read_seen()
        for link in set(self._links_above(change.path for change in changes).values()):
            link.unlink(missing_ok=True)
        for change in sorted(changes, key=lambda change: (change.after is not None, change.path)):
            try:
                if change.after is None:
                    self._remove(change.path)
                    seen.pop(change.path, None)
                else:
                    seen[change.path] = [*self._place(change.path, stage(change)), change.after]
            except OSError as exc:
                raise RepositoryError(
                    f"The snapshot is stored, but the file {change.path!r} in {self._root} cannot be brought up to"
                    f" date: {exc.strerror}. Free disk space, permissions, or whatever stands in its place;"
                    " the next run finishes."
                ) from exc
        if changes:
            self._write_seen(seen)

    def _place(self, path: str, staged: Path) -> list[int]:
        target = f"{self._root}/{path}"
        try:
            os.replace(staged, target)  # noqa: PTH105 (10,000 files: plain strings halve the time)
        except IsADirectoryError:
            _remove_empty_folders(Path(target))
            os.replace(staged, target)  # noqa: PTH105
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            os.replace(staged, target)  # noqa: PTH105
        return list(_status_of(os.lstat(target)))

    def _remove(self, path: str) -> None:
        target = Path(self._root, path)
        try:
            target.unlink(missing_ok=True)
        except (IsADirectoryError, NotADirectoryError, PermissionError):
            if target.is_file() or target.is_symlink():
                raise
        for folder in target.parents:
            if str(folder) == self._root:
                break
            try:
                folder.rmdir()
            except OSError:  # somebody's files are in it, or it is gone already
                if folder.exists():
                    break

    def _changes_between(self, before: str | None, after: str) -> list[FileChange]:
        start = before if before is not None else EMPTY_TREE
        output = self._program.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", start, after)
        records = output.stdout.decode(errors="surrogateescape").split("\0")
        changes = []
        for head, path in zip(records[::2], records[1::2], strict=False):
            before_mode, after_mode, before_id, after_id, _ = head[1:].split(" ")
            changes.append(FileChange(path, _blob_or_none(before_mode, before_id), _blob_or_none(after_mode, after_id)))
        return changes

    def _links_above(self, paths: Iterable[str]) -> dict[str, Path]:
        """Folders of these paths that are reached through a link, and that link: what is behind it is not ours."""
        linked: dict[str, Path] = {}
        for folder in sorted({path.rpartition("/")[0] for path in paths}):
            parts = folder.split("/")
            above = [Path(self._root, *parts[: depth + 1]) for depth in range(len(parts))]
            link = next((place for place in above if place.is_symlink()), None)
            if link is not None:
                linked[folder] = link
        return linked

    def _is_obstructed(self, change: FileChange, leaving: set[str]) -> bool:
        """Whether something else than files that leave anyway is in the place of a new file, or of its folders."""
        place = Path(self._root, change.path)
        parents = change.path.split("/")[:-1]
        for depth in range(len(parents)):
            above = "/".join(parents[: depth + 1])
            found = Path(self._root, above)
            if found.is_symlink() or (found.exists() and not found.is_dir()):
                return above not in leaving
        if place.is_dir() and not place.is_symlink():
            below = [found for found in place.rglob("*") if found.is_symlink() or not found.is_dir()]
            return any(found.relative_to(self._root).as_posix() not in leaving for found in below)
        return os.path.lexists(place) and self._blob_on_disk(change.path) != change.after

    def _status(self, path: str) -> tuple[int, ...] | None:
        """Size, times and inode of a plain file; None if there is none."""
        try:
            found = os.lstat(f"{self._root}/{path}")
        except (OSError, ValueError):
            return None
        return _status_of(found) if stat.S_ISREG(found.st_mode) else None

    def _blob_on_disk(self, path: str) -> str | None:
        """The id of the file's bytes; None if nothing is there, "" for a folder, a link or what cannot be read."""
        place = Path(self._root, path)
        if not os.path.lexists(place):
            return None
        try:
            return blob_id(place.read_bytes()) if place.is_file() and not place.is_symlink() else ""
        except OSError:
            return ""

    def _update_index(self, changes: Iterable[FileChange]) -> bool:
        """Replaces the entries of these files in Git's index; False if another program holds it."""
        lines = [
            f"100644 {change.after}\t{change.path}" if change.after is not None else f"0 {NO_ID}\t{change.path}"
            for change in changes
        ]
        if not lines:
            return True
        index = self._program.git_dir / "index"
        lock = self._program.git_dir / "index.lock"
        if not self._take_index_lock(lock):
            self._progress.note(
                f"The files in {self._root} are up to date, but Git's index is not: {lock} exists."
                " If no other git command runs there, delete that file; the next run finishes."
            )
            return False
        try:
            private = self._staging / "index"
            private.unlink(missing_ok=True)
            if index.exists():
                private.write_bytes(index.read_bytes())
            stdin = "\0".join([*lines, ""]).encode(errors="surrogateescape")
            env = {"GIT_INDEX_FILE": str(private)}
            self._program.run("update-index", "--replace", "-z", "--index-info", stdin=stdin, env=env)
            private.replace(index)
        finally:
            lock.unlink(missing_ok=True)
        return True

    def _take_index_lock(self, lock: Path) -> bool:
        """Makes `lock` with our mark in one step, as Git makes it empty: whoever comes second fails."""
        self._staging.mkdir(parents=True, exist_ok=True)
        own = self._staging / "lock"
        own.write_bytes(INDEX_LOCK_MARK)
        for _ in range(2):
            try:
                lock.hardlink_to(own)
            except FileExistsError:
                if lock.is_file() and lock.read_bytes() == INDEX_LOCK_MARK:
                    lock.unlink(missing_ok=True)
                    continue
                return False
            return True
        return False

    def _read_journal(self) -> Unfinished | None:
        try:
            value = json.loads(self._journal_file.read_bytes())
            return Unfinished(value["before"], value["after"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise RepositoryError(
                f"The journal {self._journal_file} cannot be read. Delete it, and bring the work tree up to date with"
                f" `git -C {self._root} reset --hard` if you have no edits there."
            ) from exc

    def _read_seen(self) -> dict[str, list[int | str]]:
        try:
            value = json.loads(self._seen_file.read_bytes())
        except (OSError, ValueError):  # nothing is lost: files that are not in it are read once more
            return {}
        return value if isinstance(value, dict) else {}

    def _write_seen(self, seen: Mapping[str, list[int | str]]) -> None:
        _write_atomically(self._seen_file, json.dumps(seen, separators=(",", ":")).encode())


def _write_atomically(file: Path, content: bytes) -> None:
    """Writes a file that is either its former self or complete, whenever the program is killed."""
    partial = file.with_name(f"{file.name}.partial")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)


def _remove_empty_folders(top: Path) -> None:
    """Removes a folder with nothing but folders in it. Raises: OSError if there is more."""
    for folder in sorted((found for found in top.rglob("*") if found.is_dir()), reverse=True):
        folder.rmdir()
    top.rmdir()


def _status_of(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _blob_or_none(mode: str, object_id: str) -> str | None:
    """A file's blob; None for what is absent or no plain file."""
    return object_id if mode in ("100644", "100755") else None
