"""Handlers of project builds and deployments. They need the development environment's token: builds live there."""

from __future__ import annotations

from dataclasses import replace

from werkzeug import Response

from exporter.sandbox.workato import wire
from exporter.sandbox.workato.errors import bad_request, not_found
from exporter.sandbox.workato.importing import AUTHOR_NAME, ImportOptions, ImportOutcome, import_package
from exporter.sandbox.workato.naming import join, relative_folder, slug
from exporter.sandbox.workato.package import make_archive
from exporter.sandbox.workato.records import Asset, Build, DeployedAsset, Deployment, Options, Project
from exporter.sandbox.workato.reply import json_reply
from exporter.sandbox.workato.routes.call import Call, found
from exporter.sandbox.workato.selection import list_folder
from exporter.sandbox.workato.state import Environment
from exporter.sandbox.workato.unpacking import read_package

DEVELOPMENT = "dev"
TARGETS = ("test", "prod")


def build_project(call: Call) -> Response:
    return _build_reply(call, _build(call))


def show_build(call: Call) -> Response:
    build = found(call.environment.builds, call.id())
    reply = _build_reply(call, build)
    if build.polls_left > 0:
        call.environment.builds[build.id] = replace(build, polls_left=build.polls_left - 1)
    return reply


def deploy_build(call: Call) -> Response:
    _require_development(call)
    return _deploy(call, found(call.environment.builds, call.id()))


def deploy_project(call: Call) -> Response:
    """Builds and deploys in one go."""
    _target(call)
    return _deploy(call, _build(call))


def show_deployment(call: Call) -> Response:
    deployment = found(call.environment.deployments, call.id())
    reply = json_reply(wire.deployment(deployment, AUTHOR_NAME))
    if deployment.polls_left > 0:
        call.environment.deployments[deployment.id] = replace(deployment, polls_left=deployment.polls_left - 1)
    return reply


def list_deployments(call: Call) -> Response:
    """Latest first, of one project or environment if asked for."""
    project_id, target = call.text("project_id"), call.text("environment_type")
    deployments = [
        wire.deployment(deployment, AUTHOR_NAME)
        for deployment in reversed(call.environment.deployments.values())
        if project_id in (None, str(deployment.project_id)) and target in (None, deployment.environment)
    ]
    return json_reply({"items": deployments})


def _build(call: Call) -> Build:
    _require_development(call)
    environment, project = call.environment, _project(call)
    body = call.body()
    options = Options(include_tags=bool(body.get("include_tags")))
    entries = [entry for entry in list_folder(environment, project.folder_id) if not entry.is_unreachable]
    if not entries:
        raise bad_request("The project has no assets to build")
    build_id = environment.next_id("build")
    archive_name = f"{environment.workspace_id}/builds/{build_id}/{slug(project.name)}.zip"
    archive = make_archive(environment, project.folder_id, entries, options, call.now)
    call.workato.storage.keep(archive_name, archive)
    build = Build(
        id=build_id,
        project_id=project.id,
        description=str(body.get("description") or ""),
        include_test_cases=bool(body.get("include_test_cases")),
        include_tags=options.include_tags,
        archive_name=archive_name,
        created_at=call.now,
        polls_left=call.workato.settings.export_polls,
    )
    environment.builds[build_id] = build
    return build


def _deploy(call: Call, build: Build) -> Response:
    """Brings the build to the target. Unlike an import, this removes there what the build no longer has."""
    target = call.workato.environments[_target(call)]
    project = found(call.environment.projects, build.project_id)
    packaged = read_package(call.workato.storage.content(build.archive_name))
    folder_id = target.ensure_folder((project.name,), call.now)
    before = {asset.id: asset for asset in target.assets.values()}
    options = ImportOptions(folder_id, restart_recipes=True, include_tags=build.include_tags)
    outcome = import_package(target, packaged, options, call.now)
    deployment = Deployment(
        id=call.environment.next_id("deployment"),
        build_id=build.id,
        project_id=project.id,
        environment=target.name,
        description=str(call.body().get("description") or ""),
        assets=tuple(_deployed_assets(target, folder_id, outcome, before)),
        created_at=call.now,
        polls_left=call.workato.settings.import_polls,
    )
    call.environment.deployments[deployment.id] = deployment
    return json_reply(wire.deployment(deployment, AUTHOR_NAME))


def _deployed_assets(
    target: Environment, folder_id: int, outcome: ImportOutcome, before: dict[int, Asset]
) -> list[DeployedAsset]:
    """Names what happened, and removes from the project what the build did not bring."""
    inside = target.subtree(folder_id)
    brought = outcome.added | outcome.updated | outcome.unchanged
    deleted = [asset for asset in before.values() if asset.folder_id in inside and asset.id not in brought]
    for asset in deleted:
        del target.assets[asset.id]
    states = [(asset, "new") for asset in target.assets.values() if asset.id in outcome.added]
    states += [(asset, "updated") for asset in target.assets.values() if asset.id in outcome.updated]
    states += [(asset, "deleted") for asset in deleted]
    base = target.folder_path(folder_id)
    return [
        DeployedAsset(
            asset.id, asset.name, asset.type, state, join(relative_folder(target.folder_path(asset.folder_id), base))
        )
        for asset, state in states
    ]


def _build_reply(call: Call, build: Build) -> Response:
    url = call.workato.storage.sign(build.archive_name) if build.polls_left <= 0 else None
    return json_reply(wire.build(build, AUTHOR_NAME, url))


def _require_development(call: Call) -> None:
    if call.environment.name != DEVELOPMENT:
        raise bad_request("Projects can be built and deployed from the development environment only")


def _target(call: Call) -> str:
    """The environment to deploy to. Raises: ApiError 400 for any but test and prod."""
    _require_development(call)
    target = call.text("environment_type") or ""
    if target not in TARGETS or target not in call.workato.environments:
        raise bad_request("environment_type must be one of: test, prod")
    return target


def _project(call: Call) -> Project:
    """The project of the path: its id, or "f" and its folder's id."""
    text = str(call.arguments["id"])
    for project in call.environment.projects.values():
        if text in (str(project.id), f"f{project.folder_id}"):
            return project
    raise not_found()
