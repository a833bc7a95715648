"""The words of warnings: names in quotes, lists that end, steps as people find them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exporter.diff.changes import StepPlace

MAX_NAMED = 3
_MAX_NAME_CHARS = 80
_JOINERS = "\u200c\u200d"  # Persian and emoji are written with them


@dataclass(frozen=True, slots=True)
class Spot:
    """A step of a changed recipe that a warning points at; `step` is None for the recipe as a whole."""

    path: str
    recipe: str
    step: StepPlace | None = None


def plain(text: str) -> str:
    """A name from outside on one line: without controls and what hides or reorders text, cut if very long."""
    kept = (char if char.isprintable() or char in _JOINERS else " " for char in text)
    line = " ".join("".join(kept).split())
    return line if len(line) <= _MAX_NAME_CHARS else line[: _MAX_NAME_CHARS - 1] + "…"


def quoted(text: str) -> str:
    return f"'{plain(text)}'"


def listed(words: Sequence[str]) -> str:
    """ "A", "A and B", "A, B, C and 2 more"."""
    if len(words) > MAX_NAMED:
        return f"{', '.join(words[:MAX_NAMED])} and {len(words) - MAX_NAMED} more"
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def step_words(place: StepPlace) -> str:
    """ "step 6 (Send mail)"."""
    return f"step {place.number} ({plain(place.headline)})"


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def users(spots: Iterable[Spot]) -> str:
    """Who uses something, recipe by recipe: "'A' (steps 2 and 5), 'B' (step 3) and 4 more"."""
    steps: dict[tuple[str, str], list[int]] = {}
    for spot in spots:
        numbers = steps.setdefault((spot.path, spot.recipe), [])
        if spot.step is not None and spot.step.number not in numbers:
            numbers.append(spot.step.number)
    return listed([quoted(recipe) + _numbers(numbers) for (_, recipe), numbers in steps.items()])


def doing(spots: Iterable[Spot], one: str, many: str) -> str:
    """Who does it: "Step 6 calls" for a single step, else "'A' (steps 2 and 5) calls", "'A' and 'B' call"."""
    known = list(dict.fromkeys(spots))
    if len(known) == 1 and known[0].step is not None:
        return f"Step {known[0].step.number} {one}"
    return f"{users(known)} {one if len({spot.path for spot in known}) == 1 else many}"


def common_place(spots: Iterable[Spot]) -> tuple[str, StepPlace | None]:
    """The asset, and its step, that all of the spots are; "" and None where they are several."""
    known = list(dict.fromkeys(spots))
    path = known[0].path if len({spot.path for spot in known}) == 1 else ""
    return path, known[0].step if path and len(known) == 1 else None


def _numbers(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    word = "step" if len(numbers) == 1 else "steps"
    return f" ({word} {listed([str(number) for number in sorted(numbers)])})"
