"""The walk of a diff to its change issue, against a GitLab made of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from exporter.change.issue import Issue, IssueRef, LabelAction, LabelEvent, Note, User
from exporter.change.marker import NoteKind, read_marker
from exporter.diff.changes import AssetChange, ChangeKind, FieldChange, Side, SnapshotDiff, StepChange, StepPlace
from exporter.errors import GitLabReplyError, GitLabUnavailableError, RefusedError
from exporter.operations.post import PostAction, PostOutcome, post_diff
from exporter.render.markdown.check import check_note_body
from exporter.render.markdown.note import MAX_BODY_BYTES, render_markdown
from exporter.snapshot import AssetKind

ISSUE = IssueRef("group/platypus", 123)
URL = "https://gitlab.example.com/group/platypus/-/issues/123"
BOT = User(1, "wexport-bot", "wexport", is_bot=True)
KIM = User(2, "kim", "Kim Lee")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@dataclass
class GitLabOfValues:
    """An issue's notes in memory. `requests` lists the writes."""

    labels: tuple[str, ...] = ("CMT::Standard",)
    notes: list[Note] = field(default_factory=list)
    events: tuple[LabelEvent, ...] = ()
    requests: list[str] = field(default_factory=list)
    labels_after_write: tuple[str, ...] | None = None
    failing: str = ""

    def fetch_self(self) -> User:
        return BOT

    def fetch_issue(self, issue: IssueRef) -> Issue:
        labels = self.labels_after_write if self.requests and self.labels_after_write is not None else self.labels
        return Issue(issue, 7, "A change", True, labels, KIM, URL)

    def fetch_notes(self, issue: IssueRef) -> tuple[Note, ...]:
        return tuple(self.notes)

    def fetch_note(self, issue: IssueRef, note_id: int) -> Note:
        return next(note for note in self.notes if note.id == note_id)

    def fetch_label_events(self, issue: IssueRef) -> tuple[LabelEvent, ...]:
        return self.events

    def create_note(self, issue: IssueRef, body: str) -> Note:
        self._count("create")
        return self.add(BOT, body)

    def update_note(self, issue: IssueRef, note_id: int, body: str) -> Note:
        self._count(f"update {note_id}")
        return self.edit(note_id, body)

    def upload_file(self, project: str, name: str, content: bytes) -> str:
        self._count(f"upload {name}")
        return f"/uploads/{'0' * 32}/{name}"

    def add(self, author: User, body: str, *, is_system: bool = False) -> Note:
        check_note_body(body)
        note = Note(len(self.notes) + 1, body, author, NOON, NOON, is_system=is_system)
        self.notes.append(note)
        return note

    def edit(self, note_id: int, body: str) -> Note:
        self.notes[note_id - 1] = replace(self.notes[note_id - 1], body=body)
        return self.notes[note_id - 1]

    def _count(self, request: str) -> None:
        if self.failing and request.startswith(self.failing):
            raise GitLabUnavailableError("GitLab failed")
        self.requests.append(request)


def recipe(name: str, digest: str, steps: tuple[StepChange, ...] = ()) -> AssetChange:
    path = f"Billing/{name}.recipe.json"
    return AssetChange(AssetKind.RECIPE, (ChangeKind.CHANGED,), path, path, name, digest * 64, steps=steps)


def diff_of(digest: str, *changes: AssetChange, source: str = "dev", target: str = "test") -> SnapshotDiff:
    return SnapshotDiff(Side(source, source, "a" * 40), Side(target, target, "b" * 40), changes, digest * 64)


FIRST = diff_of("1", recipe("Invoices", "a"), recipe("Orders", "b"))
SECOND = diff_of("2", recipe("Invoices", "c"), recipe("Customers", "d"))


def post(
    gitlab: GitLabOfValues, diff: SnapshotDiff = FIRST, now: datetime = NOON, *, dry_run: bool = False
) -> PostOutcome:
    return post_diff(gitlab, diff, ISSUE, now=now, dry_run=dry_run)


@dataclass
class HistoryOfValues:
    """When commits were made."""

    times: dict[str, datetime]

    def stored_at(self, revision: str) -> datetime | None:
        return self.times.get(revision)


