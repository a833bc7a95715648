"""Fields of a step or an asset in a terminal: side by side where both values are short, else as a line diff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rich.cells import cell_len
from rich.text import Text

from exporter.diff.changes import ChangeKind, DeclaredFieldChange, FieldChange, Missing
from exporter.render.difference import (
    DiffLine,
    LineRole,
    changed_spans,
    cut,
    line_difference,
    shown_pair,
    shown_value,
    told_apart,
)
from exporter.render.outline import outline_fields
from exporter.render.printable import printable
from exporter.render.tally import count, listed_steps
from exporter.render.terminal.page import Page, marked

MAX_LINES = 500  # of one value, unless verbose
MAX_LISTED = 6  # steps in a block that are named, unless verbose
MAX_CHARS = 4_000  # of one line of a value, unless verbose
_LINE_SIGNS = {LineRole.SAME: " ", LineRole.REMOVED: "-", LineRole.ADDED: "+", LineRole.FOLDED: "…"}
_LINE_STYLES = {LineRole.REMOVED: "red", LineRole.ADDED: "green", LineRole.FOLDED: "dim", LineRole.SAME: "dim"}
_Line = TypeVar("_Line")
_DECLARED_SIGNS = {ChangeKind.ADDED: ("+", "green"), ChangeKind.REMOVED: ("-", "red")}


class FieldWriter:
    """Writes fields onto a page."""

    def __init__(self, page: Page, *, is_verbose: bool) -> None:
        self._page = page
        self._is_verbose = is_verbose
        self._max_chars: float = float("inf") if is_verbose else MAX_CHARS

    def write_all(self, fields: Sequence[FieldChange], indent: int, *, is_one_sided: bool) -> None:
        """Logic in full; refreshed field lists and looks in one line each unless verbose. `is_one_sided`: the step
        or asset is new or gone, so there is one value to each field."""
        outline = outline_fields(fields, is_verbose=self._is_verbose, is_one_sided=is_one_sided)
        for field in outline.shown:
            self.write(field, indent, is_one_sided=is_one_sided)
        if outline.refreshed:
            labels = ", ".join(sorted({printable(field.label) for field in outline.refreshed}))
            self._page.line(Text(f"refreshed: {labels}", style="dim"), indent=indent)
        if outline.cosmetic:
            self._page.line(Text(outline.cosmetic_words, style="dim"), indent=indent)

    def write(self, field: FieldChange, indent: int, *, is_one_sided: bool) -> None:
        label = Text(printable(field.label) + ": ")
        if field.declared:
            self._declared(label, field.declared, indent, is_one_sided=is_one_sided)
            return
        if steps := listed_steps(field):
            self._page.line(label, indent=indent)
            self.write_listing(steps, indent + 2)
            return
        if is_one_sided:
            value = field.after if isinstance(field.before, Missing) else field.before
            self._one_value(label, shown_value(value), indent)
            return
        before, after = shown_pair(field.before, field.after)
        is_one_line = "\n" not in before and "\n" not in after
        if is_one_line and indent + label.cell_len + cell_len(before) + cell_len(after) + 3 <= self._page.width:
            marks_before, marks_after = changed_spans(before, after)
            pair = marked(before, marks_before, "red").append(" → ").append_text(marked(after, marks_after, "green"))
            self._page.line(pair, lead=label, indent=indent)
            return
        self._page.line(label, indent=indent)
        self._line_diff(self._whole_sides(field, before, after), indent + 2)

    def write_listing(self, headlines: Sequence[str], indent: int) -> None:
        """The steps that stand in a block which is new or gone, by name; they themselves did not change."""
        shown = headlines if self._is_verbose else headlines[:MAX_LISTED]
        for headline in shown:
            self._page.line(Text(printable(headline), style="dim"), lead=Text("┊ ", style="dim"), indent=indent)
        if len(headlines) > len(shown):
            self._page.line(Text(f"┊ … {len(headlines) - len(shown)} more", style="dim"), indent=indent)

    def _whole_sides(self, field: FieldChange, before: str, after: str) -> Sequence[DiffLine]:
        """A text that appears or goes is not compared with the marker that stands for nothing."""
        if isinstance(field.before, Missing):
            return [DiffLine(LineRole.ADDED, line) for line in after.split("\n")]
        if isinstance(field.after, Missing):
            return [DiffLine(LineRole.REMOVED, line) for line in before.split("\n")]
        return line_difference(before, after, self._max_chars)

    def _one_value(self, label: Text, text: str, indent: int) -> None:
        """`Label: value`; a value that needs more than a line stands below its label, behind a bar."""
        if "\n" not in text and indent + label.cell_len + cell_len(text) <= self._page.width:
            self._page.line(Text(text), lead=label, indent=indent)
            return
        self._page.line(label, indent=indent)
        lines = text.split("\n")
        for line in self._limited(lines):
            lead = Text("│ ", style="dim")
            self._page.line(Text(cut(line, self._max_chars)), lead=lead, indent=indent + 2, is_value=True)
        self._more(len(lines), indent + 2)

    def _line_diff(self, lines: Sequence[DiffLine], indent: int) -> None:
        for line in self._limited(lines):
            style = _LINE_STYLES[line.role]
            lead = Text(_LINE_SIGNS[line.role] + " ", style=style)
            text = cut(line.text, self._max_chars)
            marks = ((start, min(end, len(text))) for start, end in line.marks if start < len(text))
            self._page.line(marked(text, marks, style), lead=lead, indent=indent, is_value=True)
        self._more(len(lines), indent)

    def _limited(self, lines: Sequence[_Line]) -> Sequence[_Line]:
        return lines if self._is_verbose else lines[:MAX_LINES]

    def _more(self, number: int, indent: int) -> None:
        if number > MAX_LINES and not self._is_verbose:
            words = f"… {count(number - MAX_LINES, 'more line')}; --verbose shows all"
            self._page.line(Text(words, style="bold"), indent=indent)

    def _declared(
        self, label: Text, declared: Sequence[DeclaredFieldChange], indent: int, *, is_one_sided: bool
    ) -> None:
        """`Parameters: + Currency (text), Amount: text → number`; a line a field if that is too long."""
        texts = [_declared_text(change, has_sign=not is_one_sided) for change in declared]
        together = Text(", ").join(texts)
        if len(texts) <= 3 and indent + label.cell_len + together.cell_len <= self._page.width:
            self._page.line(together, lead=label, indent=indent)
            return
        self._page.line(label, indent=indent)
        for text in self._limited(texts):
            self._page.line(text, lead=Text("· ", style="dim"), indent=indent + 2)
        self._more(len(texts), indent + 2)


def _declared_text(change: DeclaredFieldChange, *, has_sign: bool) -> Text:
    """`+ Currency (text, optional)`, `- Region (text)`, `Amount: text → number`."""
    label = printable(change.label)
    before, after = (printable(words) for words in told_apart(change.before, change.after))
    if change.kind in (ChangeKind.ADDED, ChangeKind.REMOVED):
        sign, style = _DECLARED_SIGNS[change.kind]
        words = after if change.kind is ChangeKind.ADDED else before
        described = f"{label} ({words})" if words else label
        return Text(f"{sign} {described}", style=style) if has_sign else Text(described)
    verb = {ChangeKind.RENAMED: " renamed", ChangeKind.MOVED: " moved"}.get(change.kind, "")
    text = Text(f"{label}{verb}")
    if before == after:
        return text
    return text.append(": ").append(before or "(nothing)", style="red").append(" → ").append(after, style="green")
