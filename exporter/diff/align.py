"""Which step of one version is which step of the other.

Sure matches come first and are never undone: the trigger is the trigger; then a uuid that is unique on both sides;
then an alias. What is left is matched by likeness: inside matching parents in their order, then across the tree.
A block whose own content says little (HANDLE ERRORS, ELSE) is known by the steps inside it.

Measured: uuids are kept in 99.4 to 99.9 % of real versions; some tools rewrite all uuids and keep the aliases; a
recipe overwritten by another one keeps neither.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from exporter.diff.noise import STEP_NOISE, STEP_SCHEMAS, plain_provider
from exporter.recipe.datapill import Pill, split_text
from exporter.recipe.model import JsonValue, Keyword, Recipe, Step

# Share of equal fields (0 to 1) from which two steps are the same one: in the same place, or anywhere.
LIKENESS_IN_PLACE = 0.4
LIKENESS_ANYWHERE = 0.7
# Below this share of common uuids the recipe was overwritten by another, and equal content says more than a uuid.
REWRITTEN_SHARE = 0.5
# Pairs of steps compared by likeness in one group; beyond it order alone decides, to stay fast on hostile files.
MAX_COMPARISONS = 20_000

# Steps that look alike in every recipe; only their place, or the steps inside them, tell them apart.
_KNOWN_BY_PLACE = frozenset({Keyword.ELSE, Keyword.CATCH, Keyword.TRY, Keyword.STOP})
_HEX_ALIAS = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs of steps. Steps are named by `Step.number`; a step in neither mapping has no counterpart.

    Where two answers are equally good, the choice must not depend on which side is called before. So one of the two
    directions is always worked out, and `is_mirrored` says that it was the other one.
    """

    before: tuple[Step, ...]
    after: tuple[Step, ...]
    after_of: Mapping[int, int]
    before_of: Mapping[int, int]
    is_rewritten: bool
    is_mirrored: bool = False

    def pairs(self) -> Iterable[tuple[Step, Step]]:
        """The matched steps in the order of the after side."""
        for step in self.after:
            number = self.before_of.get(step.number)
            if number is not None:
                yield self.before[number - 1], step


def align_steps(before: Recipe, after: Recipe) -> Alignment:
    """Match the steps of two versions of a recipe. Swapping the two swaps the answer and changes nothing else."""
    one, other = before.steps(), after.steps()
    shapes = [_shape(step) for step in one], [_shape(step) for step in other]
    if shapes[0] == shapes[1]:
        same = {step.number: step.number for step in one}
        return Alignment(one, other, same, same, is_rewritten=False)
    if shapes[0] < shapes[1]:
        return _Matcher(one, other).run()
    mirrored = _Matcher(other, one).run()
    return Alignment(one, other, mirrored.before_of, mirrored.after_of, mirrored.is_rewritten, is_mirrored=True)


