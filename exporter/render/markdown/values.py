"""A field's value before and after: short ones side by side, long ones as a diff of their lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from exporter.diff.changes import FieldChange, Missing
from exporter.recipe.model import JsonValue
from exporter.render.markdown.escape import code, fence

MAX_INLINE_CHARS = 120  # of one value; a longer one is easier to read in a block of its own
CONTEXT_LINES = 3
# Aligning lines costs up to before x after steps; beyond this (1 000 lines each) both texts are shown whole.
MAX_ALIGNED_PAIRS = 1_000_000
EXCERPT_CONTEXT = 40  # characters shown around what differs in a long line


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown of a diff. Each number is a maximum: assets in all, changes of one asset, fields of one
    change, lines of one text, characters of one line."""

    assets: int
    changes: int
    fields: int
    lines: int
    chars: int


UNLIMITED = Detail(*[1_000_000_000] * 5)


def render_fields(fields: Sequence[FieldChange], detail: Detail, *, is_whole: bool = False) -> tuple[list[str], int]:
    """The fields as Markdown lines, and how many fields or lines were left out. `is_whole`: the step or asset is
    new, so there is no before to show."""
    short: list[str] = []
    long: list[str] = []
    left_out = max(0, len(fields) - detail.fields)
    for field in fields[: detail.fields]:
        texts = _texts(field)
        if max(map(len, texts)) <= MAX_INLINE_CHARS and not any("\n" in text for text in texts):
            short.append(f"- {code(field.label)}: {_side_by_side(field, texts, is_whole=is_whole)}")
            continue
        lines = [_cut(line, detail.chars) for line in _compare_lines(field, texts, detail.chars)]
        long += ["", f"{code(field.label)}:", "", *fence(lines[: detail.lines], "diff")]
        if len(lines) > detail.lines:
            left_out += 1
            long += ["", f"… {count(len(lines) - detail.lines, 'more line')} in the attached file"]
    return [*short, *(long if short else long[1:])], left_out


def count(number: int, noun: str) -> str:
    """ "1 step", "2 steps", "1 000 steps", "2 switches"."""
    plural = noun if number == 1 else f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:,} {plural}".replace(",", " ")


def write_json(value: JsonValue, *, indent: int | None = None) -> str:
    """The value as JSON, with numbers in their own digits."""
    try:
        return _write(value, indent, 0)
    except RecursionError:
        return "(nested too deeply to be shown)"


def _write(value: JsonValue, indent: int | None, depth: int) -> str:
    if not isinstance(value, list | dict):
        # A Decimal is a number and keeps its digits; json writes the rest.
        plain = value is None or isinstance(value, bool | str)
        return json.dumps(value, ensure_ascii=False) if plain else str(value)
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {_write(item, indent, depth + 1)}" for key, item in value.items()
        ]
        ends = "{}"
    else:
        parts = [_write(item, indent, depth + 1) for item in value]
        ends = "[]"
    if indent is None or not parts:
        return ends[0] + ", ".join(parts) + ends[1]
    margin = "\n" + " " * indent * (depth + 1)
    return ends[0] + margin + f",{margin}".join(parts) + "\n" + " " * indent * depth + ends[1]


def _texts(field: FieldChange) -> tuple[str, str]:
    """Both values as text, "" for a missing one. A text is shown without quotes, unless the other side would look
    the same: "10" and 10."""
    before, after = (_text(value) for value in (field.before, field.after))
    is_missing = isinstance(field.before, Missing) or isinstance(field.after, Missing)
    if before == after and not is_missing:
        return _json(field.before), _json(field.after)
    return before, after


def _text(value: JsonValue | Missing) -> str:
    return value.replace("\r\n", "\n") if isinstance(value, str) and "\n" in value else _plain(value)


def _plain(value: JsonValue | Missing) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: JsonValue | Missing) -> str:
    if isinstance(value, Missing):
        return ""
    compact = write_json(value)
    is_container = isinstance(value, list | dict)
    return write_json(value, indent=2) if is_container and len(compact) > MAX_INLINE_CHARS else compact


def _side_by_side(field: FieldChange, texts: tuple[str, str], *, is_whole: bool) -> str:
    if is_whole and isinstance(field.before, Missing):
        return code(texts[1])
    before = "not set" if isinstance(field.before, Missing) else code(texts[0])
    after = "not set" if isinstance(field.after, Missing) else code(texts[1])
    return f"{before} → {after}"


def _compare_lines(field: FieldChange, texts: tuple[str, str], max_chars: int) -> list[str]:
    before = [] if isinstance(field.before, Missing) else texts[0].split("\n")
    after = [] if isinstance(field.after, Missing) else texts[1].split("\n")
    return list(compare_lines(before, after, max_chars))


def compare_lines(before: Sequence[str], after: Sequence[str], max_chars: int) -> Iterator[str]:
    """The lines of a unified diff without file headers: three lines around each change, "@@" between places."""
    skip, tail = _equal_ends(before, after)
    skip, tail = max(0, skip - CONTEXT_LINES), max(0, tail - CONTEXT_LINES)
    before, after = before[skip : len(before) - tail], after[skip : len(after) - tail]
    if len(before) * len(after) > MAX_ALIGNED_PAIRS:
        yield from (f"-{line}" for line in before)
        yield from (f"+{line}" for line in after)
        return
    for group in SequenceMatcher(None, before, after).get_grouped_opcodes(CONTEXT_LINES):
        if first := skip + group[0][3]:
            yield f"@@ line {first + 1} @@"
        for tag, start_before, end_before, start_after, end_after in group:
            if tag == "equal":
                yield from (f" {line}" for line in before[start_before:end_before])
                continue
            removed, added = before[start_before:end_before], after[start_after:end_after]
            if len(removed) == len(added):
                pairs = [excerpt_pair(*pair, max_chars) for pair in zip(removed, added, strict=True)]
                removed, added = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            yield from (f"-{line}" for line in removed)
            yield from (f"+{line}" for line in added)


def excerpt_pair(before: str, after: str, max_chars: int) -> tuple[str, str]:
    """Two long lines cut down to where they differ, so that cutting never makes them look alike."""
    if max(len(before), len(after)) <= max_chars:
        return before, after
    start, tail = _equal_ends(before, after)
    start, tail = max(0, start - EXCERPT_CONTEXT), max(0, tail - EXCERPT_CONTEXT)
    head, end = "…" if start else "", "…" if tail else ""
    middles = before[start : len(before) - tail], after[start : len(after) - tail]
    return f"{head}{middles[0]}{end}", f"{head}{middles[1]}{end}"


def _equal_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many items are equal at the start and, apart from those, at the end."""
    shorter = min(len(before), len(after))
    start = next((place for place in range(shorter) if before[place] != after[place]), shorter)
    rest = shorter - start
    tail = next((place for place in range(rest) if before[-1 - place] != after[-1 - place]), rest)
    return start, tail


def _cut(line: str, max_chars: int) -> str:
    if len(line) <= max_chars + 1:
        return line
    return f"{line[: max_chars + 1]}… ({count(len(line) - max_chars - 1, 'more character')})"
