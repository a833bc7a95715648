"""A diff as Markdown that reads well in a GitLab comment: what switches first, then each asset in a folded block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exporter.diff.changes import (
    AssetChange,
    ChangeClass,
    ChangeKind,
    ConnectionSwitch,
    SnapshotDiff,
    StepChange,
    StepPlace,
)
from exporter.render.markdown.escape import code, link, prose
from exporter.render.markdown.values import UNLIMITED, Detail, count, render_fields
from exporter.render.tally import KIND_WORDS, step_tally, tally
from exporter.snapshot import AssetKind

MAX_SCOPE = 20  # patterns of the scope that are shown
_KIND_NAMES = {
    AssetKind.RECIPE: "recipe",
    AssetKind.CONNECTION: "connection",
    AssetKind.CUSTOM_CONNECTOR: "custom connector",
    AssetKind.LOOKUP_TABLE: "lookup table",
    AssetKind.DATA_TABLE: "data table",
    AssetKind.ACCOUNT_PROPERTIES: "account properties",
    AssetKind.PROJECT_PROPERTIES: "project properties",
    AssetKind.API_GROUP: "API collection",
    AssetKind.API_ENDPOINT: "API endpoint",
    AssetKind.SCHEMA: "schema",
    AssetKind.TEMPLATE: "message template",
    AssetKind.TOPIC: "event topic",
    AssetKind.APP: "workflow app",
    AssetKind.PAGE: "page",
    AssetKind.INSIGHTS_QUERY: "insights query",
    AssetKind.GENIE: "genie",
    AssetKind.SKILL: "skill",
    AssetKind.KNOWLEDGE_BASE: "knowledge base",
    AssetKind.MCP_SERVER: "MCP server",
    AssetKind.DATA_PIPELINE: "data pipeline",
    AssetKind.DECISION_MODEL: "decision model",
    AssetKind.PROJECT: "project",
    AssetKind.TAGS: "tags",
    AssetKind.OTHER: "file",
}
_CLASS_WORDS = {ChangeClass.LOGIC: "", ChangeClass.SCHEMA: "field list only", ChangeClass.COSMETIC: "looks only"}


def render_heading(diff: SnapshotDiff) -> str:
    """The first line: who speaks and the whole diff in one sentence. The environments' names are escaped."""
    source, target = prose(diff.source.label), prose(diff.target.label)
    if diff.is_empty:
        return f"## wexport: no difference, promoting {source} to {target} changes nothing"
    return f"## wexport: promoting {source} to {target}: {tally(diff.changes)}"


def render_changes(
    diff: SnapshotDiff, detail: Detail = UNLIMITED, max_bytes: float = float("inf")
) -> tuple[list[str], bool]:
    """All sections of a diff as lines, and whether something was left out to meet `detail`. Gives up early, with
    more than `max_bytes` of lines, once there are that many: such a try is thrown away anyway."""
    lines = [_introduction(diff), *_render_switches(diff.changes, detail)]
    recipes = [change for change in diff.changes if change.asset_kind is AssetKind.RECIPE]
    others = [change for change in diff.changes if change.asset_kind is not AssetKind.RECIPE]
    is_short = len(_switches(diff.changes)) > detail.assets
    room = detail.assets
    size = 0
    for title, changes in (("Recipes", recipes), ("Other assets", others)):
        if not changes:
            continue
        lines += ["", f"### {title}"]
        for change in changes[:room]:
            block, was_cut = render_asset(change, detail)
            lines += ["", *block]
            is_short |= was_cut
            size += sum(len(line.encode("utf-8")) for line in block)
            if size > max_bytes:
                return lines, True
        if len(changes) > room:
            lines += ["", f"… {count(len(changes) - room, 'more asset')} in the attached file"]
            is_short = True
        room = max(0, room - len(changes))
    if diff.noise_only:
        verb = "differs" if len(diff.noise_only) == 1 else "differ"
        files = count(len(diff.noise_only), "more file")
        lines += ["", f"{files} {verb} in noise only (ids, positions, versions), not in meaning."]
    return lines, is_short


def render_asset(change: AssetChange, detail: Detail) -> tuple[list[str], bool]:
    """One asset: its linked name, what happened to it, and the changes in a folded block."""
    words = " and ".join(kind.value for kind in change.kinds).capitalize()
    kind = _KIND_NAMES[change.asset_kind]
    lines = [f"#### {words} {kind} {link(change.name or change.path, change.url)}", "", _place_and_version(change)]
    if change.note:
        lines += ["", f"Note: {prose(change.note)}"]
    summary = _block_summary(change)
    if detail.changes == 0:
        return ([*lines, "", f"{summary}: see the attached file"] if summary else lines), bool(summary)
    blocks, left_out = _render_blocks(change, detail)
    if blocks:
        # A summary line stands inside HTML, where nothing can be escaped as code: it holds wexport's own words only.
        lines += ["", "<details>", f"<summary>{summary}</summary>"]
        for block in blocks:
            lines += ["", *block]
        lines += ["", "</details>"]
    return lines, left_out


def _introduction(diff: SnapshotDiff) -> str:
    before = f"Before is {code(diff.target.label)} as it stands, after is {code(diff.source.label)}."
    scope = f" Only {', '.join(map(code, diff.only[:MAX_SCOPE]))} was compared." if diff.only else ""
    return f"{before}{scope}"


