"""An opened snapshot repository: made on first use, locked while it is written, whole after every kill."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exporter.adapters.repository.access import RepositoryAccess
from exporter.adapters.repository.lock import hold_lock
from exporter.adapters.repository.objects import Commit, ObjectReader
from exporter.adapters.repository.program import GitProgram, GitResult, require_version
from exporter.adapters.repository.worktree import NO_ID, WorkTree
from exporter.errors import ConfigurationError, RepositoryBusyError, RepositoryError
from exporter.progress import Progress

LOCK_SECONDS = 300.0  # a first snapshot of 10,000 recipes holds the lock for about 20 s
STALE_LOCK_SECONDS = 3.0  # git holds the lock of a branch for milliseconds; one that stays is a killed process's
SHIPPED = frozenset({"README.md"})  # a folder with nothing else becomes a repository
README = b"""# Snapshots
`wexport snapshot` writes this repository: a folder per Workato environment, its files byte for byte as Workato
exported them, one commit per environment and run. Beside them `index.json` keeps what the packages lack.
Do not edit the folders of environments: `wexport` refuses to write over edits.
"""
ATTRIBUTES = b"# Files are kept byte for byte: no conversion of line endings.\n* -text\n"


@dataclass(frozen=True, slots=True)
class Store:
    """The tools that work on one opened repository."""

    program: GitProgram
    reader: ObjectReader
    tree: WorkTree
    state_dir: Path
    branch: str
    progress: Progress

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"

    @property
    def staging(self) -> Path:
        """A folder for files in the making, emptied whenever somebody takes the lock."""
        return self.state_dir / "staging"

    def tip(self) -> Commit | None:
        """The branch's commit; None while nothing was ever stored."""
        return self.reader.read_commit(self.ref)

    def is_checked_out(self) -> bool:
        """Whether the work tree shows the branch. If it shows another, it is not ours to change."""
        return self.program.run("symbolic-ref", "-q", "HEAD", check=False).text == self.ref

    def move_branch(self, before: str | None, after: str, reason: str) -> None:
        """Moves the branch in one step, or not at all; the work tree follows when it is settled.

        Raises: RepositoryBusyError if the branch is not at `before` any more.
        """
        self.tree.announce(before, after)
        result = self._update_ref(before, after, reason)
        if result.status != 0 and "File exists" in result.reason:
            self._remove_stale_locks()
            result = self._update_ref(before, after, reason)
        if result.status != 0:
            raise RepositoryBusyError(
                f"The branch {self.branch!r} of the snapshot repository {self.program.folder} was moved by another"
                f" program or is locked ({result.reason}). Nothing was stored; run again."
            )

    def settle(self) -> None:
        """Brings the work tree to the branch's tip if it lags behind it."""
        if not self.tree.is_settled():
            tip = self.tip()
            self.tree.settle(tip.id if tip else None, is_checked_out=self.is_checked_out())

    @contextmanager
    def locked(self, timeout_seconds: float) -> Iterator[None]:
        """Holds the repository against other runs, here and in other processes; it opens when a holder dies.

        Raises: RepositoryBusyError after `timeout_seconds`.
        """
        with hold_lock(self.state_dir / "lock", timeout_seconds, self.program.folder):
            _empty_folder(self.staging)
            self.settle()
            try:
                yield
            finally:
                shutil.rmtree(self.staging, ignore_errors=True)

    def _update_ref(self, before: str | None, after: str, reason: str) -> GitResult:
        return self.program.run("update-ref", "-m", reason, self.ref, after, before or NO_ID, check=False)

    def _remove_stale_locks(self) -> None:
        """Removes the locks of the branch and of HEAD, which git takes as well, if they stay as they are."""
        locks = [self.program.git_dir / f"{name}.lock" for name in (self.ref, "HEAD")]
        before = {lock: _age_of(lock) for lock in locks}
        time.sleep(STALE_LOCK_SECONDS)
        for lock, age in before.items():
            if age is not None and _age_of(lock) == age:
                lock.unlink(missing_ok=True)


