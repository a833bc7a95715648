"""What snapshot and doctor answer with."""

from __future__ import annotations

import json

from exporter.adapters.repository import CommitOutcome, PushOutcome
from exporter.cli.report import render_diagnosis, render_diagnosis_json, render_snapshots
from exporter.cli.snapshot import exit_code_of
from exporter.errors import PushRejectedError, ShrunkenExportError, WorkatoAccessError
from exporter.operations.doctor import Check, CheckStatus, Diagnosis
from exporter.operations.snapshot import EnvironmentResult, SnapshotReport
from exporter.snapshot import ProjectFailure

DIAGNOSIS = Diagnosis(
    (
        Check("dev", "token", CheckStatus.OK, "workspace 1"),
        Check("dev", "pin", CheckStatus.WARNING, "not pinned", "Pin it."),
        Check("GitLab", "role", CheckStatus.FAILED, "no \x1b[31mmember", "Give the role."),
    )
)
STORED = CommitOutcome("dev", "3f9a2c1d4e5f6a", True, added=("a", "b"), removed=("c",))
SAME = CommitOutcome("test", "b71c0ffe12aaaa", False)


def report(*results: EnvironmentResult, pushed: PushOutcome | None = None) -> SnapshotReport:
    return SnapshotReport(results, pushed)


def stored(outcome: CommitOutcome) -> EnvironmentResult:
    return EnvironmentResult(outcome.environment, outcome)


def test_doctor_says_in_words_what_is_wrong_and_what_to_fix() -> None:
    assert render_diagnosis(DIAGNOSIS, width=80, color=False).splitlines() == [
        "dev",
        "  ✓ ok       token: workspace 1",
        "  ! look at  pin: not pinned",
        "             what to fix: Pin it.",
        "GitLab",
        "  ✗ failed   role: no \\x1b[31mmember",
        "             what to fix: Give the role.",
        "",
        "1 problem to fix.",
    ]


def test_doctor_sums_up() -> None:
    assert render_diagnosis(Diagnosis(DIAGNOSIS.checks[:1]), width=80, color=False).endswith("\nAll is well.\n")
    assert render_diagnosis(Diagnosis(DIAGNOSIS.checks[:2]), width=80, color=False).endswith(
        "\nAll is well, with 1 thing to look at.\n"
    )


def test_doctor_answers_programs_too() -> None:
    data = json.loads(render_diagnosis_json(DIAGNOSIS))
    assert (data["schema_version"], data["is_healthy"]) == (1, False)
    assert data["checks"][1] == {
        "area": "dev",
        "name": "pin",
        "status": "warning",
        "detail": "not pinned",
        "fix": "Pin it.",
    }


def test_a_snapshot_says_what_was_stored_and_pushed() -> None:
    text = render_snapshots(
        report(stored(STORED), stored(SAME), pushed=PushOutcome("3f9a2c1d4e5f6a", True, 2)), width=100, color=False
    )
    assert text.splitlines() == [
        "dev: 2 files added, 1 removed, stored as 3f9a2c1d4e",
        "test: nothing changed since b71c0ffe12",
        "Pushed 3f9a2c1d4e; 2 commits made again on top of it.",
    ]


def test_a_project_that_failed_is_named() -> None:
    failures = (ProjectFailure("HR\x1b", "timed out"), ProjectFailure("", "no"))
    text = render_snapshots(
        report(stored(CommitOutcome("dev", "3f9a2c1d4e5f", False, failures=failures))), width=100, color=False
    )
    assert text.splitlines()[1:] == [
        "  HR\\x1b could not be exported: timed out",
        "  Home could not be exported: no",
        "  What is stored of it stayed as it was.",
    ]


def test_theexit_code_of_is_the_one_that_all_errors_agree_on() -> None:
    refused = EnvironmentResult("dev", error=ShrunkenExportError("less"))
    failed = EnvironmentResult("test", error=WorkatoAccessError("401"))
    assert exit_code_of(report(stored(STORED))) == 0
    assert exit_code_of(report(stored(STORED), refused)) == 3
    assert exit_code_of(report(refused, failed)) == 1
    assert exit_code_of(SnapshotReport((stored(STORED),), push_error=PushRejectedError("no"))) == 1
    partly = CommitOutcome("dev", "3f9a", True, failures=(ProjectFailure("HR", "x"),))
    assert exit_code_of(report(stored(partly))) == 1
