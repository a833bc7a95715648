"""Storing one snapshot as one commit, without touching the work tree until the commit is there.

Only contents that the stored snapshot lacks are written: to a staging folder, from where `git hash-object` takes them
while the next ones are being written, and from where they are moved into the work tree afterwards. The tree is built
in an index of its own and the branch moves in one step, so a kill leaves the former commit or the new one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from exporter.adapters.repository.access import CommitOutcome, RepositoryAccess
from exporter.adapters.repository.guard import keep_failed_projects, keep_known_details, named, refuse_shrunken
from exporter.adapters.repository.history import StoredEnvironment, list_environments, read_environment
from exporter.adapters.repository.index_file import IndexFile, render_index_file
from exporter.adapters.repository.message import ChangedPaths, render_message
from exporter.adapters.repository.objects import Commit, list_tree
from exporter.adapters.repository.paths import clash_key, encode_name, encode_paths
from exporter.adapters.repository.repacked import archives_are_equal
from exporter.adapters.repository.store import ATTRIBUTES, README, Store
from exporter.adapters.repository.worktree import NO_ID, FileChange
from exporter.errors import LocalEditsError, RepositoryError
from exporter.snapshot import INDEX_NAME, Asset, Index, Snapshot, asset_of, snapshot_of


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How one snapshot is stored. `now` has a zone. `may_prune` lets assets vanish; `may_discard` overwrites edits."""

    now: datetime
    exported_by: str = ""
    may_prune: bool = False
    may_discard: bool = False


def commit_snapshot(
    store: Store, access: RepositoryAccess, snapshot: Snapshot, options: CommitOptions
) -> CommitOutcome:
    """Stores a snapshot on the branch. The caller holds the repository's lock.

    Raises: ShrunkenExportError, LocalEditsError, RepositoryError; then nothing was stored.
    """
    tip = store.tip()
    stored = read_environment(store, tip.id, snapshot.environment) if tip is not None else None
    if tip is not None and stored is None:
        _refuse_stranger(store, tip, snapshot.environment)
    before = stored.snapshot if stored is not None else snapshot_of(Index(snapshot.environment), ())
    fresh = keep_known_details(before, _keep_equal_archives(before, keep_failed_projects(before, snapshot)))
    if stored is not None and not options.may_prune:
        refuse_shrunken(before, fresh, max_vanished_share=access.max_vanished_share)
    folder = encode_name(snapshot.environment)
    files, sources = _wanted_files(fresh)
    changes = [*_root_changes(store, tip, sources), *_changes(folder, stored, files)]
    restored = _refuse_edits(store, folder, stored, changes, may_discard=options.may_discard)
    paths = _changed_paths(before, fresh)
    if stored is not None and not any(change.path.startswith(f"{folder}/") for change in changes):
        if restored:
            store.tree.apply(restored, store.tree.stage_blob)
        return _outcome(fresh, before.revision or "", is_new=False, paths=paths)
    staged = _stage(store, changes, folder, sources)
    tree = _write_tree(store, tip, changes)
    message = render_message(paths, fresh.index, before=before.index, exported_by=options.exported_by)
    commit = _write_commit(store, access, tree, tip, message, options.now)
    store.move_branch(tip.id if tip is not None else None, commit, message.partition("\n")[0])
    if store.is_checked_out():
        every = [*changes, *restored]
        store.tree.apply(every, lambda change: staged.get(change.path) or store.tree.stage_blob(change))
    else:
        store.settle()
    return _outcome(fresh, commit, is_new=True, paths=paths)


def _outcome(fresh: Snapshot, revision: str, *, is_new: bool, paths: ChangedPaths) -> CommitOutcome:
    return CommitOutcome(
        environment=fresh.environment,
        revision=revision,
        is_new=is_new,
        added=paths.added,
        changed=paths.changed,
        removed=paths.removed,
        failures=fresh.failures,
    )


