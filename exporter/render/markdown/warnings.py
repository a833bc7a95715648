"""What must not be missed in a diff, as Markdown: names of the wrong environment, and other warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporter.diff.changes import AssetChange, DiffWarning, SnapshotDiff
from exporter.render.difference import cut
from exporter.render.markdown.escape import code, link, prose
from exporter.render.markdown.values import Detail
from exporter.render.tally import count, is_told, other_warnings, wrong_names

MAX_NAMES = 5  # recipes that are named in one line
MAX_TEXT_CHARS = 600  # of one warning


def shout_words(diff: SnapshotDiff) -> str:
    """ "2 names of the wrong environment", "" if there are none."""
    number = len(wrong_names(diff))
    return f"{count(number, 'name')} of the wrong environment" if number else ""


def render_shouts(diff: SnapshotDiff, detail: Detail) -> tuple[list[str], bool]:
    """A line for each name that stands where the mapping does not want it, and whether some were left out."""
    changes = {change.path: change for change in diff.changes}
    max_names = _max_names(detail)
    groups = wrong_names(diff)
    room = max(5, detail.assets)
    lines = [f"- ⛔ **Wrong environment:** {_sentence(group, changes, max_names)}" for group in groups[:room]]
    if len(groups) > room:
        lines.append(f"- ⛔ … {count(len(groups) - room, 'more name')} of the wrong environment")
    is_short = len(groups) > room or any(len(group) > max_names for group in groups)
    return ([*lines, ""] if lines else []), is_short


def render_warnings(diff: SnapshotDiff, detail: Detail) -> tuple[list[str], bool]:
    """The section of warnings but what was shouted, severe ones first, and whether some were left out."""
    changes = {change.path: change for change in diff.changes}
    max_names = _max_names(detail)
    groups = other_warnings(diff)
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
    return f"- {sign} **{word}{warning.kind.value}:** {_sentence(group, changes, max_names)}"


def _max_names(detail: Detail) -> int:
    return detail.assets if detail.is_verbose else MAX_NAMES


def _sentence(group: Sequence[DiffWarning], changes: Mapping[str, AssetChange], max_names: int) -> str:
    """What the group warns of and where, as far as the sentence does not name that."""
    places = [place for each in group if (place := _untold_place(each, changes.get(each.path)))]
    shown = places[:max_names]
    more = f" and {len(places) - len(shown)} more" if len(places) > len(shown) else ""
    text = prose(cut(group[0].text, MAX_TEXT_CHARS))
    return text + (f" (in {'; '.join(shown)}{more})" if places else "")


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
