"""Which asset of one environment is which asset of the other.

By path first. What is left is paired by what survives a rename or a move: the very bytes, a recipe's step uuids,
a file's own name in another folder. Two assets whose names differ only in characters that a file name cannot hold
get ".1" behind the stem, in an order that each environment decides for itself: those are told by the name inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.snapshot import Asset, AssetKind

# Share of the smaller recipe's step uuids that two recipes must have in common to be one recipe.
SAME_RECIPE_SHARE = 0.5

_UUID = re.compile(rb'"uuid"\s*:\s*"([^"\\]{8,64})"')
_COLLISION = re.compile(r"^(?P<stem>.*?)\.(?P<place>\d+)(?P<rest>\.[a-z_]+\.\w+)$")


@dataclass(frozen=True, slots=True)
class AssetPair:
    """An asset on both sides, or on one."""

    before: Asset | None
    after: Asset | None

    @property
    def path(self) -> str:
        """Where the asset is, or where it was if it is gone."""
        asset = self.after or self.before
        return asset.path if asset else ""


def pair_assets(before: Iterable[Asset], after: Iterable[Asset]) -> list[AssetPair]:
    """Each asset once, in the order of the paths. Only assets without counterpart at their path, and those whose
    names collide, are loaded."""
    one = {asset.path: asset for asset in before}
    other = {asset.path: asset for asset in after}
    pairs: list[AssetPair] = []
    _pair_collisions(one, other, pairs)
    pairs.extend(AssetPair(one.pop(path), other.pop(path)) for path in [path for path in one if path in other])
    if one and other:
        _pair_by_key(one, other, pairs, lambda asset: (asset.kind, asset.blob))
        _pair_recipes(one, other, pairs)
        _pair_by_key(one, other, pairs, lambda asset: (asset.project, asset.path.rpartition("/")[2]))
    pairs.extend(AssetPair(asset, None) for asset in one.values())
    pairs.extend(AssetPair(None, asset) for asset in other.values())
    return sorted(pairs, key=lambda pair: (pair.path, pair.after is None))


def _pair_by_key(
    one: dict[str, Asset], other: dict[str, Asset], pairs: list[AssetPair], key_of: Callable[[Asset], object]
) -> None:
    """Pair the assets whose key occurs once on each side."""
    keys_before, keys_after = _unique(one.values(), key_of), _unique(other.values(), key_of)
    for key in [key for key in keys_before if key in keys_after]:
        _take(one, other, pairs, keys_before[key], keys_after[key])


def _unique(assets: Iterable[Asset], key_of: Callable[[Asset], object]) -> dict[object, Asset]:
    found: dict[object, list[Asset]] = {}
    for asset in assets:
        found.setdefault(key_of(asset), []).append(asset)
    return {key: group[0] for key, group in found.items() if len(group) == 1}


def _pair_recipes(one: dict[str, Asset], other: dict[str, Asset], pairs: list[AssetPair]) -> None:
    """Pair recipes by the uuids of their steps, the most alike first, then those of one name."""
    uuids_before = dict(_recipe_uuids(one.values()))
    uuids_after = dict(_recipe_uuids(other.values()))
    holders: dict[bytes, list[str]] = {}
    for path, uuids in uuids_after.items():
        for uuid in uuids:
            holders.setdefault(uuid, []).append(path)
    found: list[tuple[float, bool, str, str]] = []
    for path, uuids in uuids_before.items():
        candidates = {holder for uuid in uuids for holder in holders.get(uuid, ())}
        for candidate in candidates:
            theirs = uuids_after[candidate]
            share = len(uuids & theirs) / min(len(uuids), len(theirs))
            if share >= SAME_RECIPE_SHARE:
                has_other_name = path.rpartition("/")[2] != candidate.rpartition("/")[2]
                found.append((-share, has_other_name, path, candidate))
    for _, _, path, candidate in sorted(found):
        if path in one and candidate in other:
            _take(one, other, pairs, one[path], other[candidate])


def _recipe_uuids(assets: Iterable[Asset]) -> Iterator[tuple[str, frozenset[bytes]]]:
    for asset in assets:
        if asset.kind is AssetKind.RECIPE:
            uuids = frozenset(_UUID.findall(asset.content))
            if uuids:
                yield asset.path, uuids


def _pair_collisions(one: dict[str, Asset], other: dict[str, Asset], pairs: list[AssetPair]) -> None:
    """Pair the assets of each group of colliding names by the name inside the file."""
    groups = {_group(path) for path in one.keys() | other.keys() if _COLLISION.match(path)}
    if not groups:
        return
    members_before, members_after = _members(one, groups), _members(other, groups)
    for group in sorted(groups):
        before, after = members_before.get(group, []), members_after.get(group, [])
        if [(asset.path, asset.blob) for asset in before] == [(asset.path, asset.blob) for asset in after]:
            continue
        names_before, names_after = _unique(before, _inner_name), _unique(after, _inner_name)
        for name in [name for name in names_before if name and name in names_after]:
            _take(one, other, pairs, names_before[name], names_after[name])


def _group(path: str) -> str:
    match = _COLLISION.match(path)
    return match["stem"] + match["rest"] if match else path


def _members(assets: dict[str, Asset], groups: set[str]) -> dict[str, list[Asset]]:
    found: dict[str, list[Asset]] = {}
    for path, asset in assets.items():
        if (group := _group(path)) in groups:
            found.setdefault(group, []).append(asset)
    return found


def _inner_name(asset: Asset) -> object:
    if not asset.path.endswith(".json"):
        return None
    try:
        document = parse_json(asset.content)
    except RecipeFormatError:
        return None
    name = document.get("name") or document.get("title") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


def _take(one: dict[str, Asset], other: dict[str, Asset], pairs: list[AssetPair], before: Asset, after: Asset) -> None:
    pairs.append(AssetPair(one.pop(before.path), other.pop(after.path)))
