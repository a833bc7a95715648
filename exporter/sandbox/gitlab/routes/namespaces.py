"""Groups, projects and their members."""

from __future__ import annotations

import re
from collections.abc import Callable

from werkzeug import Response

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab.call import Call, Route, created, no_content
from exporter.sandbox.gitlab.state import MAINTAINER, OWNER, REPORTER, Group, Namespace, Project
from exporter.sandbox.gitlab.wire import json_response

_LEVELS = {5, 10, 15, 20, 25, 30, 40, 50}
_NOT_IN_PATH = re.compile(r"[^A-Za-z0-9_.\-]+")


# --- projects ---


def list_projects(call: Call) -> Response:
    search = (call.params.text("search") or "").lower()
    is_owned, is_member = call.params.flag("owned"), call.params.flag("membership")
    rows = []
    for project in sorted(call.state.projects.values(), key=lambda each: -each.id):
        level = access.access_level(call.state, call.user, project)
        if not access.can_see_namespace(call.state, call.user, project):
            continue
        if is_owned and project.namespace_id != call.user.namespace_id and project.members.get(call.user.id, 0) < OWNER:
            continue
        if is_member and not level:
            continue
        if search and search not in f"{project.name} {project.path_with_namespace}".lower():
            continue
        rows.append(project)
    return call.page(rows, call.shapes.project)


def show_project(call: Call) -> Response:
    return json_response(call.shapes.project(call.project()))


def create_project(call: Call) -> Response:
    name = call.params.text("name") or call.params.text("path")
    if not name:
        raise errors.ApiError(400, {"error": "name, path are missing, at least one parameter must be provided"})
    path = _NOT_IN_PATH.sub("-", call.params.text("path") or name).strip("-.").lower()
    if not path:
        raise errors.validation_failed("path", "can't be blank")
    namespace_id = call.params.number("namespace_id") or call.user.namespace_id
    group = call.state.groups.get(namespace_id)
    if group is None and namespace_id != call.user.namespace_id:
        raise errors.validation_failed("namespace", "is not valid")
    if group is not None and access.access_level(call.state, call.user, group) < MAINTAINER:
        raise errors.forbidden()
    full_path = f"{group.full_path if group else call.user.username}/{path}"
    if call.state.project_at(full_path):
        raise errors.validation_failed("name", "has already been taken")
    project = Project(
        call.state.next_id("project"), name, path, call.now,
        description=call.params.text("description"), visibility=call.params.text("visibility") or "private",
        namespace_id=namespace_id, path_with_namespace=full_path, creator_id=call.user.id,
    )  # fmt: skip
    project.members[call.user.id] = OWNER
    call.state.projects[project.id] = project
    return created(call.shapes.project(project))


def update_project(call: Call) -> Response:
    project = call.project(MAINTAINER)
    project.name = call.params.text("name") or project.name
    if "description" in call.params:
        project.description = call.params.text("description")
    project.updated_at = call.now
    return json_response(call.shapes.project(project))


def delete_project(call: Call) -> Response:
    project = call.project(OWNER)
    del call.state.projects[project.id]
    return json_response({"message": "202 Accepted"}, 202)


def list_project_events(call: Call) -> Response:
    call.project()
    return call.page([], str)


# --- groups ---


def list_groups(call: Call) -> Response:
    search = (call.params.text("search") or "").lower()
    rows = [
        group
        for group in sorted(call.state.groups.values(), key=lambda each: each.full_path)
        if access.can_see_namespace(call.state, call.user, group)
        and search in f"{group.name} {group.full_path}".lower()
    ]
    return call.page(rows, call.shapes.group)


def show_group(call: Call) -> Response:
    group = call.group()
    projects = [each for each in call.state.projects.values() if each.namespace_id == group.id]
    visible = [each for each in projects if access.can_see_namespace(call.state, call.user, each)]
    return json_response(call.shapes.group(group) | {"projects": [call.shapes.project(each) for each in visible]})


def create_group(call: Call) -> Response:
    name, path = call.params.required_text("name"), call.params.required_text("path")
    if _NOT_IN_PATH.search(path) or not path:
        raise errors.validation_failed("path", "can contain only letters, digits, '_', '-' and '.'")
    parent_id = call.params.number("parent_id")
    parent = call.state.groups.get(parent_id) if parent_id else None
    if parent_id and parent is None:
        raise errors.not_found("Parent Group")
    if parent is not None and access.access_level(call.state, call.user, parent) < MAINTAINER:
        raise errors.forbidden()
    full_path = f"{parent.full_path}/{path}" if parent else path
    if call.state.group_at(full_path) or call.state.user_named(full_path):
        raise errors.validation_failed("path", "has already been taken")
    group = Group(call.state.next_id("namespace"), name, path, call.now, full_path=full_path, parent_id=parent_id)
    group.members[call.user.id] = OWNER
    call.state.groups[group.id] = group
    return created(call.shapes.group(group))


