"""An issue as people name it."""

from __future__ import annotations

import pytest

from exporter.adapters.gitlab import parse_issue_ref
from exporter.change.issue import IssueRef
from exporter.errors import UsageError

GITLAB = "https://gitlab.example.com"
HERE = IssueRef("group/sub/project", 123)


@pytest.mark.parametrize(
    "text",
    [
        "123",
        "#123",
        " 123\n",
        "group/sub/project#123",
        "https://gitlab.example.com/group/sub/project/-/issues/123",
        "https://gitlab.example.com/group/sub/project/-/work_items/123",
        "https://gitlab.example.com/group/sub/project/-/issues/123/",
        "https://gitlab.example.com/group/sub/project/-/issues/123?tab=1#note_77",
        "https://GITLAB.example.com:443/group/sub/project/-/issues/123",
        "http://gitlab.example.com/group/sub/project/-/issues/123",
    ],
)
def test_every_form_leads_to_the_issue(text: str) -> None:
    assert parse_issue_ref(text, "group/sub/project", GITLAB) == HERE


@pytest.mark.parametrize("url", ["https://example.com/gitlab", "https://example.com/gitlab/"])
def test_a_gitlab_below_a_path_works(url: str) -> None:
    address = "https://example.com/gitlab/group/sub/project/-/work_items/123"
    assert parse_issue_ref(address, "", url) == HERE
    with pytest.raises(UsageError, match=r"not on the configured GitLab, https://example\.com/gitlab"):
        parse_issue_ref("https://example.com/other/group/project/-/issues/1", "", url)


def test_a_port_is_part_of_the_address() -> None:
    assert parse_issue_ref("http://127.0.0.1:8080/a/b/-/issues/1", "", "http://127.0.0.1:8080") == IssueRef("a/b", 1)
    with pytest.raises(UsageError, match="not on the configured GitLab"):
        parse_issue_ref("http://127.0.0.1:8081/a/b/-/issues/1", "", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "0",
        "-1",
        "１２３",
        "12345678901",
        "project#1",
        "group/project!1",
        "group//project#1",
        "group/../project#x",
        "https://gitlab.example.com/group/project/-/merge_requests/1",
        "https://gitlab.example.com/group/project/issues",
        "https://gitlab.example.com/project/-/issues/1",
        "https://gitlab.example.com.evil.example/group/project/-/issues/1",
        "https://gitlab.example.com@evil.example/group/project/-/issues/1",
        "https://kim:secret@gitlab.example.com/group/project/-/issues/1",
        "https://gitlab.example.com:99999/group/project/-/issues/1",
        "ftp://gitlab.example.com/group/project/-/issues/1",
        "https://[::1/group/project/-/issues/1",
    ],
)
def test_anything_else_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_issue_ref(text, "group/project", GITLAB)


def test_a_bare_number_needs_a_project() -> None:
    with pytest.raises(UsageError, match="Issue 123 of which project"):
        parse_issue_ref("123", "", GITLAB)
