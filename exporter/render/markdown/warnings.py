"""What must not be missed in a diff, as Markdown: connections of another environment, and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporter.diff.changes import AssetChange, DiffWarning, SnapshotDiff
from exporter.render.difference import cut
from exporter.render.markdown.escape import code, link, prose
from exporter.render.markdown.values import Detail
from exporter.render.tally import against_mapping, count, group_warnings, is_told

MAX_NAMES = 5  # recipes that are named in one line
MAX_TEXT_CHARS = 600  # of one warning


def shout_words(changes: Sequence[AssetChange]) -> str:
    """ "2 connections of another environment arrive", "" if none does."""
    number = len(against_mapping(changes))
    verb = "arrives" if number == 1 else "arrive"
    return f"{count(number, 'connection')} of another environment {verb}" if number else ""


def render_shouts(diff: SnapshotDiff, detail: Detail) -> list[str]:
    """A line for each connection of another environment that would arrive."""
    lines = []
    found = against_mapping(diff.changes)
    room = max(1, detail.assets)
    for switch, changes in list(found.items())[:room]:
        connection = "no connection" if switch.after is None else code(switch.after)
        names = ", ".join(link(change.name or change.path, change.url) for change in changes[:MAX_NAMES])
        more = f" and {len(changes) - MAX_NAMES} more" if len(changes) > MAX_NAMES else ""
        where = f"would arrive in {code(diff.target.label)}, in {names}{more}"
        lines.append(f"- ⛔ **Wrong environment:** {connection} ({code(switch.provider)}) {where}")
    if len(found) > room:
        lines.append(f"- ⛔ … {count(len(found) - room, 'more connection')} of another environment")
    return [*lines, ""] if lines else []


def render_warnings(diff: SnapshotDiff, detail: Detail) -> tuple[list[str], bool]:
    """The section of warnings, severe ones first, and whether some were left out."""
    changes = {change.path: change for change in diff.changes}
    max_names = detail.assets if detail.is_verbose else MAX_NAMES
    groups = group_warnings(diff.warnings)
    lines = [_warning(group, changes, max_names) for group in groups]
    lines += [
        f"- ⚠️ Project {code(project or 'Home')} could not be read on one side: what is missing there was not counted "
        "as added or removed."
        for project in diff.unread_projects
    ]
    if not lines:
        return [], False
    room = max(5, detail.assets)
    more = [f"- … {count(len(lines) - room, 'more warning')} in the attached file"] if len(lines) > room else []
    return ["", "### Warnings", "", *lines[:room], *more], bool(more) or any(len(group) > max_names for group in groups)


def _warning(group: Sequence[DiffWarning], changes: Mapping[str, AssetChange], max_names: int) -> str:
    warning = group[0]
    sign, word = ("⛔", "severe, ") if warning.is_severe else ("⚠️", "")
    places = [place for each in group if (place := _untold_place(each, changes.get(each.path)))]
    shown = places[:max_names]
    more = f" and {len(places) - len(shown)} more" if len(places) > len(shown) else ""
    text = prose(cut(warning.text, MAX_TEXT_CHARS))
    return f"- {sign} **{word}{warning.kind.value}:** {text}" + (f" (in {'; '.join(shown)}{more})" if places else "")


def _untold_place(warning: DiffWarning, change: AssetChange | None) -> str:
    """The asset and the step of a warning as far as its sentence does not name them."""
    place = link(change.name or change.path, change.url) if change else code(warning.path) if warning.path else ""
    has_name, has_step = is_told(warning, change.name if change else warning.path)
    if has_name and not (change and change.url):  # a link is worth its place
        place = ""
    if warning.step is not None and not has_step:
        step = f"step {warning.step.number} {code(warning.step.headline)}"
        place = f"{place}, {step}" if place else step
    return place
