"""The approvals that a change issue still needs, as far as its labels tell.

A label alone proves nothing, since anyone with Reporter rights can set one. So the best state here is "label
set, not yet verified". Whatever is unclear about the change type leads to the strictest list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from exporter.change.policy import Approval, ChangeType, Need, Policy, When


class ApprovalStatus(StrEnum):
    """What labels and comments say about one approval."""

    NOT_REQUESTED = "not requested"
    REQUESTED = "requested"
    LABEL_SET = "label set, not yet verified"
    CONFLICTING = "conflicting labels"


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """One line of the checklist."""

    approval: Approval
    when: When
    status: ApprovalStatus


@dataclass(frozen=True, slots=True)
class Checklist:
    """What a change needs. `change_type` is None when the issue does not say it clearly; then `problem` says what
    is wrong, and `approvals` is the strictest list. `type_labels` are the labels that claim a type."""

    change_type: ChangeType | None
    type_labels: tuple[str, ...]
    problem: str
    approvals: tuple[ApprovalState, ...]


def needed_approvals(policy: Policy, labels: Iterable[str], comments: Iterable[str] = ()) -> Checklist:
    """The approvals that an issue with these labels needs, with their state.

    `comments` are the bodies of people's notes: the handbook asks for some approvals by a comment that holds the
    name of the request's label, so a line with nothing else counts as a request (never as an approval).
    """
    present = {_folded(label): label for label in labels}
    claims = tuple(label for folded, label in present.items() if _claims_type(policy, folded))
    change_type, problem = _change_type(policy, claims)
    needs = change_type.needs if change_type else _strictest(policy)
    asked = {_folded(line.strip(" \t~\"'`*")) for body in comments for line in body.splitlines()}
    states = tuple(
        ApprovalState(approval, need.when, _status(approval, present.keys(), asked))
        for need in needs
        for approval in (policy.approval(need.approval),)
    )
    return Checklist(change_type, claims, problem, states)


def _folded(label: str) -> str:
    return re.sub(r"\s+", " ", label).strip().casefold()


def _claims_type(policy: Policy, folded: str) -> bool:
    spellings = {_folded(label) for change_type in policy.change_types for label in change_type.labels}
    return folded in spellings or folded.startswith(tuple(prefix.casefold() for prefix in policy.type_label_prefixes))


def _change_type(policy: Policy, claims: tuple[str, ...]) -> tuple[ChangeType | None, str]:
    by_label = {_folded(label): kind for kind in policy.change_types for label in kind.labels}
    if not claims:
        return None, "No change type label is set"
    if any(_folded(label) not in by_label for label in claims):
        return None, "A change type label is not one that the policy knows"
    kinds = {by_label[_folded(label)].key: by_label[_folded(label)] for label in claims}
    if len(kinds) > 1:
        return None, "Several change type labels contradict each other"
    return next(iter(kinds.values())), ""


def _strictest(policy: Policy) -> tuple[Need, ...]:
    """Every approval that any change type needs, each by its earliest time."""
    order = list(When)
    earliest: dict[str, When] = {}
    for need in (need for change_type in policy.change_types for need in change_type.needs):
        known = earliest.get(need.approval, need.when)
        earliest[need.approval] = min(known, need.when, key=order.index)
    return tuple(
        Need(approval.key, earliest[approval.key]) for approval in policy.approvals if approval.key in earliest
    )


def _status(approval: Approval, present: Iterable[str], asked: set[str]) -> ApprovalStatus:
    requested, approved = _folded(approval.requested_label), _folded(approval.approved_label)
    scope = approved.rpartition("::")[0]
    siblings = {label for label in present if scope and label.rpartition("::")[0] == scope} | {
        label for label in present if label in (requested, approved)
    }
    if approved in siblings:
        # Scoped labels exclude each other in GitLab Premium only; elsewhere both can stand side by side.
        return ApprovalStatus.LABEL_SET if siblings == {approved} else ApprovalStatus.CONFLICTING
    if requested in siblings or requested in asked:
        return ApprovalStatus.REQUESTED
    return ApprovalStatus.NOT_REQUESTED
