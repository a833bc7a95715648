"""What the doctor asks about the snapshot repository. Changes nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass

from exporter.adapters.repository.access import RepositoryAccess
from exporter.adapters.repository.history import list_environments
from exporter.adapters.repository.program import without_credentials
from exporter.adapters.repository.remote import Remote
from exporter.adapters.repository.store import Store, find_store, probe_git
from exporter.errors import WexportError
from exporter.progress import Silent


@dataclass(frozen=True, slots=True)
class RepositoryProbe:
    """One question and its answer. `fix` says what to do when `is_ok` is false, "" if it is true."""

    name: str
    is_ok: bool
    detail: str
    fix: str = ""


def probe_repository(access: RepositoryAccess) -> tuple[RepositoryProbe, ...]:
    """Is there a usable git, is the repository fit for snapshots, may it be written to, can its remote be read?"""
    try:
        version = probe_git(access)
    except WexportError as error:
        return (RepositoryProbe("git", False, str(error), "Install or update git."),)
    probes = [RepositoryProbe("git", True, version)]
    try:
        store = find_store(access, Silent())
        probes.append(RepositoryProbe("repository", True, _describe(access, store)))
    except (WexportError, OSError) as error:
        fix = "Set snapshots.path to a new folder, or to a clone of the snapshot repository."
        return (*probes, RepositoryProbe("repository", False, str(error), fix))
    probes += _probe_rights(access)
    probes.append(_probe_remote(access, store))
    return tuple(probes)


def _probe_rights(access: RepositoryAccess) -> list[RepositoryProbe]:
    """A failure if this user may not write where the snapshots are, or will be; nothing if all is well."""
    folder = access.path.expanduser().absolute()
    while not folder.exists():
        folder = folder.parent
    places = [folder, folder / ".git"] if (folder / ".git").is_dir() else [folder]
    closed = [place for place in places if not os.access(place, os.W_OK | os.X_OK)]
    fix = "Give this user the right to write there, or run wexport as the folder's owner; reading works as it is."
    return [RepositoryProbe("rights", False, f"this user may not write to {place}", fix) for place in closed[:1]]


def _probe_remote(access: RepositoryAccess, store: Store | None) -> RepositoryProbe:
    if access.remote is None:
        return RepositoryProbe("remote", True, "none is set, so `--push` is not possible")
    name = without_credentials(access.remote)
    if store is None:
        return RepositoryProbe("remote", True, f"{name}; not asked before there is a repository")
    try:
        Remote(store, access.remote).ask()
    except WexportError as error:
        fix = "Check snapshots.remote, the network, and this user's key or credential helper."
        return RepositoryProbe("remote", False, str(error), fix)
    finally:
        store.reader.close()
    return RepositoryProbe("remote", True, f"{name} can be read")


def _describe(access: RepositoryAccess, store: Store | None) -> str:
    if store is None:
        return f"{access.path}: no snapshot yet; the first `wexport snapshot` makes it"
    tip = store.tip()
    names = ", ".join(list_environments(store, tip.id)) if tip is not None else ""
    store.reader.close()
    return f"{store.program.folder}: {f'snapshots of {names}' if names else 'no snapshot yet'}"
