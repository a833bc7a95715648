"""What the sandbox's GitLab remembers: users, groups, projects, issues and what happened to them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 15, 20, 30, 40, 50


@dataclass(slots=True)
class User:
    id: int
    username: str
    name: str
    email: str
    created_at: datetime
    state: str = "active"
    is_admin: bool = False
    is_bot: bool = False
    namespace_id: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    user_id: int
    scopes: tuple[str, ...] = ("api",)
    is_expired: bool = False


@dataclass(slots=True)
class Label:
    id: int
    name: str
    color: str
    description: str | None = None
    priority: int | None = None
    subscriber_ids: set[int] = field(default_factory=set)

    @property
    def scope(self) -> str | None:
        """Everything before the last `::`, None for a plain label; `::x` is scoped with an empty key."""
        return self.name.rpartition("::")[0] if "::" in self.name else None


@dataclass(slots=True)
class Milestone:
    id: int
    iid: int
    title: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    due_date: str | None = None
    start_date: str | None = None
    state: str = "active"


@dataclass(slots=True)
class Namespace:
    """What labels, members and milestones hang on: a group or a project."""

    id: int
    name: str
    path: str
    created_at: datetime
    description: str | None = None
    visibility: str = "private"
    members: dict[int, int] = field(default_factory=dict)  # user id -> access level
    labels: dict[int, Label] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)


@dataclass(slots=True)
class Group(Namespace):
    full_path: str = ""
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    id: int
    secret: str
    filename: str
    content: bytes
    content_type: str
    author_id: int
    created_at: datetime


@dataclass(slots=True)
class AwardEmoji:
    id: int
    name: str
    user_id: int
    created_at: datetime


@dataclass(slots=True)
class Note:
    id: int
    body: str
    author_id: int
    created_at: datetime
    updated_at: datetime
    discussion_id: str
    is_system: bool = False
    is_internal: bool = False
    is_thread: bool = False
    resolved_by_id: int | None = None
    system_action: str = ""
    source_issue_id: int | None = None  # of a cross reference: seen only by who sees that issue
    awards: list[AwardEmoji] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LabelEvent:
    id: int
    user_id: int
    created_at: datetime
    label_id: int
    action: str  # "add" or "remove"


@dataclass(frozen=True, slots=True)
class StateEvent:
    id: int
    user_id: int
    created_at: datetime
    state: str  # "closed" or "reopened"


@dataclass(frozen=True, slots=True)
class WeightEvent:
    id: int
    user_id: int
    created_at: datetime
    weight: int | None


@dataclass(frozen=True, slots=True)
class MilestoneEvent:
    id: int
    user_id: int
    created_at: datetime
    milestone_id: int
    action: str


@dataclass(slots=True)
class Issue:
    id: int
    iid: int
    project_id: int
    title: str
    author_id: int
    created_at: datetime
    updated_at: datetime
    description: str = ""
    state: str = "opened"
    closed_at: datetime | None = None
    closed_by_id: int | None = None
    label_ids: list[int] = field(default_factory=list)
    assignee_ids: list[int] = field(default_factory=list)
    is_confidential: bool = False
    is_discussion_locked: bool = False
    issue_type: str = "issue"
    due_date: str | None = None
    weight: int | None = None
    milestone_id: int | None = None
    time_estimate_seconds: int = 0
    time_spent_seconds: int = 0
    subscriber_ids: set[int] = field(default_factory=set)
    todo_user_ids: set[int] = field(default_factory=set)
    zoom_links: list[str] = field(default_factory=list)
    duplicate_of_id: int | None = None
    moved_to_id: int | None = None
    notes: list[Note] = field(default_factory=list)
    awards: list[AwardEmoji] = field(default_factory=list)
    label_events: list[LabelEvent] = field(default_factory=list)
    state_events: list[StateEvent] = field(default_factory=list)
    weight_events: list[WeightEvent] = field(default_factory=list)
    milestone_events: list[MilestoneEvent] = field(default_factory=list)


@dataclass(slots=True)
class IssueLink:
    id: int
    source_id: int
    target_id: int
    link_type: str
    created_at: datetime


@dataclass(slots=True)
class Project(Namespace):
    namespace_id: int = 0
    path_with_namespace: str = ""
    creator_id: int = 0
    updated_at: datetime | None = None
    issues: dict[int, Issue] = field(default_factory=dict)  # by iid
    files: dict[str, bytes] = field(default_factory=dict)  # default branch only
    uploads: dict[str, Upload] = field(default_factory=dict)  # by secret


@dataclass(frozen=True, slots=True)
class Mail:
    """A notification that GitLab would have sent; `reason` is "mentioned", "assigned" or "note"."""

    user_id: int
    reason: str
    issue_id: int


@dataclass(frozen=True, slots=True)
class FiredAction:
    """A quick action that a text set off, whether or not it could be applied: how tests see an injection."""

    user_id: int
    issue_id: int
    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class Switches:
    """What differs between GitLab installations, or is worth trying in a test."""

    has_scoped_labels: bool = True  # Premium
    uses_work_item_urls: bool = False  # /-/work_items/N instead of /-/issues/N
    notes_per_minute: int | None = None  # application limit per user; None: unlimited
    max_note_chars: int = 1_000_000  # GitLab, limits on notes
    max_notes_per_issue: int = 5_000  # GitLab, limits on comments
    max_upload_bytes: int = 104_857_600  # GitLab, default of the upload limit: 100 MiB


class State:
    """Everything that the sandbox's GitLab holds, with the look-ups that need no permission."""

    def __init__(self) -> None:
        self.switches = Switches()
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
        self.groups: dict[int, Group] = {}
        self.projects: dict[int, Project] = {}
        self.issue_links: dict[int, IssueLink] = {}
        self.moved_paths: dict[str, int] = {}  # former path of a project -> its id
        self.mails: list[Mail] = []
        self.fired_actions: list[FiredAction] = []
        self.note_times: dict[int, list[datetime]] = {}  # user id -> when it wrote notes lately
        self._counters: dict[str, Iterator[int]] = {}

    def next_id(self, kind: str, first: int = 1) -> int:
        """The next number of a kind; ids are never used twice."""
        return next(self._counters.setdefault(kind, itertools.count(first)))

    @property
    def mentions(self) -> list[str]:
        """User names that were mailed because a text mentioned them, in order."""
        mailed = [mail.user_id for mail in self.mails if mail.reason == "mentioned"]
        return [self.users[user_id].username for user_id in mailed if user_id in self.users]

    def user_named(self, username: str) -> User | None:
        wanted = username.lower()
        return next((user for user in self.users.values() if user.username.lower() == wanted), None)

    def group_at(self, full_path: str) -> Group | None:
        return next((group for group in self.groups.values() if group.full_path == full_path), None)

    def project_at(self, full_path: str) -> Project | None:
        """The project with this path; GitLab's paths ignore case."""
        wanted = full_path.lower()
        return next((each for each in self.projects.values() if each.path_with_namespace.lower() == wanted), None)

    def moved_project(self, former_path: str) -> Project | None:
        project_id = self.moved_paths.get(former_path.lower())
        return self.projects.get(project_id) if project_id is not None else None

    def issue_by_id(self, issue_id: int) -> Issue | None:
        return next(
            (issue for project in self.projects.values() for issue in project.issues.values() if issue.id == issue_id),
            None,
        )

    def project_of(self, issue: Issue) -> Project:
        return self.projects[issue.project_id]

    def ancestors(self, namespace: Namespace) -> list[Group]:
        """The groups above a project or group, the nearest first."""
        parent_id = namespace.namespace_id if isinstance(namespace, Project) else None
        if isinstance(namespace, Group):
            parent_id = namespace.parent_id
        found: list[Group] = []
        while parent_id is not None and parent_id in self.groups:
            group = self.groups[parent_id]
            found.append(group)
            parent_id = group.parent_id
        return found

    def labels_of(self, namespace: Namespace, *, with_ancestors: bool = True) -> list[tuple[Label, Namespace]]:
        """Labels that can be used here, with their owner, sorted by name as GitLab lists them."""
        owners: list[Namespace] = [namespace, *(self.ancestors(namespace) if with_ancestors else [])]
        found = [(label, owner) for owner in owners for label in owner.labels.values()]
        return sorted(found, key=lambda pair: (pair[0].name.lower(), pair[0].id))

    def label_by_id(self, label_id: int) -> Label | None:
        owners: list[Namespace] = [*self.projects.values(), *self.groups.values()]
        return next((owner.labels[label_id] for owner in owners if label_id in owner.labels), None)

    def milestone_by_id(self, milestone_id: int) -> Milestone | None:
        owners: list[Namespace] = [*self.projects.values(), *self.groups.values()]
        return next((owner.milestones[milestone_id] for owner in owners if milestone_id in owner.milestones), None)
