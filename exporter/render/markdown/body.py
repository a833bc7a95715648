"""A diff as Markdown that reads well in a GitLab comment: what switches first, then each asset in a folded block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exporter.diff.changes import (
    AssetChange,
    ChangeClass,
    ChangeKind,
    ConnectionSwitch,
    FieldChange,
    Missing,
    SnapshotDiff,
    StepChange,
    StepPlace,
)
from exporter.render.difference import told_apart
from exporter.render.markdown.escape import code, link, prose
from exporter.render.markdown.values import UNLIMITED, Detail, render_fields
from exporter.render.markdown.warnings import render_shouts, render_warnings, shout_words
from exporter.render.outline import Fold, outline_steps
from exporter.render.tally import (
    CONTRACT_WORDS,
    KIND_WORDS,
    act_words,
    are_environments,
    count,
    own_fields,
    rewritten_words,
    shown_settings,
    split_property_names,
    step_tally,
    step_words,
    tally,
    wrapped_steps,
)
from exporter.snapshot import ASSET_KIND_NAMES, AssetKind

MAX_SCOPE = 20  # patterns of the scope that are shown
MAX_WRAPPED = 12  # steps that a block was put around, by name
_CLASS_WORDS = {ChangeClass.LOGIC: "", ChangeClass.SCHEMA: "field list only", ChangeClass.COSMETIC: "looks only"}


def render_heading(diff: SnapshotDiff) -> str:
    """The first line: who speaks and the whole diff in one sentence. The environments' names are escaped."""
    source, target = prose(diff.source.label), prose(diff.target.label)
    if diff.is_empty:
        return f"## wexport: no difference, {act_words(diff)} {source} to {target} changes nothing"
    shout = shout_words(diff)
    if shout:
        return f"## ⛔ wexport: {act_words(diff)} {source} to {target}: {shout}; {tally(diff.changes)}"
    return f"## wexport: {act_words(diff)} {source} to {target}: {tally(diff.changes)}"


def render_changes(
    diff: SnapshotDiff, detail: Detail = UNLIMITED, max_bytes: float = float("inf")
) -> tuple[list[str], bool]:
    """All sections of a diff as lines, and whether something was left out to meet `detail`. Gives up early, with
    more than `max_bytes` of lines, once there are that many: such a try is thrown away anyway."""
    shouts, is_short = render_shouts(diff, detail)
    warnings, was_cut = render_warnings(diff, detail)
    is_short |= was_cut
    switches = _render_switches(diff.changes, detail)
    lines = [*shouts, _introduction(diff), *warnings, *switches]
    recipes = [change for change in diff.changes if change.asset_kind is AssetKind.RECIPE]
    others = [change for change in diff.changes if change.asset_kind is not AssetKind.RECIPE]
    is_short |= len(_switches(diff.changes)) > detail.assets
    room = detail.assets
    has_path = not are_environments(diff)
    size = 0
    for title, changes in (("Recipes", recipes), ("Other assets", others)):
        if not changes:
            continue
        lines += ["", f"### {title}"]
        for change in changes[:room]:
            block, was_cut = render_asset(change, detail, has_path=has_path)
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


def render_asset(change: AssetChange, detail: Detail, *, has_path: bool = False) -> tuple[list[str], bool]:
    """One asset: its linked name, what happened to it, and the changes in a folded block. `has_path`: a side
    of the diff is a path, no environment."""
    words = " and ".join(kind.value for kind in change.kinds).capitalize()
    kind = ASSET_KIND_NAMES[change.asset_kind]
    lines = [f"#### {words} {kind} {link(change.name or change.path, change.url)}"]
    if place := _place_and_version(change, has_path=has_path):
        lines += ["", place]
    if change.has_contract_change:
        lines += ["", f"⚠️ **{CONTRACT_WORDS.capitalize()}.**"]
    if change.note:
        lines += ["", f"Note: {prose(change.note)}"]
    if change.is_rewritten and not detail.is_verbose:
        words = rewritten_words(change).capitalize()
        return [*lines, "", f"⚠️ **{words}.** Compare it as a whole: its steps are not listed here."], True
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
        shout = " ⛔ **against the mapping**" if switch.is_against_mapping else ""
        lines.append(f"- {_switch(switch)}{shout} in {', '.join(names[:5])}{more}")
    if len(switches) > detail.assets:
        lines.append(f"- … {count(len(switches) - detail.assets, 'more switch')} in the attached file")
    return lines


def _switch(switch: ConnectionSwitch) -> str:
    names = told_apart(switch.before or "", switch.after or "")
    before, after = (code(name) if name else "no connection" for name in names)
    return f"{code(switch.provider)}: {before} → {after}"


def _place_and_version(change: AssetChange, *, has_path: bool) -> str:
    """Where it is, was, and which version. A path that holds a file alone has no Home that it could be in."""
    folder = change.path.rpartition("/")[0]
    parts = [f"In {code(folder)}" if folder else "In Home"] if folder or not has_path else []
    if change.path_before is not None and change.path_after is not None and change.path_before != change.path_after:
        parts.append(f"was {code(change.path_before)}")
    info = change.info_after if change.path_after is not None else change.info_before
    if info.version is not None:
        author = f" by {code(info.author_name)}" if info.author_name else ""
        parts.append(f"version {info.version}{author}")
    return " · ".join(parts)


