"""How two values of a field differ, as plain pieces that a renderer can colour."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TypeAlias

from exporter.diff.changes import Missing
from exporter.recipe.model import JsonValue
from exporter.render.json import dump_json, number_text
from exporter.render.printable import ascii_only, printable

# Comparing costs up to the square (SequenceMatcher: the cube) of these. Longer texts are shown whole, unmarked.
MAX_WORDS_COMPARED = 300
MAX_LINES_COMPARED = 600
CONTEXT_LINES = 2
MAX_COMPACT_CHARS = 60  # a longer list or map is laid out over several lines

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
    """A line and the parts of it that differ from its counterpart."""

    role: LineRole
    text: str
    marks: tuple[Span, ...] = ()


def shown_pair(before: JsonValue | Missing, after: JsonValue | Missing) -> tuple[str, str]:
    """Both values as people read them, never equal for values that differ; may have lines.

    Texts that only look the same (another kind of space, 100 and "100") are written out with escapes or quotes.
    """
    shown = shown_value(before), shown_value(after)
    if _looks(shown[0]) == _looks(shown[1]):
        shown = _spelled_out(before), _spelled_out(after)
    return shown


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
    compact = dump_json(value)
    return compact if len(compact) <= MAX_COMPACT_CHARS else dump_json(value, indent=2)


def _shown_text(text: str) -> str:
    if not text:
        return "(empty)"
    text = text.replace("\r\n", "\n")
    if "\n" in text:
        return printable(text.replace("\t", "    "), keep="\n")
    return dump_json(text) if _AMBIGUOUS.fullmatch(text) else printable(text)


def _spelled_out(value: JsonValue | Missing) -> str:
    return shown_value(value) if isinstance(value, Missing) else ascii_only(dump_json(value))


def changed_spans(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The words of each text that the other has not; nothing if the texts are too long or share too little."""
    words_before, words_after = _WORD.findall(before), _WORD.findall(after)
    if max(len(words_before), len(words_after)) > MAX_WORDS_COMPARED:
        return (), ()
    matcher = SequenceMatcher(None, words_before, words_after, autojunk=False)
    if matcher.ratio() < 0.4:
        return (), ()
    starts_before, starts_after = _starts(words_before), _starts(words_after)
    spans_before: list[Span] = []
    spans_after: list[Span] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        if i1 < i2:
            spans_before.append((starts_before[i1], starts_before[i2]))
        if j1 < j2:
            spans_after.append((starts_after[j1], starts_after[j2]))
    return tuple(spans_before), tuple(spans_after)


def _starts(words: Sequence[str]) -> list[int]:
    """Where each word begins in the text; one more entry for the text's end."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts


def line_difference(before: str, after: str) -> tuple[DiffLine, ...]:
    """Both texts line by line, with what is the same folded to a little context."""
    lines_before, lines_after = before.split("\n"), after.split("\n")
    head = _common(lines_before, lines_after)
    tail = _common(lines_before[head:][::-1], lines_after[head:][::-1])
    middle_before = lines_before[head : len(lines_before) - tail]
    middle_after = lines_after[head : len(lines_after) - tail]
    lines = [DiffLine(LineRole.SAME, line) for line in lines_before[:head]]
    lines += _middle(middle_before, middle_after)
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


def _middle(before: list[str], after: list[str]) -> list[DiffLine]:
    if max(len(before), len(after)) > MAX_LINES_COMPARED:
        return _replaced(before, after)
    lines: list[DiffLine] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [DiffLine(LineRole.SAME, line) for line in before[i1:i2]]
        else:
            lines += _replaced(before[i1:i2], after[j1:j2])
    return lines


def _replaced(before: list[str], after: list[str]) -> list[DiffLine]:
    """The lines that go, then those that come; words are marked where there is one for one."""
    if len(before) != 1 or len(after) != 1:
        removed = [DiffLine(LineRole.REMOVED, line) for line in before]
        return removed + [DiffLine(LineRole.ADDED, line) for line in after]
    marks = changed_spans(before[0], after[0])
    return [DiffLine(LineRole.REMOVED, before[0], marks[0]), DiffLine(LineRole.ADDED, after[0], marks[1])]


def _folded(lines: list[DiffLine]) -> tuple[DiffLine, ...]:
    changed = [place for place, line in enumerate(lines) if line.role is not LineRole.SAME]
    near = {place + distance for place in changed for distance in range(-CONTEXT_LINES, CONTEXT_LINES + 1)}
    result: list[DiffLine] = []
    hidden: list[DiffLine] = []
    for place, line in enumerate(lines):
        if place not in near:
            hidden.append(line)
            continue
        result += _fold(hidden)
        hidden = []
        result.append(line)
    return (*result, *_fold(hidden))


def _fold(hidden: list[DiffLine]) -> list[DiffLine]:
    if len(hidden) < 2:  # a fold of one line saves nothing
        return hidden
    return [DiffLine(LineRole.FOLDED, f"{len(hidden)} lines unchanged")]
