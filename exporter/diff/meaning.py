"""What a value in a recipe means, so that two exports of one thing read the same.

A `Reader` turns each scalar of one side into a canonical text: datapills in one notation and by the step they
mean instead of its alias, connector slugs without workspace and time, references without the folder they happen
to be exported from. Everything else keeps its very characters; every scalar says its type, since 1, true, "1" and
1.0 are four different values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from exporter.diff.align import Alignment
from exporter.diff.equivalence import NO_EQUIVALENCE, NO_TERMS, Equivalence, Terms
from exporter.diff.noise import connector_slug, plain_provider
from exporter.recipe.datapill import Join, PathElement, PathStep, Pill, PillKind, canonical_text, split_text
from exporter.recipe.model import JsonValue, Recipe, Step

# Begins everything that is no literal text; a literal one is doubled, so no text can pretend to be a pill.
MARK = "\ue000"

_PROPERTIES = (PillKind.ACCOUNT_PROPERTY, PillKind.PROJECT_PROPERTY, PillKind.PROPERTY)
_REFERENCE_PLACE = frozenset({"folder", "folder_full_path"})
FileTarget: TypeAlias = Callable[[str], str]


def file_name(zip_name: str) -> str:
    """The last part of the place that a reference gives."""
    return zip_name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rest of the two snapshots says about a pair of files.

    `targets` say, for the target's side and the source's, what a `zip_name` means: the file's name if no other asset
    has it, else as much of its place as tells it from the others. `are_two_environments`: ids that Workato gives out
    differ between them by themselves. `equivalence` says what is meant to differ between the two.
    """

    targets: tuple[FileTarget, FileTarget] = (file_name, file_name)
    are_two_environments: bool = False
    equivalence: Equivalence = NO_EQUIVALENCE

    def terms(self) -> tuple[Terms, Terms]:
        """How the target (before) and the source (after) speak."""
        if not self.equivalence:
            return NO_TERMS, NO_TERMS
        return self.equivalence.terms(is_source=False), self.equivalence.terms(is_source=True)


ALONE = Surroundings()


def scalar_text(value: None | bool | int | Decimal) -> str:
    """The canonical text of a scalar that is no string."""
    if value is None or isinstance(value, bool):
        return f"{MARK}{value}"
    return f"{MARK}{'number' if isinstance(value, Decimal) else 'int'} {value}"


