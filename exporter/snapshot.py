"""What one environment holds at one moment: assets with their very bytes, and what the package lacks.

An asset's path is its place as Workato shows it: `Project/Folder/stem.kind.json`, with "/" between the
parts, names verbatim except that a "/" inside a folder name is written "∕" (U+2215), which Workato's own
paths cannot tell apart either. Assets of the workspace's Home have no project: their path is the file name.
How a path becomes a file on a disk is the repository's business.

Pure: no I/O of its own. An asset's bytes come from a loader that whoever made the asset gave it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

INDEX_NAME = "index.json"  # beside the projects of a stored environment; no asset of Home may take it
HOME = ""  # the project name under which assets of the workspace's Home are listed


class AssetKind(StrEnum):
    """The kinds of asset that wexport knows by the end of their file name. Others are kept as OTHER."""

    RECIPE = "recipe"
    CONNECTION = "connection"
    CUSTOM_CONNECTOR = "custom_adapter"
    LOOKUP_TABLE = "lookup_table"
    DATA_TABLE = "workato_db_table"
    ACCOUNT_PROPERTIES = "properties"
    PROJECT_PROPERTIES = "project_properties"
    API_GROUP = "api_group"
    API_ENDPOINT = "api_endpoint"
    SCHEMA = "workato_schema"
    TEMPLATE = "workato_template"
    TOPIC = "topic"
    APP = "lcap_app"
    PAGE = "lcap_page"
    INSIGHTS_QUERY = "insights_query"
    GENIE = "agentic_genie"
    SKILL = "agentic_skill"
    KNOWLEDGE_BASE = "agentic_knowledge_base"
    MCP_SERVER = "mcp_server"
    DATA_PIPELINE = "data_pipeline"
    DECISION_MODEL = "decision_engine_model"
    PROJECT = "project"
    TAGS = "tags"
    OTHER = "other"


# What people call the kinds of asset, as Workato's pages do.
ASSET_KIND_NAMES: Mapping[AssetKind, str] = MappingProxyType(
    {
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
)


def asset_kind(path: str) -> AssetKind:
    """The kind that a path's file name says: `a/b.recipe.json` -> RECIPE, `logo.custom_adapter.png` ->
    CUSTOM_CONNECTOR, `project.json` -> PROJECT, anything unknown -> OTHER."""
    name = path.rpartition("/")[2]
    parts = name.split(".")
    if len(parts) < 2:
        return AssetKind.OTHER
    word = parts[-2] if len(parts) > 2 or name in ("project.json", "tags.json") else ""
    try:
        return AssetKind(word)
    except ValueError:
        return AssetKind.OTHER


def blob_id(content: bytes) -> str:
    """The id that Git gives these bytes (SHA-1 of a blob, 40 hex digits)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a snapshot. Two assets with the same `blob` have the same bytes; `content` loads them."""

    path: str
    blob: str
    load: Callable[[], bytes] = field(repr=False, compare=False)

    @property
    def content(self) -> bytes:
        """The verbatim bytes. Loaded anew at each call, so that a snapshot stays small in memory."""
        return self.load()

    @property
    def kind(self) -> AssetKind:
        return asset_kind(self.path)

    @property
    def project(self) -> str:
        """The first part of the path; HOME for an asset of the workspace's Home."""
        return self.path.partition("/")[0] if "/" in self.path else HOME

    @property
    def folder(self) -> str:
        """The path without the file name: "Project/Folder"; "" in Home."""
        return self.path.rpartition("/")[0]


def asset_of(path: str, content: bytes) -> Asset:
    """An asset whose bytes are at hand."""
    return Asset(path=path, blob=blob_id(content), load=lambda: content)


@dataclass(frozen=True, slots=True)
class Project:
    """A project of one environment. Ids hold in that environment only; HOME's id is None."""

    name: str
    id: int | None
    folder_id: int | None


@dataclass(frozen=True, slots=True)
class AssetInfo:
    """What the package lacks of an asset. Every field may be unknown (None).

    `id` and `folder_id` are ids of this environment; `version` is Workato's save counter here; the author is
    who saved that version; `is_running` is known for recipes only.
    """

    id: int | None = None
    folder_id: int | None = None
    version: int | None = None
    author_name: str | None = None
    author_email: str | None = None
    is_running: bool | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An environment's index.json: what links, headings and later guards need beside the files."""

    environment: str
    base_url: str = ""
    workspace_id: int | None = None
    workspace_name: str = ""
    projects: tuple[Project, ...] = ()
    assets: Mapping[str, AssetInfo] = field(default_factory=lambda: MappingProxyType({}))

    def info(self, path: str) -> AssetInfo:
        """What is known of the asset at this path; all fields None if nothing is."""
        return self.assets.get(path, AssetInfo())

    def recipe_url(self, path: str) -> str:
        """Where the recipe at this path is in Workato; "" if that is not known."""
        recipe_id = self.info(path).id
        return f"{self.base_url.rstrip('/')}/recipes/{recipe_id}" if self.base_url and recipe_id is not None else ""


@dataclass(frozen=True, slots=True)
class ProjectFailure:
    """A project that could not be exported this time. Its earlier files stay as they are."""

    project: str
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One environment at one moment.

    `assets` maps each path to its asset. `failures` names what could not be read: nothing may be concluded
    from the absence of an asset there. `revision` is the commit it was read from; None when it is fresh.
    """

    index: Index
    assets: Mapping[str, Asset]
    revision: str | None = None
    failures: tuple[ProjectFailure, ...] = ()

    @property
    def environment(self) -> str:
        return self.index.environment


def snapshot_of(
    index: Index,
    assets: Iterable[Asset],
    *,
    revision: str | None = None,
    failures: Iterable[ProjectFailure] = (),
) -> Snapshot:
    """A snapshot with its assets in the order of their paths."""
    ordered = {asset.path: asset for asset in sorted(assets, key=lambda asset: asset.path)}
    return Snapshot(index, MappingProxyType(ordered), revision, tuple(failures))
