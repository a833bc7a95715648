"""A field's value before and after: short ones side by side, long ones as a diff of their lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import TextWrapper

from exporter.diff.changes import ChangeKind, DeclaredFieldChange, FieldChange, Missing
from exporter.recipe.model import JsonValue
from exporter.render.difference import (
    DiffLine,
    LineRole,
    Span,
    cut,
    line_difference,
    look_alike,
    spelled_pair,
    told_apart,
)
from exporter.render.json import dump_json
from exporter.render.layout import laid_out
from exporter.render.markdown.escape import MAX_CODE_CHARS, code, fence, visible
from exporter.render.outline import outline_fields
from exporter.render.tally import count, listed_steps

MAX_INLINE_CHARS = 60  # of one value; a longer one is easier to read in a block of its own
MAX_LISTED = 12  # steps in a block that are named
MAX_INLINE_DECLARED = 2  # declared fields that stand in one line; more become a list
MAX_LINE_CHARS = 90  # of a line in a block; the rest goes onto the next one
MAX_WORD_WRAP_CHARS = 5_000  # longer lines are cut anywhere: looking for words takes too long
_WRAPPER = TextWrapper(
    MAX_LINE_CHARS, expand_tabs=False, replace_whitespace=False, drop_whitespace=False, break_on_hyphens=False
)
# Characters that are as wide as any other in a font for code, so that marks below them stand in the right place.
_PLAIN = re.compile("[ -\u024f–—‘’“”…→▸]*")
_LINE_SIGNS = {LineRole.SAME: " ", LineRole.REMOVED: "-", LineRole.ADDED: "+"}


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown of a diff. Each number is a maximum: assets in all, changes of one asset, fields of one
    change, lines of one text, characters of one line. `is_verbose`: what is not about behaviour is shown too."""

    assets: int
    changes: int
    fields: int
    lines: int
    chars: int
    is_verbose: bool = False


_ALL = 1_000_000_000
UNLIMITED = Detail(assets=_ALL, changes=_ALL, fields=_ALL, lines=_ALL, chars=_ALL)
EVERYTHING = replace(UNLIMITED, is_verbose=True)


def render_fields(
    fields: Sequence[FieldChange], detail: Detail, *, is_whole: bool = False, is_one_sided: bool = False
) -> tuple[list[str], int]:
    """The fields as Markdown lines, and how many fields or lines were left out. `is_whole`: the step or asset is
    new, so there is no before to show. `is_one_sided`: it is new or gone."""
    outline = outline_fields(fields, is_verbose=detail.is_verbose, is_one_sided=is_one_sided or is_whole)
    short: list[str] = []
    long: list[str] = []
    left_out = max(0, len(outline.shown) - detail.fields)
    for field in outline.shown[: detail.fields]:
        line = _short_line(field, is_whole=is_whole, is_one_sided=is_one_sided or is_whole)
        if line:
            short.append(f"- {code(field.label)}: {line}")
            continue
        lines = _declared_lines(field, is_whole=is_whole) if field.declared else _value_lines(field, detail.chars)
        long += ["", f"{code(field.label)}:", "", *fence(lines[: detail.lines], "diff")]
        if len(lines) > detail.lines:
            left_out += 1
            long += ["", f"… {count(len(lines) - detail.lines, 'more line')} in the attached file"]
    if outline.refreshed:
        labels = sorted({field.label for field in outline.refreshed})[: max(1, detail.fields)]
        short.append(f"- Field lists refreshed: {', '.join(map(code, labels))}")
    if outline.cosmetic:
        short.append(f"- {outline.cosmetic_words}")
    more = len(outline.shown) - detail.fields
    lines = [*short, *(long if short else long[1:])]
    return [*lines, *(["", f"… {count(more, 'more field')} in the attached file"] if more > 0 else [])], left_out


def _short_line(field: FieldChange, *, is_whole: bool, is_one_sided: bool) -> str:
    """The field's change on one line, "" if it needs more than that."""
    if field.declared:
        if len(field.declared) > MAX_INLINE_DECLARED:
            return ""
        return ", ".join(_declared_words(change, is_whole=is_whole) for change in field.declared)
    if steps := listed_steps(field):
        more = f" and {len(steps) - MAX_LISTED} more" if len(steps) > MAX_LISTED else ""
        return f"{', '.join(map(code, steps[:MAX_LISTED]))}{more}"
    texts = _texts(field)
    limit = MAX_INLINE_CHARS if all(texts) else MAX_CODE_CHARS
    if max(map(len, texts)) > limit or any("\n" in text for text in texts):
        return ""
    if is_one_sided and any(isinstance(value, Missing) for value in (field.before, field.after)):
        return code(texts[isinstance(field.before, Missing)])
    before = "not set" if isinstance(field.before, Missing) else code(texts[0])
    after = "not set" if isinstance(field.after, Missing) else code(texts[1])
    return f"{before} → {after}"