class _Matcher:
    def __init__(self, before: tuple[Step, ...], after: tuple[Step, ...]):
        self.before, self.after = before, after
        self.after_of: dict[int, int] = {}
        self.before_of: dict[int, int] = {}
        self.neighbours = _neighbours(before), _neighbours(after)
        self._contents: dict[tuple[bool, int], Counter[Hashable]] = {}

    def run(self) -> Alignment:
        self.match(self.before[0], self.after[0])
        is_rewritten = self.uuid_share() < REWRITTEN_SHARE
        if is_rewritten:
            self.match_unique(self.signature_of)
        self.match_unique(lambda step, _: (_keyword_class(step), step.uuid) if step.uuid else None)
        self.match_unique(lambda step, _: _alias_key(step))
        if self.open_before() and self.open_after():
            self.match_unique(self.signature_of)
            self.match_in_place()
            self.match_anywhere()
            self.match_in_place()
        fewer = min(len(self.before), len(self.after)) - 1
        is_rewritten = is_rewritten and len(self.after_of) - 1 < REWRITTEN_SHARE * fewer
        return Alignment(self.before, self.after, self.after_of, self.before_of, is_rewritten)

    def match(self, before: Step, after: Step) -> None:
        self.after_of[before.number] = after.number
        self.before_of[after.number] = before.number

    def open_before(self) -> list[Step]:
        return [step for step in self.before if step.number not in self.after_of]

    def open_after(self) -> list[Step]:
        return [step for step in self.after if step.number not in self.before_of]

    def uuid_share(self) -> float:
        """Share of uuids in common, of the side that has fewer. 1 where a side has none but the trigger's."""
        before = {step.uuid for step in self.before[1:]} - {""}
        after = {step.uuid for step in self.after[1:]} - {""}
        fewer = min(len(before), len(after))
        return len(before & after) / fewer if fewer else 1.0

    def match_unique(self, key_of: Callable[[Step, bool], Hashable]) -> None:
        """Match the open steps whose key occurs once on each side. A key of None matches nothing."""
        before = _by_unique_key(self.open_before(), key_of, False)
        after = _by_unique_key(self.open_after(), key_of, True)
        for key, step in before.items():
            if key in after:
                self.match(step, after[key])

    def signature_of(self, step: Step, is_after: bool) -> Hashable:
        """The whole content of a step; None for one that says too little to be known by it."""
        content = self.content(step, is_after)
        if not content or step.keyword in _KNOWN_BY_PLACE:
            return None
        return _operation(step), frozenset(content.items())

    def content(self, step: Step, is_after: bool) -> Counter[Hashable]:
        key = (is_after, step.number)
        if key not in self._contents:
            self._contents[key] = Counter(_leaves(step))
        return self._contents[key]

    def likeness(self, before: Step, after: Step) -> float:
        """Share of content in common, 0 to 1; for a block the larger of that and of the steps inside it."""
        contents = self.content(before, False), self.content(after, True)
        total = sum(contents[0].values()) + sum(contents[1].values())
        own = 2 * sum((contents[0] & contents[1]).values()) / total if total else -1.0
        inside = self.likeness_inside(before, after)
        if own < 0 and inside < 0:
            return 1.0
        return max(own, inside)

    def likeness_inside(self, before: Step, after: Step) -> float:
        """Share of children that are matched with each other; -1 if neither has children."""
        total = len(before.children) + len(after.children)
        if not total:
            return -1.0
        numbers = {child.number for child in after.children}
        return 2 * sum(self.after_of.get(child.number) in numbers for child in before.children) / total

    def match_in_place(self) -> None:
        """Match open steps under matching parents, outer ones first, so that their children follow."""
        for parent in self.before:
            number = self.after_of.get(parent.number)
            if number is None:
                continue
            before = [child for child in parent.children if child.number not in self.after_of]
            after = [child for child in self.after[number - 1].children if child.number not in self.before_of]
            if before and after:
                self.match_in_order(before, after)

    def match_in_order(self, before: Sequence[Step], after: Sequence[Step]) -> None:
        """The heaviest common subsequence of two lists of steps, by likeness."""
        if len(before) * len(after) > MAX_COMPARISONS:
            self.match_equal_operations(before, after)
            return
        weights = [[self.weight(one, other) for other in after] for one in before]
        best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
        for i in range(len(before) - 1, -1, -1):
            for j in range(len(after) - 1, -1, -1):
                taken = best[i + 1][j + 1] + weights[i][j] if weights[i][j] else 0.0
                best[i][j] = max(taken, best[i + 1][j], best[i][j + 1])
        i = j = 0
        while i < len(before) and j < len(after):
            if weights[i][j] and best[i][j] == best[i + 1][j + 1] + weights[i][j]:
                self.match(before[i], after[j])
                i, j = i + 1, j + 1
            elif best[i][j] == best[i + 1][j]:
                i += 1
            else:
                j += 1

    def weight(self, before: Step, after: Step) -> float:
        """How good a match in the same place is, 0 for none."""
        if _operation(before) != _operation(after):
            return 0.0
        likeness, is_named_alike = self.likeness(before, after), _is_named_alike(before, after)
        if likeness < LIKENESS_IN_PLACE and not is_named_alike:
            return 0.0
        return 0.5 + likeness + self.neighbourhood(before, after) + is_named_alike

    def neighbourhood(self, before: Step, after: Step) -> float:
        """0.25 for each side on which the next step is the same one, or there is none."""
        ours, theirs = self.neighbours[0].get(before.number, (0, 0)), self.neighbours[1].get(after.number, (0, 0))
        return 0.25 * sum(self.after_of.get(one, 0) == other for one, other in zip(ours, theirs, strict=True))

    def match_equal_operations(self, before: Sequence[Step], after: Sequence[Step]) -> None:
        keys = [_operation(step) for step in before], [_operation(step) for step in after]
        for block in SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks():
            for offset in range(block.size):
                one, other = before[block.a + offset], after[block.b + offset]
                if self.weight(one, other):
                    self.match(one, other)

    def match_anywhere(self) -> None:
        """Match what moved: those that share a name first, then the most alike, the nearest among equals."""
        groups: dict[Hashable, list[Step]] = {}
        for step in self.open_after():
            groups.setdefault(_operation(step), []).append(step)
        found: list[tuple[bool, float, int, int, int]] = []
        budget = MAX_COMPARISONS
        for step in self.open_before():
            candidates = groups.get(_operation(step), ())
            budget -= len(candidates)
            if budget < 0:
                break
            for candidate in candidates:
                is_named_alike = _is_named_alike(step, candidate)
                likeness = self.likeness(step, candidate) if self.says_something(step, candidate) else 0.0
                if likeness >= LIKENESS_ANYWHERE or is_named_alike:
                    distance = abs(step.number - candidate.number)
                    found.append((not is_named_alike, -likeness, distance, step.number, candidate.number))
        for _, _, _, number, counterpart in sorted(found):
            if number not in self.after_of and counterpart not in self.before_of:
                self.match(self.before[number - 1], self.after[counterpart - 1])

    def says_something(self, before: Step, after: Step) -> bool:
        """Two empty steps are alike in the same place only: an empty ELSE elsewhere is another ELSE."""
        if self.likeness_inside(before, after) > 0:
            return True
        return before.keyword not in _KNOWN_BY_PLACE and bool(self.content(before, False) or self.content(after, True))


