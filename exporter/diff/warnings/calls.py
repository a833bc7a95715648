"""Who uses what changes: changed recipes that call changed ones, and users that the diff does not touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from exporter.diff.changes import AssetChange, ChangeKind, DiffWarning, WarningKind
from exporter.diff.documents import document_of
from exporter.diff.references import base_name, may_refer
from exporter.diff.scope import stem_of
from exporter.diff.snapshots import has_logic
from exporter.diff.warnings.missing import REFERRED_KINDS, AssetNeed
from exporter.diff.warnings.scene import Scene
from exporter.diff.warnings.words import MAX_NAMED, Spot, capitalised, common_place, doing, listed, plain, quoted
from exporter.snapshot import ASSET_KIND_NAMES, Asset, AssetKind

_USED_KINDS = {AssetKind.RECIPE: WarningKind.CALLED_BY, AssetKind.CONNECTION: WarningKind.MISSING_CONNECTION}

# For each blob of these assets what `scan_mentions` finds in it.
Mentions = Callable[[Sequence[Asset]], Mapping[str, Sequence[str]]]
# What a promotion of the whole asset would change; None if nothing.
Comparer = Callable[[Asset, Asset], AssetChange | None]


def find_changed_calls(scene: Scene, needs: Iterable[AssetNeed], compare: Comparer) -> Iterator[DiffWarning]:
    """One warning for each recipe that changed recipes call and whose parameters or results differ: in this diff, or
    outside the scope that was asked for."""
    groups: dict[str, list[Spot]] = {}
    for need in needs:
        if need.reference.kind is AssetKind.RECIPE:
            path = scene.in_source.find(need.project, need.reference.zip_name)
            if path is not None and path != need.spot.path:
                groups.setdefault(path, []).append(need.spot)
    for path, spots in groups.items():
        change = scene.change_of(path)
        if change is not None:
            if change.has_contract_change and ChangeKind.ADDED not in change.kinds:
                yield _call_warning(spots, change.name, is_in_diff=True, is_contract=True)
        elif scene.diff.only and scene.is_source_whole and scene.is_target_whole:
            yield from _out_of_scope(scene, path, spots, compare)


def _out_of_scope(scene: Scene, path: str, spots: list[Spot], compare: Comparer) -> Iterator[DiffWarning]:
    after, before = scene.source.assets[path], scene.target.assets.get(path)
    change = compare(before, after) if before is not None and before.blob != after.blob else None
    if change is not None and has_logic(change):
        yield _call_warning(spots, change.name, is_in_diff=False, is_contract=change.has_contract_change)


def _call_warning(spots: Sequence[Spot], name: str, *, is_in_diff: bool, is_contract: bool) -> DiffWarning:
    called = f"{doing(spots, 'calls', 'call')} {quoted(name)}"
    if is_in_diff:
        text = f"{called}, whose parameters or results change in this diff too; check that the two still fit."
    elif is_contract:
        text = f"{called}, whose parameters or results differ too, outside of this diff; promote the two together."
    else:
        text = f"{called}, which differs too and is no part of this diff; see whether it must come along."
    is_severe = is_contract and not is_in_diff
    return DiffWarning(WarningKind.CALLS_CHANGED, text, *common_place(spots), is_severe=is_severe)


def find_callers(scene: Scene, mentions: Mentions) -> Iterator[DiffWarning]:
    """One warning for each asset that is gone, or changes for those who use it, with the users in the target that the
    diff does not touch. Looks at the target's other assets only if the diff holds such a change."""
    wanted = {
        change.path_before: change
        for change in scene.diff.changes
        if change.path_before is not None and _matters_to_others(change)
    }
    if not wanted or not scene.is_target_whole:
        return
    touched = {change.path_before for change in scene.diff.changes}
    others = [asset for path, asset in scene.target.assets.items() if path not in touched and may_refer(path)]
    found = _callers(scene, wanted.keys(), others, mentions(others))
    for path, change in wanted.items():
        if path in found:
            yield _caller_warning(scene, change, found[path])


def _matters_to_others(change: AssetChange) -> bool:
    if change.asset_kind is not AssetKind.RECIPE:
        return ChangeKind.REMOVED in change.kinds and change.asset_kind in REFERRED_KINDS
    return change.has_contract_change or ChangeKind.REMOVED in change.kinds or ChangeKind.RENAMED in change.kinds


def _callers(
    scene: Scene, callees: Iterable[str], others: Sequence[Asset], mentions: Mapping[str, Sequence[str]]
) -> dict[str, list[Asset]]:
    wanted = frozenset(callees)
    bases = {base_name(path) for path in wanted}
    found: dict[str, dict[str, Asset]] = {}
    for asset in others:
        for mention in mentions.get(asset.blob, ()):
            if not mention.startswith("#") and base_name(mention) not in bases:
                continue
            path = scene.in_target.find_mention(asset.project, mention)
            if path is not None and path in wanted:
                found.setdefault(path, {})[asset.path] = asset
    return {path: list(callers.values()) for path, callers in found.items()}


def _caller_warning(scene: Scene, change: AssetChange, callers: Sequence[Asset]) -> DiffWarning:
    named = [_name(asset) for asset in callers[:MAX_NAMED]] + [asset.path for asset in callers[MAX_NAMED:]]
    who = f"{listed(named)} in {plain(scene.diff.target.label)}"
    is_one, is_removed = len(callers) == 1, ChangeKind.REMOVED in change.kinds
    verb, thing = ("calls" if is_one else "call"), quoted(change.name)
    if change.asset_kind is not AssetKind.RECIPE:
        verb, thing = ("uses" if is_one else "use"), f"the {ASSET_KIND_NAMES[change.asset_kind]} {thing}"
    they, are, s = ("it", "is", "s") if is_one else ("they", "are", "")
    if is_removed:
        text = f"{who} still {verb} {thing}, which this diff removes; change {'it' if is_one else 'them'} first."
    elif change.has_contract_change:
        text = (
            f"{who} {verb} {thing}, whose parameters or results change, and {are} no part of this diff; check that"
            f" {they} still fit{s}."
        )
    else:
        text = (
            f"{who} {verb} {thing} by the name that it had, and {are} no part of this diff; see that {they} find{s}"
            " the renamed one."
        )
    kind = _USED_KINDS.get(change.asset_kind, WarningKind.MISSING_REFERENCE)
    return DiffWarning(kind, capitalised(text), change.path, is_severe=is_removed)


def _name(asset: Asset) -> str:
    """ "'Send reminder'" for a recipe, "the API endpoint 'Get order'" for another kind."""
    given = document_of(asset).get("name")
    name = given if isinstance(given, str) and given else stem_of(asset.path)
    if asset.kind is AssetKind.RECIPE:
        return quoted(name)
    return f"the {ASSET_KIND_NAMES[asset.kind]} {quoted(name)}"