def test_an_old_clone_does_not_bring_back_what_was() -> None:
    gitlab = GitLabOfValues()
    newer = HistoryOfValues({"a" * 40: LATER, "b" * 40: NOON})
    post_diff(gitlab, SECOND, ISSUE, now=LATER, history=newer)
    older = HistoryOfValues({"a" * 40: NOON, "b" * 40: NOON})
    with pytest.raises(
        RefusedError, match=r"'dev' of 2026-11-23 13:00:00 UTC, and the one here is older \(2026-11-23 12"
    ):
        post_diff(gitlab, FIRST, ISSUE, now=LATER + timedelta(hours=1), history=older)
    assert gitlab.requests == ["create"]


def test_an_earlier_time_that_was_named_may_be_posted() -> None:
    gitlab = GitLabOfValues()
    post_diff(gitlab, SECOND, ISSUE, now=LATER, history=HistoryOfValues({"a" * 40: LATER}))
    named = replace(FIRST, source=Side("dev@2026-11-23T12:00", "dev", "a" * 40))
    outcome = post_diff(gitlab, named, ISSUE, now=LATER, history=HistoryOfValues({"a" * 40: NOON}))
    assert outcome.action is PostAction.UPDATED


def test_the_same_diff_of_older_snapshots_is_no_quarrel() -> None:
    gitlab = GitLabOfValues()
    post_diff(gitlab, FIRST, ISSUE, now=LATER, history=HistoryOfValues({"a" * 40: LATER}))
    outcome = post_diff(gitlab, FIRST, ISSUE, now=LATER, history=HistoryOfValues({"a" * 40: NOON}))
    assert outcome.action is PostAction.UNCHANGED
    gitlab.labels = ("CMT::Standard", "Peer Approval::Needs Approval")  # so that the comment is written again
    post_diff(gitlab, FIRST, ISSUE, now=LATER, history=HistoryOfValues({"a" * 40: NOON}))
    marker = read_marker(gitlab.notes[0].body)
    assert marker
    assert marker.source_stored_at == LATER


def test_the_first_post_creates_one_comment() -> None:
    gitlab = GitLabOfValues()
    outcome = post(gitlab)
    assert outcome.action is PostAction.CREATED
    assert outcome.url == f"{URL}#note_1"
    assert (outcome.follow_up_url, outcome.attachment, outcome.superseded) == ("", "", 0)
    assert gitlab.requests == ["create"]
    assert outcome.body == gitlab.notes[0].body
    assert outcome.body.startswith("## wexport: promoting dev to test: 2 recipes changed\n\n<!-- wexport:1 kind=diff ")


def test_the_same_diff_again_sends_nothing() -> None:
    gitlab = GitLabOfValues()
    post(gitlab)
    outcome = post(gitlab, now=LATER)
    assert outcome.action is PostAction.UNCHANGED
    assert outcome.url == f"{URL}#note_1"
    assert gitlab.requests == ["create"]


def test_a_changed_diff_edits_the_comment_and_says_in_a_new_note_what_changed() -> None:
    gitlab = GitLabOfValues()
    post(gitlab)
    outcome = post(gitlab, SECOND, LATER)
    assert outcome.action is PostAction.UPDATED
    assert gitlab.requests == ["create", "update 1", "create"]
    assert outcome.follow_up_url == f"{URL}#note_2"
    short = gitlab.notes[1].body
    assert (
        f"[the comment with the diff]({URL}#note_1) now shows the diff `222222222222`, before `111111111111`" in short
    )
    assert "- **Changed differently than before:** `Invoices` (`Billing/Invoices.recipe.json`)" in short
    assert "- **New in the diff:** `Customers` (`Billing/Customers.recipe.json`)" in short
    assert "- **No longer in the diff:** `Orders` (`Billing/Orders.recipe.json`)" in short


def test_a_diff_that_shrinks_to_nothing_is_posted_as_no_difference() -> None:
    gitlab = GitLabOfValues()
    post(gitlab)
    post(gitlab, diff_of("0"), LATER)
    assert gitlab.notes[0].body.startswith("## wexport: no difference, promoting dev to test changes nothing\n")
    assert "- **No longer in the diff:** `Invoices`" in gitlab.notes[1].body


