"""Which asset of one environment is which asset of the other.

By path first. What is left is paired by what survives a rename or a move: the very bytes, a recipe's step uuids, the
name inside the file, a file's own name in another folder, a connection's app and place. Where several would do, none
is taken for a rename: copies of a recipe keep all its uuids. Two assets whose names differ only in characters that a
file name cannot hold get ".1" behind the stem, in an order that each environment decides for itself: those are told
by the name inside.

An asset may be kept in several files: a connector's description, its source and its logo. One of them stands for
the asset, the others go with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from exporter.diff.documents import document_of
from exporter.diff.noise import plain_provider
from exporter.snapshot import Asset, AssetKind

# Share of the smaller recipe's step uuids that two recipes must have in common to be one recipe.
SAME_RECIPE_SHARE = 0.5

# A step that more recipes have than this does not tell them apart, and comparing each with each takes too long.
MAX_COPIES = 50

_UUID = re.compile(rb'"uuid"\s*:\s*"([^"\\]{8,64})"')
_COLLISION = re.compile(r"^(?P<stem>.*?)\.(?P<place>\d+)(?P<rest>\.[a-z_]+\.\w+)$")
# Files of one asset differ in the last extension alone; the first of these that is there stands for it.
_MAIN_EXTENSIONS = ("json", "zip", "rb")


@dataclass(frozen=True, slots=True)
class AssetPair:
    """An asset on both sides, or on one. `companions` are its further files."""

    before: Asset | None
    after: Asset | None
    companions: tuple[AssetPair, ...] = ()

    @property
    def path(self) -> str:
        """Where the asset is, or where it was if it is gone."""
        asset = self.after or self.before
        return asset.path if asset else ""

    @property
    def is_same(self) -> bool:
        """Whether place and bytes are the same, of all its files."""
        one, other = self.before, self.after
        is_same = one is not None and other is not None and (one.path, one.blob) == (other.path, other.blob)
        return is_same and all(companion.is_same for companion in self.companions)


@dataclass(frozen=True, slots=True)
class _Files:
    """One side: the file that stands for each asset by path, and its others by the same path and their role."""

    assets: dict[str, Asset]
    companions: dict[str, dict[str, Asset]]


def pair_assets(before: Iterable[Asset], after: Iterable[Asset]) -> list[AssetPair]:
    """Each asset once, in the order of the paths. Only assets without counterpart at their path, and those whose
    names collide, are loaded."""
    files_before, files_after = _files(before), _files(after)
    one, other = dict(files_before.assets), dict(files_after.assets)
    pairs: list[AssetPair] = []
    _pair_collisions(one, other, pairs)
    pairs.extend(AssetPair(one.pop(path), other.pop(path)) for path in [path for path in one if path in other])
    if one and other:
        _pair_by_key(one, other, pairs, lambda asset: (asset.kind, asset.blob))
        _pair_recipes(one, other, pairs)
        _pair_by_key(one, other, pairs, _own_name)
        _pair_by_key(one, other, pairs, _file_name)
        _pair_by_key(one, other, pairs, _connection_place)
    pairs.extend(AssetPair(asset, None) for asset in one.values())
    pairs.extend(AssetPair(None, asset) for asset in other.values())
    joined = (_with_companions(pair, files_before, files_after) for pair in pairs)
    return sorted(joined, key=lambda pair: (pair.path, pair.after is None))


def _files(assets: Iterable[Asset]) -> _Files:
    every = {asset.path: asset for asset in assets}
    found = _Files({}, {})
    for path, asset in every.items():
        main = _main_path(path, asset.kind, every)
        if main == path:
            found.assets[path] = asset
        else:
            found.companions.setdefault(main, {})[_role(path)] = asset
    return found


def _main_path(path: str, kind: AssetKind, every: Mapping[str, Asset]) -> str:
    """The path of the file that stands for the asset which this file belongs to."""
    stem, _, extension = path.rpartition(".")
    if kind in (AssetKind.OTHER, AssetKind.RECIPE) or extension == _MAIN_EXTENSIONS[0]:
        return path
    return next((main for end in _MAIN_EXTENSIONS if (main := f"{stem}.{end}") in every), path)


def _role(path: str) -> str:
    """A logo may become one of another format."""
    extension = path.rpartition(".")[2]
    return extension if extension in _MAIN_EXTENSIONS else "picture"


def _with_companions(pair: AssetPair, before: _Files, after: _Files) -> AssetPair:
    one = before.companions.get(pair.before.path, {}) if pair.before else {}
    other = after.companions.get(pair.after.path, {}) if pair.after else {}
    if not one and not other:
        return pair
    roles = sorted(one.keys() | other.keys())
    companions = tuple(AssetPair(one.get(role), other.get(role)) for role in roles)
    return AssetPair(pair.before, pair.after, companions)


def _pair_by_key(
    one: dict[str, Asset], other: dict[str, Asset], pairs: list[AssetPair], key_of: Callable[[Asset], object]
) -> None:
    """Pair the assets whose key occurs once on each side; None is no key."""
    keys_before, keys_after = _unique(one.values(), key_of), _unique(other.values(), key_of)
    for key in [key for key in keys_before if key is not None and key in keys_after]:
        _take(one, other, pairs, keys_before[key], keys_after[key])


def _unique(assets: Iterable[Asset], key_of: Callable[[Asset], object]) -> dict[object, Asset]:
    found: dict[object, list[Asset]] = {}
    for asset in assets:
        found.setdefault(key_of(asset), []).append(asset)
    return {key: group[0] for key, group in found.items() if len(group) == 1}


def _own_name(asset: Asset) -> object:
    """An asset of this kind and name in another folder of the project. Workato knows connectors by their title,
    wherever they lie."""
    name = None if asset.kind in (AssetKind.RECIPE, AssetKind.OTHER) else _inner_name(asset)
    place = "" if asset.kind is AssetKind.CUSTOM_CONNECTOR else asset.project
    return None if name is None else (asset.kind, place, name)


def _file_name(asset: Asset) -> object:
    """A recipe is known by its steps, so another one of the same file name is another one."""
    is_told_otherwise = asset.kind is AssetKind.RECIPE and _uuids(asset)
    return None if is_told_otherwise else (asset.project, asset.path.rpartition("/")[2])


def _connection_place(asset: Asset) -> object:
    """The app that a connection is for and where it lies: one that is renamed keeps both."""
    if asset.kind is not AssetKind.CONNECTION:
        return None
    document = document_of(asset)
    provider = document.get("provider")
    if isinstance(provider, dict):
        provider = provider.get("name")
    return (asset.folder, plain_provider(provider)) if isinstance(provider, str) and provider else None


def _pair_recipes(one: dict[str, Asset], other: dict[str, Asset], pairs: list[AssetPair]) -> None:
    """Pair recipes by the uuids of their steps, the most alike first, then those of one name or one folder. Where
    another recipe is as much alike, it is a copy and no rename."""
    found = sorted(_alike(dict(_recipe_uuids(one.values())), dict(_recipe_uuids(other.values()))))
    counts = Counter(
        (likeness, path) for likeness, *both in found for path in {("before", both[0]), ("after", both[1])}
    )
    for likeness, path, candidate in found:
        is_sure = counts[likeness, ("before", path)] == counts[likeness, ("after", candidate)] == 1
        if is_sure and path in one and candidate in other:
            _take(one, other, pairs, one[path], other[candidate])


def _alike(
    before: Mapping[str, frozenset[bytes]], after: Mapping[str, frozenset[bytes]]
) -> Iterator[tuple[tuple[float, bool, bool], str, str]]:
    """Pairs of recipes that share most steps: how little they are alike (least first), and both paths."""
    holders: dict[bytes, list[str]] = {}
    for path, uuids in after.items():
        for uuid in uuids:
            holders.setdefault(uuid, []).append(path)
    holders = {uuid: paths for uuid, paths in holders.items() if len(paths) <= MAX_COPIES}
    for path, uuids in before.items():
        for candidate in {holder for uuid in uuids for holder in holders.get(uuid, ())}:
            theirs = after[candidate]
            share = len(uuids & theirs) / min(len(uuids), len(theirs))
            if share >= SAME_RECIPE_SHARE:
                folders, names = zip(path.rpartition("/")[::2], candidate.rpartition("/")[::2], strict=True)
                likeness = (-share, names[0] != names[1], folders[0] != folders[1])
                yield likeness, path, candidate


def _recipe_uuids(assets: Iterable[Asset]) -> Iterator[tuple[str, frozenset[bytes]]]:
    for asset in assets:
        if asset.kind is AssetKind.RECIPE and (uuids := _uuids(asset)):
            yield asset.path, uuids


def _uuids(asset: Asset) -> frozenset[bytes]:
    return frozenset(_UUID.findall(asset.content))


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
    document = document_of(asset)
    name = document.get("name") or document.get("title")
    return name if isinstance(name, str) else None


def _take(one: dict[str, Asset], other: dict[str, Asset], pairs: list[AssetPair], before: Asset, after: Asset) -> None:
    pairs.append(AssetPair(one.pop(before.path), other.pop(after.path)))
