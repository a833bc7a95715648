"""What changes an issue, and the traces that GitLab keeps of it: events, system notes, mails."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab.checklist import parse_tasks
from exporter.sandbox.gitlab.state import (
    Issue,
    IssueLink,
    Label,
    LabelEvent,
    Mail,
    MilestoneEvent,
    Note,
    Project,
    State,
    StateEvent,
    User,
    WeightEvent,
)

NEW_LABEL_COLOR = "#428BCA"  # GitLab's default for labels that it makes itself
MAX_TITLE_CHARS = 255
MAX_DESCRIPTION_BYTES = 1_048_576  # GitLab, limits on descriptions


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, and when."""

    state: State
    user: User
    now: datetime


def new_discussion_id(state: State) -> tuple[int, str]:
    """The id of a note and the 40 hex digits of the discussion that it begins."""
    note_id = state.next_id("note", 90_001)
    return note_id, hashlib.sha256(f"discussion {note_id}".encode()).hexdigest()[:40]


def add_system_note(act: Act, issue: Issue, body: str, action: str, *, source: Issue | None = None) -> None:
    note_id, discussion_id = new_discussion_id(act.state)
    issue.notes.append(
        Note(
            note_id, body, act.user.id, act.now, act.now, discussion_id,
            is_system=True, system_action=action, source_issue_id=source.id if source else None,
        )
    )  # fmt: skip


# --- labels ---


def find_or_create_labels(act: Act, project: Project, names: Iterable[str]) -> list[Label]:
    """Labels by exact name, the project's own first; an unknown name silently becomes a label of the project."""
    found = []
    for name in dict.fromkeys(name.strip() for name in names if name.strip()):
        known = [label for label, _ in act.state.labels_of(project) if label.name == name]
        known.sort(key=lambda label: label.id not in project.labels)
        label = known[0] if known else None
        if label is None:
            label = Label(act.state.next_id("label", 501), name, NEW_LABEL_COLOR)
            project.labels[label.id] = label
        found.append(label)
    return found


def change_labels(
    act: Act,
    issue: Issue,
    *,
    replace: Sequence[Label] | None = None,
    add: Sequence[Label] = (),
    remove: Sequence[Label] = (),
) -> None:
    """Sets the labels and writes one event for each that came or went; of one scope the last one wins."""
    before = list(issue.label_ids)
    base = [label.id for label in replace] if replace is not None else before
    removed = {label.id for label in remove}
    wanted = [each for each in dict.fromkeys([*base, *(label.id for label in add)]) if each not in removed]
    if act.state.switches.has_scoped_labels:
        order = [*(label.id for label in add), *(label.id for label in replace or ())]
        wanted = _keep_one_per_scope(act.state, wanted, before, order)
    for action, label_ids in (
        ("remove", [each for each in before if each not in wanted]),
        ("add", [each for each in wanted if each not in before]),
    ):
        for label_id in label_ids:
            event_id = act.state.next_id("label event", 40_001)
            issue.label_events.append(LabelEvent(event_id, act.user.id, act.now, label_id, action))
    if wanted != before:
        issue.label_ids = wanted
        issue.updated_at = act.now


def _keep_one_per_scope(state: State, wanted: list[int], before: list[int], order: list[int]) -> list[int]:
    """Only scopes that gain a label are reduced: two labels of a scope that were both there stay."""
    by_scope: dict[str, list[int]] = {}
    for label_id in wanted:
        label = state.label_by_id(label_id)
        if label is not None and label.scope is not None:
            by_scope.setdefault(label.scope, []).append(label_id)
    dropped: set[int] = set()
    for label_ids in by_scope.values():
        if len(label_ids) > 1 and any(each not in before for each in label_ids):
            survivor = [each for each in order if each in label_ids][-1]
            dropped.update(each for each in label_ids if each != survivor)
    return [each for each in wanted if each not in dropped]


# --- state, people, dates ---


def change_state(act: Act, issue: Issue, event: str) -> None:
    """`event` is "close" or "reopen"; neither does anything twice."""
    target = {"close": "closed", "reopen": "opened"}[event]
    if issue.state == target:
        return
    issue.state = target
    issue.closed_at = act.now if event == "close" else None
    issue.closed_by_id = act.user.id if event == "close" else None
    shown = "closed" if event == "close" else "reopened"
    issue.state_events.append(StateEvent(act.state.next_id("state event", 30_001), act.user.id, act.now, shown))
    issue.updated_at = act.now


def change_title(act: Act, issue: Issue, title: str) -> None:
    title = checked_title(title)
    if title != issue.title:
        add_system_note(act, issue, f"changed title from **{issue.title}** to **{title}**", "title")
        issue.title = title
        issue.updated_at = act.now


def checked_title(title: str) -> str:
    title = title.strip()
    if not title:
        raise errors.validation_failed("title", "can't be blank")
    if len(title) > MAX_TITLE_CHARS:
        raise errors.validation_failed("title", f"is too long (maximum is {MAX_TITLE_CHARS} characters)")
    return title


def checked_description(text: str) -> str:
    if len(text.encode()) > MAX_DESCRIPTION_BYTES:
        raise errors.validation_failed("description", "is too long (maximum is 1 MiB)")
    return text


