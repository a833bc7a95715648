"""Issues of the sandbox's GitLab: fields, filters, labels, rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exporter.sandbox.gitlab import GitLab
from exporter.sandbox.gitlab.state import Issue

Desk = Any
SignIn = Callable[[str], Desk]
APPROVED, NEEDED = "Business Owner Approval::Approved", "Business Owner Approval::Needs Approval"


def label_events(desk: Desk) -> list[tuple[str, str, str | None]]:
    rows = desk.get(f"{desk.issue}/resource_label_events", per_page=100).json
    return [(row["user"]["username"], row["action"], (row["label"] or {}).get("name")) for row in rows]


def test_the_change_issue_waits_for_the_business_owners(bot: Desk) -> None:
    issue = bot.get(bot.issue).json
    assert (issue["iid"], issue["state"], issue["author"]["username"]) == (123, "opened", "kim")
    assert issue["title"] == "Order to cash: credit check before invoicing"
    assert issue["labels"] == [NEEDED, "CMT::Comprehensive"]
    assert issue["task_completion_status"] == {"count": 4, "completed_count": 2}
    assert issue["references"]["full"] == "enterprise-apps/integrations/platypus#123"
    assert issue["web_url"] == "http://gitlab.test/enterprise-apps/integrations/platypus/-/issues/123"


def test_a_project_answers_to_its_id_and_to_its_encoded_path(bot: Desk) -> None:
    by_path = bot.get("projects/enterprise-apps%2Fintegrations%2Fplatypus").json
    assert bot.get(f"projects/{by_path['id']}").json == by_path


def test_web_addresses_can_be_those_of_work_items(bot: Desk, gitlab: GitLab) -> None:
    gitlab.switch(uses_work_item_urls=True)
    assert bot.get(bot.issue).json["web_url"].endswith("/platypus/-/work_items/123")


def test_a_new_value_of_a_scope_replaces_the_former_one_with_two_events(sign_in: SignIn) -> None:
    sato = sign_in("sato")
    answer = sato.put(sato.issue, {"add_labels": APPROVED})
    assert answer.json["labels"] == [APPROVED, "CMT::Comprehensive"]
    assert label_events(sato)[-2:] == [("sato", "remove", NEEDED), ("sato", "add", APPROVED)]


def test_without_scoped_labels_both_values_stay(sign_in: SignIn, gitlab: GitLab) -> None:
    gitlab.switch(has_scoped_labels=False)
    sato = sign_in("sato")
    assert sato.put(sato.issue, {"add_labels": [APPROVED]}).json["labels"] == [APPROVED, NEEDED, "CMT::Comprehensive"]


def test_scopes_that_gain_nothing_keep_their_conflict(sign_in: SignIn, gitlab: GitLab) -> None:
    sato = sign_in("sato")
    gitlab.switch(has_scoped_labels=False)
    sato.put(sato.issue, {"add_labels": APPROVED})
    gitlab.switch(has_scoped_labels=True)
    answer = sato.put(sato.issue, {"add_labels": "Peer Approval::Approved"})
    assert {APPROVED, NEEDED} <= set(answer.json["labels"])


def test_an_unknown_label_is_made_without_a_word(bot: Desk) -> None:
    assert "Peer Aproval::Approved" in bot.put(bot.issue, {"add_labels": "Peer Aproval::Approved"}).json["labels"]
    made = bot.get("projects/21/labels", search="Aproval").json
    assert [(label["name"], label["is_project_label"]) for label in made] == [("Peer Aproval::Approved", True)]


def test_labels_of_someone_without_rights_are_dropped_silently(sign_in: SignIn) -> None:
    mallory = sign_in("mallory")
    own = mallory.post("projects/21/issues", {"title": "Mine", "labels": "CMT::Minor"}).json
    assert own["labels"] == ["CMT::Minor"]  # whoever may create an issue may label it then
    path = f"projects/21/issues/{own['iid']}"
    answer = mallory.put(path, {"add_labels": "Peer Approval::Approved", "title": "Still mine"})
    assert (answer.status_code, answer.json["title"], answer.json["labels"]) == (200, "Still mine", ["CMT::Minor"])
    assert mallory.put(mallory.issue, {"add_labels": "Peer Approval::Approved"}).status_code == 403


def test_removing_and_replacing_labels(bot: Desk) -> None:
    assert bot.put(bot.issue, {"remove_labels": [NEEDED, "no such label"]}).json["labels"] == ["CMT::Comprehensive"]
    assert bot.put(bot.issue, {"labels": "a, b"}).json["labels"] == ["a", "b"]
    assert bot.put(bot.issue, {"labels": ""}).json["labels"] == []


@pytest.mark.parametrize(
    ("query", "iids"),
    [
        ({"state": "closed"}, [121, 120]),
        ({"state": "opened", "sort": "asc"}, [122, 123]),
        ({"labels": "CMT::Comprehensive"}, [123]),
        ({"labels": "cmt::comprehensive"}, []),
        ({"labels": f"CMT::Comprehensive,{NEEDED}"}, [123]),
        ({"labels": "Peer Approval::*"}, [121, 120]),
        ({"labels": "None"}, []),
        ({"iids[]": [120, 122]}, [122, 120]),
        ({"search": "CREDIT"}, [123]),
        ({"author_username": "robin"}, [122, 120]),
        ({"updated_after": "2026-11-20T12:00:00Z"}, [123]),
    ],
)
def test_the_list_filters(bot: Desk, query: dict[str, Any], iids: list[int]) -> None:
    assert [row["iid"] for row in bot.get("projects/21/issues", **query).json] == iids


def test_closing_and_reopening_leave_events_and_happen_once(bot: Desk, issue: Issue) -> None:
    for event in ("close", "close", "reopen"):
        answer = bot.put(bot.issue, {"state_event": event})
    assert (answer.json["state"], answer.json["closed_at"]) == ("opened", None)
    assert [row["state"] for row in bot.get(f"{bot.issue}/resource_state_events").json] == ["closed", "reopened"]


def test_ticking_an_item_names_the_item_and_who_ticked_it(bot: Desk, issue: Issue) -> None:
    ticked = issue.description.replace("- [ ] Refund", "- [x] Refund")
    answer = bot.put(bot.issue, {"description": ticked})
    assert answer.json["task_completion_status"] == {"count": 4, "completed_count": 3}
    note = bot.get(f"{bot.issue}/notes", activity_filter="only_activity").json[0]
    expected = "marked the checklist item **Refund of an order that was on hold** as completed"
    assert (note["body"], note["system"], note["author"]["username"]) == (expected, True, "wexport-bot")


def test_a_title_longer_than_255_characters_is_refused(bot: Desk) -> None:
    answer = bot.post("projects/21/issues", {"title": "x" * 256})
    assert answer.status_code == 400
    assert answer.json == {"message": {"title": ["is too long (maximum is 255 characters)"]}}


def test_quick_actions_of_a_description_run_on_creation(bot: Desk) -> None:
    made = bot.post(
        "projects/21/issues", {"title": "From a template", "description": 'Text\n\n/label ~"CMT::Standard"\n'}
    )
    assert (made.status_code, made.json["description"], made.json["labels"]) == (201, "Text", ["CMT::Standard"])


def test_what_a_token_cannot_see_is_not_found(sign_in: SignIn) -> None:
    answer = sign_in("mallory").get("projects/enterprise-apps%2Fchange-management")
    assert (answer.status_code, answer.json) == (404, {"message": "404 Project Not Found"})


def test_confidential_issues_are_hidden_from_guests(bot: Desk, sign_in: SignIn) -> None:
    bot.put(bot.issue, {"confidential": True})
    mallory = sign_in("mallory")
    assert mallory.get(mallory.issue).status_code == 404
    assert 123 not in [row["iid"] for row in mallory.get("projects/21/issues").json]


def test_a_moved_project_redirects_reading_and_refuses_writing(bot: Desk) -> None:
    answer = bot.get("projects/enterprise-apps%2Fplatypus/issues/123?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (
        301,
        "http://gitlab.test/api/v4/projects/21/issues/123?a=b",
    )
    answer = bot.post("projects/enterprise-apps%2Fplatypus/issues/123/notes", {"body": "hello"})
    assert (answer.status_code, answer.json["message"]) == (405, "Non GET methods are not allowed for moved projects")


def test_linking_two_issues_once(bot: Desk) -> None:
    target = {"target_project_id": 21, "target_issue_iid": 122}
    made = bot.post(f"{bot.issue}/links", target)
    assert (made.status_code, made.json["target_issue"]["iid"], made.json["link_type"]) == (201, 122, "relates_to")
    assert bot.post(f"{bot.issue}/links", target).status_code == 409
    [link] = bot.get("projects/21/issues/122/links").json
    assert link["iid"] == 123
    assert bot.delete(f"projects/21/issues/122/links/{link['issue_link_id']}").status_code == 200
    assert bot.get(f"{bot.issue}/links").json == []


def test_what_is_not_emulated_says_so(bot: Desk) -> None:
    answer = bot.get("projects/21/pipelines")
    assert answer.status_code == 501
    assert answer.json["method"] == "GET"
    assert answer.json["path"] == "/api/v4/projects/21/pipelines"
