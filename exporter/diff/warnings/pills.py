"""Datapills and variables of steps that the recipe does not have, that come too late, or that are disabled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from exporter.diff.align import align_steps
from exporter.diff.changes import DiffWarning, WarningKind
from exporter.diff.places import step_place
from exporter.diff.warnings.recipe import Needs, StepUse, needs_of
from exporter.diff.warnings.words import capitalised, listed, plain, quoted, step_words
from exporter.recipe.headline import Headlines
from exporter.recipe.labels import humanise
from exporter.recipe.model import Keyword, Recipe, Step

_LOOPS = frozenset({Keyword.FOREACH, Keyword.REPEAT})


class _Fault(Enum):
    """Why nothing comes from a step."""

    MISSING = "the recipe does not have it"
    LATE = "it runs only later"
    DISABLED = "it does not run at all"


@dataclass(frozen=True, slots=True)
class _Loose:
    """Uses of one step that give nothing. `source` is that step if the recipe has it."""

    uses: tuple[StepUse, ...]
    fault: _Fault
    source: Step | None


_ADVICE = {
    _Fault.LATE: ("which runs only later", "put it before, or choose other data there"),
    _Fault.DISABLED: ("which is disabled and gives nothing", "see that this is meant"),
}


class _Steps:
    """A recipe's steps by what datapills call them."""

    def __init__(self, recipe: Recipe):
        self.all = recipe.steps()
        self._by_alias: dict[str, list[Step]] = {}
        self._by_uuid = {step.uuid: step for step in self.all if step.uuid}
        self._loops: dict[int, frozenset[int]] = {}
        self._disabled: set[int] = set()
        for step in self.all:
            self._by_alias.setdefault(step.alias, []).append(step)
            around = self._loops.setdefault(step.number, frozenset())
            inside = around | {step.number} if step.keyword in _LOOPS else around
            self._loops.update((child.number, inside) for child in step.children)
            if step.is_skipped or step.number in self._disabled:  # a disabled block takes its steps along
                self._disabled.update((step.number, *(child.number for child in step.children)))

    def sources(self, use: StepUse) -> list[Step]:
        """The steps that may be meant: one, unless an alias occurs twice."""
        if use.uuid in self._by_uuid:
            return [self._by_uuid[use.uuid]]
        return self._by_alias.get(use.alias, []) if use.alias else []

    def runs(self, step: Step) -> bool:
        return step.number not in self._disabled

    def fault(self, use: StepUse, source: Step) -> _Fault | None:
        """Why the source surely gives nothing to the step; None if it may. Inside one loop it may have run the time
        before."""
        share_a_loop = self._loops[use.step.number] & self._loops[source.number]
        if source.number > use.step.number and not use.is_report and not share_a_loop:
            return _Fault.LATE
        return _Fault.DISABLED if self.runs(use.step) and not self.runs(source) else None


class _Side:
    """One version of the recipe, in words."""

    def __init__(self, recipe: Recipe):
        self.recipe, self.steps, self.headlines = recipe, _Steps(recipe), Headlines(recipe)

    def words(self, step: Step) -> str:
        return step_words(step_place(step, self.headlines))


class _Versions:
    """The recipe after, and before if it was there."""

    def __init__(self, after: Recipe, before: Recipe | None):
        self.after, self.before = _Side(after), _Side(before) if before is not None else None

    @cached_property
    def faults_before(self) -> frozenset[tuple[str, str, str, _Fault]]:
        if self.before is None:
            return frozenset()
        loose = _loose_uses(self.before.steps, needs_of(self.before.recipe))
        return frozenset(_key(item, use) for item in loose for use in item.uses)

    @cached_property
    def _after_of(self) -> Mapping[int, int]:
        return align_steps(self.before.recipe, self.after.recipe).after_of if self.before is not None else {}

    def before_of(self, use: StepUse) -> Step | None:
        """The step that had been meant."""
        return next(iter(self.before.steps.sources(use)), None) if self.before is not None else None

    def remade(self, step: Step) -> Step | None:
        """What became of a step of the version before."""
        number = self._after_of.get(step.number)
        return self.after.steps.all[number - 1] if number is not None else None


def find_dangling(
    path: str, after: Recipe, needs: Needs, read_before: Callable[[], Recipe | None]
) -> Iterator[DiffWarning]:
    """One warning for each step that gives nothing, with all that is taken from it. The version before is read only
    if there is something to say. What a disabled step does not give is told only where the diff brings it about."""
    loose = _loose_uses(_Steps(after), needs)
    if not loose:
        return
    versions = _Versions(after, read_before())
    for item in loose:
        is_new = any(_key(item, use) not in versions.faults_before for use in item.uses)
        if item.fault is _Fault.DISABLED and not is_new:
            continue
        is_severe = is_new and item.fault is not _Fault.DISABLED
        is_severe = is_severe and any(versions.after.steps.runs(use.step) for use in item.uses)
        place = step_place(item.uses[0].step, versions.after.headlines)
        yield DiffWarning(
            WarningKind.DANGLING_PILL, _text(item, versions, is_new=is_new), path, place, is_severe=is_severe
        )


def _key(item: _Loose, use: StepUse) -> tuple[str, str, str, _Fault]:
    return use.step.uuid, use.alias, use.uuid, item.fault


def _loose_uses(steps: _Steps, needs: Needs) -> list[_Loose]:
    found: dict[tuple[str, str, _Fault, int], list[StepUse]] = {}
    for use in needs.steps:
        faults = [(steps.fault(use, source), source.number) for source in steps.sources(use)]
        fault, number = faults[0] if faults else (_Fault.MISSING, 0)
        if fault is not None and all(other is not None for other, _ in faults):
            found.setdefault((use.alias, use.uuid, fault, number), []).append(use)
    return [
        _Loose(tuple(uses), fault, steps.all[number - 1] if number else None)
        for (_, _, fault, number), uses in found.items()
    ]


def _text(item: _Loose, versions: _Versions, *, is_new: bool) -> str:
    after, before = versions.after, versions.before
    users = list(dict.fromkeys(use.step.number for use in item.uses))
    who = after.words(item.uses[0].step)
    if len(users) > 1:
        who += f" and {len(users) - 1} more step{'' if len(users) == 2 else 's'}"
    taken = f"{capitalised(who)} {'uses' if len(users) == 1 else 'use'} {_fields(item)} of"
    if item.source is not None:
        reason, advice = _ADVICE[item.fault]
        return f"{taken} {after.words(item.source)}, {reason}; {advice}."
    gone = versions.before_of(item.uses[0])
    if gone is None or before is None:
        since = "" if is_new else ", as it did before this diff"
        return f"{taken} a step that the recipe does not have{since}; choose other data there."
    remade = versions.remade(gone)
    if remade is None:
        return f"{taken} the removed {before.words(gone)}; choose other data there, or keep that step."
    return f"{taken} {after.words(remade)} as it was before it was made anew; choose the data there again."


def _fields(item: _Loose) -> str:
    names = [quoted(name if use.uuid else humanise(name)) for use in item.uses if (name := plain(use.field))]
    return listed(list(dict.fromkeys(names))) or "data"
