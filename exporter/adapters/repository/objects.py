"""Reading what a repository holds: objects by one long-lived `git cat-file --batch`, trees by `git ls-tree`."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exporter.adapters.repository.program import GitProgram
from exporter.errors import RepositoryError

_COMMITTED = re.compile(rb"^committer .*> (\d{1,18}) [+-]\d{4}$", re.MULTILINE)
FILE_MODES = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Found:
    """An object: its id, its type ("blob", "tree", "commit") and its bytes."""

    id: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's header lines that wexport needs, and its whole text."""

    id: str
    tree: str
    parents: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> str:
        return self.content.partition(b"\n\n")[2].decode(errors="replace")

    @property
    def committed_at(self) -> datetime | None:
        """In UTC, whole seconds; None for a header that does not say it."""
        found = _COMMITTED.search(self.content.partition(b"\n\n")[0])
        try:
            return datetime.fromtimestamp(int(found[1]), UTC) if found else None
        except (OverflowError, OSError, ValueError):  # a year that no calendar has
            return None


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree. `mode` is Git's six digits; `path` is relative to the listed tree."""

    mode: str
    type: str
    id: str
    path: str


class ObjectReader:
    """Reads objects through one process. Threads take turns."""

    def __init__(self, program: GitProgram):
        self._program = program
        self._lock = threading.Lock()
        self._process: Any = None

    def find(self, name: str) -> Found | None:
        """The object that a name means: an id, `main`, `<commit>:dev/index.json`; None if there is none."""
        if "\n" in name or "\0" in name:
            return None
        with self._lock:
            return self._ask(name)

    def read_blob(self, blob: str) -> bytes:
        """The bytes of a blob. Raises: RepositoryError if the repository lacks it."""
        found = self.find(blob)
        if found is None:
            raise RepositoryError(
                f"The snapshot repository {self._program.folder} lacks the file contents {blob}: it is damaged or"
                " a partial clone. `git fsck` says more; clone it anew from its remote."
            )
        return found.content

    def read_commit(self, name: str) -> Commit | None:
        """The commit that a name means, through tags; None if there is none."""
        found = self.find(f"{name}^{{commit}}")
        if found is None:
            return None
        header = found.content.partition(b"\n\n")[0].decode(errors="replace").splitlines()
        fields = [line.split(" ", 1) for line in header if " " in line]
        tree = next(value for key, value in fields if key == "tree")
        return Commit(found.id, tree, tuple(value for key, value in fields if key == "parent"), found.content)

    def close(self) -> None:
        """Ends the process; the next read starts another."""
        with self._lock:
            self._stop()

    def _ask(self, name: str) -> Found | None:
        try:
            if self._process is None:
                self._process = self._program.start("cat-file", "--batch")
            self._process.stdin.write(name.encode(errors="surrogateescape") + b"\n")
            self._process.stdin.flush()
            header: bytes = self._process.stdout.readline()
            if header.endswith((b" missing\n", b" ambiguous\n")):
                return None
            object_id, object_type, size = header.decode("ascii").split()
            content: bytes = self._process.stdout.read(int(size) + 1)
        except (OSError, ValueError) as exc:
            self._stop()
            raise RepositoryError(
                f"git cat-file ended early in the snapshot repository {self._program.folder}. Run `git fsck` there."
            ) from exc
        if len(content) != int(size) + 1:
            self._stop()
            raise RepositoryError(
                f"git cat-file cut {object_id} short in {self._program.folder}. Run `git fsck` there."
            )
        return Found(object_id, object_type, content[:-1])

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.stdin.close()
            process.proc.wait()
            process.stdout.close()
            process.stderr.close()


def list_tree(program: GitProgram, tree: str, *, is_recursive: bool) -> Iterator[TreeEntry]:
    """The entries of a tree-ish (`<commit>`, `<commit>:dev`), files only if recursive."""
    for record in _tree_records(program, tree, is_recursive=is_recursive):
        head, _, path = record.partition("\t")
        mode, object_type, object_id = head.split(" ")
        yield TreeEntry(mode, object_type, object_id, path)


def list_files(program: GitProgram, tree: str) -> dict[str, str]:
    """Blob ids of all files below a tree-ish, by path. What is no plain file (a link, a submodule) has an id that no
    content has, so that it never passes for an unchanged file."""
    found: dict[str, str] = {}
    for record in _tree_records(program, tree, is_recursive=True):  # 10,000 and more: no entry is made of each
        head, _, path = record.partition("\t")
        mode, _, object_id = head.split(" ")
        found[path] = object_id if mode in FILE_MODES else f"{mode}:{object_id}"
    return found


def _tree_records(program: GitProgram, tree: str, *, is_recursive: bool) -> list[str]:
    depth = ("-r",) if is_recursive else ()
    output = program.run("ls-tree", *depth, "-z", "--full-tree", tree).stdout.decode(errors="surrogateescape")
    return [record for record in output.split("\0") if record]
