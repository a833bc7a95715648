"""Which lines fire: the table of GitLab's own behaviour, case by case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.sandbox.gitlab.quickactions import QuickAction, extract_quick_actions

CLOSE = (QuickAction("close", ""),)


@pytest.mark.parametrize(
    "text",
    [
        "/close",
        "/CLOSE",
        "text\n/close",
        "text\n\r/close",
        "text\r\n/close\r\n",
        "<!-- marker -->\n/close",
        "<!-- a --> -->\n/close",
        "```\n ```\n/close",
        "<details>\n\nvalue </details>\n\n/close",
        "/close\nmore text",
        "`code`\n/close",
    ],
)
def test_fires(text: str) -> None:
    assert extract_quick_actions(text)[1] == CLOSE


@pytest.mark.parametrize(
    "text",
    [
        " /close",
        "- /close",
        "> /close",
        "> quote\n/close",
        "- item\n/close",
        "| a |\n| --- |\n| /close |",
        "| a |\n| --- |\n| b |\n/close",
        "# /close",
        "```\n/close\n```",
        "    /close",
        "<details>\n/close\n</details>",
        "<details>\n<summary>x</summary>\n/close\n</details>",
        "&#47;close",
        "\\/close",
        "\u200b/close",
        "text\u2028/close",
        "/closed",
        "/close,",
        "/unknown",
        "see /close",
        "`a\n/close\nb`",
        "text\n<span>\n/close\n</span>",
    ],
)
def test_does_not_fire(text: str) -> None:
    stored, actions = extract_quick_actions(text)
    assert actions == ()
    assert stored == text.rstrip()


def test_commands_are_taken_out_of_the_text_with_their_arguments() -> None:
    stored, actions = extract_quick_actions('Hello\n\n/label ~"a b" ~c\n/due 2026-12-01\n\nBye')
    assert actions == (QuickAction("label", '~"a b" ~c'), QuickAction("due", "2026-12-01"))
    assert stored == "Hello\n\nBye"


def test_substitutions_stay_in_the_text() -> None:
    assert extract_quick_actions("/shrug well") == ("well ¯\\＿(ツ)＿/¯", ())


@given(st.text(alphabet=st.sampled_from("/close \n\r`<>-|~#&;!")))
def test_what_is_left_never_fires_again_and_holds_no_carriage_return(text: str) -> None:
    stored, actions = extract_quick_actions(text)
    assert "\r" not in stored
    if not actions:
        assert stored == text.replace("\r", "").rstrip()
