"""Notes, the discussions they form, and award emoji on issues and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from werkzeug import Response

from exporter.sandbox.gitlab import access, errors
from exporter.sandbox.gitlab import note_changes as changes
from exporter.sandbox.gitlab.call import Call, Route, created, no_content
from exporter.sandbox.gitlab.note_changes import NoteOutcome
from exporter.sandbox.gitlab.state import OWNER, AwardEmoji, Issue, Note
from exporter.sandbox.gitlab.wire import json_response, parse_timestamp


def list_notes(call: Call) -> Response:
    """Paged first and filtered by visibility afterwards, so a page may be short although more follow."""
    issue = call.issue()
    wanted = call.params.choice("activity_filter", ("all_notes", "only_comments", "only_activity"), "all_notes")
    order = call.params.choice("order_by", ("created_at", "updated_at"), "created_at")
    is_descending = call.params.choice("sort", ("asc", "desc"), "desc") == "desc"
    rows = [note for note in issue.notes if wanted == "all_notes" or note.is_system == (wanted == "only_activity")]
    rows.sort(
        key=lambda note: (note.updated_at if order == "updated_at" else note.created_at, note.id), reverse=is_descending
    )
    return call.page(
        rows,
        lambda note: call.shapes.note(note, issue),
        lambda note: access.can_see_note(call.state, call.user, issue, note),
    )


def show_note(call: Call) -> Response:
    issue = call.issue()
    return json_response(call.shapes.note(call.note(issue), issue))


def create_note(call: Call) -> Response:
    issue = call.issue()
    is_internal = call.params.flag("internal") or call.params.flag("confidential")
    body = call.params.required_text("body")
    act = call.act
    if (moment := call.params.text("created_at")) and access.access_level(
        call.state, call.user, call.project()
    ) >= OWNER:
        act = replace(act, now=parse_timestamp("created_at", moment))  # owners may date notes back
    outcome = changes.create_note(act, issue, body, call.base_url, is_internal=is_internal)
    return _answer(call, issue, outcome, 201)


def update_note(call: Call) -> Response:
    issue = call.issue()
    note = call.note(issue)
    body = call.params.required_text("body")
    return _answer(call, issue, changes.update_note(call.act, issue, note, body, call.base_url), 200)


def delete_note(call: Call) -> Response:
    issue = call.issue()
    changes.delete_note(call.act, issue, call.note(issue))
    return no_content()


def _answer(call: Call, issue: Issue, outcome: NoteOutcome, status: int) -> Response:
    """202 without an id when the body was only quick actions and no note is there (any more)."""
    if outcome.note is None:
        summary = [*outcome.commands.messages, *outcome.commands.failures]
        return json_response({"commands_changes": outcome.commands.changes, "summary": summary}, 202)
    return json_response(call.shapes.note(outcome.note, issue, outcome.commands.changes), status)


# --- discussions ---


def _discussion(call: Call, issue: Issue, notes: Sequence[Note]) -> dict[str, Any]:
    return {
        "id": notes[0].discussion_id,
        "individual_note": not notes[0].is_thread,
        "notes": [call.shapes.note(note, issue) for note in notes],
    }


def _visible_discussions(call: Call, issue: Issue) -> list[list[Note]]:
    found: dict[str, list[Note]] = {}
    for note in issue.notes:
        if access.can_see_note(call.state, call.user, issue, note):
            found.setdefault(note.discussion_id, []).append(note)
    return list(found.values())


def _find_discussion(call: Call, issue: Issue) -> list[Note]:
    wanted = call.path["discussion_id"]
    for notes in _visible_discussions(call, issue):
        if notes[0].discussion_id == wanted:
            return notes
    raise errors.not_found("Discussion")


def list_discussions(call: Call) -> Response:
    issue = call.issue()
    return call.page(_visible_discussions(call, issue), lambda notes: _discussion(call, issue, notes))


def show_discussion(call: Call) -> Response:
    issue = call.issue()
    return json_response(_discussion(call, issue, _find_discussion(call, issue)))


def create_discussion(call: Call) -> Response:
    issue = call.issue()
    body = call.params.required_text("body")
    outcome = changes.create_note(call.act, issue, body, call.base_url, is_thread=True)
    if outcome.note is None:
        return _answer(call, issue, outcome, 201)
    return created(_discussion(call, issue, [outcome.note]))


def resolve_discussion(call: Call) -> Response:
    issue = call.issue()
    notes = _find_discussion(call, issue)
    if not access.can_write_note(call.state, call.user, issue):
        raise errors.forbidden()
    is_resolved = call.params.flag("resolved")
    for note in notes:
        note.resolved_by_id = call.user.id if is_resolved else None
    return json_response(_discussion(call, issue, notes))


def reply_to_discussion(call: Call) -> Response:
    """A reply makes a thread out of a single note."""
    issue = call.issue()
    notes = _find_discussion(call, issue)
    if notes[0].is_system:
        raise errors.not_found("Discussion")
    outcome = changes.create_note(
        call.act, issue, call.params.required_text("body"), call.base_url,
        is_thread=True, discussion_id=notes[0].discussion_id,
    )  # fmt: skip
    if outcome.note is not None:
        for note in notes:
            note.is_thread = True
    return _answer(call, issue, outcome, 201)


# --- award emoji ---


def _awards(call: Call) -> tuple[list[AwardEmoji], int, str]:
    """The awards of what the path names, its id and its type."""
    issue = call.issue()
    if "note_id" in call.path:
        note = call.note(issue)
        return note.awards, note.id, "Note"
    return issue.awards, issue.id, "Issue"


def list_awards(call: Call) -> Response:
    awards, owner_id, kind = _awards(call)
    return call.page(awards, lambda award: call.shapes.award(award, owner_id, kind))


def create_award(call: Call) -> Response:
    awards, owner_id, kind = _awards(call)
    name = call.params.required_text("name")
    if any(award.name == name and award.user_id == call.user.id for award in awards):
        raise errors.ApiError(404, {"message": "404 Award Emoji Name has already been taken Not Found"})
    award = AwardEmoji(call.state.next_id("award"), name, call.user.id, call.now)
    awards.append(award)
    return created(call.shapes.award(award, owner_id, kind))


def _find_award(call: Call, awards: list[AwardEmoji]) -> AwardEmoji:
    wanted = call.number("award_id")
    found = next((award for award in awards if award.id == wanted), None)
    if found is None:
        raise errors.not_found("Award Emoji")
    return found


def show_award(call: Call) -> Response:
    awards, owner_id, kind = _awards(call)
    return json_response(call.shapes.award(_find_award(call, awards), owner_id, kind))


def delete_award(call: Call) -> Response:
    awards, _owner_id, _kind = _awards(call)
    award = _find_award(call, awards)
    if award.user_id != call.user.id and not call.user.is_admin:
        raise errors.forbidden()
    awards.remove(award)
    return no_content()


_ISSUE = "projects/:id/issues/:iid"
ROUTES = (
    Route("GET", f"{_ISSUE}/notes", list_notes),
    Route("POST", f"{_ISSUE}/notes", create_note),
    Route("GET", f"{_ISSUE}/notes/:note_id", show_note),
    Route("PUT", f"{_ISSUE}/notes/:note_id", update_note),
    Route("DELETE", f"{_ISSUE}/notes/:note_id", delete_note),
    Route("GET", f"{_ISSUE}/discussions", list_discussions),
    Route("POST", f"{_ISSUE}/discussions", create_discussion),
    Route("GET", f"{_ISSUE}/discussions/:discussion_id", show_discussion),
    Route("PUT", f"{_ISSUE}/discussions/:discussion_id", resolve_discussion),
    Route("POST", f"{_ISSUE}/discussions/:discussion_id/notes", reply_to_discussion),
    Route("GET", f"{_ISSUE}/discussions/:discussion_id/notes/:note_id", show_note),
    Route("PUT", f"{_ISSUE}/discussions/:discussion_id/notes/:note_id", update_note),
    Route("DELETE", f"{_ISSUE}/discussions/:discussion_id/notes/:note_id", delete_note),
    Route("GET", f"{_ISSUE}/award_emoji", list_awards),
    Route("POST", f"{_ISSUE}/award_emoji", create_award),
    Route("GET", f"{_ISSUE}/award_emoji/:award_id", show_award),
    Route("DELETE", f"{_ISSUE}/award_emoji/:award_id", delete_award),
    Route("GET", f"{_ISSUE}/notes/:note_id/award_emoji", list_awards),
    Route("POST", f"{_ISSUE}/notes/:note_id/award_emoji", create_award),
    Route("GET", f"{_ISSUE}/notes/:note_id/award_emoji/:award_id", show_award),
    Route("DELETE", f"{_ISSUE}/notes/:note_id/award_emoji/:award_id", delete_award),
)
