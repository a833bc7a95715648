"""`wexport log`: the history of an environment or a recipe, newest first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from exporter.adapters.repository import Repository
from exporter.cli.output import tell, wants_color, width_of, write_answer
from exporter.cli.progress import show_progress
from exporter.cli.wiring import checked_environment, make_masker, open_configuration, repository_access
from exporter.diff.history import HistoryEntry
from exporter.diff.masking.diffs import mask_diff
from exporter.diff.masking.masker import Masker
from exporter.errors import EXIT_DONE, UsageError
from exporter.operations.diff import parse_revision
from exporter.operations.history import read_history
from exporter.render.history import (
    render_history,
    render_history_json,
    render_patches,
)


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What was asked for on the command line; a `limit` of 0 is none."""

    environment: str
    recipe: str | None = None
    limit: int = 20
    has_patch: bool = False
    as_json: bool = False


def run_log(options: LogOptions, config: Path | None) -> int:
    """Raises: WexportError."""
    if options.as_json and options.has_patch:
        raise UsageError("--patch is for --format text; `wexport diff --format json` gives one diff to programs.")
    configuration = open_configuration(config)
    revision = parse_revision(options.environment)
    checked_environment(configuration, revision.environment)
    with show_progress() as progress:
        repository = Repository(repository_access(configuration), progress)
        history = read_history(repository, revision, options.recipe, limit=options.limit, progress=progress)
        masker = make_masker(repository)
    write_answer(_text([_masked(entry, masker) for entry in history.entries], options))
    if history.has_more:
        tell(f"There are older snapshots; -n 0 shows all of them, -n {options.limit * 5} some more.")
    return EXIT_DONE


def _masked(entry: HistoryEntry, masker: Masker) -> HistoryEntry:
    return entry if entry.diff is None else replace(entry, diff=mask_diff(entry.diff, masker))


def _text(entries: Sequence[HistoryEntry], options: LogOptions) -> str:
    if options.as_json:
        return render_history_json(entries)
    if options.has_patch:
        return render_patches(entries, width=width_of(sys.stdout), color=wants_color(sys.stdout))
    return render_history(entries)
