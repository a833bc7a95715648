"""The adapter against a served GitLab that misbehaves in all the ways that GitLab does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC
from typing import Any

import pytest
from werkzeug import Request, Response

from exporter.adapters.gitlab import GitLab, GitLabAccess
from exporter.change.issue import IssueRef, LabelAction
from exporter.errors import (
    ConfigurationError,
    GitLabAccessError,
    GitLabError,
    GitLabNotFoundError,
    GitLabReplyError,
    GitLabUnavailableError,
)

BODY = "## wexport: a note\n\n<!-- wexport:1 kind=diff -->\n\ntext"
LOCKED = Response(json.dumps({"message": "409 Conflict: Resource lock"}), 409, mimetype="application/json")
LIMITED = Response(
    json.dumps({"message": {"error": "This endpoint has been requested too many times. Try again later."}}),
    429,
    mimetype="application/json",
)


def reply(status: int, data: Any = None, headers: dict[str, str] | None = None) -> Any:
    """An answer instead of the sandbox's."""
    text = data if isinstance(data, str) else json.dumps(data)
    return lambda request: Response(text, status, headers, mimetype="application/json")


def pass_on(request: Request) -> None:
    """The sandbox answers."""


def carry_out_then(served: Any, status: int) -> Any:
    """The sandbox does what was asked, but the answer is lost on the way."""

    def answer(request: Request) -> Response:
        served.sandbox.respond(request)
        return Response("Bad Gateway", status)

    return answer


def own_notes(gitlab: GitLab, issue: IssueRef) -> list[str]:
    return [note.body for note in gitlab.fetch_notes(issue) if note.author.username == "wexport-bot"]