def _refuse_stranger(store: Store, tip: Commit, environment: str) -> None:
    """A new environment joins others only. A repository of folders that are no environments is somebody's project,
    and two environments may not share a folder where case does not count. Raises: RepositoryError."""
    entries = list(list_tree(store.program, tip.id, is_recursive=False))
    folders = [entry.path for entry in entries if entry.type == "tree" and not entry.path.startswith(".")]
    environments = list_environments(store, tip.id) if folders else []
    if folders and not environments:
        raise RepositoryError(
            f"The branch {store.branch!r} of {store.program.folder} holds something else than snapshots"
            f" ({folders[0]!r}). Set snapshots.path to a repository of their own."
        )
    twins = [name for name in environments if clash_key(encode_name(name)) == clash_key(encode_name(environment))]
    if twins:
        raise RepositoryError(
            f"The environment {environment!r} would share its folder with {twins[0]!r} on file systems without case."
            " Rename one of them."
        )


def _keep_equal_archives(before: Snapshot, fresh: Snapshot) -> Snapshot:
    """The fresh snapshot with the stored bytes of nested archives that were only packed anew."""
    kept: dict[str, Asset] = {}
    for path, asset in fresh.assets.items():
        known = before.assets.get(path)
        if known is None or known.blob == asset.blob or not path.lower().endswith(".zip"):
            continue
        if archives_are_equal(known.content, asset.content):
            kept[path] = known
    if not kept:
        return fresh
    return snapshot_of(fresh.index, {**fresh.assets, **kept}.values(), failures=fresh.failures)


def _wanted_files(fresh: Snapshot) -> tuple[dict[str, str], dict[str, Asset]]:
    """Blob ids of the environment's files by path below its folder, and the asset behind each path."""
    encoded = encode_paths(fresh.assets)
    index = asset_of(INDEX_NAME, render_index_file(IndexFile(fresh.index, encoded.shortened)))
    sources = {file: fresh.assets[path] for path, file in encoded.files.items()} | {INDEX_NAME: index}
    return {file: asset.blob for file, asset in sources.items()}, sources


def _root_changes(store: Store, tip: Commit | None, sources: dict[str, Asset]) -> list[FileChange]:
    """The files at the repository's root that a first commit brings: README.md and .gitattributes.

    Their contents join `sources`. A README.md that lies there already is kept.
    """
    if tip is not None:
        return []
    shipped = store.program.folder / "README.md"
    readme = shipped.read_bytes() if shipped.is_file() and not shipped.is_symlink() else README
    roots = {"/README.md": readme, "/.gitattributes": ATTRIBUTES}
    sources.update({path: asset_of(path, content) for path, content in roots.items()})
    return [FileChange(path[1:], None, sources[path].blob) for path in roots]


def _changes(folder: str, stored: StoredEnvironment | None, files: Mapping[str, str]) -> list[FileChange]:
    before = stored.files if stored is not None else {}
    written = [
        FileChange(f"{folder}/{file}", before.get(file), blob)
        for file, blob in files.items()
        if before.get(file) != blob
    ]
    removed = [FileChange(f"{folder}/{file}", blob, None) for file, blob in before.items() if file not in files]
    return written + removed


def _refuse_edits(
    store: Store, folder: str, stored: StoredEnvironment | None, changes: Iterable[FileChange], *, may_discard: bool
) -> list[FileChange]:
    """Passes if nothing that somebody did in the work tree would be lost; with `may_discard`, what to restore.

    Raises: LocalEditsError naming the files.
    """
    if not store.is_checked_out():
        return []
    known = {f"{folder}/{file}": blob for file, blob in stored.files.items()} if stored is not None else {}
    edits = store.tree.find_edits(known)
    lost = sorted({*edits, *store.tree.find_obstacles(changes)})
    if lost and not may_discard:
        raise LocalEditsError(
            f"Files in {store.program.folder} were edited by hand: {named(lost)}. Nothing was stored."
            " Keep the edits elsewhere, or run again with --discard to overwrite them."
        )
    moved = {change.path for change in changes}
    return [FileChange(path, None, known[path]) for path in edits if path not in moved and ":" not in known[path]]


def _changed_paths(before: Snapshot, fresh: Snapshot) -> ChangedPaths:
    common = sorted(fresh.assets.keys() & before.assets.keys())
    changed = [path for path in common if fresh.assets[path].blob != before.assets[path].blob]
    known = set(changed)
    return ChangedPaths(
        added=tuple(sorted(fresh.assets.keys() - before.assets.keys())),
        changed=tuple(changed),
        removed=tuple(sorted(before.assets.keys() - fresh.assets.keys())),
        details=tuple(
            path for path in common if path not in known and before.index.info(path) != fresh.index.info(path)
        ),
    )


