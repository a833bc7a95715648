"""Which commit holds an environment at some time, and the snapshot in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from exporter.adapters.repository.index_file import IndexFile, parse_index_file
from exporter.adapters.repository.objects import Commit, ObjectReader, list_files, list_tree
from exporter.adapters.repository.paths import decode_path, encode_name
from exporter.adapters.repository.store import Store
from exporter.errors import RevisionNotFoundError
from exporter.snapshot import INDEX_NAME, Asset, Snapshot, snapshot_of

_COMMIT_NAME = re.compile(r"[0-9a-fA-F]{4,40}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MAX_NAMED = 10


@dataclass(frozen=True, slots=True)
class StoredEnvironment:
    """An environment in one commit: as a snapshot, and its files (path below the environment's folder -> blob)."""

    snapshot: Snapshot
    files: dict[str, str]


def read_environment(store: Store, commit: str, environment: str) -> StoredEnvironment | None:
    """What a commit holds of an environment; None if it holds nothing of it.

    `revision` of the snapshot is the last commit that changed the environment, so it stays while others move.
    Raises: RepositoryError for an index.json that cannot be used.
    """
    folder = encode_name(environment)
    index_file = read_index_file(store, commit, environment)
    if index_file is None:
        return None
    files = list_files(store.program, f"{commit}:{folder}")
    true_paths = {file: path for path, file in index_file.shortened.items()}
    assets = [
        _asset(store.reader, true_paths.get(file) or decode_path(file), blob)
        for file, blob in files.items()
        if file != INDEX_NAME and ":" not in blob
    ]
    revision = store.program.run("rev-list", "-1", "--first-parent", commit, "--", folder).text
    return StoredEnvironment(snapshot_of(index_file.index, assets, revision=revision), files)


def read_index_file(store: Store, commit: str, environment: str) -> IndexFile | None:
    """The index.json of an environment in one commit; None if the commit holds nothing of it.

    Raises: RepositoryError for an index.json that cannot be used.
    """
    folder = encode_name(environment)
    found = store.reader.find(f"{commit}:{folder}/{INDEX_NAME}")
    if found is None:
        return None
    place = f"{folder}/{INDEX_NAME} of commit {commit[:12]} in {store.program.folder}"
    return parse_index_file(found.content, place=place)


def list_environments(store: Store, commit: str) -> list[str]:
    """The names of the environments in a commit, sorted."""
    folders = [entry.path for entry in list_tree(store.program, commit, is_recursive=False) if entry.type == "tree"]
    return sorted(
        decode_path(folder) for folder in folders if store.reader.find(f"{commit}:{folder}/{INDEX_NAME}") is not None
    )


def resolve_revision(store: Store, environment: str, at: str | None) -> str:
    """The commit that `at` means for an environment: the branch's tip for None, a commit id (4 digits or more), a
    day (its end, UTC) or an ISO time (UTC if it names no zone): then the last commit of it until then.

    Raises: RevisionNotFoundError, which says what there is.
    """
    tip = store.tip()
    if tip is None:
        raise RevisionNotFoundError(
            f"There is no snapshot of environment {environment!r} yet: the repository {store.program.folder} is empty."
            f" Take one with `wexport snapshot`."
        )
    if at is None:
        return tip.id
    if _COMMIT_NAME.fullmatch(at):
        return _commit_named(store, at)
    moment = _parse_moment(at)
    if moment is None:
        raise RevisionNotFoundError(
            f"{at!r} is no commit id and no date. Write 4 to 40 hex digits, a day as 2026-11-01, or a time as"
            " 2026-11-01T18:00."
        )
    folder = encode_name(environment)
    seconds = int(moment.timestamp())
    arguments = ("rev-list", "-1", "--first-parent", f"--min-age={seconds}", tip.id, "--", folder)
    found = store.program.run(*arguments).text if seconds >= 0 else ""
    if not found:
        raise RevisionNotFoundError(
            f"There is no snapshot of environment {environment!r} until {at}: {_history_of(store, tip, environment)}"
        )
    return found


def missing_environment(store: Store, commit: str, environment: str) -> RevisionNotFoundError:
    """The error for a commit that does not hold the environment."""
    names = list_environments(store, commit)
    there = ", ".join(repr(name) for name in names[:MAX_NAMED]) or "no environment"
    return RevisionNotFoundError(
        f"There is no snapshot of environment {environment!r} in commit {commit[:12]} of {store.program.folder};"
        f" it holds {there}. Check the name, or take one with `wexport snapshot`."
    )


def _commit_named(store: Store, name: str) -> str:
    found = store.reader.read_commit(name)
    if found is None:
        raise RevisionNotFoundError(
            f"No commit, or more than one, begins with {name!r} in {store.program.folder}. `git log` there lists them;"
            " if the snapshot was made elsewhere, fetch it first."
        )
    return found.id


def _parse_moment(at: str) -> datetime | None:
    try:
        if _DAY.fullmatch(at):
            return datetime.combine(date.fromisoformat(at), time.max, UTC)
        moment = datetime.fromisoformat(at)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _history_of(store: Store, tip: Commit, environment: str) -> str:
    arguments = ("log", "--first-parent", "--format=%H %ct", tip.id, "--", encode_name(environment))
    lines = store.program.run(*arguments).text.splitlines()
    if not lines:
        return "there is none at all. Take one with `wexport snapshot`."
    commit, seconds = lines[-1].split()
    return f"the first is {commit[:12]} of {datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M} UTC."


def _asset(reader: ObjectReader, path: str, blob: str) -> Asset:
    return Asset(path=path, blob=blob, load=lambda: reader.read_blob(blob))


def iter_commits(store: Store, since: str | None, until: str) -> Iterator[Commit]:
    """The commits after `since` (from the first one if None) up to `until`, oldest first, along first parents."""
    span = until if since is None else f"{since}..{until}"
    for name in store.program.run("rev-list", "--first-parent", "--reverse", span).text.split():
        commit = store.reader.read_commit(name)
        if commit is not None:
            yield commit
