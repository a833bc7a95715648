"""What the sandbox's Workato holds when it starts: plain values that the story makes and the server serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SeedAsset:
    """One asset of one environment.

    `type` is Workato's type name ("recipe", "connection", "custom_adapter", …). `folder` is the path from the
    root, project first; () is Home. `files` maps the end of each file name to its bytes: {".recipe.json": …}; a
    custom connector has ".custom_adapter.json", ".custom_adapter.rb" and ".custom_adapter.png". References inside
    JSON files ({zip_name, name, folder}) are written from the root, project first; the server makes them relative
    to the folder that is exported, as Workato does.
    """

    type: str
    name: str
    folder: tuple[str, ...]
    files: Mapping[str, bytes]
    version: int = 1
    is_running: bool = False
    author_name: str = ""
    author_email: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class WorkspaceSeed:
    """One environment's workspace. `projects` and `folders` name what exists even where it is empty; `folders`
    are paths from the root. Property values exist on the server only; exports carry their names."""

    environment: str
    workspace_id: int
    workspace_name: str
    projects: tuple[str, ...]
    folders: tuple[tuple[str, ...], ...]
    assets: tuple[SeedAsset, ...]
    account_properties: Mapping[str, str] = field(default_factory=dict)
    project_properties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
