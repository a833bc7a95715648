"""Writing, editing and deleting notes, with everything that GitLab does on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab.commands import CommandOutcome, run_quick_actions
from exporter.sandbox.gitlab.issue_changes import Act, new_discussion_id
from exporter.sandbox.gitlab.quickactions import extract_quick_actions
from exporter.sandbox.gitlab.references import follow_references
from exporter.sandbox.gitlab.state import Issue, Mail, Note


@dataclass(frozen=True, slots=True)
class NoteOutcome:
    """`note` is None when the body was made of quick actions only: GitLab then stores nothing."""

    note: Note | None
    commands: CommandOutcome


def create_note(
    act: Act,
    issue: Issue,
    body: str,
    base_url: str,
    *,
    is_internal: bool = False,
    is_thread: bool = False,
    discussion_id: str | None = None,
) -> NoteOutcome:
    """Raises: ApiError for missing rights, a body that is blank or too long, too many notes."""
    if not access.can_write_note(act.state, act.user, issue):
        raise errors.forbidden()
    if is_internal and not access.can_set_metadata(act.state, act.user, act.state.project_of(issue)):
        raise errors.forbidden()
    _count_note(act)
    text, outcome = _run_body(act, issue, body)
    if not text:
        return NoteOutcome(None, outcome)
    if sum(not note.is_system for note in issue.notes) >= act.state.switches.max_notes_per_issue:
        limit = act.state.switches.max_notes_per_issue
        raise errors.bad_request(f'Note {{:base=>["Maximum number of comments exceeded (maximum is {limit})"]}}')
    note_id, own_discussion_id = new_discussion_id(act.state)
    note = Note(
        note_id, text, act.user.id, act.now, act.now, discussion_id or own_discussion_id,
        is_internal=is_internal, is_thread=is_thread,
    )  # fmt: skip
    issue.notes.append(note)
    issue.updated_at = act.now
    follow_references(act, issue, text, base_url)
    _mail_participants(act, issue)
    issue.subscriber_ids.add(act.user.id)
    return NoteOutcome(note, outcome)


def update_note(act: Act, issue: Issue, note: Note, body: str, base_url: str) -> NoteOutcome:
    """Mails only users that the new text mentions for the first time; a command-only text deletes the note."""
    if not access.can_admin_note(act.state, act.user, issue, note):
        raise errors.forbidden()
    text, outcome = _run_body(act, issue, body)
    if not text:
        issue.notes.remove(note)
        return NoteOutcome(None, outcome)
    if text != note.body:
        before, note.body = note.body, text
        note.updated_at = act.now
        issue.updated_at = act.now
        follow_references(act, issue, text, base_url, before=before)
    return NoteOutcome(note, outcome)


def delete_note(act: Act, issue: Issue, note: Note) -> None:
    if not access.can_admin_note(act.state, act.user, issue, note):
        raise errors.forbidden()
    issue.notes.remove(note)


def _run_body(act: Act, issue: Issue, body: str) -> tuple[str, CommandOutcome]:
    """What is left of the body once its quick actions ran; "" only if they were all of it and one worked."""
    if not body.strip():
        raise errors.bad_request('Note {:note=>["can\'t be blank"]}')
    limit = act.state.switches.max_note_chars
    if len(body) > limit:
        raise errors.bad_request(f'Note {{:note=>["is too long (maximum is {limit} characters)"]}}')
    text, actions = extract_quick_actions(body)
    outcome = run_quick_actions(act, issue, actions)
    if not text.strip() and not outcome.messages:
        raise errors.bad_request(f'Note {{:commands=>["{" ".join(outcome.failures)}"]}}')
    return (text if text.strip() else ""), outcome


def _count_note(act: Act) -> None:
    """The application limit on writing notes: per user, over the last minute, counted even when refused."""
    limit = act.state.switches.notes_per_minute
    recent = [each for each in act.state.note_times.get(act.user.id, []) if act.now - each < timedelta(minutes=1)]
    act.state.note_times[act.user.id] = [*recent, act.now]
    if limit is not None and len(recent) >= limit:
        raise errors.too_many_requests()


def _mail_participants(act: Act, issue: Issue) -> None:
    writers = {note.author_id for note in issue.notes if not note.is_system}
    for user_id in sorted({issue.author_id, *issue.assignee_ids, *issue.subscriber_ids, *writers} - {act.user.id}):
        act.state.mails.append(Mail(user_id, "note", issue.id))
