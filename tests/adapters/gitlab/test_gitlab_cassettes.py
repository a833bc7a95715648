"""Every call of the adapter, replayed from a cassette without any server.

To record anew: WEXPORT_RECORD=1 from the sandbox; WEXPORT_LIVE=1 from a real GitLab, whose project and issue
WEXPORT_LIVE_GITLAB_ISSUE names ("group/project#123").
"""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

import pytest

from exporter.adapters.gitlab import GitLab, GitLabAccess, parse_issue_ref
from exporter.change.issue import IssueRef
from exporter.errors import GitLabAccessError, GitLabNotFoundError

# Read when this file is loaded: tests run without such variables.
ISSUE = os.environ.get("WEXPORT_LIVE_GITLAB_ISSUE", "enterprise-apps/integrations/platypus#123")
BODY = "## wexport: a note of a test\n\n<!-- wexport:1 kind=diff source=cassette -->\n\nIt may be deleted."


def connect(service: Any, token: str = "") -> tuple[GitLab, IssueRef]:
    issue = parse_issue_ref(ISSUE, "", service.url)
    access = GitLabAccess(service.url, token or service.token, "WEXPORT_GITLAB_TOKEN", issue.project)
    return GitLab(access), issue


def test_an_issue_with_its_notes_and_labels_is_read(replay: Any, start_gitlab: Any) -> None:
    with replay("gitlab/read", sandbox=start_gitlab) as service:
        gitlab, issue = connect(service)
        assert gitlab.fetch_self().id > 0
        found = gitlab.fetch_issue(issue)
        assert found.is_open
        assert found.url.startswith(service.url)
        assert {event.label for event in gitlab.fetch_label_events(issue)} >= set(found.labels)
        assert all(note.body for note in gitlab.fetch_notes(issue))


def test_a_note_is_written_read_and_edited(replay: Any, start_gitlab: Any) -> None:
    with replay("gitlab/write", sandbox=start_gitlab) as service:
        gitlab, issue = connect(service)
        note = gitlab.create_note(issue, BODY)
        assert note.author.id == gitlab.fetch_self().id
        assert gitlab.fetch_note(issue, note.id).body == BODY
        edited = gitlab.update_note(issue, note.id, BODY + " Really.")
        assert edited.body == BODY + " Really."
        assert edited.id == note.id


def test_a_file_is_uploaded(replay: Any, start_gitlab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The boundary between the parts of the request is random, and a cassette compares bodies.
    monkeypatch.setattr("requests_toolbelt.multipart.encoder.uuid4", lambda: UUID(int=0))
    with replay("gitlab/upload", sandbox=start_gitlab) as service:
        gitlab, issue = connect(service)
        address = gitlab.upload_file(issue.project, "wexport-test.md", b"# A diff\n")
        assert address.startswith("/uploads/")
        assert address.endswith("/wexport-test.md")


def test_a_doctor_looks_at_token_role_labels_and_issue(replay: Any, start_gitlab: Any) -> None:
    with replay("gitlab/probe", sandbox=start_gitlab) as service:
        gitlab, issue = connect(service)
        probes = {probe.name: probe for probe in gitlab.probe(issue=issue)}
        assert probes["GitLab token"].is_ok
        assert probes["GitLab role"].is_ok
        assert probes["GitLab issue"].is_ok
        assert "GitLab labels" in probes


def test_a_wrong_token_and_a_missing_issue_are_told_apart(replay: Any, start_gitlab: Any) -> None:
    with replay("gitlab/refusals", sandbox=start_gitlab) as service:
        gitlab, issue = connect(service, "wrong-token")
        with pytest.raises(GitLabAccessError):
            gitlab.fetch_issue(issue)
        gitlab, issue = connect(service)
        with pytest.raises(GitLabNotFoundError):
            gitlab.fetch_issue(IssueRef(issue.project, 987654321))