def delete_group(call: Call) -> Response:
    """Deletes the groups and projects below as well."""
    doomed = call.group(OWNER)
    for project in [each for each in call.state.projects.values() if doomed in call.state.ancestors(each)]:
        del call.state.projects[project.id]
    for group in [each for each in call.state.groups.values() if doomed in call.state.ancestors(each)]:
        del call.state.groups[group.id]
    del call.state.groups[doomed.id]
    return json_response({"message": "202 Accepted"}, 202)


def list_group_projects(call: Call) -> Response:
    group = call.group()
    with_subgroups = call.params.flag("include_subgroups")
    rows = [
        project
        for project in call.state.projects.values()
        if access.can_see_namespace(call.state, call.user, project)
        and (project.namespace_id == group.id or (with_subgroups and group in call.state.ancestors(project)))
    ]
    return call.page(rows, call.shapes.project)


# --- members ---


def _members(call: Call, namespace: Namespace, *, inherited: bool) -> list[tuple[int, int]]:
    query = (call.params.text("query") or "").lower()
    wanted = call.params.numbers("user_ids")
    rows = access.members_of(call.state, namespace, inherited=inherited)
    return [
        (user_id, level)
        for user_id, level in sorted(rows.items())
        if (not wanted or user_id in wanted)
        and query in f"{call.state.users[user_id].username} {call.state.users[user_id].name}".lower()
    ]


def _list_members(call: Call, namespace: Namespace, *, inherited: bool) -> Response:
    return call.page(_members(call, namespace, inherited=inherited), lambda pair: call.shapes.member(*pair))


def _show_member(call: Call, namespace: Namespace, *, inherited: bool) -> Response:
    user_id = call.number("user_id")
    level = access.members_of(call.state, namespace, inherited=inherited).get(user_id)
    if level is None:
        raise errors.not_found()
    return json_response(call.shapes.member(user_id, level))


def _add_member(call: Call, namespace: Namespace) -> Response:
    user_id, level = call.params.required_number("user_id"), call.params.required_number("access_level")
    if level not in _LEVELS:
        raise errors.no_valid_value("access_level")
    if user_id not in call.state.users:
        raise errors.not_found("User")
    if user_id in namespace.members:
        raise errors.conflict("Member already exists")
    namespace.members[user_id] = level
    return created(call.shapes.member(user_id, level))


def _remove_member(call: Call, namespace: Namespace) -> Response:
    if namespace.members.pop(call.number("user_id"), None) is None:
        raise errors.not_found()
    return no_content()


def _member_routes(prefix: str, find: Callable[[Call, int], Namespace]) -> tuple[Route, ...]:
    """`find` takes the call and the level that it needs."""
    return (
        Route("GET", f"{prefix}/members", lambda call: _list_members(call, find(call, 0), inherited=False)),
        Route("POST", f"{prefix}/members", lambda call: _add_member(call, find(call, MAINTAINER))),
        Route("GET", f"{prefix}/members/all", lambda call: _list_members(call, find(call, 0), inherited=True)),
        Route("GET", f"{prefix}/members/all/:user_id", lambda call: _show_member(call, find(call, 0), inherited=True)),
        Route("GET", f"{prefix}/members/:user_id", lambda call: _show_member(call, find(call, 0), inherited=False)),
        Route("DELETE", f"{prefix}/members/:user_id", lambda call: _remove_member(call, find(call, MAINTAINER))),
    )


def list_merge_requests(call: Call) -> Response:
    """The sandbox's projects hold change issues, no merge requests."""
    call.project(REPORTER)
    return call.page([], str)


ROUTES = (
    Route("GET", "projects", list_projects),
    Route("POST", "projects", create_project),
    Route("GET", "projects/:id", show_project),
    Route("PUT", "projects/:id", update_project),
    Route("DELETE", "projects/:id", delete_project),
    Route("GET", "projects/:id/events", list_project_events),
    Route("GET", "projects/:id/merge_requests", list_merge_requests),
    *_member_routes("projects/:id", Call.project),
    Route("GET", "groups", list_groups),
    Route("POST", "groups", create_group),
    Route("GET", "groups/:id", show_group),
    Route("DELETE", "groups/:id", delete_group),
    Route("GET", "groups/:id/projects", list_group_projects),
    *_member_routes("groups/:id", Call.group),
)