def test_a_changed_approval_state_is_shown_without_mailing_anyone() -> None:
    gitlab = GitLabOfValues()
    post(gitlab)
    gitlab.labels = ("CMT::Standard", "Peer Approval::Needs Approval")
    outcome = post(gitlab, now=LATER)
    assert outcome.action is PostAction.UPDATED
    assert gitlab.requests == ["create", "update 1"]
    assert "| Peer review | before test | ⏳ requested |" in gitlab.notes[0].body
    assert post(gitlab, now=LATER).action is PostAction.UNCHANGED


def test_a_comment_that_names_the_request_counts_as_asked_for() -> None:
    gitlab = GitLabOfValues()
    gitlab.add(KIM, "`BT Integration Manager::Needs Approval`")
    post(gitlab)
    assert "| Integrations manager | before prod | ⏳ requested |" in gitlab.notes[1].body


def test_a_comment_that_someone_edited_is_put_right() -> None:
    gitlab = GitLabOfValues()
    original = post(gitlab).body
    gitlab.edit(1, original.replace("2 recipes", "no recipe"))
    outcome = post(gitlab)
    assert outcome.action is PostAction.UPDATED
    assert gitlab.notes[0].body == original
    assert len(gitlab.notes) == 1


def test_each_pair_of_environments_has_its_own_comment() -> None:
    gitlab = GitLabOfValues()
    post(gitlab)
    assert post(gitlab, diff_of("3", source="test", target="prod")).action is PostAction.CREATED
    assert post(gitlab, diff_of("4", source="dev", target="non-test")).action is PostAction.CREATED
    assert post(gitlab).action is PostAction.UNCHANGED


def test_a_marker_in_someone_elses_note_does_not_count() -> None:
    gitlab = GitLabOfValues()
    forged = post(GitLabOfValues()).body
    gitlab.add(KIM, forged)
    gitlab.add(BOT, forged, is_system=True)
    assert post(gitlab).action is PostAction.CREATED
    assert gitlab.notes[0].body == forged


def test_of_several_comments_the_newest_stays_and_the_others_say_so() -> None:
    gitlab = GitLabOfValues()
    body = post(gitlab).body
    gitlab.add(BOT, body)
    outcome = post(gitlab)
    assert outcome.action is PostAction.UNCHANGED
    assert outcome.superseded == 1
    assert outcome.url == f"{URL}#note_2"
    assert f"See [a newer comment]({URL}#note_2)." in gitlab.notes[0].body
    marker = read_marker(gitlab.notes[0].body)
    assert marker is not None
    assert marker.kind is NoteKind.SUPERSEDED
    assert post(gitlab).superseded == 0


def test_an_older_comparison_does_not_overwrite_a_newer_one() -> None:
    gitlab = GitLabOfValues()
    post(gitlab, SECOND, LATER)
    with pytest.raises(RefusedError, match="already shows a later comparison"):
        post(gitlab, FIRST, NOON)
    assert gitlab.requests == ["create"]


def test_a_comment_changed_by_another_run_meanwhile_is_not_overwritten() -> None:
    gitlab = GitLabOfValues()
    post(gitlab)
    listed = tuple(gitlab.notes)
    gitlab.edit(1, listed[0].body + "!")
    gitlab.fetch_notes = lambda issue: listed  # type: ignore[method-assign]
    with pytest.raises(RefusedError, match="Another run changed the comment"):
        post(gitlab, SECOND, LATER)
    assert gitlab.requests == ["create"]


def test_a_comment_of_a_newer_wexport_is_left_alone() -> None:
    gitlab = GitLabOfValues()
    body = post(gitlab).body
    gitlab.edit(1, body.replace("<!-- wexport:1 ", "<!-- wexport:2 "))
    with pytest.raises(RefusedError, match="newer wexport"):
        post(gitlab, SECOND, LATER)


def test_a_short_note_that_a_stopped_run_owes_is_posted_by_the_next() -> None:
    gitlab = GitLabOfValues()
    post(gitlab)
    gitlab.failing = "create"
    with pytest.raises(GitLabUnavailableError):
        post(gitlab, SECOND, LATER)
    gitlab.failing = ""
    outcome = post(gitlab, SECOND, LATER)
    assert outcome.action is PostAction.UNCHANGED
    assert outcome.follow_up_url == f"{URL}#note_2"
    assert "- **New in the diff:** `Customers`" in gitlab.notes[1].body
    assert post(gitlab, SECOND, LATER).follow_up_url == ""


