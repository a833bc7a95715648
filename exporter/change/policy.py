"""Which approvals a change needs, as data: another team has other labels, other types, other approvals.

HANDBOOK is the process of GitLab's own integrations team. Source: its public handbook pages "Integrations Change
Management" and "Business Technology Change Management".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class When(StrEnum):
    """By when an approval is needed."""

    BEFORE_TEST = "before test"
    BEFORE_PROD = "before prod"
    AFTER_PROD = "after prod"


@dataclass(frozen=True, slots=True)
class Approval:
    """One kind of approval. A request may be made by the label or by a comment that names it."""

    key: str
    title: str
    requested_label: str
    approved_label: str


@dataclass(frozen=True, slots=True)
class Need:
    """A change type needs this approval (its key) by then."""

    approval: str
    when: When


@dataclass(frozen=True, slots=True)
class ChangeType:
    """One column of the approval matrix. `labels` are all spellings that mean it."""

    key: str
    title: str
    labels: tuple[str, ...]
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """The approval matrix. A label that starts with one of `type_label_prefixes` claims to name a change type."""

    approvals: tuple[Approval, ...]
    change_types: tuple[ChangeType, ...]
    type_label_prefixes: tuple[str, ...]

    def approval(self, key: str) -> Approval:
        """The approval with this key. Raises: KeyError when a change type needs one that is not defined."""
        for approval in self.approvals:
            if approval.key == key:
                return approval
        raise KeyError(key)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that asks for or states an approval, in the order of the policy."""
        return tuple(
            label for approval in self.approvals for label in (approval.requested_label, approval.approved_label)
        )


def _approval(key: str, title: str, scope: str) -> Approval:
    return Approval(key, title, f"{scope}::Needs Approval", f"{scope}::Approved")


def _change_type(key: str, title: str, *needs: tuple[str, When]) -> ChangeType:
    # The pages write scoped labels, and "CMT: Emergency Change" with a colon and a space.
    spellings = tuple(f"CMT{colon}{name}" for colon in ("::", ": ") for name in (title, f"{title} Change"))
    return ChangeType(key, title, spellings, tuple(Need(approval, when) for approval, when in needs))


HANDBOOK = Policy(
    approvals=(
        _approval("peer", "Peer review", "Peer Approval"),
        _approval("code-owner", "Impacted team's management or code owner", "Code Owner Approval"),
        _approval("business-owner", "Business owner of each affected system", "Business Owner Approval"),
        _approval("head-of-it", "Head of IT", "Head of IT Approval"),
        _approval("manager", "Integrations manager", "BT Integration Manager"),
        _approval("post-implementation", "Post-implementation review", "Post-Implementation Review"),
    ),
    change_types=(
        _change_type(
            "minor",
            "Minor",
            # The company's matrix asks no peer review here; the integrations team's own steps do.
            ("peer", When.BEFORE_TEST),
            ("code-owner", When.BEFORE_PROD),
            ("manager", When.BEFORE_PROD),
            ("post-implementation", When.AFTER_PROD),
        ),
        _change_type(
            "standard",
            "Standard",
            ("peer", When.BEFORE_TEST),
            ("code-owner", When.BEFORE_PROD),
            ("manager", When.BEFORE_PROD),
            ("post-implementation", When.AFTER_PROD),
        ),
        _change_type(
            "comprehensive",
            "Comprehensive",
            ("peer", When.BEFORE_TEST),
            ("code-owner", When.BEFORE_PROD),
            ("business-owner", When.BEFORE_TEST),
            ("head-of-it", When.BEFORE_PROD),
            ("manager", When.BEFORE_PROD),
            ("post-implementation", When.AFTER_PROD),
        ),
        _change_type(
            "emergency",
            "Emergency",
            ("peer", When.AFTER_PROD),
            ("code-owner", When.AFTER_PROD),
            ("business-owner", When.AFTER_PROD),
            ("head-of-it", When.AFTER_PROD),
            ("manager", When.AFTER_PROD),
            ("post-implementation", When.AFTER_PROD),
        ),
    ),
    type_label_prefixes=("CMT::", "CMT:"),
)
