"""`wexport diff`: what promoting SOURCE would change in TARGET, shown, written to a file, or posted."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from exporter.adapters.repository import Repository
from exporter.cli.app import DiffFormat
from exporter.cli.output import PIPE_WIDTH, tell, wants_color, width_of, write_answer, write_file
from exporter.cli.progress import show_progress
from exporter.cli.wiring import checked_environment, gitlab_access, open_configuration, repository_access
from exporter.config.load import Configuration
from exporter.diff.changes import SnapshotDiff
from exporter.errors import EXIT_DONE, EXIT_NO, UsageError
from exporter.operations.diff import Revision, diff_revisions, parse_revision
from exporter.progress import Progress


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """What was asked for on the command line; `post` is the issue as it was typed, "" for none."""

    source: str
    target: str
    output_format: DiffFormat | None = None
    output: Path | None = None
    only: tuple[str, ...] = ()
    has_exit_code: bool = False
    is_summary: bool = False
    is_verbose: bool = False
    post: str = ""
    is_dry_run: bool = False


def run_diff(options: DiffOptions, config: Path | None) -> int:
    """0, or 3 if there are differences and --exit-code was given. Raises: WexportError."""
    _check(options)
    configuration = open_configuration(config)
    source, target = (_revision(configuration, text) for text in (options.source, options.target))
    read_at = datetime.now(UTC)
    with show_progress() as progress:
        repository = Repository(repository_access(configuration), progress)
        diff = diff_revisions(repository, source, target, only=options.only)
        text = _post(configuration, diff, options, read_at, progress) if options.post else _render(diff, options)
    if options.output is None:
        write_answer(text)
    else:
        write_file(options.output, text)
        tell(f"Wrote {options.output}.")
    return EXIT_NO if options.has_exit_code and not diff.is_empty else EXIT_DONE


def _check(options: DiffOptions) -> None:
    """Options that mean nothing together are an error rather than ignored. Raises: UsageError."""
    is_text = options.output_format in (None, DiffFormat.TEXT)
    if options.is_dry_run and not options.post:
        raise UsageError("--dry-run belongs to --post ISSUE: it prints the comment instead of posting it.")
    if options.post and (options.output_format or options.is_summary or options.is_verbose):
        raise UsageError("--post writes the whole diff as a comment; --format, --summary and --verbose do not apply.")
    if options.post and options.output and not options.is_dry_run:
        raise UsageError("--post writes to GitLab; --output needs --dry-run beside it.")
    if (options.is_summary or options.is_verbose) and not is_text:
        raise UsageError("--summary and --verbose are for --format text.")


def _revision(configuration: Configuration, text: str) -> Revision:
    revision = parse_revision(text)
    checked_environment(configuration, revision.environment)
    return revision


def _render(diff: SnapshotDiff, options: DiffOptions) -> str:
    if options.output_format is DiffFormat.JSON:
        from exporter.render.json import render_diff_json

        return render_diff_json(diff)
    if options.output_format is DiffFormat.MARKDOWN:
        from exporter.render.markdown import render_markdown

        return render_markdown(diff)
    from exporter.render.terminal import render_diff

    is_file = options.output is not None
    return render_diff(
        diff,
        width=PIPE_WIDTH if is_file else width_of(sys.stdout),
        color=not is_file and wants_color(sys.stdout),
        verbose=options.is_verbose,
        summary=options.is_summary,
    )


def _post(
    configuration: Configuration, diff: SnapshotDiff, options: DiffOptions, read_at: datetime, progress: Progress
) -> str:
    """What was posted, in words; in a dry run the comment itself."""
    from exporter.adapters.gitlab import GitLab, parse_issue_ref
    from exporter.operations.post import PostAction, post_diff

    access = gitlab_access(configuration)
    issue = parse_issue_ref(options.post, access.project, access.url)
    outcome = post_diff(GitLab(access, progress), diff, issue, now=read_at, dry_run=options.is_dry_run)
    if outcome.action is PostAction.DRY_RUN:
        return outcome.body if outcome.body.endswith("\n") else f"{outcome.body}\n"
    words = {
        PostAction.CREATED: "Posted the comment",
        PostAction.UPDATED: "Brought the comment up to date",
        PostAction.UNCHANGED: "The comment is up to date; nothing was sent",
    }
    lines = [f"{words[outcome.action]}: {outcome.url}"]
    if outcome.follow_up_url:
        lines.append(f"Told the change in a new note: {outcome.follow_up_url}")
    if outcome.attachment:
        lines.append(f"Attached the whole diff as {outcome.attachment}.")
    return "\n".join(lines) + "\n"
