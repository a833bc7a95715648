"""All warnings of one diff, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from exporter.diff.assets import AssetComparer
from exporter.diff.changes import AssetChange, DiffWarning, SnapshotDiff, WarningKind
from exporter.diff.equivalence import NO_EQUIVALENCE, Equivalence
from exporter.diff.pairing import AssetPair
from exporter.diff.places import step_place
from exporter.diff.references import Reference, leaves, may_refer, scan_mentions
from exporter.diff.warnings.calls import Mentions, find_callers, find_changed_calls
from exporter.diff.warnings.missing import (
    AssetNeed,
    ConnectionNeed,
    PropertyNeed,
    find_missing_assets,
    find_missing_connections,
    find_missing_properties,
)
from exporter.diff.warnings.pills import find_dangling
from exporter.diff.warnings.recipe import Needs, needs_of
from exporter.diff.warnings.scene import Scene
from exporter.diff.warnings.words import Spot
from exporter.errors import RecipeFormatError
from exporter.recipe.headline import Headlines
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import Recipe
from exporter.recipe.parse import parse_recipe
from exporter.snapshot import Asset, AssetKind, Snapshot

_KIND_ORDER = {kind: place for place, kind in enumerate(WarningKind)}


def scan_assets(assets: Sequence[Asset]) -> dict[str, tuple[str, ...]]:
    """What each file mentions, by blob id, read anew."""
    return {asset.blob: scan_mentions(asset.content) for asset in assets}


def find_warnings(
    diff: SnapshotDiff,
    source: Snapshot,
    target: Snapshot,
    *,
    mentions: Mentions = scan_assets,
    is_source_whole: bool = True,
    is_target_whole: bool = True,
    equivalence: Equivalence = NO_EQUIVALENCE,
) -> tuple[DiffWarning, ...]:
    """What a reviewer should be told beside the changes: severe first, then by path.

    A side that is no whole environment (a file, a package) does not say what is missing or who calls: nothing is
    concluded from it. `mentions` gives what assets mention by blob id, so that a caller can remember it.
    `equivalence` says which connection the target has in place of the source's.
    """
    scene = Scene(
        diff,
        source,
        target,
        is_source_whole=is_source_whole,
        is_target_whole=is_target_whole,
        equivalence=equivalence,
    )
    collected = _Collected(scene)
    comparer = AssetComparer(source, target, equivalence)
    found = [
        *collected.warnings,
        *find_missing_assets(scene, collected.assets),
        *find_missing_connections(scene, collected.connections),
        *find_missing_properties(scene, collected.properties),
        *find_changed_calls(scene, collected.assets, lambda before, after: comparer.compare(AssetPair(before, after))),
        *find_callers(scene, mentions),
    ]
    return in_order(found)


def with_warnings(diff: SnapshotDiff, found: Iterable[DiffWarning]) -> SnapshotDiff:
    """The diff with these warnings beside those that it has."""
    return replace(diff, warnings=in_order((*diff.warnings, *found)))


def in_order(warnings: Iterable[DiffWarning]) -> tuple[DiffWarning, ...]:
    """Each warning once: severe first, the mapping of environments before all else, then by path and step."""
    return tuple(sorted(dict.fromkeys(warnings), key=_place))


def _place(warning: DiffWarning) -> tuple[bool, bool, str, int, int, str]:
    number = warning.step.number if warning.step else 0
    is_other = warning.kind is not WarningKind.AGAINST_MAPPING
    return not warning.is_severe, is_other, warning.path, number, _KIND_ORDER[warning.kind], warning.text


class _Collected:
    """What the changed and added assets of a diff lean on."""

    def __init__(self, scene: Scene):
        self.warnings: list[DiffWarning] = []
        self.assets: list[AssetNeed] = []
        self.connections: list[ConnectionNeed] = []
        self.properties: list[PropertyNeed] = []
        self._scene = scene
        for change in scene.diff.changes:
            asset = scene.source.assets.get(change.path_after) if change.path_after is not None else None
            if asset is None:
                continue
            recipe = _recipe_of(asset)
            if recipe is not None:
                self._add_recipe(change, asset, recipe)
            elif may_refer(asset.path):
                self._add_document(change, asset)

    def _add_recipe(self, change: AssetChange, asset: Asset, recipe: Recipe) -> None:
        needs = needs_of(recipe)
        before = self._scene.target.assets.get(change.path_before) if change.path_before is not None else None
        self.warnings.extend(find_dangling(asset.path, recipe, needs, lambda: _recipe_of(before)))
        self._add_needs(asset, recipe, needs)
        for entry in recipe.connections:
            for key, leaf in leaves(entry.raw.get("account_id"), "account_id"):
                if isinstance(leaf, Reference) and key == "account_id":
                    spot = Spot(asset.path, recipe.name)
                    self.connections.append(ConnectionNeed(asset.project, spot, entry.provider, leaf))

    def _add_needs(self, asset: Asset, recipe: Recipe, needs: Needs) -> None:
        headlines = Headlines(recipe)
        self.assets.extend(
            AssetNeed(asset.project, Spot(asset.path, recipe.name, step_place(use.step, headlines)), use.reference)
            for use in needs.assets
        )
        self.properties.extend(
            PropertyNeed(
                asset.project, Spot(asset.path, recipe.name, step_place(use.step, headlines)), use.kind, use.name
            )
            for use in needs.properties
        )

    def _add_document(self, change: AssetChange, asset: Asset) -> None:
        spot = Spot(asset.path, change.name)
        self.assets.extend(AssetNeed(asset.project, spot, reference) for reference in _references(asset))


def _recipe_of(asset: Asset | None) -> Recipe | None:
    if asset is None or asset.kind is not AssetKind.RECIPE:
        return None
    try:
        return parse_recipe(asset.content)
    except RecipeFormatError:
        return None


def _references(asset: Asset) -> Iterator[Reference]:
    try:
        document = parse_json(asset.content)
    except RecipeFormatError:
        return
    for _, leaf in leaves(document):
        if isinstance(leaf, Reference):
            yield leaf
