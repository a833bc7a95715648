"""Where in an environment the assets of a file or a package belong, which do not say so themselves. Pure.

A file carries its name and, in a recipe, the uuids of the steps, which survive export, import and copying. A
package has its own project's content at its top, and beside it copies of what that needs: assets of other projects
under their project's folder, assets of Home at the top.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from exporter.diff.documents import document_of
from exporter.diff.pairing import SAME_RECIPE_SHARE
from exporter.errors import RecipeFormatError, UsageError
from exporter.recipe.parse import parse_recipe
from exporter.snapshot import HOME, Asset, AssetKind

MAX_NAMED = 5

# In the REST form the steps are a string of JSON, so their quotes are escaped.
_UUID = re.compile(rb'"uuid\\?"\s*:\s*\\?"([^"\\]{8,64})\\?"')
# Every project has these, so they tell none from another.
_IN_EVERY_PROJECT = frozenset({"project.json", "tags.json", "properties.project_properties.json"})
_OF_HOME = "account_properties.properties.json"
_HOME_NAMES = ("", "home")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What a file was found to be. `reason` ends a sentence that begins "compared with … by"; `others` are paths of
    assets that are like it as well."""

    path: str
    reason: str
    others: tuple[str, ...] = ()


def find_counterpart(asset: Asset, candidates: Iterable[Asset], *, near: str) -> Counterpart | None:
    """The candidate that is the same recipe (or other asset) as a file: by file name and steps, else by steps, else
    by file name, else by title. `near` is the path where the file lies; its folders decide between equals.

    Raises: UsageError if several are alike in every respect.
    """
    candidates = [candidate for candidate in candidates if candidate.kind is asset.kind]
    title, uuids = _title(asset), _step_uuids(asset)
    same_file = [candidate for candidate in candidates if _file_name(candidate.path) == _file_name(asset.path)]
    alike = [candidate for candidate in same_file if _are_alike(uuids, _step_uuids(candidate))]
    reason = "its file name and steps"
    if not alike:
        alike = [candidate for candidate in candidates if _are_alike(uuids, _step_uuids(candidate))]
        reason = "its steps"
    if not alike:
        alike, reason = same_file, "its file name"
    if not alike and title:
        alike, reason = [candidate for candidate in candidates if _has_title(candidate, title)], "its name"
    if not alike:
        return None
    ranked = sorted((_rank(candidate, title, uuids, near), candidate.path) for candidate in alike)
    equals = [path for rank, path in ranked if rank == ranked[0][0]]
    if len(equals) > 1:
        raise UsageError(
            f"{len(equals)} assets could be what {near!r} is compared with: {_named(equals)}. "
            "Name the one that is meant with --only PATH."
        )
    return Counterpart(ranked[0][1], reason, tuple(path for _, path in ranked[1:]))


def _rank(candidate: Asset, title: str, uuids: frozenset[bytes], near: str) -> tuple[bool, int, int]:
    """Smaller is more alike: the same title, the share of common uuids, the folders at the end of both paths."""
    theirs = _step_uuids(candidate)
    every = uuids | theirs
    permille = 1000 * len(uuids & theirs) // len(every) if every else 0
    folders = zip(reversed(candidate.path.split("/")[:-1]), reversed(near.split("/")[:-1]), strict=False)
    common = 0
    for one, other in folders:
        if one != other:
            break
        common += 1
    return not _has_title(candidate, title), -permille, -common


def _step_uuids(asset: Asset) -> frozenset[bytes]:
    """The uuids in a recipe; nothing for any other asset."""
    return frozenset(_UUID.findall(asset.content)) if asset.kind is AssetKind.RECIPE else frozenset()


def _are_alike(one: frozenset[bytes], other: frozenset[bytes]) -> bool:
    return bool(one and other) and len(one & other) >= SAME_RECIPE_SHARE * min(len(one), len(other))


