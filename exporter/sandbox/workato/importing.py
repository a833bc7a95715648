"""What an import does to a workspace. Nothing is ever deleted by it.

Assets are matched by type, folder and name (custom connectors by title anywhere): the same makes a new version,
else a new asset. Source: docs.workato.com, recipe lifecycle management.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exporter.sandbox.seed import SeedAsset
from exporter.sandbox.workato.errors import unprocessable
from exporter.sandbox.workato.layout import lay_out
from exporter.sandbox.workato.naming import join
from exporter.sandbox.workato.records import Asset
from exporter.sandbox.workato.references import Place, rewrite_value
from exporter.sandbox.workato.state import Environment, parsed
from exporter.sandbox.workato.unpacking import PackagedAsset

AUTHOR_NAME = "API client"
AUTHOR_EMAIL = "api-client@example.com"

NOTHING_TO_RESTART = "no_update_or_updated_without_restart"
RESTARTED = "restarted"
RESTART_FAILED = "restart_failed"

_RECIPE_KEYS = ("name", "description", "version", "private", "concurrency", "tags", "code", "config")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`home_folder_id` is where assets of Home go instead of the root."""

    folder_id: int
    restart_recipes: bool = False
    include_tags: bool = False
    home_folder_id: int | None = None


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What happened, by asset id. `recipe_status` names every recipe of the package."""

    recipe_status: tuple[tuple[int, str], ...]
    added: frozenset[int]
    updated: frozenset[int]
    unchanged: frozenset[int]


def import_package(
    environment: Environment, packaged: Sequence[PackagedAsset], options: ImportOptions, now: datetime
) -> ImportOutcome:
    """Carries the import out, or refuses it as a whole.

    Raises: ApiError 422 if a recipe that would change is running and may not be restarted.
    """
    run = _Import(environment, packaged, options, now)
    running = [asset.name for asset in run.recipes_that_change() if asset.is_running]
    if running and not options.restart_recipes:
        message = "Package can not be imported: there are running recipes"
        raise unprocessable(message, {"recipes": [f"{name} is running" for name in running]})
    return run.carry_out()


class _Import:
    def __init__(
        self, environment: Environment, packaged: Sequence[PackagedAsset], options: ImportOptions, now: datetime
    ) -> None:
        self._environment = environment
        self._options = options
        self._now = now
        self._packaged = [asset for asset in packaged if not asset.type.endswith("_property")]
        self._properties = [asset for asset in packaged if asset.type.endswith("_property")]
        self._matches = {asset.zip_name: self._match(asset) for asset in self._packaged}
        zip_names = environment.zip_names()
        self._places = {
            asset.zip_name: zip_names[match.id] if match else self._expected_place(asset)
            for asset, match in ((asset, self._matches[asset.zip_name]) for asset in self._packaged)
        }

    def recipes_that_change(self) -> list[Asset]:
        """Recipes that are there already and differ from the package."""
        return [
            match
            for asset in self._packaged
            if asset.type == "recipe" and (match := self._matches[asset.zip_name]) and not self._is_same(asset, match)
        ]

    def carry_out(self) -> ImportOutcome:
        added, updated, unchanged = set(), set(), set()
        imported: list[tuple[PackagedAsset, Asset, bool]] = []
        for asset in self._packaged:
            match = self._matches[asset.zip_name]
            if match is None:
                result = self._add(asset)
                added.add(result.id)
            elif asset.type == "connection" or self._is_same(asset, match):
                result = match  # a connection that exists is left alone
                unchanged.add(result.id)
            else:
                result = self._environment.save_asset(match, self._seed(asset, match), self._now)
                updated.add(result.id)
            imported.append((asset, result, match is not None and match.is_running))
        self._add_properties()
        statuses = tuple(
            (result.id, self._restart(result, has_changed=result.id in updated, was_running=was_running))
            for asset, result, was_running in imported
            if asset.type == "recipe"
        )
        return ImportOutcome(statuses, frozenset(added), frozenset(updated), frozenset(unchanged))

    # Places

    def _match(self, asset: PackagedAsset) -> Asset | None:
        if asset.type == "custom_adapter":
            candidates = [other for other in self._environment.assets.values() if other.type == asset.type]
            return next((other for other in candidates if other.name == asset.name), None)
        folder_id = self._folder(asset, is_made=False)
        return None if folder_id is None else self._environment.find_asset(asset.type, folder_id, asset.name)

    def _folder(self, asset: PackagedAsset, *, is_made: bool) -> int | None:
        """The folder that the asset belongs to; None if it is missing and may not be made."""
        if not asset.folder and asset.value.get("root_folder") is True:
            return self._options.home_folder_id or self._environment.root_id
        start_id, path = self._start(asset.folder)
        return self._walk(start_id, path, is_made=is_made)

    def _start(self, path: str) -> tuple[int, str]:
        """Where a path of the package begins: in the folder of the import, or in another project by its name."""
        environment, folder_id = self._environment, self._options.folder_id
        is_inside = any(_is_below(path, folder.name) for folder in environment.children(folder_id))
        is_foreign = any(_is_below(path, project.name) for project in environment.projects.values())
        return (environment.root_id, path) if is_foreign and not is_inside else (folder_id, path)

    def _walk(self, folder_id: int, path: str, *, is_made: bool) -> int | None:
        """Down the path. Folder names may hold a "/", so what exists is preferred over splitting there."""
        while path:
            children = sorted(self._environment.children(folder_id), key=lambda folder: -len(folder.name))
            child = next((folder for folder in children if _is_below(path, folder.name)), None)
            if child is None:
                if not is_made:
                    return None
                child = self._environment.add_folder(folder_id, path.partition("/")[0], self._now)
            folder_id = child.id
            path = path.removeprefix(child.name).removeprefix("/")
        return folder_id

    def _expected_place(self, asset: PackagedAsset) -> str:
        """The member name from the root that a new asset gets."""
        file_name = asset.zip_name.rpartition("/")[2]
        if not asset.folder and asset.value.get("root_folder") is True:
            home_id = self._options.home_folder_id or self._environment.root_id
            return join(self._environment.folder_path(home_id), file_name)
        return self._from_root(asset.zip_name)

    def _from_root(self, zip_name: str) -> str:
        folder, slash, _ = zip_name.rpartition("/")
        start_id, _ = self._start(folder) if slash else (self._options.folder_id, "")
        return join(self._environment.folder_path(start_id), zip_name)

    def _translate(self, place: Place) -> Place:
        """From a reference of the package to one from the root."""
        zip_name = self._places.get(place.zip_name) or self._from_root(place.zip_name)
        return Place(zip_name, zip_name.rpartition("/")[0])

    # Contents

    def _value(self, asset: PackagedAsset, match: Asset | None) -> dict[str, object]:
        """The main file as it is stored, without a recipe's version."""
        value = rewrite_value(dict(asset.value), self._translate)
        value = value if isinstance(value, dict) else {}
        kept = parsed(match) if match else {}
        if not (self._options.include_tags and "tags" in value):
            value.pop("tags", None)
            if "tags" in kept:
                value["tags"] = kept["tags"]
        if asset.type in ("lookup_table", "workato_db_table") and "data" not in value and "data" in kept:
            value["data"] = kept["data"]  # a package without rows leaves the rows alone
        value.pop("version_comment", None)
        if asset.type == "recipe":
            value.pop("version", None)
        return value

    def _is_same(self, asset: PackagedAsset, match: Asset) -> bool:
        if asset.type == "custom_adapter":
            return _without_json(asset.files) == _without_json(match.files)
        kept = {
            key: item
            for key, item in parsed(match).items()
            if key != "version_comment" and not (key == "version" and asset.type == "recipe")
        }
        return self._value(asset, match) == kept and _without_json(asset.files) == _without_json(match.files)

    def _seed(self, asset: PackagedAsset, match: Asset | None) -> SeedAsset:
        version = match.version.number + 1 if match else 1
        value = self._value(asset, match)
        if asset.type == "recipe":
            value = _in_order({**value, "version": version})
        elif asset.type == "custom_adapter":
            value = {**value, "version_no": version}
        folder = self._environment.folder_path(match.folder_id) if match else self._new_folder(asset)
        return SeedAsset(
            type=asset.type,
            name=asset.name,
            folder=folder,
            files={**asset.files, asset.main_suffix: lay_out(value)},
            version=version,
            is_running=False,
            author_name=AUTHOR_NAME,
            author_email=AUTHOR_EMAIL,
        )

    def _new_folder(self, asset: PackagedAsset) -> tuple[str, ...]:
        folder_id = self._folder(asset, is_made=True)
        return self._environment.folder_path(self._environment.root_id if folder_id is None else folder_id)

    def _add(self, asset: PackagedAsset) -> Asset:
        """A new asset. A connection comes without credentials: somebody has to sign in first."""
        is_authorized = asset.type != "connection"
        return self._environment.add_asset(self._seed(asset, None), self._now, is_authorized=is_authorized)

    def _restart(self, recipe: Asset, *, has_changed: bool, was_running: bool) -> str:
        if not (has_changed and was_running):
            return NOTHING_TO_RESTART
        if self._environment.connections_to_sign_in(recipe):
            return RESTART_FAILED
        self._environment.assets[recipe.id] = replace(recipe, is_running=True)
        return RESTARTED

    def _add_properties(self) -> None:
        """Only names that are missing; their values are empty."""
        for asset in self._properties:
            if asset.type == "account_property":
                known = self._environment.account_properties
                names: object = asset.value
            else:
                folder_id = self._folder(asset, is_made=True) or self._environment.root_id
                project_id = self._environment.folders[folder_id].project_id
                if project_id is None:
                    continue
                known = self._environment.project_properties.setdefault(project_id, {})
                names = asset.value.get("data")
            for name in names if isinstance(names, dict) else ():
                known.setdefault(str(name), "")


def _is_below(path: str, name: str) -> bool:
    return path == name or path.startswith(name + "/")


def _without_json(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {suffix: content for suffix, content in files.items() if not suffix.endswith((".json", ".zip"))}


def _in_order(value: Mapping[str, object]) -> dict[str, object]:
    """A recipe's keys as the exporter writes them; unknown ones last."""
    return {key: value[key] for key in (*_RECIPE_KEYS, *value) if key in value}
