"""The doctor looks at everything, and one failure hides no other."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.errors import ConfigurationError, WorkatoAccessError
from exporter.operations.doctor import Check, CheckStatus, Patient, examine


@dataclass(frozen=True)
class Workspace:
    id: int
    name: str


@dataclass(frozen=True)
class Finding:
    name: str
    is_ok: bool
    detail: str
    fix: str = ""


class FakeWorkato:
    def __init__(self, workspace_id: int, *probes: Finding) -> None:
        self._workspace = Workspace(workspace_id, f"Acme {workspace_id}")
        self._probes = probes

    def fetch_workspace(self) -> Workspace:
        return self._workspace

    def probe(self) -> tuple[Finding, ...]:
        return self._probes


def patient(name: str, workspace_id: int, *probes: Finding, is_pinned: bool = True) -> Patient:
    return Patient(name, lambda: FakeWorkato(workspace_id, *probes), is_pinned)


def test_a_healthy_set_up_is_healthy() -> None:
    diagnosis = examine([patient("dev", 1, Finding("list projects", True, "permitted"))], {})
    assert diagnosis.is_healthy
    assert diagnosis.checks == (
        Check("dev", "list projects", CheckStatus.OK, "permitted"),
        Check("dev", "pin", CheckStatus.OK, "workspace 1 is the pinned one"),
    )


def test_an_environment_without_a_pin_is_a_warning_with_the_id_to_pin() -> None:
    diagnosis = examine([patient("dev", 4711, is_pinned=False)], {})
    assert diagnosis.is_healthy
    assert diagnosis.checks[0].status is CheckStatus.WARNING
    assert "workspace_id: 4711 under environments.dev" in diagnosis.checks[0].fix


def test_a_missing_token_fails_its_environment_and_no_other() -> None:
    def no_token() -> FakeWorkato:
        raise ConfigurationError("WEXPORT_DEV_TOKEN is not set.")

    diagnosis = examine([Patient("dev", no_token, True), patient("test", 2)], {})
    assert not diagnosis.is_healthy
    assert diagnosis.checks[0] == Check("dev", "token", CheckStatus.FAILED, "WEXPORT_DEV_TOKEN is not set.")
    assert diagnosis.checks[1].status is CheckStatus.OK


def test_a_refused_privilege_fails_with_its_fix() -> None:
    diagnosis = examine([patient("dev", 1, Finding("list recipes", False, "HTTP 403", "Grant it."))], {})
    assert diagnosis.checks[0] == Check("dev", "list recipes", CheckStatus.FAILED, "HTTP 403", "Grant it.")


def test_something_that_works_and_has_a_fix_is_worth_a_look_and_no_failure() -> None:
    diagnosis = examine([], {"GitLab": lambda: [Finding("labels", True, "two are missing", "Make them.")]})
    assert diagnosis.is_healthy
    assert diagnosis.checks == (Check("GitLab", "labels", CheckStatus.WARNING, "two are missing", "Make them."),)


def test_two_environments_with_one_workspace_fail() -> None:
    diagnosis = examine([patient("dev", 7), patient("test", 7), patient("prod", 8)], {})
    failed = [check for check in diagnosis.checks if check.status is CheckStatus.FAILED]
    assert [(check.area, check.name) for check in failed] == [("test", "token")]
    assert "the same workspace (7) as that of 'dev'" in failed[0].detail


def test_an_area_that_raises_is_one_failed_check() -> None:
    def refused() -> tuple[Finding, ...]:
        raise WorkatoAccessError("HTTP 401.")

    diagnosis = examine([], {"GitLab": refused, "snapshots": lambda: [Finding("git", True, "2.39")]})
    assert diagnosis.checks == (
        Check("GitLab", "access", CheckStatus.FAILED, "HTTP 401."),
        Check("snapshots", "git", CheckStatus.OK, "2.39"),
    )
