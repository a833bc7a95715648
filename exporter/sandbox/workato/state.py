"""One environment's workspace while the sandbox runs: its folders, assets, manifests and packages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from exporter.sandbox.seed import SeedAsset, WorkspaceSeed
from exporter.sandbox.workato.layout import lay_out, without_final_newline
from exporter.sandbox.workato.naming import join
from exporter.sandbox.workato.records import (
    Asset,
    Build,
    Deployment,
    Folder,
    Manifest,
    Package,
    Project,
    Version,
)

# What was there before the sandbox started was made on this day, in this order, one a minute.
SEEDED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=timezone(timedelta(hours=-8)))

_ENVIRONMENT_STRIDE = 10_000_000
_KINDS = ("folder", "project", "asset", "version", "manifest", "package", "build", "deployment")
_KIND_STRIDE = 1_000_000
_PROJECT_FILE = {"description": "", "color": "cobalt", "icon": "folder"}


class Environment:
    """The state. `ordinal` (1, 2, …) keeps the ids of different environments apart, as separate accounts do."""

    def __init__(self, seed: WorkspaceSeed, ordinal: int) -> None:
        self.name = seed.environment
        self.workspace_id = seed.workspace_id
        self.workspace_name = seed.workspace_name
        self.folders: dict[int, Folder] = {}
        self.projects: dict[int, Project] = {}
        self.assets: dict[int, Asset] = {}
        self.account_properties = dict(seed.account_properties)
        self.project_properties: dict[int, dict[str, str]] = {}
        self.tags: dict[str, dict[str, object]] = {}  # by title: title, description, color
        self.manifests: dict[int, Manifest] = {}
        self.packages: dict[int, Package] = {}
        self.builds: dict[int, Build] = {}
        self.deployments: dict[int, Deployment] = {}
        self._ordinal = ordinal
        self._counters: Counter[str] = Counter()
        root = Folder(self.next_id("folder"), "Home", None, None, False, SEEDED_AT)
        self.folders[root.id] = root
        self.root_id = root.id
        self._seed(seed)

    def next_id(self, kind: str) -> int:
        """A fresh id. The same story gives the same ids in every run."""
        self._counters[kind] += 1
        return self._ordinal * _ENVIRONMENT_STRIDE + _KINDS.index(kind) * _KIND_STRIDE + self._counters[kind]

    # Folders

    def folder_path(self, folder_id: int) -> tuple[str, ...]:
        """The names from the root, project first; () for the root itself."""
        names: list[str] = []
        folder = self.folders[folder_id]
        while folder.parent_id is not None:
            names.append(folder.name)
            folder = self.folders[folder.parent_id]
        return tuple(reversed(names))

    def children(self, folder_id: int) -> list[Folder]:
        return [folder for folder in self.folders.values() if folder.parent_id == folder_id]

    def child(self, folder_id: int, name: str) -> Folder | None:
        return next((folder for folder in self.children(folder_id) if folder.name == name), None)

    def add_folder(self, parent_id: int, name: str, now: datetime) -> Folder:
        """A new folder; below the root it is a project."""
        folder_id = self.next_id("folder")
        is_project = parent_id == self.root_id
        if is_project:
            project = Project(self.next_id("project"), name, folder_id, lay_out(_PROJECT_FILE))
            self.projects[project.id] = project
        project_id = project.id if is_project else self.folders[parent_id].project_id
        folder = Folder(folder_id, name, parent_id, project_id, is_project, now)
        self.folders[folder_id] = folder
        return folder

    def ensure_folder(self, path: Iterable[str], now: datetime, start_id: int | None = None) -> int:
        """The id of the folder with this path below `start_id` (the root by default), made where it is missing."""
        folder_id = self.root_id if start_id is None else start_id
        for name in path:
            folder = self.child(folder_id, name) or self.add_folder(folder_id, name, now)
            folder_id = folder.id
        return folder_id

    def subtree(self, folder_id: int) -> set[int]:
        """The folder and everything below it."""
        found = {folder_id}
        pending = [folder_id]
        while pending:
            below = [folder.id for folder in self.children(pending.pop())]
            found.update(below)
            pending.extend(below)
        return found

    def project_named(self, name: str) -> Project | None:
        return next((project for project in self.projects.values() if project.name == name), None)

    def remove_project(self, project: Project) -> None:
        """Deletes the project with all that is in it."""
        gone = self.subtree(project.folder_id)
        for asset in [asset for asset in self.assets.values() if asset.folder_id in gone]:
            del self.assets[asset.id]
        for folder_id in gone:
            del self.folders[folder_id]
        del self.projects[project.id]
        self.project_properties.pop(project.id, None)

    # Assets

    def every_asset(self) -> list[Asset]:
        """All assets, with the property files that Workato makes up when it exports."""
        return [*self.assets.values(), *self._property_assets()]

    def find_asset(self, asset_type: str, folder_id: int, name: str) -> Asset | None:
        return next(
            (
                asset
                for asset in self.assets.values()
                if asset.type == asset_type and asset.folder_id == folder_id and asset.name == name
            ),
            None,
        )

    def add_asset(self, seed: SeedAsset, now: datetime, *, is_authorized: bool = True) -> Asset:
        """A new asset at the place that the seed names; folders are made where they are missing."""
        asset_id = self.next_id("asset")
        version = self._version(seed, now)
        asset = Asset(
            id=asset_id,
            type=seed.type,
            name=seed.name,
            folder_id=self.ensure_folder(seed.folder, now),
            files=version.files,
            versions=(version,),
            created_at=now,
            updated_at=now,
            is_running=seed.is_running,
            is_authorized=is_authorized,
        )
        self.assets[asset_id] = asset
        return asset

    def save_asset(self, asset: Asset, seed: SeedAsset, now: datetime) -> Asset:
        """A new version of an asset: the seed's files, authorship and running state."""
        version = self._version(seed, now)
        saved = replace(
            asset,
            name=seed.name,
            files=version.files,
            versions=(*asset.versions, version),
            updated_at=now,
            is_running=seed.is_running,
        )
        self.assets[asset.id] = saved
        return saved

    def connections_to_sign_in(self, recipe: Asset) -> list[str]:
        """The names of connections that the recipe uses and nobody signed in to."""
        ids = self.asset_ids()
        accounts = [item.get("account_id") for item in recipe.version.extract.config]
        used = [ids.get(str(account.get("zip_name")), 0) for account in accounts if isinstance(account, dict)]
        connections = [self.assets[asset_id] for asset_id in used if asset_id in self.assets]
        return [connection.name for connection in connections if not connection.is_authorized]

    def asset_ids(self) -> dict[str, int]:
        """The id of the asset behind each member name from the root."""
        return {name: asset_id for asset_id, name in self.zip_names().items()}

    def zip_names(self) -> dict[int, str]:
        """Every asset's member name from the root. Equal names in one folder get .1, .2 … in the order of ids."""
        seen: Counter[tuple[int, str, str]] = Counter()
        names: dict[int, str] = {}
        paths = {folder_id: self.folder_path(folder_id) for folder_id in self.folders}
        for asset in sorted(self.every_asset(), key=lambda asset: asset.id):
            key = (asset.folder_id, asset.stem, asset.main_suffix)
            stem = f"{asset.stem}.{seen[key]}" if seen[key] else asset.stem
            seen[key] += 1
            names[asset.id] = join(paths[asset.folder_id], stem + asset.main_suffix)
        return names

    # Beginnings

    def _seed(self, seed: WorkspaceSeed) -> None:
        for project in seed.projects:
            self.ensure_folder((project,), SEEDED_AT)
        for folder in seed.folders:
            self.ensure_folder(folder, SEEDED_AT)
        for minute, asset in enumerate(seed.assets):
            if not self._absorb(asset):
                self.add_asset(asset, SEEDED_AT + timedelta(minutes=minute))
        for name, properties in seed.project_properties.items():
            project_id = self.folders[self.ensure_folder((name,), SEEDED_AT)].project_id or 0
            self.project_properties[project_id] = self.project_properties.get(project_id, {}) | dict(properties)

    def _absorb(self, seed: SeedAsset) -> bool:
        """Takes in what is a file of a package and no asset of its own: project.json, tags.json, property names."""
        content = next((content for suffix, content in seed.files.items() if suffix.endswith(".json")), b"")
        if seed.type == "tags":
            self.tags.update({str(tag["title"]): tag for tag in json.loads(content)})
        elif seed.type == "project":
            project = self._project_of(seed)
            self.projects[project.id] = replace(project, file=without_final_newline(content))
        elif seed.type == "account_property":
            self.account_properties = dict.fromkeys(json.loads(content), "") | self.account_properties
        elif seed.type == "project_property":
            names = dict.fromkeys(json.loads(content)["data"], "")
            project_id = self._project_of(seed).id
            self.project_properties[project_id] = names | self.project_properties.get(project_id, {})
        else:
            return False
        return True

    def _project_of(self, seed: SeedAsset) -> Project:
        self.ensure_folder(seed.folder, SEEDED_AT)
        return next(project for project in self.projects.values() if project.name == seed.folder[0])

    def _version(self, seed: SeedAsset, now: datetime) -> Version:
        return Version(
            id=self.next_id("version"),
            number=seed.version,
            files=seed.files,
            author_name=seed.author_name,
            author_email=seed.author_email,
            comment=seed.comment,
            created_at=now,
        )

    def _property_assets(self) -> list[Asset]:
        """Properties are exported as one file a place, with their names and never a value."""
        assets = []
        if self.account_properties:
            content = lay_out(dict.fromkeys(self.account_properties))
            files = {".properties.json": content}
            assets.append(self._made_up(self.root_id, "account_property", "account_properties", files))
        for project_id, properties in self.project_properties.items():
            if properties:
                content = lay_out({"data": dict.fromkeys(properties)})
                files = {".project_properties.json": content}
                folder_id = self.projects[project_id].folder_id
                assets.append(self._made_up(folder_id, "project_property", "properties", files))
        return assets

    @staticmethod
    def _made_up(folder_id: int, asset_type: str, name: str, files: Mapping[str, bytes]) -> Asset:
        """One asset a folder, so that the folder's id serves as the asset's."""
        version = Version(folder_id, 1, files, "", "", "", SEEDED_AT)
        return Asset(folder_id, asset_type, name, folder_id, files, (version,), SEEDED_AT, SEEDED_AT)


def parsed(asset: Asset) -> dict[str, object]:
    """The asset's main file as a JSON object; {} if it is none."""
    try:
        value = json.loads(asset.main_file)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
