"""Compare one asset of two environments, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.diff.changes import AssetChange, ChangeKind, ConnectionSwitch, FieldChange, StepChange
from exporter.diff.content import ContentComparison, compare_contents, join_contents
from exporter.diff.digest import asset_digest
from exporter.diff.equivalence import NO_EQUIVALENCE, Equivalence
from exporter.diff.meaning import Surroundings
from exporter.diff.pairing import AssetPair
from exporter.diff.recipes import RecipeComparison, compare_recipes, list_recipe
from exporter.diff.scope import stem_of
from exporter.diff.targets import FileTargets
from exporter.errors import RecipeFormatError
from exporter.recipe.model import JsonValue, Recipe
from exporter.recipe.parse import parse_recipe
from exporter.snapshot import Asset, AssetInfo, AssetKind, Snapshot


@dataclass(frozen=True, slots=True)
class _Finding:
    """What differs inside an asset. `material` is the canonical content for the digest."""

    name: str
    material: JsonValue
    is_empty: bool
    connections: tuple[ConnectionSwitch, ...] = ()
    steps: tuple[StepChange, ...] = ()
    settings: tuple[FieldChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    steps_unchanged: int = 0
    note: str = ""
    is_rewritten: bool = False
    has_contract_change: bool = False


class AssetComparer:
    """Compares pairs of assets of two snapshots; before is the target's."""

    def __init__(self, source: Snapshot, target: Snapshot, equivalence: Equivalence = NO_EQUIVALENCE):
        self._source, self._target, self._equivalence = source, target, equivalence
        self._file_targets: FileTargets | None = None

    def compare(self, pair: AssetPair) -> AssetChange | None:
        """What happened to the asset; None if its bytes differ and its meaning does not."""
        asset = pair.after or pair.before
        if asset is None:
            return None
        finding = self._find(pair, asset)
        kinds = _kinds(pair, finding)
        if not kinds:
            return None
        path_before = pair.before.path if pair.before else None
        path_after = pair.after.path if pair.after else None
        return AssetChange(
            asset_kind=asset.kind,
            kinds=kinds,
            path_before=path_before,
            path_after=path_after,
            name=finding.name or _name_of_place(asset),
            digest=asset_digest(asset.kind, kinds, path_before, path_after, finding.material),
            connections=finding.connections,
            steps=finding.steps,
            settings=finding.settings,
            fields=finding.fields,
            steps_unchanged=finding.steps_unchanged,
            note=finding.note,
            url=self._url(pair),
            info_before=self._target.index.info(path_before) if path_before is not None else AssetInfo(),
            info_after=self._source.index.info(path_after) if path_after is not None else AssetInfo(),
            is_rewritten=finding.is_rewritten,
            has_contract_change=finding.has_contract_change,
        )

    def _find(self, pair: AssetPair, asset: Asset) -> _Finding:
        if asset.kind is not AssetKind.RECIPE:
            return self._find_content(pair, asset)
        try:
            return self._find_recipe(pair, asset)
        except RecipeFormatError as exc:
            return self._find_content(pair, asset, f"Not readable as a recipe, compared as plain JSON: {exc}")

    def _find_recipe(self, pair: AssetPair, asset: Asset) -> _Finding:
        before, after = (parse_recipe(side.content) if side else None for side in (pair.before, pair.after))
        if before is None or after is None:
            recipe = after or before
            if recipe is None:
                raise ValueError("a pair needs a side")
            return self._list_recipe(recipe, pair, asset, is_added=before is None)
        comparison = compare_recipes(before, after, surroundings=self._surroundings(pair, asset))
        return _recipe_finding(after, comparison)

    def _list_recipe(self, recipe: Recipe, pair: AssetPair, asset: Asset, *, is_added: bool) -> _Finding:
        comparison = list_recipe(recipe, surroundings=self._surroundings(pair, asset))
        if is_added:
            return _recipe_finding(recipe, comparison)
        count = len(comparison.steps)
        note = f"It had {count} step{'' if count == 1 else 's'}."
        return _Finding(recipe.name, comparison.material, is_empty=False, note=note)

    def _find_content(self, pair: AssetPair, asset: Asset, note: str = "") -> _Finding:
        comparison = self._contents(pair, asset)
        if pair.companions:
            companions = [self._contents(companion, asset) for companion in pair.companions]
            comparison = join_contents(comparison, companions)
        is_gone = pair.after is None
        return _Finding(
            name=comparison.name,
            material=comparison.material,
            is_empty=comparison.is_empty,
            fields=() if is_gone else comparison.fields,
            note=" ".join(part for part in (note, comparison.note) if part),
        )

    def _contents(self, pair: AssetPair, asset: Asset) -> ContentComparison:
        """What differs in one file of the asset."""
        return compare_contents(
            asset.kind,
            pair.path,
            pair.before.content if pair.before else None,
            pair.after.content if pair.after else None,
            surroundings=self._surroundings(pair, asset),
        )

    def _surroundings(self, pair: AssetPair, asset: Asset) -> Surroundings:
        if self._file_targets is None:
            self._file_targets = FileTargets(self._target, self._source)
        return Surroundings(
            targets=self._file_targets.of((pair.before or asset).project, (pair.after or asset).project),
            are_two_environments=self._source.environment != self._target.environment,
            equivalence=self._equivalence.with_connections_as_values()
            if asset.kind is AssetKind.CONNECTION
            else self._equivalence,
        )

    def _url(self, pair: AssetPair) -> str:
        """Where the recipe is in Workato: in the source, or in the target if it is gone there."""
        snapshot, asset = (self._source, pair.after) if pair.after else (self._target, pair.before)
        return snapshot.index.recipe_url(asset.path) if asset is not None and asset.kind is AssetKind.RECIPE else ""


def _name_of_place(asset: Asset) -> str:
    """What an asset without a name of its own is called."""
    if asset.kind in (AssetKind.PROJECT, AssetKind.PROJECT_PROPERTIES, AssetKind.TAGS) and asset.folder:
        return asset.folder.rpartition("/")[2]
    return _FIXED_NAMES.get(asset.kind) or stem_of(asset.path)


_FIXED_NAMES = {AssetKind.ACCOUNT_PROPERTIES: "Account properties", AssetKind.PROJECT_PROPERTIES: "Project properties"}


def _recipe_finding(recipe: Recipe, comparison: RecipeComparison) -> _Finding:
    return _Finding(
        name=recipe.name,
        material=comparison.material,
        is_empty=comparison.is_empty,
        connections=comparison.connections,
        steps=comparison.steps,
        settings=comparison.settings,
        steps_unchanged=comparison.steps_unchanged,
        is_rewritten=comparison.is_rewritten and not comparison.is_empty,
        has_contract_change=comparison.has_contract_change,
    )


def _kinds(pair: AssetPair, finding: _Finding) -> tuple[ChangeKind, ...]:
    if pair.before is None:
        return (ChangeKind.ADDED,)
    if pair.after is None:
        return (ChangeKind.REMOVED,)
    kinds: list[ChangeKind] = []
    if pair.before.folder != pair.after.folder:
        kinds.append(ChangeKind.MOVED)
    if pair.before.path.rpartition("/")[2] != pair.after.path.rpartition("/")[2]:
        kinds.append(ChangeKind.RENAMED)
    if not finding.is_empty:
        kinds.append(ChangeKind.CHANGED)
    return tuple(kinds)