def _title(asset: Asset) -> str:
    """The name inside of a file; "" if there is none."""
    if asset.kind is AssetKind.RECIPE:
        try:
            return parse_recipe(asset.content).name.strip()
        except RecipeFormatError:
            return ""
    document = document_of(asset)
    name = document.get("name") or document.get("title")
    return name.strip() if isinstance(name, str) else ""


def _has_title(asset: Asset, title: str) -> bool:
    """Whether the asset's title is this one; parses only what holds the text at all."""
    if not title:
        return False
    content = asset.content
    written = (json.dumps(title, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    is_possible = any(text.encode("utf-8", "surrogatepass") in content for text in written)
    return is_possible and _title(asset) == title


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]


def _named(paths: Sequence[str]) -> str:
    shown = ", ".join(f"'{path}'" for path in paths[:MAX_NAMED])
    return f"{shown} and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else shown


@dataclass(frozen=True, slots=True)
class Placing:
    """The assets of a package at their places in an environment.

    `project` is the package's project, HOME for Home, None for a package of a whole workspace. `is_new`: nothing in
    the environment says which project it is, so it is taken for a new one. `found` counts the assets that the
    environment has at the same place.
    """

    assets: tuple[Asset, ...]
    project: str | None
    is_new: bool
    found: int


def place_package(
    assets: Sequence[Asset], environment: Mapping[str, Asset], *, project: str | None, name: str
) -> Placing:
    """Every asset of a package at its place in the environment.

    `project` is the project that the package is of, if the user said so; otherwise the one that has most of its
    files. `name` is the package's own: that of a project that the environment does not have, and the choice among
    projects that have equally many.
    Raises: UsageError if several projects have equally many of its files.
    """
    variants = [tuple(assets), *without_wrapper(assets)]
    if project is not None:
        variant = max(variants, key=lambda variant: _hits(variant, environment, project))
        return _placing(variant, environment, project, is_new=False)
    variant, score = _best((variant, _projects_by_path(variant, environment)) for variant in variants)
    if not score:
        variant, score = _best((variant, _projects_by_steps(variant, environment)) for variant in variants)
    if not score:
        is_new = all(asset.project != name for asset in environment.values())
        return _placing(variant, environment, name, is_new=is_new)
    most = max(score.values())
    best = sorted(project for project, number in score.items() if number == most)
    if len(best) > 1 and name not in best:
        raise UsageError(
            f"The files of {name!r} could be of {len(best)} projects: {_named(best)}. "
            "Say which one with --project NAME."
        )
    return _placing(variant, environment, name if name in best else best[0], is_new=False)


_WORKSPACE = "/"  # no project is called that: stands for a package of everything


def _placing(assets: tuple[Asset, ...], environment: Mapping[str, Asset], project: str, *, is_new: bool) -> Placing:
    is_whole = project == _WORKSPACE
    placed = assets if is_whole else _placed(assets, environment, project)
    found = sum(asset.path in environment for asset in placed)
    return Placing(placed, None if is_whole else project, is_new, found)


def without_wrapper(assets: Sequence[Asset]) -> list[tuple[Asset, ...]]:
    """The assets without the one folder that holds them all, as after `zip -r mine.zip mine`; [] if there is none."""
    tops = {asset.path.partition("/")[0] for asset in assets}
    if len(tops) != 1 or any("/" not in asset.path for asset in assets):
        return []
    return [tuple(Asset(asset.path.partition("/")[2], asset.blob, asset.load) for asset in assets)]


def _hits(assets: Iterable[Asset], environment: Mapping[str, Asset], project: str) -> int:
    return sum(in_project(project, asset.path) in environment for asset in assets)


def _best(scored: Iterable[tuple[tuple[Asset, ...], Counter[str]]]) -> tuple[tuple[Asset, ...], Counter[str]]:
    """The variant of which some project has most; the first of equals."""
    return max(scored, key=lambda pair: max(pair[1].values(), default=0))


def _projects_by_path(assets: Sequence[Asset], environment: Mapping[str, Asset]) -> Counter[str]:
    """For each project that has any, how many files of the package it has at the same place."""
    members = {asset.path for asset in assets if asset.path not in _IN_EVERY_PROJECT}
    score = Counter(path.partition("/")[0] for path in environment if "/" in path and path.partition("/")[2] in members)
    if not score and any(path in environment for path in members):
        score[_WORKSPACE] = sum(path in environment for path in members)
    return score


def _projects_by_steps(assets: Sequence[Asset], environment: Mapping[str, Asset]) -> Counter[str]:
    """For each project, how many recipes of the package it has under other paths."""
    projects: defaultdict[bytes, set[str]] = defaultdict(set)
    for asset in environment.values():
        for uuid in _step_uuids(asset):
            projects[uuid].add(asset.project)
    score: Counter[str] = Counter()
    for asset in assets:
        uuids = _step_uuids(asset)
        held = Counter(project for uuid in uuids for project in projects.get(uuid, ()))
        score.update(project for project, number in held.items() if number >= SAME_RECIPE_SHARE * len(uuids))
    return score


def _placed(assets: Iterable[Asset], environment: Mapping[str, Asset], project: str) -> tuple[Asset, ...]:
    """The assets of a project's package: its own below the project, copies of others where those are."""
    every: set[str] = set()
    for folder in {asset.folder for asset in environment.values()}:
        parts = folder.split("/")
        every.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    tops = {folder.partition("/")[0] for folder in every}
    placed: dict[str, Asset] = {}
    for asset in assets:
        own = in_project(project, asset.path)
        path = own
        if own not in environment:
            top = asset.path.partition("/")[0]
            is_foreign = "/" in asset.path and top in tops and in_project(project, top) not in every
            if is_foreign or asset.path in environment or asset.path == _OF_HOME:
                path = asset.path
        if path == own or path not in placed:
            placed[path] = Asset(path, asset.blob, asset.load)
    return tuple(placed.values())


def find_second_recipes(placing: Placing, environment: Mapping[str, Asset]) -> tuple[tuple[str, str], ...]:
    """(path in the package, path in the environment) of recipes with the same steps at another place of the project.

    Workato matches by folder and name (docs.workato.com, import), so such a package makes a second recipe.
    """
    held = {asset.path for asset in placing.assets}
    added = [asset for asset in placing.assets if asset.path not in environment and asset.kind is AssetKind.RECIPE]
    if not added:
        return ()
    projects = {asset.project for asset in added}
    left = {
        asset.path: _step_uuids(asset)
        for asset in environment.values()
        if asset.kind is AssetKind.RECIPE and asset.project in projects and asset.path not in held
    }
    found = []
    for asset in added:
        uuids = _step_uuids(asset)
        found += [(asset.path, path) for path, theirs in left.items() if _are_alike(uuids, theirs)][:1]
    return tuple(found)


def in_project(project: str, path: str) -> str:
    """The path in an environment of what a package of the project has at this path."""
    return path if project == HOME else f"{project}/{path}"


def resolve_project(wanted: str, known: Iterable[str]) -> str:
    """The project of an environment that a user means: "Home" is Home, "/" in a name may be written as it is in
    Workato, and case counts only between names that differ in nothing else.

    Raises: UsageError with the nearest names.
    """
    names = sorted(set(known))
    written = wanted.strip().replace("/", "∕")
    if written in names:
        return written
    folded = [name for name in names if name.casefold() == written.casefold()]
    if len(folded) == 1:
        return folded[0]
    if written.casefold() in _HOME_NAMES:
        return HOME
    lowered = {name.casefold(): name for name in names if name}
    holding = [name for name in lowered if written.casefold() in name]
    near = [
        lowered[name]
        for name in holding or get_close_matches(written.casefold(), list(lowered), n=MAX_NAMED, cutoff=0.4)
    ]
    hint = f"Did you mean {_named(near)}?" if near else f"It has {_named([name for name in names if name]) or 'none'}."
    raise UsageError(f"--project: there is no project {wanted!r} in the other side. {hint}")
