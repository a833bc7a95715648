"""Links between issues."""

from __future__ import annotations

from werkzeug import Response

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab.call import Call, Route, created
from exporter.sandbox.gitlab.issue_changes import link_issues
from exporter.sandbox.gitlab.state import GUEST, Issue, IssueLink
from exporter.sandbox.gitlab.wire import json_response


def _links_of(call: Call, issue: Issue) -> list[IssueLink]:
    """Links whose other end the caller may see."""
    found = []
    for link in call.state.issue_links.values():
        if issue.id in (link.source_id, link.target_id):
            other = call.state.issue_by_id(link.target_id if link.source_id == issue.id else link.source_id)
            if other is not None and access.can_see_issue(call.state, call.user, other):
                found.append(link)
    return found


def list_links(call: Call) -> Response:
    issue = call.issue()
    return json_response([call.shapes.issue_link(link, issue) for link in _links_of(call, issue)])


def create_link(call: Call) -> Response:
    source = call.issue()
    target_path = {
        "id": call.params.required_text("target_project_id"),
        "iid": call.params.required_text("target_issue_iid"),
    }
    target = Call(call.state, call.base_url, call.user, call.now, call.request, call.params, target_path).issue()
    link_type = call.params.choice("link_type", ("relates_to", "blocks", "is_blocked_by"), "relates_to")
    for issue in (source, target):
        if access.access_level(call.state, call.user, call.state.project_of(issue)) < GUEST:
            raise errors.forbidden()
    if source.id == target.id:
        raise errors.bad_request("Issue cannot be linked to itself")
    link = link_issues(call.act, source, target, link_type)
    return created(_shape(call, link))


def _shape(call: Call, link: IssueLink) -> dict[str, object]:
    source, target = call.state.issue_by_id(link.source_id), call.state.issue_by_id(link.target_id)
    return {
        "id": link.id,
        "source_issue": call.shapes.issue(source) if source else None,
        "target_issue": call.shapes.issue(target) if target else None,
        "link_type": link.link_type,
    }


def delete_link(call: Call) -> Response:
    issue, wanted = call.issue(), call.number("link_id")
    link = next((each for each in _links_of(call, issue) if each.id == wanted), None)
    if link is None:
        raise errors.not_found()
    del call.state.issue_links[link.id]
    return json_response(_shape(call, link))


ROUTES = (
    Route("GET", "projects/:id/issues/:iid/links", list_links),
    Route("POST", "projects/:id/issues/:iid/links", create_link),
    Route("DELETE", "projects/:id/issues/:iid/links/:link_id", delete_link),
)
