"""One changed asset in a terminal: its heading, its connections and settings, and its steps in their order."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from exporter.diff.changes import AssetChange, ChangeKind, ConnectionSwitch, Missing, StepChange, StepPlace
from exporter.render.difference import shown_pair, shown_value
from exporter.render.outline import Fold, outline_steps
from exporter.render.printable import printable
from exporter.render.tally import (
    CONTRACT_WORDS,
    KIND_WORDS,
    own_fields,
    shown_settings,
    split_property_names,
    step_tally,
    step_words,
    wrapped_steps,
)
from exporter.render.terminal.fields import FieldWriter
from exporter.render.terminal.page import Page
from exporter.snapshot import ASSET_KIND_NAMES

SHOUT_STYLE = "bold red"
_STEP_COLUMNS = 9  # before a headline: margin, sign, number
_MAX_LEVELS = 8  # of blocks that are indented
_SIGNS = {
    ChangeKind.ADDED: "+",
    ChangeKind.NESTED: "+",
    ChangeKind.REMOVED: "-",
    ChangeKind.UNNESTED: "-",
    ChangeKind.MOVED: ">",
    ChangeKind.RENAMED: ">",
}
_STYLES = {"+": "green", "-": "red", "~": "yellow", ">": "cyan"}


def asset_title(change: AssetChange) -> str:
    """The asset's own name, or its file's name where it has none."""
    return printable(change.name or change.path.rpartition("/")[2])


def kinds_sign(kinds: Sequence[ChangeKind]) -> Text:
    """`+ `, `- `, `> ` or `~ ` in its colour."""
    one_sided = (ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.NESTED, ChangeKind.UNNESTED)
    sign = next((_SIGNS[kind] for kind in kinds if kind in one_sided), "")
    if not sign:
        sign = "~" if ChangeKind.CHANGED in kinds else _SIGNS.get(kinds[0], "~") if kinds else "~"
    return Text(sign + " ", style=_STYLES[sign])


def kinds_words(change: AssetChange) -> str:
    """ "recipe renamed, changed"."""
    return f"{ASSET_KIND_NAMES[change.asset_kind]} {', '.join(KIND_WORDS[each] for each in change.kinds)}"


def switch_text(switch: ConnectionSwitch, *, is_one_sided: bool = False) -> Text:
    """`SFDC UAT → SFDC Prod`. `is_one_sided`: the recipe is new or gone, so there is one name."""
    before, after = switch.before, switch.after
    if before is not None and after is not None:
        texts = shown_pair(before, after)
    else:
        texts = _connection(before), _connection(after)
    if is_one_sided:
        return Text(texts[0] if after is None else texts[1])
    return Text(texts[0], style="red").append(" → ", style="not red").append(texts[1], style="green")


def _connection(name: str | None) -> str:
    return "(none)" if name is None else shown_value(name)


class AssetWriter:
    """Writes assets onto a page."""

    def __init__(self, page: Page, *, is_verbose: bool) -> None:
        self._page = page
        self._is_verbose = is_verbose
        self._fields = FieldWriter(page, is_verbose=is_verbose)

    def write(self, change: AssetChange) -> None:
        page = self._page
        words = kinds_words(change)
        details = step_tally(change)
        if details and ChangeKind.ADDED not in change.kinds:
            words += f": {details}"
        body = Text(asset_title(change), style="bold").append(f"  {words}", style="not bold")
        page.line(body, lead=kinds_sign(change.kinds))
        for text in _origins(change):
            page.line(Text(text, style="dim"), indent=2)
        if change.has_contract_change:
            page.line(Text(f"! {CONTRACT_WORDS}", style="bold yellow"), indent=2)
        if change.note:
            page.line(Text(printable(change.note)), indent=2)
        is_one_sided = change.path_before is None or change.path_after is None
        for switch in change.connections:
            lead = Text(f"Connection {printable(switch.provider)}: ")
            page.line(switch_text(switch, is_one_sided=is_one_sided), lead=lead, indent=2)
        names, fields = split_property_names(change)
        for field in names:
            sign = "+" if isinstance(field.before, Missing) else "-"
            page.line(Text(f"{sign} {printable(field.label)}", style=_STYLES[sign]), indent=2)
        self._fields.write_all((*shown_settings(change), *fields), 2, is_one_sided=is_one_sided)
        self._steps(change)

    def _steps(self, change: AssetChange) -> None:
        if change.is_rewritten and not self._is_verbose:
            words = "! Most steps have no counterpart: compare it as a whole; --verbose lists them."
            self._page.line(Text(words, style="bold yellow"), indent=2)
            return
        is_listing = change.path_before is None
        for entry in outline_steps(change, is_verbose=self._is_verbose):
            if isinstance(entry, Fold):
                self._page.line(Text(f"… {entry.text()}", style="dim"), indent=2)
            else:
                self._step(entry.step, entry.known_blocks, is_listing=is_listing)

    def _step(self, step: StepChange, known_blocks: int, *, is_listing: bool) -> None:
        """Its blocks unless they are known, its line, where it was, and its fields; as deep as it is nested."""
        page, place = self._page, step.place
        if known_blocks < len(place.blocks):
            more = "… ▸ " if known_blocks else ""
            page.line(Text(f"in {more}{_blocks(place, known_blocks)}", style="dim"), indent=_STEP_COLUMNS)
        margin = "  " * min(len(place.blocks), _MAX_LEVELS, page.width // 16)
        lead = kinds_sign(step.kinds).append(f"{place.number:>3}  {margin}", style="not bold")
        page.line(_step_line(step, is_listing=is_listing), lead=lead, indent=2)
        indent = _STEP_COLUMNS + len(margin)
        if ChangeKind.MOVED in step.kinds and step.before is not None:
            around = f" in {_blocks(step.before)}" if step.before.blocks else " at the top level"
            page.line(Text(f"was step {step.before.number}{around}", style="dim"), indent=indent)
        self._fields.write_all(own_fields(step), indent, is_one_sided=step.before is None or step.after is None)
        self._fields.write_listing(wrapped_steps(step), indent)


def _step_line(step: StepChange, *, is_listing: bool) -> Text:
    """`Search accounts  changed`; in the listing of a new recipe nothing but the headline."""
    place = step.place
    style = kinds_sign(step.kinds).style
    if ChangeKind.REPLACED in step.kinds and step.before is not None and step.after is not None:
        texts = shown_pair(step.before.headline, step.after.headline)
        body = Text("trigger replaced: ", style=style)
        body.append(texts[0], style="red").append(" → ", style="none").append(texts[1], style="bold green")
        kinds = [KIND_WORDS[kind] for kind in step.kinds if kind is not ChangeKind.REPLACED]
        words = ", ".join(kinds)
    else:
        body = Text(printable(place.headline), style="bold")
        words = "" if is_listing else step_words(step)
    if place.is_skipped and ChangeKind.DISABLED not in step.kinds:
        words += ", is disabled" if words else "is disabled"
    return body.append(f"  {words}", style=f"not bold {style}") if words else body


def _origins(change: AssetChange) -> list[str]:
    """Where it is and was, which version by whom, and its address."""
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


def _blocks(place: StepPlace, start: int = 0) -> str:
    return " ▸ ".join(printable(block) for block in place.blocks[start:])
