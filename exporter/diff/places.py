"""A step as a reader finds it in Workato."""

from __future__ import annotations

from exporter.diff.changes import StepPlace
from exporter.recipe.headline import Headlines
from exporter.recipe.model import Step


def step_place(step: Step, headlines: Headlines) -> StepPlace:
    """The place of a step in the recipe that the headlines are of."""
    return StepPlace(
        number=step.number,
        depth=step.depth,
        keyword=step.keyword,
        provider=step.provider,
        headline=headlines.headline(step),
        blocks=headlines.blocks(step),
        uuid=step.uuid,
        is_skipped=step.is_skipped,
    )
