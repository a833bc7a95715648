"""What the target would lack after a promotion: assets, connections, properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from exporter.diff.changes import ChangeKind, DiffWarning, WarningKind
from exporter.diff.documents import document_of
from exporter.diff.noise import connector_slug
from exporter.diff.references import Reference, base_name, file_stem
from exporter.diff.warnings.recipe import LOOKUP_KEY
from exporter.diff.warnings.scene import Fate, Scene
from exporter.diff.warnings.words import Spot, capitalised, common_place, doing, plain, quoted, users
from exporter.recipe.datapill import PillKind
from exporter.snapshot import ASSET_KIND_NAMES, HOME, AssetKind, Snapshot

# The kinds that other assets refer to.
REFERRED_KINDS = frozenset(
    {
        AssetKind.RECIPE,
        AssetKind.CONNECTION,
        AssetKind.CUSTOM_CONNECTOR,
        AssetKind.LOOKUP_TABLE,
        AssetKind.DATA_TABLE,
        AssetKind.API_GROUP,
        AssetKind.API_ENDPOINT,
        AssetKind.SCHEMA,
        AssetKind.TEMPLATE,
        AssetKind.TOPIC,
        AssetKind.APP,
        AssetKind.PAGE,
        AssetKind.GENIE,
        AssetKind.SKILL,
        AssetKind.KNOWLEDGE_BASE,
        AssetKind.MCP_SERVER,
        AssetKind.DECISION_MODEL,
    }
)
# An import knows a connection by its name: under another one it makes a second.
_NEW_NAME = frozenset({ChangeKind.ADDED, ChangeKind.RENAMED})
_CALL_KEY = "flow_id"
_VERBS = {_CALL_KEY: ("calls", "call"), LOOKUP_KEY: ("looks into", "look into")}


@dataclass(frozen=True, slots=True)
class AssetNeed:
    """A changed asset refers to another. `spot` says where, for messages."""

    project: str
    spot: Spot
    reference: Reference


@dataclass(frozen=True, slots=True)
class ConnectionNeed:
    """A changed recipe uses a connection for a provider."""

    project: str
    spot: Spot
    provider: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class PropertyNeed:
    """A step of a changed recipe reads a property."""

    project: str
    spot: Spot
    kind: PillKind
    name: str


def find_missing_assets(scene: Scene, needs: Iterable[AssetNeed]) -> Iterator[DiffWarning]:
    """One warning for each asset that the target would lack, naming all who refer to it."""
    groups: dict[tuple[Fate, str], list[AssetNeed]] = {}
    for need in needs:
        finding = scene.find(need.project, need.reference)
        if finding.fate is not Fate.THERE:
            groups.setdefault((finding.fate, finding.path or base_name(need.reference.zip_name)), []).append(need)
    for (fate, _), group in groups.items():
        is_call = fate is Fate.REMOVED and group[0].reference.kind is AssetKind.RECIPE
        kind = WarningKind.CALLS_CHANGED if is_call else WarningKind.MISSING_REFERENCE
        place = common_place(need.spot for need in group)
        yield DiffWarning(kind, _asset_text(scene, fate, group), *place, is_severe=True)


def _asset_text(scene: Scene, fate: Fate, group: list[AssetNeed]) -> str:
    reference = group[0].reference
    fates = {
        Fate.LEFT_BEHIND: f"which {_target(scene)} lacks; promote it first",
        Fate.REMOVED: "which this diff removes; keep it, or change the reference",
        Fate.NOWHERE: f"which {_source(scene)} and {_target(scene)} both lack; promote it first, or correct the"
        " reference",
    }
    one, many = _VERBS.get(reference.key, ("uses", "use"))
    return f"{doing((need.spot for need in group), one, many)} {_thing(reference)}, {fates[fate]}."


def _thing(reference: Reference) -> str:
    """ "'Log an error'" for a recipe that is called, "the lookup table 'Tax codes'" for all else."""
    if reference.key == _CALL_KEY:
        return quoted(reference.title)
    return f"the {ASSET_KIND_NAMES[reference.kind]} {quoted(reference.title)}"


def find_missing_connections(scene: Scene, needs: Iterable[ConnectionNeed]) -> Iterator[DiffWarning]:
    """One warning for each connection that the target lacks, or has for another application."""
    if not scene.is_target_whole:
        return
    terms = scene.equivalence.terms(is_source=True)
    groups: dict[tuple[Fate, str], list[ConnectionNeed]] = {}
    meant: dict[str, list[ConnectionNeed]] = {}
    for need in needs:
        name, is_mapped = terms.connection(need.reference.name)
        if is_mapped:
            meant.setdefault(name, []).append(need)
            continue
        finding = scene.find(need.project, need.reference)
        change = scene.change_of(finding.path)
        if finding.fate is not Fate.THERE:
            groups.setdefault((finding.fate, finding.path or base_name(need.reference.zip_name)), []).append(need)
        elif change is not None and finding.path is not None and _NEW_NAME & {*change.kinds}:
            groups.setdefault((Fate.THERE, finding.path), []).append(need)
        elif finding.path in scene.target.assets and change is None:
            yield from _other_provider(scene, need, finding.path)
    for (fate, place), group in groups.items():
        yield _connection_warning(scene, fate, place, group)
    for name, group in meant.items():
        yield from _counterpart(scene, name, group)


def _counterpart(scene: Scene, name: str, group: list[ConnectionNeed]) -> Iterator[DiffWarning]:
    """The connection that the configured mapping gives the target instead of the source's."""
    first = group[0]
    file = f"{file_stem(name)}.connection.json"
    if scene.in_target.find(first.project, file) is None and scene.in_target.can_tell(first.project, file):
        text = (
            f"{doing((need.spot for need in group), 'uses', 'use')} the connection {quoted(first.reference.title)},"
            f" which the mapping calls {quoted(name)} in {_target(scene)}, and that is missing there; make it and"
            " connect it first."
        )
        place = common_place(need.spot for need in group)
        yield DiffWarning(WarningKind.MISSING_CONNECTION, text, *place, is_severe=True)


