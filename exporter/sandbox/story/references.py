"""How an asset is named from inside another one: {zip_name, name, folder}, from the root, project first."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from exporter.sandbox.story.fields import FieldLists
from exporter.sandbox.story.recipe import RecipeSource, Surroundings, stable_uuid

# workspace.toml's table -> the type in the file's name.
_SUFFIXES = {
    "connection": "connection",
    "connector": "custom_adapter",
    "lookup_table": "lookup_table",
    "data_table": "workato_db_table",
    "api_group": "api_group",
    "template": "workato_template",
    "topic": "topic",
    "app": "lcap_app",
    "page": "lcap_page",
    "skill": "agentic_skill",
}


def file_stem(name: str) -> str:
    """The file name that Workato makes of an asset's name (held for 1 063 of 1 063 real files)."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


class References:
    """The assets of one environment by kind and key, and the ids that the environment gives."""

    def __init__(self, environment: str, workspace: Mapping[str, Any], recipes: Iterable[RecipeSource]) -> None:
        settings = workspace["environments"][environment]
        self._workspace_id: int = settings["workspace_id"]
        self._targets = {("recipe", recipe.key): _reference(recipe.name, recipe.folder, "recipe") for recipe in recipes}
        for kind, suffix in _SUFFIXES.items():
            for entry in workspace.get(kind, ()):
                name = entry.get("name", entry.get("title"))
                self._targets[kind, entry["key"]] = _reference(name, tuple(entry["folder"]), suffix)
        self._connections = {entry["key"]: entry for entry in workspace["connection"]}
        self._slugs = {
            connector["key"]: f"{connector['key']}_connector_{settings['workspace_id']}_{settings['connector_epoch']}"
            for connector in workspace["connector"]
        }

    def foreign_id(self, key: str) -> str:
        """The number that an export has in place of a reference to what it cannot pack: another in each environment."""
        return str(zlib.crc32(f"{self._workspace_id}/{key}".encode()) % 10_000_000)

    def to(self, kind: str, key: str) -> dict[str, Any]:
        """The reference to an asset. Raises: ValueError when the story has no such asset."""
        try:
            return dict(self._targets[kind, key])
        except KeyError:
            raise ValueError(f"references: the story has no {kind} {key!r} in this environment") from None

    def provider_slug(self, provider: str) -> str:
        """A custom connector's slug, which differs in each environment; any other provider as it is."""
        return self._slugs.get(provider, provider)

    def connection(self, recipe: RecipeSource, provider: str) -> dict[str, Any] | None:
        """The account_id of a provider in a recipe; None for a provider that needs no connection."""
        key = recipe.settings.get("connections", {}).get(provider)
        if key is None:
            key = next((key for key, entry in self._connections.items() if entry["provider"] == provider), None)
        if key is None:
            return None
        reference = self.to("connection", key)
        return reference | {"custom": True} if provider in self._slugs else reference

    def column_id(self, column: str) -> str:
        """The uuid of "$table:column"; the same in every environment, as after a promotion."""
        return stable_uuid("column", column)

    def surroundings(self, fields: FieldLists) -> Surroundings:
        """What the recipes of this environment are built with."""
        return Surroundings(fields, self.to, self.connection, self.provider_slug, self.foreign_id, self.column_id)


def _reference(name: str, folder: tuple[str, ...], suffix: str) -> dict[str, Any]:
    path = "/".join((*folder, f"{file_stem(name)}.{suffix}.json"))
    return {"zip_name": path, "name": name, "folder": "/".join(folder)}
