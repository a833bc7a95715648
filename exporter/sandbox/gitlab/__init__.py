"""A small GitLab: the API that wexport uses under /api/v4, and pages that show what was posted.

`state` holds what there is, `access` says who may do what, `issue_changes` and `note_changes` change it, `wire` and
`shapes` are the JSON, `routes` the API's addresses, `errors` its refusals, `quickactions` and `commands` what a line
that begins with a slash does, `markdown` and `pages` what a person sees.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from exporter.sandbox.gitlab import control, errors, pages
from exporter.sandbox.gitlab.call import Call, MovedProject, Route
from exporter.sandbox.gitlab.errors import ApiError
from exporter.sandbox.gitlab.routes import ROUTES
from exporter.sandbox.gitlab.seed import seed
from exporter.sandbox.gitlab.state import State, User
from exporter.sandbox.gitlab.wire import json_response, read_params

_API = "/api/v4/"
_READING_SCOPES = {"api", "read_api"}


class GitLab:
    """Answers requests from any number of threads, one at a time.

    `state` is open to tests: `state.mentions`, `state.mails` and `state.fired_actions` show what a text set off.
    """

    def __init__(self, base_url: str, *, now: Callable[[], datetime]) -> None:
        self.base_url = base_url.rstrip("/")
        self.state = State()
        self._now = now
        self._lock = threading.Lock()
        seed(self.state, self.base_url, now)

    def switch(self, **changes: Any) -> None:
        """Changes how this installation behaves; the names are the fields of state.Switches. Raises: ValueError."""
        with self._lock:
            self.state.switches = control.apply_switches(self.state.switches, changes)

    def respond(self, request: Request) -> Response:
        raw_path = str(request.environ.get("REQUEST_URI") or request.path).partition("?")[0]
        with self._lock:
            if raw_path == control.PATH:
                return control.respond(self.state, request)
            if not raw_path.startswith(_API):
                return pages.respond(self.state, self.base_url, request, unquote(raw_path))
            try:
                return self._call_api(request, raw_path.removeprefix(_API).rstrip("/"))
            except ApiError as refusal:
                return json_response(refusal.payload, refusal.status, refusal.headers)
            except HTTPException as refusal:  # werkzeug's own: a body that is too large or cut off
                return json_response({"message": f"{refusal.code} {refusal.name}"}, refusal.code or 400)

    def _call_api(self, request: Request, path: str) -> Response:
        user = self._authenticate(request)
        route, captured = _find_route(request.method, path)
        call = Call(self.state, self.base_url, user, self._now(), request, read_params(request), captured)
        call = self._impersonate(call)
        try:
            return route.handler(call)
        except MovedProject as moved:
            if request.method not in ("GET", "HEAD"):
                raise errors.moved_project() from moved
            return self._redirect(request, path, moved.project_id)

    def _authenticate(self, request: Request) -> User:
        bearer = request.headers.get("Authorization", "")
        presented = request.headers.get("PRIVATE-TOKEN") or (
            bearer.removeprefix("Bearer ").strip() if bearer.startswith("Bearer ") else ""
        )
        token = self.state.tokens.get(presented)
        if token is None or token.user_id not in self.state.users:
            raise errors.unauthorized()
        if token.is_expired:
            raise errors.token_expired()
        allowed = _READING_SCOPES if request.method in ("GET", "HEAD") else {"api"}
        if not allowed & set(token.scopes):
            raise errors.insufficient_scope()
        user = self.state.users[token.user_id]
        if user.state != "active":
            raise errors.ApiError(403, {"message": "403 Forbidden - Your account has been blocked."})
        return user

    def _impersonate(self, call: Call) -> Call:
        """`sudo`, by id or user name, for administrators."""
        wanted = call.params.text("sudo") or call.request.headers.get("Sudo")
        if not wanted:
            return call
        if not call.user.is_admin:
            raise ApiError(403, {"error": "403 Forbidden - Must be admin to use sudo"})
        user = (
            self.state.users.get(int(wanted[:18]))
            if wanted.isascii() and wanted.isdigit()
            else self.state.user_named(wanted)
        )
        if user is None:
            raise errors.not_found(f"User with ID or username '{wanted}'")
        return dataclasses.replace(call, user=user)

    def _redirect(self, request: Request, path: str, project_id: int) -> Response:
        """301 to the same call with the project's id, which never changes."""
        segments = path.split("/")
        query = str(request.environ.get("REQUEST_URI", "")).partition("?")[2]
        target = "/".join([segments[0], str(project_id), *segments[2:]]) + (f"?{query}" if query else "")
        address = f"{self.base_url}{_API}{target}"
        return json_response({"message": f"301 Moved Permanently to {address}"}, 301, {"Location": address})


def _find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The first route that fits a path. HEAD is answered like GET.

    Raises: ApiError 501 for what the sandbox does not emulate.
    """
    segments = [unquote(segment) for segment in path.split("/")]
    wanted = "GET" if method == "HEAD" else method
    for route in ROUTES:
        captured = route.match(segments) if route.method == wanted else None
        if captured is not None:
            return route, captured
    raise errors.not_emulated(method, f"{_API}{path}")
