"""Handlers of export manifests and packages."""

from __future__ import annotations

from dataclasses import replace

from werkzeug import Response

from exporter.sandbox.workato import wire
from exporter.sandbox.workato.errors import bad_request, not_emulated, not_found
from exporter.sandbox.workato.naming import slug
from exporter.sandbox.workato.package import make_archive
from exporter.sandbox.workato.records import Manifest, Options, Package
from exporter.sandbox.workato.reply import json_reply
from exporter.sandbox.workato.routes.call import Call, found
from exporter.sandbox.workato.selection import list_folder, manifest_entries

Body = dict[str, object]


def list_folder_assets(call: Call) -> Response:
    folder_id = _folder_id(call, call.number("folder_id"))
    entries = [wire.entry(call.environment, entry) for entry in list_folder(call.environment, folder_id)]
    return json_reply({"result": {"assets": entries}})


def create_manifest(call: Call) -> Response:
    manifest_id = call.environment.next_id("manifest")
    return _save_manifest(call, manifest_id, 201)


def show_manifest(call: Call) -> Response:
    return json_reply({"result": wire.manifest(call.environment, found(call.environment.manifests, call.id()))})


def update_manifest(call: Call) -> Response:
    _working_manifest(call)
    return _save_manifest(call, call.id(), 200)


def delete_manifest(call: Call) -> Response:
    """Archives it: it can still be looked at, not exported."""
    manifest = _working_manifest(call)
    call.environment.manifests[manifest.id] = replace(manifest, deleted_at=call.now)
    return json_reply({"success": True})


def export_package(call: Call) -> Response:
    """Freezes what the manifest names now; the package is ready after the set number of looks."""
    manifest = _working_manifest(call)
    environment, workato = call.environment, call.workato
    environment.manifests[manifest.id] = replace(manifest, last_exported_at=call.now)
    entries = manifest_entries(environment, manifest)
    package_id = environment.next_id("package")
    archive_name = f"{environment.workspace_id}/{package_id}/{slug(manifest.name)}.zip"
    error = "" if entries else "Manifest has no assets to export"
    if entries:
        archive = make_archive(environment, manifest.folder_id, entries, manifest.options, call.now)
        workato.storage.keep(archive_name, archive)
    package = Package(package_id, "export", workato.settings.export_polls, manifest.id, archive_name, error)
    environment.packages[package_id] = package
    return json_reply(wire.package(package, workato.storage.sign))


def show_package(call: Call) -> Response:
    """Each look brings a package in progress one step further."""
    package = found(call.environment.packages, call.id())
    seen = json_reply(wire.package(package, call.workato.storage.sign))
    if package.polls_left > 0:
        call.environment.packages[package.id] = replace(package, polls_left=package.polls_left - 1)
    return seen


def download_package(call: Call) -> Response:
    package = found(call.environment.packages, call.id())
    if package.status != "completed" or not package.archive_name:
        raise not_found()
    return Response(status=302, headers={"Location": call.workato.storage.sign(package.archive_name)})


def _save_manifest(call: Call, manifest_id: int, status: int) -> Response:
    body = call.body().get("export_manifest")
    if not isinstance(body, dict):
        raise bad_request("export_manifest is missing")
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise bad_request("export_manifest.name must be a String")
    if body.get("auto_run"):
        raise not_emulated(call.request.method, call.request.path, "auto_run")
    folder_id = _folder_id(call, _whole_number(body, "folder_id"))
    before = call.environment.manifests.get(manifest_id)
    manifest = Manifest(
        id=manifest_id,
        name=name,
        folder_id=folder_id,
        asset_ids=_picked(call, body, folder_id),
        options=Options(bool(body.get("include_data")), bool(body.get("include_tags"))),
        created_at=before.created_at if before else call.now,
        updated_at=call.now,
        last_exported_at=before.last_exported_at if before else None,
    )
    call.environment.manifests[manifest_id] = manifest
    return json_reply({"result": wire.manifest(call.environment, manifest)}, status)


def _picked(call: Call, body: Body, folder_id: int) -> dict[int, int | None]:
    """The assets of a manifest with their pinned versions: chosen by the server, or listed by the caller."""
    if body.get("auto_generate_assets"):
        entries = list_folder(call.environment, folder_id)
        return {entry.asset.id: None for entry in entries if not entry.is_unreachable}
    listed = body.get("assets") or []
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise bad_request("export_manifest.assets must be an Array")
    known = {asset.id: asset for asset in call.environment.every_asset()}
    picked: dict[int, int | None] = {}
    for item in listed:
        asset_id, version = _whole_number(item, "id"), _whole_number(item, "version")
        if asset_id not in known or known[asset_id].type != item.get("type"):
            raise bad_request(f"Asset {item.get('type')} {item.get('id')} not found")
        if version is not None and all(save.number != version for save in known[asset_id].versions):
            raise bad_request(f"Asset {item.get('type')} {asset_id} has no version {version}")
        if item.get("checked", True) and not item.get("unreachable"):
            picked[asset_id] = version
    return picked


def _whole_number(body: Body, name: str) -> int | None:
    value = body.get(name)
    if value in (None, ""):
        return None
    try:
        return int(str(value))
    except ValueError:
        raise bad_request(f"{name} must be an Integer") from None


def _folder_id(call: Call, folder_id: int | None) -> int:
    return found(call.environment.folders, folder_id or call.environment.root_id).id


def _working_manifest(call: Call) -> Manifest:
    manifest = found(call.environment.manifests, call.id())
    if manifest.deleted_at is not None:
        raise not_found()
    return manifest
