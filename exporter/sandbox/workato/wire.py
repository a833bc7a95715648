"""The JSON shapes of Workato's API: state -> what goes over the wire. Source: workato-api-spec.yaml of
workato-platform-cli and docs.workato.com/workato-api."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from exporter.sandbox.workato.naming import join, slug
from exporter.sandbox.workato.records import (
    Asset,
    Build,
    Deployment,
    Entry,
    Folder,
    Manifest,
    Package,
    Project,
    Version,
)
from exporter.sandbox.workato.references import is_reference, objects, replace_references
from exporter.sandbox.workato.state import SEEDED_AT, Environment, parsed

Json = dict[str, object]
_PACIFIC = timezone(timedelta(hours=-8))

# A data table's column type in a package -> in the API; any other is text there.
_COLUMN_TYPES = {
    "boolean": "boolean",
    "date": "date",
    "date-time": "date_time",
    "integer": "integer",
    "decimal": "number",
    "number": "number",
    "file": "file",
    "relation": "relation",
}


def timestamp(at: datetime | None) -> str | None:
    """Workato writes times with milliseconds and the Pacific offset."""
    return None if at is None else at.astimezone(_PACIFIC).isoformat(timespec="milliseconds")


def user(environment: Environment) -> Json:
    recipes = [asset for asset in environment.assets.values() if asset.type == "recipe"]
    return {
        "id": environment.workspace_id,
        "name": environment.workspace_name,
        "email": f"api-{environment.name}@example.com",
        "created_at": timestamp(SEEDED_AT),
        "plan_id": "enterprise",
        "current_billing_period_start": timestamp(SEEDED_AT),
        "current_billing_period_end": timestamp(SEEDED_AT + timedelta(days=365)),
        "expert": False,
        "avatar_url": "https://workato-assets.example.com/avatar.png",
        "recipes_count": len(recipes),
        "interested_applications": [],
        "company_name": environment.workspace_name,
        "location": "UTC",
        "last_seen": None,
        "contact_phone": None,
        "contact_email": None,
        "about_me": None,
        "phone": "",
        "active_recipes_count": sum(recipe.is_running for recipe in recipes),
        "root_folder_id": environment.root_id,
    }


def project(value: Project) -> Json:
    description = json.loads(value.file).get("description") or ""
    return {"id": value.id, "description": description, "folder_id": value.folder_id, "name": value.name}


def folder(value: Folder) -> Json:
    return {
        "id": value.id,
        "name": value.name,
        "parent_id": value.parent_id,
        "is_project": value.is_project,
        "project_id": value.project_id,
        "created_at": timestamp(value.created_at),
        "updated_at": timestamp(value.created_at),
    }


def entry(environment: Environment, value: Entry) -> Json:
    asset = value.asset
    reply: Json = {
        "id": asset.id,
        "name": asset.name,
        "type": asset.type,
        "folder": value.folder,
        "absolute_path": join(("All projects", *environment.folder_path(asset.folder_id))),
        "root_folder": value.is_root,
        "unreachable": value.is_unreachable,
        "zip_name": value.zip_name,
        "checked": not value.is_unreachable,
        "status": "added",
    }
    if asset.type == "recipe":
        reply["version"] = asset.version.number
    return reply


def manifest(environment: Environment, value: Manifest) -> Json:
    path = environment.folder_path(value.folder_id) if value.folder_id in environment.folders else ()
    return {
        "id": value.id,
        "name": value.name,
        "last_exported_at": timestamp(value.last_exported_at),
        "created_at": timestamp(value.created_at),
        "updated_at": timestamp(value.updated_at),
        "deleted_at": timestamp(value.deleted_at),
        "project_path": join(path),
        "status": "archived" if value.deleted_at else "working",
    }


def package(value: Package, sign: Callable[[str], str]) -> Json:
    """`sign` turns an archive's name into a link that works for a while."""
    reply: Json = {"id": value.id, "operation_type": value.operation, "status": value.status}
    if value.operation == "export":
        reply["export_manifest_id"] = value.manifest_id
        reply["download_url"] = sign(value.archive_name) if value.status == "completed" else None
    elif value.status != "in_progress":
        reply["recipe_status"] = [{"id": key, "import_result": result} for key, result in value.recipe_status]
    if value.status == "failed":
        reply["error"] = value.error
    return reply


def recipe(environment: Environment, asset: Asset, ids: Mapping[str, int], *, with_code: bool) -> Json:
    """`ids` maps member names from the root to asset ids: the API has ids where a package has references."""
    summary = asset.version.extract
    version = asset.version
    reply: Json = {
        "id": asset.id,
        "user_id": environment.workspace_id,
        "name": asset.name,
        "created_at": timestamp(asset.created_at),
        "updated_at": timestamp(asset.updated_at),
        "copy_count": 1,
        "trigger_application": summary.providers[0] if summary.providers else None,
        "action_applications": list(summary.providers[1:]),
        "applications": list(summary.providers),
        "description": summary.description,
        "parameters_schema": [],
        "parameters": {},
        "webhook_url": None,
        "folder_id": asset.folder_id,
        "project_id": environment.folders[asset.folder_id].project_id,
        "running": asset.is_running,
        "job_succeeded_count": 0,
        "job_failed_count": 0,
        "lifetime_task_count": 0,
        "version_no": version.number,
        "stop_cause": None,
        "config": replace_references(summary.config, ids.get),
        "trigger_closure": None,
        "author_name": asset.versions[0].author_name,
        "version_author_name": version.author_name,
        "version_author_email": version.author_email,
        "version_comment": version.comment or None,
    }
    if with_code:
        code = replace_references(parsed(asset).get("code"), ids.get)
        reply["code"] = json.dumps(code, ensure_ascii=False, separators=(",", ":"))
    return reply


