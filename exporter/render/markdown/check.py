"""The last look at a note before it is sent, by someone who does not trust the renderer.

It reads the body line by line, knows only the few constructs that wexport's notes use, and refuses everything
else: a command line, a live mention or reference, HTML, a checklist item, an image, a link to an odd place. It is
stricter than GitLab on purpose. It shares no code with the rest of this folder.
"""

from __future__ import annotations

import re

from exporter.errors import UnsafeNoteError

MAX_NOTE_CHARS = 1_000_000  # GitLab, limits on notes

_MARKER = re.compile(r"<!-- wexport:[0-9]+(?: [a-z0-9-]+=[A-Za-z0-9._~%-]*)+ -->")
_SUMMARY = re.compile(r"<summary>[A-Za-z0-9 ,.()…]*</summary>")
_FENCE = re.compile(r"(`{3,})([a-z]*)")
_FENCE_END = re.compile(r" {0,3}(`{3,})[ \t]*")
_RUN = re.compile("`+")
_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")
_LINK_TARGET = re.compile(
    r"\]\((?:https?://[A-Za-z0-9.:-]+(?:[/?#][A-Za-z0-9._~%/?#=&+-]*)?|/uploads/[0-9a-f]+/[A-Za-z0-9._-]+)\)"
)
_FORBIDDEN_CHARS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
# What is left of a line after code, escapes and good links are taken out must hold none of these.
_LIVE = (
    (re.compile("@"), "a mention"),
    (re.compile("<"), "HTML"),
    (re.compile(r"https?:|www\.", re.IGNORECASE), "a bare address"),
    (re.compile(r"\]\(|\]\[|!\["), "a link or image"),
    (re.compile(r"#\w"), "a reference to an issue"),
    (re.compile(r"[!$%~^&](?=[\w\"{])"), "a reference or an entity"),
    (re.compile(r"\[\w+:"), "a reference"),
    (re.compile(r"\[\["), "a wiki link"),
)
_TASK = re.compile(r"\s*(?:>\s*)*(?:[-+*]|[0-9]+[.)])\s+\[.\]")
_DEFINITION = re.compile(r"\s*\[[^\]]*\]:")
_COMMAND = re.compile(r"\s*/[A-Za-z]")
_OTHER_BLOCK = re.compile(r"(?:>|~{3,}|={3,}|-{3,}|\+{3,}|\${2,}|:{3,})")


def check_note_body(body: str) -> None:
    """Nothing, if this body can be sent to GitLab as a note and does nothing there but be read.

    Raises: UnsafeNoteError, which names the line and the reason but not the text.
    """
    if len(body) > MAX_NOTE_CHARS:
        raise UnsafeNoteError(f"The note has {len(body)} characters, GitLab takes {MAX_NOTE_CHARS}. It was not sent.")
    lines = body.split("\n")
    is_open = False
    fence = ""
    for number, line in enumerate(lines, 1):
        problem = _problem_anywhere(line)
        if fence:
            end = _FENCE_END.fullmatch(line)
            fence = "" if end and len(end[1]) >= len(fence) else fence
        elif opening := _FENCE.fullmatch(line):
            fence = opening[1]
            problem = problem or _problem_of_neighbour(lines, number - 2, "a code block that begins within a paragraph")
        elif line.startswith("<"):
            is_opening = line == "<details>"
            problem = problem or _problem_in_html(lines, number - 1, is_open=is_open)
            is_open = is_opening or (is_open and line != "</details>")
        else:
            problem = problem or _problem_in_text(line)
        if problem:
            raise UnsafeNoteError(
                f"Line {number} of the note holds {problem}. The note was not sent; please report this as a bug."
            )
    if fence or is_open:
        raise UnsafeNoteError(
            "A block of the note is never closed. The note was not sent; please report this as a bug."
        )


def _problem_anywhere(line: str) -> str:
    """What no line may hold, not even one inside a code block."""
    if _FORBIDDEN_CHARS.search(line):
        return "an invisible character"
    return "a command at its start" if re.match("/[A-Za-z]", line) else ""


def _problem_of_neighbour(lines: list[str], index: int, problem: str) -> str:
    """The problem, unless the line at the index is empty or beyond either end."""
    return problem if 0 <= index < len(lines) and lines[index].strip() else ""


def _problem_in_html(lines: list[str], index: int, *, is_open: bool) -> str:
    """HTML: the marker in its place, and the three lines of a folded block, each where it has to be. A block of HTML
    goes on until an empty line, and in it nothing is code: so nothing else may stand there."""
    line = lines[index]
    before_and_after = (index - 1, index + 1)
    if line == "<details>" and not is_open:
        is_whole = index + 1 < len(lines) and _SUMMARY.fullmatch(lines[index + 1])
        return _problem_of_neighbour(lines, index - 1, "HTML in a paragraph") if is_whole else "an incomplete block"
    if _SUMMARY.fullmatch(line) and lines[index - 1] == "<details>":
        return _problem_of_neighbour(lines, index + 1, "text within HTML")
    if (line == "</details>" and is_open) or (index == 2 and _MARKER.fullmatch(line)):
        problems = [_problem_of_neighbour(lines, place, "text within HTML") for place in before_and_after]
        return problems[0] or problems[1]
    return "HTML"


def _problem_in_text(line: str) -> str:
    """What a line of Markdown outside of code blocks must not hold."""
    for pattern, problem in (
        (_COMMAND, "a command"),
        (_TASK, "a checklist item"),
        (_DEFINITION, "a link definition"),
        (_OTHER_BLOCK, "a block that wexport does not use"),
    ):
        if pattern.match(line):
            return problem
    rest = _without_code(line)
    if rest is None:
        return "code that is not closed on its line"
    rest = _LINK_TARGET.sub("", rest)
    return next((problem for pattern, problem in _LIVE if pattern.search(rest)), "")


def _without_code(line: str) -> str | None:
    """The line with each code span replaced by a space and each escaped character by nothing; None if a code span
    does not end on the line."""
    rest: list[str] = []
    place = 0
    while place < len(line):
        if escaped := _ESCAPED.match(line, place):
            place = escaped.end()
            rest.append("\ufffc")
        elif run := _RUN.match(line, place):
            end = next((other for other in _RUN.finditer(line, run.end()) if len(other[0]) == len(run[0])), None)
            if end is None:
                return None
            rest.append("\ufffc")
            place = end.end()
        else:
            rest.append(line[place])
            place += 1
    return "".join(rest)
