"""GitLab's JSON as values. Whatever is missing or of the wrong kind is a GitLabReplyError that names the field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from exporter.change.issue import Issue, IssueRef, LabelAction, LabelEvent, Note, User
from exporter.errors import GitLabReplyError

T = TypeVar("T")


def read_user(data: object) -> User:
    """A user as issues, notes, events and /user carry it."""
    fields = _object(data, "a user")
    return User(
        id=_get(fields, "id", int),
        username=_get(fields, "username", str),
        name=_get(fields, "name", str),
        state=_get(fields, "state", str, "active"),
        is_bot=_get(fields, "bot", bool) if "bot" in fields else None,
    )


def read_issue(data: object, ref: IssueRef) -> Issue:
    fields = _object(data, "an issue")
    labels = _get(fields, "labels", list)
    return Issue(
        ref=ref,
        project_id=_get(fields, "project_id", int),
        title=_get(fields, "title", str),
        is_open=_get(fields, "state", str) == "opened",
        labels=tuple(_text(label, "labels") for label in labels),
        author=read_user(fields.get("author")),
        url=_get(fields, "web_url", str),
    )


def read_note(data: object) -> Note:
    fields = _object(data, "a note")
    return Note(
        id=_get(fields, "id", int),
        body=_get(fields, "body", str),
        author=read_user(fields.get("author")),
        created_at=_time(fields, "created_at"),
        updated_at=_time(fields, "updated_at"),
        is_system=_get(fields, "system", bool, False),
        is_internal=_get(fields, "internal", bool, False),
    )


def read_label_event(data: object) -> LabelEvent:
    fields = _object(data, "a label event")
    label = None if fields.get("label") is None else _object(fields["label"], "a label")
    action = _get(fields, "action", str)
    if action not in tuple(LabelAction):
        raise GitLabReplyError(f"GitLab reported a label event with the unknown action {action!r}.")
    return LabelEvent(
        id=_get(fields, "id", int),
        user=None if fields.get("user") is None else read_user(fields["user"]),
        action=LabelAction(action),
        label_id=_get(label, "id", int) if label else None,
        label=_get(label, "name", str) if label else None,
        created_at=_time(fields, "created_at"),
    )


def read_text(data: object, key: str) -> str:
    return _get(_object(data, "an answer"), key, str)


def read_number(data: object, key: str) -> int:
    return _get(_object(data, "an answer"), key, int)


def read_texts(data: object, key: str) -> tuple[str, ...]:
    return tuple(_text(item, key) for item in _get(_object(data, "an answer"), key, list))


def _object(data: object, what: str) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise GitLabReplyError(f"GitLab's answer was to hold {what} and holds something else.")
    return data


_REQUIRED: Any = object()


def _get(fields: Mapping[str, object], key: str, kind: type[T], default: T = _REQUIRED) -> T:
    """The field if it is of this kind; the default where it is missing or null and a default is given."""
    value = fields.get(key)
    if value is None and default is not _REQUIRED:
        return default
    # bool is an int to Python, not to GitLab.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise GitLabReplyError(f"GitLab's answer lacks the field {key!r}, or it is not what the API promises.")
    return value


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise GitLabReplyError(f"GitLab's answer holds something other than text in {key!r}.")
    return value


def _time(fields: Mapping[str, object], key: str) -> datetime:
    text = _get(fields, key, str)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise GitLabReplyError(f"GitLab's answer holds a {key!r} that is no time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