def find_store(access: RepositoryAccess, progress: Progress) -> Store | None:
    """The repository at the configured path; None if there is none yet.

    Raises: RepositoryError if something else is there; GitMissingError.
    """
    folder = _place_of(access)
    return None if _is_unmade(folder / ".git") else _open(folder, access.branch, progress)


def make_store(access: RepositoryAccess, progress: Progress) -> Store:
    """The repository at the configured path, made if there is none yet.

    Raises: ConfigurationError where files cannot have any name; else as `find_store`.
    """
    _refuse_narrow_names()
    folder = _place_of(access)
    if _is_unmade(folder / ".git"):
        _make(folder, access.branch)
    return _open(folder, access.branch, progress)


def _refuse_narrow_names() -> None:
    """Passes if file names can hold every letter. In another character set, stored files would seem to be missing."""
    encoding = sys.getfilesystemencoding()
    if codecs.lookup(encoding).name != "utf-8":
        raise ConfigurationError(
            f"File names are written in {encoding} here, which lacks letters that names in Workato have. Set"
            " PYTHONUTF8=1, or a UTF-8 locale such as LC_ALL=C.UTF-8, and run again."
        )


def _place_of(access: RepositoryAccess) -> Path:
    folder = access.path.expanduser().absolute().resolve()
    if (folder / ".git").is_file():
        raise RepositoryError(
            f"{folder} is a linked work tree or a submodule of another repository. Snapshots need a repository of"
            " their own: set snapshots.path to another folder."
        )
    return folder


def _open(folder: Path, branch: str, progress: Progress) -> Store:
    program = GitProgram(folder)
    _verify(program)
    reader = ObjectReader(program)
    state_dir = program.git_dir / "wexport"
    return Store(program, reader, WorkTree(program, reader, state_dir, progress), state_dir, branch, progress)


def probe_git(access: RepositoryAccess) -> str:
    """The version of git, which is new enough. Raises: GitMissingError."""
    folder = access.path.expanduser().absolute().resolve()
    while not folder.is_dir():
        folder = folder.parent
    return require_version(GitProgram(folder))


def _is_unmade(git_dir: Path) -> bool:
    """No repository, or one whose making was interrupted: `git init` makes objects/info last."""
    return not ((git_dir / "HEAD").is_file() and (git_dir / "objects" / "info").is_dir())


def _make(folder: Path, branch: str) -> None:
    """`git init` with nobody's templates. Making it twice does no harm."""
    strangers = sorted({entry.name for entry in folder.iterdir()} - SHIPPED - {".git"}) if folder.is_dir() else []
    if strangers:
        raise RepositoryError(
            f"{folder} is not a Git repository and not empty ({strangers[0]!r} is in it). Set snapshots.path to a new"
            " or empty folder, or to a clone of the snapshot repository."
        )
    state_dir = folder / ".git" / "wexport"
    state_dir.mkdir(parents=True, exist_ok=True)
    program = GitProgram(folder)
    require_version(program)
    with hold_lock(state_dir / "lock", LOCK_SECONDS, folder):
        if not _is_unmade(program.git_dir):
            return
        for leftover in ("config.lock", "HEAD.lock"):
            (folder / ".git" / leftover).unlink(missing_ok=True)
        program.run("init", "-q", "--template=", "--object-format=sha1", "-b", branch)
        if "GIT_WORK_TREE" in os.environ:  # git init has then noted the place, which would forbid to move the folder
            program.run("config", "--unset-all", "core.worktree", check=False)


def _verify(program: GitProgram) -> None:
    """Raises if this is not a plain repository at just this place."""
    require_version(program)
    result = program.run("rev-parse", "--absolute-git-dir", "--is-bare-repository", "--show-object-format")
    found, is_bare, object_format = result.text.rsplit("\n", 2)
    if is_bare == "true" or Path(found).resolve() != program.git_dir.resolve() or object_format != "sha1":
        raise RepositoryError(
            f"{program.folder} is a bare or SHA-256 repository, or part of another. Snapshots need a plain clone."
        )


def _age_of(lock: Path) -> tuple[int, int] | None:
    """What tells one lock file from the next one of the same name; None if there is none."""
    try:
        found = lock.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _empty_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