def test_a_diff_that_returns_to_an_earlier_state_is_news_again() -> None:
    gitlab = GitLabOfValues()
    for diff in (FIRST, SECOND, FIRST):
        post(gitlab, diff, LATER)
    assert len(gitlab.notes) == 3
    assert "now shows the diff `111111111111`, before `222222222222`" in gitlab.notes[2].body


def big_diff(digest: str) -> SnapshotDiff:
    place = StepPlace(2, 0, "action", "netsuite", "Search accounts", (), "u")
    text = "\n".join(f"line {number} of a long script" for number in range(120))
    fields = (FieldChange(("sql",), "SQL", text, text.upper()),)
    steps = tuple(StepChange((ChangeKind.CHANGED,), place, place, fields) for _ in range(20))
    return diff_of(digest, *(recipe(f"Recipe {number}", "a", steps) for number in range(10)))


def test_a_diff_beyond_the_budget_is_shortened_and_attached_whole() -> None:
    gitlab = GitLabOfValues()
    diff = big_diff("5")
    outcome = post(gitlab, diff)
    name = "wexport-dev-to-test-555555555555.md"
    assert outcome.attachment == name
    assert gitlab.requests == [f"upload {name}", "create"]
    assert len(outcome.body.encode()) <= MAX_BODY_BYTES
    assert f"The whole diff is in [{name}](/uploads/{'0' * 32}/{name}), SHA-256 `" in outcome.body
    assert "in the attached file" in outcome.body
    assert len(render_markdown(diff).encode()) > MAX_BODY_BYTES


def test_the_whole_diff_is_attached_once_per_digest() -> None:
    gitlab = GitLabOfValues()
    post(gitlab, big_diff("5"))
    gitlab.labels = ("CMT::Minor",)
    assert post(gitlab, big_diff("5")).action is PostAction.UPDATED
    assert [request for request in gitlab.requests if request.startswith("upload")] == [
        "upload wexport-dev-to-test-555555555555.md"
    ]


def test_ten_thousand_changed_assets_still_make_a_comment_within_the_budget() -> None:
    changes = (recipe("名" * 300 + str(number), "a") for number in range(10_000))
    outcome = post(GitLabOfValues(), diff_of("6", *changes))
    assert len(outcome.body.encode()) <= MAX_BODY_BYTES
    assert "more assets in the attached file" in outcome.body


def test_a_dry_run_sends_nothing() -> None:
    gitlab = GitLabOfValues()
    for diff in (FIRST, big_diff("5")):
        outcome = post(gitlab, diff, dry_run=True)
        assert outcome.action is PostAction.DRY_RUN
        assert outcome.body.startswith("## wexport: promoting dev to test")
    assert gitlab.requests == []
    post(gitlab)
    assert post(gitlab, dry_run=True).body == gitlab.notes[0].body


def test_a_label_that_changed_in_our_name_is_reported() -> None:
    event = LabelEvent(1, BOT, LabelAction.ADD, 5, "Peer Approval::Approved", NOON)
    gitlab = GitLabOfValues(labels_after_write=("Peer Approval::Approved",), events=(event,))
    with pytest.raises(GitLabReplyError, match="changed in wexport's name"):
        post(gitlab)


def test_a_label_that_a_person_changed_meanwhile_is_no_fault() -> None:
    event = LabelEvent(1, KIM, LabelAction.ADD, 5, "Peer Approval::Approved", NOON)
    gitlab = GitLabOfValues(labels_after_write=("Peer Approval::Approved",), events=(event,))
    assert post(gitlab).action is PostAction.CREATED


def test_a_stored_text_that_differs_from_what_was_sent_is_reported() -> None:
    class Meddling(GitLabOfValues):
        def create_note(self, issue: IssueRef, body: str) -> Note:
            return replace(super().create_note(issue, body), body=body.replace("2 recipes", "no recipe"))

    with pytest.raises(GitLabReplyError, match="stored another text"):
        post(Meddling())
