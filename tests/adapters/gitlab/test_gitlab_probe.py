"""What the doctor hears of GitLab."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.adapters.gitlab import Probe
from exporter.change.issue import IssueRef
from exporter.change.policy import Approval, ChangeType, Policy

KNOWN = Policy(
    (Approval("peer", "Peer", "Peer Approval::Needs Approval", "Peer Approval::Approved"),),
    (ChangeType("minor", "Minor", ("CMT: Minor", "CMT::Minor"), ()),),
    ("CMT::",),
)


def by_name(probes: tuple[Probe, ...]) -> dict[str, Probe]:
    return {probe.name: probe for probe in probes}


def test_a_good_set_up_is_all_well(served: Any, issue: IssueRef) -> None:
    probes = served.connect().probe(issue=issue, policy=KNOWN)
    assert [probe.name for probe in probes if not probe.is_ok] == []
    found = by_name(probes)
    assert found["GitLab token"].detail == "belongs to @wexport-bot"
    assert found["GitLab scope"].detail.startswith("api")
    assert found["GitLab role"].detail == "Reporter (20) in enterprise-apps/integrations/platypus"
    assert found["GitLab issue"].detail.endswith("#123 is open")
    assert not [request for request in served.asked if not request.startswith("GET")]


def test_a_bad_token_ends_the_look_with_one_probe(served: Any) -> None:
    probes = served.connect("no-such-token").probe(policy=KNOWN)
    assert len(probes) == 1
    assert not probes[0].is_ok
    assert "WEXPORT_GITLAB_TOKEN" in probes[0].fix


def test_an_address_that_is_no_gitlab_is_said_to_be_so(served: Any) -> None:
    served.url += "/elsewhere"
    probes = served.connect().probe(policy=KNOWN)
    assert [probe.is_ok for probe in probes] == [False]
    assert probes[0].detail.startswith(f"There is no GitLab at {served.url}: ")


def test_a_token_that_only_reads_is_found_out(served: Any) -> None:
    scope = by_name(served.connect("sandbox-gitlab-wexport-read-token").probe(policy=KNOWN))["GitLab scope"]
    assert not scope.is_ok
    assert "scope 'api'" in scope.fix


def test_a_label_that_the_project_lacks_is_named(served: Any) -> None:
    policy = Policy((Approval("x", "X", "X::Wanted", "X::Given"),), KNOWN.change_types, ())
    labels = by_name(served.connect().probe(policy=policy))["GitLab labels"]
    assert labels.is_ok
    assert labels.detail == "not in the project, so nobody can set them: X::Wanted, X::Given"
    assert labels.fix.startswith("Make them in enterprise-apps/integrations/platypus or its group")


def test_the_sandbox_has_every_label_of_the_handbook(served: Any) -> None:
    assert by_name(served.connect().probe())["GitLab labels"].detail == "all labels of the policy exist"


@pytest.mark.parametrize("project", ["no/such", "enterprise-apps/change-management-2"])
def test_a_project_that_cannot_be_seen_is_said_to_be_so(served: Any, project: str) -> None:
    role = by_name(served.connect().probe(project, policy=KNOWN))["GitLab role"]
    assert not role.is_ok
    assert "does not exist, or the token" in role.detail


def test_an_issue_that_is_not_there_is_said_to_be_so(served: Any, issue: IssueRef) -> None:
    found = by_name(served.connect().probe(issue=IssueRef(issue.project, 99999), policy=KNOWN))
    assert not found["GitLab issue"].is_ok
