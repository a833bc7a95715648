"""Labels of projects and groups."""

from __future__ import annotations

import re
from collections.abc import Callable

from werkzeug import Response

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab.call import Call, Handler, Route, created, no_content
from exporter.sandbox.gitlab.state import PLANNER, Label, Namespace
from exporter.sandbox.gitlab.wire import json_response

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_NAMED_COLORS = {"red": "#FF0000", "green": "#008000", "blue": "#0000FF", "orange": "#FFA500", "gray": "#808080"}


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or "," in name:
        raise errors.validation_failed("title", "is invalid" if name else "can't be blank")
    if len(name) > 255:
        raise errors.validation_failed("title", "is too long (maximum is 255 characters)")
    return name


def _checked_color(color: str) -> str:
    color = _NAMED_COLORS.get(color.lower(), color)
    if re.fullmatch(r"#[0-9A-Fa-f]{3}", color):
        color = "#" + "".join(digit * 2 for digit in color[1:])
    if not _COLOR.fullmatch(color):
        raise errors.validation_failed("color", "must be a valid color code")
    return color


def _check_right(call: Call, owner: Namespace) -> None:
    if access.access_level(call.state, call.user, owner) < PLANNER:
        raise errors.forbidden()


def _find_label(call: Call, owner: Namespace, *, with_ancestors: bool) -> tuple[Label, Namespace]:
    # The older form of the call has the label's name in its parameters; python-gitlab still uses it.
    wanted = call.path.get("label") or call.params.text("label_id") or call.params.required_text("name")
    known = call.state.labels_of(owner, with_ancestors=with_ancestors)
    for label, holder in sorted(known, key=lambda pair: pair[1] is not owner):
        if label.name == wanted or str(label.id) == wanted:
            return label, holder
    raise errors.not_found("Label")


def list_labels(call: Call, owner: Namespace) -> Response:
    search = (call.params.text("search") or "").lower()
    rows = call.state.labels_of(owner, with_ancestors=call.params.flag("include_ancestor_groups", True))
    found = [(label, holder) for label, holder in rows if search in label.name.lower()]
    return call.page(found, lambda pair: call.shapes.label(*pair))


def show_label(call: Call, owner: Namespace) -> Response:
    with_ancestors = call.params.flag("include_ancestor_groups", True)
    return json_response(call.shapes.label(*_find_label(call, owner, with_ancestors=with_ancestors)))


def create_label(call: Call, owner: Namespace) -> Response:
    _check_right(call, owner)
    name = _checked_name(call.params.required_text("name"))
    color = _checked_color(call.params.required_text("color"))
    if any(label.name == name for label in owner.labels.values()):
        raise errors.conflict("Label already exists")
    description, priority = call.params.text("description"), call.params.number("priority")
    label = Label(call.state.next_id("label", 501), name, color, description, priority)
    owner.labels[label.id] = label
    return created(call.shapes.label(label, owner))


def update_label(call: Call, owner: Namespace) -> Response:
    """A rename keeps the id: old label events then show the new name."""
    _check_right(call, owner)
    label, _ = _find_label(call, owner, with_ancestors=False)
    if not any(name in call.params for name in ("new_name", "color", "description", "priority")):
        problem = "new_name, color, description, priority are missing, at least one parameter must be provided"
        raise errors.ApiError(400, {"error": problem})
    label.name = _checked_name(call.params.text("new_name") or label.name)
    label.color = _checked_color(call.params.text("color") or label.color)
    if "description" in call.params:
        label.description = call.params.text("description")
    if "priority" in call.params:
        label.priority = call.params.number("priority")
    return json_response(call.shapes.label(label, owner))


def delete_label(call: Call, owner: Namespace) -> Response:
    """Leaves the issues without an event: their history then shows `label: null`."""
    _check_right(call, owner)
    label, _ = _find_label(call, owner, with_ancestors=False)
    del owner.labels[label.id]
    for project in call.state.projects.values():
        for issue in project.issues.values():
            if label.id in issue.label_ids:
                issue.label_ids.remove(label.id)
    return no_content()


def subscribe(call: Call, owner: Namespace) -> Response:
    label, holder = _find_label(call, owner, with_ancestors=True)
    label.subscriber_ids.add(call.user.id)
    return created(call.shapes.label(label, holder))


def unsubscribe(call: Call, owner: Namespace) -> Response:
    label, holder = _find_label(call, owner, with_ancestors=True)
    label.subscriber_ids.discard(call.user.id)
    return created(call.shapes.label(label, holder))


def _routes(prefix: str, find: Callable[[Call], Namespace]) -> tuple[Route, ...]:
    def on_owner(handler: Callable[[Call, Namespace], Response]) -> Handler:
        return lambda call: handler(call, find(call))

    return (
        Route("GET", f"{prefix}/labels", on_owner(list_labels)),
        Route("POST", f"{prefix}/labels", on_owner(create_label)),
        Route("PUT", f"{prefix}/labels", on_owner(update_label)),
        Route("DELETE", f"{prefix}/labels", on_owner(delete_label)),
        Route("GET", f"{prefix}/labels/:label", on_owner(show_label)),
        Route("PUT", f"{prefix}/labels/:label", on_owner(update_label)),
        Route("DELETE", f"{prefix}/labels/:label", on_owner(delete_label)),
        Route("POST", f"{prefix}/labels/:label/subscribe", on_owner(subscribe)),
        Route("POST", f"{prefix}/labels/:label/unsubscribe", on_owner(unsubscribe)),
    )


def promote_label(call: Call) -> Response:
    """Makes a project's label one of its group; it keeps its id, and with it its events."""
    project = call.project(PLANNER)
    label, _ = _find_label(call, project, with_ancestors=False)
    group = call.state.groups.get(project.namespace_id)
    if group is None:
        raise errors.bad_request("Failed to promote project label to group label")
    group.labels[label.id] = project.labels.pop(label.id)
    return json_response(call.shapes.label(label, group))


ROUTES = (
    *_routes("projects/:id", lambda call: call.project()),
    *_routes("groups/:id", lambda call: call.group()),
    Route("PUT", "projects/:id/labels/:label/promote", promote_label),
)
