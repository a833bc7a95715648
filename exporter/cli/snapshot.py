"""`wexport snapshot`: export environments and store each as one commit."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from exporter.adapters.repository import Repository
from exporter.adapters.workato import Workato
from exporter.cli.output import tell, wants_color, width_of, write_answer
from exporter.cli.progress import show_progress
from exporter.cli.report import render_snapshots
from exporter.cli.wiring import chosen_environments, open_configuration, repository_access, workato_access
from exporter.errors import EXIT_DONE, EXIT_FAILED, ConfigurationError
from exporter.operations.snapshot import SnapshotReport, take_snapshots


def run_snapshot(
    names: Sequence[str], *, take_all: bool, push: bool, prune: bool, discard: bool, config: Path | None
) -> int:
    """0 if everything asked for was stored (and pushed), otherwise the code of what went wrong.

    Raises: UsageError, ConfigurationError before anything was asked of Workato.
    """
    configuration = open_configuration(config)
    environments = chosen_environments(configuration, names, take_all)
    if push and configuration.settings.snapshots.remote is None:
        raise ConfigurationError(f"--push needs a remote: set snapshots.remote in {configuration.file}.")
    accesses = [workato_access(configuration, environment) for environment in environments]
    with show_progress() as progress:
        repository = Repository(repository_access(configuration), progress)
        journals = repository.state_dir
        workatos = [
            Workato(access, progress, journal=journals / f"manifests-{access.environment}.json") for access in accesses
        ]
        report = take_snapshots(
            workatos,
            repository,
            now=datetime.now(UTC),
            prune=prune,
            discard=discard,
            push=push,
            exported_by=_user(),
        )
    write_answer(render_snapshots(report, width=width_of(sys.stdout), color=wants_color(sys.stdout)))
    for result in report.results:
        if result.error is not None:
            tell(f"error: {result.environment}: {result.error}")
    if report.push_error is not None:
        tell(f"error: {report.push_error}")
    return exit_code_of(report)


def exit_code_of(report: SnapshotReport) -> int:
    """The one code that all errors agree on; 1 if they do not, or if only some projects failed."""
    codes = {error.exit_code for error in report.errors}
    if len(codes) == 1:
        return codes.pop()
    return EXIT_DONE if report.is_complete else EXIT_FAILED


def _user() -> str:
    """Who runs this, for the commit: the user of a GitLab pipeline, else of this machine; "" if nobody knows."""
    in_pipeline = os.environ.get("GITLAB_USER_LOGIN", "")
    if in_pipeline:
        return in_pipeline
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return ""
