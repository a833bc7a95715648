"""Changes in words, and counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from exporter.diff.changes import (
    AssetChange,
    ChangeClass,
    ChangeKind,
    DiffWarning,
    FieldChange,
    Missing,
    SnapshotDiff,
    StepChange,
    WarningKind,
)
from exporter.snapshot import AssetKind

KIND_WORDS = {
    ChangeKind.ADDED: "added",
    ChangeKind.REMOVED: "removed",
    ChangeKind.CHANGED: "changed",
    ChangeKind.MOVED: "moved",
    ChangeKind.RENAMED: "renamed",
    ChangeKind.NESTED: "now inside a block",
    ChangeKind.UNNESTED: "no longer inside a block",
    ChangeKind.DISABLED: "disabled",
    ChangeKind.ENABLED: "enabled",
    ChangeKind.REPLACED: "replaced",
}
_BLOCK_WORDS = {ChangeKind.NESTED: "added around steps", ChangeKind.UNNESTED: "removed from around steps"}
MAX_RUNS = 5  # runs of step numbers that are written out
_LISTINGS = (("block",), ("else",), ("catch",))  # the paths of fields that list steps
_STEP_NUMBER = re.compile(r"Step (\d{1,6})\b")
CONTRACT_WORDS = "contract changed: callers must fit"


def count(number: int, noun: str) -> str:
    """ "1 step", "2 steps", "1 000 steps", "2 switches"."""
    plural = noun if number == 1 else f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:,} {plural}".replace(",", " ")


def tally(changes: Iterable[AssetChange]) -> str:
    """ "1 recipe added, 2 changed; 3 other assets changed"; "" if there are none."""
    changes = tuple(changes)
    recipes = [change for change in changes if change.asset_kind is AssetKind.RECIPE]
    others = [change for change in changes if change.asset_kind is not AssetKind.RECIPE]
    parts = [
        text for text in (_kinds(recipes, "recipe"), _kinds(others, "other asset" if recipes else "asset")) if text
    ]
    return "; ".join(parts)


def _kinds(changes: list[AssetChange], noun: str) -> str:
    parts: list[str] = []
    for word, kind in (("added", ChangeKind.ADDED), ("removed", ChangeKind.REMOVED), ("changed", None)):
        number = sum(_main_kind(change) is kind for change in changes)
        if number:
            parts.append(f"{number} {word}" if parts else f"{count(number, noun)} {word}")
    return ", ".join(parts)


def _main_kind(change: AssetChange) -> ChangeKind | None:
    """ADDED, REMOVED, or None for whatever else happened to an asset that both sides have."""
    return next((kind for kind in (ChangeKind.ADDED, ChangeKind.REMOVED) if kind in change.kinds), None)


def step_tally(change: AssetChange) -> str:
    """ "2 steps added, 1 changed, 1 connection switches"; "" if nothing can be counted."""
    parts = ["contract changed"] if change.has_contract_change else []
    if change.is_rewritten:
        parts.append(rewritten_words(change))
    else:
        parts += _steps_counted(change.steps)
    if change.connections and change.path_before is not None and change.path_after is not None:
        switches = len(change.connections)
        parts.append(f"{count(switches, 'connection')} {'switches' if switches == 1 else 'switch'}")
    settings = shown_settings(change)
    fields = sum(field.change_class is ChangeClass.LOGIC for field in (*settings, *change.fields))
    if fields:
        parts.append(count(fields, "setting" if settings else "field"))
    return ", ".join(parts) or _minor(change)


def _steps_counted(steps: Iterable[StepChange]) -> list[str]:
    counts = Counter(kind for step in steps if step.change_class is ChangeClass.LOGIC for kind in step.kinds)
    parts: list[str] = []
    for kind, word in KIND_WORDS.items():
        if kind not in _BLOCK_WORDS and kind is not ChangeKind.REPLACED and counts[kind]:
            parts.append(f"{counts[kind]} {word}" if parts else f"{count(counts[kind], 'step')} {word}")
    parts += [f"{count(counts[kind], 'block')} {word}" for kind, word in _BLOCK_WORDS.items() if counts[kind]]
    return ["trigger replaced", *parts] if counts[ChangeKind.REPLACED] else parts


def _minor(change: AssetChange) -> str:
    """What to say of an asset without a change of its behaviour."""
    classes = {step.change_class for step in change.steps}
    classes |= {field.change_class for field in (*change.settings, *change.fields)}
    if not classes or ChangeClass.LOGIC in classes:
        return ""
    return "field lists refreshed" if ChangeClass.SCHEMA in classes else "looks only"


def rewritten_words(change: AssetChange) -> str:
    """ "largely rewritten: 12 steps before, 7 after". Steps that are told with their block are not in the change
    themselves, so the highest number counts too."""
    before = [step.before.number for step in change.steps if step.before is not None]
    after = [step.after.number for step in change.steps if step.after is not None]
    numbers = [max(len(side) + change.steps_unchanged, *side, 0) for side in (before, after)]
    return f"largely rewritten: {count(numbers[0], 'step')} before, {numbers[1]} after"


def act_words(diff: SnapshotDiff) -> str:
    """ "promoting" one environment to another; what is a path is brought, or is brought something."""
    return "promoting" if are_environments(diff) else "bringing"


def are_environments(diff: SnapshotDiff) -> bool:
    """Whether both sides are environments, at whatever time, and none is a path."""
    return all(side.label.partition("@")[0] == side.environment for side in (diff.source, diff.target))


def step_words(step: StepChange) -> str:
    """What happened to a step: "moved, changed", "added around steps 9–10", "removed, its steps 9–10 stay"."""
    words = []
    for kind in step.kinds:
        inside = inside_words(step)
        if kind is ChangeKind.NESTED and step.before is None:
            words.append(f"added around {inside}")
        elif kind is ChangeKind.UNNESTED and step.after is None:
            words.append(f"removed, its {inside} {'stays' if len(wrapped_steps(step)) == 1 else 'stay'}")
        else:
            words.append(KIND_WORDS[kind])
    return ", ".join(words)


def wrapped_steps(step: StepChange) -> tuple[str, ...]:
    """The headlines ("Step 9 · Post message") of the steps around which a block was put, or from around which it
    was taken."""
    return listed_steps(step.fields[-1]) if step.fields and step.fields[-1].path == ("block",) else ()


def listed_steps(field: FieldChange) -> tuple[str, ...]:
    """The headlines of the steps in a block, an ELSE or an ON ERROR that is new or gone; none of other fields."""
    value = field.before if isinstance(field.after, Missing) else field.after
    is_listing = field.path in _LISTINGS and isinstance(field.before, Missing) != isinstance(field.after, Missing)
    return tuple(str(line) for line in value) if is_listing and isinstance(value, list) else ()


def own_fields(step: StepChange) -> tuple[FieldChange, ...]:
    """The fields of a step without the list of the steps in it, which `wrapped_steps` gives."""
    return step.fields[:-1] if wrapped_steps(step) else step.fields


def shown_settings(change: AssetChange) -> tuple[FieldChange, ...]:
    """The settings without the title of a new recipe, which its heading has."""
    if change.path_before is not None:
        return change.settings
    return tuple(field for field in change.settings if not (field.path == ("name",) and field.after == change.name))


def split_property_names(change: AssetChange) -> tuple[tuple[FieldChange, ...], tuple[FieldChange, ...]]:
    """The properties that came or went, and the other fields. A property's value is never exported, so there is
    nothing but its name to show."""
    if change.asset_kind not in (AssetKind.ACCOUNT_PROPERTIES, AssetKind.PROJECT_PROPERTIES):
        return (), change.fields
    names: list[FieldChange] = []
    others: list[FieldChange] = []
    for field in change.fields:
        is_name = {type(field.before), type(field.after)} == {Missing, type(None)}
        (names if is_name else others).append(field)
    return tuple(names), tuple(others)


def inside_words(step: StepChange) -> str:
    """ "steps 9–10", by number; "steps" if their numbers are not known."""
    found = [_STEP_NUMBER.match(line) for line in wrapped_steps(step)]
    numbers = [int(match[1]) for match in found if match]
    return steps_words(numbers) if numbers else "steps"


def steps_words(numbers: Sequence[int]) -> str:
    """ "step 4", "steps 4, 7–9 and 12"; many are counted: "24 steps"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    if len(runs) > MAX_RUNS:
        return count(len(numbers), "step")
    texts = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    joined = " and ".join(part for part in (", ".join(texts[:-1]), texts[-1]) if part)
    return f"{'step' if len(numbers) == 1 else 'steps'} {joined}"


def wrong_names(diff: SnapshotDiff) -> list[list[DiffWarning]]:
    """The warnings that are shouted: each name that stands where the mapping does not want it, with its places."""
    return group_warnings(each for each in diff.warnings if each.kind is WarningKind.AGAINST_MAPPING)


def other_warnings(diff: SnapshotDiff) -> list[list[DiffWarning]]:
    """The warnings that are told after the heading, grouped."""
    return group_warnings(each for each in diff.warnings if each.kind is not WarningKind.AGAINST_MAPPING)


def is_told(warning: DiffWarning, name: str) -> tuple[bool, bool]:
    """Whether the warning's own sentence names the asset, and its step."""
    step = f"step {warning.step.number} " if warning.step is not None else ""
    return bool(name) and name in warning.text, step in f"{warning.text.lower()} "


def group_warnings(warnings: Iterable[DiffWarning]) -> list[list[DiffWarning]]:
    """Warnings that say the same of several places together, severe ones first, else in their order."""
    groups: dict[tuple[WarningKind, str, bool], list[DiffWarning]] = {}
    for warning in sorted(warnings, key=lambda warning: not warning.is_severe):
        groups.setdefault((warning.kind, warning.text, warning.is_severe), []).append(warning)
    return list(groups.values())
