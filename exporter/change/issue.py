"""What GitLab holds about a change, as plain values: who, the issue, its notes, its label history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class IssueRef:
    """Which issue: the project's full path (or its numeric id as text) and the issue's number in it."""

    project: str
    iid: int

    def __str__(self) -> str:
        return f"{self.project}#{self.iid}"


@dataclass(frozen=True, slots=True)
class User:
    """An account. Names can be changed by their owner; only `id` identifies. `is_bot` is None where GitLab does not
    say: notes and events carry their author without it."""

    id: int
    username: str
    name: str
    state: str = "active"
    is_bot: bool | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """A change issue. `labels` are names in GitLab's order; `is_open` is False for a closed one."""

    ref: IssueRef
    project_id: int
    title: str
    is_open: bool
    labels: tuple[str, ...]
    author: User
    url: str


@dataclass(frozen=True, slots=True)
class Note:
    """A comment, or a line of activity that GitLab wrote itself (`is_system`).

    Ids rise with time; `created_at` can be back-dated by a project owner, so order by `id`.
    """

    id: int
    body: str
    author: User
    created_at: datetime
    updated_at: datetime
    is_system: bool = False
    is_internal: bool = False


class LabelAction(StrEnum):
    """What happened to a label."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """Who added or removed which label. `label` and `label_id` are None when the label was deleted since, and
    `label` is today's name, not the one of then: GitLab rewrites the history when a label is renamed.
    `user` is None when the account is gone."""

    id: int
    user: User | None
    action: LabelAction
    label_id: int | None
    label: str | None
    created_at: datetime
