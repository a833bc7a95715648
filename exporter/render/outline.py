"""Which steps of a changed recipe are shown, and what stands in for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    """A step to be shown. `has_known_blocks`: the entry before it tells already which blocks are around it."""

    step: StepChange
    has_known_blocks: bool


Outline: TypeAlias = Iterator[Entry | Fold]


def outline_steps(change: AssetChange, *, is_verbose: bool) -> Outline:
    """The steps of a recipe in their order. Steps are counted as they would be numbered; those between two that are
    told are unchanged. Unless verbose, only steps with a change of behaviour are entries."""
    last_number = told = 0
    known: tuple[str, ...] = ()
    folded = Fold(0)
    for step in change.steps:
        unchanged = 0
        if step.after is not None:
            unchanged = max(0, step.after.number - last_number - 1)
            last_number = max(last_number, step.after.number)
            told += 1
        folded = Fold(folded.unchanged + unchanged, folded.refreshed, folded.cosmetic)
        if step.change_class is ChangeClass.LOGIC or is_verbose:
            if folded.text():
                yield folded
                known = ()
            blocks = step.place.blocks
            yield Entry(step, has_known_blocks=known[: len(blocks)] == blocks)
            known, folded = (*blocks, step.place.headline), Fold(0)
        elif step.change_class is ChangeClass.SCHEMA:
            folded = Fold(folded.unchanged, (*folded.refreshed, step), folded.cosmetic)
        else:
            folded = Fold(folded.unchanged, folded.refreshed, folded.cosmetic + 1)
    rest = max(0, change.steps_unchanged - (last_number - told))
    folded = Fold(folded.unchanged + rest, folded.refreshed, folded.cosmetic)
    if folded.text():
        yield folded


@dataclass(frozen=True, slots=True)
class FieldOutline:
    """The fields that are shown, and one line (or "") for those that are not."""

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
