"""A page of styled lines that wrap under their own beginning, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from rich.cells import cell_len, chop_cells
from rich.color import ColorSystem
from rich.console import Console
from rich.text import Text

from exporter.render.difference import Span

MAX_WORD_WRAP_CHARS = 5_000  # longer lines are cut at the width: rich takes seconds to find the words of a megabyte
MARK_STYLE = "bold underline"
_WRAP_SIGN = "┆ "  # begins what is left of a line of a value: it is no line of its own


class Page:
    """Lines of styled text that wrap under their own beginning."""

    def __init__(self, width: int, color: bool) -> None:
        self.width = width
        self.has_color = color
        self._lines: list[Text | str] = []  # text without colours as soon as it is whole
        self._console = Console(
            width=width,
            color_system="standard" if color else None,
            force_terminal=color,
            no_color=False,
            legacy_windows=False,
            _environ={},
        )

    def blank(self) -> None:
        self._lines.append("")

    def line(self, body: Text, *, lead: Text | None = None, indent: int = 0, is_value: bool = False) -> None:
        """Adds `body` after `indent` columns and `lead`; lines that follow begin where the body began. In a line of
        a value they are told from other lines by a sign, and marked words are pointed at if there are no colours."""
        lead = lead if lead is not None else Text()
        if indent + lead.cell_len > self.width // 2:  # a long label wraps together with what it stands before
            body, lead = lead.copy().append_text(body), Text()
        hang = indent + lead.cell_len
        if not self.has_color:
            self._plain_line(body, lead.plain, " " * indent, hang, is_value=is_value)
            return
        next_lead = Text(_WRAP_SIGN if is_value else " " * lead.cell_len, style=lead.style)
        for place, part in enumerate(self._wrapped(body, self.width - hang)):
            line = Text(" " * indent).append_text(lead if place == 0 else next_lead).append_text(part)
            line.rstrip()
            self._lines.append(line)

    def _plain_line(self, body: Text, lead: str, margin: str, hang: int, *, is_value: bool) -> None:
        """The same without styles, which cost most of the time of a big diff."""
        for part in self._wrapped(body, self.width - hang):
            self._lines.append(f"{margin}{lead}{part.plain}".rstrip())
            lead = _WRAP_SIGN if is_value else " " * (hang - len(margin))
            if is_value and part.spans:
                self._carets(part, hang)

    def row(self, text: Text) -> None:
        """Adds exactly one line, cut with an ellipsis if it is too long."""
        text.truncate(self.width, overflow="ellipsis")
        self._lines.append(text)

    def _wrapped(self, body: Text, width: int) -> Sequence[Text]:
        """The body in lines of at most `width` columns, broken between words."""
        if body.cell_len <= width and "\n" not in body.plain:
            return [body]
        if len(body) > MAX_WORD_WRAP_CHARS:
            return list(body.divide(accumulate(len(part) for part in chop_cells(body.plain, width)))) or [Text()]
        return list(body.wrap(self._console, width, overflow="fold")) or [Text()]

    def _carets(self, part: Text, indent: int) -> None:
        """Points at the marked words from below."""
        carets = ""
        for span in sorted(span for span in part.spans if span.style == MARK_STYLE):
            carets += " " * (cell_len(part.plain[: span.start]) - cell_len(carets))
            carets += "^" * cell_len(part.plain[span.start : span.end])
        if carets:
            self._lines.append(" " * indent + carets)

    def text(self) -> str:
        """Everything so far, each line ended."""
        if not self.has_color:
            return "".join(f"{line if isinstance(line, str) else line.plain}\n" for line in self._lines)
        # Console.print would measure and wrap each line again, which takes most of the time of a big diff.
        return "".join(
            style.render(text, color_system=ColorSystem.STANDARD) if style else text
            for line in self._lines
            for text, style, _ in (Text(line) if isinstance(line, str) else line).render(self._console, end="\n")
        )


def marked(text: str, marks: Iterable[Span], style: str) -> Text:
    """The text with the marked parts standing out."""
    result = Text(text, style=style)
    for start, end in marks:
        result.stylize(MARK_STYLE, start, end)
    return result
