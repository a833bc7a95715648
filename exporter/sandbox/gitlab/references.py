"""Whom a text mails and which issues it points at: the side effects that hostile text would love to have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from exporter.sandbox.gitlab import access
from exporter.sandbox.gitlab.issue_changes import Act, add_system_note, reference
from exporter.sandbox.gitlab.markdown import render_markdown
from exporter.sandbox.gitlab.state import Issue, Mail, Project, State

_ISSUE_PATH = re.compile(r"^/(?P<project>.+?)/-/(?:issues|work_items)/(?P<iid>\d{1,9})$")


def parse_issue_address(address: str, base_url: str) -> tuple[str, int] | None:
    """Project path and iid of an issue's address on this server, in both spellings."""
    parts, base = urlsplit(address), urlsplit(base_url)
    if (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
        return None
    match = _ISSUE_PATH.match(parts.path)
    return (match["project"], int(match["iid"])) if match else None


@dataclass
class Recorder:
    """A linker that links nothing and writes down what it was asked for."""

    base_url: str
    users: set[str] = field(default_factory=set)
    issues: set[tuple[str | None, int]] = field(default_factory=set)

    def link_user(self, name: str, *, is_quoted: bool) -> str | None:
        if not is_quoted:  # GitLab does not mail whoever is only mentioned in a quotation
            self.users.add(name.lower())
        return None

    def link_issue(self, project_path: str | None, iid: int) -> tuple[str, str] | None:
        self.issues.add((project_path, iid))
        return None

    def link_address(self, address: str) -> tuple[str, str] | None:
        found = parse_issue_address(address, self.base_url)
        if found:
            self.issues.add(found)
        return None

    def link_label(self, name: str) -> tuple[str, str] | None:
        return None

    def link_upload(self, path: str) -> str | None:
        return None


def _scan(text: str, base_url: str) -> Recorder:
    recorder = Recorder(base_url)
    if any(mark in text for mark in ("@", "#", "&", "://")):
        render_markdown(text, recorder)
    return recorder


def follow_references(act: Act, issue: Issue, text: str, base_url: str, *, before: str = "") -> None:
    """Mails the users that `text` mentions and `before` did not, and leaves a note on each issue it points at."""
    found = _scan(text, base_url)
    known = _scan(before, base_url) if before else Recorder(base_url)
    for user_id in _mentioned_users(act.state, issue, found.users) - _mentioned_users(act.state, issue, known.users):
        if user_id != act.user.id and access.can_see_issue(act.state, act.state.users[user_id], issue):
            act.state.mails.append(Mail(user_id, "mentioned", issue.id))
    for project_path, iid in sorted(found.issues, key=str):
        _leave_trace(act, issue, project_path, iid)


def _mentioned_users(state: State, issue: Issue, names: set[str]) -> set[int]:
    """Users by name, direct members of a group by its path, everyone in the project for @all."""
    found: set[int] = set()
    for name in names:
        user = state.user_named(name)
        group = state.group_at(name)
        if name == "all":
            found.update(access.members_of(state, state.project_of(issue), inherited=True))
        elif user is not None:
            found.add(user.id)
        elif group is not None:
            found.update(access.members_of(state, group, inherited=False))
    return found


def find_issue(state: State, project: Project | None, project_path: str | None, iid: int) -> Issue | None:
    """An issue by the reference that a text of `project` uses; a bare project name means a sibling project."""
    if project_path:
        folder = project.path_with_namespace.rpartition("/")[0] if project else ""
        project = state.project_at(project_path) or state.project_at(f"{folder}/{project_path}")
    return project.issues.get(iid) if project else None


def _leave_trace(act: Act, issue: Issue, project_path: str | None, iid: int) -> None:
    target = find_issue(act.state, act.state.project_of(issue), project_path, iid)
    if target is None or target.id == issue.id or not access.can_see_issue(act.state, act.user, target):
        return
    body = f"mentioned in issue {reference(act.state, issue, target)}"
    if not any(note.is_system and note.body == body for note in target.notes):
        add_system_note(act, target, body, "cross-reference", source=issue)
