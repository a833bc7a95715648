"""Which approvals a change issue needs, by its labels."""

from __future__ import annotations

import pytest

from exporter.change.checklist import ApprovalStatus, Checklist, needed_approvals
from exporter.change.policy import HANDBOOK, Approval, ChangeType, Need, Policy, When


def shown(checklist: Checklist) -> dict[str, tuple[When, ApprovalStatus]]:
    return {state.approval.key: (state.when, state.status) for state in checklist.approvals}


def needs(*labels: str) -> dict[str, When]:
    return {key: when for key, (when, _) in shown(needed_approvals(HANDBOOK, labels)).items()}


def test_the_handbook_asks_of_each_change_type_what_its_matrix_says() -> None:
    before, test, after = When.BEFORE_PROD, When.BEFORE_TEST, When.AFTER_PROD
    small = {"peer": test, "code-owner": before, "manager": before, "post-implementation": after}
    assert needs("CMT::Minor") == small
    assert needs("CMT::Standard") == small
    assert needs("CMT::Comprehensive") == small | {"business-owner": test, "head-of-it": before}
    everything = ("peer", "code-owner", "business-owner", "head-of-it", "manager", "post-implementation")
    assert needs("CMT::Emergency") == dict.fromkeys(everything, after)


@pytest.mark.parametrize(
    "label", ["CMT::Emergency", "CMT: Emergency Change", "cmt::emergency change", "CMT:  Emergency", "CMT::Emergency "]
)
def test_spellings_of_a_change_type_are_tolerated(label: str) -> None:
    change_type = needed_approvals(HANDBOOK, [label]).change_type
    assert change_type is not None
    assert change_type.key == "emergency"


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ((), "No change type label is set"),
        (("bug",), "No change type label is set"),
        (("CMT::Trivial",), "A change type label is not one that the policy knows"),
        (("CMT::Minor", "CMT::Trivial"), "A change type label is not one that the policy knows"),
        (("CMT::Minor", "CMT::Comprehensive"), "Several change type labels contradict each other"),
    ],
)
def test_an_unclear_change_type_leads_to_the_strictest_list(labels: tuple[str, ...], problem: str) -> None:
    checklist = needed_approvals(HANDBOOK, labels)
    assert checklist.change_type is None
    assert checklist.problem == problem
    assert needs(*labels) == {
        "peer": When.BEFORE_TEST,
        "code-owner": When.BEFORE_PROD,
        "business-owner": When.BEFORE_TEST,
        "head-of-it": When.BEFORE_PROD,
        "manager": When.BEFORE_PROD,
        "post-implementation": When.AFTER_PROD,
    }


def test_two_spellings_of_one_type_do_not_contradict_each_other() -> None:
    assert needed_approvals(HANDBOOK, ["CMT::Minor", "CMT: Minor Change"]).problem == ""


@pytest.mark.parametrize(
    ("labels", "status"),
    [
        ((), ApprovalStatus.NOT_REQUESTED),
        (("Peer Approval::Needs Approval",), ApprovalStatus.REQUESTED),
        (("Peer Approval::Approved",), ApprovalStatus.LABEL_SET),
        (("Peer Approval::Approved", "Peer Approval::Needs Approval"), ApprovalStatus.CONFLICTING),
        (("Peer Approval::Approved", "Peer Approval::Rejected"), ApprovalStatus.CONFLICTING),
        (("Business Owner Approval::Approved",), ApprovalStatus.NOT_REQUESTED),
        (("Peer Approval::Rejected",), ApprovalStatus.NOT_REQUESTED),
    ],
)
def test_the_state_of_an_approval_is_what_its_labels_say(labels: tuple[str, ...], status: ApprovalStatus) -> None:
    assert shown(needed_approvals(HANDBOOK, ["CMT::Minor", *labels]))["peer"][1] is status


def test_a_comment_that_names_the_request_is_a_request_and_never_an_approval() -> None:
    comments = ['Please look.\n\n~"BT Integration Manager::Needs Approval"', "Peer Approval::Approved"]
    states = shown(needed_approvals(HANDBOOK, ["CMT::Minor"], comments))
    assert states["manager"][1] is ApprovalStatus.REQUESTED
    assert states["peer"][1] is ApprovalStatus.NOT_REQUESTED


def test_another_team_has_other_labels_without_a_change_of_code() -> None:
    policy = Policy(
        (Approval("qa", "QA", "qa-please", "qa-ok"),),
        (ChangeType("any", "Any", ("change",), (Need("qa", When.BEFORE_PROD),)),),
        ("change",),
    )
    checklist = needed_approvals(policy, ["change", "qa-ok"])
    assert shown(checklist) == {"qa": (When.BEFORE_PROD, ApprovalStatus.LABEL_SET)}
    both = needed_approvals(policy, ["change", "qa-ok", "qa-please"])
    assert shown(both)["qa"][1] is ApprovalStatus.CONFLICTING
    assert policy.labels == ("qa-please", "qa-ok")
