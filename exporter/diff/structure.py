"""What happened to the order and the nesting of steps, with as few changes as explain it.

A block without counterpart is looked through: the steps inside it belong, for the question whether they moved, to
the nearest block around them that both sides have. So wrapping steps moves none of them. Of the steps that stay in
one such block, the longest run in the same order stays; the others moved.

An ELSE, ON ERROR or WHILE belongs to its block: one that came or went together with a block around steps that stay is
told with that block and is no change of its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exporter.diff.align import Alignment
from exporter.recipe.model import Keyword, Step

_BESIDE = frozenset({Keyword.ELSE, Keyword.ELSIF, Keyword.CATCH})
_TOLD_WITH_BLOCK = frozenset({Keyword.ELSE, Keyword.CATCH, Keyword.WHILE})


@dataclass(frozen=True, slots=True)
class Structure:
    """`moved` are numbers of after steps. `wrapped` maps the number of a new block to the numbers (after) of the
    steps right inside it that were there before; `unwrapped` the number (before) of a block that is gone to those
    (before) that stay. `tails_after`/`tails_before` maps a block of `wrapped`/`unwrapped` to its ELSE, ON ERROR or
    WHILE, if that holds no step of both sides. `parent_before`/`parent_after` map a step's number to its parent's."""

    moved: frozenset[int]
    wrapped: Mapping[int, tuple[int, ...]]
    unwrapped: Mapping[int, tuple[int, ...]]
    tails_before: Mapping[int, tuple[int, ...]]
    tails_after: Mapping[int, tuple[int, ...]]
    parent_before: Mapping[int, int]
    parent_after: Mapping[int, int]


def compare_structure(alignment: Alignment) -> Structure:
    """The moves and nestings between two aligned versions."""
    parent_before, parent_after = _parents(alignment.before), _parents(alignment.after)
    homes_before = {n: _home(n, parent_before, alignment.after_of) for n in alignment.after_of}
    homes_after = {n: _home(n, parent_after, alignment.before_of) for n in alignment.before_of}
    if alignment.is_mirrored:
        moved = {alignment.after_of[n] for n in _moved(homes_after, homes_before, alignment.before_of)}
    else:
        moved = _moved(homes_before, homes_after, alignment.after_of)
    still = [n for n in sorted(alignment.before_of) if n not in moved]
    wrapped = _looked_through(still, alignment.after, parent_after, alignment.before_of)
    still_before = sorted(alignment.before_of[n] for n in still)
    unwrapped = _looked_through(still_before, alignment.before, parent_before, alignment.after_of)
    return Structure(
        moved=frozenset(moved),
        wrapped=wrapped,
        unwrapped=unwrapped,
        tails_before=_tails(unwrapped, alignment.before, alignment.after_of),
        tails_after=_tails(wrapped, alignment.after, alignment.before_of),
        parent_before=parent_before,
        parent_after=parent_after,
    )


def _moved(
    homes: Mapping[int, int | None], homes_of_counterparts: Mapping[int, int | None], counterparts: Mapping[int, int]
) -> set[int]:
    """The counterparts that are in another block, or in another order than most of their block."""
    moved: set[int] = set()
    stayed: dict[int | None, list[int]] = {}
    for number in sorted(counterparts):
        counterpart, home = counterparts[number], homes[number]
        if (None if home is None else counterparts[home]) == homes_of_counterparts[counterpart]:
            stayed.setdefault(home, []).append(counterpart)
        else:
            moved.add(counterpart)
    for sequence in stayed.values():
        moved.update(set(sequence).difference(longest_increasing(sequence)))
    return moved


def longest_increasing(sequence: Sequence[int]) -> list[int]:
    """A longest increasing subsequence of different numbers."""
    tails: list[int] = []
    tail_places: list[int] = []
    previous: list[int] = []
    for place, number in enumerate(sequence):
        length = bisect_left(tails, number)
        previous.append(tail_places[length - 1] if length else -1)
        if length == len(tails):
            tails.append(number)
            tail_places.append(place)
        else:
            tails[length], tail_places[length] = number, place
    found: list[int] = []
    place = tail_places[-1] if tail_places else -1
    while place >= 0:
        found.append(sequence[place])
        place = previous[place]
    return found[::-1]


def _parents(steps: Iterable[Step]) -> dict[int, int]:
    return {child.number: step.number for step in steps for child in step.children}


def _home(number: int, parents: Mapping[int, int], matched: Mapping[int, int]) -> int | None:
    """The nearest step around this one that has a counterpart."""
    parent = parents.get(number)
    while parent is not None and parent not in matched:
        parent = parents.get(parent)
    return parent


def _looked_through(
    numbers: Iterable[int], steps: Sequence[Step], parents: Mapping[int, int], matched: Mapping[int, int]
) -> dict[int, tuple[int, ...]]:
    """Blocks without counterpart -> the given steps right inside them, where a block without counterpart in
    between counts as its steps. The steps of an ELSE are inside that, and not inside its IF, beside which it stands."""
    inside: dict[int, list[int]] = {}
    for number in numbers:
        parent = parents.get(number)
        is_beside = False
        while parent is not None and parent not in matched:
            if not is_beside:
                inside.setdefault(parent, []).append(number)
            is_beside = steps[parent - 1].keyword in _BESIDE
            parent = parents.get(parent)
    return {block: tuple(found) for block, found in inside.items()}


def _tails(
    blocks: Mapping[int, tuple[int, ...]], steps: Sequence[Step], matched: Mapping[int, int]
) -> dict[int, tuple[int, ...]]:
    """Block -> what ends it and has neither a counterpart nor steps that have one."""
    return {
        block: tuple(
            child.number
            for child in steps[block - 1].children
            if child.keyword in _TOLD_WITH_BLOCK and child.number not in matched and child.number not in blocks
        )
        for block in blocks
    }
