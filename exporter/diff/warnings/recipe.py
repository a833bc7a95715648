"""What a recipe leans on: steps by datapill and by variable, other assets, properties, connections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from exporter.diff.noise import STEP_COSMETIC, STEP_NOISE, STEP_SCHEMAS
from exporter.diff.references import Reference, file_stem, leaves
from exporter.recipe.datapill import Pill, PillKind, pills_in
from exporter.recipe.model import Recipe, Step

PROPERTY_KINDS = frozenset({PillKind.ACCOUNT_PROPERTY, PillKind.PROJECT_PROPERTY, PillKind.PROPERTY})
LOOKUP_KEY = "lookup()"

_STEP_PILLS = frozenset({PillKind.OUTPUT, PillKind.FOREACH_META})
# Kept for the editor's screen, or shown after the job: no step waits for what stands there.
_SILENT_KEYS = STEP_NOISE | STEP_SCHEMAS | STEP_COSMETIC
_REPORT_KEYS = frozenset({"job_report_config", "job_report_schema"})
# Values that begin with "data." and come from no step.
_NO_STEP_PROVIDERS = frozenset({"workato"})
_LOOKUP = re.compile(r"(?<![\w.])lookup\(\s*(?:'((?:[^'\\#])+)'|\"((?:[^\"\\#])+)\")\s*,")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StepUse:
    """A step takes something from another: by a datapill, or as the variable that the other declares.

    `alias` and `uuid` name the other step, one of them may be ""; `field` is what is taken.
    """

    step: Step
    alias: str
    uuid: str
    field: str
    is_report: bool = False  # in a column of the job report, which is filled when the job is over


@dataclass(frozen=True, slots=True)
class PropertyUse:
    step: Step
    kind: PillKind
    name: str


@dataclass(frozen=True, slots=True)
class AssetUse:
    step: Step
    reference: Reference


@dataclass(frozen=True, slots=True)
class Needs:
    """All that the steps of one recipe lean on, in their order."""

    steps: tuple[StepUse, ...]
    properties: tuple[PropertyUse, ...]
    assets: tuple[AssetUse, ...]


def needs_of(recipe: Recipe) -> Needs:
    found = [use for step in recipe.steps() for use in _uses(step)]
    return Needs(
        tuple(use for use in found if isinstance(use, StepUse)),
        tuple(use for use in found if isinstance(use, PropertyUse)),
        tuple(use for use in found if isinstance(use, AssetUse)),
    )


def _uses(step: Step) -> Iterator[StepUse | PropertyUse | AssetUse]:
    for top_key, top in step.raw.items():
        if top_key in _SILENT_KEYS:
            continue
        for key, leaf in leaves(top, top_key):
            if isinstance(leaf, Reference):
                yield AssetUse(step, leaf)
                continue
            for pill in pills_in(leaf):
                yield from _pill_use(step, pill, is_report=top_key in _REPORT_KEYS)
            if "lookup(" in leaf:
                yield from _lookups(step, leaf)
            if key == "name" and step.provider == "workato_variable":
                yield from _variables(step, leaf)


def _pill_use(step: Step, pill: Pill, *, is_report: bool) -> Iterator[StepUse | PropertyUse]:
    if pill.kind in PROPERTY_KINDS and pill.path:
        yield PropertyUse(step, pill.kind, str(pill.path[-1]))
    elif pill.kind in _STEP_PILLS and pill.line and pill.provider not in _NO_STEP_PROVIDERS:
        names = [element for element in pill.path if type(element) is str]
        yield StepUse(step, pill.line, "", names[-1] if names else "", is_report)


def _lookups(step: Step, text: str) -> Iterator[AssetUse]:
    """The lookup tables that a formula names. Text and code may speak of lookup() without meaning it."""
    start = 0 if text.startswith("=") else text.find("#{")
    for match in _LOOKUP.finditer(text):
        if 0 <= start < match.start():
            name = match[1] or match[2]
            yield AssetUse(step, Reference(LOOKUP_KEY, f"{file_stem(name)}.lookup_table.json", name))


def _variables(step: Step, text: str) -> Iterator[StepUse]:
    """ "<uuid>:<alias>:<variable>[:…]": the step that declares the variable, by both of its names."""
    parts = text.split(":")
    for place, part in enumerate(parts):
        if _UUID.fullmatch(part) and place + 1 < len(parts):
            yield StepUse(step, parts[place + 1], part, ":".join(parts[place + 2 : place + 3]))
