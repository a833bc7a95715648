"""How two values of a field differ, as plain pieces that a renderer can colour."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import accumulate
from typing import TypeAlias

from exporter.diff.changes import Missing
from exporter.recipe.model import JsonValue
from exporter.render.json import dump_json, number_text
from exporter.render.layout import laid_out
from exporter.render.printable import ascii_only, printable
from exporter.render.tally import count

# Comparing costs up to the square (SequenceMatcher: the cube) of these. Beyond, all between the first and the last
# difference counts as different.
MAX_WORDS_COMPARED = 300
MAX_LINES_COMPARED = 600
MAX_EQUAL_PAIRS = 60_000  # pairs of equal lines: SequenceMatcher may visit each of them once for every line
MAX_LINES_MARKED = 50  # of a run of lines that are replaced one for one
CONTEXT_LINES = 3
EXCERPT_CONTEXT = 40  # characters shown around what differs in a long line
MIN_LIKENESS = 0.4  # of two texts (0 to 1); below, marking every other word would help nobody

Span: TypeAlias = tuple[int, int]  # characters of a text: from, to

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
# Text that would read as one of the markers below, or whose ends nobody would see.
_AMBIGUOUS = re.compile(r"\s.*|.*\s|\((?:not set|null|empty)\)|\".*", re.DOTALL)


class LineRole(StrEnum):
    """What a line of a line diff is."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    FOLDED = "folded"  # stands for lines that are the same; the text says how many


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line and the parts of it that differ from its counterpart. For what is folded `number` is the line of the
    text after that follows, 0 if none does."""

    role: LineRole
    text: str
    marks: tuple[Span, ...] = ()
    number: int = 0


def shown_pair(before: JsonValue | Missing, after: JsonValue | Missing) -> tuple[str, str]:
    """Both values as people read them, never equal for values that differ; may have lines.

    Texts that only look the same (another kind of space, 100 and "100") are written out with escapes or quotes.
    """
    shown = shown_value(before), shown_value(after)
    return spelled_pair(before, after) if look_alike(*shown) else shown


def told_apart(before: str, after: str) -> tuple[str, str]:
    """Two descriptions, "" for none, written out with escapes if they differ and only look the same."""
    return spelled_pair(before, after) if before != after and look_alike(before, after) else (before, after)


def look_alike(one: str, other: str) -> bool:
    """Whether nobody would see how the two texts differ."""
    return _looks(one) == _looks(other)


def spelled_pair(before: JsonValue | Missing, after: JsonValue | Missing) -> tuple[str, str]:
    """Both values as JSON, with every character that is not ASCII written out."""
    return _spelled_out(before), _spelled_out(after)


def _looks(text: str) -> str:
    """What is left of a text for the eye: every kind of space is one, joiners and variation marks show nothing."""
    text = re.sub("[\u200c\u200d\ufe00-\ufe0f]", "", unicodedata.normalize("NFC", text))
    return re.sub(r"[^\S\n]", " ", text)


def shown_value(value: JsonValue | Missing) -> str:
    """One value as people read it: text bare where that is unambiguous, "(not set)" where there is none."""
    if isinstance(value, Missing):
        return "(not set)"
    if value is None:
        return "(null)"
    if isinstance(value, str):
        return _shown_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return number_text(value)
    return laid_out(dump_json(value))


def _shown_text(text: str) -> str:
    if not text:
        return "(empty)"
    text = text.replace("\r\n", "\n")
    if "\n" in text:
        return printable(text.replace("\t", "    "), keep="\n")
    return dump_json(text) if _AMBIGUOUS.fullmatch(text) else laid_out(printable(text))


def _spelled_out(value: JsonValue | Missing) -> str:
    return shown_value(value) if isinstance(value, Missing) else ascii_only(dump_json(value))


def changed_spans(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The words of each text that the other has not; nothing if the two share too little."""
    words_before, words_after = _WORD.findall(before), _WORD.findall(after)
    head = _common(words_before, words_after)
    tail = _common(words_before[head:][::-1], words_after[head:][::-1])
    middle_before, middle_after = (
        words_before[head : len(words_before) - tail],
        words_after[head : len(words_after) - tail],
    )
    equal = words_before[:head] + words_before[len(words_before) - tail :]
    codes = [("replace", 0, len(middle_before), 0, len(middle_after))]
    if max(len(middle_before), len(middle_after)) <= MAX_WORDS_COMPARED:
        matcher = SequenceMatcher(None, middle_before, middle_after, autojunk=False)
        for block in matcher.get_matching_blocks():
            equal += middle_before[block.a : block.a + block.size]
        codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    if 2 * _ink(equal) < MIN_LIKENESS * (_ink(words_before) + _ink(words_after)):
        return (), ()
    starts = [_starts(words)[head:] for words in (words_before, words_after)]
    return (
        tuple(_inked(before, starts[0][code[1]], starts[0][code[2]]) for code in codes if code[1] < code[2]),
        tuple(_inked(after, starts[1][code[3]], starts[1][code[4]]) for code in codes if code[3] < code[4]),
    )


def _ink(words: Sequence[str]) -> int:
    """How many words there are beside blanks."""
    return len(words) - sum(map(str.isspace, words))


def _inked(text: str, start: int, end: int) -> Span:
    """The span without blanks at its ends, unless it is nothing but blanks."""
    part = text[start:end]
    if not part.strip():
        return start, end
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def _starts(words: Sequence[str]) -> list[int]:
    """Where each word begins in the text; one more entry for the text's end."""
    return list(accumulate(map(len, words), initial=0))


