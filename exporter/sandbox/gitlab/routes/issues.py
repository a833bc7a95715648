"""Issues: list, read, create, update, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from werkzeug import Response

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab import issue_changes as changes
from exporter.sandbox.gitlab.call import Call, Route, created, no_content
from exporter.sandbox.gitlab.commands import run_quick_actions
from exporter.sandbox.gitlab.quickactions import extract_quick_actions
from exporter.sandbox.gitlab.references import follow_references
from exporter.sandbox.gitlab.state import GUEST, OWNER, Issue, Project
from exporter.sandbox.gitlab.wire import json_response, parse_timestamp

_TYPES = ("issue", "incident", "test_case", "requirement", "task", "ticket")


def list_project_issues(call: Call) -> Response:
    return _list_issues(call, [call.project()])


def list_group_issues(call: Call) -> Response:
    group = call.group()
    return _list_issues(call, [each for each in call.state.projects.values() if group in call.state.ancestors(each)])


def list_issues(call: Call) -> Response:
    """/issues shows one's own unless `scope=all` says otherwise."""
    scope = call.params.choice("scope", ("created_by_me", "assigned_to_me", "all"), "created_by_me")
    return _list_issues(call, list(call.state.projects.values()), scope)


def _list_issues(call: Call, projects: list[Project], scope: str = "all") -> Response:
    matches = _filter(call)
    rows = [
        issue
        for project in projects
        for issue in project.issues.values()
        if access.can_see_issue(call.state, call.user, issue)
        and matches(issue)
        and (scope != "created_by_me" or issue.author_id == call.user.id)
        and (scope != "assigned_to_me" or call.user.id in issue.assignee_ids)
    ]
    order = call.params.choice(
        "order_by", ("created_at", "updated_at", "title", "due_date", "priority", "relative_position"), "created_at"
    )
    is_descending = call.params.choice("sort", ("asc", "desc"), "desc") == "desc"
    key: Callable[[Issue], Any] = {
        "updated_at": lambda issue: (issue.updated_at, issue.id),
        "title": lambda issue: (issue.title.lower(), issue.id),
        "due_date": lambda issue: (issue.due_date or "", issue.id),
    }.get(order, lambda issue: (issue.created_at, issue.id))
    rows.sort(key=key, reverse=is_descending)
    with_details = call.params.flag("with_labels_details")
    return call.page(rows, lambda issue: call.shapes.issue(issue, with_labels_details=with_details))


def _filter(call: Call) -> Callable[[Issue], bool]:
    """One test of all the filters that were given."""
    params, state = call.params, call.state
    tests: list[Callable[[Issue], bool]] = []
    wanted_state = params.choice("state", ("all", "opened", "closed"), "all")
    if wanted_state != "all":
        tests.append(lambda issue: issue.state == wanted_state)
    if "iids" in params:
        iids = params.numbers("iids")
        tests.append(lambda issue: issue.iid in iids)
    if "labels" in params:
        wanted = params.words("labels")
        tests.append(lambda issue: _has_labels(call, issue, wanted))
    if params.text("search"):
        search = (params.text("search") or "").lower()
        tests.append(lambda issue: search in f"{issue.title} {issue.description}".lower())
    if params.text("author_username"):
        author = state.user_named(params.text("author_username") or "")
        tests.append(lambda issue: author is not None and issue.author_id == author.id)
    if params.text("milestone"):
        tests.append(lambda issue: _has_milestone(call, issue, params.text("milestone") or ""))
    tests.extend(_time_tests(call))
    return lambda issue: all(test(issue) for test in tests)


def _time_tests(call: Call) -> list[Callable[[Issue], bool]]:
    tests: list[Callable[[Issue], bool]] = []
    if text := call.params.text("updated_after"):
        after = parse_timestamp("updated_after", text)
        tests.append(lambda issue: issue.updated_at >= after)
    if text := call.params.text("updated_before"):
        before = parse_timestamp("updated_before", text)
        tests.append(lambda issue: issue.updated_at <= before)
    if text := call.params.text("created_after"):
        made_after = parse_timestamp("created_after", text)
        tests.append(lambda issue: issue.created_at >= made_after)
    return tests


def _has_labels(call: Call, issue: Issue, wanted: list[str]) -> bool:
    """All of the names, case-sensitive; None and Any are words of their own, `Key::*` any value of a scope."""
    names = {label.name for label in call.shapes.labels_of(issue)}
    for name in wanted:
        if name.lower() == "none":
            matches = not names
        elif name.lower() == "any":
            matches = bool(names)
        elif name.endswith("::*"):
            matches = any(each.startswith(name[:-1]) for each in names)
        else:
            matches = name in names
        if not matches:
            return False
    return True


