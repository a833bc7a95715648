"""Checked packages -> one Snapshot: every asset at its true place, once, whatever order the packages came in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exporter.adapters.workato.access import WorkatoAccess
from exporter.adapters.workato.export import Harvest
from exporter.adapters.workato.placing import Placement, Places, Unit
from exporter.adapters.workato.replies import AssetRow, RecipeRow
from exporter.snapshot import Asset, AssetInfo, Index, Project, Snapshot, snapshot_of


def assemble_snapshot(access: WorkatoAccess, harvest: Harvest) -> Snapshot:
    """The environment as the packages show it.

    A package's own files come first. A copy of something from elsewhere is used only if its place belongs to
    no unit of this workspace: what an exported project has is in its own package, and a failed or excluded one
    must not come in through the back door with the few assets that others need of it.
    """
    packages = sorted(harvest.packages, key=lambda package: package.unit.name)
    rows = [*(harvest.plan.rows or ()), *(row for package in packages for row in package.rows)]
    places = Places(harvest.plan.units, rows)
    assets: dict[str, Asset] = {}
    owners: dict[str, Unit | None] = {}
    copies: list[tuple[Placement, Asset]] = []
    for package in packages:
        own_rows = package.own_rows
        for file in package.files:
            placement = places.place(package.unit, file.member.name, own_rows)
            asset = Asset(placement.path, file.blob, file.load)
            if placement.unit is not None and placement.unit.name == package.unit.name:
                assets[placement.path] = asset
                owners[placement.path] = package.unit
            elif placement.unit is None:
                copies.append((placement, asset))
    for placement, asset in copies:
        if placement.path not in assets:
            assets[placement.path] = asset
            owners[placement.path] = None
    infos = {
        path: info
        for path in sorted(assets)
        if (info := _info(places.find_row(owners[path], path), harvest.plan.recipes)) is not None
    }
    index = Index(
        environment=access.environment,
        base_url=access.base_url,
        workspace_id=harvest.plan.workspace.id,
        workspace_name=harvest.plan.workspace.name,
        projects=tuple(Project(unit.name, unit.id, unit.folder_id) for unit in harvest.plan.wanted),
        assets=MappingProxyType(infos),
    )
    return snapshot_of(index, assets.values(), failures=harvest.failures)


def _info(row: AssetRow | None, recipes: Mapping[int, RecipeRow]) -> AssetInfo | None:
    """What is known of an asset. The list of recipes is believed before the row of folder_assets, because it
    gives a version together with its author."""
    if row is None or (row.id is None and row.version is None):
        return None
    recipe = recipes.get(row.id) if row.type == "recipe" and row.id is not None else None
    if recipe is None:
        return AssetInfo(id=row.id, version=row.version)
    return AssetInfo(
        id=row.id,
        folder_id=recipe.folder_id,
        version=recipe.version if recipe.version is not None else row.version,
        author_name=recipe.author_name,
        author_email=recipe.author_email,
        is_running=recipe.is_running,
    )
