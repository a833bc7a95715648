"""Which item of one list is which item of the other: what stayed, what moved, what came and what went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, TypeAlias

from exporter.diff.structure import longest_increasing
from exporter.recipe.model import JsonValue

Places: TypeAlias = tuple[int | None, int | None]  # of one item before and after; None where it is not

# By these an object in a list is known again after an edit, best first.
_SURE_KEYS: Final = ("uuid", "id", "field_id")
_LIKELY_KEYS: Final = ("name", "key", "title", "tool", "label", "col")
# Lists whose product of lengths is larger are matched item by item instead of by their longest common run, which
# takes up to cubic time.
MAX_RUN_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class ItemPairs:
    """The items of two lists, each once, in reading order; an item that is gone stands behind what it stood
    behind. `moved` are places after of items whose order among the others changed."""

    places: tuple[Places, ...]
    moved: frozenset[int]


def pair_items(
    before: Sequence[JsonValue],
    after: Sequence[JsonValue],
    meanings_before: Sequence[str],
    meanings_after: Sequence[str],
) -> ItemPairs:
    """Pair equal items first, then those with one identity, then what is left between the same neighbours."""
    matches = _equal_runs(meanings_before, meanings_after)
    _add_unique(matches, [_sure_identity(item) for item in before], [_sure_identity(item) for item in after])
    _add_unique(matches, [_likely_identity(item) for item in before], [_likely_identity(item) for item in after])
    match_by_key(matches, meanings_before, meanings_after)
    for one, other in gaps(matches, len(before), len(after)):
        alike = ((i, j) for i, j in zip(one, other, strict=False) if _may_be_one(before[i], after[j]))
        matches.update(alike)
    return arrange(matches, len(before), len(after))


def arrange(matches: Mapping[int, int], count_before: int, count_after: int) -> ItemPairs:
    """Pairs of places (before -> after) in reading order, and which of them moved: all but a longest run that kept
    its order."""
    ordered = [matches[i] for i in sorted(matches)]
    stayed = set(longest_increasing(ordered))
    origins = {j: i for i, j in matches.items()}
    behind: dict[int, list[int]] = {}
    anchor = -1
    for i in range(count_before):
        if i not in matches:
            behind.setdefault(anchor, []).append(i)
        elif matches[i] in stayed:
            anchor = matches[i]
    places: list[Places] = [(i, None) for i in behind.get(-1, ())]
    for j in range(count_after):
        places.append((origins.get(j), j))
        places.extend((i, None) for i in behind.get(j, ()))
    return ItemPairs(tuple(places), frozenset(ordered) - stayed)


def place_words(before: int, after: int, noun: str = "place") -> tuple[str, str]:
    """Where an item that moved was and is, in words that differ: one around which the others moved keeps its place."""
    words = f"{noun} {before + 1}", f"{noun} {after + 1}"
    return words if before != after else (words[0], f"{words[1]}, the others around it")


def gaps(matches: Mapping[int, int], count_before: int, count_after: int) -> Iterator[tuple[list[int], list[int]]]:
    """The places without counterpart, before and after, that stand behind the same matched item."""
    one: dict[int, list[int]] = {}
    anchor = -1
    for i in range(count_before):
        if i in matches:
            anchor = matches[i]
        else:
            one.setdefault(anchor, []).append(i)
    matched_after = set(matches.values())
    other: dict[int, list[int]] = {}
    anchor = -1
    for j in range(count_after):
        if j in matched_after:
            anchor = j
        else:
            other.setdefault(anchor, []).append(j)
    for anchor in sorted(one.keys() & other.keys()):
        yield one[anchor], other[anchor]


def _numbered(keys: Sequence[Hashable]) -> list[tuple[Hashable, int]]:
    """Each key with how often it came before, so that equal ones differ."""
    seen: Counter[Hashable] = Counter()
    found: list[tuple[Hashable, int]] = []
    for key in keys:
        found.append((key, seen[key]))
        seen[key] += 1
    return found


def match_by_key(matches: dict[int, int], before: Sequence[Hashable], after: Sequence[Hashable]) -> None:
    """Match the places that are left by key, wherever they stand: the first of one key with the first."""
    matched_after = set(matches.values())
    rest_before = [i for i in range(len(before)) if i not in matches]
    rest_after = [j for j in range(len(after)) if j not in matched_after]
    places = dict(zip(_numbered([after[j] for j in rest_after]), rest_after, strict=True))
    for i, key in zip(rest_before, _numbered([before[i] for i in rest_before]), strict=True):
        if key in places:
            matches[i] = places[key]


def _equal_runs(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Equal items in the same order: at both ends, and between them the longest common runs."""
    start, common = 0, min(len(before), len(after))
    while start < common and before[start] == after[start]:
        start += 1
    end = 0
    while end < common - start and before[-1 - end] == after[-1 - end]:
        end += 1
    matches = {i: i for i in range(start)}
    matches.update((len(before) - 1 - i, len(after) - 1 - i) for i in range(end))
    middle_before, middle_after = before[start : len(before) - end], after[start : len(after) - end]
    if len(middle_before) * len(middle_after) <= MAX_RUN_PAIRS:
        for run in SequenceMatcher(None, middle_before, middle_after, autojunk=False).get_matching_blocks():
            matches.update((start + run.a + step, start + run.b + step) for step in range(run.size))
    return matches


def _add_unique(matches: dict[int, int], before: Sequence[Hashable], after: Sequence[Hashable]) -> None:
    """Match the places that are left whose key occurs once in each whole list; None is no key."""
    places_before, places_after = _unique_places(before), _unique_places(after)
    matched_after = set(matches.values())
    for key, i in places_before.items():
        j = places_after.get(key)
        if j is not None and i not in matches and j not in matched_after:
            matches[i] = j


def _unique_places(keys: Sequence[Hashable]) -> dict[Hashable, int]:
    counts = Counter(keys)
    return {key: place for place, key in enumerate(keys) if key is not None and counts[key] == 1}


def _sure_identity(item: JsonValue) -> Hashable:
    return _first_text(item, _SURE_KEYS)


def _likely_identity(item: JsonValue) -> Hashable:
    if isinstance(item, dict) and isinstance(item.get("source"), str) and isinstance(item.get("target"), str):
        return ("edge", item["source"], item["target"])  # of a graph
    return _first_text(item, _LIKELY_KEYS)


def _first_text(item: JsonValue, keys: Sequence[str]) -> tuple[str, str] | None:
    if isinstance(item, dict):
        for key in keys:
            value = item.get(key)
            if isinstance(value, str) and value:
                return key, value
    return None


def _may_be_one(before: JsonValue, after: JsonValue) -> bool:
    """Whether two items at one place can be the same one, edited: not if both say that they are others."""
    one, other = _sure_identity(before), _sure_identity(after)
    is_condition = isinstance(before, dict) and "operand" in before  # their ids are optional and not the same anywhere
    return is_condition or one is None or other is None or one == other
