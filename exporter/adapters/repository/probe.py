"""What the doctor asks about the snapshot repository. Changes nothing."""

from __future__ import annotations

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
    """One question and its answer. `fix` says what to do when `is_ok` is false."""

    name: str
    is_ok: bool
    detail: str
    fix: str = ""


def probe_repository(access: RepositoryAccess) -> tuple[RepositoryProbe, ...]:
    """Is there a usable git, is the repository fit for snapshots, can its remote be read?"""
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
    if access.remote is None or store is None:
        return tuple(probes)
    try:
        Remote(store, access.remote).ask()
        probes.append(RepositoryProbe("remote", True, f"{without_credentials(access.remote)} can be read"))
    except WexportError as error:
        fix = "Check snapshots.remote, the network, and this user's key or credential helper."
        probes.append(RepositoryProbe("remote", False, str(error), fix))
    finally:
        store.reader.close()
    return tuple(probes)


def _describe(access: RepositoryAccess, store: Store | None) -> str:
    if store is None:
        return f"{access.path} is not there yet; the first snapshot makes it"
    tip = store.tip()
    names = ", ".join(list_environments(store, tip.id)) if tip is not None else ""
    store.reader.close()
    return f"{store.program.folder} holds {names or 'no environment yet'}"