def literal_text(value: str) -> str:
    """The canonical text of a string without any meaning beside its characters."""
    return value.replace(MARK, MARK + MARK)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the values of one side.

    `steps` maps an alias to the identity of the step that it means on this side, `uuids` the uuid of a step to the
    same; `slugs` a connector slug to the name by which both sides know it. `target` says which file a `zip_name`
    means. `terms` are this side's names for what is meant to differ.
    """

    steps: Mapping[str, str]
    uuids: Mapping[str, str]
    providers: Mapping[str, frozenset[str]]
    slugs: Mapping[str, str]
    target: FileTarget = file_name
    terms: Terms = NO_TERMS

    def as_written(self) -> Reader:
        """A reader to which every mapped name is only what it says."""
        return replace(self, terms=NO_TERMS)

    def scalar(self, value: None | bool | int | Decimal | str, *, folds_properties: bool = False) -> str:
        """The canonical text of a scalar. With `folds_properties` the two stores of properties count as one, as
        they do in the older notation, which does not say which is meant."""
        if not isinstance(value, str):
            return scalar_text(value)
        if value in self.slugs:
            return f"{MARK}provider {self.slugs[value]}"
        return "".join(
            self.literal(part) if isinstance(part, str) else MARK + self.pill(part, folds_properties=folds_properties)
            for part in split_text(value)
        )

    def literal(self, text: str) -> str:
        """The canonical text of characters without datapills: themselves, but for this side's mapped names."""
        if not self.terms:
            return literal_text(text)
        return "".join(
            literal_text(part)
            if isinstance(part, str)
            else literal_text(part.name)
            if part.meant is None
            else f"{MARK}mapped {len(part.meant)}'{part.meant}"
            for part in self.terms.split(text)
        )

    def provider(self, provider: str) -> str:
        return self.slugs.get(provider, provider)

    def pill(self, pill: Pill, *, folds_properties: bool = False) -> str:
        """One text for all notations of a pill. The provider counts only where the step has it on neither side: that
        a step got another one is said once at the step."""
        step = self.steps.get(pill.line, f"?{pill.line}") if pill.line else ""
        provider = self.provider(pill.provider)
        if {provider, pill.provider} & self.providers.get(pill.line, frozenset()):
            provider = ""
        kind = PillKind.PROPERTY if folds_properties and pill.kind in _PROPERTIES else pill.kind
        return canonical_text([kind, provider, step, [_path_element(element) for element in pill.path], pill.extra])

    def variable_reference(self, text: str) -> str:
        """The `name` of a variable action, "<uuid>:<alias>:<variable>[:…]", by the step that declares it."""
        parts = text.split(":")
        read: list[str] = []
        place = 0
        while place < len(parts):
            identity = self.uuids.get(parts[place])
            if identity is not None and place + 1 < len(parts) and self.steps.get(parts[place + 1]) == identity:
                read.append(f"{MARK}step {identity}")
                place += 2
            else:
                read.append(literal_text(parts[place]))
                place += 1
        return ":".join(read)

    def reference(self, value: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """A reference to another asset without the folder that it was exported from, if the file's name alone says
        which one is meant."""
        zip_name = value.get("zip_name")
        if not isinstance(zip_name, str):
            return dict(value)
        plain: dict[str, JsonValue] = {key: item for key, item in value.items() if key not in _REFERENCE_PLACE}
        plain["zip_name"] = self.target(zip_name)
        name = value.get("name")
        if isinstance(name, str):
            plain["name"] = " ".join(name.split())
        return plain


def names_property(text: str) -> bool:
    """Whether a canonical text holds a property in the older notation, which does not say from which store."""
    return f'{MARK}["{PillKind.PROPERTY}",' in text


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side gives to the readers of both: its steps by alias, their identities, its slugs."""

    steps: tuple[Step, ...]
    by_alias: Mapping[str, Step]
    by_uuid: Mapping[str, Step]
    identities: Mapping[int, str]
    slugs: Mapping[str, str]

    def provider(self, step: Step) -> str:
        return self.slugs.get(step.provider, step.provider) or step.keyword


def readers_of(
    before: Recipe, after: Recipe, alignment: Alignment, surroundings: Surroundings = ALONE
) -> tuple[Reader, Reader]:
    """The readers of the two sides of one recipe."""
    slugs_before, slugs_after = common_slugs(_providers(before), _providers(after))
    one = _side(alignment.before, _identities(alignment, is_after=False), slugs_before)
    other = _side(alignment.after, _identities(alignment, is_after=True), slugs_after)
    terms_before, terms_after = surroundings.terms()
    return (
        _reader(one, other, surroundings.targets[0], terms_before),
        _reader(other, one, surroundings.targets[1], terms_after),
    )


def _reader(own: _Side, other: _Side, target: FileTarget, terms: Terms) -> Reader:
    steps: dict[str, str] = {}
    providers: dict[str, frozenset[str]] = {}
    by_identity = {other.identities[step.number]: other.provider(step) for step in other.steps}
    for alias, step in other.by_alias.items():
        identity = other.identities[step.number]
        # A pill to a step that only the other side has dangles here. It means what it meant there: that the step
        # is gone, or new, is said once at the step and not again at each of its pills.
        if "-" in identity:
            steps[alias] = identity
            providers[alias] = frozenset({other.provider(step)})
    for alias, step in own.by_alias.items():
        steps[alias] = identity = own.identities[step.number]
        providers[alias] = frozenset({own.provider(step), by_identity.get(identity, own.provider(step))})
    uuids = {
        uuid: identity for uuid, step in other.by_uuid.items() if "-" in (identity := other.identities[step.number])
    }
    uuids |= {uuid: own.identities[step.number] for uuid, step in own.by_uuid.items()}
    return Reader(steps, uuids, providers, own.slugs, target, terms)


def common_slugs(before: Iterable[str], after: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """For each side: slug -> the name by which a connector is known on both.

    Two connectors that one side tells apart by their slugs alone stay apart, and so do two of one workspace: there
    a slug that differs is another connector, not the same one in another environment.
    """
    sides = ({p for p in before if connector_slug(p)}, {p for p in after if connector_slug(p)})
    by_base: dict[str, list[set[tuple[str, str]]]] = {}
    for place, slugs in enumerate(sides):
        for slug in slugs:
            base, workspace, made = connector_slug(slug) or ("", "", "")
            by_base.setdefault(base, [set(), set()])[place].add((workspace, made))
    told_apart = {
        base
        for base, (one, other) in by_base.items()
        if len(one) > 1 or len(other) > 1 or (one != other and {w for w, _ in one} & {w for w, _ in other})
    }
    named = [
        {slug: plain_provider(slug) for slug in slugs if plain_provider(slug) not in told_apart} for slugs in sides
    ]
    return named[0], named[1]


def _providers(recipe: Recipe) -> set[str]:
    return {step.provider for step in recipe.trigger.walk()} | {entry.provider for entry in recipe.connections}


def _side(steps: tuple[Step, ...], identities: Mapping[int, str], slugs: Mapping[str, str]) -> _Side:
    # A copied step that kept its alias or uuid takes nothing away from the step that both sides have.
    shared_first = sorted(steps, key=lambda step: "-" in identities[step.number])
    by_alias: dict[str, Step] = {}
    by_uuid: dict[str, Step] = {}
    for step in shared_first:
        by_alias.setdefault(step.alias, step)
        by_uuid.setdefault(step.uuid, step)
    by_alias.pop("", None)
    by_uuid.pop("", None)
    return _Side(steps, by_alias, by_uuid, identities, slugs)


def _identities(alignment: Alignment, *, is_after: bool) -> dict[int, str]:
    """A name for each step that both sides share: its numbers before and after, "-" where it is missing."""
    if is_after:
        return {step.number: f"{alignment.before_of.get(step.number, '-')}:{step.number}" for step in alignment.after}
    return {step.number: f"{step.number}:{alignment.after_of.get(step.number, '-')}" for step in alignment.before}


def _path_element(element: PathElement) -> JsonValue:
    if isinstance(element, Join):
        return {"join": element.key}
    if isinstance(element, PathStep):
        return {"step": str(element)}
    return element
