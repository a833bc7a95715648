"""The whole domain of a diff: what promoting SOURCE would change in TARGET.

before = TARGET as it is, after = SOURCE. Values are immutable and in a fixed order, so that the same pair of
snapshots always gives the same diff, under any hash seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from exporter.recipe.model import JsonValue
from exporter.snapshot import AssetInfo, AssetKind


class ChangeKind(StrEnum):
    """What happened to an asset, a step or a field."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # a step: to another place; an asset: to another folder
    RENAMED = "renamed"  # assets only
    NESTED = "nested"  # a step: wrapped in a new block, otherwise untouched
    UNNESTED = "unnested"
    DISABLED = "disabled"
    ENABLED = "enabled"
    REPLACED = "replaced"  # the trigger: another one starts the recipe


class ChangeClass(StrEnum):
    """How much a change matters: behaviour, refreshed field lists with the same input, or looks."""

    LOGIC = "logic"
    SCHEMA = "schema"
    COSMETIC = "cosmetic"


class Missing:
    """Stands where a side has no value at all, which differs from a null."""

    _instance: Missing | None = None

    def __new__(cls) -> Missing:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class DeclaredFieldChange:
    """One field of a schema, or one column of a table, that differs. `label` is where it stands ("Order ▸ Amount").

    `kind` is ADDED, REMOVED, RENAMED, MOVED or CHANGED. `before` and `after` describe it in words ("number,
    required"), "" where the side has none.
    """

    kind: ChangeKind
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. `path` is the keys from the step (or asset) down, list places as ints;
    `label` is what people call it ("Query ▸ Limit"). A value is the JSON value, or MISSING. In values of recipe
    steps datapills are already written for people: "[Step 2 · Search accounts ▸ Account ID]"."""

    path: tuple[str | int, ...]
    label: str
    before: JsonValue | Missing
    after: JsonValue | Missing
    change_class: ChangeClass = ChangeClass.LOGIC
    declared: tuple[DeclaredFieldChange, ...] = ()  # the value declares fields: these differ; show them, not the value


@dataclass(frozen=True, slots=True)
class StepPlace:
    """A step as a reader finds it in Workato: its number there, its headline, and the blocks around it from
    the outside in ("IF Amount is greater than 100", "Repeat for each Account")."""

    number: int
    depth: int
    keyword: str
    provider: str
    headline: str
    blocks: tuple[str, ...]
    uuid: str
    is_skipped: bool = False


@dataclass(frozen=True, slots=True)
class StepChange:
    """What happened to one step: one or more kinds (a moved step may have changed as well), and its fields.

    `before` is None for an added step, `after` for a removed one. For an added or removed step, `fields` lists
    what it is configured with.

    A new block around steps that were there before is NESTED instead of ADDED, and a block that is gone while its
    steps stay is UNNESTED instead of REMOVED: one change on the block, none on the steps. Its last field, with the
    path ("block",), lists the headlines of those steps.
    """

    kinds: tuple[ChangeKind, ...]
    before: StepPlace | None
    after: StepPlace | None
    fields: tuple[FieldChange, ...] = ()
    change_class: ChangeClass = ChangeClass.LOGIC

    @property
    def place(self) -> StepPlace:
        """Where the step is, or where it was if it is gone."""
        place = self.after or self.before
        if place is None:
            raise ValueError("a step change needs a side")
        return place


@dataclass(frozen=True, slots=True)
class ConnectionSwitch:
    """A recipe that would use another connection for a provider. None: that side uses none."""

    provider: str
    before: str | None
    after: str | None
    is_against_mapping: bool = False  # `after` belongs to another environment by the configured equivalences


class WarningKind(StrEnum):
    """What a reviewer should be told beside the changes themselves."""

    AGAINST_MAPPING = "against mapping"  # a connection or value of another environment arrives in the target
    DANGLING_PILL = "dangling datapill"
    MISSING_REFERENCE = "missing reference"  # what a step refers to is in neither environment
    MISSING_CONNECTION = "missing connection"  # the target lacks it
    MISSING_PROPERTY = "missing property"
    MASKING_OFF = "masking turned off"  # mask_data: job data becomes visible
    SECRET_ADDED = "likely secret added"  # noqa: S105 - the name of a warning
    CALLS_CHANGED = "calls a changed recipe"
    CALLED_BY = "called by"  # who calls a changed recipe


@dataclass(frozen=True, slots=True)
class DiffWarning:
    """One sentence that comes with a diff. `text` may hold names from recipes, so renderers escape it; `path` is the
    asset it is about, "" for none; `is_severe` ones come first."""

    kind: WarningKind
    text: str
    path: str = ""
    step: StepPlace | None = None
    is_severe: bool = False


@dataclass(frozen=True, slots=True)
class AssetChange:
    """What happened to one asset.

    `kinds` is one or more of ADDED, REMOVED, CHANGED, RENAMED, MOVED. `path_before` is None for an added asset,
    `path_after` for a removed one. `name` is the asset's own name inside the file (a recipe's title), not the
    file's. Recipes fill `connections`, `steps` and `settings`; other kinds fill `fields`; a binary file or one
    that could not be read fills `note` with one sentence. An added recipe lists all its steps as added; a removed
    one lists none and says in `note` how many it had. `steps_unchanged` counts steps on both sides that do not
    differ. `digest` (64 hex digits) names this change and nothing else. `url` leads to the asset in Workato (in
    SOURCE, or in TARGET if it is gone there), "" if unknown; the two infos say which version by whom. Neither
    they nor the url are part of the digest.
    """

    asset_kind: AssetKind
    kinds: tuple[ChangeKind, ...]
    path_before: str | None
    path_after: str | None
    name: str
    digest: str
    connections: tuple[ConnectionSwitch, ...] = ()
    steps: tuple[StepChange, ...] = ()
    settings: tuple[FieldChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    steps_unchanged: int = 0
    note: str = ""
    url: str = ""
    info_before: AssetInfo = AssetInfo()
    info_after: AssetInfo = AssetInfo()
    is_rewritten: bool = False  # another recipe took this one's place: steps are listed, but hardly comparable
    has_contract_change: bool = False  # what callers pass in or get back differs

    @property
    def path(self) -> str:
        """Where the asset is, or where it was if it is gone."""
        path = self.path_after if self.path_after is not None else self.path_before
        if path is None:
            raise ValueError("an asset change needs a side")
        return path


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a diff, for headings: what was typed ("prod@2026-11-01"), the environment, the commit."""

    label: str
    environment: str
    revision: str | None


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """What promoting `source` to `target` would change in `target`.

    `changes` holds assets with a logic change first in order of path, `digest` (64 hex digits) names the whole
    set. `noise_only` are the paths whose bytes differ and whose meaning does not. `only` is the scope asked for.
    `unread_projects` could not be read on one side: what is missing there was not counted as added or removed.
    """

    source: Side
    target: Side
    changes: tuple[AssetChange, ...]
    digest: str
    noise_only: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    unread_projects: tuple[str, ...] = ()
    warnings: tuple[DiffWarning, ...] = ()  # not part of the digest

    @property
    def is_empty(self) -> bool:
        return not self.changes
