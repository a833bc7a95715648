"""GitLab's JSON of each thing. The keys are GitLab's; a key that is always null on a change issue stays null."""

from __future__ import annotations

from typing import Any

from exporter.sandbox.gitlab import access
from exporter.sandbox.gitlab.checklist import parse_tasks
from exporter.sandbox.gitlab.state import (
    AwardEmoji,
    Group,
    Issue,
    IssueLink,
    Label,
    LabelEvent,
    Milestone,
    Namespace,
    Note,
    Project,
    State,
    Upload,
    User,
)
from exporter.sandbox.gitlab.wire import timestamp

Json = dict[str, Any]
DELETED_USER: Json = {"id": 0, "username": "ghost", "name": "Ghost User", "state": "active", "locked": False}


def luminance_text_color(color: str) -> str:
    """White on dark labels, dark grey on light ones, as GitLab's `text_color`."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return "#1F1E24" if red + green + blue > 500 else "#FFFFFF"


class Shapes:
    """JSON as one user sees it, with addresses that start with `base_url`."""

    def __init__(self, state: State, base_url: str, viewer: User) -> None:
        self.state = state
        self.base_url = base_url
        self.viewer = viewer

    # --- users, members, namespaces ---

    def user(self, user: User) -> Json:
        return {
            "id": user.id,
            "username": user.username,
            "public_email": None,
            "name": user.name,
            "state": user.state,
            "locked": False,
            "avatar_url": None,
            "web_url": f"{self.base_url}/{user.username}",
        }

    def user_by_id(self, user_id: int | None) -> Json | None:
        if user_id is None:
            return None
        user = self.state.users.get(user_id)
        return self.user(user) if user else dict(DELETED_USER)

    def full_user(self, user: User) -> Json:
        """A user's own page: `bot` tells machines from people; mail and admin flag only to oneself and admins."""
        shape = self.user(user) | {
            "created_at": timestamp(user.created_at),
            "bot": user.is_bot,
            "bio": "",
            "job_title": "",
            "organization": "",
        }
        if self.viewer.is_admin or self.viewer.id == user.id:
            shape |= {
                "email": user.email,
                "confirmed_at": timestamp(user.created_at),
                "is_admin": user.is_admin,
                "two_factor_enabled": False,
                "external": False,
                "identities": [],
                "namespace_id": user.namespace_id,
            }
        return shape

    def member(self, user_id: int, level: int) -> Json:
        return (self.user_by_id(user_id) or {}) | {
            "access_level": level,
            "created_at": timestamp(self.state.users[user_id].created_at),
            "expires_at": None,
            "membership_state": "active",
            "member_role": None,
        }

    def group(self, group: Group) -> Json:
        return {
            "id": group.id,
            "name": group.name,
            "path": group.path,
            "full_name": " / ".join([each.name for each in reversed(self.state.ancestors(group))] + [group.name]),
            "full_path": group.full_path,
            "description": group.description or "",
            "visibility": group.visibility,
            "parent_id": group.parent_id,
            "web_url": f"{self.base_url}/groups/{group.full_path}",
            "avatar_url": None,
            "created_at": timestamp(group.created_at),
            "marked_for_deletion_on": None,
            "shared_with_groups": [],
        }

    def namespace_of(self, project: Project) -> Json:
        group = self.state.groups.get(project.namespace_id)
        if group is not None:
            kind, name, full_path, parent_id = "group", group.name, group.full_path, group.parent_id
        else:
            owner = next(user for user in self.state.users.values() if user.namespace_id == project.namespace_id)
            kind, name, full_path, parent_id = "user", owner.name, owner.username, None
        path = full_path.rpartition("/")[2]
        return {
            "id": project.namespace_id,
            "name": name,
            "path": path,
            "kind": kind,
            "full_path": full_path,
            "parent_id": parent_id,
            "web_url": f"{self.base_url}/{'groups/' if kind == 'group' else ''}{full_path}",
        }

    def project(self, project: Project) -> Json:
        web_url = f"{self.base_url}/{project.path_with_namespace}"
        namespace = self.namespace_of(project)
        level = access.access_level(self.state, self.viewer, project)
        granted = {"access_level": level, "notification_level": 3} if level else None
        return {
            "id": project.id,
            "name": project.name,
            "path": project.path,
            "name_with_namespace": f"{namespace['name']} / {project.name}",
            "path_with_namespace": project.path_with_namespace,
            "description": project.description,
            "visibility": project.visibility,
            "default_branch": "main",
            "namespace": namespace,
            "web_url": web_url,
            "http_url_to_repo": f"{web_url}.git",
            "avatar_url": None,
            "archived": False,
            "empty_repo": not project.files,
            "creator_id": project.creator_id,
            "created_at": timestamp(project.created_at),
            "last_activity_at": timestamp(project.updated_at or project.created_at),
            "issues_enabled": True,
            "issues_access_level": "enabled",
            "open_issues_count": sum(issue.state == "opened" for issue in project.issues.values()),
            "star_count": 0,
            "forks_count": 0,
            "marked_for_deletion_on": None,
            "permissions": {"project_access": granted, "group_access": None},
            "_links": {"self": f"{self.base_url}/api/v4/projects/{project.id}"},
        }

    # --- labels, milestones ---

    def label(self, label: Label, owner: Namespace) -> Json:
        issues = [issue for project in self.state.projects.values() for issue in project.issues.values()]
        marked = [issue for issue in issues if label.id in issue.label_ids]
        return {
            **self.short_label(label),
            "description_html": label.description or "",
            "open_issues_count": sum(issue.state == "opened" for issue in marked),
            "closed_issues_count": sum(issue.state == "closed" for issue in marked),
            "open_merge_requests_count": 0,
            "subscribed": self.viewer.id in label.subscriber_ids,
            "priority": label.priority,
            "is_project_label": isinstance(owner, Project),
        }

    def short_label(self, label: Label) -> Json:
        return {
            "id": label.id,
            "name": label.name,
            "color": label.color,
            "text_color": luminance_text_color(label.color),
            "description": label.description,
        }

    def milestone(self, milestone: Milestone, owner: Namespace) -> Json:
        owner_key = "project_id" if isinstance(owner, Project) else "group_id"
        return {
            "id": milestone.id,
            "iid": milestone.iid,
            owner_key: owner.id,
            "title": milestone.title,
            "description": milestone.description,
            "state": milestone.state,
            "due_date": milestone.due_date,
            "start_date": milestone.start_date,
            "created_at": timestamp(milestone.created_at),
            "updated_at": timestamp(milestone.updated_at),
            "expired": False,
        }

    def milestone_by_id(self, milestone_id: int | None) -> Json | None:
        owners: list[Namespace] = [*self.state.projects.values(), *self.state.groups.values()]
        for owner in owners:
            if milestone_id in owner.milestones:
                return self.milestone(owner.milestones[milestone_id], owner)
        return None

    # --- issues ---

    def issue_address(self, issue: Issue) -> str:
        word = "work_items" if self.state.switches.uses_work_item_urls else "issues"
        return f"{self.base_url}/{self.state.project_of(issue).path_with_namespace}/-/{word}/{issue.iid}"

    def labels_of(self, issue: Issue) -> list[Label]:
        found = [label for each in issue.label_ids if (label := self.state.label_by_id(each))]
        return sorted(found, key=lambda label: label.name.lower())

    def issue(self, issue: Issue, *, with_labels_details: bool = False) -> Json:
        project = self.state.project_of(issue)
        api = f"{self.base_url}/api/v4/projects/{project.id}"
        tasks = parse_tasks(issue.description)
        done = sum(task.is_done for task in tasks)
        labels = self.labels_of(issue)
        assignees = [self.user_by_id(each) for each in issue.assignee_ids]
        return {
            "id": issue.id,
            "iid": issue.iid,
            "project_id": issue.project_id,
            "title": issue.title,
            "description": issue.description or None,
            "state": issue.state,
            "created_at": timestamp(issue.created_at),
            "updated_at": timestamp(issue.updated_at),
            "closed_at": timestamp(issue.closed_at),
            "closed_by": self.user_by_id(issue.closed_by_id),
            "labels": [self.short_label(each) if with_labels_details else each.name for each in labels],
            "milestone": self.milestone_by_id(issue.milestone_id),
            "assignees": assignees,
            "assignee": assignees[0] if assignees else None,
            "author": self.user_by_id(issue.author_id),
            "type": issue.issue_type.upper(),
            "issue_type": issue.issue_type,
            "user_notes_count": sum(not note.is_system for note in issue.notes),
            "merge_requests_count": 0,
            "upvotes": sum(award.name == "thumbsup" for award in issue.awards),
            "downvotes": sum(award.name == "thumbsdown" for award in issue.awards),
            "due_date": issue.due_date,
            "confidential": issue.is_confidential,
            "discussion_locked": issue.is_discussion_locked or None,
            "web_url": self.issue_address(issue),
            "time_stats": {
                "time_estimate": issue.time_estimate_seconds,
                "total_time_spent": issue.time_spent_seconds,
                "human_time_estimate": None,
                "human_total_time_spent": None,
            },
            "task_completion_status": {"count": len(tasks), "completed_count": done},
            "has_tasks": bool(tasks),
            "task_status": f"{done} of {len(tasks)} checklist items completed" if tasks else "",
            "weight": issue.weight,
            "blocking_issues_count": 0,
            "severity": "UNKNOWN",
            "subscribed": self.viewer.id in issue.subscriber_ids,
            "moved_to_id": issue.moved_to_id,
            "imported": False,
            "imported_from": "none",
            "epic": None,
            "iteration": None,
            "health_status": None,
            "references": {
                "short": f"#{issue.iid}",
                "relative": f"#{issue.iid}",
                "full": f"{project.path_with_namespace}#{issue.iid}",
            },
            "_links": {
                "self": f"{api}/issues/{issue.iid}",
                "notes": f"{api}/issues/{issue.iid}/notes",
                "award_emoji": f"{api}/issues/{issue.iid}/award_emoji",
                "project": api,
                "closed_as_duplicate_of": None,
            },
        }

    def issue_link(self, link: IssueLink, issue: Issue) -> Json:
        """The issue at the other end of a link."""
        other = self.state.issue_by_id(link.target_id if link.source_id == issue.id else link.source_id)
        link_type = link.link_type
        if link.target_id == issue.id:
            link_type = {"blocks": "is_blocked_by", "is_blocked_by": "blocks"}.get(link_type, link_type)
        created_at = timestamp(link.created_at)
        return (self.issue(other) if other else {}) | {
            "issue_link_id": link.id,
            "link_type": link_type,
            "link_created_at": created_at,
            "link_updated_at": created_at,
        }

    # --- notes and events ---

    def note(self, note: Note, issue: Issue, commands_changes: Json | None = None) -> Json:
        shape: Json = {
            "id": note.id,
            "type": "DiscussionNote" if note.is_thread else None,
            "body": note.body,
            "author": self.user_by_id(note.author_id),
            "created_at": timestamp(note.created_at),
            "updated_at": timestamp(note.updated_at),
            "system": note.is_system,
            "noteable_id": issue.id,
            "noteable_type": "Issue",
            "project_id": issue.project_id,
            "resolvable": note.is_thread,
        }
        if note.is_thread:
            shape |= {
                "resolved": note.resolved_by_id is not None,
                "resolved_by": self.user_by_id(note.resolved_by_id),
            }
        return shape | {
            "confidential": note.is_internal,
            "internal": note.is_internal,
            "imported": False,
            "imported_from": "none",
            "noteable_iid": issue.iid,
            "commands_changes": commands_changes or {},
        }

    def award(self, award: AwardEmoji, awardable_id: int, awardable_type: str) -> Json:
        return {
            "id": award.id,
            "name": award.name,
            "user": self.user_by_id(award.user_id),
            "created_at": timestamp(award.created_at),
            "updated_at": timestamp(award.created_at),
            "awardable_id": awardable_id,
            "awardable_type": awardable_type,
        }

    def label_event(self, event: LabelEvent, issue: Issue) -> Json:
        """`label` as it is called today, even if it had another name then; null once it was deleted."""
        label = self.state.label_by_id(event.label_id)
        return {
            "id": event.id,
            "user": self.user_by_id(event.user_id),
            "created_at": timestamp(event.created_at),
            "resource_type": "Issue",
            "resource_id": issue.id,
            "label": self.short_label(label) if label else None,
            "action": event.action,
        }

    def upload(self, upload: Upload, project: Project) -> Json:
        path = f"/uploads/{upload.secret}/{upload.filename}"
        is_picture = upload.content_type in ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
        return {
            "id": upload.id,
            "alt": upload.filename.rpartition(".")[0] if is_picture else upload.filename,
            "url": path,
            "full_path": f"/-/project/{project.id}{path}",
            "markdown": f"{'!' if is_picture else ''}[{upload.filename}]({path})",
        }
