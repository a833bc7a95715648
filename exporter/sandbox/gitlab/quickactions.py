"""Which lines of a text GitLab takes for quick actions.

A command fires only if it stands in a paragraph that is a direct child of the document, at column 0 of its source
line, outside inline code and HTML of that paragraph, and is a known name followed by a space or the line's end.
Carriage returns are removed before anything else. Source: GitLab's quick action filter and extractor.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from markdown_it.token import Token

from exporter.sandbox.gitlab.markdown import make_parser

# Names that GitLab knows for issues and merge requests; one that does not fit an issue is removed from the text too.
_COMMAND_NAMES = (
    "add_child add_contacts add_email approve assign assign_reviewer award blocked_by blocks board_move child_of "
    "clear_health_status clear_weight clone close confidential convert_to_ticket copy_metadata create_merge_request "
    "done draft due duplicate epic estimate estimate_time health_status internal invite_email iteration label labels "
    "link lock mark_as_duplicate_of merge milestone move page promote promote_to promote_to_incident publish react "
    "ready reassign reassign_reviewer rebase relabel relate remove_child remove_contacts remove_due_date "
    "remove_email remove_epic remove_estimate remove_iteration remove_milestone remove_parent remove_parent_epic "
    "remove_time_estimate remove_time_spent remove_zoom reopen request_review resolve set_parent severity spend "
    "spend_time spent submit_review subscribe tag target_branch timeline title todo type unapprove unassign "
    "unassign_reviewer unlabel unlink unlock unsubscribe weight wip zoom"
)
COMMANDS = tuple(_COMMAND_NAMES.split())
SUBSTITUTIONS = {"shrug": "¯\\＿(ツ)＿/¯", "tableflip": "(╯°□°)╯︵ ┻━┻"}

_SLASH_LINE = re.compile(r"^/", re.MULTILINE)


def _alternatives(names: tuple[str, ...]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_ACTION = re.compile(
    r"(?P<code>`.+?`)"
    r"|(?P<html>^<[^>]+?>\n.+?\n</[^>]+?>$)"
    rf"|(?:^/(?P<command>{_alternatives(COMMANDS)})(?:[ ](?P<argument>[^\n]*))?(?:\s*\n|$))"
    rf"|(?:^/(?P<substitution>{_alternatives(tuple(SUBSTITUTIONS))})(?:[ ](?P<text>[^\n]*))?(?P<end>\s*\n|$))",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class QuickAction:
    name: str
    argument: str


def extract_quick_actions(text: str) -> tuple[str, tuple[QuickAction, ...]]:
    """The text that is left to store, and the commands that fire, in order."""
    text = text.replace("\r", "")
    if not _SLASH_LINE.search(text):
        return text.rstrip(), ()
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    actions: list[QuickAction] = []
    for first, last in _candidate_paragraphs(text):
        end = last + 1 if last + 1 < len(lines) and lines[last + 1] == "\n" else last
        paragraph = _ACTION.sub(lambda match: _take(match, actions), "".join(lines[first : end + 1]))
        lines[first : end + 1] = [paragraph] + [""] * (end - first)
    return "".join(lines).rstrip(), tuple(actions)


def _take(match: re.Match[str], actions: list[QuickAction]) -> str:
    if match["command"]:
        actions.append(QuickAction(match["command"].lower(), (match["argument"] or "").strip()))
        return ""
    if match["substitution"]:
        said = f"{match['text'].strip()} " if match["text"] else ""
        return said + SUBSTITUTIONS[match["substitution"].lower()] + match["end"]
    return match[0]


def _candidate_paragraphs(text: str) -> list[tuple[int, int]]:
    """First and last line of each top-level paragraph whose rendered text has a line that begins with a slash."""
    tokens = make_parser().parse(text)
    found = []
    for opening, inline in itertools.pairwise(tokens):
        is_top_level = opening.type == "paragraph_open" and opening.level == 0
        if is_top_level and opening.map and _SLASH_LINE.search(_rendered_text(inline)):
            found.append((opening.map[0], opening.map[1] - 1))
    return found


def _rendered_text(inline: Token) -> str:
    parts = []
    for child in inline.children or []:
        if child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type != "html_inline":
            parts.append(child.content)
    return "".join(parts)
