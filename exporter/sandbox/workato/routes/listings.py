"""Handlers of what can be listed: the workspace, projects, folders, connections, tables, properties, tags."""

from __future__ import annotations

from werkzeug import Response

from exporter.sandbox.workato import wire
from exporter.sandbox.workato.errors import bad_request, not_found
from exporter.sandbox.workato.records import Asset
from exporter.sandbox.workato.reply import json_reply
from exporter.sandbox.workato.routes.call import Call, found


def show_user(call: Call) -> Response:
    return json_reply(wire.user(call.environment))


def list_projects(call: Call) -> Response:
    return json_reply([wire.project(project) for project in call.page_of([*call.environment.projects.values()])])


def list_folders(call: Call) -> Response:
    """Direct children only, of the root unless `parent_id` says otherwise."""
    parent_id = call.number("parent_id") or call.environment.root_id
    found(call.environment.folders, parent_id)
    return json_reply([wire.folder(folder) for folder in call.page_of(call.environment.children(parent_id))])


def show_folder(call: Call) -> Response:
    return json_reply(wire.folder(found(call.environment.folders, call.id())))


def create_folder(call: Call) -> Response:
    """`parent_id` may be a number or text; without it the folder is a project."""
    body = call.body()
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise bad_request("name must be a String")
    environment = call.environment
    try:
        parent_id = int(str(body.get("parent_id") or environment.root_id))
    except ValueError:
        raise bad_request("parent_id must be an Integer") from None
    found(environment.folders, parent_id)
    if environment.child(parent_id, name) is not None:
        raise bad_request("Name has already been taken")
    return json_reply(wire.folder(environment.add_folder(parent_id, name, call.now)))


def list_connections(call: Call) -> Response:
    """A bare array without pages."""
    folder_id = call.number("folder_id")
    with_tags = "tags" in call.request.args.getlist("includes[]")
    connections = [asset for asset in _of_type(call, "connection") if folder_id in (None, asset.folder_id)]
    return json_reply([wire.connection(call.environment, asset, with_tags=with_tags) for asset in connections])


def list_custom_connectors(call: Call) -> Response:
    connectors = [wire.custom_connector(call.environment, asset) for asset in _of_type(call, "custom_adapter")]
    return json_reply({"result": connectors})


def show_custom_connector_code(call: Call) -> Response:
    asset = found(call.environment.assets, call.id())
    if asset.type != "custom_adapter":
        raise not_found()
    code = asset.files.get(".custom_adapter.rb", b"").decode("utf-8", "replace")
    return json_reply({"data": {"code": code}})


def list_lookup_tables(call: Call) -> Response:
    tables = call.page_of(_of_type(call, "lookup_table"))
    return json_reply([wire.lookup_table(call.environment, asset) for asset in tables])


def list_data_tables(call: Call) -> Response:
    return json_reply({"data": [wire.data_table(asset) for asset in call.page_of(_of_type(call, "workato_db_table"))]})


def list_tags(call: Call) -> Response:
    """Every tag; `q` keeps those whose title contains it."""
    wanted = (call.text("q") or "").lower()
    used = {title for asset in call.environment.assets.values() for title in asset.version.extract.tags}
    titles = sorted(used | set(call.environment.tags))
    tags = [wire.tag(call.environment, title) for title in titles if wanted in title.lower()]
    return json_reply({"data": {"tags": call.page_of(tags)}})


def list_properties(call: Call) -> Response:
    """Names without the prefix -> values. The environment's own properties unless `project_id` is given."""
    prefix = call.text("prefix") or ""
    properties = _properties(call)
    return json_reply({name[len(prefix) :]: text for name, text in properties.items() if name.startswith(prefix)})


def upsert_properties(call: Call) -> Response:
    sent = call.body().get("properties")
    if not isinstance(sent, dict) or not all(isinstance(text, str) for text in sent.values()):
        raise bad_request("properties must be a Hash of Strings")
    _properties(call).update(sent)
    return json_reply({"success": True})


def _properties(call: Call) -> dict[str, str]:
    project_id = call.number("project_id")
    if project_id is None:
        return call.environment.account_properties
    found(call.environment.projects, project_id)
    return call.environment.project_properties.setdefault(project_id, {})


def _of_type(call: Call, asset_type: str) -> list[Asset]:
    return [asset for asset in call.environment.assets.values() if asset.type == asset_type]
