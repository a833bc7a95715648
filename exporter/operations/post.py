"""post: a diff on its change issue. One comment per pair of environments, written anew only when the diff or the
shown approvals differ; a changed diff also gets a short new note, since GitLab mails nobody about an edit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from exporter.change.checklist import Checklist, needed_approvals
from exporter.change.issue import Issue, IssueRef, LabelEvent, Note, User
from exporter.change.marker import (
    MARKER_VERSION,
    Marker,
    NoteKind,
    read_marker,
    text_fingerprint,
    with_marker,
)
from exporter.change.policy import HANDBOOK, Policy
from exporter.diff.changes import Side, SnapshotDiff
from exporter.errors import GitLabReplyError, RefusedError
from exporter.render.markdown.check import check_note_body
from exporter.render.markdown.note import (
    Attachment,
    asset_marks,
    checklist_fingerprint,
    render_change_note,
    render_markdown,
    render_note,
    render_superseded,
)

# GitLab stamps what a note's commands do some moments before it stamps the note itself.
CLOCK_SLACK = timedelta(seconds=10)


class PostAction(StrEnum):
    """What happened to the comment."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DRY_RUN = "dry-run"


@dataclass(frozen=True, slots=True)
class PostOutcome:
    """What was posted. `url` leads to the comment ("" if a dry run found none), `follow_up_url` to the short new
    note ("" if none was needed), `attachment` is the name of the attached file ("" if none was needed).
    `superseded` counts duplicates that were folded away."""

    action: PostAction
    url: str
    digest: str
    body: str
    follow_up_url: str = ""
    attachment: str = ""
    superseded: int = 0


class Notes(Protocol):
    """What post needs of GitLab."""

    def fetch_self(self) -> User: ...

    def fetch_issue(self, issue: IssueRef) -> Issue: ...

    def fetch_notes(self, issue: IssueRef) -> tuple[Note, ...]: ...

    def fetch_note(self, issue: IssueRef, note_id: int) -> Note: ...

    def fetch_label_events(self, issue: IssueRef) -> tuple[LabelEvent, ...]: ...

    def create_note(self, issue: IssueRef, body: str) -> Note: ...

    def update_note(self, issue: IssueRef, note_id: int, body: str) -> Note: ...

    def upload_file(self, project: str, name: str, content: bytes) -> str: ...


class History(Protocol):
    """What post needs of the snapshot repository."""

    def stored_at(self, revision: str) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class _Found:
    """One of our own notes with its marker."""

    note: Note
    marker: Marker


@dataclass(frozen=True, slots=True)
class _Thread:
    """The issue as it was read: our notes about this pair of environments, oldest first."""

    issue: Issue
    me: User
    notes: tuple[Note, ...]
    comments: tuple[_Found, ...]
    follow_ups: tuple[_Found, ...]

    @property
    def last_sequence(self) -> int:
        return max((found.marker.sequence for found in (*self.comments, *self.follow_ups)), default=0)


def post_diff(
    gitlab: Notes,
    diff: SnapshotDiff,
    issue: IssueRef,
    *,
    now: datetime,
    history: History | None = None,
    policy: Policy = HANDBOOK,
    dry_run: bool = False,
) -> PostOutcome:
    """Bring the issue's comment about this pair of environments up to date.

    `now` is when the snapshots were read: a comment that shows a later comparison is not overwritten. `history` tells
    when they were stored: neither is a comment that shows a later snapshot, as another clone of the repository may
    hold. A dry run reads GitLab and sends nothing.

    Raises: RefusedError when the comment is newer than this diff, or another run writes at the same time;
    GitLabError; UnsafeNoteError.
    """
    source_at, target_at = (_stored_at(history, side) for side in (diff.source, diff.target))
    thread = _read_thread(gitlab, issue, diff)
    checklist = needed_approvals(policy, thread.issue.labels, _comments_of_others(thread))
    current = thread.comments[-1] if thread.comments else None
    if current and not dry_run:
        _refuse_stale(current, diff, now)
        _refuse_earlier_snapshot(current, diff, diff.source, source_at, current.marker.source_stored_at)
        _refuse_earlier_snapshot(current, diff, diff.target, target_at, current.marker.target_stored_at)
    if current and _shows(current, diff, checklist):
        outcome = PostOutcome(
            PostAction.UNCHANGED, note_url(thread.issue, current.note), diff.digest, current.note.body
        )
        if dry_run:
            return replace(outcome, action=PostAction.DRY_RUN)
    else:
        marker = _next_marker(thread, current, diff, checklist, now)
        shown = current.marker if current and current.marker.digest == diff.digest else marker
        marker = replace(
            marker,
            source_stored_at=_latest(source_at, shown.source_stored_at),
            target_stored_at=_latest(target_at, shown.target_stored_at),
        )
        marker, body, attachment = _render(gitlab, diff, checklist, marker, issue, dry_run=dry_run)
        if dry_run:
            url = note_url(thread.issue, current.note) if current else ""
            return PostOutcome(PostAction.DRY_RUN, url, diff.digest, body, attachment=attachment)
        action = PostAction.UPDATED if current else PostAction.CREATED
        note = _write(gitlab, issue, current, body)
        current = _Found(note, marker)
        outcome = PostOutcome(action, note_url(thread.issue, note), diff.digest, body, attachment=attachment)
        _verify(gitlab, thread, issue, note, body)
    return replace(
        outcome,
        follow_up_url=_follow_up(gitlab, thread, issue, diff, current),
        superseded=_supersede(gitlab, thread, issue, diff, current),
    )


