"""The snapshot repository as the operations see it: commit, read, push."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from exporter.adapters.repository.access import CommitOutcome, PushOutcome, RepositoryAccess
from exporter.adapters.repository.commit import CommitOptions, commit_snapshot
from exporter.adapters.repository.driver import install_driver, remove_driver
from exporter.adapters.repository.history import (
    list_environments,
    missing_environment,
    read_environment,
    read_index_file,
    resolve_revision,
)
from exporter.adapters.repository.lock import hold_scratch
from exporter.adapters.repository.memory import find_once
from exporter.adapters.repository.remote import Remote, fast_forward, push_branch
from exporter.adapters.repository.store import LOCK_SECONDS, Store, find_store, make_store
from exporter.adapters.repository.timeline import StoredCommit, list_commits
from exporter.errors import ConfigurationError, RepositoryError, RevisionNotFoundError
from exporter.progress import Progress, Silent
from exporter.snapshot import Asset, Index, Snapshot


class Repository:
    """Snapshots of all environments, in one Git repository. Safe to use from several threads.

    Nothing is made or read before the first call needs it. `lock_seconds` is how long a commit waits for another
    run to end; `sleep` waits between tries to push.
    Raises, on every call: GitMissingError, RepositoryError.
    """

    def __init__(
        self,
        access: RepositoryAccess,
        progress: Progress | None = None,
        *,
        lock_seconds: float = LOCK_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._access = access
        self._progress = progress if progress is not None else Silent()
        self._lock_seconds = lock_seconds
        self._sleep = sleep
        self._opening = threading.Lock()
        self._store: Store | None = None
        self._is_fetched = False

    @property
    def path(self) -> Path:
        """Where the repository is, as configured."""
        return self._access.path

    @property
    def state_dir(self) -> Path:
        """A folder inside .git for journals of runs: never committed, gone with the repository. Makes both."""
        with self._told():
            return self._make().state_dir

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder on the repository's disk for one run's downloads, removed afterwards, or by a later run
        if this one is killed."""
        with ExitStack() as stack:
            with self._told():
                folder = stack.enter_context(hold_scratch(self._make().state_dir))
            yield folder

    def commit(
        self, snapshot: Snapshot, *, now: datetime, exported_by: str = "", prune: bool = False, discard: bool = False
    ) -> CommitOutcome:
        """Stores a snapshot as one commit, or none if nothing changed. `now` has a zone and dates the commit.

        `prune` lets assets and projects vanish, `discard` overwrites hand edits in the work tree.
        Raises: ShrunkenExportError, LocalEditsError, RepositoryBusyError; nothing is stored then.
        """
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        options = CommitOptions(now, exported_by, may_prune=prune, may_discard=discard)
        with self._told():
            store = self._make()
            with store.locked(self._lock_seconds):
                self._fetch_once(store)
                outcome = commit_snapshot(store, self._access, snapshot, options)
            if outcome.is_new:
                # Loose objects pile up otherwise; git decides whether there are enough, and packs in the background.
                store.program.run("gc", "--auto", "--quiet", check=False)
        return outcome

    def read(self, environment: str, at: str | None = None) -> Snapshot:
        """A stored snapshot: the latest, or that of a commit id, a day (its end, UTC) or an ISO time.

        Bytes are read from Git when an asset's `content` is asked for; the work tree is never looked at.
        Raises: RevisionNotFoundError, which says what there is.
        """
        with self._told():
            store = self._existing()
            commit = resolve_revision(store, environment, at)
            stored = read_environment(store, commit, environment)
            if stored is None:
                raise missing_environment(store, commit, environment)
        return stored.snapshot

    def history(self, environment: str, at: str | None = None) -> tuple[StoredCommit, ...]:
        """The commits that changed an environment, newest first, until `at` (as in `read`).

        Raises: RevisionNotFoundError, which says what there is.
        """
        with self._told():
            store = self._existing()
            commit = resolve_revision(store, environment, at)
            found = list_commits(store, commit, environment)
            if not found:
                raise missing_environment(store, commit, environment)
        return found

    def stored_at(self, revision: str) -> datetime | None:
        """When a commit was made (UTC, whole seconds); None if the repository lacks it."""
        with self._told():
            store = self._find()
            commit = store.reader.read_commit(revision) if store is not None else None
            return commit.committed_at if commit is not None else None

    def install_diff_driver(self, command: str) -> None:
        """Lets git's own diffs here show recipes as `command` writes them: a line for the shell to which git adds a
        file's name. Raises: RevisionNotFoundError if there is no repository yet."""
        with self._told():
            install_driver(self._existing().program, command)

    def remove_diff_driver(self) -> bool:
        """Takes the diff driver away; False if there was none. Raises as `install_diff_driver`."""
        with self._told():
            return remove_driver(self._existing().program)

    def read_indexes(self) -> Mapping[str, Index]:
        """The index of every environment at the branch's tip, by name, sorted: much cheaper than whole snapshots."""
        with self._told():
            store = self._find()
            tip = store.tip() if store is not None else None
            if store is None or tip is None:
                return {}
            files = {name: read_index_file(store, tip.id, name) for name in list_environments(store, tip.id)}
        return {name: file.index for name, file in files.items() if file is not None}

    def find_once(
        self, name: str, version: int, assets: Sequence[Asset], find: Callable[[Asset], tuple[str, ...]]
    ) -> Mapping[str, tuple[str, ...]]:
        """Blob id -> what `find` says of each asset, remembered under `name` between runs.

        `version` counts up whenever `find` answers differently.
        """
        with self._told():
            store = self._find()
            if store is None:
                return {asset.blob: find(asset) for asset in assets}
            return find_once(store.state_dir / f"{name}.memory", version, assets, find)

    def push(self) -> PushOutcome:
        """Brings the branch to the remote; when that has moved, the commits are made again on top of it.

        Raises: ConfigurationError without a remote; PushRejectedError. The local commits stay in any case.
        """
        with self._told():
            store = self._make()
            remote = self._remote(store)
            if remote is None:
                raise ConfigurationError(
                    f"The snapshot repository {self._access.path} has no remote to push to. Set snapshots.remote."
                )
            return push_branch(remote, hold=lambda: store.locked(self._lock_seconds), sleep=self._sleep)

    def close(self) -> None:
        """Ends the background process that reads objects. The repository can be used again afterwards."""
        with self._opening:
            if self._store is not None:
                self._store.reader.close()

    def _existing(self) -> Store:
        store = self._find()
        if store is None:
            raise RevisionNotFoundError(
                f"There is no snapshot repository at {self._access.path} yet."
                f" Take a snapshot with `wexport snapshot`, or correct snapshots.path."
            )
        return store

    def _find(self) -> Store | None:
        with self._opening:
            if self._store is None:
                self._store = find_store(self._access, self._progress)
            return self._store

    def _make(self) -> Store:
        with self._opening:
            if self._store is None:
                self._store = make_store(self._access, self._progress)
            self._store.state_dir.mkdir(exist_ok=True)
            return self._store

    def _fetch_once(self, store: Store) -> None:
        """Starts from what the remote holds, once per run. Without a network the snapshot is stored all the same."""
        remote = self._remote(store)
        if remote is None or self._is_fetched:
            return
        try:
            fast_forward(remote)
        except RepositoryError as exc:
            self._progress.note(f"Going on without the remote: {exc}")
        self._is_fetched = True

    def _remote(self, store: Store) -> Remote | None:
        return Remote(store, self._access.remote) if self._access.remote else None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A disk that fails anywhere below becomes an error that says where."""
        try:
            yield
        except OSError as exc:
            place = f" ({exc.filename})" if exc.filename else ""
            raise RepositoryError(
                f"The snapshot repository {self._access.path} cannot be used: {exc.strerror or exc}{place}."
                " Check the disk's space and the rights of the folder."
            ) from exc
