"""Which assets an export of a folder holds, and under which member names.

Everything in the folder and below it, and what that depends on elsewhere: assets of Home and shared assets
of other projects are packed, recipes and the like of other projects are only listed, as unreachable. (Where
exactly Workato draws that line is not documented; both cases occur in public packages.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exporter.sandbox.workato.naming import join, relative_folder, type_rank
from exporter.sandbox.workato.records import Asset, Entry, Manifest
from exporter.sandbox.workato.state import Environment

_SHARED_TYPES = frozenset(
    {
        "connection",
        "custom_adapter",
        "lookup_table",
        "workato_db_table",
        "account_property",
        "workato_schema",
        "workato_template",
        "topic",
    }
)


def list_folder(environment: Environment, folder_id: int) -> list[Entry]:
    """What an export of the folder would hold, in the order of a package, unreachable assets included."""
    inside = environment.subtree(folder_id)
    picked = {asset.id: asset for asset in environment.every_asset() if asset.folder_id in inside}
    graph = _Graph(environment)
    unreachable: dict[int, Asset] = {}
    pending = list(picked.values())
    while pending:
        for asset in graph.dependencies(pending.pop()):
            if asset.id in picked:
                continue
            if asset.folder_id != environment.root_id and asset.type not in _SHARED_TYPES:
                unreachable[asset.id] = asset
                continue
            picked[asset.id] = asset
            pending.append(asset)
    entries = _entries(environment, folder_id, graph.in_package_order(picked.values()), {}, is_unreachable=False)
    return entries + _entries(environment, folder_id, unreachable.values(), {}, is_unreachable=True)


def manifest_entries(environment: Environment, manifest: Manifest) -> list[Entry]:
    """What the manifest packs: its assets as they are now. Those deleted since it was saved are left out."""
    known = {asset.id: asset for asset in environment.every_asset()}
    assets = [known[asset_id] for asset_id in manifest.asset_ids if asset_id in known]
    ordered = _Graph(environment).in_package_order(assets)
    return _entries(environment, manifest.folder_id, ordered, manifest.asset_ids, is_unreachable=False)


class _Graph:
    """Who refers to whom."""

    def __init__(self, environment: Environment) -> None:
        self._assets = {asset.id: asset for asset in environment.every_asset()}
        self._by_zip_name = {name: self._assets[asset_id] for asset_id, name in environment.zip_names().items()}
        self._account_properties = next(
            (asset for asset in self._assets.values() if asset.type == "account_property"), None
        )

    def dependencies(self, asset: Asset) -> list[Asset]:
        """The assets that this one refers to. A reference to nothing is left out."""
        names = asset.version.extract.references
        found = [self._by_zip_name[name] for name in names if name in self._by_zip_name]
        if self._account_properties is not None and asset.version.extract.uses_account_properties:
            found.append(self._account_properties)
        return found

    def in_package_order(self, assets: Iterable[Asset]) -> list[Asset]:
        """By type; within a type by id, but what is referred to comes before who refers to it."""
        chosen = {asset.id: asset for asset in sorted(assets, key=lambda asset: (type_rank(asset.type), asset.id))}
        ordered: dict[int, Asset] = {}
        for start in chosen.values():
            self._visit(start, chosen, ordered)
        return sorted(ordered.values(), key=lambda asset: type_rank(asset.type))  # stable: keeps callees first

    def _visit(self, start: Asset, chosen: Mapping[int, Asset], ordered: dict[int, Asset]) -> None:
        """Adds `start` after all that it needs. Not recursive, since chains of recipes can be long."""
        stack = [(start, False)]
        entered: set[int] = set()
        while stack:
            asset, are_dependencies_done = stack.pop()
            if asset.id in ordered or asset.id not in chosen:
                continue
            if are_dependencies_done:
                ordered[asset.id] = asset
            elif asset.id not in entered:
                entered.add(asset.id)
                stack.append((asset, True))
                stack.extend((other, False) for other in reversed(self.dependencies(asset)))


def _entries(
    environment: Environment,
    folder_id: int,
    assets: Iterable[Asset],
    versions: Mapping[int, int | None],
    *,
    is_unreachable: bool,
) -> list[Entry]:
    base = environment.folder_path(folder_id)
    zip_names = environment.zip_names()
    taken: set[str] = set()
    entries = []
    for asset in assets:
        folder = relative_folder(environment.folder_path(asset.folder_id), base)
        zip_name = _free_name(join(folder, zip_names[asset.id].rpartition("/")[2]), asset.main_suffix, taken)
        taken.add(zip_name)
        is_root = asset.folder_id == environment.root_id
        entries.append(Entry(asset, join(folder), zip_name, is_root, is_unreachable, versions.get(asset.id)))
    return entries


def _free_name(zip_name: str, suffix: str, taken: set[str]) -> str:
    """An asset of Home and one of the project can want the same name at the top of the package."""
    if zip_name not in taken:
        return zip_name
    stem = zip_name.removesuffix(suffix)
    number = 1
    while f"{stem}.{number}{suffix}" in taken:
        number += 1
    return f"{stem}.{number}{suffix}"