def note_url(issue: Issue, note: Note) -> str:
    """The address of a note on the issue's page."""
    return f"{issue.url}#note_{note.id}"


def _read_thread(gitlab: Notes, ref: IssueRef, diff: SnapshotDiff) -> _Thread:
    me, issue, notes = gitlab.fetch_self(), gitlab.fetch_issue(ref), gitlab.fetch_notes(ref)
    ours = []
    for note in sorted(notes, key=lambda note: note.id):
        # Anyone can write a marker, and GitLab's own activity lines can quote one: neither is ours.
        if note.author.id != me.id or note.is_system:
            continue
        marker = read_marker(note.body)
        if marker and marker.is_for(diff.source.environment, diff.target.environment):
            ours.append(_Found(note, marker))
    return _Thread(
        issue,
        me,
        notes,
        comments=tuple(found for found in ours if found.marker.kind is NoteKind.DIFF),
        follow_ups=tuple(found for found in ours if found.marker.kind is NoteKind.CHANGE),
    )


def _comments_of_others(thread: _Thread) -> Iterable[str]:
    return (note.body for note in thread.notes if not note.is_system and note.author.id != thread.me.id)


def _refuse_stale(current: _Found, diff: SnapshotDiff, now: datetime) -> None:
    """A run that read its snapshots earlier than the comment's must not hide what is newer."""
    if current.marker.version > MARKER_VERSION:
        raise RefusedError("The comment on the issue was written by a newer wexport. Update wexport, then post again.")
    if current.marker.made_at > now and current.marker.digest != diff.digest:
        raise RefusedError(
            f"The comment on the issue already shows a later comparison (of {current.marker.made_at:%Y-%m-%d %H:%M:%S} "
            "UTC) than this one. Nothing was posted; take fresh snapshots and run the diff again."
        )


def _stored_at(history: History | None, side: Side) -> datetime | None:
    return history.stored_at(side.revision) if history is not None and side.revision else None


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _refuse_earlier_snapshot(
    current: _Found, diff: SnapshotDiff, side: Side, stored_at: datetime | None, shown_at: datetime | None
) -> None:
    """An old clone of the snapshot repository must not bring back what was. Who names an earlier time means it."""
    if current.marker.digest == diff.digest or side.label != side.environment or stored_at is None or shown_at is None:
        return
    if stored_at < shown_at:
        raise RefusedError(
            f"The comment on the issue shows the snapshot of '{side.environment}' of {shown_at:%Y-%m-%d %H:%M:%S} UTC, "
            f"and the one here is older ({stored_at:%Y-%m-%d %H:%M:%S} UTC). Nothing was posted. Bring the snapshot "
            f"repository up to date (git pull, or `wexport snapshot {side.environment}`), then post again."
        )


def _shows(current: _Found, diff: SnapshotDiff, checklist: Checklist) -> bool:
    """Whether the comment already says all this, and still says it as it was written."""
    return (
        current.marker.digest == diff.digest
        and current.marker.approvals == checklist_fingerprint(checklist)
        and current.marker.text == text_fingerprint(current.note.body)
    )


def _next_marker(
    thread: _Thread, current: _Found | None, diff: SnapshotDiff, checklist: Checklist, now: datetime
) -> Marker:
    fresh = Marker(
        kind=NoteKind.DIFF,
        source=diff.source.environment,
        target=diff.target.environment,
        digest=diff.digest,
        sequence=thread.last_sequence + 1,
        made_at=now,
        source_revision=diff.source.revision or "",
        target_revision=diff.target.revision or "",
        approvals=checklist_fingerprint(checklist),
        assets=asset_marks(diff),
    )
    if current is None:
        return fresh
    former = current.marker
    if former.digest == diff.digest:
        # Only the approvals moved, or someone edited the comment: the same version is written again.
        return replace(
            fresh,
            sequence=former.sequence,
            made_at=max(now, former.made_at),
            upload=former.upload,
            upload_sha256=former.upload_sha256,
            before_digest=former.before_digest,
            before=former.before,
        )
    return replace(fresh, before_digest=former.digest, before=former.assets)


