"""Tokens, people, labels, files and uploads of the sandbox's GitLab."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from exporter.sandbox.gitlab import GitLab
from exporter.sandbox.gitlab.state import Issue

Desk = Any
SignIn = Callable[[str], Desk]
TEMPLATES = "projects/enterprise-apps%2Fintegrations%2Fintegrations-work"


@pytest.mark.parametrize(
    ("headers", "status", "key"),
    [
        ({}, 401, "message"),
        ({"PRIVATE-TOKEN": "wrong"}, 401, "message"),
        ({"Authorization": "Bearer wrong"}, 401, "message"),
        ({"PRIVATE-TOKEN": "sandbox-gitlab-wexport-expired-token"}, 401, "error_description"),
        ({"PRIVATE-TOKEN": "sandbox-gitlab-wexport-token"}, 200, "username"),
        ({"Authorization": "Bearer sandbox-gitlab-wexport-token"}, 200, "username"),
    ],
)
def test_tokens(browser: Client, headers: dict[str, str], status: int, key: str) -> None:
    answer = browser.get("/api/v4/user", headers=headers)
    assert answer.status_code == status
    assert key in (answer.json or {})


def test_a_reading_token_may_not_write(sign_in: SignIn) -> None:
    reader = sign_in("wexport-read")
    assert reader.get(reader.issue).status_code == 200
    answer = reader.say("hello")
    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert reader.get("personal_access_tokens/self").json["scopes"] == ["read_api"]


def test_the_bot_says_that_it_is_one_and_people_do_not(bot: Desk, sign_in: SignIn) -> None:
    assert bot.get("user").json["bot"] is True
    assert sign_in("sato").get("user").json["bot"] is False


def test_users_are_found_by_exact_name(bot: Desk) -> None:
    assert [user["name"] for user in bot.get("users", username="sato").json] == ["佐藤 美咲"]
    assert bot.get("users", username="sat").json == []


@pytest.mark.parametrize(
    ("username", "level"),
    [("jo", 50), ("morgan", 40), ("kim", 30), ("robin", 30), ("sato", 20), ("wexport-bot", 20), ("mallory", 10)],
)
def test_access_levels_with_those_inherited_from_groups(bot: Desk, gitlab: GitLab, username: str, level: int) -> None:
    user = gitlab.state.user_named(username)
    assert user is not None
    assert bot.get(f"projects/21/members/all/{user.id}").json["access_level"] == level


def test_direct_members_leave_the_inherited_ones_out(bot: Desk) -> None:
    assert {row["username"] for row in bot.get("projects/21/members").json} == {"wexport-bot", "mallory"}
    assert bot.get("projects/21/members/all/999").status_code == 404


def test_labels_of_groups_above_are_listed_and_renaming_keeps_the_id(bot: Desk, sign_in: SignIn) -> None:
    names = [label["name"] for label in bot.get("projects/21/labels").json]
    assert len(names) == 16
    assert "BT Integration Manager::Approved" in names
    jo = sign_in("jo")
    path = "groups/enterprise-apps/labels/Peer%20Approval%3A%3ANeeds%20Approval"
    renamed = jo.put(path, {"new_name": "Peer Approval::Approved too"}).json
    event = bot.get("projects/21/issues/120/resource_label_events").json[1]
    assert (event["label"]["id"], event["label"]["name"]) == (renamed["id"], "Peer Approval::Approved too")


def test_a_deleted_label_is_null_in_the_history(bot: Desk, sign_in: SignIn) -> None:
    assert sign_in("jo").delete("groups/enterprise-apps/labels/CMT%3A%3AComprehensive").status_code == 204
    assert bot.get(bot.issue).json["labels"] == ["Business Owner Approval::Needs Approval"]
    assert bot.get(f"{bot.issue}/resource_label_events").json[0]["label"] is None


def test_a_label_needs_a_colour_a_name_and_rights(bot: Desk, sign_in: SignIn) -> None:
    assert bot.post("projects/21/labels", {"name": "x", "color": "#aabbcc"}).status_code == 201
    assert bot.post("projects/21/labels", {"name": "x", "color": "#aabbcc"}).status_code == 409
    assert bot.post("projects/21/labels", {"name": "y"}).json == {"error": "color is missing"}
    assert bot.post("projects/21/labels", {"name": "y", "color": "red;}"}).status_code == 400
    assert bot.post("projects/21/labels", {"name": "a,b", "color": "#aabbcc"}).status_code == 400
    assert sign_in("mallory").post("projects/21/labels", {"name": "z", "color": "#aabbcc"}).status_code == 403


def test_the_template_lives_in_a_third_project_and_its_name_has_a_space(bot: Desk, sign_in: SignIn) -> None:
    assert bot.get(f"{TEMPLATES}/templates/issues").json == [{"key": "change management", "name": "change management"}]
    template = bot.get(f"{TEMPLATES}/templates/issues/change%20management").json
    assert template["content"].count("- [ ]") == 8
    raw = bot.get(f"{TEMPLATES}/repository/files/.gitlab%2Fissue_templates%2Fchange%20management.md/raw")
    assert raw.text == template["content"]
    made = bot.post("projects/22/issues", {"title": "CM", "description": template["content"]}).json
    assert made["task_completion_status"] == {"count": 8, "completed_count": 0}
    assert made["labels"] == ["CMT::Standard"]
    assert sign_in("mallory").get(f"{TEMPLATES}/templates/issues").status_code == 404


def test_an_upload_can_be_read_back_at_the_address_it_names(bot: Desk, browser: Client) -> None:
    data = {"file": (io.BytesIO(b"--- a\n+++ b\n"), "dev to test.diff")}
    made = bot.post("projects/21/uploads", data=data)
    assert made.status_code == 201
    assert made.json["markdown"] == f"[dev_to_test.diff]({made.json['url']})"
    for prefix in ("/enterprise-apps/integrations/platypus", "/-/project/21"):
        answer = browser.get(prefix + made.json["url"])
        assert (answer.status_code, answer.data) == (200, b"--- a\n+++ b\n")
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert browser.get("/enterprise-apps/change-management" + made.json["url"]).status_code == 404


def test_an_upload_of_a_page_is_never_shown_as_a_page(bot: Desk, browser: Client) -> None:
    data = {"file": (io.BytesIO(b"<script>alert(1)</script>"), "x.html", "text/html")}
    made = bot.post("projects/21/uploads", data=data).json
    answer = browser.get(made["full_path"])
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("projects/21/issues/123/notes", {"body": {"a": 1}}),
        ("projects/21/issues/123/notes", {"body": ["a"]}),
        ("projects/21/issues/123/notes", []),
        ("projects/21/issues", {"title": "x", "labels": [{"a": 1}]}),
        ("projects/21/issues", {"title": "x", "assignee_ids": ["x"]}),
        ("projects/21/issues", {"title": "x", "due_date": "tomorrow"}),
        ("projects/21/issues", {"title": "x", "milestone_id": 77}),
        ("projects/21/issues", {"title": "x", "weight": "many"}),
        ("projects/21/issues", {"title": None}),
        ("projects/21/issues/x/notes", {"body": "a"}),
        ("projects/21/issues/123/links", {"target_project_id": 21}),
        ("projects/21/uploads", {}),
        ("markdown", {}),
    ],
)
def test_malformed_input_is_a_client_error(bot: Desk, path: str, body: Any) -> None:
    assert bot.post(path, body).status_code == 400


def test_a_body_that_is_not_json_is_a_client_error(bot: Desk) -> None:
    answer = bot.post(f"{bot.issue}/notes", data=b"{", content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("query", [{"per_page": "x"}, {"page": "-"}, {"sort": "up"}, {"updated_after": "0001-01-01"}])
def test_malformed_queries_never_break_a_list(bot: Desk, query: dict[str, str]) -> None:
    assert bot.get("projects/21/issues", **query).status_code in (200, 400)


def test_deleting_everything_leaves_a_working_server(sign_in: SignIn, issue: Issue) -> None:
    root = sign_in("root")
    for user in root.get("users", per_page=100).json:
        if user["username"] not in ("root", "kim"):
            assert root.delete(f"users/{user['id']}").status_code == 204
    assert root.get(f"{root.issue}/notes").json[0]["author"]["username"] == "ghost"
    assert root.delete("groups/enterprise-apps").status_code == 202
    assert root.get("projects").json == []
    assert root.get("projects/enterprise-apps%2Fplatypus").status_code == 404


def test_switches_and_side_effects_are_open_to_other_programs(bot: Desk, browser: Client) -> None:
    shown = browser.put("/-/sandbox", json={"notes_per_minute": 1, "has_scoped_labels": False}).json
    assert (shown["switches"]["notes_per_minute"], shown["switches"]["has_scoped_labels"]) == (1, False)
    assert [bot.say("@robin\n\n/due 2026-12-01").status_code, bot.say("again").status_code] == [201, 429]
    seen = browser.get("/-/sandbox").json
    assert seen["mentioned"] == ["robin"]
    assert [(action["name"], action["argument"]) for action in seen["fired_actions"]] == [("due", "2026-12-01")]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"no_such": 1}', "there is no switch 'no_such'"),
        ('{"has_scoped_labels": 1}', "has_scoped_labels has to be true or false"),
        ('{"max_note_chars": null}', "max_note_chars has to be a number"),
        ("[]", "the body has to be a JSON object"),
    ],
)
def test_a_mistyped_switch_switches_nothing(browser: Client, body: str, problem: str) -> None:
    answer = browser.put("/-/sandbox", data=body)
    assert answer.status_code == 400
    assert problem in (answer.json or {})["message"]


def test_only_owners_date_notes_back(bot: Desk, sign_in: SignIn) -> None:
    note = {"body": "x", "created_at": "2026-01-02T03:04:05Z"}
    assert sign_in("jo").post(f"{bot.issue}/notes", note).json["created_at"] == "2026-01-02T03:04:05.000Z"
    assert bot.post(f"{bot.issue}/notes", note).json["created_at"] == "2026-11-23T09:00:00.000Z"
