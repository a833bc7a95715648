"""Locks between runs, and folders that only their run needs. The operating system opens a lock when its holder dies.

filelock takes half as long to import as git, and reading needs none, so it is imported where it is used.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.errors import RepositoryBusyError


@contextmanager
def hold_lock(lock: Path, timeout_seconds: float, folder: Path) -> Iterator[None]:
    """Holds a lock file against other processes and threads.

    Raises: RepositoryBusyError after `timeout_seconds`; `folder` is named in the message.
    """
    from filelock import FileLock, Timeout

    try:
        with FileLock(lock, timeout=timeout_seconds):
            yield
    except Timeout as exc:
        raise RepositoryBusyError(
            f"Another run of wexport has held the snapshot repository {folder} for {timeout_seconds:.0f} s."
            " Wait for it to end, or look why it hangs; the lock opens by itself when that process ends."
        ) from exc


@contextmanager
def hold_scratch(state_dir: Path) -> Iterator[Path]:
    """A folder for one run's downloads, removed afterwards; those of killed runs are removed on the way."""
    from filelock import FileLock

    home = state_dir / "scratch"
    home.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(home)
    name = uuid.uuid4().hex
    folder = home / name
    with FileLock(home / f"{name}.lock"):
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    (home / f"{name}.lock").unlink(missing_ok=True)


def _remove_abandoned(home: Path) -> None:
    from filelock import FileLock, Timeout

    for folder in home.iterdir():
        if folder.suffix == ".lock":
            continue
        lock = folder.with_name(f"{folder.name}.lock")
        try:
            with FileLock(lock, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except Timeout:  # its run is alive
            continue
        lock.unlink(missing_ok=True)
