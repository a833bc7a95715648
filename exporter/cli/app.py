"""The commands, their options and their help. Each body imports what it runs, so that --help starts at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from exporter import __version__
from exporter.cli.completion import complete_environment, complete_side

app = typer.Typer(
    name="wexport",
    help="Review, approve and promote Workato recipes: snapshots in Git, step-by-step diffs, GitLab change issues.",
    epilog="New here? `wexport demo` shows the whole job in seconds, with nothing to set up.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config_app, name="config")
git_app = typer.Typer(help="Let git's own diffs show recipes.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(git_app, name="git")


class TextFormat(StrEnum):
    """How doctor and config show answer."""

    TEXT = "text"
    JSON = "json"


class DiffFormat(StrEnum):
    """How a diff is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration. Default: $WEXPORT_CONFIG, else wexport.yaml in this folder or above.",
    ),
]
FormatOption = Annotated[TextFormat, typer.Option("--format", help="For people, or for programs.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wexport {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    config: ConfigOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    context.obj = config


def _chosen(context: typer.Context, config: Path | None) -> Path | None:
    """--config may stand before the command or after it."""
    before_command: Path | None = context.obj
    return config or before_command


@app.command(
    epilog="\b\nExample:\n  wexport init --data-center eu --gitlab-project enterprise-apps/integrations/platypus"
)
def init(
    context: typer.Context,
    environment: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An environment; repeatable. Default: dev, test, prod.")
    ] = None,
    data_center: Annotated[str, typer.Option(metavar="NAME|URL", help="Workato data center, or its base URL.")] = "us",
    gitlab_url: Annotated[str, typer.Option(metavar="URL", help="The GitLab server.")] = "https://gitlab.com",
    gitlab_project: Annotated[str, typer.Option(metavar="PATH", help="The project of the change issues.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    config: ConfigOption = None,
) -> None:
    """Write a commented wexport.yaml into this folder."""
    from exporter.cli.init import run_init

    chosen = _chosen(context, config)
    raise typer.Exit(run_init(environment or (), data_center, gitlab_url, gitlab_project, force, chosen))


@app.command(epilog="\b\nExample:\n  wexport doctor")
def doctor(context: typer.Context, output_format: FormatOption = TextFormat.TEXT, config: ConfigOption = None) -> None:
    """Check the set-up and say what to fix.

    Looks at the configuration, the tokens and their privileges, git, the snapshot repository and GitLab.
    """
    from exporter.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(_chosen(context, config), output_format is TextFormat.JSON))


@app.command(epilog="\b\nExample:\n  wexport snapshot dev\n  wexport snapshot --all --push")
def snapshot(
    context: typer.Context,
    environments: Annotated[
        list[str] | None, typer.Argument(metavar="ENV...", help="What to export.", autocompletion=complete_environment)
    ] = None,
    take_all: Annotated[bool, typer.Option("--all", help="Export every environment.")] = False,
    push: Annotated[bool, typer.Option("--push", help="Push to the configured remote afterwards.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Store it even if much has vanished, or a project, or the workspace.")
    ] = False,
    discard: Annotated[
        bool, typer.Option("--discard", help="Overwrite hand edits in the snapshot repository.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Export environments into Git.

    Stores what changed, one commit an environment; nothing changed makes no commit.
    """
    from exporter.cli.snapshot import run_snapshot

    code = run_snapshot(
        environments or (),
        take_all=take_all,
        push=push,
        prune=prune,
        discard=discard,
        config=_chosen(context, config),
    )
    raise typer.Exit(code)


_DIFF_EXAMPLES = """\b
Example:
  wexport diff dev test
  wexport diff dev prod@2026-11-01 --only "Order to Cash*"
  wexport diff package.zip test
  wexport diff after.recipe.json before.recipe.json
  wexport diff dev test --format json --output diff.json
  wexport diff dev test --post 123"""


@app.command(epilog=_DIFF_EXAMPLES)
def diff(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="What would be brought: ENV, ENV@DATE, ENV@COMMIT, or a path: a recipe, a package, a folder; "
            "'-' is standard input.",
            autocompletion=complete_side,
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="What it would change, given likewise.", autocompletion=complete_side),
    ],
    output_format: Annotated[
        DiffFormat | None, typer.Option("--format", help="How to write it. Default: text.")
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a file, without colours.")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Only projects, folders or recipes that match; repeatable."),
    ] = None,
    project: Annotated[
        str, typer.Option(metavar="NAME", help="The project that a package or file is of. Default: whose files it has.")
    ] = "",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 3 if there are differences.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="One line a recipe.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also what is cosmetic, and field lists in full.")] = False,
    post: Annotated[
        str,
        typer.Option(
            metavar="ISSUE", help="Post it on a change issue: 123, group/project#123 or its URL. Only for environments."
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --post: print the comment instead.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show what a promotion would change.

    Compares stored snapshots, files and packages: what bringing SOURCE to TARGET would change in TARGET.
    A word that is an environment means the environment; ./dev means the path.
    """
    from exporter.cli.diff import DiffOptions, run_diff

    options = DiffOptions(
        source=source,
        target=target,
        output_format=output_format,
        output=output,
        only=tuple(only or ()),
        project=project,
        has_exit_code=exit_code,
        is_summary=summary,
        is_verbose=verbose,
        post=post,
        is_dry_run=dry_run,
    )
    raise typer.Exit(run_diff(options, _chosen(context, config)))


_SHOW_EXAMPLES = """\b
Example:
  wexport show dev "Sync orders"
  wexport show prod@2026-11-01 "Order to Cash*/sync_*"
  wexport show my.recipe.json"""


@app.command(epilog=_SHOW_EXAMPLES)
def show(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="ENV|PATH",
            help="Where it is: ENV, ENV@DATE, ENV@COMMIT, or a path to a recipe, a package or a folder; "
            "'-' is standard input.",
            autocompletion=complete_side,
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="RECIPE", help="Its name, its path, or a glob, which may mean several."),
    ] = None,
    output_format: FormatOption = TextFormat.TEXT,
    config: ConfigOption = None,
) -> None:
    """Print a recipe as its author sees it.

    Every step with its fields, numbered as in Workato, datapills by the step and field that they mean.
    """
    from exporter.cli.show import run_show

    raise typer.Exit(run_show(source, recipe, output_format is TextFormat.JSON, _chosen(context, config)))


@app.command(epilog='\b\nExample:\n  wexport log dev\n  wexport log prod "Sync orders" --patch')
def log(
    context: typer.Context,
    environment: Annotated[
        str,
        typer.Argument(metavar="ENV", help="ENV, or ENV@DATE to end there.", autocompletion=complete_environment),
    ],
    recipe: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="One recipe, by name or path, through its renames.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many snapshots; 0 for all.")] = 20,
    patch: Annotated[bool, typer.Option("--patch", "-p", help="The whole diff of each.")] = False,
    output_format: FormatOption = TextFormat.TEXT,
    config: ConfigOption = None,
) -> None:
    """Show what changed from snapshot to snapshot.

    Newest first, in the words of `wexport diff`, with who saved each version.
    """
    from exporter.cli.history import LogOptions, run_log

    options = LogOptions(environment, recipe, limit, patch, output_format is TextFormat.JSON)
    raise typer.Exit(run_log(options, _chosen(context, config)))


@git_app.command("install", epilog="\b\nExample:\n  wexport git install\n  git -C snapshots log -p")
def git_install(
    context: typer.Context,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take it away again.")] = False,
    config: ConfigOption = None,
) -> None:
    """Make git's diffs show recipes as listings.

    Sets a diff driver in the snapshot repository's own .git, for git log -p, git diff and git show.
    Run it again after an update of wexport.
    """
    from exporter.cli.git import run_git_install

    raise typer.Exit(run_git_install(uninstall, _chosen(context, config)))


@app.command(hidden=True, epilog="\b\nExample:\n  wexport textconv my.recipe.json")
def textconv(file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]) -> None:
    """Print a recipe file as git's diffs show it; a file that is no recipe as it is."""
    from exporter.cli.textconv import run_textconv
    from exporter.cli.wiring import make_masker

    raise typer.Exit(run_textconv(file, make_masker(None)))


