"""`wexport show`: recipes as listings, from a snapshot or from a path."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from exporter.cli.output import is_terminal, tell, write_answer
from exporter.cli.progress import show_progress
from exporter.cli.wiring import checked_environment, make_masker, open_configuration, repository_access
from exporter.errors import EXIT_DONE, UsageError
from exporter.operations.show import ShownRecipe, show_recipes
from exporter.progress import Progress
from exporter.render.listing import render_listing, render_listing_json

_STANDARD_INPUT = "-"
# An environment's name has none of these; what follows an "@" may.
_PATH_SIGNS = "./\\~"


def run_show(source: str, recipe: str | None, as_json: bool, config: Path | None) -> int:
    """Raises: WexportError."""
    with show_progress() as progress:
        is_path = _is_path(source, has_recipe=recipe is not None)
        shown = _of_path(source, recipe, progress) if is_path else _of_snapshot(source, recipe, config, progress)
    write_answer(_text(shown, as_json))
    return EXIT_DONE


def _is_path(source: str, *, has_recipe: bool) -> bool:
    name = source.partition("@")[0]
    if source == _STANDARD_INPUT or any(sign in name for sign in _PATH_SIGNS):
        return True
    if has_recipe:
        return False
    if Path(source).exists():
        return True
    raise UsageError(
        f"There is no file '{source}'. For a recipe of an environment name both: wexport show {source} RECIPE."
        f" All of them: wexport show {source} '*'."
    )


def _of_path(source: str, recipe: str | None, progress: Progress) -> tuple[ShownRecipe, ...]:
    from exporter.adapters.files import read_files

    stdin = sys.stdin.buffer if source == _STANDARD_INPUT and sys.stdin is not None else None
    if stdin is not None and is_terminal(sys.stdin):
        tell("Reading a recipe or a package from standard input; Ctrl-D ends it.")
    files = read_files(source, stdin)
    for note in files.notes:
        progress.note(note)
    mask = make_masker(None).mask_text
    return show_recipes(files.assets, recipe, place=files.name, mask=mask, progress=progress)


def _of_snapshot(source: str, recipe: str | None, config: Path | None, progress: Progress) -> tuple[ShownRecipe, ...]:
    from exporter.adapters.repository import Repository
    from exporter.operations.diff import parse_revision

    configuration = open_configuration(config)
    revision = parse_revision(source)
    checked_environment(configuration, revision.environment)
    repository = Repository(repository_access(configuration), progress)
    snapshot = repository.read(revision.environment, revision.at)
    return show_recipes(
        snapshot.assets.values(),
        recipe,
        place=revision.label,
        index=snapshot.index,
        mask=make_masker(repository).mask_text,
        progress=progress,
    )


def _text(shown: Iterable[ShownRecipe], as_json: bool) -> str:
    if as_json:
        return render_listing_json((each.path, each.listing) for each in shown)
    return "\n".join(render_listing(each.listing, each.about) for each in shown)
