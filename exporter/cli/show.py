"""`wexport show`: recipes as listings, from a snapshot or from a path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from exporter.adapters.files import STANDARD_INPUT, read_files
from exporter.cli.input import can_only_be_a_path, open_standard_input
from exporter.cli.output import write_answer
from exporter.cli.progress import show_progress
from exporter.cli.wiring import checked_environment, make_masker, open_configuration, repository_access
from exporter.errors import EXIT_DONE, UsageError
from exporter.operations.show import ShownRecipe, show_recipes
from exporter.progress import Progress
from exporter.render.listing import render_listing, render_listing_json


def run_show(source: str, recipe: str | None, as_json: bool, config: Path | None) -> int:
    """Raises: WexportError."""
    with show_progress() as progress:
        is_path = _is_path(source, has_recipe=recipe is not None)
        shown = _of_path(source, recipe, progress) if is_path else _of_snapshot(source, recipe, config, progress)
    write_answer(_text(shown, as_json))
    return EXIT_DONE


def _is_path(source: str, *, has_recipe: bool) -> bool:
    if source == STANDARD_INPUT or can_only_be_a_path(source):
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
    files = read_files(source, open_standard_input() if source == STANDARD_INPUT else None)
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
