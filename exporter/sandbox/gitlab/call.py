"""One API call: who asks, for what, with which parameters. Handlers take a Call and return a Response."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from werkzeug import Request, Response

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab.issue_changes import Act
from exporter.sandbox.gitlab.shapes import Shapes
from exporter.sandbox.gitlab.state import Group, Issue, Note, Project, State, User
from exporter.sandbox.gitlab.wire import Params, json_response, paginate

Row = TypeVar("Row")


class MovedProject(Exception):  # noqa: N818 - an answer on another path, not an error
    """The path names a project that lives elsewhere now."""

    def __init__(self, project_id: int) -> None:
        super().__init__(f"project moved, its id is {project_id}")
        self.project_id = project_id


@dataclass(frozen=True, slots=True)
class Call:
    state: State
    base_url: str
    user: User
    now: datetime
    request: Request
    params: Params
    path: Mapping[str, str]

    @property
    def act(self) -> Act:
        return Act(self.state, self.user, self.now)

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.state, self.base_url, self.user)

    # --- what the path names; 404 also for what the user may not see ---

    def number(self, name: str) -> int:
        text = self.path[name]
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise errors.invalid(name)
        return int(text)

    def project(self, minimum_level: int = 0) -> Project:
        wanted = self.path["id"]
        if wanted.isascii() and wanted.isdigit():
            found = self.state.projects.get(int(wanted[:18]))
        else:
            found = self.state.project_at(wanted)
            moved = self.state.moved_project(wanted)
            if found is None and moved is not None and access.can_see_namespace(self.state, self.user, moved):
                raise MovedProject(moved.id)
        if found is None or not access.can_see_namespace(self.state, self.user, found):
            raise errors.not_found("Project")
        if access.access_level(self.state, self.user, found) < minimum_level:
            raise errors.forbidden()
        return found

    def group(self, minimum_level: int = 0) -> Group:
        wanted = self.path["id"]
        is_number = wanted.isascii() and wanted.isdigit()
        found = self.state.groups.get(int(wanted[:18])) if is_number else self.state.group_at(wanted)
        if found is None or not access.can_see_namespace(self.state, self.user, found):
            raise errors.not_found("Group")
        if access.access_level(self.state, self.user, found) < minimum_level:
            raise errors.forbidden()
        return found

    def issue(self) -> Issue:
        found = self.project().issues.get(self.number("iid"))
        if found is None or not access.can_see_issue(self.state, self.user, found):
            raise errors.not_found()
        return found

    def note(self, issue: Issue) -> Note:
        wanted = self.number("note_id")
        found = next((note for note in issue.notes if note.id == wanted), None)
        if found is None or not access.can_see_note(self.state, self.user, issue, found):
            raise errors.not_found("Note")
        return found

    # --- answers ---

    def page(
        self, rows: Sequence[Row], shape: Callable[[Row], Any], is_visible: Callable[[Row], bool] = lambda _row: True
    ) -> Response:
        return paginate(self.request, self.params, rows, shape, is_visible=is_visible, base_url=self.base_url)


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` is a path below /api/v4 whose `:name` segments are captured, URL-decoded one by one."""

    method: str
    pattern: str
    handler: Handler

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        wanted = self.pattern.split("/")
        if len(wanted) != len(segments):
            return None
        found: dict[str, str] = {}
        for want, segment in zip(wanted, segments, strict=True):
            if want.startswith(":"):
                found[want[1:]] = segment
            elif want != segment:
                return None
        return found


def no_content() -> Response:
    return Response(status=204)


def created(payload: Any) -> Response:
    return json_response(payload, 201)