def _render(
    gitlab: Notes, diff: SnapshotDiff, checklist: Checklist, marker: Marker, issue: IssueRef, *, dry_run: bool
) -> tuple[Marker, str, str]:
    """The marker completed, the whole body, and the attached file's name. Uploads the file where one is needed and
    this digest has none yet."""
    text = render_note(diff, checklist, sequence=marker.sequence, made_at=marker.made_at)
    name = ""
    if text.is_shortened:
        attachment = _attach(gitlab, diff, marker, issue, dry_run=dry_run)
        name = attachment.name
        marker = replace(marker, upload=attachment.address, upload_sha256=attachment.sha256)
        text = render_note(diff, checklist, sequence=marker.sequence, made_at=marker.made_at, attachment=attachment)
    marker = replace(marker, text=text_fingerprint(text.text))
    body = with_marker(text.text, marker)
    check_note_body(body)
    return marker, body, name


def _attach(gitlab: Notes, diff: SnapshotDiff, marker: Marker, issue: IssueRef, *, dry_run: bool) -> Attachment:
    pair = re.sub("[^A-Za-z0-9]+", "-", f"{diff.source.environment}-to-{diff.target.environment}").strip("-")
    name = f"wexport-{pair}-{diff.digest[:12]}.md"
    if marker.upload:
        return Attachment(name, marker.upload, marker.upload_sha256)
    content = render_markdown(diff).encode("utf-8")
    address = "" if dry_run else gitlab.upload_file(issue.project, name, content)
    return Attachment(name, address, hashlib.sha256(content).hexdigest())


def _write(gitlab: Notes, issue: IssueRef, current: _Found | None, body: str) -> Note:
    if current is None:
        return gitlab.create_note(issue, body)
    if gitlab.fetch_note(issue, current.note.id).body != current.note.body:
        raise RefusedError(
            "Another run changed the comment on the issue while this one was at work. Nothing was posted; run it again."
        )
    return gitlab.update_note(issue, current.note.id, body)


def _verify(gitlab: Notes, thread: _Thread, ref: IssueRef, note: Note, body: str) -> None:
    """GitLab stored what was sent, and nothing in it acted on the issue."""
    if text_fingerprint(note.body) != text_fingerprint(body) or read_marker(note.body) != read_marker(body):
        raise GitLabReplyError(
            f"GitLab stored another text than was sent as {note_url(thread.issue, note)}. Look at the comment."
        )
    if gitlab.fetch_issue(ref).labels == thread.issue.labels:
        return
    # People may change labels at any time; only a change in our own name can come from the note.
    since = note.updated_at - CLOCK_SLACK
    events = gitlab.fetch_label_events(ref)
    if any(event.user and event.user.id == thread.me.id and event.created_at >= since for event in events):
        raise GitLabReplyError(
            f"Labels of {ref} changed in wexport's name when the comment was posted. Look at the issue before going on."
        )


def _follow_up(gitlab: Notes, thread: _Thread, ref: IssueRef, diff: SnapshotDiff, current: _Found) -> str:
    """The address of the short new note, "" if none is due. One is due for every version after the first; it is
    posted after the comment, so that what is written below it was written with the new diff in sight. A run that
    was stopped in between is made good by the next."""
    marker = current.marker
    is_posted = any(found.marker.sequence == marker.sequence for found in thread.follow_ups)
    if not marker.before_digest or is_posted:
        return ""
    text = render_change_note(diff, marker.before, marker.before_digest, note_url(thread.issue, current.note))
    note = _post_small(gitlab, ref, text, replace(marker, kind=NoteKind.CHANGE, assets=(), before=()))
    return note_url(thread.issue, note)


def _supersede(gitlab: Notes, thread: _Thread, ref: IssueRef, diff: SnapshotDiff, current: _Found) -> int:
    duplicates: Sequence[_Found] = [found for found in thread.comments if found.note.id != current.note.id]
    for found in duplicates:
        text = render_superseded(diff, found.marker.digest, note_url(thread.issue, current.note))
        marker = replace(found.marker, kind=NoteKind.SUPERSEDED, assets=(), before=())
        _post_small(gitlab, ref, text, marker, found.note.id)
    return len(duplicates)


def _post_small(gitlab: Notes, ref: IssueRef, text: str, marker: Marker, note_id: int | None = None) -> Note:
    body = with_marker(text, replace(marker, upload="", upload_sha256="", approvals="", text=text_fingerprint(text)))
    check_note_body(body)
    return gitlab.create_note(ref, body) if note_id is None else gitlab.update_note(ref, note_id, body)
