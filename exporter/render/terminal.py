"""A diff as a person reads it in a terminal. Everything from outside goes through `printable` and into rich's Text,
which knows no markup, so no recipe can colour, move or hide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from exporter.diff.changes import (
    AssetChange,
    ChangeClass,
    ChangeKind,
    ConnectionSwitch,
    FieldChange,
    Missing,
    Side,
    SnapshotDiff,
    StepChange,
    StepPlace,
)
from exporter.render.difference import DiffLine, LineRole, Span, changed_spans, line_difference, shown_pair, shown_value
from exporter.render.printable import printable
from exporter.render.tally import ASSET_KIND_NAMES, KIND_WORDS, count, step_tally, tally

MIN_WIDTH = 40
MAX_WORD_WRAP_CHARS = 5_000  # longer lines are cut at the width: rich takes seconds to find the words of a megabyte
_DIGEST_CHARS = 12
_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.MOVED: ">", ChangeKind.RENAMED: ">"}
_STYLES = {"+": "green", "-": "red", "~": "yellow", ">": "cyan"}
_LINE_SIGNS = {LineRole.SAME: " ", LineRole.REMOVED: "-", LineRole.ADDED: "+", LineRole.FOLDED: "…"}


def render_diff(diff: SnapshotDiff, *, width: int, color: bool, verbose: bool = False, summary: bool = False) -> str:
    """The diff as text of at most `width` columns (never less than 40), with ANSI colours if `color`.

    `summary` gives one line an asset. `verbose` also shows what is cosmetic, refreshed field lists, and the
    files that differ in noise only.
    """
    page = Page(max(width, MIN_WIDTH), color)
    _heading(page, diff)
    if diff.is_empty:
        page.blank()
        page.line(Text(f"No differences: promoting {_name(diff.source)} would change nothing in {_name(diff.target)}."))
    elif summary:
        page.blank()
        for change in diff.changes:
            _asset_line(page, change, with_folder=True)
    else:
        _switches(page, diff.changes)
        for change in diff.changes:
            page.blank()
            _Recipe(page, change, verbose).render()
    _footer(page, diff, verbose)
    return page.text()


class Page:
    """Lines of styled text that wrap under their own beginning."""

    def __init__(self, width: int, color: bool) -> None:
        self.width = width
        self.has_color = color
        self._lines: list[Text] = []
        self._console = Console(
            width=width,
            color_system="standard" if color else None,
            force_terminal=color,
            no_color=False,
            legacy_windows=False,
            _environ={},
        )

    def blank(self) -> None:
        self._lines.append(Text())

    def line(self, body: Text, *, lead: Text | None = None, indent: int = 0) -> None:
        """Adds `body` after `indent` columns and `lead`; lines that follow begin where the body began."""
        lead = lead if lead is not None else Text()
        if indent + lead.cell_len > self.width // 2:  # a long label wraps together with what it stands before
            body, lead = lead.copy().append_text(body), Text()
        hang = indent + lead.cell_len
        for place, part in enumerate(self._wrapped(body, self.width - hang)):
            start = Text(" " * indent).append_text(lead) if place == 0 else Text(" " * hang)
            line = start.append_text(part)
            line.rstrip()
            self._lines.append(line)

    def _wrapped(self, body: Text, width: int) -> Sequence[Text]:
        """The body in lines of at most `width` columns, broken between words."""
        if len(body) > MAX_WORD_WRAP_CHARS:
            return [Text(part, style=body.style) for part in chop_cells(body.plain, width)]
        if body.cell_len <= width and "\n" not in body.plain:
            return [body]
        return list(body.wrap(self._console, width, overflow="fold")) or [Text()]

    def text(self) -> str:
        """Everything so far, each line ended."""
        if not self.has_color:
            return "".join(f"{line.plain}\n" for line in self._lines)
        with self._console.capture() as capture:
            for line in self._lines:
                self._console.print(line, soft_wrap=True)
        return capture.get()


def _name(side: Side) -> str:
    return printable(side.label)


def _heading(page: Page, diff: SnapshotDiff) -> None:
    page.line(Text(f"What promoting {_name(diff.source)} would change in {_name(diff.target)}", style="bold"))
    revisions = [
        f"{_name(side)} at {side.revision[:10]}" for side in (diff.source, diff.target) if side.revision is not None
    ]
    if revisions:
        page.line(Text(", ".join(revisions), style="dim"))
    if diff.only:
        page.line(Text("Only: " + ", ".join(printable(glob) for glob in diff.only), style="dim"))


def _footer(page: Page, diff: SnapshotDiff, verbose: bool) -> None:
    if not diff.is_empty:
        page.blank()
    if verbose and diff.noise_only:
        page.line(Text("Differ in noise only:", style="dim"))
        for path in diff.noise_only:
            page.line(Text(printable(path), style="dim"), indent=2)
    number = len(diff.noise_only)
    verb = "differs" if number == 1 else "differ"
    noise = f"{count(number, 'more file' if diff.changes else 'file')} {verb} in noise only" if number else ""
    totals = "; ".join(part for part in (tally(diff.changes), noise) if part)
    total = Text(f"{totals}. " if totals else "", style="bold")
    page.line(total.append(f"Digest {diff.digest[:_DIGEST_CHARS]}.", style="not bold"))


def _switches(page: Page, changes: Iterable[AssetChange]) -> None:
    """All connections that switch in what both sides have, in columns, before anything else."""
    both = (change for change in changes if change.path_before is not None and change.path_after is not None)
    rows = [(_title(change), switch) for change in both for switch in change.connections]
    if not rows:
        return
    page.blank()
    page.line(Text("Connections that switch", style="bold"))
    providers = max(cell_len(printable(switch.provider)) for _, switch in rows)
    for title, switch in rows:
        provider = printable(switch.provider)
        lead = Text(provider + " " * (providers - cell_len(provider) + 2))
        page.line(_switch_text(switch).append(f"  in {title}", style="dim"), lead=lead, indent=2)


def _switch_text(switch: ConnectionSwitch) -> Text:
    before, after = switch.before, switch.after
    if before is not None and after is not None:
        texts = shown_pair(before, after)
    else:
        texts = _connection(before), _connection(after)
    return Text(texts[0], style="red").append(" → ", style="not red").append(texts[1], style="green")


def _connection(name: str | None) -> str:
    return "(none)" if name is None else shown_value(name)


def _title(change: AssetChange) -> str:
    """The asset's own name, or its file's name where it has none."""
    return printable(change.name or change.path.rpartition("/")[2])


def _sign(kinds: Sequence[ChangeKind]) -> Text:
    sign = next((_SIGNS[kind] for kind in kinds if kind in (ChangeKind.ADDED, ChangeKind.REMOVED)), "")
    if not sign:
        sign = "~" if ChangeKind.CHANGED in kinds else _SIGNS.get(kinds[0], "~") if kinds else "~"
    return Text(sign + " ", style=_STYLES[sign])


def _asset_line(page: Page, change: AssetChange, *, with_folder: bool) -> None:
    """`~ Sync orders  recipe changed: 2 steps added, 1 changed  Order to Cash/Orders`."""
    body = Text(_title(change), style="bold").append(f"  {_asset_words(change)}", style="not bold")
    if with_folder and "/" in change.path:
        body.append(f"  {printable(change.path.rpartition('/')[0])}", style="dim not bold")
    page.line(body, lead=_sign(change.kinds))


def _asset_words(change: AssetChange) -> str:
    words = f"{ASSET_KIND_NAMES[change.asset_kind]} {', '.join(KIND_WORDS[each] for each in change.kinds)}"
    details = step_tally(change)
    return f"{words}: {details}" if details and ChangeKind.ADDED not in change.kinds else words


class _Recipe:
    """Writes one asset: its heading, its connections and settings, and its steps in their order."""

    def __init__(self, page: Page, change: AssetChange, verbose: bool) -> None:
        self._page = page
        self._change = change
        self._verbose = verbose
        self._last_number = 0  # the last step of the recipe as it would be that was shown or folded
        self._folded_steps = 0
        self._folded_cosmetic = 0

    def render(self) -> None:
        change, page = self._change, self._page
        _asset_line(page, change, with_folder=False)
        for text in self._origins():
            page.line(Text(text, style="dim"), indent=2)
        if change.note:
            page.line(Text(printable(change.note)), indent=2)
        for switch in change.connections:
            lead = Text(f"{printable(switch.provider)}: ")
            page.line(_switch_text(switch), lead=Text("Connection ").append_text(lead), indent=2)
        is_one_sided = change.path_before is None or change.path_after is None
        self._fields((*change.settings, *change.fields), indent=2, is_one_sided=is_one_sided)
        for step in change.steps:
            self._step(step)
        self._folded_steps = self._remaining()
        self._fold()

    def _origins(self) -> list[str]:
        """Where it is and was, which version by whom, and its address."""
        change = self._change
        lines = [printable(change.path)]
        if change.path_before is not None and change.path_after not in (None, change.path_before):
            lines.append(f"was {printable(change.path_before)}")
        versions = [
            f"version {info.version}" + (f" by {printable(info.author_name)}" if info.author_name else "")
            for info in (change.info_before, change.info_after)
            if info.version is not None
        ]
        if versions:
            lines.append(" → ".join(versions))
        if change.url:
            lines.append(printable(change.url))
        return lines

    def _step(self, step: StepChange) -> None:
        self._count_gap(step)
        if step.change_class is ChangeClass.COSMETIC and not self._verbose:
            self._folded_cosmetic += 1
            return
        self._fold()
        place = step.place
        lead = _sign(step.kinds).append(f"{place.number:>3}  ", style="not bold")
        words = ", ".join(KIND_WORDS[kind] for kind in step.kinds)
        is_short = step.change_class is ChangeClass.SCHEMA and not self._verbose
        if is_short:
            words = _refreshed(step.fields)
        if place.is_skipped and ChangeKind.DISABLED not in step.kinds:
            words += ", is disabled"
        body = Text(printable(place.headline), style="bold").append(f"  {words}", style=f"not bold {lead.style}")
        self._page.line(body, lead=lead, indent=2)
        if is_short:
            return
        for text in _places(step):
            self._page.line(Text(text, style="dim"), indent=9)
        self._fields(step.fields, indent=9, is_one_sided=step.before is None or step.after is None)

    def _count_gap(self, step: StepChange) -> None:
        """Steps between the last one told and this one are unchanged; they are numbered as they would be."""
        if step.after is not None:
            self._folded_steps += max(0, step.after.number - self._last_number - 1)
            self._last_number = max(self._last_number, step.after.number)

    def _remaining(self) -> int:
        shown = self._last_number - sum(step.after is not None for step in self._change.steps)
        return self._folded_steps + max(0, self._change.steps_unchanged - shown)

    def _fold(self) -> None:
        parts = []
        if self._folded_steps:
            parts.append(f"{count(self._folded_steps, 'step')} unchanged")
        if self._folded_cosmetic:
            parts.append(f"{count(self._folded_cosmetic, 'step')} with changed looks only")
        if parts:
            self._page.line(Text("… " + ", ".join(parts), style="dim"), indent=2)
        self._folded_steps = self._folded_cosmetic = 0

    def _fields(self, fields: Sequence[FieldChange], *, indent: int, is_one_sided: bool) -> None:
        """Logic in full; refreshed field lists and looks in one line each unless verbose."""
        refreshed = [field for field in fields if field.change_class is ChangeClass.SCHEMA]
        cosmetic = [field for field in fields if field.change_class is ChangeClass.COSMETIC]
        for field in fields:
            if field.change_class is ChangeClass.LOGIC or self._verbose:
                _field(self._page, field, indent, is_one_sided)
        if self._verbose:
            return
        if refreshed and not is_one_sided:
            self._page.line(Text(_refreshed(refreshed), style="dim"), indent=indent)
        if cosmetic and not is_one_sided:
            self._page.line(Text(f"{count(len(cosmetic), 'change')} of looks only", style="dim"), indent=indent)


def _refreshed(fields: Sequence[FieldChange]) -> str:
    """ "refreshed: Input fields, Output fields": what Workato reads anew from the connected system."""
    labels = {printable(field.label) for field in fields if field.change_class is ChangeClass.SCHEMA}
    return f"refreshed: {', '.join(sorted(labels)) or 'field lists'}"


def _places(step: StepChange) -> list[str]:
    """The blocks around the step, and where a step came from that is elsewhere now."""
    lines = []
    place = step.place
    if place.blocks:
        lines.append("in " + _blocks(place))
    elsewhere = {ChangeKind.MOVED, ChangeKind.NESTED, ChangeKind.UNNESTED} & set(step.kinds)
    if step.before is not None and step.after is not None and elsewhere:
        around = f" in {_blocks(step.before)}" if step.before.blocks else " at the top level"
        lines.append(f"was step {step.before.number}{around}")
    return lines


def _blocks(place: StepPlace) -> str:
    return " ▸ ".join(printable(block) for block in place.blocks)


def _field(page: Page, field: FieldChange, indent: int, is_one_sided: bool) -> None:
    label = Text(printable(field.label) + ": ")
    if is_one_sided:
        _one_value(page, label, shown_value(field.after if isinstance(field.before, Missing) else field.before), indent)
        return
    before, after = shown_pair(field.before, field.after)
    is_one_line = "\n" not in before and "\n" not in after
    if is_one_line and indent + label.cell_len + cell_len(before) + cell_len(after) + 3 <= page.width:
        marks_before, marks_after = changed_spans(before, after)
        pair = _marked(before, marks_before, "red").append(" → ").append_text(_marked(after, marks_after, "green"))
        page.line(pair, lead=label, indent=indent)
        return
    page.line(label, indent=indent)
    _line_diff(page, _whole_sides(field, before, after), indent + 2)


def _whole_sides(field: FieldChange, before: str, after: str) -> Sequence[DiffLine]:
    """A text that appears or goes is not compared with the marker that stands for nothing."""
    if isinstance(field.before, Missing):
        return [DiffLine(LineRole.ADDED, line) for line in after.split("\n")]
    if isinstance(field.after, Missing):
        return [DiffLine(LineRole.REMOVED, line) for line in before.split("\n")]
    return line_difference(before, after)


def _one_value(page: Page, label: Text, text: str, indent: int) -> None:
    """`Label: value`; a value that needs more than a line stands below its label, behind a bar."""
    if "\n" not in text and indent + label.cell_len + cell_len(text) <= page.width:
        page.line(Text(text), lead=label, indent=indent)
        return
    page.line(label, indent=indent)
    for line in text.split("\n"):
        page.line(Text(line), lead=Text("│ ", style="dim"), indent=indent + 2)


def _line_diff(page: Page, lines: Iterable[DiffLine], indent: int) -> None:
    styles = {LineRole.REMOVED: "red", LineRole.ADDED: "green", LineRole.FOLDED: "dim", LineRole.SAME: "dim"}
    for line in lines:
        style = styles[line.role]
        lead = Text(_LINE_SIGNS[line.role] + " ", style=style)
        page.line(_marked(line.text, line.marks, style), lead=lead, indent=indent)
        _carets(page, line, indent + 2)


def _marked(text: str, marks: Iterable[Span], style: str) -> Text:
    marked = Text(text, style=style)
    for start, end in marks:
        marked.stylize("bold underline", start, end)
    return marked


def _carets(page: Page, line: DiffLine, indent: int) -> None:
    """Without colours, marked words are pointed at from below, if the line did not wrap."""
    if page.has_color or not line.marks or indent + cell_len(line.text) > page.width:
        return
    carets = ""
    for start, end in line.marks:
        carets += " " * (cell_len(line.text[:start]) - len(carets)) + "^" * cell_len(line.text[start:end])
    page.line(Text(carets), indent=indent)
