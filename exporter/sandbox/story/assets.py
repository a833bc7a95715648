"""The exports of everything that is not a recipe: connections, connectors, tables, API, events, apps, agents.

project.json and tags.json are handed over as assets of the types "project" and "tags", named after their files.
Property files are not: the server writes them from the properties it holds.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from exporter.sandbox.seed import SeedAsset
from exporter.sandbox.story.fields import FieldLists, compact_json
from exporter.sandbox.story.pretty import print_json
from exporter.sandbox.story.recipe import stable_uuid
from exporter.sandbox.story.references import References

# System columns of a data table: these uuids are the same in every workspace (measured).
_SYSTEM_COLUMNS = (
    ("11fbe9a6-a16d-4d7e-86ea-afe42ec03005", "Record ID", "short-text"),
    ("a5612739-5401-4ae7-bd07-782c1a6fb2d1", "Created at", "date-time"),
    ("61aae604-a95e-4519-9091-bb0bf754a67f", "Last modified at", "date-time"),
)
_LOOKUP_COLUMNS = 10  # a lookup table always has ten, named or not
_PAGE_WIDTH_PIXELS = 800

_Made: TypeAlias = tuple[str, Mapping[str, bytes], int]  # Workato's type name, the files, the version


@dataclass(frozen=True, slots=True)
class AssetMaker:
    """Makes the assets of one environment. `workspace` is workspace.toml with that environment's edits applied;
    `connectors` maps a connector's key to the files of its source and logo."""

    environment: str
    workspace: Mapping[str, Any]
    references: References
    fields: FieldLists
    connectors: Mapping[str, Mapping[str, bytes]]

    def assets(self) -> Iterator[SeedAsset]:
        """All of them, in the order of workspace.toml."""
        yield from self._each("connection", self._connection)
        yield from self._each("connector", self._connector)
        yield from self._each("lookup_table", self._lookup_table)
        yield from self._each("data_table", self._data_table)
        yield from self._each("api_group", self._api_group)
        yield from self._each("api_endpoint", self._api_endpoint)
        yield from self._each("template", self._template)
        yield from self._each("schema", self._schema)
        yield from self._each("topic", self._topic)
        yield from self._each("app", self._app)
        yield from self._each("page", self._page)
        yield from self._each("skill", self._skill)
        yield from self._each("genie", self._genie)
        yield from self._each("mcp_server", self._mcp_server)
        yield from self._of_projects()

    def _each(self, table: str, make: Callable[[Mapping[str, Any]], _Made]) -> Iterator[SeedAsset]:
        for entry in self.workspace.get(table, ()):
            type_name, files, version = make(entry)
            yield SeedAsset(type_name, entry.get("name", entry.get("title")), tuple(entry["folder"]), files, version)

    def _connection(self, entry: Mapping[str, Any]) -> _Made:
        connectors = {connector["key"] for connector in self.workspace["connector"]}
        provider = entry["provider"]
        document = {
            "name": entry["name"],
            "provider": self.references.to("connector", provider) if provider in connectors else provider,
            "root_folder": not entry["folder"],
        }
        return _one("connection", "connection", document)

    def _connector(self, entry: Mapping[str, Any]) -> _Made:
        document = {
            "title": entry["title"],
            "description": entry["description"],
            "logo_file_name": "logo.png",
            "logo_content_type": "image/png",
            "version_no": entry["version"],
            "note": entry["note"],
        }
        source = self.connectors[entry["key"]]
        files = {
            ".custom_adapter.json": print_json(document),
            ".custom_adapter.rb": source["rb"],
            ".custom_adapter.png": source["png"],
        }
        return "custom_adapter", files, entry["version"]

    def _lookup_table(self, entry: Mapping[str, Any]) -> _Made:
        labels = [*entry["columns"], *[""] * _LOOKUP_COLUMNS][:_LOOKUP_COLUMNS]
        schema = [
            {"control_type": "text", "label": label, "name": f"col{place}", "type": "string", "sticky": True}
            for place, label in enumerate(labels, start=1)
        ]
        document = {"name": entry["name"], "schema": schema}
        document |= {"data": _csv([entry["columns"], *entry["rows"]]), "max_allowed_entries_count": 10000}
        return _one("lookup_table", "lookup_table", document)

    def _data_table(self, entry: Mapping[str, Any]) -> _Made:
        own = [
            _column(self.references.column_id(f"${entry['key']}:{name}"), title, kind, required=required)
            for name, title, kind, required in entry["columns"]
        ]
        system = [_column(column_id, title, kind, is_system=True) for column_id, title, kind in _SYSTEM_COLUMNS]
        document: dict[str, Any] = {"name": entry["name"], "schema": [*system, *own]}
        document["project_name"] = entry["folder"][0]
        if "rows" in entry:
            titles = [column[1] for column in entry["columns"]]
            document["data"] = _csv([["record_id", *titles, "created_at", "updated_at"], *entry["rows"]])
        return _one("workato_db_table", "workato_db_table", document)

    def _api_group(self, entry: Mapping[str, Any]) -> _Made:
        document = {
            "name": entry["name"],
            "version": "1.0",
            "description": entry["description"],
            "handle": entry["handle"],
            "use_prefix": True,
            "soap": False,
            "soap_config": {},
        }
        return _one("api_group", "api_group", document)

    def _api_endpoint(self, entry: Mapping[str, Any]) -> _Made:
        document = {
            "name": entry["name"],
            "method": entry["method"],
            "path": entry["path"],
            "legacy": False,
            "recipe_id": self.references.to("recipe", entry["recipe"]),
            "api_group_id": self.references.to("api_group", entry["group"]),
            "recipe_timeout": None,
            "validate_request": False,
            "validation_formula": None,
            "use_cache": False,
            "cache_ttl": None,
            "cache_keys": [],
            "cache_size_limit": None,
        }
        return _one("api_endpoint", "api_endpoint", document)

    def _template(self, entry: Mapping[str, Any]) -> _Made:
        schema = self.fields.schema(entry["fields"])
        document = {"name": entry["name"], "schema": schema, "content": entry["content"]}
        return _one("workato_template", "workato_template", document)

    def _schema(self, entry: Mapping[str, Any]) -> _Made:
        schema = self.fields.schema(entry["fields"])
        return _one("workato_schema", "workato_schema", {"name": entry["name"], "schema": schema})

    def _topic(self, entry: Mapping[str, Any]) -> _Made:
        schema = self.fields.schema(entry["fields"])
        return _one("topic", "topic", {"name": entry["name"], "schema": schema, "retention": entry["retention"]})

    def _app(self, entry: Mapping[str, Any]) -> _Made:
        stages = [{"name": stage, "position": place} for place, stage in enumerate(entry["stages"])]
        document = {
            "name": entry["name"],
            "creation_page": self.references.to("page", entry["page"]),
            "workato_db_table": self.references.to("data_table", entry["table"]),
            "workflow_stages": stages,
            "tabs": [],
            "displayed_columns": [],
        }
        return _one("lcap_app", "lcap_app", document)

    def _page(self, entry: Mapping[str, Any]) -> _Made:
        layout = [
            {"id": stable_uuid("page", entry["key"], label)[:8], "type": "text-input", "label": label, "width": 12}
            for label in entry["inputs"]
        ]
        content = {
            "type": "page",
            "maxWidth": _PAGE_WIDTH_PIXELS,
            "background": "#ffffff",
            "variables": [],
            "handlers": {},
            "layout": layout,
        }
        document = {"name": entry["name"], "path": entry["path"], "content": content}
        files = {".lcap_page.json": print_json(document), ".lcap_page.zip": self._page_archive(document)}
        return "lcap_page", files, 1

    def _page_archive(self, document: Mapping[str, Any]) -> bytes:
        """The nested archive; like the real one it has a time of its own in every environment."""
        buffer = io.BytesIO()
        year, month, day, hour, minute, second = self.workspace["environments"][self.environment]["page_time"]
        with zipfile.ZipFile(buffer, "w") as archive:
            member = zipfile.ZipInfo("page.json", (year, month, day, hour, minute, second))
            archive.writestr(member, compact_json(document))
        return buffer.getvalue()

    def _skill(self, entry: Mapping[str, Any]) -> _Made:
        recipe = {"type": "recipe", "id": self.references.to("recipe", entry["recipe"])}
        document = {
            "name": entry["name"],
            "trigger_description": entry["trigger_description"],
            "references": {"recipe_id": recipe},
        }
        return _one("agentic_skill", "agentic_skill", document)

    def _genie(self, entry: Mapping[str, Any]) -> _Made:
        document = {
            "name": entry["name"],
            "logo_file_name": None,
            "logo_content_type": None,
            "description": entry["description"],
            "instructions": entry["instructions"],
            "ai_provider": "openai",
            "ai_model": "gpt-4o",
            "matrix": {"skills": ["ref_0"]},
            "mcp_servers": [],
            "references": self._skill_reference(entry),
        }
        return _one("agentic_genie", "agentic_genie", document)

    def _mcp_server(self, entry: Mapping[str, Any]) -> _Made:
        document = {
            "name": entry["name"],
            "description": entry["description"],
            "auth_type": "token",
            "tools_type": "skills",
            "tools": [{"tool": "ref_0", "description": entry["tool_description"], "vua_required": False}],
            "references": self._skill_reference(entry),
        }
        return _one("mcp_server", "mcp_server", document)

    def _skill_reference(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        return {"ref_0": {"type": "agentic_skill", "id": self.references.to("skill", entry["skill"])}}

    def _of_projects(self) -> Iterator[SeedAsset]:
        tags = print_json(self.workspace["tag"])
        for project in self.workspace["project"]:
            looks = {name: project[name] for name in ("description", "color", "icon")}
            yield SeedAsset("project", "project", (project["name"],), {".json": print_json(looks)})
            yield SeedAsset("tags", "tags", (project["name"],), {".json": tags})


def _one(type_name: str, suffix: str, document: Mapping[str, Any]) -> _Made:
    return type_name, {f".{suffix}.json": print_json(document)}, 1


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _column(
    column_id: str, title: str, kind: str, *, required: bool = False, is_system: bool = False
) -> dict[str, Any]:
    return {
        "id": column_id,
        "title": title,
        "type": kind,
        "read_only": is_system,
        "hidden": False,
        "required": required,
        "metadata": {},
    }


def project_values(projects: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Project name -> property name -> value; the server knows the values, exports only the names."""
    return {project["name"]: dict(project["properties"]) for project in projects}