def _switches(changes: Iterable[AssetChange]) -> dict[ConnectionSwitch, list[AssetChange]]:
    """Every switch with the recipes that make it; recipes that are new or gone switch nothing."""
    found: dict[ConnectionSwitch, list[AssetChange]] = {}
    for change in changes:
        if change.path_before is None or change.path_after is None:
            continue
        for switch in change.connections:
            found.setdefault(switch, []).append(change)
    return found


def _render_switches(changes: Sequence[AssetChange], detail: Detail) -> list[str]:
    switches = _switches(changes)
    if not switches:
        return []
    lines = ["", "### Connections that switch", ""]
    for switch, recipes in list(switches.items())[: detail.assets]:
        names = [link(recipe.name or recipe.path, recipe.url) for recipe in recipes]
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        lines.append(f"- {_switch(switch)} in {', '.join(names[:5])}{more}")
    if len(switches) > detail.assets:
        lines.append(f"- … {count(len(switches) - detail.assets, 'more switch')} in the attached file")
    return lines


def _switch(switch: ConnectionSwitch) -> str:
    before = code(switch.before) if switch.before is not None else "no connection"
    after = code(switch.after) if switch.after is not None else "no connection"
    return f"{code(switch.provider)}: {before} → {after}"


def _place_and_version(change: AssetChange) -> str:
    folder = change.path.rpartition("/")[0]
    parts = [f"In {code(folder)}" if folder else "In Home"]
    if change.path_before is not None and change.path_after is not None and change.path_before != change.path_after:
        parts.append(f"was {code(change.path_before)}")
    info = change.info_after if change.path_after is not None else change.info_before
    if info.version is not None:
        author = f" by {code(info.author_name)}" if info.author_name else ""
        parts.append(f"version {info.version}{author}")
    return " · ".join(parts)


def _block_summary(change: AssetChange) -> str:
    if change.path_before is None:
        counts = ((change.steps, "step"), (change.settings, "setting"), (change.fields, "field"))
        return ", ".join(
            count(len(items), noun) for items, noun in (*counts, (change.connections, "connection")) if items
        )
    unchanged = f"{count(change.steps_unchanged, 'step')} unchanged" if change.steps_unchanged else ""
    return ", ".join(part for part in (step_tally(change), unchanged) if part)


def _render_blocks(change: AssetChange, detail: Detail) -> tuple[list[list[str]], bool]:
    """The parts of the folded block, and whether one was shortened."""
    is_new = change.path_before is None
    blocks: list[list[str]] = []
    left_out = 0
    if change.connections:
        shown = [f"- {_connection(switch, is_new=is_new)}" for switch in change.connections[: detail.fields]]
        left_out += max(0, len(change.connections) - detail.fields)
        blocks.append(["**Connections**", "", *shown])
    for title, fields in (("Settings", change.settings), ("Fields", change.fields)):
        if fields:
            lines, cut = render_fields(fields, detail, is_whole=is_new)
            blocks.append([f"**{title}**", "", *lines, *_more_fields(len(fields), detail)])
            left_out += cut
    for step in change.steps[: detail.changes]:
        lines, cut = _render_step(step, detail, is_listing=is_new)
        blocks.append(lines)
        left_out += cut
    if len(change.steps) > detail.changes:
        left_out += 1
        blocks.append([f"… {count(len(change.steps) - detail.changes, 'more change')} in the attached file"])
    return blocks, left_out > 0


def _connection(switch: ConnectionSwitch, *, is_new: bool) -> str:
    if is_new and switch.after is not None:
        return f"{code(switch.provider)}: {code(switch.after)}"
    return _switch(switch)


def _render_step(step: StepChange, detail: Detail, *, is_listing: bool) -> tuple[list[str], int]:
    """One step's paragraph and fields, and how much was left out. In the listing of a new recipe every step is added,
    so that goes without saying."""
    is_new = step.before is None
    lines, left_out = render_fields(step.fields, detail, is_whole=is_new)
    looks = _CLASS_WORDS[step.change_class]
    words = "" if is_listing else " " + ", ".join(KIND_WORDS[kind] for kind in step.kinds)
    words += f" ({looks})" if looks else ""
    if step.place.is_skipped and ChangeKind.DISABLED not in step.kinds:
        words += " (disabled)"
    former = "Former step" if step.after is None else "Step"
    head = f"**{former} {step.place.number}{words}** {_headline(step)}{_where(step)}"
    more = _more_fields(len(step.fields), detail)
    return [head, *([""] if lines or more else []), *lines, *more], left_out


def _more_fields(number: int, detail: Detail) -> list[str]:
    more = number - detail.fields
    return ["", f"… {count(more, 'more field')} in the attached file"] if more > 0 else []


def _headline(step: StepChange) -> str:
    before, after = step.before, step.after
    if before and after and before.headline != after.headline:
        return f"{code(before.headline)} → {code(after.headline)}"
    return code(step.place.headline)


def _where(step: StepChange) -> str:
    """Which blocks the step is in, and where it was before if it moved."""
    here = _blocks(step.place)
    text = f" in {here}" if here else ""
    moves = {ChangeKind.MOVED, ChangeKind.NESTED, ChangeKind.UNNESTED}
    if step.before and step.after and moves.intersection(step.kinds):
        there = _blocks(step.before)
        inside = f" in {there}" if there else ""
        text += f", before: step {step.before.number}{inside}"
    return text


def _blocks(place: StepPlace) -> str:
    return " › ".join(map(code, place.blocks))
