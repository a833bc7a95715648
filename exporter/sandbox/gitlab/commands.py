"""What the quick actions of a text do to an issue, with the rights of whoever wrote the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exporter.sandbox.gitlab import access
from exporter.sandbox.gitlab import issue_changes as changes
from exporter.sandbox.gitlab.errors import ApiError
from exporter.sandbox.gitlab.issue_changes import Act
from exporter.sandbox.gitlab.quickactions import QuickAction
from exporter.sandbox.gitlab.references import find_issue
from exporter.sandbox.gitlab.state import FiredAction, Issue, Label

_LABEL_REFERENCE = re.compile(r"~(?:\"([^\"]+)\"|'([^']+)'|(\S+))")
_ISSUE_REFERENCE = re.compile(r"^(?P<project>[\w.\-/]+)?#(?P<iid>\d{1,9})$")
_DURATION = re.compile(r"(-?\d+)\s*(mo|w|d|h|m)")
_DURATION_SECONDS = {"mo": 576_000, "w": 144_000, "d": 28_800, "h": 3_600, "m": 60}  # a day has 8 hours, a week 5 days


@dataclass
class CommandOutcome:
    """`changes` and `messages` as the API shows them in `commands_changes` and `summary`."""

    changes: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


Command = Callable[[Act, Issue, str, CommandOutcome], bool]


def run_quick_actions(act: Act, issue: Issue, actions: tuple[QuickAction, ...]) -> CommandOutcome:
    """Runs the commands in order; one that may not or cannot run is a failure and the others go on."""
    outcome = CommandOutcome()
    for action in actions:
        act.state.fired_actions.append(FiredAction(act.user.id, issue.id, action.name, action.argument))
        command = _COMMANDS.get(action.name)
        if (
            command is None
            or not _may_run(act, issue, action.name)
            or not command(act, issue, action.argument, outcome)
        ):
            outcome.failures.append(f"Could not apply {action.name} command.")
    return outcome


def _may_run(act: Act, issue: Issue, name: str) -> bool:
    if name in ("subscribe", "unsubscribe", "todo", "done"):
        return True
    if name in ("close", "reopen", "title", "relate", "duplicate"):
        return access.can_edit_issue(act.state, act.user, issue)
    return access.can_set_metadata(act.state, act.user, act.state.project_of(issue))


def _set_state(event: str) -> Command:
    def run(act: Act, issue: Issue, _argument: str, outcome: CommandOutcome) -> bool:
        if (issue.state == "closed") == (event == "close"):
            return False
        changes.change_state(act, issue, event)
        outcome.changes["state_event"] = event
        outcome.messages.append("Closed this issue." if event == "close" else "Reopened this issue.")
        return True

    return run


def _labels_in(act: Act, issue: Issue, argument: str) -> list[Label]:
    """Labels that exist: unlike the API, a quick action makes no new ones."""
    known = {label.name: label for label, _ in act.state.labels_of(act.state.project_of(issue))}
    names = ["".join(groups) for groups in _LABEL_REFERENCE.findall(argument)] or argument.split()
    return [known[name] for name in names if name in known]


def _label(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    labels = _labels_in(act, issue, argument)
    if not labels:
        return False
    changes.change_labels(act, issue, add=labels)
    outcome.changes["add_label_ids"] = [label.id for label in labels]
    outcome.messages.append(f"Added {_label_list(labels)}.")
    return True


def _unlabel(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    labels = _labels_in(act, issue, argument)
    if argument and not labels:
        return False
    current = [label for each in issue.label_ids if (label := act.state.label_by_id(each))]
    changes.change_labels(act, issue, remove=labels or current)
    outcome.changes["remove_label_ids" if labels else "label_ids"] = [label.id for label in labels]
    outcome.messages.append(f"Removed {_label_list(labels)}." if labels else "Removed all labels.")
    return True


def _relabel(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    labels = _labels_in(act, issue, argument)
    if not labels:
        return False
    changes.change_labels(act, issue, replace=labels)
    outcome.changes["label_ids"] = [label.id for label in labels]
    outcome.messages.append(f"Replaced all labels with {_label_list(labels)}.")
    return True


def _label_list(labels: list[Label]) -> str:
    names = " ".join(f'~"{label.name}"' for label in labels)
    return f"{names} {'label' if len(labels) == 1 else 'labels'}"


def _assign(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    names = [name.removeprefix("@") for name in argument.split()]
    users = [user for name in names if (user := act.user if name == "me" else act.state.user_named(name))]
    if not users:
        return False
    changes.change_assignees(act, issue, [*issue.assignee_ids, *(user.id for user in users)])
    outcome.changes["assignee_ids"] = list(issue.assignee_ids)
    outcome.messages.append(f"Assigned {' '.join('@' + user.username for user in users)}.")
    return True


def _unassign(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    names = {name.removeprefix("@") for name in argument.split()}
    kept = [each for each in issue.assignee_ids if names and act.state.users[each].username not in names]
    if kept == issue.assignee_ids:
        return False
    changes.change_assignees(act, issue, kept)
    outcome.changes["assignee_ids"] = kept
    outcome.messages.append("Removed assignees.")
    return True


def _title(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    if not argument:
        return False
    changes.change_title(act, issue, argument[: changes.MAX_TITLE_CHARS])
    outcome.changes["title"] = issue.title
    outcome.messages.append(f'Changed the title to "{issue.title}".')
    return True


def _due(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    try:
        due = date.fromisoformat(argument).isoformat()
    except ValueError:
        return False
    changes.change_due_date(act, issue, due)
    outcome.changes["due_date"] = due
    outcome.messages.append(f"Set the due date to {due}.")
    return True


def _remove_due_date(act: Act, issue: Issue, _argument: str, outcome: CommandOutcome) -> bool:
    changes.change_due_date(act, issue, None)
    outcome.changes["due_date"] = None
    outcome.messages.append("Removed the due date.")
    return True


def _parse_duration(text: str) -> int:
    """Seconds in `1w 2d 3h`; 0 for what is no duration."""
    return sum(int(amount) * _DURATION_SECONDS[unit] for amount, unit in _DURATION.findall(text))


def _estimate(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    issue.time_estimate_seconds = _parse_duration(argument)
    outcome.changes["time_estimate"] = issue.time_estimate_seconds
    outcome.messages.append(f"Set time estimate to {argument}.")
    changes.add_system_note(act, issue, f"changed time estimate to {argument}", "time_tracking")
    return True


def _spend(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    seconds = _parse_duration(argument)
    if not seconds:
        return False
    issue.time_spent_seconds += seconds
    outcome.changes["spend_time"] = {"duration": seconds, "user_id": act.user.id}
    outcome.messages.append(f"Added {argument} spent time.")
    changes.add_system_note(act, issue, f"added {argument} of time spent", "time_tracking")
    return True


def _confidential(act: Act, issue: Issue, _argument: str, outcome: CommandOutcome) -> bool:
    changes.change_confidentiality(act, issue, True)
    outcome.changes["confidential"] = True
    outcome.messages.append("Made this issue confidential.")
    return True


def _set_lock(is_locked: bool) -> Command:
    def run(act: Act, issue: Issue, _argument: str, outcome: CommandOutcome) -> bool:
        changes.change_discussion_lock(act, issue, is_locked)
        outcome.changes["discussion_locked"] = is_locked
        outcome.messages.append(f"{'Locked' if is_locked else 'Unlocked'} the discussion.")
        return True

    return run


def _set_membership(attribute: str, is_added: bool, key: str, value: str, message: str) -> Command:
    def run(act: Act, issue: Issue, _argument: str, outcome: CommandOutcome) -> bool:
        members: set[int] = getattr(issue, attribute)
        if is_added:
            members.add(act.user.id)
        else:
            members.discard(act.user.id)
        outcome.changes[key] = value
        outcome.messages.append(message)
        return True

    return run


def _other_issue(act: Act, issue: Issue, argument: str) -> Issue | None:
    match = _ISSUE_REFERENCE.match(argument)
    project = act.state.project_of(issue)
    found = find_issue(act.state, project, match["project"], int(match["iid"])) if match else None
    return found if found is not None and access.can_see_issue(act.state, act.user, found) else None


def _duplicate(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    other = _other_issue(act, issue, argument)
    if other is None:
        return False
    issue.duplicate_of_id = other.id
    changes.add_system_note(
        act, issue, f"marked this issue as a duplicate of {changes.reference(act.state, other, issue)}", "duplicate"
    )
    changes.change_state(act, issue, "close")
    outcome.changes["canonical_issue_id"] = other.id
    outcome.messages.append(f"Closed this issue. Marked as related to, and a duplicate of, {argument}.")
    return True


def _relate(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    others = [_other_issue(act, issue, each) for each in argument.split()]
    try:
        related = [changes.link_issues(act, issue, other) for other in others if other is not None]
    except ApiError:
        return False
    outcome.messages.append(f"Added {argument} as a linked item related to this issue.")
    return bool(related)


def _copy_metadata(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    other = _other_issue(act, issue, argument)
    if other is None:
        return False
    labels = [label for each in other.label_ids if (label := act.state.label_by_id(each))]
    changes.change_labels(act, issue, add=labels)
    changes.change_milestone(act, issue, other.milestone_id)
    outcome.changes["add_label_ids"] = [label.id for label in labels]
    outcome.messages.append(f"Copied labels and milestone from {argument}.")
    return True


def _milestone(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    title = argument.removeprefix("%").strip('"')
    project = act.state.project_of(issue)
    owners = [project, *act.state.ancestors(project)]
    found = [each for owner in owners for each in owner.milestones.values() if each.title == title]
    if not found:
        return False
    changes.change_milestone(act, issue, found[0].id)
    outcome.changes["milestone_id"] = found[0].id
    outcome.messages.append(f"Set the milestone to %{title}.")
    return True


def _weight(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    if not argument.isascii() or not argument.isdigit() or len(argument) > 9:
        return False
    changes.change_weight(act, issue, int(argument))
    outcome.changes["weight"] = int(argument)
    outcome.messages.append(f"Set weight to {int(argument)}.")
    return True


def _zoom(act: Act, issue: Issue, argument: str, outcome: CommandOutcome) -> bool:
    if not argument.startswith("https://"):
        return False
    issue.zoom_links.append(argument)
    changes.add_system_note(act, issue, "added a Zoom call to this issue", "pinned_embed")
    outcome.messages.append("Zoom meeting added.")
    return True


# A known name that is missing here (approve, promote, move, …) is taken out of the text, written down in
# State.fired_actions, and answered with "Could not apply".
_COMMANDS: dict[str, Command] = {
    "close": _set_state("close"),
    "reopen": _set_state("reopen"),
    "label": _label,
    "labels": _label,
    "unlabel": _unlabel,
    "relabel": _relabel,
    "assign": _assign,
    "unassign": _unassign,
    "title": _title,
    "due": _due,
    "remove_due_date": _remove_due_date,
    "estimate": _estimate,
    "spend": _spend,
    "spent": _spend,
    "confidential": _confidential,
    "lock": _set_lock(True),
    "unlock": _set_lock(False),
    "todo": _set_membership("todo_user_ids", True, "todo_event", "add", "Added a to-do item."),
    "done": _set_membership("todo_user_ids", False, "todo_event", "done", "Marked to-do item as done."),
    "subscribe": _set_membership("subscriber_ids", True, "subscription_event", "subscribe", "Subscribed."),
    "unsubscribe": _set_membership("subscriber_ids", False, "subscription_event", "unsubscribe", "Unsubscribed."),
    "duplicate": _duplicate,
    "relate": _relate,
    "link": _relate,
    "copy_metadata": _copy_metadata,
    "milestone": _milestone,
    "weight": _weight,
    "zoom": _zoom,
}