def recipe_version(value: Version) -> Json:
    return {
        "id": value.id,
        "version_no": value.number,
        "comment": value.comment or None,
        "author_name": value.author_name,
        "author_email": value.author_email,
        "created_at": timestamp(value.created_at),
        "updated_at": timestamp(value.created_at),
    }


def connection(environment: Environment, asset: Asset, *, with_tags: bool) -> Json:
    provider = connection_provider(environment, asset)
    authorized_at = timestamp(asset.created_at) if asset.is_authorized else None
    reply: Json = {
        "id": asset.id,
        "application": provider,
        "provider": provider,
        "name": asset.name,
        "description": None,
        "authorized_at": authorized_at,
        "authorization_status": "success" if asset.is_authorized else None,
        "authorization_error": None,
        "created_at": timestamp(asset.created_at),
        "updated_at": timestamp(asset.updated_at),
        "external_id": None,
        "folder_id": asset.folder_id,
        "connection_lost_at": None,
        "connection_lost_reason": None,
        "parent_id": None,
        "tags": None,
    }
    if with_tags:
        reply["tags"] = [tag_handle(environment, title) for title in asset.version.extract.tags]
    return reply


def connection_provider(environment: Environment, asset: Asset) -> str:
    """The connector's slug. A custom connector's own one is in the recipes that use the connection."""
    provider = parsed(asset).get("provider")
    if isinstance(provider, dict):
        adapter = environment.assets.get(environment.asset_ids().get(str(provider.get("zip_name")), 0))
        return custom_connector_slug(environment, adapter) if adapter else "custom"
    return str(provider or "")


def custom_connector_slug(environment: Environment, adapter: Asset) -> str:
    """The slug that recipes of this environment call the connector by; made up as Workato does if none uses it."""
    zip_names = environment.zip_names()
    adapter_name = zip_names[adapter.id]
    connections = {
        zip_names[asset.id]
        for asset in environment.assets.values()
        if asset.type == "connection" and _refers_to(parsed(asset).get("provider"), {adapter_name})
    }
    for asset in environment.assets.values():
        for item in asset.version.extract.config:
            if _refers_to(item.get("account_id"), connections):
                return str(item.get("provider"))
    return f"{slug(adapter.name)}_connector_{environment.workspace_id}_{int(adapter.created_at.timestamp())}"


def custom_connector(environment: Environment, asset: Asset) -> Json:
    number = asset.version.number
    released = {
        "version": number,
        "version_note": asset.version.comment or None,
        "created_at": timestamp(asset.version.created_at),
        "released_at": timestamp(asset.version.created_at),
    }
    return {
        "id": asset.id,
        "name": custom_connector_slug(environment, asset),
        "title": asset.name,
        "latest_released_version": number,
        "latest_released_version_note": asset.version.comment or None,
        "released_versions": [released],
        "static_webhook_url": None,
    }


def lookup_table(environment: Environment, asset: Asset) -> Json:
    return {
        "id": asset.id,
        "name": asset.name,
        "project_id": environment.folders[asset.folder_id].project_id,
        "schema": json.dumps(parsed(asset).get("schema") or []),
        "created_at": timestamp(asset.created_at),
        "updated_at": timestamp(asset.updated_at),
    }


def data_table(asset: Asset) -> Json:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(asset.id))),
        "name": asset.name,
        "schema": [_column(column) for column in objects(parsed(asset).get("schema"))],
        "folder_id": asset.folder_id,
        "created_at": timestamp(asset.created_at),
        "updated_at": timestamp(asset.updated_at),
    }


def tag(environment: Environment, title: str) -> Json:
    defined = environment.tags.get(title, {"title": title, "description": "", "color": "blue"})
    return {"handle": tag_handle(environment, title), **defined}


def tag_handle(environment: Environment, title: str) -> str:
    """A tag's handle is another one in every environment."""
    return f"tag-{uuid.uuid5(uuid.NAMESPACE_OID, f'{environment.workspace_id}/{title}').hex[:8]}"


def build(value: Build, performed_by: str, download_url: str | None) -> Json:
    return {
        "id": value.id,
        "created_at": timestamp(value.created_at),
        "updated_at": timestamp(value.created_at),
        "description": value.description,
        "include_test_cases": value.include_test_cases,
        "project_id": str(value.project_id),
        "state": _state(value.polls_left),
        "performed_by_name": performed_by,
        "download_url": download_url,
    }


def deployment(value: Deployment, performed_by: str) -> Json:
    is_done = value.polls_left <= 0
    assets = [
        {"id": asset.id, "name": asset.name, "type": asset.type, "state": asset.state, "folder": asset.folder}
        for asset in value.assets
    ]
    return {
        "id": value.id,
        "created_at": timestamp(value.created_at),
        "updated_at": timestamp(value.created_at),
        "description": value.description,
        "project_build_id": value.build_id,
        "environment_type": value.environment,
        "project_id": str(value.project_id),
        "state": _state(value.polls_left),
        "performed_by_name": performed_by,
        "detailed_state": "deploy_finished" if is_done else "deploy_started",
        "assets": assets if is_done else [],
    }


def _state(polls_left: int) -> str:
    return "pending" if polls_left > 0 else "success"


def _refers_to(value: object, zip_names: set[str]) -> bool:
    return isinstance(value, dict) and is_reference(value) and value["zip_name"] in zip_names


def _column(column: Json) -> Json:
    return {
        "type": _COLUMN_TYPES.get(str(column.get("type")), "string"),
        "name": column.get("title") or column.get("name") or "",
        "optional": not column.get("required", False),
        "field_id": column.get("id") or "",
        "hint": None,
        "default_value": None,
        "metadata": column.get("metadata") or {},
        "multivalue": False,
        "relation": None,
    }