def excerpt_pair(before: str, after: str, max_chars: float) -> tuple[str, str]:
    """Two long lines cut down to where they differ, so that cutting never makes them look alike."""
    if max(len(before), len(after)) <= max_chars:
        return before, after
    start = _common(before, after)
    tail = _common(before[start:][::-1], after[start:][::-1])
    start, tail = max(0, start - EXCERPT_CONTEXT), max(0, tail - EXCERPT_CONTEXT)
    head, end = "…" if start else "", "…" if tail else ""
    middles = before[start : len(before) - tail], after[start : len(after) - tail]
    return f"{head}{middles[0]}{end}", f"{head}{middles[1]}{end}"


def cut(line: str, max_chars: float) -> str:
    """The beginning of a line that is too long, and how much is missing."""
    if len(line) <= max_chars:
        return line
    shown = line[: int(max_chars)]
    return f"{shown}… ({count(len(line) - len(shown), 'more character')})"


def line_difference(before: str, after: str, max_chars: float = float("inf")) -> tuple[DiffLine, ...]:
    """Both texts line by line, with what is the same folded to a little context, and lines of more than `max_chars`
    cut down to where they differ."""
    lines_before, lines_after = before.split("\n"), after.split("\n")
    head = _common(lines_before, lines_after)
    tail = _common(lines_before[head:][::-1], lines_after[head:][::-1])
    middle_before = lines_before[head : len(lines_before) - tail]
    middle_after = lines_after[head : len(lines_after) - tail]
    lines = [DiffLine(LineRole.SAME, line) for line in lines_before[:head]]
    lines += _middle(middle_before, middle_after, max_chars)
    lines += [DiffLine(LineRole.SAME, line) for line in lines_before[len(lines_before) - tail :]]
    return _folded(lines)


def _common(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines both begin with."""
    count = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        count += 1
    return count


def _middle(before: list[str], after: list[str], max_chars: float) -> list[DiffLine]:
    """Anchors on the lines that each text has once, and compares what is between those."""
    lines: list[DiffLine] = []
    start_before = start_after = 0
    for place_before, place_after in [*_anchors(before, after), (len(before), len(after))]:
        lines += _between(before[start_before:place_before], after[start_after:place_after], max_chars)
        lines += [DiffLine(LineRole.SAME, line) for line in before[place_before : place_before + 1]]
        start_before, start_after = place_before + 1, place_after + 1
    return lines


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Places of lines that are in each text once, as many as are in the same order in both."""
    counts_before, counts_after = Counter(before), Counter(after)
    places = {line: place for place, line in enumerate(after) if counts_after[line] == 1}
    pairs = [(i, places[line]) for i, line in enumerate(before) if counts_before[line] == 1 and line in places]
    ends: list[int] = []  # the lowest last place of a run in order, by its length
    last: list[int] = []  # which pair that is
    earlier: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        earlier.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
    found: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = earlier[number]
    return found[::-1]


def _between(before: list[str], after: list[str], max_chars: float) -> list[DiffLine]:
    if (
        not before
        or not after
        or max(len(before), len(after)) > MAX_LINES_COMPARED
        or _equal_pairs(before, after) > MAX_EQUAL_PAIRS
    ):
        return _replaced(before, after, max_chars)
    lines: list[DiffLine] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [DiffLine(LineRole.SAME, line) for line in before[i1:i2]]
        else:
            lines += _replaced(before[i1:i2], after[j1:j2], max_chars)
    return lines


def _equal_pairs(before: Sequence[str], after: Sequence[str]) -> int:
    counts = Counter(before)
    return sum(counts[line] for line in after)


def _replaced(before: list[str], after: list[str], max_chars: float) -> list[DiffLine]:
    """The lines that go, then those that come; words are marked where there is one for one."""
    if not len(before) == len(after) <= MAX_LINES_MARKED:
        removed = [DiffLine(LineRole.REMOVED, line) for line in before]
        return removed + [DiffLine(LineRole.ADDED, line) for line in after]
    pairs = [excerpt_pair(*pair, max_chars) for pair in zip(before, after, strict=True)]
    marks = [changed_spans(*pair) for pair in pairs]
    removed = [DiffLine(LineRole.REMOVED, pair[0], mark[0]) for pair, mark in zip(pairs, marks, strict=True)]
    return removed + [DiffLine(LineRole.ADDED, pair[1], mark[1]) for pair, mark in zip(pairs, marks, strict=True)]


def _folded(lines: list[DiffLine]) -> tuple[DiffLine, ...]:
    changed = [place for place, line in enumerate(lines) if line.role is not LineRole.SAME]
    near = {place + distance for place in changed for distance in range(-CONTEXT_LINES, CONTEXT_LINES + 1)}
    result: list[DiffLine] = []
    hidden: list[DiffLine] = []
    number = 0  # of the line in the text after
    for place, line in enumerate(lines):
        number += line.role is not LineRole.REMOVED
        if place not in near:
            hidden.append(line)
            continue
        result += _fold(hidden, number if line.role is not LineRole.REMOVED else number + 1)
        hidden = []
        result.append(line)
    return (*result, *_fold(hidden, 0))


def _fold(hidden: list[DiffLine], number: int) -> list[DiffLine]:
    if len(hidden) < 2:  # a fold of one line saves nothing
        return hidden
    return [DiffLine(LineRole.FOLDED, f"{len(hidden)} lines unchanged", number=number)]