def _connection_warning(scene: Scene, fate: Fate, place: str, group: list[ConnectionNeed]) -> DiffWarning:
    name, target = quoted(group[0].reference.title), _target(scene)
    if fate is Fate.THERE:
        who = users(need.spot for need in group)
        text = (
            f"The connection {name} is new in {target} and arrives there without credentials; connect it by hand"
            f" before {who} can run."
        )
        return DiffWarning(WarningKind.MISSING_CONNECTION, text, place)
    who = doing((need.spot for need in group), "uses", "use")
    if fate is Fate.REMOVED:
        text = f"{who} the connection {name}, which this diff removes; keep it, or choose another one."
    elif fate is Fate.LEFT_BEHIND:
        text = f"{who} the connection {name}, which {target} lacks; make it there and connect it first."
    else:
        text = f"{who} the connection {name}, which {_source(scene)} and {target} both lack; choose another one."
    where = common_place(need.spot for need in group)
    return DiffWarning(WarningKind.MISSING_CONNECTION, text, *where, is_severe=True)


def _other_provider(scene: Scene, need: ConnectionNeed, path: str | None) -> Iterator[DiffWarning]:
    """Compares names of built-in applications only: those of custom connectors differ in each environment."""
    wanted = need.provider.removesuffix("_secondary")
    found = _connection_provider(scene.target, path)
    if not found or connector_slug(wanted) or connector_slug(found) or found == wanted:
        return
    if _connection_provider(scene.source, scene.in_source.find(need.project, need.reference.zip_name)) == found:
        return  # it works in the source as it is: the two names mean one application
    text = (
        f"{users([need.spot])} uses the connection {quoted(need.reference.title)} for {quoted(wanted)};"
        f" in {_target(scene)} it is one for {quoted(found)}. Choose another connection."
    )
    yield DiffWarning(WarningKind.MISSING_CONNECTION, text, need.spot.path, is_severe=True)


