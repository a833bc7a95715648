"""`wexport diff`: what bringing SOURCE to TARGET would change there, shown, written to a file, or posted."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.adapters.files import STANDARD_INPUT
from exporter.cli.app import DiffFormat
from exporter.cli.input import can_only_be_a_path, open_standard_input
from exporter.cli.output import PIPE_WIDTH, tell, wants_color, width_of, write_answer, write_file
from exporter.cli.progress import show_progress
from exporter.cli.wiring import (
    checked_environment,
    equivalences,
    gitlab_access,
    make_masker,
    open_configuration,
    repository_access,
)
from exporter.config.load import Configuration, find_file, working_directory
from exporter.diff.changes import SnapshotDiff
from exporter.diff.masking.diffs import mask_diff
from exporter.errors import EXIT_DONE, EXIT_NO, ConfigurationError, UsageError
from exporter.operations.diff import Revision, Side, Sources, diff_sides, parse_revision
from exporter.operations.sides import LocalPath, Scope
from exporter.progress import Progress
from exporter.render.printable import printable

if TYPE_CHECKING:  # named in signatures only: two files are compared without Git
    from exporter.adapters.repository import Repository

_STANDARD_INPUT = LocalPath(STANDARD_INPUT)


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """What was asked for on the command line; `post` is the issue as it was typed, "" for none."""

    source: str
    target: str
    output_format: DiffFormat | None = None
    output: Path | None = None
    only: tuple[str, ...] = ()
    project: str = ""
    has_exit_code: bool = False
    is_summary: bool = False
    is_verbose: bool = False
    post: str = ""
    is_dry_run: bool = False


def run_diff(options: DiffOptions, config: Path | None) -> int:
    """0, or 3 if there are differences and --exit-code was given. Raises: WexportError."""
    _check(options)
    setup = _Setup(config)
    source, target = (_side(setup, text) for text in (options.source, options.target))
    _check_post(options, source, target)
    read_at = datetime.now(UTC)
    with show_progress() as progress:
        repository = _repository(setup, (source, target), progress)
        sources = Sources(repository, open_standard_input() if _STANDARD_INPUT in (source, target) else None)
        scope = Scope(options.only, options.project)
        mapping = equivalences(setup.configuration) if repository is not None else None
        diff = diff_sides(sources, source, target, scope=scope, progress=progress, equivalences=mapping)
        diff = mask_diff(diff, make_masker(repository))  # nothing below this line has seen a secret
        text = _post(setup, repository, diff, options, read_at, progress) if options.post else _render(diff, options)
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
    if options.is_summary and not is_text:
        raise UsageError("--summary is for --format text.")
    if options.is_verbose and options.output_format is DiffFormat.JSON:
        raise UsageError("--verbose is for --format text and markdown; JSON always has everything.")
    if options.is_summary and options.is_verbose:
        raise UsageError("--summary is one line a recipe, --verbose everything: give one of them.")


class _Setup:
    """The configuration, opened when it is first needed: two files are compared without any."""

    def __init__(self, config: Path | None) -> None:
        self._config = config

    @property
    def has_configuration(self) -> bool:
        """Whether there is one at all, right or wrong."""
        try:
            find_file(self._config, os.environ, working_directory())
        except ConfigurationError:
            return False
        return True

    @cached_property
    def configuration(self) -> Configuration:
        return open_configuration(self._config)


def _side(setup: _Setup, text: str) -> Side:
    """What a word of the command line means: an environment that is configured, else a path.

    Raises: UsageError if it is neither, ConfigurationError if only a configuration could tell.
    """
    if text == _STANDARD_INPUT.text:
        return _STANDARD_INPUT
    name = text.partition("@")[0].strip()
    is_bare = bool(name) and not can_only_be_a_path(text)
    if is_bare and setup.has_configuration and name in setup.configuration.settings.environments:
        return parse_revision(text)
    if text.strip() and _is_there(text):
        return LocalPath(text)
    if name and not is_bare:
        raise UsageError(f"There is no file or folder '{printable(text)}'.")
    revision = parse_revision(text)
    if not setup.has_configuration:
        raise UsageError(
            f"There is no file or folder '{printable(text)}', and no configuration that could name an environment. "
            "Run `wexport init` to write one, or name one with --config or WEXPORT_CONFIG."
        )
    try:
        checked_environment(setup.configuration, revision.environment)
    except UsageError as exc:
        raise UsageError(f"{exc} There is no file or folder '{printable(text)}' either.") from None
    return revision


def _is_there(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, RuntimeError):  # it may be there and unreadable, which reading says better; no such ~user
        return True


def _check_post(options: DiffOptions, *sides: Side) -> None:
    """Raises: UsageError for a path beside --post."""
    for side in sides:
        if options.post and isinstance(side, LocalPath):
            raise UsageError(
                f"--post compares stored snapshots, which approvals refer to; '{printable(side.text)}' is a path, and "
                "could say something else tomorrow. Bring it into an environment, run `wexport snapshot` and post that."
            )


def _repository(setup: _Setup, sides: tuple[Side, Side], progress: Progress) -> Repository | None:
    if not any(isinstance(side, Revision) for side in sides):
        return None
    from exporter.adapters.repository import Repository

    return Repository(repository_access(setup.configuration), progress)


def _render(diff: SnapshotDiff, options: DiffOptions) -> str:
    if options.output_format is DiffFormat.JSON:
        from exporter.render.json import render_diff_json

        return render_diff_json(diff)
    if options.output_format is DiffFormat.MARKDOWN:
        from exporter.render.markdown import render_markdown

        return render_markdown(diff, verbose=options.is_verbose)
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
    setup: _Setup,
    repository: Repository | None,
    diff: SnapshotDiff,
    options: DiffOptions,
    read_at: datetime,
    progress: Progress,
) -> str:
    """What was posted, in words; in a dry run the comment itself."""
    from exporter.adapters.gitlab import GitLab, parse_issue_ref
    from exporter.operations.post import PostAction, post_diff

    access = gitlab_access(setup.configuration)
    issue = parse_issue_ref(options.post, access.project, access.url)
    gitlab = GitLab(access, progress)
    outcome = post_diff(gitlab, diff, issue, now=read_at, history=repository, dry_run=options.is_dry_run)
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