def _has_milestone(call: Call, issue: Issue, wanted: str) -> bool:
    milestone = call.state.milestone_by_id(issue.milestone_id) if issue.milestone_id else None
    if wanted.lower() in ("none", "any"):
        return (milestone is None) == (wanted.lower() == "none")
    return milestone is not None and milestone.title == wanted


def show_issue(call: Call) -> Response:
    return json_response(call.shapes.issue(call.issue()))


def create_issue(call: Call) -> Response:
    project = call.project(GUEST)
    title = changes.checked_title(call.params.required_text("title"))
    text = changes.checked_description(call.params.text("description") or "")
    description, actions = extract_quick_actions(text)
    fields = _fields(call)
    issue_type = call.params.choice("issue_type", _TYPES, "issue")
    issue = Issue(
        call.state.next_id("issue", 8_001), max(project.issues, default=0) + 1, project.id, title, call.user.id,
        call.now, call.now, description=description, issue_type=issue_type, subscriber_ids={call.user.id},
    )  # fmt: skip
    project.issues[issue.iid] = issue
    # Whoever may create an issue may label it while creating it, a Guest too.
    changes.set_metadata(call.act, issue, fields)
    run_quick_actions(call.act, issue, actions)
    follow_references(call.act, issue, issue.description, call.base_url)
    return created(call.shapes.issue(issue))


def update_issue(call: Call) -> Response:
    """Without the right to set labels and the like these are dropped and the answer is still 200."""
    issue = call.issue()
    if not access.can_edit_issue(call.state, call.user, issue):
        raise errors.forbidden()
    fields = _fields(call)
    known = ("title", "description", "state_event", "issue_type", *fields)
    if not any(name in call.params for name in known):
        raise errors.ApiError(
            400, {"error": "assignee_ids, labels, title, … are missing, at least one parameter must be provided"}
        )
    state_event = call.params.choice("state_event", ("", "close", "reopen"), "")
    if "title" in call.params:
        changes.change_title(call.act, issue, call.params.required_text("title"))
    if "description" in call.params:
        _update_description(call, issue)
    changes.change_metadata(call.act, issue, fields)
    if state_event:
        changes.change_state(call.act, issue, state_event)
    return json_response(call.shapes.issue(issue))


def _update_description(call: Call, issue: Issue) -> None:
    before = issue.description
    text = changes.checked_description(call.params.text("description") or "")
    description, actions = extract_quick_actions(text)
    changes.change_description(call.act, issue, description)
    run_quick_actions(call.act, issue, actions)
    follow_references(call.act, issue, issue.description, call.base_url, before=before)


def _fields(call: Call) -> dict[str, Any]:
    """The metadata fields of the call, checked and typed."""
    params = call.params
    fields: dict[str, Any] = {name: params.words(name) for name in changes.LABEL_FIELDS if name in params}
    if "assignee_ids" in params:
        fields["assignee_ids"] = params.numbers("assignee_ids")
    elif "assignee_id" in params:
        fields["assignee_ids"] = params.numbers("assignee_id")
    for name in ("weight", "milestone_id"):
        if name in params:
            fields[name] = params.number(name) if name == "weight" else (params.number(name) or None)
    if fields.get("milestone_id") and call.state.milestone_by_id(fields["milestone_id"]) is None:
        raise errors.validation_failed("milestone", "is invalid")
    if "due_date" in params:
        text = params.text("due_date")
        fields["due_date"] = _checked_date(text) if text else None
    for name in ("confidential", "discussion_locked"):
        if name in params:
            fields[name] = params.flag(name)
    return fields


def _checked_date(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError as exc:
        raise errors.invalid("due_date") from exc


def delete_issue(call: Call) -> Response:
    project, issue = call.project(OWNER), call.issue()
    del project.issues[issue.iid]
    return no_content()


def list_participants(call: Call) -> Response:
    issue = call.issue()
    writers = [note.author_id for note in issue.notes if not note.is_system]
    people = dict.fromkeys([issue.author_id, *issue.assignee_ids, *writers])
    return call.page([each for each in people if each in call.state.users], call.shapes.user_by_id)


def list_no_merge_requests(call: Call) -> Response:
    call.issue()
    return call.page([], str)


ROUTES = (
    Route("GET", "issues", list_issues),
    Route("GET", "groups/:id/issues", list_group_issues),
    Route("GET", "projects/:id/issues", list_project_issues),
    Route("POST", "projects/:id/issues", create_issue),
    Route("GET", "projects/:id/issues/:iid", show_issue),
    Route("PUT", "projects/:id/issues/:iid", update_issue),
    Route("DELETE", "projects/:id/issues/:iid", delete_issue),
    Route("GET", "projects/:id/issues/:iid/participants", list_participants),
    Route("GET", "projects/:id/issues/:iid/closed_by", list_no_merge_requests),
    Route("GET", "projects/:id/issues/:iid/related_merge_requests", list_no_merge_requests),
)