def _block_summary(change: AssetChange) -> str:
    if change.path_before is None:
        counts = ((change.steps, "step"), (shown_settings(change), "setting"), (change.fields, "field"))
        return ", ".join(
            count(len(items), noun) for items, noun in (*counts, (change.connections, "connection")) if items
        )
    unchanged = f"{count(change.steps_unchanged, 'step')} unchanged" if change.steps_unchanged else ""
    # The words of a summary are checked strictly before a note is sent, so nothing but letters may stand in it.
    words = ", ".join(part for part in (step_tally(change), unchanged) if part).replace(":", ",")
    return f"{words[:1].upper()}{words[1:]}"


def _render_blocks(change: AssetChange, detail: Detail) -> tuple[list[list[str]], bool]:
    """The parts of the folded block, and whether one was shortened."""
    is_new = change.path_before is None
    is_one_sided = is_new or change.path_after is None
    blocks: list[list[str]] = []
    left_out = 0
    if change.connections:
        shown = [f"- {_connection(switch, is_new=is_new)}" for switch in change.connections[: detail.fields]]
        left_out += max(0, len(change.connections) - detail.fields)
        blocks.append(["**Connections**", "", *shown])
    names, others = split_property_names(change)
    if names:
        blocks.append([f"- {_came_or_went(field)}" for field in names[: detail.fields]])
        left_out += max(0, len(names) - detail.fields)
    for title, fields in (("Settings", shown_settings(change)), ("Fields", others)):
        lines, cut = render_fields(fields, detail, is_whole=is_new, is_one_sided=is_one_sided)
        if lines:
            blocks.append([f"**{title}**", "", *lines])
            left_out += cut
    steps, cut = _render_steps(change, detail, is_listing=is_new)
    return [*blocks, *steps], left_out + cut > 0


def _came_or_went(field: FieldChange) -> str:
    return f"{'added' if isinstance(field.before, Missing) else 'removed'} {code(field.label)}"


def _render_steps(change: AssetChange, detail: Detail, *, is_listing: bool) -> tuple[list[list[str]], int]:
    """The steps in their order with what is folded between them, and how much was left out."""
    blocks: list[list[str]] = []
    left_out = shown = 0
    for entry in outline_steps(change, is_verbose=detail.is_verbose):
        if isinstance(entry, Fold):
            blocks += [[f"… {entry.text()}"]] if shown <= detail.changes else []
            continue
        shown += 1
        if shown <= detail.changes:
            lines, cut = _render_step(entry.step, detail, is_listing=is_listing)
            blocks.append(lines)
            left_out += cut
    if shown > detail.changes:
        blocks.append([f"… {count(shown - detail.changes, 'more change')} in the attached file"])
        left_out += 1
    return blocks, left_out


def _connection(switch: ConnectionSwitch, *, is_new: bool) -> str:
    if is_new and switch.after is not None:
        return _switch(switch).replace("no connection → ", "", 1)
    return _switch(switch)


def _render_step(step: StepChange, detail: Detail, *, is_listing: bool) -> tuple[list[str], int]:
    """One step's paragraph and fields, and how much was left out. In the listing of a new recipe every step is added,
    so that goes without saying."""
    is_one_sided = step.before is None or step.after is None
    fields = own_fields(step)
    lines, left_out = render_fields(fields, detail, is_whole=step.before is None, is_one_sided=is_one_sided)
    looks = _CLASS_WORDS[step.change_class]
    words = "" if is_listing else step_words(step)
    words += f" ({looks})" if looks else ""
    if step.place.is_skipped and ChangeKind.DISABLED not in step.kinds:
        words += " (disabled)"
    subject = f"{'Former step' if step.after is None else 'Step'} {step.place.number}"
    if ChangeKind.REPLACED in step.kinds:
        subject, words = "Trigger", words.replace(KIND_WORDS[ChangeKind.REPLACED], "replaced", 1)
    head = f"**{' '.join(f'{subject} {words}'.split())}** {_headline(step)}{_where(step)}"
    inside = _inside(step)
    return [head, *([""] if inside or lines else []), *inside, *lines], left_out


def _inside(step: StepChange) -> list[str]:
    """The steps that stand in a block which is new or gone; they themselves did not change."""
    names = wrapped_steps(step)
    if not names:
        return []
    more = f" and {len(names) - MAX_WRAPPED} more" if len(names) > MAX_WRAPPED else ""
    return [f"- Around: {', '.join(map(code, names[:MAX_WRAPPED]))}{more}"]


def _headline(step: StepChange) -> str:
    before, after = step.before, step.after
    if before and after and before.headline != after.headline:
        return f"{code(before.headline)} → {code(after.headline)}"
    return code(step.place.headline)


def _where(step: StepChange) -> str:
    """Which blocks the step is in, and where it was before if it moved."""
    here = _blocks(step.place)
    text = f" in {here}" if here else ""
    if step.before and step.after and ChangeKind.MOVED in step.kinds:
        there = _blocks(step.before)
        inside = f" in {there}" if there else ""
        text += f", before: step {step.before.number}{inside}"
    return text


def _blocks(place: StepPlace) -> str:
    return " › ".join(map(code, place.blocks))