def _connection_provider(snapshot: Snapshot, path: str | None) -> str:
    asset = snapshot.assets.get(path) if path is not None else None
    provider = document_of(asset).get("provider") if asset is not None else None
    return provider.removesuffix("_secondary") if isinstance(provider, str) else ""


def find_missing_properties(scene: Scene, needs: Sequence[PropertyNeed]) -> Iterator[DiffWarning]:
    """One warning for each property that the target lacks, or gets without its value."""
    if not needs or not scene.is_target_whole:
        return
    stores = _Stores(scene.source), _Stores(scene.target)
    groups: dict[tuple[str, str], list[PropertyNeed]] = {}
    for need in needs:
        if need.name not in stores[1].names(need.project):
            groups.setdefault((need.project if stores[0].owns(need) else HOME, need.name), []).append(need)
    for group in groups.values():
        warning = _property_warning(scene, stores[0], stores[1], group)
        if warning is not None:
            yield warning


def _property_warning(scene: Scene, source: _Stores, target: _Stores, group: list[PropertyNeed]) -> DiffWarning | None:
    need = group[0]
    store = "account" if need.kind is PillKind.ACCOUNT_PROPERTY or not source.owns(need) else "project"
    store = "project" if need.kind is PillKind.PROJECT_PROPERTY else store
    thing = f"the {store} property {quoted(need.name)}"
    file = source.file_of(need)
    if file is not None and file in scene.arriving:
        who = users(item.spot for item in group)
        text = f"{capitalised(thing)} arrives in {_target(scene)} without a value; set it there before {who} can run."
        return DiffWarning(WarningKind.MISSING_PROPERTY, text, file)
    if not scene.in_target.was_read(need.project) or not scene.in_target.was_read(HOME):
        return None
    if file is None and not target.is_kept(need):
        return None  # an export without the file says nothing about properties
    lack = f"{_target(scene)} lacks" if file is not None else f"{_source(scene)} and {_target(scene)} both lack"
    who = doing((item.spot for item in group), "reads", "read")
    text = f"{who} {thing}, which {lack}; add it there with its value first."
    place = common_place(item.spot for item in group)
    return DiffWarning(WarningKind.MISSING_PROPERTY, text, *place, is_severe=True)


class _Stores:
    """The names of the properties of one environment, by project; HOME for those of the account."""

    def __init__(self, snapshot: Snapshot):
        self._names: dict[str, dict[str, str]] = {}  # project -> name -> file
        self._has_file: set[str] = set()
        for path, asset in snapshot.assets.items():
            if path.endswith((".properties.json", ".project_properties.json")):
                is_account = asset.kind is AssetKind.ACCOUNT_PROPERTIES
                document = document_of(asset)
                data = document if is_account else document.get("data")
                project = HOME if is_account else asset.project
                self._has_file.add(project)
                self._names.setdefault(project, {}).update(dict.fromkeys(data if isinstance(data, dict) else (), path))

    def names(self, project: str) -> frozenset[str]:
        """What a recipe of the project can read: the project's and the account's. An older datapill does not say
        which of the two it means."""
        return frozenset(self._names.get(project, ())) | frozenset(self._names.get(HOME, ()))

    def owns(self, need: PropertyNeed) -> bool:
        return need.name in self._names.get(need.project, ()) and need.project != HOME

    def file_of(self, need: PropertyNeed) -> str | None:
        """The properties file that has the name, the project's first."""
        return self._names.get(need.project, {}).get(need.name) or self._names.get(HOME, {}).get(need.name)

    def is_kept(self, need: PropertyNeed) -> bool:
        """Whether the properties among which the name should be were exported at all."""
        if need.kind is PillKind.PROPERTY:
            return {need.project, HOME} <= self._has_file
        return (HOME if need.kind is PillKind.ACCOUNT_PROPERTY else need.project) in self._has_file


def _source(scene: Scene) -> str:
    return plain(scene.diff.source.label)


def _target(scene: Scene) -> str:
    return plain(scene.diff.target.label)
