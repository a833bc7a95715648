"""Datapills and variables of steps that the recipe does not have, or that come too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from exporter.diff.align import align_steps
from exporter.diff.changes import DiffWarning, WarningKind
from exporter.diff.warnings.recipe import Needs, StepUse, needs_of
from exporter.diff.warnings.words import capitalised, listed, plain, quoted, step_place, step_words
from exporter.recipe.headline import Headlines
from exporter.recipe.labels import humanise
from exporter.recipe.model import Keyword, Recipe, Step

_LOOPS = frozenset({Keyword.FOREACH, Keyword.REPEAT})


@dataclass(frozen=True, slots=True)
class _Loose:
    """Uses of one step that cannot work. `source` is that step if the recipe has it, too late."""

    uses: tuple[StepUse, ...]
    source: Step | None


class _Steps:
    """A recipe's steps by what datapills call them."""

    def __init__(self, recipe: Recipe):
        self.all = recipe.steps()
        self._by_alias: dict[str, list[Step]] = {}
        self._by_uuid = {step.uuid: step for step in self.all if step.uuid}
        self._loops: dict[int, frozenset[int]] = {}
        for step in self.all:
            self._by_alias.setdefault(step.alias, []).append(step)
            around = self._loops.setdefault(step.number, frozenset())
            inside = around | {step.number} if step.keyword in _LOOPS else around
            self._loops.update((child.number, inside) for child in step.children)

    def sources(self, use: StepUse) -> list[Step]:
        """The steps that may be meant: one, unless an alias occurs twice."""
        if use.uuid in self._by_uuid:
            return [self._by_uuid[use.uuid]]
        return self._by_alias.get(use.alias, []) if use.alias else []

    def is_late(self, use: StepUse, source: Step) -> bool:
        """Whether the source surely runs after the step. Inside one loop it may have run the time before."""
        share_a_loop = self._loops[use.step.number] & self._loops[source.number]
        return source.number > use.step.number and not use.is_report and not share_a_loop


class _Side:
    """One version of the recipe, in words."""

    def __init__(self, recipe: Recipe):
        self.recipe, self.steps, self.headlines = recipe, _Steps(recipe), Headlines(recipe)

    def words(self, step: Step) -> str:
        return step_words(step_place(step, self.headlines))


def find_dangling(
    path: str, after: Recipe, needs: Needs, read_before: Callable[[], Recipe | None]
) -> Iterator[DiffWarning]:
    """One warning for each step that is missing or comes too late, with all that is taken from it. The version before
    is read only if there is something to say."""
    loose = _loose_uses(_Steps(after), needs)
    if not loose:
        return
    before = read_before()
    known = {_key(use) for item in _loose_uses(_Steps(before), needs_of(before)) for use in item.uses} if before else ()
    sides = _Side(after), _Side(before) if before is not None else None
    for item in loose:
        is_new = any(_key(use) not in known for use in item.uses)
        runs = not all(use.step.is_skipped for use in item.uses)
        place = step_place(item.uses[0].step, sides[0].headlines)
        text = _text(item, *sides, is_new=is_new)
        yield DiffWarning(WarningKind.DANGLING_PILL, text, path, place, is_severe=is_new and runs)


def _key(use: StepUse) -> tuple[str, str, str]:
    return use.step.uuid, use.alias, use.uuid


def _loose_uses(steps: _Steps, needs: Needs) -> list[_Loose]:
    found: dict[tuple[str, str, int], list[StepUse]] = {}
    sources: dict[tuple[str, str, int], Step | None] = {}
    for use in needs.steps:
        candidates = steps.sources(use)
        if any(not steps.is_late(use, source) for source in candidates):
            continue
        source = candidates[0] if candidates else None
        key = (use.alias, use.uuid, source.number if source else 0)
        found.setdefault(key, []).append(use)
        sources[key] = source
    return [_Loose(tuple(uses), sources[key]) for key, uses in found.items()]


def _text(item: _Loose, after: _Side, before: _Side | None, *, is_new: bool) -> str:
    users = list(dict.fromkeys(use.step.number for use in item.uses))
    who = after.words(item.uses[0].step)
    if len(users) > 1:
        who += f" and {len(users) - 1} more step{'' if len(users) == 2 else 's'}"
    taken = f"{capitalised(who)} {'uses' if len(users) == 1 else 'use'} {_fields(item)} of"
    if item.source is not None:
        return f"{taken} {after.words(item.source)}, which runs only later; put it before, or choose other data there."
    gone = before.steps.sources(item.uses[0]) if before is not None else []
    if not gone or before is None:
        since = "" if is_new else ", as it did before this diff"
        return f"{taken} a step that the recipe does not have{since}; choose other data there."
    number = align_steps(before.recipe, after.recipe).after_of.get(gone[0].number)
    if number is None:
        return f"{taken} the removed {before.words(gone[0])}; choose other data there, or keep that step."
    remade = after.words(after.steps.all[number - 1])
    return f"{taken} {remade} as it was before it was made anew; choose the data there again."


def _fields(item: _Loose) -> str:
    names = [quoted(name if use.uuid else humanise(name)) for use in item.uses if (name := plain(use.field))]
    return listed(list(dict.fromkeys(names))) or "data"
