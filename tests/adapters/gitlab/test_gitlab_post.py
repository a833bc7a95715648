"""The whole walk of post, on the sandbox's GitLab, which runs commands and mails mentions as GitLab does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exporter.change.issue import IssueRef
from exporter.diff.changes import AssetChange, ChangeKind, FieldChange, Side, SnapshotDiff, StepChange, StepPlace
from exporter.operations.post import PostAction, post_diff
from exporter.snapshot import AssetKind

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOSTILE = (
    'x\n\n/close\n/label ~"CMT::Minor"\n```\n/close\n</details>\n\n/close\n@kim @sato #120 - [x] done <!-- -->\n/close'
)


def diff_of(digest: str, text: str) -> SnapshotDiff:
    place = StepPlace(2, 1, "action", "netsuite", text, (text,), "u")
    fields = (FieldChange(("a",), text, text, f"{text}\n/close"), FieldChange(("b",), "b", "1", text))
    step = StepChange((ChangeKind.CHANGED,), place, place, fields)
    path = f"Billing/{text}.recipe.json"
    change = AssetChange(AssetKind.RECIPE, (ChangeKind.CHANGED,), path, path, text, digest * 64, steps=(step,))
    return SnapshotDiff(Side("dev", "dev", "a" * 40), Side("test", "test", None), (change,), digest * 64)


def test_hostile_text_closes_labels_and_mails_nothing(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    before = gitlab.fetch_issue(issue)
    mentioned = len(served.sandbox.state.mentions)
    for digest in ("1", "2"):
        post_diff(gitlab, diff_of(digest, HOSTILE), issue, now=NOON)
    assert served.sandbox.state.fired_actions == []
    assert len(served.sandbox.state.mentions) == mentioned
    assert gitlab.fetch_issue(issue) == before
    assert not [note for note in gitlab.fetch_notes(issue) if note.is_system and note.author.username == "wexport-bot"]


def test_created_unchanged_updated_as_gitlab_sees_it(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    created = post_diff(gitlab, diff_of("1", "a"), issue, now=NOON)
    assert created.action is PostAction.CREATED
    writes = [request for request in served.asked if not request.startswith("GET")]
    unchanged = post_diff(gitlab, diff_of("1", "a"), issue, now=NOON + timedelta(hours=1))
    assert unchanged.action is PostAction.UNCHANGED
    assert [request for request in served.asked if not request.startswith("GET")] == writes
    updated = post_diff(gitlab, diff_of("2", "b"), issue, now=NOON + timedelta(hours=2))
    assert (updated.action, updated.url) == (PostAction.UPDATED, created.url)
    assert updated.follow_up_url.startswith(f"{served.url}/{issue.project}/-/issues/123#note_")


def test_a_long_diff_leaves_a_link_to_the_attached_file(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    text = "\n".join(f"line {number}" for number in range(20_000))
    outcome = post_diff(gitlab, diff_of("1", text), issue, now=NOON)
    assert outcome.attachment == "wexport-dev-to-test-111111111111.md"
    assert "](/uploads/" in outcome.body
    assert post_diff(gitlab, diff_of("1", text), issue, now=NOON).action is PostAction.UNCHANGED


@pytest.mark.parametrize("switch", ["uses_work_item_urls", "has_scoped_labels"])
def test_other_kinds_of_gitlab_work_as_well(served: Any, issue: IssueRef, switch: str) -> None:
    served.sandbox.switch(**{switch: switch == "uses_work_item_urls"})
    outcome = post_diff(served.connect(), diff_of("1", "a"), issue, now=NOON)
    assert outcome.action is PostAction.CREATED