def test_what_gitlab_holds_comes_as_values(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    me, found = gitlab.fetch_self(), gitlab.fetch_issue(issue)
    assert (me.username, me.state) == ("wexport-bot", "active")
    assert found.is_open
    assert "CMT::Comprehensive" in found.labels
    assert found.url == f"{served.url}/{issue.project}/-/issues/123"
    events = gitlab.fetch_label_events(issue)
    assert {event.label for event in events} >= {"CMT::Comprehensive", "Business Owner Approval::Needs Approval"}
    assert all(event.action is LabelAction.ADD and event.created_at.tzinfo is UTC for event in events)
    notes = gitlab.fetch_notes(issue)
    assert [note.id for note in notes] == sorted(note.id for note in notes)


def test_a_note_is_written_edited_and_read_back(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    note = gitlab.create_note(issue, BODY)
    assert gitlab.update_note(issue, note.id, BODY + " edited").body == BODY + " edited"
    assert gitlab.fetch_note(issue, note.id).body == BODY + " edited"
    assert own_notes(gitlab, issue) == [BODY + " edited"]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_note_whose_answer_was_lost_is_not_written_twice(served: Any, issue: IssueRef, status: int) -> None:
    gitlab = served.connect()
    gitlab.fetch_self()
    served.answers = [carry_out_then(served, status)]
    assert gitlab.create_note(issue, BODY).body == BODY
    assert served.posts() == 1
    assert own_notes(gitlab, issue) == [BODY]


def test_a_note_that_never_arrived_is_written_again(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    gitlab.fetch_self()
    served.answers = [reply(502), pass_on, pass_on, reply(502)]
    assert gitlab.create_note(issue, BODY).body == BODY
    assert served.posts() == 3
    assert served.waits == [1.0, 2.0]
    assert own_notes(gitlab, issue) == [BODY]


def test_a_note_that_never_arrives_is_given_up(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()

    def refuse_posts(request: Request) -> Response | None:
        return Response("Bad Gateway", 502) if request.method == "POST" else None

    served.answers = [refuse_posts] * 100
    with pytest.raises(GitLabUnavailableError, match=r"A note on .*#123: GitLab failed"):
        gitlab.create_note(issue, BODY)
    assert served.posts() == 4


def test_a_note_stored_after_the_timeout_is_found(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect(timeout_seconds=0.3)

    def answer_late(request: Request) -> Response:
        response: Response = served.sandbox.respond(request)
        time.sleep(0.5)  # the client's timeout runs on real time
        return response

    gitlab.fetch_self()
    served.answers = [answer_late]
    assert gitlab.create_note(issue, BODY).body == BODY
    assert served.posts() == 1


def test_a_limit_with_a_time_is_waited_for_and_one_of_a_day_is_cut(served: Any, issue: IssueRef) -> None:
    limits = [reply(429, "Retry later", {"Retry-After": seconds}) for seconds in ("7", "86400", "soon")]
    served.answers = limits
    served.connect().fetch_issue(issue)
    assert served.waits == [7.0, 120.0, 60.0]
    assert served.notes[0] == "GitLab limits the rate; next attempt in 7 s"


def test_the_limit_on_notes_says_no_time_and_is_waited_for_a_minute(served: Any, issue: IssueRef) -> None:
    served.answers = [lambda request: LIMITED, lambda request: LOCKED]
    assert served.connect().create_note(issue, BODY).body == BODY
    assert served.waits == [60.0, 2.0]
    assert served.posts() == 3


def test_a_failing_server_is_asked_four_times(served: Any, issue: IssueRef) -> None:
    served.answers = [reply(503)] * 3
    assert served.connect().fetch_issue(issue).is_open
    assert served.waits == [1.0, 2.0, 4.0]
    served.answers = [reply(503)] * 4
    with pytest.raises(GitLabUnavailableError, match="HTTP 503"):
        served.connect().fetch_issue(issue)


def test_an_upload_whose_answer_was_lost_is_not_repeated(served: Any) -> None:
    served.answers = [reply(502)]
    with pytest.raises(GitLabUnavailableError):
        served.connect().upload_file("enterprise-apps/integrations/platypus", "a.md", b"# a")
    assert served.posts() == 1


def test_an_upload_answers_with_its_address(served: Any) -> None:
    address = served.connect().upload_file("enterprise-apps/integrations/platypus", "wexport-a.md", b"# a")
    assert address.startswith("/uploads/")
    assert address.endswith("/wexport-a.md")
    served.answers = [reply(201, {"url": "https://evil.example/a.md"})]
    with pytest.raises(GitLabReplyError, match="none of its uploads"):
        served.connect().upload_file("enterprise-apps/integrations/platypus", "a.md", b"# a")


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, GitLabAccessError, "Check WEXPORT_GITLAB_TOKEN"),
        (403, GitLabAccessError, "scope 'api'"),
        (404, GitLabNotFoundError, "does not exist, or the token in WEXPORT_GITLAB_TOKEN may not see it"),
        (400, GitLabReplyError, "HTTP 400: body is too long"),
        (418, GitLabReplyError, "HTTP 418"),
        (500, GitLabUnavailableError, "HTTP 500"),
        (429, GitLabUnavailableError, "limits the rate"),
        (409, GitLabReplyError, "HTTP 409"),
    ],
)
def test_each_refusal_has_its_error(
    served: Any, issue: IssueRef, status: int, kind: type[GitLabError], said: str
) -> None:
    served.answers = [reply(status, {"message": {"body": "<b>\u202e" if status != 400 else "", "": ""}})] * 4
    if status == 400:
        served.answers = [reply(400, {"message": "body is too\nlong"})]
    with pytest.raises(kind, match=said) as caught:
        served.connect().fetch_issue(issue)
    assert "sandbox-gitlab" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


@pytest.mark.parametrize("token", ["sandbox-gitlab-wexport-expired-token", "no-such-token"])
def test_a_token_that_is_not_good_is_named_by_its_variable(served: Any, issue: IssueRef, token: str) -> None:
    with pytest.raises(GitLabAccessError, match="WEXPORT_GITLAB_TOKEN") as caught:
        served.connect(token).fetch_issue(issue)
    assert token not in str(caught.value)


def test_a_token_for_reading_cannot_write(served: Any, issue: IssueRef) -> None:
    with pytest.raises(GitLabAccessError, match="scope 'api'"):
        served.connect("sandbox-gitlab-wexport-read-token").create_note(issue, BODY)


def test_a_command_that_ran_is_reported(served: Any, issue: IssueRef) -> None:
    with pytest.raises(GitLabReplyError, match="took something in the text for a command"):
        served.connect().create_note(issue, "text\n\n/close")
    with pytest.raises(GitLabReplyError, match="took something in the text for a command"):
        served.connect().create_note(issue, "/reopen")


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        None,
        "<html>login</html>",
        {"id": "1"},
        {"project_id": True, "labels": [], "title": "x"},
        "[" * 100_000,
        {"project_id": 1, "title": "x", "state": "opened", "labels": [1], "web_url": "u", "author": {}},
        {"project_id": 1, "title": "x", "state": "opened", "labels": [], "web_url": "u", "author": None},
    ],
)
def test_an_answer_that_cannot_be_an_issue_is_an_error(served: Any, issue: IssueRef, data: Any) -> None:
    served.answers = [reply(200, data)] * 4
    with pytest.raises((GitLabReplyError, GitLabUnavailableError)):
        served.connect().fetch_issue(issue)


@pytest.mark.parametrize(("created", "action"), [("yesterday", "add"), (7, "add"), ("2026-11-23T12:00:00Z", "rename")])
def test_an_answer_that_cannot_be_a_label_event_is_an_error(
    served: Any, issue: IssueRef, created: Any, action: str
) -> None:
    user = {"id": 1, "username": "kim", "name": "Kim"}
    row = {"id": 1, "user": user, "action": action, "label": None, "created_at": created}
    served.answers = [reply(200, [row])]
    with pytest.raises(GitLabReplyError):
        served.connect().fetch_label_events(issue)


