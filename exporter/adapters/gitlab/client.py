"""GitLab as wexport needs it: who we are, an issue, its notes and label history, and writing notes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import quote

from exporter.adapters.gitlab.access import GitLabAccess, Probe
from exporter.adapters.gitlab.doctor import probe_access
from exporter.adapters.gitlab.identity import fetch_user
from exporter.adapters.gitlab.replies import read_issue, read_label_event, read_note, read_text
from exporter.adapters.gitlab.transport import FIRST_WAIT_SECONDS, MAX_ATTEMPTS, NoAnswerError, Reply, Transport
from exporter.change.issue import Issue, IssueRef, LabelEvent, Note, User
from exporter.change.policy import HANDBOOK, Policy
from exporter.errors import GitLabReplyError
from exporter.progress import Progress, Silent

_UPLOAD = re.compile(r"/uploads/[0-9a-f]{32,64}/[A-Za-z0-9._-]+")


class GitLab:
    """One GitLab with one token. Every method may raise GitLabError; nothing it raises or reports holds the token.

    Raises: ConfigurationError for an address or token that cannot be one.
    """

    def __init__(
        self, access: GitLabAccess, progress: Progress | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._access = access
        self._transport = Transport(access, progress or Silent(), sleep=sleep)
        self._me: User | None = None

    def fetch_self(self) -> User:
        """Whose token this is. Asked once."""
        if self._me is None:
            self._me, _ = fetch_user(self._transport, self._access)
        return self._me

    def fetch_issue(self, issue: IssueRef) -> Issue:
        return read_issue(self._transport.get(f"Issue {issue}", _issue_path(issue)).data, issue)

    def fetch_notes(self, issue: IssueRef) -> tuple[Note, ...]:
        """All notes that the token may see, oldest first, GitLab's own lines of activity included."""
        rows = self._transport.get_all(f"The notes of {issue}", _notes_path(issue), sort="asc", order_by="created_at")
        # A note that arrives between two pages can push another onto both.
        notes = {note.id: note for note in map(read_note, rows)}
        return tuple(notes[note_id] for note_id in sorted(notes))

    def fetch_note(self, issue: IssueRef, note_id: int) -> Note:
        return read_note(self._transport.get(f"Note {note_id} of {issue}", f"{_notes_path(issue)}/{note_id}").data)

    def fetch_label_events(self, issue: IssueRef) -> tuple[LabelEvent, ...]:
        """Who added and removed which label, oldest first. Events of labels that the token may not see are missing."""
        rows = self._transport.get_all(f"The label history of {issue}", f"{_issue_path(issue)}/resource_label_events")
        events = {event.id: event for event in map(read_label_event, rows)}
        return tuple(events[event_id] for event_id in sorted(events))

    def create_note(self, issue: IssueRef, body: str) -> Note:
        """Write a note, exactly once: after a request without an answer, look whether the note is there before
        trying again. The body must differ from that of every earlier note of ours, as a marker makes it."""
        what = f"A note on {issue}"
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return _read_written(self._transport.post(what, _notes_path(issue), {"body": body}), what)
            except NoAnswerError as error:
                if found := self._find_own_note(issue, body):
                    return found
                if attempt == MAX_ATTEMPTS:
                    raise
                self._transport.pause(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), f"{error} The note is not there")
                # The server may have finished the first request while we waited.
                if found := self._find_own_note(issue, body):
                    return found
        raise AssertionError("unreachable: the last attempt returns or raises")

    def update_note(self, issue: IssueRef, note_id: int, body: str) -> Note:
        what = f"Note {note_id} of {issue}"
        return _read_written(self._transport.put(what, f"{_notes_path(issue)}/{note_id}", {"body": body}), what)

    def upload_file(self, project: str, name: str, content: bytes) -> str:
        """Put a file beside the project's issues; the project-relative address, `/uploads/<hex>/<name>`."""
        what = f"The upload to {project}"
        path = f"/projects/{quote(project, safe='')}/uploads"
        address = read_text(self._transport.post_file(what, path, name, content, "text/markdown").data, "url")
        if not _UPLOAD.fullmatch(address):
            raise GitLabReplyError(f"{what}: GitLab answered with an address that is none of its uploads.")
        return address

    def probe(
        self, project: str = "", issue: IssueRef | None = None, *, policy: Policy = HANDBOOK
    ) -> tuple[Probe, ...]:
        """What a doctor wants to know: token, role, labels of the policy, rate. Only reads; raises nothing that
        GitLab can be the cause of."""
        return probe_access(self._transport, self._access, project or self._access.project, issue, policy)

    def _find_own_note(self, issue: IssueRef, body: str) -> Note | None:
        me = self.fetch_self()
        ours = [note for note in self.fetch_notes(issue) if note.author.id == me.id and not note.is_system]
        return next((note for note in reversed(ours) if _plain(note.body) == _plain(body)), None)


def _issue_path(issue: IssueRef) -> str:
    return f"/projects/{quote(issue.project, safe='')}/issues/{issue.iid}"


def _notes_path(issue: IssueRef) -> str:
    return f"{_issue_path(issue)}/notes"


def _plain(body: str) -> str:
    """A body as GitLab may store it: without carriage returns and blank ends."""
    return body.replace("\r", "").strip()


def _read_written(reply: Reply, what: str) -> Note:
    """The note that GitLab stored. Raises: GitLabReplyError when it took something in the body for a command."""
    data = reply.data
    # HTTP 202 without an id: the whole body was commands, nothing was stored.
    if reply.status == 202 or (isinstance(data, dict) and data.get("commands_changes")):
        raise GitLabReplyError(
            f"{what}: GitLab took something in the text for a command and ran it. Look at the issue, and report this "
            "as a bug of wexport."
        )
    return read_note(data)
