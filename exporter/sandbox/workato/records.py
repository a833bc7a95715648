"""The values that a workspace is made of. Frozen: a change makes a new value, so an export under way keeps its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from exporter.sandbox.workato.extract import Extract, extract
from exporter.sandbox.workato.naming import slug


@dataclass(frozen=True, slots=True)
class Folder:
    """`parent_id` is None for the root (Home) only; a project's folder has the root as its parent."""

    id: int
    name: str
    parent_id: int | None
    project_id: int | None
    is_project: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Project:
    """`file` is its project.json: description, color and icon."""

    id: int
    name: str
    folder_id: int
    file: bytes = field(repr=False)


@dataclass(frozen=True)
class Version:
    """One save of an asset."""

    id: int
    number: int
    files: Mapping[str, bytes] = field(repr=False)
    author_name: str
    author_email: str
    comment: str
    created_at: datetime

    @cached_property
    def extract(self) -> Extract:
        """What lists need of the files."""
        return extract(self.files)


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset. `files` maps the end of each file name to its bytes, references written from the root.

    `is_running` is for recipes, `is_authorized` for connections: an imported connection is a placeholder until
    somebody signs in.
    """

    id: int
    type: str
    name: str
    folder_id: int
    files: Mapping[str, bytes] = field(repr=False)
    versions: tuple[Version, ...]
    created_at: datetime
    updated_at: datetime
    is_running: bool = False
    is_authorized: bool = True

    @property
    def stem(self) -> str:
        return slug(self.name)

    @property
    def main_suffix(self) -> str:
        """The end of the file name that identifies the asset: ".recipe.json"."""
        return next((suffix for suffix in self.files if suffix.endswith(".json")), f".{self.type}.json")

    @property
    def main_file(self) -> bytes:
        return self.files.get(self.main_suffix, b"")

    @property
    def version(self) -> Version:
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Entry:
    """An asset as a folder's export sees it. `zip_name` is its member name there; `folder` the path before it.

    `version` is a pinned version number, None for the latest. An unreachable asset is listed and never packed.
    """

    asset: Asset
    folder: str
    zip_name: str
    is_root: bool
    is_unreachable: bool
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What a manifest says about the export beside its assets."""

    include_data: bool = False
    include_tags: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """`asset_ids` are the assets picked when the manifest was saved, each with its pinned version or None."""

    id: int
    name: str
    folder_id: int
    asset_ids: Mapping[int, int | None]
    options: Options
    created_at: datetime
    updated_at: datetime
    last_exported_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """An export or an import. It is in progress for `polls_left` more looks, then completed or, with `error`, failed.

    The storage keeps an export's zip under `archive_name`; `recipe_status` is an import's result for each recipe id.
    """

    id: int
    operation: str
    polls_left: int
    manifest_id: int | None = None
    archive_name: str = ""
    error: str = ""
    recipe_status: tuple[tuple[int, str], ...] = ()

    @property
    def status(self) -> str:
        if self.polls_left > 0:
            return "in_progress"
        return "failed" if self.error else "completed"


@dataclass(frozen=True, slots=True)
class Build:
    """A project build of the development environment. Its archive is kept under `archive_name`."""

    id: int
    project_id: int
    description: str
    include_test_cases: bool
    include_tags: bool
    archive_name: str
    created_at: datetime
    polls_left: int


@dataclass(frozen=True, slots=True)
class DeployedAsset:
    """What a deployment did to an asset: `state` is "new", "updated" or "deleted"."""

    id: int
    name: str
    type: str
    state: str
    folder: str


@dataclass(frozen=True, slots=True)
class Deployment:
    id: int
    build_id: int
    project_id: int
    environment: str
    description: str
    assets: tuple[DeployedAsset, ...]
    created_at: datetime
    polls_left: int