def test_a_deleted_label_leaves_its_event_without_a_name(served: Any, issue: IssueRef) -> None:
    user = {"id": 1, "username": "kim", "name": "Kim"}
    row = {"id": 1, "user": user, "action": "remove", "label": None, "created_at": "2026-11-23T12:00:00.000Z"}
    served.answers = [reply(200, [row])]
    event = served.connect().fetch_label_events(issue)[0]
    assert (event.label, event.label_id, event.action) == (None, None, LabelAction.REMOVE)


def test_a_list_ends_only_where_no_next_page_is_named(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    for number in range(3):
        gitlab.create_note(issue, f"{BODY} {number}")
    everything = gitlab.fetch_notes(issue)
    # The first page is empty, since GitLab hid all its rows, and names a host that is not ours.
    link = f'<https://evil.example/api/v4/x?page=1&per_page=2&sort=asc>; rel="next", <{served.url}/>; rel="first"'
    served.answers = [reply(200, [], {"Link": link})]
    assert gitlab.fetch_notes(issue) == everything


def test_a_list_that_names_itself_as_the_next_page_is_an_error(served: Any, issue: IssueRef) -> None:
    link = '<x?sort=asc&order_by=created_at&page=2&per_page=100>; rel="next"'
    served.answers = [reply(200, [], {"Link": link})] * 3
    with pytest.raises(GitLabReplyError, match="does not end"):
        served.connect().fetch_notes(issue)


def test_hundreds_of_notes_are_all_read(served: Any, issue: IssueRef) -> None:
    gitlab = served.connect()
    before = len(gitlab.fetch_notes(issue))
    for number in range(120):
        gitlab.create_note(issue, f"{BODY} {number}")
    assert len(gitlab.fetch_notes(issue)) == before + 120


def test_a_redirect_to_another_host_does_not_take_the_token_along(served: Any, issue: IssueRef) -> None:
    seen: list[str | None] = []

    def remember(request: Request) -> Response:
        seen.append(request.headers.get("Authorization") or request.headers.get("Private-Token"))
        return Response("{}", 200)

    other = served.url.replace("127.0.0.1", "localhost")
    served.answers = [reply(302, {}, {"Location": f"{other}/api/v4/user"}), remember]
    with pytest.raises(GitLabReplyError):
        served.connect().fetch_issue(issue)
    assert seen == [None]


def test_a_write_that_is_redirected_says_that_things_moved(served: Any, issue: IssueRef) -> None:
    served.answers = [reply(301, {}, {"Location": f"{served.url}/api/v4/user"}), pass_on]
    with pytest.raises(GitLabReplyError, match="redirects elsewhere"):
        served.connect().update_note(issue, 1, BODY)


def test_a_gitlab_that_is_not_there_is_named(served: Any, issue: IssueRef) -> None:
    gitlab = GitLab(GitLabAccess("http://127.0.0.1:1", "t", "WEXPORT_GITLAB_TOKEN"), sleep=served.waits.append)
    with pytest.raises(GitLabUnavailableError, match=r"GitLab at http://127\.0\.0\.1:1 cannot be reached"):
        gitlab.fetch_issue(issue)


def test_a_gitlab_below_a_path_is_asked_there(served: Any, issue: IssueRef) -> None:
    access = GitLabAccess(f"{served.url}/gitlab", "t", "WEXPORT_GITLAB_TOKEN")
    served.answers = [reply(404)]
    with pytest.raises(GitLabNotFoundError):
        GitLab(access).fetch_issue(issue)
    assert served.asked[0].startswith("GET /gitlab/api/v4/projects/")


@pytest.mark.parametrize(
    ("url", "token", "said"),
    [
        ("", "t", "The GitLab address is not one"),
        ("gitlab.example.com", "t", "The GitLab address is not one"),
        ("https://kim:secret@gitlab.example.com", "t", "The GitLab address is not one"),
        ("https://[::1", "t", "The GitLab address is not one"),
        ("http://gitlab.example.com", "t", "unencrypted"),
        ("https://gitlab.example.com", "", "WEXPORT_GITLAB_TOKEN is not set"),
        ("https://gitlab.example.com", "a\nb", "holds characters that no token has"),
        ("https://gitlab.example.com", "tökèn", "holds characters that no token has"),
    ],
)
def test_an_address_or_token_that_cannot_be_one_is_refused(url: str, token: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        GitLab(GitLabAccess(url, token, "WEXPORT_GITLAB_TOKEN"))
    assert "secret" not in str(caught.value)


def test_the_token_is_in_no_repr() -> None:
    assert "s3cret" not in repr(GitLabAccess("https://gitlab.example.com", "s3cret", "WEXPORT_GITLAB_TOKEN"))


def test_importing_the_adapter_imports_neither_python_gitlab_nor_requests() -> None:
    imports = "import sys, exporter.adapters.gitlab, exporter.operations.post"
    code = f"{imports}; print({{'gitlab', 'requests'}} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
