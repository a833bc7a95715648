"""/user, /users, /version and what else an administrator's client asks first."""

from __future__ import annotations

import re
from datetime import timedelta

from werkzeug import Response

from exporter.sandbox.gitlab import errors
from exporter.sandbox.gitlab.call import Call, Route, created, no_content
from exporter.sandbox.gitlab.state import User
from exporter.sandbox.gitlab.wire import json_response, timestamp

VERSION = "18.9.2-ee"
_USERNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}")


def show_current_user(call: Call) -> Response:
    return json_response(call.shapes.full_user(call.user))


def list_users(call: Call) -> Response:
    username, search = call.params.text("username"), (call.params.text("search") or "").lower()
    rows = sorted(call.state.users.values(), key=lambda user: -user.id)
    if username is not None:
        rows = [user for user in rows if user.username.lower() == username.lower()]
    if search:
        rows = [user for user in rows if search in f"{user.username} {user.name} {user.email}".lower()]
    return call.page(rows, call.shapes.full_user if call.user.is_admin else call.shapes.user)


def show_user(call: Call) -> Response:
    user = call.state.users.get(call.number("user_id"))
    if user is None:
        raise errors.not_found("User")
    return json_response(call.shapes.full_user(user))


def create_user(call: Call) -> Response:
    if not call.user.is_admin:
        raise errors.forbidden()
    username, name = call.params.required_text("username"), call.params.required_text("name")
    if not _USERNAME.fullmatch(username):
        raise errors.validation_failed("username", "can contain only letters, digits, '_', '-' and '.'")
    if call.state.user_named(username):
        raise errors.conflict("Username has already been taken")
    user_id = call.state.next_id("user")
    user = User(user_id, username, name, call.params.required_text("email"), call.now)
    user.namespace_id = call.state.next_id("namespace")
    call.state.users[user_id] = user
    return created(call.shapes.full_user(user))


def delete_user(call: Call) -> Response:
    if not call.user.is_admin:
        raise errors.forbidden()
    user = call.state.users.pop(call.number("user_id"), None)
    if user is None:
        raise errors.not_found("User")
    for project in [each for each in call.state.projects.values() if each.namespace_id == user.namespace_id]:
        del call.state.projects[project.id]
    for owner in (*call.state.projects.values(), *call.state.groups.values()):
        owner.members.pop(user.id, None)
    for project in call.state.projects.values():
        for issue in project.issues.values():
            issue.assignee_ids = [each for each in issue.assignee_ids if each != user.id]
    return no_content()


def show_version(call: Call) -> Response:
    return json_response({"version": VERSION, "revision": "sandbox"})


def show_metadata(call: Call) -> Response:
    return json_response({"version": VERSION, "revision": "sandbox", "enterprise": True})


def show_own_token(call: Call) -> Response:
    """The token that asks: its scopes, so that a client can tell a reading token from a writing one."""
    scopes = call.state.tokens[presented_token(call)].scopes
    return json_response(
        {
            "id": 1,
            "name": "sandbox",
            "revoked": False,
            "active": True,
            "user_id": call.user.id,
            "scopes": list(scopes),
            "created_at": timestamp(call.now - timedelta(days=30)),
            "last_used_at": timestamp(call.now),
            "expires_at": (call.now + timedelta(days=335)).date().isoformat(),
        }
    )


def presented_token(call: Call) -> str:
    headers = call.request.headers
    return headers.get("PRIVATE-TOKEN") or headers.get("Authorization", "").removeprefix("Bearer ").strip()


def show_license(call: Call) -> Response:
    """No licence to show: a client then assumes the free plan. Scoped labels work all the same."""
    raise errors.not_found()


def list_nothing(call: Call) -> Response:
    """Topics, instance variables, deploy tokens: the sandbox has none of them, and says so."""
    return call.page([], str)


ROUTES = (
    Route("GET", "user", show_current_user),
    Route("GET", "users", list_users),
    Route("POST", "users", create_user),
    Route("GET", "users/:user_id", show_user),
    Route("DELETE", "users/:user_id", delete_user),
    Route("GET", "personal_access_tokens/self", show_own_token),
    Route("GET", "version", show_version),
    Route("GET", "metadata", show_metadata),
    Route("GET", "license", show_license),
    Route("GET", "topics", list_nothing),
    Route("GET", "admin/ci/variables", list_nothing),
    Route("GET", "projects/:id/deploy_tokens", list_nothing),
    Route("GET", "groups/:id/deploy_tokens", list_nothing),
)
