"""snapshot: export environments and store each as one commit.

workato.fetch_workspace -> is it the right one? -> workato.export -> repository.commit -> repository.push
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from exporter.adapters.repository import CommitOutcome, PushOutcome
from exporter.errors import WexportError, WrongWorkspaceError
from exporter.snapshot import Index, Snapshot

Value = TypeVar("Value")


class AccessIdentity(Protocol):
    """What messages and guards need to know of an environment's access."""

    @property
    def environment(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def token_variable(self) -> str: ...


class WorkspaceIdentity(Protocol):
    """Whose token it is."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


class Exporter(Protocol):
    """One environment that can be exported: the Workato adapter."""

    @property
    def access(self) -> AccessIdentity: ...
    def fetch_workspace(self) -> WorkspaceIdentity: ...
    def export(self, archive_dir: Path) -> Snapshot: ...


class SnapshotStore(Protocol):
    """Where snapshots are kept: the repository adapter."""

    def scratch(self) -> AbstractContextManager[Path]: ...
    def read_indexes(self) -> Mapping[str, Index]: ...
    def commit(
        self, snapshot: Snapshot, *, now: datetime, exported_by: str = "", prune: bool = False, discard: bool = False
    ) -> CommitOutcome: ...
    def push(self) -> PushOutcome: ...


@dataclass(frozen=True, slots=True)
class EnvironmentResult:
    """What became of one environment: an outcome, or the error that stopped it."""

    environment: str
    outcome: CommitOutcome | None = None
    error: WexportError | None = None


@dataclass(frozen=True, slots=True)
class SnapshotReport:
    """What became of a run over several environments, in the order they were given.

    `pushed` is None if no push was wanted, or if it failed: then `push_error` says why.
    """

    results: tuple[EnvironmentResult, ...]
    pushed: PushOutcome | None = None
    push_error: WexportError | None = None

    @property
    def errors(self) -> tuple[WexportError, ...]:
        """Everything that went wrong, the push last."""
        every = [*(result.error for result in self.results), self.push_error]
        return tuple(error for error in every if error is not None)

    @property
    def is_complete(self) -> bool:
        """Whether every project of every environment was stored, and pushed if that was wanted."""
        has_failures = any(result.outcome is not None and result.outcome.failures for result in self.results)
        return not self.errors and not has_failures


def take_snapshots(
    workatos: Sequence[Exporter],
    repository: SnapshotStore,
    *,
    now: datetime,
    prune: bool = False,
    discard: bool = False,
    push: bool = False,
    exported_by: str = "",
) -> SnapshotReport:
    """Exports several environments side by side and stores each. One that fails does not stop the others.

    The errors of a result: WrongWorkspaceError if its token leads to another workspace than the stored one, or to one
    that is stored as another environment; WorkatoError and RepositoryError of the adapters.
    """
    workspaces = _side_by_side([workato.fetch_workspace for workato in workatos])
    shared = _shared_workspaces(workatos, workspaces)

    def work_on(number: int) -> Callable[[], CommitOutcome]:
        def work() -> CommitOutcome:
            workspace = workspaces[number]
            if isinstance(workspace, WexportError):
                raise workspace
            if number in shared:
                raise shared[number]
            return _store_export(workatos[number], workspace, repository, now, prune, discard, exported_by)

        return work

    outcomes = _side_by_side([work_on(number) for number in range(len(workatos))])
    results = tuple(
        EnvironmentResult(workato.access.environment, error=outcome)
        if isinstance(outcome, WexportError)
        else EnvironmentResult(workato.access.environment, outcome)
        for workato, outcome in zip(workatos, outcomes, strict=True)
    )
    if not push or all(result.outcome is None for result in results):
        return SnapshotReport(results)
    try:
        return SnapshotReport(results, pushed=repository.push())
    except WexportError as error:
        return SnapshotReport(results, push_error=error)


def _store_export(
    workato: Exporter,
    workspace: WorkspaceIdentity,
    repository: SnapshotStore,
    now: datetime,
    prune: bool,
    discard: bool,
    exported_by: str,
) -> CommitOutcome:
    _refuse_other_workspace(workato.access, workspace, repository, may_replace=prune)
    with repository.scratch() as archives:
        snapshot = workato.export(archives)
        return repository.commit(snapshot, now=now, exported_by=exported_by, prune=prune, discard=discard)


def _refuse_other_workspace(
    access: AccessIdentity, workspace: WorkspaceIdentity, repository: SnapshotStore, *, may_replace: bool
) -> None:
    """A token does not say which environment it is for; the stored snapshots remember. Raises: WrongWorkspaceError."""
    environment = access.environment
    for other, stored in repository.read_indexes().items():
        if stored.workspace_id is None:
            continue
        if other == environment and stored.workspace_id != workspace.id and not may_replace:
            raise WrongWorkspaceError(
                f"The token of environment {environment!r} leads to workspace {workspace.id} ({workspace.name!r}), but"
                f" its snapshots are of workspace {stored.workspace_id} ({stored.workspace_name!r}). Nothing was"
                f" stored. Check {access.token_variable}; if the environment has really moved, run once with --prune."
            )
        if other != environment and (stored.base_url, stored.workspace_id) == (access.base_url, workspace.id):
            raise WrongWorkspaceError(
                f"The token of environment {environment!r} leads to workspace {workspace.id} ({workspace.name!r}),"
                f" which is stored as environment {other!r}. Nothing was stored. Check {access.token_variable}."
            )


def _shared_workspaces(
    workatos: Sequence[Exporter], workspaces: Sequence[WorkspaceIdentity | WexportError]
) -> dict[int, WrongWorkspaceError]:
    """An error for each environment whose token leads to the same workspace as another's; keys are positions.

    Ids of different data centers have nothing to do with each other.
    """
    identities = {
        number: (workato.access.base_url, workspace.id)
        for number, (workato, workspace) in enumerate(zip(workatos, workspaces, strict=True))
        if not isinstance(workspace, WexportError)
    }
    counts = Counter(identities.values())
    errors = {}
    for number, identity in identities.items():
        if counts[identity] > 1:
            sharing = [workatos[other].access for other, found in identities.items() if found == identity]
            names = " and ".join(repr(access.environment) for access in sharing)
            variables = " and ".join(access.token_variable for access in sharing)
            errors[number] = WrongWorkspaceError(
                f"The tokens of environments {names} lead to the same workspace {identity[1]}. Nothing was stored of"
                f" them. Check {variables}: each environment has a token of its own."
            )
    return errors


def _side_by_side(works: Sequence[Callable[[], Value]]) -> list[Value | WexportError]:
    """The results or errors of all works, in their order, each in a thread of its own.

    The threads do not outlive an interrupted program: nothing they do needs to be finished. Any other exception is a
    bug and is raised once all have ended.
    """
    results: dict[int, Value | WexportError] = {}
    bugs: list[BaseException] = []

    def run(number: int, work: Callable[[], Value]) -> None:
        try:
            results[number] = work()
        except WexportError as error:
            results[number] = error
        except BaseException as bug:  # noqa: BLE001 (raised again below, in the caller's thread)
            bugs.append(bug)

    threads = [threading.Thread(target=run, args=(n, work), daemon=True) for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if bugs:
        raise bugs[0]
    return [results[number] for number in range(len(works))]
