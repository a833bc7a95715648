"""Which steps of a changed recipe are shown, and what stands in for the others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from exporter.diff.changes import AssetChange, ChangeClass, FieldChange, StepChange
from exporter.render.tally import count, steps_words


@dataclass(frozen=True, slots=True)
class Fold:
    """Stands for steps that are not shown: so many unchanged, with refreshed field lists only, with other looks."""

    unchanged: int
    refreshed: tuple[StepChange, ...] = ()
    cosmetic: int = 0

    def text(self) -> str:
        """ "12 steps unchanged, field lists refreshed in steps 4 and 7, 1 step with changed looks only"."""
        parts = [f"{count(self.unchanged, 'step')} unchanged"] if self.unchanged else []
        if self.refreshed:
            parts.append(f"field lists refreshed in {steps_words([step.place.number for step in self.refreshed])}")
        if self.cosmetic:
            parts.append(f"{count(self.cosmetic, 'step')} with changed looks only")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Entry:
    """A step to be shown. The entry before it tells already of the first `known_blocks` of the blocks around it."""

    step: StepChange
    known_blocks: int


Outline: TypeAlias = Iterator[Entry | Fold]


def outline_steps(change: AssetChange, *, is_verbose: bool) -> Outline:
    """The steps of a recipe in their order, and folds that add up to its unchanged ones. Unless verbose, only steps
    with a change of behaviour are entries."""
    unchanged_before = _unchanged_before(change)
    folded = Fold(0)
    known: tuple[str, ...] = ()
    for step, unchanged in zip(change.steps, unchanged_before, strict=False):
        folded = replace(folded, unchanged=folded.unchanged + unchanged)
        if step.change_class is ChangeClass.LOGIC or is_verbose:
            blocks = step.place.blocks
            known_blocks = _common(known, blocks)
            if folded.text():
                yield folded
                known_blocks = min(known_blocks, max(0, len(blocks) - 1))  # another block may have the same words
                folded = Fold(0)
            yield Entry(step, known_blocks)
            known = (*blocks, step.place.headline)
        elif step.change_class is ChangeClass.SCHEMA:
            folded = replace(folded, refreshed=(*folded.refreshed, step))
        else:
            folded = replace(folded, cosmetic=folded.cosmetic + 1)
    folded = replace(folded, unchanged=folded.unchanged + unchanged_before[-1])
    if folded.text():
        yield folded


def _unchanged_before(change: AssetChange) -> list[int]:
    """How many unchanged steps stand before each change and, the last one, after all of them."""
    sides = [
        sorted(place.number for place in places if place is not None)
        for places in ((step.before for step in change.steps), (step.after for step in change.steps))
    ]
    counts: list[int] = []
    passed = 0
    for step in change.steps:
        place, numbers = (step.after, sides[1]) if step.after is not None else (step.before, sides[0])
        unchanged = place.number - 1 - bisect_left(numbers, place.number) if place else 0
        counts.append(min(max(0, unchanged - passed), change.steps_unchanged - passed))
        passed += counts[-1]
    return [*counts, change.steps_unchanged - passed]


def _common(known: tuple[str, ...], blocks: tuple[str, ...]) -> int:
    pairs = zip(known, blocks, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(known), len(blocks)))


@dataclass(frozen=True, slots=True)
class FieldOutline:
    """The fields that are shown, the field lists that were refreshed, and how many changes are of looks only."""

    shown: tuple[FieldChange, ...]
    refreshed: tuple[FieldChange, ...] = ()
    cosmetic: int = 0

    @property
    def cosmetic_words(self) -> str:
        return f"{count(self.cosmetic, 'change')} of looks only" if self.cosmetic else ""


def outline_fields(fields: Sequence[FieldChange], *, is_verbose: bool, is_one_sided: bool) -> FieldOutline:
    """Logic in full; refreshed field lists and looks apart, unless verbose. What is new or gone as a whole has none
    of either."""
    if is_verbose:
        return FieldOutline(tuple(fields))
    logic = tuple(field for field in fields if field.change_class is ChangeClass.LOGIC)
    if is_one_sided:
        return FieldOutline(logic)
    refreshed = tuple(field for field in fields if field.change_class is ChangeClass.SCHEMA)
    return FieldOutline(logic, refreshed, len(fields) - len(logic) - len(refreshed))