@app.command(epilog="\b\nExample:\n  wexport demo --keep")
def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="FOLDER", help="The playground. Default: a new folder here.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the sandbox running, to try the other commands on it.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The sandbox's port; 0 takes a free one.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open", help="Show the posted comment in a browser.")] = False,
) -> None:
    """Show the whole job on the sandbox.

    Snapshots three environments, shows what a promotion would change, and posts it to a change issue.
    """
    from exporter.cli.demo import run_demo

    raise typer.Exit(run_demo(directory, keep=keep, port=port, open_browser=open_browser))


@app.command(epilog="\b\nExample:\n  wexport sandbox --port 8080\n  wexport sandbox --print-env > sandbox.env")
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 0,
    print_env: Annotated[bool, typer.Option("--print-env", help="Print `export NAME=value` lines.")] = False,
    latency_ms: Annotated[int, typer.Option(min=0, max=60_000, help="Delay every answer by this much.")] = 0,
    rate_limit: Annotated[
        int | None, typer.Option(min=0, help="Workato requests a minute; 0 is no limit. Default: as Workato, 60.")
    ] = None,
    recipes: Annotated[int, typer.Option(min=0, max=100_000, help="Generated recipes on top of the story.")] = 0,
) -> None:
    """Run a small Workato and GitLab on 127.0.0.1."""
    from exporter.cli.sandbox import run_sandbox

    code = run_sandbox(port, print_env=print_env, latency_ms=latency_ms, rate_limit=rate_limit, recipes=recipes)
    raise typer.Exit(code)


@config_app.command("show", epilog="\b\nExample:\n  wexport config show --format json")
def config_show(
    context: typer.Context, output_format: FormatOption = TextFormat.TEXT, config: ConfigOption = None
) -> None:
    """Print every value in force and where it comes from; tokens only as set or not set."""
    from exporter.cli.effective import run_config_show

    raise typer.Exit(run_config_show(_chosen(context, config), output_format is TextFormat.JSON))
