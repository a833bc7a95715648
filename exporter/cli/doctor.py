"""`wexport doctor`: is everything there, and what to fix."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from exporter.adapters.gitlab import GitLab
from exporter.adapters.repository import probe_repository
from exporter.adapters.workato import Workato
from exporter.cli.output import wants_color, width_of, write_answer
from exporter.cli.progress import show_progress
from exporter.cli.report import render_diagnosis, render_diagnosis_json
from exporter.cli.wiring import gitlab_access, open_configuration, repository_access, workato_access
from exporter.config.load import Configuration
from exporter.config.tokens import without_tokens
from exporter.errors import EXIT_DONE, EXIT_FAILED
from exporter.operations.doctor import Check, CheckStatus, Diagnosis, Patient, ProbeResult, examine
from exporter.progress import Progress


def run_doctor(config: Path | None, as_json: bool) -> int:
    """0 if all is well, 1 if something must be fixed. Raises: ConfigurationError."""
    configuration = open_configuration(config)
    with show_progress() as progress:
        diagnosis = _diagnose(configuration, progress)
    text = (
        render_diagnosis_json(diagnosis)
        if as_json
        else render_diagnosis(diagnosis, width=width_of(sys.stdout), color=wants_color(sys.stdout))
    )
    write_answer(without_tokens(text, os.environ))
    return EXIT_DONE if diagnosis.is_healthy else EXIT_FAILED


def _diagnose(configuration: Configuration, progress: Progress) -> Diagnosis:
    patients = [
        Patient(
            name,
            partial(_open_workato, configuration, name, progress),
            environment.workspace_id is not None,
        )
        for name, environment in configuration.settings.environments.items()
    ]
    others: dict[str, Callable[[], Sequence[ProbeResult]]] = {
        "snapshots": lambda: probe_repository(repository_access(configuration)),
    }
    if configuration.settings.gitlab is not None:
        others["GitLab"] = lambda: GitLab(gitlab_access(configuration), progress).probe()
    found = examine(patients, others)
    file = Check("configuration", "file", CheckStatus.OK, f"{configuration.file} ({configuration.chosen_by})")
    if configuration.settings.gitlab is not None:
        return Diagnosis((file, *found.checks))
    fix = "Add a 'gitlab' section with url and project to post diffs."
    missing = Check("GitLab", "address", CheckStatus.WARNING, "not configured", fix)
    return Diagnosis((file, *found.checks, missing))


def _open_workato(configuration: Configuration, environment: str, progress: Progress) -> Workato:
    return Workato(workato_access(configuration, environment), progress)
