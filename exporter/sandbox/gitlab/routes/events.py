"""Resource events: who set which label, state, weight or milestone, and when. Nobody can delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug import Response

from exporter.sandbox.gitlab import errors
from exporter.sandbox.gitlab.call import Call, Route
from exporter.sandbox.gitlab.state import Issue, LabelEvent, MilestoneEvent, StateEvent, WeightEvent
from exporter.sandbox.gitlab.wire import json_response, timestamp

Event = LabelEvent | StateEvent | WeightEvent | MilestoneEvent


def _shape(call: Call, issue: Issue, event: Event) -> dict[str, Any]:
    if isinstance(event, LabelEvent):
        return call.shapes.label_event(event, issue)
    common = {
        "id": event.id,
        "user": call.shapes.user_by_id(event.user_id),
        "created_at": timestamp(event.created_at),
        "resource_type": "Issue",
        "resource_id": issue.id,
    }
    if isinstance(event, StateEvent):
        return common | {"state": event.state}
    if isinstance(event, WeightEvent):
        return common | {"state": issue.state, "issue_id": issue.id, "weight": event.weight}
    milestone = call.shapes.milestone_by_id(event.milestone_id)
    return common | {"state": issue.state, "milestone": milestone, "action": event.action}


def _events(issue: Issue, kind: str) -> Sequence[Event]:
    found: dict[str, Sequence[Event]] = {
        "resource_label_events": issue.label_events,
        "resource_state_events": issue.state_events,
        "resource_weight_events": issue.weight_events,
        "resource_milestone_events": issue.milestone_events,
    }
    return found[kind]


def _routes(kind: str) -> tuple[Route, Route]:
    def list_events(call: Call) -> Response:
        issue = call.issue()
        return call.page(_events(issue, kind), lambda event: _shape(call, issue, event))

    def show_event(call: Call) -> Response:
        issue, wanted = call.issue(), call.number("event_id")
        found = next((event for event in _events(issue, kind) if event.id == wanted), None)
        if found is None:
            raise errors.not_found()
        return json_response(_shape(call, issue, found))

    address = f"projects/:id/issues/:iid/{kind}"
    return Route("GET", address, list_events), Route("GET", f"{address}/:event_id", show_event)


ROUTES = (
    *_routes("resource_label_events"),
    *_routes("resource_state_events"),
    *_routes("resource_weight_events"),
    *_routes("resource_milestone_events"),
)