def _by_unique_key(
    steps: Iterable[Step], key_of: Callable[[Step, bool], Hashable], is_after: bool
) -> dict[Hashable, Step]:
    found: dict[Hashable, Step] = {}
    repeated: set[Hashable] = set()
    for step in steps:
        key = key_of(step, is_after)
        if key is None:
            continue
        if key in found:
            repeated.add(key)
        found[key] = step
    return {key: step for key, step in found.items() if key not in repeated}


def _neighbours(steps: Iterable[Step]) -> dict[int, tuple[int, int]]:
    """The numbers of the steps right before and after each step in its block, 0 for none."""
    found: dict[int, tuple[int, int]] = {}
    for step in steps:
        numbers = [0, *(child.number for child in step.children), 0]
        for place in range(1, len(numbers) - 1):
            found[numbers[place]] = numbers[place - 1], numbers[place + 1]
    return found


def _shape(step: Step) -> tuple[str, str, str, str, str]:
    return step.uuid, step.alias, step.keyword, step.provider, step.name


def _operation(step: Step) -> tuple[str, str, str]:
    return _keyword_class(step), plain_provider(step.provider), step.name


def _is_named_alike(before: Step, after: Step) -> bool:
    """Whether they share a uuid or an alias; one that is left to likeness is not the only one of that name."""
    return (before.uuid != "" and before.uuid == after.uuid) or (before.alias != "" and before.alias == after.alias)


def _keyword_class(step: Step) -> str:
    """An ELSE IF whose condition is dropped becomes an ELSE; any other step of another keyword is another step."""
    return Keyword.ELSE if step.keyword == Keyword.ELSIF else step.keyword


def _alias_key(step: Step) -> Hashable:
    """A random alias is an identity; one made of the operation's name ("export_csv_2") is renumbered by the editor
    and counts only where the operation is the same too."""
    if not step.alias:
        return None
    if _HEX_ALIAS.fullmatch(step.alias) and step.keyword == Keyword.ACTION:
        return step.keyword, step.alias
    return _operation(step), step.alias


def _leaves(step: Step) -> Iterable[Hashable]:
    """Path and value of everything in a step that is neither identity, noise nor schema. A datapill counts without
    the alias in it, which may differ when nothing else does."""
    pending: list[tuple[tuple[str | int, ...], JsonValue]] = [
        ((key,), value) for key, value in step.raw.items() if key not in STEP_NOISE and key not in STEP_SCHEMAS
    ]
    ignored = {"keyword", "provider", "name"}
    while pending:
        path, value = pending.pop()
        if len(path) == 1 and path[0] in ignored:
            continue
        if isinstance(value, dict):
            pending.extend(((*path, key), item) for key, item in value.items() if key != "uuid")
        elif isinstance(value, list):
            pending.extend(((*path, place), item) for place, item in enumerate(value))
        elif isinstance(value, str):
            parts = split_text(value)
            if parts:
                yield path, tuple(part.path if isinstance(part, Pill) else part for part in parts)
        elif value is not None and value is not False:
            yield path, str(value)