def _stage(store: Store, changes: Iterable[FileChange], folder: str, sources: Mapping[str, Asset]) -> dict[str, Path]:
    """Writes the contents of changed files to the staging folder and into Git's objects; where each one lies."""
    staged: dict[str, Path] = {}
    wanted = [change for change in changes if change.after is not None]
    task = f"store {folder}"
    store.progress.start(task, len(wanted))
    hashing = _Hashing(store)
    try:
        for number, change in enumerate(wanted):
            below = change.path.removeprefix(f"{folder}/")
            asset = sources[below if below != change.path else f"/{change.path}"]
            path = store.staging / str(number)
            path.write_bytes(asset.content)
            hashing.add(path, asset)
            staged[change.path] = path
            store.progress.advance(task)
        hashing.finish()
    finally:
        store.progress.finish(task)
        hashing.abandon()
    return staged


class _Hashing:
    """`git hash-object` at work while files are still being staged."""

    def __init__(self, store: Store):
        self._store = store
        self._assets: list[Asset] = []
        self._ids: list[bytes] = []
        self._process: Any = store.program.start("hash-object", "-w", "--no-filters", "--stdin-paths")
        # The ids are read on the way, or git would wait for somebody to take them.
        self._reading = threading.Thread(target=self._read_ids, daemon=True)
        self._reading.start()

    def add(self, path: Path, asset: Asset) -> None:
        self._assets.append(asset)
        with suppress(BrokenPipeError):  # git has ended early; `finish` says why
            # Relative to the repository, where git runs: its own path could hold a line end.
            self._process.stdin.write(f"{path.relative_to(self._store.program.folder).as_posix()}\n".encode())
            self._process.stdin.flush()

    def finish(self) -> None:
        """Waits for the last id. Raises: RepositoryError if git failed, or if an asset's bytes were not its own."""
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._reading.join()
        reason = self._process.stderr.read().decode(errors="replace").strip()
        if self._process.proc.wait() != 0:
            raise RepositoryError(
                f"Git cannot store files in {self._store.program.folder}: {reason}. Nothing was stored."
            )
        for asset, found in zip(self._assets, self._ids, strict=True):
            if found.decode("ascii") != asset.blob:
                raise RepositoryError(
                    f"The bytes of {asset.path!r} changed while they were stored (expected blob {asset.blob})."
                    " Nothing was stored; run again."
                )

    def abandon(self) -> None:
        """Ends git if it still runs."""
        if self._process.proc.poll() is None:
            self._process.proc.kill()
            self._process.proc.wait()
        self._reading.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):
                pipe.close()

    def _read_ids(self) -> None:
        for line in self._process.stdout:
            self._ids.append(line.strip())


def _write_tree(store: Store, tip: Commit | None, changes: Iterable[FileChange]) -> str:
    env = {"GIT_INDEX_FILE": str(store.staging / "tree")}
    if tip is not None:
        store.program.run("read-tree", tip.id, env=env)
    lines = [
        f"100644 {change.after}\t{change.path}\0" if change.after is not None else f"0 {NO_ID}\t{change.path}\0"
        for change in sorted(changes, key=lambda change: change.after is not None)
    ]
    stdin = "".join(lines).encode(errors="surrogateescape")
    store.program.run("update-index", "--replace", "-z", "--index-info", stdin=stdin, env=env)
    return store.program.run("write-tree", env=env).text


def _write_commit(
    store: Store, access: RepositoryAccess, tree: str, tip: Commit | None, message: str, now: datetime
) -> str:
    stamp = f"@{int(now.timestamp())} +0000"
    env = {
        "GIT_AUTHOR_NAME": access.author_name,
        "GIT_AUTHOR_EMAIL": access.author_email,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_NAME": access.author_name,
        "GIT_COMMITTER_EMAIL": access.author_email,
        "GIT_COMMITTER_DATE": stamp,
    }
    parents = ("-p", tip.id) if tip is not None else ()
    return store.program.run("commit-tree", tree, *parents, "-F", "-", stdin=message.encode(), env=env).text
