"""Who may see and do what: a small part of GitLab's permission table, enough for change issues."""

from __future__ import annotations

from exporter.sandbox.gitlab import state as levels
from exporter.sandbox.gitlab.state import Group, Issue, Namespace, Note, Project, State, User


def access_level(state: State, user: User, namespace: Namespace) -> int:
    """The highest level of the user here, inherited ones included; 0 for none."""
    if user.is_admin:
        return levels.OWNER
    if isinstance(namespace, Project) and namespace.namespace_id == user.namespace_id:
        return levels.OWNER
    owners: list[Namespace] = [namespace, *state.ancestors(namespace)]
    return max(owner.members.get(user.id, 0) for owner in owners)


def members_of(state: State, namespace: Namespace, *, inherited: bool) -> dict[int, int]:
    """Access level by user id; an inherited level counts where it is the higher one."""
    owners: list[Namespace] = [namespace, *(state.ancestors(namespace) if inherited else [])]
    found: dict[int, int] = {}
    for owner in owners:
        for user_id, level in owner.members.items():
            found[user_id] = max(level, found.get(user_id, 0))
    return found


def can_see_namespace(state: State, user: User, namespace: Namespace) -> bool:
    if namespace.visibility != "private" or access_level(state, user, namespace) > 0:
        return True
    # Whoever is a member of a project below a group sees that the group exists.
    return isinstance(namespace, Group) and any(
        namespace in state.ancestors(project) and access_level(state, user, project) > 0
        for project in state.projects.values()
    )


def can_see_issue(state: State, user: User, issue: Issue) -> bool:
    project = state.project_of(issue)
    if not can_see_namespace(state, user, project):
        return False
    if not issue.is_confidential:
        return True
    is_involved = user.id == issue.author_id or user.id in issue.assignee_ids
    return is_involved or access_level(state, user, project) >= levels.PLANNER


def can_see_note(state: State, user: User, issue: Issue, note: Note) -> bool:
    """Internal notes need Planner; a cross reference is hidden from who cannot see where it comes from."""
    source = state.issue_by_id(note.source_issue_id) if note.source_issue_id is not None else None
    if source is not None and not can_see_issue(state, user, source):
        return False
    return not note.is_internal or access_level(state, user, state.project_of(issue)) >= levels.PLANNER


def can_set_metadata(state: State, user: User, project: Project) -> bool:
    """Labels, assignees, milestone, weight, due date: Planner and up."""
    return access_level(state, user, project) >= levels.PLANNER


def can_edit_issue(state: State, user: User, issue: Issue) -> bool:
    """Title, description, state: the author, an assignee, or Planner and up."""
    is_involved = user.id == issue.author_id or user.id in issue.assignee_ids
    return is_involved or can_set_metadata(state, user, state.project_of(issue))


def can_write_note(state: State, user: User, issue: Issue) -> bool:
    level = access_level(state, user, state.project_of(issue))
    return level >= (levels.PLANNER if issue.is_discussion_locked else levels.GUEST)


def can_admin_note(state: State, user: User, issue: Issue, note: Note) -> bool:
    """Only the author or a Maintainer; nobody edits a system note."""
    if note.is_system:
        return False
    return note.author_id == user.id or access_level(state, user, state.project_of(issue)) >= levels.MAINTAINER
