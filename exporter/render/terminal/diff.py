"""A diff as a person reads it in a terminal: what must not be missed first, then each asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from exporter.diff.changes import AssetChange, DiffWarning, Side, SnapshotDiff
from exporter.render.printable import printable
from exporter.render.tally import act_words, count, is_told, other_warnings, step_tally, tally, wrong_names
from exporter.render.terminal.asset import (
    SHOUT_STYLE,
    AssetWriter,
    asset_title,
    kinds_sign,
    kinds_words,
    switch_text,
)
from exporter.render.terminal.page import Page

MIN_WIDTH = 40
MAX_WARNINGS = 20  # that are not severe, unless verbose
MAX_NAMES = 5  # recipes that are named in one line
_DIGEST_CHARS = 12
_MIN_NAME = 16  # columns of a name in the summary
_COUNTS_SHARE = 35  # percent of the width that the counts of a summary's line may make names give way to


def render_diff(diff: SnapshotDiff, *, width: int, color: bool, verbose: bool = False, summary: bool = False) -> str:
    """The diff as text of at most `width` columns (never less than 40), with ANSI colours if `color`.

    `summary` gives one line an asset. `verbose` also shows what is cosmetic, refreshed field lists, the steps of
    recipes that were rewritten, all warnings, and the files that differ in noise only.
    """
    page = Page(max(width, MIN_WIDTH), color)
    _shout(page, diff, is_verbose=verbose)
    _heading(page, diff)
    _warnings(page, diff, is_verbose=verbose)
    if diff.is_empty:
        page.blank()
        source, target = _name(diff.source), _name(diff.target)
        page.line(Text(f"No differences: {act_words(diff)} {source} would change nothing in {target}."))
    elif summary:
        _switches(page, diff.changes)
        page.blank()
        _summary(page, diff.changes)
    else:
        _switches(page, diff.changes)
        writer = AssetWriter(page, is_verbose=verbose)
        for change in diff.changes:
            page.blank()
            writer.write(change)
    _footer(page, diff, verbose)
    return page.text()


def _name(side: Side) -> str:
    return printable(side.label)


def _shout(page: Page, diff: SnapshotDiff, *, is_verbose: bool) -> None:
    """A line for each name that stands where the mapping does not want it, before everything else."""
    titles = _titles(diff)
    for group in wrong_names(diff):
        body = Text("WRONG ENVIRONMENT: ", style=SHOUT_STYLE)
        body.append(printable(group[0].text)).append_text(_places(group, titles, is_verbose=is_verbose))
        page.line(body, lead=Text("!! ", style=SHOUT_STYLE))


def _titles(diff: SnapshotDiff) -> dict[str, str]:
    return {change.path: change.name or change.path for change in diff.changes}


def _heading(page: Page, diff: SnapshotDiff) -> None:
    page.line(Text(f"What {act_words(diff)} {_name(diff.source)} would change in {_name(diff.target)}", style="bold"))
    revisions = [
        f"{_name(side)} at {side.revision[:10]}" for side in (diff.source, diff.target) if side.revision is not None
    ]
    if revisions:
        page.line(Text(", ".join(revisions), style="dim"))
    if diff.only:
        page.line(Text("Only: " + ", ".join(printable(glob) for glob in diff.only), style="dim"))
    for project in diff.unread_projects:
        text = f"Project {printable(project) or 'Home'} could not be read on one side: what is missing there was not "
        page.line(Text(text + "counted as added or removed."), lead=Text("! ", style="yellow"))


def _warnings(page: Page, diff: SnapshotDiff, *, is_verbose: bool) -> None:
    """All but what was shouted. Severe ones first and all of them; of the others the first twenty, unless verbose."""
    groups = other_warnings(diff)
    if not groups:
        return
    page.blank()
    page.line(Text("Warnings", style="bold"))
    titles = _titles(diff)
    severe = sum(group[0].is_severe for group in groups)
    shown = groups if is_verbose else groups[: severe + MAX_WARNINGS]
    for group in shown:
        _warning(page, group, titles, is_verbose=is_verbose)
    if len(shown) < len(groups):
        words = f"… {count(len(groups) - len(shown), 'more warning')}; --verbose shows all"
        page.line(Text(words, style="dim"), indent=2)


def _warning(page: Page, group: Sequence[DiffWarning], titles: Mapping[str, str], *, is_verbose: bool) -> None:
    """`!! severe, dangling datapill: …  in Sync orders, step 5 · Post message; Log errors and 3 more`."""
    warning = group[0]
    style = SHOUT_STYLE if warning.is_severe else "yellow"
    words = f"severe, {warning.kind.value}: " if warning.is_severe else f"{warning.kind.value}: "
    body = Text(words, style=style).append(printable(warning.text), style="none")
    body.append_text(_places(group, titles, is_verbose=is_verbose))
    page.line(body, lead=Text("!! " if warning.is_severe else "!  ", style=style), indent=2)


def _places(group: Sequence[DiffWarning], titles: Mapping[str, str], *, is_verbose: bool) -> Text:
    """`  in Sync orders, step 5 · Post message; Log errors and 3 more`."""
    places = [place for each in group if (place := _untold_place(each, titles.get(each.path, each.path)))]
    if not places:
        return Text()
    shown = places if is_verbose else places[:MAX_NAMES]
    more = f" and {len(places) - len(shown)} more" if len(places) > len(shown) else ""
    return Text(f"  in {'; '.join(shown)}{more}", style="not bold dim")


def _untold_place(warning: DiffWarning, title: str) -> str:
    """The asset and the step of a warning as far as its sentence does not name them."""
    step = warning.step
    has_name, has_step = is_told(warning, title)
    place = [printable(title)] if title and not has_name else []
    if step is not None and not has_step:
        place.append(f"step {step.number} · {printable(step.headline)}")
    return ", ".join(place)


def _switches(page: Page, changes: Iterable[AssetChange]) -> None:
    """All connections that switch in what both sides have, in columns, before anything else."""
    both = (change for change in changes if change.path_before is not None and change.path_after is not None)
    rows = [(asset_title(change), switch) for change in both for switch in change.connections]
    if not rows:
        return
    page.blank()
    page.line(Text("Connections that switch", style="bold"))
    providers = max(cell_len(printable(switch.provider)) for _, switch in rows)
    for title, switch in rows:
        provider = printable(switch.provider)
        lead = Text(provider + " " * (providers - cell_len(provider) + 2))
        body = switch_text(switch)
        if switch.is_against_mapping:
            body.append("  !! against the mapping", style=SHOUT_STYLE)
        page.line(body.append(f"  in {title}", style="not bold dim"), lead=lead, indent=2)


def _summary(page: Page, changes: Sequence[AssetChange]) -> None:
    """One line an asset, in columns: `~ Sync orders  changed  1 step added  Order to Cash/Orders`."""
    rows = [
        (asset_title(change), kinds_words(change).removeprefix("recipe "), step_tally(change)) for change in changes
    ]
    widths = [
        min(max(cell_len(row[column]) for row in rows), page.width * share // 100)
        for column, share in ((0, 40), (1, 25))
    ]
    # The counts are never cut: unusually long ones go onto a line of their own, to others the names give way.
    usual = page.width * _COUNTS_SHARE // 100
    counts_width = max((cell_len(row[2]) for row in rows if cell_len(row[2]) <= usual), default=0)
    room = page.width - widths[1] - counts_width - 6
    widths[0] = max(min(widths[0], room), min(widths[0], _MIN_NAME))
    folder_column = sum(widths) + counts_width + 8
    has_folders = folder_column + _MIN_NAME <= page.width
    for change, row in zip(changes, rows, strict=True):
        line = kinds_sign(change.kinds)
        line.append_text(_cell(row[0], widths[0], "bold")).append("  ")
        line.append_text(_cell(row[1], widths[1], "")).append("  ")
        line.append(row[2], style="none")
        line.rstrip()
        if line.cell_len <= page.width:
            if has_folders:
                line.append(" " * max(folder_column - line.cell_len, 2))
                line.append(printable(change.path.rpartition("/")[0]), style="dim")
            page.row(line)
            continue
        head = kinds_sign(change.kinds).append_text(_cell(row[0], widths[0], "bold")).append(f"  {row[1]}")
        page.line(head)
        page.line(Text(row[2]), indent=4)


def _cell(text: str, width: int, style: str) -> Text:
    cell = Text(text, style=style)
    cell.truncate(width, overflow="ellipsis", pad=True)
    return cell


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
