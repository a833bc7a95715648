"""Milestones of a project."""

from __future__ import annotations

from werkzeug import Response

from exporter.sandbox.gitlab import errors
from exporter.sandbox.gitlab.call import Call, Route, created, no_content
from exporter.sandbox.gitlab.state import PLANNER, Milestone, Project
from exporter.sandbox.gitlab.wire import json_response


def _find(call: Call, project: Project) -> Milestone:
    found = project.milestones.get(call.number("milestone_id"))
    if found is None:
        raise errors.not_found("Milestone")
    return found


def list_milestones(call: Call) -> Response:
    project = call.project()
    title = call.params.text("title")
    rows = [each for each in project.milestones.values() if title is None or each.title == title]
    return call.page(rows, lambda milestone: call.shapes.milestone(milestone, project))


def create_milestone(call: Call) -> Response:
    project = call.project(PLANNER)
    title = call.params.required_text("title")
    milestone_id = call.state.next_id("milestone")
    milestone = Milestone(
        milestone_id, len(project.milestones) + 1, title, call.now, call.now,
        call.params.text("description"), call.params.text("due_date"), call.params.text("start_date"),
    )  # fmt: skip
    project.milestones[milestone_id] = milestone
    return created(call.shapes.milestone(milestone, project))


def show_milestone(call: Call) -> Response:
    project = call.project()
    return json_response(call.shapes.milestone(_find(call, project), project))


def update_milestone(call: Call) -> Response:
    project = call.project(PLANNER)
    milestone = _find(call, project)
    milestone.title = call.params.text("title") or milestone.title
    milestone.due_date = call.params.text("due_date") or milestone.due_date
    event = call.params.choice("state_event", ("", "close", "activate"), "")
    if event:
        milestone.state = {"close": "closed", "activate": "active"}[event]
    milestone.updated_at = call.now
    return json_response(call.shapes.milestone(milestone, project))


def delete_milestone(call: Call) -> Response:
    project = call.project(PLANNER)
    milestone = _find(call, project)
    del project.milestones[milestone.id]
    for issue in project.issues.values():
        if issue.milestone_id == milestone.id:
            issue.milestone_id = None
    return no_content()


def list_milestone_issues(call: Call) -> Response:
    project = call.project()
    milestone = _find(call, project)
    rows = [issue for issue in project.issues.values() if issue.milestone_id == milestone.id]
    return call.page(rows, call.shapes.issue)


def list_milestone_merge_requests(call: Call) -> Response:
    _find(call, call.project())
    return call.page([], str)


_MILESTONE = "projects/:id/milestones/:milestone_id"
ROUTES = (
    Route("GET", "projects/:id/milestones", list_milestones),
    Route("POST", "projects/:id/milestones", create_milestone),
    Route("GET", _MILESTONE, show_milestone),
    Route("PUT", _MILESTONE, update_milestone),
    Route("DELETE", _MILESTONE, delete_milestone),
    Route("GET", f"{_MILESTONE}/issues", list_milestone_issues),
    Route("GET", f"{_MILESTONE}/merge_requests", list_milestone_merge_requests),
)
