"""What the configured mapping says about whole assets: which connections are one, and which names stand where the
mapping does not want them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exporter.diff.changes import DiffWarning, StepPlace, WarningKind
from exporter.diff.equivalence import Equivalence, Stranger, Terms
from exporter.diff.noise import RECIPE_COSMETIC, RECIPE_NOISE, STEP_COSMETIC, STEP_NOISE, STEP_SCHEMAS, plain_provider
from exporter.diff.pairing import AssetPair
from exporter.diff.places import step_place
from exporter.diff.scope import stem_of
from exporter.errors import RecipeFormatError
from exporter.recipe.datapill import split_text
from exporter.recipe.headline import Headlines
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue, Recipe, Step
from exporter.recipe.parse import parse_recipe
from exporter.snapshot import Asset, AssetKind

# Texts about a step, and texts that Workato writes, bring nothing of another environment into this one.
_UNREAD_STEP_KEYS = STEP_NOISE | STEP_SCHEMAS | STEP_COSMETIC
_UNREAD_RECIPE_KEYS = RECIPE_NOISE | RECIPE_COSMETIC | {"name"}


@dataclass(frozen=True, slots=True)
class _Contents:
    """What one side of an asset says: its name, its connections by provider, its texts with their steps."""

    name: str
    connections: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, Step | None], ...] = ()
    recipe: Recipe | None = None


def find_against_mapping(pair: AssetPair, equivalence: Equivalence) -> list[DiffWarning]:
    """What the asset has against the mapping: a name in SOURCE that is not the source's, and a name of the source
    that stands in TARGET already, at a place that promoting leaves as it is. In the order of the recipe,
    connections first."""
    if pair.after is None:
        return []
    before = _contents(pair.before) if pair.before else _Contents("")
    report = _Report(pair.after, _contents(pair.after), equivalence)
    report.read_connections(before)
    report.read_texts(before)
    return report.warnings


def pair_connections(before: Iterable[Asset], after: Iterable[Asset], equivalence: Equivalence) -> list[AssetPair]:
    """The connections that are one by the mapping, though each side keeps its own in a file of its own name. Only
    connections without a file of that path on the other side are loaded."""
    if not equivalence.connections:
        return []
    one, other = (
        {asset.path: asset for asset in side if asset.kind is AssetKind.CONNECTION} for side in (before, after)
    )
    named: dict[tuple[str, str, str], Asset] = {}
    for asset in (asset for path, asset in one.items() if path not in other):
        name, is_mapped = equivalence.terms(is_source=False).connection(_contents(asset).name)
        if is_mapped:
            named[asset.project, asset.folder, name] = asset
    pairs = []
    for asset in (asset for path, asset in other.items() if path not in one):
        name, is_mapped = equivalence.terms(is_source=True).connection(_contents(asset).name)
        counterpart = named.pop((asset.project, asset.folder, name), None) if is_mapped else None
        if counterpart is not None:
            pairs.append(AssetPair(counterpart, asset))
    return pairs


class _Report:
    def __init__(self, asset: Asset, contents: _Contents, equivalence: Equivalence):
        self._asset, self._contents, self._equivalence = asset, contents, equivalence
        self.warnings: list[DiffWarning] = []

    def read_connections(self, before: _Contents) -> None:
        for provider, name in self._contents.connections:
            stranger = self._equivalence.stranger(name, is_connection=True)
            verb = f"{self._equivalence.source} uses"
            if stranger is None and (provider, name) in before.connections:
                stranger = self._equivalence.leftover(name, is_connection=True)
                verb = f"{self._equivalence.target} already uses"
            if stranger is not None:
                self._warn(stranger, f"{verb} the connection", f" for {provider}", None)

    def read_texts(self, before: _Contents) -> None:
        terms = self._equivalence.terms(is_source=True)
        if not terms.known:
            return
        strangers: dict[Stranger, Step | None] = {}
        leftovers: dict[Stranger, Step | None] = {}
        staying = {text for text, _ in before.texts}
        for text, step in self._contents.texts:
            for name in _mapped_names(text, terms):
                if stranger := self._equivalence.stranger(name, is_connection=False):
                    strangers.setdefault(stranger, step)
                elif text in staying and (leftover := self._equivalence.leftover(name, is_connection=False)):
                    leftovers.setdefault(leftover, step)
        for verb, found in (
            (f"{self._equivalence.source} has", strangers),
            (f"{self._equivalence.target} already has", leftovers),
        ):
            for stranger, step in found.items():
                self._warn(stranger, verb, "", self._place(step))

    def _place(self, step: Step | None) -> StepPlace | None:
        if step is None or self._contents.recipe is None:
            return None
        return step_place(step, Headlines(self._contents.recipe))

    def _warn(self, stranger: Stranger, verb: str, purpose: str, place: StepPlace | None) -> None:
        """The text leaves out which asset and step it is, so that one name in a hundred recipes is told once."""
        homes = " and ".join(stranger.homes)
        meant = ", ".join(f"'{name}' in {environment}" for environment, name in stranger.meant)
        text = f"{verb} '{stranger.name}'{purpose}, which belongs to {homes}. Meant: {meant}."
        self.warnings.append(DiffWarning(WarningKind.AGAINST_MAPPING, text, self._asset.path, place, is_severe=True))


def _contents(asset: Asset) -> _Contents:
    content = asset.content
    if asset.kind is AssetKind.RECIPE:
        try:
            return _recipe_contents(parse_recipe(content), asset)
        except RecipeFormatError:
            pass  # read as plain JSON below, as the comparison does
    try:
        document: JsonValue = parse_json(content) if asset.path.endswith(".json") else content.decode("utf-8")
    except (RecipeFormatError, UnicodeDecodeError):
        return _Contents(stem_of(asset.path))
    name = document.get("name") if isinstance(document, dict) else None
    return _Contents(
        name=name if isinstance(name, str) and name.strip() else stem_of(asset.path),
        texts=tuple((text, None) for text in _strings(document)),
    )


def _recipe_contents(recipe: Recipe, asset: Asset) -> _Contents:
    texts: list[tuple[str, Step | None]] = []
    for key, value in recipe.settings.items():
        if key not in _UNREAD_RECIPE_KEYS:
            texts.extend((text, None) for text in _strings(value))
    for step in recipe.steps():
        for key, value in step.raw.items():
            if key not in _UNREAD_STEP_KEYS:
                texts.extend((text, step) for text in _strings(value))
    used = dict.fromkeys((plain_provider(entry.provider), entry.name) for entry in recipe.connections if entry.name)
    return _Contents(recipe.name or stem_of(asset.path), tuple(used), tuple(texts), recipe)


def _strings(value: JsonValue) -> Iterator[str]:
    """All strings in a value, keys of objects not among them, in their order."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            pending.extend(reversed(item))


def _mapped_names(text: str, terms: Terms) -> Iterable[str]:
    """The mapped names in the literal parts of a text, each once."""
    if not any(name in text for name in terms.known):
        return ()
    found: dict[str, None] = {}
    for part in split_text(text):
        if isinstance(part, str):
            found.update((known.name, None) for known in terms.split(part) if not isinstance(known, str))
    return tuple(found)
