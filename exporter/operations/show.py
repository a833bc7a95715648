"""The walk of `wexport show`: find recipes by what people call them, list them step by step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from exporter.diff.scope import names_of, stem_of
from exporter.errors import RecipeFormatError, UsageError
from exporter.progress import Progress, Silent
from exporter.recipe.jsontext import parse_json
from exporter.recipe.listing import Listing, Mask, list_recipe
from exporter.recipe.parse import parse_recipe
from exporter.snapshot import Asset, AssetKind, Index

MAX_NAMED = 10
MIN_RECIPES_TOLD = 1_000  # reading fewer is over before anybody reads about it
_MAX_CANDIDATES = 5_000
_GLOB = re.compile(r"[*?\[]")
# Workato writes the name first, so most files need not be parsed to find it.
_FIRST_NAME = re.compile(rb'\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")')
_READING = "reading the recipes' names"


@dataclass(frozen=True, slots=True)
class ShownRecipe:
    """A recipe with where it is and, where that is known, which version by whom; `about` are lines for people."""

    path: str
    listing: Listing
    about: tuple[str, ...]


def show_recipes(
    assets: Iterable[Asset],
    wanted: str | None,
    *,
    place: str,
    index: Index | None = None,
    mask: Mask | None = None,
    progress: Progress | None = None,
) -> tuple[ShownRecipe, ...]:
    """The recipes that `wanted` names, in the order of their paths; None stands for the only one there is.

    `place` is where the assets are, for messages. A recipe that cannot be read is told to `progress` and left out
    if others are shown.
    Raises: UsageError if nothing is meant, or several without a glob; RecipeFormatError.
    """
    told = progress or Silent()
    chosen = choose_recipes(assets, wanted, place=place, progress=told)
    shown = []
    for asset in chosen:
        try:
            listing = list_recipe(parse_recipe(asset.content), mask=mask)
        except RecipeFormatError as exc:
            if len(chosen) == 1:
                raise RecipeFormatError(f"{asset.path}: {exc}") from exc
            told.note(f"Left out {asset.path}: {exc}")
            continue
        shown.append(ShownRecipe(asset.path, listing, _about(asset.path, listing, index)))
    return tuple(shown)


def choose_recipes(
    assets: Iterable[Asset], wanted: str | None, *, place: str, progress: Progress | None = None
) -> tuple[Asset, ...]:
    """The recipes that people mean by a word: a path, a path without its ending, a file name, the recipe's own name,
    or a glob of any of these. Case does not count. Only a glob may mean several.

    Raises: UsageError that names those that could be meant.
    """
    recipes = sorted((asset for asset in assets if asset.kind is AssetKind.RECIPE), key=lambda asset: asset.path)
    if not recipes:
        raise UsageError(f"There is no recipe in {place}.")
    if wanted is None:
        return _only(recipes, f"{place} holds {len(recipes)} recipes", "Name one")
    word = " ".join(wanted.split()).strip("/").casefold()
    by_path = {asset.path: [name.casefold() for name in names_of(asset.path)] for asset in recipes}
    if found := [asset for asset in recipes if word in by_path[asset.path][:4]]:
        return _only(found, f"'{wanted}' names {len(found)} recipes in {place}", "Give the whole path, or a glob")
    is_glob = _GLOB.search(word) is not None
    if is_glob and (found := [a for a in recipes if any(fnmatchcase(name, word) for name in by_path[a.path])]):
        return tuple(found)
    titles = _titles(recipes, progress or Silent())
    if found := [asset for asset in recipes if titles[asset.path].casefold() == word]:
        return _only(found, f"{len(found)} recipes in {place} are named '{wanted}'", "Give the path")
    if is_glob and (found := [asset for asset in recipes if fnmatchcase(titles[asset.path].casefold(), word)]):
        return tuple(found)
    raise UsageError(_nothing_found(wanted, place, recipes, titles))


def _only(found: Sequence[Asset], what: str, advice: str) -> tuple[Asset, ...]:
    if len(found) == 1:
        return tuple(found)
    listed = "".join(f"\n  {asset.path}" for asset in found[:MAX_NAMED])
    more = f"\n  … {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
    raise UsageError(f"{what}. {advice}:{listed}{more}")


def _titles(recipes: Sequence[Asset], progress: Progress) -> dict[str, str]:
    """The recipes' own names, by path."""
    told = progress if len(recipes) >= MIN_RECIPES_TOLD else Silent()
    told.start(_READING, len(recipes))
    titles = {}
    for asset in recipes:
        titles[asset.path] = " ".join(_title(asset.content).split())
        told.advance(_READING)
    told.finish(_READING)
    return titles


def _title(content: bytes) -> str:
    first = _FIRST_NAME.match(content)
    try:
        name = parse_json(first[1]) if first else parse_recipe(content).name
    except RecipeFormatError:
        return ""
    return name if isinstance(name, str) else ""


def _nothing_found(wanted: str, place: str, recipes: Sequence[Asset], titles: dict[str, str]) -> str:
    inside = [asset for asset in recipes if f"/{asset.path}".casefold().find(f"/{wanted.strip('/').casefold()}/") >= 0]
    if inside:
        return f"'{wanted}' is a folder in {place}. For all recipes in it: '{wanted.strip('/')}/*'."
    known = {name.casefold(): name for asset in recipes for name in (stem_of(asset.path), titles[asset.path]) if name}
    near = get_close_matches(wanted.casefold(), list(known)[:_MAX_CANDIDATES], n=3, cutoff=0.5)
    if near:
        hint = f"Did you mean {', '.join(repr(known[name]) for name in near)}?"
    else:
        hint = f"A glob finds a part of a name or path: '*{wanted.strip('*')}*'."
    return f"No recipe in {place} is called '{wanted}'. {hint}"


def _about(path: str, listing: Listing, index: Index | None) -> tuple[str, ...]:
    """The path, who saved which version, whether it runs, and its address."""
    info = index.info(path) if index is not None else None
    version = info.version if info is not None and info.version is not None else listing.version
    words = [f"version {version}"] if isinstance(version, int) and not isinstance(version, bool) else []
    if info is None or index is None:
        return tuple(text for text in (path, *words) if text)
    if info.author_name:
        words = [f"{' '.join(words) or 'saved'} by {info.author_name}"]
    if info.is_running is not None:
        words.append("running" if info.is_running else "stopped")
    return tuple(text for text in (path, ", ".join(words), index.recipe_url(path)) if text)
