"""Hostile text made harmless for GitLab Flavored Markdown. Every value that is not wexport's own goes through here.

Three places take foreign text: an inline code span, a fenced block, and (for words of the configuration) prose.
None of them ever begins a source line with foreign text, because GitLab runs a line that begins with "/close" or
"/label" as a command, with the rights of whoever posts it.
Source: GitLab's QuickActionFilter and reference filters, tried with a CommonMark parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, quote, urlsplit

# Characters that show nothing, or that turn the reading direction: they make two texts look alike that are not.
INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff"
)
# A joiner between two letters of a script that needs it (or two emoji) is writing; beside ASCII it hides something.
_JOINER = "(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
_HIDDEN = re.compile(f"[{INVISIBLE}]|{_JOINER}")
# All of ASCII's but these four, which mean nothing to Markdown or GitLab within a line: ' , ; ?
_PUNCTUATION = re.compile(r"([!-&(-+\--/:<->@\[-`{-~])")
MAX_CODE_CHARS = 200
MAX_URL_CHARS = 2_000
_BACKTICKS = re.compile("`+")
_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(?::[0-9]{1,5})?")


def visible(text: str) -> str:
    r"""The text with every invisible or direction-turning character written out (`\u202e`). Line feeds and tabs
    stay."""
    return _HIDDEN.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    point = ord(match[0])
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def code(text: str) -> str:
    """The text as an inline code span on one line: line ends become ⏎, blank ends ␣, an empty text `""`. Cut after
    200 characters: it is for names and other things that are taken in at a glance."""
    if len(text) > MAX_CODE_CHARS:
        text = f"{text[:MAX_CODE_CHARS]}… ({len(text) - MAX_CODE_CHARS} more characters)"
    shown = visible(text.replace("\r\n", "\n")).replace("\n", "⏎").replace("\t", "⇥")
    if not shown:
        return '`""`'
    stripped = shown.strip(" ")
    lead = len(shown) - len(shown.lstrip(" "))
    shown = "␣" * len(shown) if not stripped else "␣" * lead + stripped + "␣" * (len(shown) - lead - len(stripped))
    delimiter = "`" * (longest_backtick_run(shown) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{delimiter}{pad}{shown}{pad}{delimiter}"


def table_code(text: str) -> str:
    r"""A code span that fits into a table's cell: `|` becomes `\|`, also inside code."""
    # A backslash before a pipe would escape the escape.
    return code(re.sub(r"\\+(?=\|)", lambda match: "⧵" * len(match[0]), text)).replace("|", r"\|")


def fence(lines: Iterable[str], info: str = "") -> list[str]:
    """A fenced block of these lines, each of which must begin with wexport's own character (a diff's +, - or space):
    that keeps a command inside even if a server takes the fence for something else."""
    whole = [line.replace("\n", "⏎") for line in lines]
    text = visible("\n".join(whole))  # all at once: a search a line takes far longer
    delimiter = "`" * max(3, longest_backtick_run(text) + 1)
    return [f"{delimiter}{info}", *(text.split("\n") if whole else ()), delimiter]


def longest_backtick_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


def prose(text: str) -> str:
    """The text as plain words on one line, every mark escaped that could mean something: nothing in it is Markdown,
    HTML, a mention or a reference. For words of the configuration; text of a recipe belongs into `code`."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(visible(text).split()))


def link(text: str, url: str) -> str:
    """The text as a code span that leads to the URL; without a link where the URL is not a plain http(s) one."""
    target = link_target(url)
    return f"[{code(text)}]({target})" if target else code(text)


def link_target(url: str) -> str:
    """The URL with everything escaped that could end a Markdown link; "" for anything but plain http or https."""
    try:
        parts: SplitResult = urlsplit(url)
    except ValueError:
        return ""
    if len(url) > MAX_URL_CHARS or parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return ""
    path = quote(parts.path, safe="/%._~-", errors="replace")
    query = f"?{quote(parts.query, safe='=&%._~-', errors='replace')}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe='=&%._~/-', errors='replace')}" if parts.fragment else ""
    return f"{parts.scheme}://{parts.netloc}{path}{query}{fragment}"