def change_description(act: Act, issue: Issue, text: str) -> None:
    """Ticking items says so item by item; every other edit is just "changed the description"."""
    if text == issue.description:
        return
    before, after = parse_tasks(issue.description), parse_tasks(text)
    ticked = [new for old, new in zip(before, after, strict=False) if old.is_done != new.is_done]
    if [item.text for item in before] == [item.text for item in after] and ticked:
        for item in ticked:
            outcome = "completed" if item.is_done else "incomplete"
            add_system_note(act, issue, f"marked the checklist item **{item.text}** as {outcome}", "task")
    else:
        add_system_note(act, issue, "changed the description", "description")
    issue.description = text
    issue.updated_at = act.now


def change_assignees(act: Act, issue: Issue, user_ids: Sequence[int]) -> None:
    """One assignee on Free, several on Premium: the sandbox is Premium; unknown ids are ignored."""
    wanted = [each for each in dict.fromkeys(user_ids) if each in act.state.users]
    for action, changed in (
        ("assigned to", [each for each in wanted if each not in issue.assignee_ids]),
        ("unassigned", [each for each in issue.assignee_ids if each not in wanted]),
    ):
        if changed:
            names = " and ".join(f"@{act.state.users[each].username}" for each in changed)
            add_system_note(act, issue, f"{action} {names}", "assignee")
            if action == "assigned to":
                act.state.mails.extend(Mail(each, "assigned", issue.id) for each in changed if each != act.user.id)
    if wanted != issue.assignee_ids:
        issue.assignee_ids = wanted
        issue.updated_at = act.now


def change_weight(act: Act, issue: Issue, weight: int | None) -> None:
    if weight != issue.weight:
        event = WeightEvent(act.state.next_id("weight event"), act.user.id, act.now, weight)
        issue.weight_events.append(event)
        issue.weight = weight
        issue.updated_at = act.now


def change_milestone(act: Act, issue: Issue, milestone_id: int | None) -> None:
    if milestone_id == issue.milestone_id:
        return
    for changed_id, action in ((issue.milestone_id, "remove"), (milestone_id, "add")):
        if changed_id is not None:
            event_id = act.state.next_id("milestone event")
            issue.milestone_events.append(MilestoneEvent(event_id, act.user.id, act.now, changed_id, action))
    issue.milestone_id = milestone_id
    issue.updated_at = act.now


def change_confidentiality(act: Act, issue: Issue, is_confidential: bool) -> None:
    if issue.is_confidential != is_confidential:
        issue.is_confidential = is_confidential
        shown = "confidential" if is_confidential else "visible to everyone"
        add_system_note(act, issue, f"made the issue {shown}", "confidential")
        issue.updated_at = act.now


def change_discussion_lock(act: Act, issue: Issue, is_locked: bool) -> None:
    if issue.is_discussion_locked != is_locked:
        issue.is_discussion_locked = is_locked
        add_system_note(act, issue, f"{'locked' if is_locked else 'unlocked'} the discussion in this issue", "locked")
        issue.updated_at = act.now


def change_due_date(act: Act, issue: Issue, due_date: str | None) -> None:
    if issue.due_date != due_date:
        text = f"changed due date to {due_date}" if due_date else "removed due date"
        add_system_note(act, issue, text, "due_date")
        issue.due_date = due_date
        issue.updated_at = act.now


# --- links ---


def link_issues(act: Act, source: Issue, target: Issue, link_type: str = "relates_to") -> IssueLink:
    """A link that both issues show, with a system note on each."""
    pair = {source.id, target.id}
    if any({link.source_id, link.target_id} == pair for link in act.state.issue_links.values()):
        raise errors.conflict("Issue(s) already assigned")
    link = IssueLink(act.state.next_id("issue link", 701), source.id, target.id, link_type, act.now)
    act.state.issue_links[link.id] = link
    for issue, other in ((source, target), (target, source)):
        add_system_note(act, issue, f"marked this issue as related to {reference(act.state, other, issue)}", "relate")
    return link


def reference(state: State, issue: Issue, seen_from: Issue) -> str:
    """`#12` inside the project, `group/project#12` from elsewhere."""
    if issue.project_id == seen_from.project_id:
        return f"#{issue.iid}"
    return f"{state.project_of(issue).path_with_namespace}#{issue.iid}"


# --- the fields of an API call ---


Setter = Callable[[Act, Issue, Any], None]

METADATA: dict[str, Setter] = {
    "assignee_ids": change_assignees,
    "due_date": change_due_date,
    "milestone_id": change_milestone,
    "weight": change_weight,
    "confidential": change_confidentiality,
    "discussion_locked": change_discussion_lock,
}
LABEL_FIELDS = ("labels", "add_labels", "remove_labels")


def change_metadata(act: Act, issue: Issue, fields: dict[str, Any]) -> None:
    """Sets what a Planner may set. Without that right GitLab drops these fields silently and answers 200."""
    if not access.can_set_metadata(act.state, act.user, act.state.project_of(issue)):
        return
    set_metadata(act, issue, fields)


def set_metadata(act: Act, issue: Issue, fields: dict[str, Any]) -> None:
    for name, setter in METADATA.items():
        if name in fields:
            setter(act, issue, fields[name])
    if any(name in fields for name in LABEL_FIELDS):
        project = act.state.project_of(issue)
        known = {label.name: label for label, _ in act.state.labels_of(project)}
        change_labels(
            act,
            issue,
            replace=find_or_create_labels(act, project, fields["labels"]) if "labels" in fields else None,
            add=find_or_create_labels(act, project, fields.get("add_labels", ())),
            remove=[known[name] for name in fields.get("remove_labels", ()) if name in known],
        )
