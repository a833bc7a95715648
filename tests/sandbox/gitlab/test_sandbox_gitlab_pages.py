"""The pages a person sees, and the Markdown on them: readable for a newcomer, harmless with hostile text."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from exporter.sandbox.gitlab.checklist import TaskItem, parse_tasks
from exporter.sandbox.gitlab.markdown import render_markdown
from exporter.sandbox.gitlab.references import Recorder

Desk = Any
PAGE = "/enterprise-apps/integrations/platypus/-/issues/123"


def html_of(text: str) -> str:
    return render_markdown(text, Recorder("http://gitlab.test")).strip()


@pytest.mark.parametrize("path", [PAGE, PAGE.replace("issues", "work_items"), "/enterprise-apps/platypus/-/issues/123"])
def test_the_issue_page_shows_the_issue_and_what_was_said(browser: Client, bot: Desk, path: str) -> None:
    bot.say("The **diff**\n\n```diff\n+ added\n- removed\n```")
    page = browser.get(path)
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert "Order to cash: credit check before invoicing" in page.text
    assert "<span>Business Owner Approval</span><b>Needs Approval</b>" in page.text
    assert "The <strong>diff</strong>" in page.text
    assert '<span class="line-added">+ added' in page.text
    assert "2 of 4 items completed" in page.text


def test_label_changes_and_closing_are_small_lines(browser: Client, bot: Desk) -> None:
    bot.put(bot.issue, {"add_labels": "Peer Approval::Needs Approval", "state_event": "close", "title": "New name"})
    text = re.sub(r"<[^>]+>", "", browser.get(PAGE).text)
    assert "wexport @wexport-bot added Peer ApprovalNeeds Approval label" in text
    assert "closed this issue" in text
    assert "changed title from Order to cash: credit check before invoicing to New name" in text


def test_a_page_runs_no_script_and_carries_its_own_style(browser: Client) -> None:
    page = browser.get(PAGE)
    policy = page.headers["Content-Security-Policy"]
    [style] = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "<script" not in page.text
    assert " style=" not in page.text


def test_hostile_names_stay_text(browser: Client, bot: Desk) -> None:
    bot.put(bot.issue, {"title": "<img src=x onerror=alert(1)>", "add_labels": '"><script>x</script>'})
    for path in (PAGE, "/enterprise-apps/integrations/platypus"):
        text = browser.get(path).text
        assert "<img src=x" not in text
        assert "<script" not in text


def test_the_project_page_lists_its_issues(browser: Client) -> None:
    text = browser.get("/enterprise-apps/integrations/platypus").text
    assert [int(each) for each in re.findall(r'class="name" href="[^"]+/(\d+)"', text)] == [123, 122, 121, 120]


def test_links_to_people_and_groups_lead_somewhere(browser: Client) -> None:
    assert "enterprise-apps/change-management" in browser.get("/").text
    assert "integrations/platypus" in browser.get("/groups/enterprise-apps/integrations").text
    assert "Order to cash" in browser.get("/kim").text


@pytest.mark.parametrize("path", ["/nowhere", PAGE + "4", "/enterprise-apps/integrations/platypus/-/pipelines"])
def test_unknown_pages_are_not_found(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_pages_take_no_input(browser: Client) -> None:
    assert browser.post(PAGE).status_code == 501


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~~gone~~ `code`", "<p><s>gone</s> <code>code</code></p>"),
        ("{+ in +} [- out -]", '<p><span class="idiff added"> in </span> <span class="idiff removed"> out </span></p>'),
        ("`{+ in +}`", "<p><code>{+ in +}</code></p>"),
        (
            "- [x] done\n- [ ] open\n- [~] gone",
            '<ul>\n<li class="task"><input type="checkbox" disabled checked> done</li>\n'
            '<li class="task"><input type="checkbox" disabled> open</li>\n'
            '<li class="task inapplicable"><input type="checkbox" disabled> gone</li>\n</ul>',
        ),
        (
            "<details><summary>S</summary>\n\n**in**\n\n</details>",
            "<details><summary>S</summary>\n<p><strong>in</strong></p>\n</details>",
        ),
        ("a :tada: `:tada:`", "<p>a 🎉 <code>:tada:</code></p>"),
        (
            "see https://example.com/x.",
            '<p>see <a href="https://example.com/x" rel="nofollow noreferrer noopener">https://example.com/x</a>.</p>',
        ),
        ("a <!-- hidden --> b", "<p>a  b</p>"),
        ("<input type=checkbox><b style='x' class='y'>k</b>", "<p><b>k</b></p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("\\@kim", "<p><span data-escaped-char>@</span>kim</p>"),
    ],
)
def test_markdown_is_rendered_as_gitlab_does(text: str, expected: str) -> None:
    assert html_of(text).replace('data-escaped-char=""', "data-escaped-char") == expected


def test_a_table_scrolls_and_keeps_its_pipes() -> None:
    html = html_of("| a |\n| --- |\n| `x \\| y` |")
    assert html.startswith('<div class="table-scroll"><table>')
    assert "<code>x | y</code>" in html


@given(st.text(alphabet=st.sampled_from("<>/\"'=ax&;:#@`*[]()!\n scriptonerrorjavascript-{+}~|"), max_size=200))
def test_no_text_brings_a_script_a_handler_or_a_style(text: str) -> None:
    html = html_of(text)
    assert not re.search(r"<\s*(script|style|iframe|form|object|embed|svg)", html, re.IGNORECASE)
    assert not re.search(r"<[^>]*\s(on\w+|style)\s*=", re.sub(r'"[^"]*"', '""', html), re.IGNORECASE)
    assert not re.search(r"(href|src)=\"\s*javascript:", html, re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- [ ] a\n* [x] b\n1. [X] c\n2) [ ] d", [("a", False), ("b", True), ("c", True), ("d", False)]),
        ("> - [x] quoted", [("quoted", True)]),
        ("- [~] not counted", []),
        ("- [\u00a0] any space", [("any space", False)]),
        ("- [ ]no space\n- [ ]\n[ ] no marker", []),
        ("```\n- [ ] code\n```\n- [ ] a", [("a", False)]),
        ("<!--\n- [ ] comment\n-->\n- [x] a", [("a", True)]),
        ("<details>\n\n- [x] inside\n\n</details>", [("inside", True)]),
    ],
)
def test_tasks_are_counted_as_gitlab_counts_them(text: str, items: list[tuple[str, bool]]) -> None:
    assert parse_tasks(text) == tuple(TaskItem(*item) for item in items)
