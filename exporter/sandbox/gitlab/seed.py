"""The people, projects and issues that the sandbox's GitLab begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import resources

from exporter.sandbox.gitlab import issue_changes as changes
from exporter.sandbox.gitlab import note_changes
from exporter.sandbox.gitlab.issue_changes import Act
from exporter.sandbox.gitlab.state import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    OWNER,
    REPORTER,
    Group,
    Issue,
    Label,
    Project,
    State,
    Token,
    User,
)

_USERS = (
    # user name, name, e-mail address; in the order of their ids. The engineers wrote the recipes of the story.
    ("root", "Administrator", "root@acme.example"),
    ("wexport-bot", "wexport", "wexport-bot@acme.example"),
    ("kim", "Kim Alvarez", "kim.alvarez@acme.example"),
    ("robin", "Robin Okafor", "robin.okafor@acme.example"),
    ("sato", "佐藤 美咲", "misaki.sato@acme.example"),
    ("alex", "Alex Fischer", "alex.fischer@acme.example"),
    ("morgan", "Morgan Reyes", "morgan.reyes@acme.example"),
    ("jo", "Jo Hartmann", "jo.hartmann@acme.example"),
    ("mallory", "Mallory Voss", "mallory.voss@acme.example"),
    ("noor", "Noor El-Sayed", "noor.elsayed@acme.example"),
    ("yuki", "田中 ゆき", "yuki.tanaka@acme.example"),
    ("sam", "Sam Lindqvist", "sam.lindqvist@acme.example"),
)
_LABELS = (
    ("CMT::Minor", "#6699CC", "Low risk, no effect on other systems"),
    ("CMT::Standard", "#1F75CB", "Pre-authorised, low risk"),
    ("CMT::Comprehensive", "#9400D3", "High risk, or touches a financially significant system"),
    ("CMT::Emergency", "#DC143C", "Restores service; approvals may follow"),
    ("Business Owner Approval::Needs Approval", "#C17D10", "The owners of the affected systems still have to look"),
    ("Business Owner Approval::Approved", "#108548", "Every affected system's owner approved"),
    ("Peer Approval::Needs Approval", "#C17D10", "Another integration engineer still has to look"),
    ("Peer Approval::Approved", "#108548", "Another integration engineer approved"),
    ("BT Integration Manager::Needs Approval", "#C17D10", "Tested; the integrations manager still has to look"),
    ("BT Integration Manager::Approved", "#108548", "The integrations manager approved"),
    ("Code Owner Approval::Needs Approval", "#C17D10", "The impacted team's management still has to look"),
    ("Code Owner Approval::Approved", "#108548", "The impacted team's management approved"),
    ("Head of IT Approval::Needs Approval", "#C17D10", "The head of IT still has to look"),
    ("Head of IT Approval::Approved", "#108548", "The head of IT approved"),
    ("Post-Implementation Review::Needs Approval", "#C17D10", "In production; somebody still has to look back"),
    ("Post-Implementation Review::Approved", "#108548", "Somebody looked back after the change"),
)
_TEMPLATE = ".gitlab/issue_templates/change management.md"


def _read(name: str) -> str:
    return resources.files("exporter.sandbox.gitlab").joinpath("story", name).read_text(encoding="utf-8")


class _Seeder:
    """Builds the story in a state; everything happened some days before `now`."""

    def __init__(self, state: State, base_url: str, now: datetime) -> None:
        self.state = state
        self.base_url = base_url
        self.now = now
        self.users: dict[str, User] = {}

    def act(self, username: str, *, days_ago: float) -> Act:
        return Act(self.state, self.users[username], self.now - timedelta(days=days_ago))

    def add_users(self) -> None:
        for username, name, email in _USERS:
            user = User(
                self.state.next_id("user"), username, name, email, self.now - timedelta(days=400),
                is_admin=username == "root", is_bot=username == "wexport-bot",
                namespace_id=self.state.next_id("namespace", 101),
            )  # fmt: skip
            self.state.users[user.id] = self.users[username] = user
            self.state.tokens[f"sandbox-gitlab-{username}-token"] = Token(user.id)
        bot_id = self.users["wexport-bot"].id
        self.state.tokens |= {
            "sandbox-gitlab-wexport-token": Token(bot_id),
            "sandbox-gitlab-wexport-read-token": Token(bot_id, ("read_api",)),
            "sandbox-gitlab-wexport-expired-token": Token(bot_id, is_expired=True),
        }

    def add_group(self, name: str, path: str, parent: Group | None, members: Mapping[str, int]) -> Group:
        group = Group(
            self.state.next_id("namespace"), name, path, self.now - timedelta(days=390),
            full_path=f"{parent.full_path}/{path}" if parent else path, parent_id=parent.id if parent else None,
        )  # fmt: skip
        group.members = {self.users[username].id: level for username, level in members.items()}
        self.state.groups[group.id] = group
        return group

    def add_project(self, group: Group, name: str, path: str, description: str, members: Mapping[str, int]) -> Project:
        project = Project(
            self.state.next_id("project", 21), name, path, self.now - timedelta(days=380), description=description,
            namespace_id=group.id, path_with_namespace=f"{group.full_path}/{path}", creator_id=self.users["morgan"].id,
        )  # fmt: skip
        project.members = {self.users[username].id: level for username, level in members.items()}
        self.state.projects[project.id] = project
        return project

    def add_issue(
        self, project: Project, iid: int, title: str, description: str, author: str, *, days_ago: float,
        labels: tuple[str, ...],
    ) -> Issue:  # fmt: skip
        act = self.act(author, days_ago=days_ago)
        issue = Issue(
            self.state.next_id("issue", 8_001), iid, project.id, title, act.user.id, act.now, act.now,
            description=description.strip(), assignee_ids=[act.user.id], subscriber_ids={act.user.id},
        )  # fmt: skip
        project.issues[iid] = issue
        self.set_labels(issue, author, labels, days_ago=days_ago)
        return issue

    def set_labels(self, issue: Issue, username: str, labels: tuple[str, ...], *, days_ago: float) -> None:
        act = self.act(username, days_ago=days_ago)
        changes.change_labels(act, issue, add=changes.find_or_create_labels(act, self.state.project_of(issue), labels))

    def say(self, issue: Issue, username: str, body: str, *, days_ago: float) -> None:
        note_changes.create_note(self.act(username, days_ago=days_ago), issue, body, self.base_url)

    def close(self, issue: Issue, username: str, *, days_ago: float) -> None:
        changes.change_state(self.act(username, days_ago=days_ago), issue, "close")


def seed(state: State, base_url: str, clock: Callable[[], datetime]) -> None:
    """The integrations team of the story; nothing of it counts as mailed or rate-limited."""
    story = _Seeder(state, base_url, clock())
    story.add_users()
    apps = story.add_group(
        "Enterprise Apps", "enterprise-apps", None, {"jo": OWNER, "sato": REPORTER, "alex": REPORTER}
    )
    team = story.add_group(
        "Integrations",
        "integrations",
        apps,
        {
            "morgan": MAINTAINER,
            "kim": DEVELOPER,
            "robin": DEVELOPER,
            "noor": DEVELOPER,
            "yuki": DEVELOPER,
            "sam": DEVELOPER,
        },
    )
    platypus = story.add_project(
        team,
        "Platypus",
        "platypus",
        "Change issues of the integrations team.",
        {"wexport-bot": REPORTER, "mallory": GUEST},
    )
    story.add_project(
        apps, "Change Management", "change-management", "One issue for every change that goes to production.",
        {"wexport-bot": REPORTER, "kim": DEVELOPER, "robin": DEVELOPER, "morgan": MAINTAINER},
    )  # fmt: skip
    work = story.add_project(
        team, "Integrations Work", "integrations-work", "Templates and scripts of the team.", {"wexport-bot": REPORTER}
    )
    work.files[_TEMPLATE] = _read("change management.md").encode()
    work.files["README.md"] = b"# Integrations work\n\nIssue templates of the integrations team.\n"
    state.moved_paths["enterprise-apps/platypus"] = platypus.id
    for name, color, description in _LABELS:
        label = Label(state.next_id("label", 501), name, color, description)
        apps.labels[label.id] = label
    _add_closed_changes(story, platypus)
    _add_change_issue(story, platypus)
    state.mails.clear()
    state.note_times.clear()
    state.fired_actions.clear()


def _add_closed_changes(story: _Seeder, platypus: Project) -> None:
    employees = story.add_issue(
        platypus, 120, "Employee sync: stop failing on people without a manager", _read("issue-120.md"), "robin",
        days_ago=41, labels=("CMT::Standard", "Peer Approval::Needs Approval"),
    )  # fmt: skip
    story.say(employees, "kim", "Read every step, tried it in test with three new hires. Approved.", days_ago=40)
    story.set_labels(employees, "kim", ("Peer Approval::Approved",), days_ago=40)
    story.close(employees, "robin", days_ago=38)
    tickets = story.add_issue(
        platypus, 121, "Ticket sync: new priority field", _read("issue-121.md"), "kim",
        days_ago=29, labels=("CMT::Minor",),
    )  # fmt: skip
    story.say(tickets, "robin", "Looks good, one new field and nothing else. Approved.", days_ago=28.5)
    story.set_labels(tickets, "robin", ("Peer Approval::Approved",), days_ago=28.5)
    story.close(tickets, "kim", days_ago=28)
    story.add_issue(
        platypus, 122, "Tidy up unused connections in dev", "Three connections have had no recipe since spring.",
        "robin", days_ago=9, labels=("CMT::Minor",),
    )  # fmt: skip


def _add_change_issue(story: _Seeder, platypus: Project) -> None:
    issue = story.add_issue(
        platypus, 123, "Order to cash: credit check before invoicing", _read("issue-123.md"), "kim",
        days_ago=3, labels=("CMT::Comprehensive", "Business Owner Approval::Needs Approval"),
    )  # fmt: skip
    story.say(issue, "kim", _read("note-123-kim.md"), days_ago=2.9)
    story.say(issue, "morgan", _read("note-123-morgan.md"), days_ago=2.2)
