"""Notes of the sandbox's GitLab: what they set off, who may touch them, how they are paged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from exporter.sandbox.gitlab import GitLab
from exporter.sandbox.gitlab.state import Issue

Desk = Any
SignIn = Callable[[str], Desk]


def test_a_note_comes_back_as_it_was_written(bot: Desk) -> None:
    made = bot.say("A **diff**")
    assert (made.status_code, made.json["body"], made.json["author"]["username"]) == (201, "A **diff**", "wexport-bot")
    assert (made.json["system"], made.json["internal"], made.json["noteable_iid"]) == (False, False, 123)
    assert made.json["created_at"] == made.json["updated_at"] == "2026-11-23T09:00:00.000Z"
    assert made.json["commands_changes"] == {}
    assert bot.get(f"{bot.issue}/notes/{made.json['id']}").json == made.json
    assert bot.get(f"{bot.issue}/notes").json[0] == made.json


def test_editing_moves_updated_at_and_mails_nobody(bot: Desk, gitlab: GitLab, clock: Any) -> None:
    note = bot.say("first").json
    gitlab.state.mails.clear()
    clock.advance(60)
    answer = bot.put(f"{bot.issue}/notes/{note['id']}", {"body": "second"})
    assert (answer.status_code, answer.json["body"]) == (200, "second")
    assert (answer.json["created_at"], answer.json["updated_at"]) == (
        "2026-11-23T09:00:00.000Z",
        "2026-11-23T09:01:00.000Z",
    )
    assert gitlab.state.mails == []


def test_only_the_author_and_maintainers_edit_a_note(bot: Desk, sign_in: SignIn) -> None:
    path = f"{bot.issue}/notes/{bot.say('mine').json['id']}"
    assert sign_in("kim").put(path, {"body": "hers"}).status_code == 403
    assert sign_in("kim").delete(path).status_code == 403
    assert sign_in("morgan").put(path, {"body": "managed"}).status_code == 200
    assert bot.delete(path).status_code == 204
    assert bot.get(path).status_code == 404


def test_a_live_quick_action_acts_with_the_writers_rights(bot: Desk, sign_in: SignIn, gitlab: GitLab) -> None:
    answer = bot.say("Look\n\n/close")
    assert (answer.status_code, answer.json["body"]) == (201, "Look")
    assert answer.json["commands_changes"] == {"state_event": "close"}
    assert bot.get(bot.issue).json["state"] == "closed"
    assert sign_in("mallory").say("/reopen").status_code == 400
    assert [action.name for action in gitlab.state.fired_actions] == ["close", "reopen"]


def test_a_body_of_commands_only_is_accepted_and_stores_nothing(bot: Desk, issue: Issue) -> None:
    before = len(issue.notes)
    answer = bot.say('/label ~"Peer Approval::Needs Approval"')
    assert answer.status_code == 202
    assert answer.json["summary"] == ['Added ~"Peer Approval::Needs Approval" label.']
    assert "id" not in answer.json
    assert len(issue.notes) == before


def test_an_update_that_is_only_a_command_deletes_the_note(bot: Desk) -> None:
    path = f"{bot.issue}/notes/{bot.say('text').json['id']}"
    assert bot.put(path, {"body": "/close"}).status_code == 202
    assert bot.get(path).status_code == 404


def test_a_command_that_could_not_run_refuses_a_note_of_nothing_else(bot: Desk) -> None:
    answer = bot.say("/approve")
    assert answer.status_code == 400
    assert answer.json["message"] == '400 Bad request - Note {:commands=>["Could not apply approve command."]}'


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        ("/title Pwned", "title", "Pwned"),
        ("/confidential", "confidential", True),
        ("/lock", "discussion_locked", True),
        ("/due 2026-12-24", "due_date", "2026-12-24"),
        ("/weight 3", "weight", 3),
        ("/unlabel", "labels", []),
        ('/relabel ~"CMT::Minor"', "labels", ["CMT::Minor"]),
        ("/unassign @kim", "assignees", []),
        ("/duplicate #122", "state", "closed"),
    ],
)
def test_commands_show_in_the_issue(bot: Desk, command: str, field: str, value: object) -> None:
    bot.say(command)
    assert bot.get(bot.issue).json[field] == value


@pytest.mark.parametrize("body", ["x" * 1_000_001, "é" * 1_000_001])
def test_a_note_above_a_million_characters_is_refused(bot: Desk, body: str) -> None:
    answer = bot.say(body)
    assert answer.status_code == 400
    expected = '400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}'
    assert answer.json == {"message": expected}


@pytest.mark.parametrize("body", ["", "  \n", "a\x00b"])
def test_blank_bodies_and_nul_characters_are_refused(bot: Desk, body: str) -> None:
    assert bot.say(body).status_code == 400


def test_the_limit_of_comments_on_one_issue(bot: Desk, gitlab: GitLab) -> None:
    gitlab.switch(max_notes_per_issue=3)
    assert bot.say("the third").status_code == 201
    assert bot.say("one too many").status_code == 400


def test_too_many_notes_a_minute_say_so_without_telling_when(bot: Desk, gitlab: GitLab, clock: Any) -> None:
    gitlab.switch(notes_per_minute=2)
    assert [bot.say(str(number)).status_code for number in range(3)] == [201, 201, 429]
    answer = bot.say("again")
    assert answer.json == {"message": {"error": "This endpoint has been requested too many times. Try again later."}}
    assert "Retry-After" not in answer.headers
    clock.advance(61)
    assert bot.say("later").status_code == 201


@pytest.mark.parametrize(
    ("text", "mailed"),
    [
        ("@robin please", ["robin"]),
        ("Hi (@Robin).", ["robin"]),
        ("&#64;robin", ["robin"]),
        ("`@robin`", []),
        ("```\n@robin\n```", []),
        ("\\@robin", []),
        ("@&#8203;robin", []),
        ("> @robin", []),
        ("mail@robin", []),
        ("<code>@robin</code>", []),
        ("[@robin](https://example.com)", []),
        ("@nobody", []),
        ("@wexport-bot", []),
        ("@enterprise-apps/integrations", ["kim", "morgan", "noor", "robin", "sam", "yuki"]),
    ],
)
def test_mentions_mail_exactly_whom_gitlab_would(bot: Desk, gitlab: GitLab, text: str, mailed: list[str]) -> None:
    bot.say(text)
    assert sorted(gitlab.state.mentions) == mailed


def test_an_edit_mails_only_the_newly_mentioned(bot: Desk, gitlab: GitLab) -> None:
    note = bot.say("@robin").json
    gitlab.state.mails.clear()
    bot.put(f"{bot.issue}/notes/{note['id']}", {"body": "@robin @jo"})
    assert gitlab.state.mentions == ["jo"]


@pytest.mark.parametrize(
    ("text", "leaves_a_trace"),
    [
        ("like #122", True),
        ("platypus#122", True),
        ("enterprise-apps/integrations/platypus#122", True),
        ("&#35;122", True),
        ("http://gitlab.test/enterprise-apps/integrations/platypus/-/work_items/122", True),
        ("`#122`", False),
        ("\\#122", False),
        ("x#122y", False),
        ("#999", False),
    ],
)
def test_references_leave_a_system_note_on_the_other_issue(bot: Desk, text: str, leaves_a_trace: bool) -> None:
    bot.say(text)
    notes = bot.get("projects/21/issues/122/notes").json
    assert [note["body"] for note in notes] == (["mentioned in issue #123"] if leaves_a_trace else [])


def test_a_page_with_hidden_notes_is_short_though_more_follow(bot: Desk, sign_in: SignIn) -> None:
    for number in range(4):
        bot.post(f"{bot.issue}/notes", {"body": str(number), "internal": number % 2 == 0})
    guest = sign_in("mallory")
    page = guest.get(f"{guest.issue}/notes", per_page=2, sort="desc")
    assert [note["body"] for note in page.json] == ["3"]
    assert page.headers["x-next-page"] == "2"
    assert 'rel="next"' in page.headers["Link"]


def test_the_link_header_leads_through_all_pages(bot: Desk, browser: Any) -> None:
    for number in range(23):
        bot.say(str(number))
    first = bot.get(f"{bot.issue}/notes", sort="asc")
    assert (len(first.json), first.headers["x-total"], first.headers["x-total-pages"]) == (20, "25", "2")
    links = dict(reversed(part.split("; ")) for part in first.headers["Link"].split(", "))
    address = links['rel="next"'].strip("<>")
    assert address == f"http://gitlab.test/api/v4/{bot.issue}/notes?sort=asc&page=2&per_page=20"
    rest = browser.get(
        address.removeprefix("http://gitlab.test"), headers={"Authorization": "Bearer sandbox-gitlab-wexport-token"}
    )
    assert [note["body"] for note in rest.json] == ["18", "19", "20", "21", "22"]


def test_activity_can_be_listed_apart_from_comments(bot: Desk) -> None:
    bot.put(bot.issue, {"title": "Renamed"})
    activity = bot.get(f"{bot.issue}/notes", activity_filter="only_activity").json
    assert [note["system"] for note in activity] == [True]
    comments = bot.get(f"{bot.issue}/notes", activity_filter="only_comments").json
    assert [note["author"]["username"] for note in comments] == ["morgan", "kim"]
    assert bot.get(f"{bot.issue}/notes", activity_filter="all").status_code == 400


def test_a_reply_makes_a_thread_that_can_be_resolved(bot: Desk) -> None:
    note = bot.say("A question").json
    path = next(
        f"{bot.issue}/discussions/{each['id']}"
        for each in bot.get(f"{bot.issue}/discussions").json
        if each["notes"][0]["id"] == note["id"]
    )
    assert bot.post(f"{path}/notes", {"body": "An answer"}).json["type"] == "DiscussionNote"
    bot.put(path, {"resolved": True})
    discussion = bot.get(path).json
    assert discussion["individual_note"] is False
    assert [(each["body"], each["resolved"]) for each in discussion["notes"]] == [
        ("A question", True),
        ("An answer", True),
    ]


def test_locked_discussions_take_notes_of_members_only(bot: Desk, sign_in: SignIn) -> None:
    bot.put(bot.issue, {"discussion_locked": True})
    assert sign_in("mallory").say("hello").status_code == 403
    assert bot.say("hello").status_code == 201


def test_award_emoji_come_and_go(bot: Desk) -> None:
    award = bot.post(f"{bot.issue}/award_emoji", {"name": "eyes"})
    assert (award.status_code, award.json["awardable_type"]) == (201, "Issue")
    assert bot.delete(f"{bot.issue}/award_emoji/{award.json['id']}").status_code == 204
    assert bot.get(f"{bot.issue}/award_emoji").json == []


def test_many_threads_write_without_losing_a_note(sign_in: SignIn) -> None:
    desks = [sign_in(username) for username in ("kim", "robin", "sato", "morgan")]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: desks[number % 4].say(str(number)).json, range(40)))
    assert len({note["id"] for note in made}) == 40
    listed = desks[0].get(f"{desks[0].issue}/notes", per_page=100).json
    assert {note["body"] for note in made} <= {note["body"] for note in listed}