def _texts(field: FieldChange) -> tuple[str, str]:
    """Both values as text, "" for a missing one. A text is shown without quotes, unless nobody could tell it from
    the other side: "10" and 10."""
    before, after = (_text(value) for value in (field.before, field.after))
    is_missing = isinstance(field.before, Missing) or isinstance(field.after, Missing)
    return spelled_pair(field.before, field.after) if not is_missing and look_alike(before, after) else (before, after)


def _text(value: JsonValue | Missing) -> str:
    if isinstance(value, Missing):
        return ""
    if not isinstance(value, str):
        return laid_out(dump_json(value))
    return value.replace("\r\n", "\n") if "\n" in value else laid_out(value)


def _value_lines(field: FieldChange, max_chars: int) -> list[str]:
    before, after = _texts(field)
    if isinstance(field.before, Missing):
        lines = [DiffLine(LineRole.ADDED, line) for line in after.split("\n")]
    elif isinstance(field.after, Missing):
        lines = [DiffLine(LineRole.REMOVED, line) for line in before.split("\n")]
    else:
        return compare_lines(before, after, max_chars)
    return [wrapped for line in lines for wrapped in _wrapped(line, max_chars)]


def compare_lines(before: str, after: str, max_chars: float) -> list[str]:
    """The lines of a unified diff without file headers: three lines around each change, "@@" between places, and
    marks below two lines of which the second replaced the first."""
    lines: list[str] = []
    for line in line_difference(before, after, max_chars):
        if line.role is LineRole.FOLDED:
            lines += [f"@@ line {line.number} @@"] if line.number else []
        else:
            lines += _wrapped(line, max_chars)
    return lines


def _wrapped(line: DiffLine, max_chars: float) -> list[str]:
    """The line after its sign, wrapped because a block of code on a page is not; "┆" begins what is left of it."""
    sign, text = _LINE_SIGNS[line.role], cut(line.text, max_chars)
    if not line.marks and len(text) <= MAX_LINE_CHARS:
        return [sign + text]
    lines: list[str] = []
    start = 0
    for piece in _pieces(text):
        lead = "┆ " if start else ""
        lines.append(f"{sign}{lead}{piece}")
        end = start + len(piece)
        marks = [(max(mark[0], start) - start, min(mark[1], end) - start) for mark in line.marks]
        lines += _marks(piece, [mark for mark in marks if mark[0] < mark[1]], len(lead))
        start = end
    return lines


def _pieces(text: str) -> list[str]:
    if len(text) <= MAX_LINE_CHARS:
        return [text]
    if len(text) > MAX_WORD_WRAP_CHARS:
        return [text[start : start + MAX_LINE_CHARS] for start in range(0, len(text), MAX_LINE_CHARS)]
    return _WRAPPER.wrap(text)


def _marks(text: str, marks: Sequence[Span], margin: int) -> list[str]:
    """`      ^^^` below the words that differ, nothing where that says nothing or would stand in the wrong place."""
    covered = sum(end - start for start, end in marks)
    if not marks or covered == len(text) or not _PLAIN.fullmatch(text) or visible(text) != text:
        return []
    line = " " * (margin + 1)
    for start, end in marks:
        line += " " * (start - len(line) + margin + 1) + "^" * (end - start)
    return [line]


def _declared_words(change: DeclaredFieldChange, *, is_whole: bool) -> str:
    """`added Currency (text, optional)`, `Amount: text → number`."""
    label = code(change.label)
    if change.kind in (ChangeKind.ADDED, ChangeKind.REMOVED):
        words = change.after if change.kind is ChangeKind.ADDED else change.before
        described = f"{label} ({code(words)})" if words else label
        return described if is_whole else f"{change.kind.value} {described}"
    verb = "" if change.kind is ChangeKind.CHANGED else f" {change.kind.value}"
    if change.before == change.after:
        return f"{label}{verb}"
    before, after = told_apart(change.before, change.after)
    return f"{label}{verb}: {code(before) if before else 'nothing'} → {code(after)}"


def _declared_lines(field: FieldChange, *, is_whole: bool) -> list[str]:
    """A line of a diff for each field that came or went, two for one that changed."""
    lines: list[str] = []
    for change in field.declared:
        words = told_apart(change.before, change.after)
        before, after = (f"{change.label}: {text}" if text else change.label for text in words)
        if change.kind is ChangeKind.ADDED:
            lines.append(f"{' ' if is_whole else '+'}{after}")
        elif change.kind is ChangeKind.REMOVED:
            lines.append(f"-{before}")
        elif change.kind is ChangeKind.CHANGED and change.before != change.after:
            lines += [f"-{before}", f"+{after}"]
        else:
            verb = change.kind.value
            places = f": {words[0]} → {words[1]}" if change.before != change.after else ""
            lines.append(f" {change.label} {verb}{places}")
    return lines
