"""What doctor and snapshot answer, as text and as JSON. Values -> str; nothing is printed here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.text import Text

from exporter.adapters.repository import CommitOutcome, PushOutcome
from exporter.operations.doctor import Check, CheckStatus, Diagnosis
from exporter.operations.snapshot import SnapshotReport
from exporter.render.json import dump_json
from exporter.render.printable import printable
from exporter.render.tally import count
from exporter.render.terminal import Page

_SIGNS = {
    CheckStatus.OK: ("✓ ok     ", "green"),
    CheckStatus.WARNING: ("! look at", "yellow"),
    CheckStatus.FAILED: ("✗ failed ", "red"),
}


def render_diagnosis(diagnosis: Diagnosis, *, width: int, color: bool) -> str:
    """A line a check, grouped by area, each problem followed by what to fix; the last line sums up."""
    page = Page(width, color)
    for area, checks in groupby(diagnosis.checks, key=lambda check: check.area):
        page.line(Text(printable(area), style="bold"))
        for check in checks:
            _check(page, check)
    page.blank()
    page.line(Text(_verdict(diagnosis.checks), style="bold"))
    return page.text()


def _check(page: Page, check: Check) -> None:
    sign, style = _SIGNS[check.status]
    lead = Text(sign + "  ", style=style)
    page.line(Text(f"{check.name}: {printable(check.detail)}"), lead=lead, indent=2)
    if check.fix:
        page.line(Text(printable(check.fix)), lead=Text("what to fix: ", style="bold"), indent=13)


def _verdict(checks: Sequence[Check]) -> str:
    failed = sum(check.status is CheckStatus.FAILED for check in checks)
    warned = sum(check.status is CheckStatus.WARNING for check in checks)
    if failed:
        return f"{count(failed, 'problem')} to fix."
    return f"All is well, with {count(warned, 'thing')} to look at." if warned else "All is well."


def render_diagnosis_json(diagnosis: Diagnosis) -> str:
    """`{"schema_version": 1, "is_healthy": true, "checks": [{"area", "name", "status", "detail", "fix"}]}`."""
    checks = [
        {
            "area": check.area,
            "name": check.name,
            "status": check.status.value,
            "detail": check.detail,
            "fix": check.fix,
        }
        for check in diagnosis.checks
    ]
    return dump_json({"schema_version": 1, "is_healthy": diagnosis.is_healthy, "checks": checks}, indent=2) + "\n"


def render_snapshots(report: SnapshotReport, *, width: int, color: bool) -> str:
    """A line an environment that was stored, its projects that failed, and what was pushed."""
    page = Page(width, color)
    for result in report.results:
        if result.outcome is not None:
            _outcome(page, result.outcome)
    if report.pushed is not None:
        _pushed(page, report.pushed)
    return page.text()


def _outcome(page: Page, outcome: CommitOutcome) -> None:
    lead = Text(f"{outcome.environment}: ", style="bold")
    if outcome.is_new:
        page.line(Text(f"{_changed_files(outcome)}, stored as {outcome.revision[:10]}"), lead=lead)
    else:
        page.line(Text(f"nothing changed since {outcome.revision[:10]}"), lead=lead)
    for failure in outcome.failures:
        project = Text(f"{printable(failure.project) or 'Home'} could not be exported: ", style="red")
        page.line(Text(printable(failure.reason)), lead=project, indent=2)
    if outcome.failures:
        page.line(Text("What is stored of it stayed as it was."), indent=2)


def _changed_files(outcome: CommitOutcome) -> str:
    """ "3 files added, 1 changed"; details only if a recipe was merely started or saved."""
    parts: list[str] = []
    for word, paths in (("added", outcome.added), ("changed", outcome.changed), ("removed", outcome.removed)):
        if paths:
            parts.append(f"{len(paths)} {word}" if parts else f"{count(len(paths), 'file')} {word}")
    return ", ".join(parts) or "only details (versions, running recipes) changed"


def _pushed(page: Page, pushed: PushOutcome) -> None:
    if not pushed.is_new:
        page.line(Text(f"The remote already had {pushed.revision[:10]}."))
        return
    again = f"; {count(pushed.replayed, 'commit')} made again on top of it" if pushed.replayed else ""
    page.line(Text(f"Pushed {pushed.revision[:10]}{again}."))
