"""doctor: is everything there that a snapshot, a diff and a post need? Only reads; says what to fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from exporter.errors import WexportError
from exporter.operations.snapshot import WorkspaceIdentity

MAX_WORKERS = 8  # environments asked at the same time


class CheckStatus(StrEnum):
    """How a check came out. A warning does not make the doctor fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `area` is what it belongs to ("configuration", "dev", "GitLab", …); `fix` says
    what to do, "" if nothing."""

    area: str
    name: str
    status: CheckStatus
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, in the order of their areas."""

    checks: tuple[Check, ...]

    @property
    def is_healthy(self) -> bool:
        return all(check.status is not CheckStatus.FAILED for check in self.checks)


class ProbeResult(Protocol):
    """What the adapters' probes answer with. One that is well and has a `fix` all the same is a warning."""

    @property
    def name(self) -> str: ...
    @property
    def is_ok(self) -> bool: ...
    @property
    def detail(self) -> str: ...
    @property
    def fix(self) -> str: ...


class WorkatoEnvironment(Protocol):
    """What the doctor needs of an environment."""

    def fetch_workspace(self) -> WorkspaceIdentity: ...

    def probe(self) -> Sequence[ProbeResult]: ...


@dataclass(frozen=True, slots=True)
class Patient:
    """An environment to look at. `open` raises a WexportError if its token is missing; `is_pinned` says that the
    configuration names its workspace."""

    environment: str
    open: Callable[[], WorkatoEnvironment]
    is_pinned: bool


def examine(environments: Sequence[Patient], others: Mapping[str, Callable[[], Sequence[ProbeResult]]]) -> Diagnosis:
    """Looks at every environment at the same time, then at the other areas one by one.

    `others` maps an area's name to a function that answers with its probes or raises a WexportError.
    """
    with ThreadPoolExecutor(max_workers=MAX_WORKERS) as pool:
        looked = list(pool.map(_examine_environment, environments))
    checks = [check for found in looked for check in found.checks]
    checks += _shared_workspaces(looked)
    for area, look in others.items():
        checks += _guarded(area, look)
    return Diagnosis(tuple(checks))


@dataclass(frozen=True, slots=True)
class _Found:
    environment: str
    workspace_id: int | None
    checks: tuple[Check, ...]


def _examine_environment(patient: Patient) -> _Found:
    area = patient.environment
    try:
        workato = patient.open()
        workspace = workato.fetch_workspace()
    except WexportError as error:
        return _Found(area, None, (Check(area, "token", CheckStatus.FAILED, str(error)),))
    if patient.is_pinned:
        pin = Check(area, "pin", CheckStatus.OK, f"workspace {workspace.id} is the pinned one")
    else:
        detail = "no workspace is pinned, so a swapped token would not be noticed"
        fix = f"If '{workspace.name}' is right, write workspace_id: {workspace.id} under environments.{area}."
        pin = Check(area, "pin", CheckStatus.WARNING, detail, fix)
    return _Found(area, workspace.id, (*_guarded(area, workato.probe), pin))


def _guarded(area: str, look: Callable[[], Sequence[ProbeResult]]) -> tuple[Check, ...]:
    try:
        return tuple(_check(area, probe) for probe in look())
    except WexportError as error:
        return (Check(area, "access", CheckStatus.FAILED, str(error)),)


def _check(area: str, probe: ProbeResult) -> Check:
    status_when_well = CheckStatus.WARNING if probe.fix else CheckStatus.OK
    status = status_when_well if probe.is_ok else CheckStatus.FAILED
    return Check(area, probe.name, status, probe.detail, probe.fix)


def _shared_workspaces(looked: Iterable[_Found]) -> list[Check]:
    """Two environments with one workspace: a token stands in the wrong variable."""
    first: dict[int, str] = {}
    checks = []
    for found in looked:
        if found.workspace_id is None:
            continue
        other = first.setdefault(found.workspace_id, found.environment)
        if other != found.environment:
            detail = f"the token leads to the same workspace ({found.workspace_id}) as that of '{other}'"
            fix = "Make an API client in each environment, and put each token into its own variable."
            checks.append(Check(found.environment, "token", CheckStatus.FAILED, detail, fix))
    return checks
