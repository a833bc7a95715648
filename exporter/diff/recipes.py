"""Compare two versions of one recipe."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.diff.align import Alignment, align_steps
from exporter.diff.changes import ConnectionSwitch, FieldChange, StepChange
from exporter.diff.contract import changes_contract
from exporter.diff.meaning import ALONE, Surroundings, readers_of
from exporter.diff.settings import compare_connections, compare_settings
from exporter.diff.steps import StepComparison
from exporter.diff.structure import compare_structure
from exporter.diff.values import ValueComparison
from exporter.recipe.headline import Headlines
from exporter.recipe.model import JsonValue, Recipe, Step


@dataclass(frozen=True, slots=True)
class RecipeComparison:
    """What differs between two versions of a recipe, and the canonical material for its digest."""

    connections: tuple[ConnectionSwitch, ...]
    steps: tuple[StepChange, ...]
    settings: tuple[FieldChange, ...]
    steps_unchanged: int
    is_rewritten: bool
    has_contract_change: bool
    material: JsonValue

    @property
    def is_empty(self) -> bool:
        return not (self.connections or self.steps or self.settings)


def compare_recipes(before: Recipe, after: Recipe, *, surroundings: Surroundings = ALONE) -> RecipeComparison:
    """What differs in meaning."""
    return _compare(before, after, align_steps(before, after), surroundings)


def list_recipe(recipe: Recipe, *, surroundings: Surroundings = ALONE) -> RecipeComparison:
    """A recipe that is on one side only, as additions."""
    return _compare(_NO_RECIPE, recipe, Alignment((), recipe.steps(), {}, {}, is_rewritten=False), surroundings)


def _compare(before: Recipe, after: Recipe, alignment: Alignment, surroundings: Surroundings) -> RecipeComparison:
    readers = readers_of(before, after, alignment, surroundings)
    headlines = Headlines(before), Headlines(after)
    connections = compare_connections(before.connections, after.connections, readers, surroundings.equivalence)
    settings = compare_settings(before, after, ValueComparison(*readers), readers, headlines)
    records = StepComparison(alignment, compare_structure(alignment), readers, headlines, surroundings).records()
    steps = tuple(record.change for record in records)
    touched = sum(change.before is not None and change.after is not None for change in steps)
    return RecipeComparison(
        connections=connections,
        steps=steps,
        settings=tuple(field for field, _ in settings),
        steps_unchanged=len(alignment.before_of) - touched,
        is_rewritten=alignment.is_rewritten,
        has_contract_change=changes_contract(before.trigger, after.trigger, steps),
        material=[
            [[switch.provider, switch.before, switch.after] for switch in connections],
            [[[*change.path], change.meaning_before, change.meaning_after] for _, change in settings],
            [record.material for record in records],
        ],
    )


_NO_RECIPE = Recipe(
    name="",
    trigger=Step(keyword="", provider="", name="", uuid="", alias="", number=1, depth=0, raw={}),
    connections=(),
    settings={},
)
