"""GitLab Flavored Markdown to safe HTML.

The order of the steps is GitLab's own: CommonMark and tables first, then the allow list, then the filters that
look at the text nodes of what is left (references, inline diffs, task items, emoji). So an escaped `\\@` stays dead
and an entity `&#64;` stays alive, as in GitLab.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Protocol

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict


class Linker(Protocol):
    """What the references of a text point to; None leaves the text as it is."""

    def link_user(self, name: str, *, is_quoted: bool) -> str | None: ...

    def link_issue(self, project_path: str | None, iid: int) -> tuple[str, str] | None: ...

    def link_label(self, name: str) -> tuple[str, str] | None: ...

    def link_upload(self, path: str) -> str | None: ...

    def link_address(self, address: str) -> tuple[str, str] | None: ...


_TAG_NAMES = (
    "a abbr b blockquote br code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li "
    "ol p pre q rp rt ruby s samp span strike strong sub summary sup table tbody td tfoot th thead tr tt ul var"
)
_TAGS = set(_TAG_NAMES.split())
_ATTRIBUTES = {
    "a": {"href", "name", "title"},
    "abbr": {"title"},
    "code": {"class"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "span": {"data-escaped-char"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
}
_URL_SCHEMES = {"http", "https", "mailto"}
_VOID = {"br", "hr", "img", "input"}
_NO_REFERENCES = {"a", "code", "pre"}
_EMOJI = {
    "100": "💯", "bell": "🔔", "boom": "💥", "bug": "🐛", "bulb": "💡", "calendar": "📅", "construction": "🚧",
    "eyes": "👀", "fire": "🔥", "heart": "❤️", "hourglass": "⌛", "information_source": "ℹ️", "link": "🔗",
    "lock": "🔒", "memo": "📝", "no_entry": "⛔", "package": "📦", "point_right": "👉", "question": "❓",
    "rocket": "🚀", "smile": "😄", "tada": "🎉", "thumbsdown": "👎", "thumbsup": "👍", "tractor": "🚜",
    "warning": "⚠️", "white_check_mark": "✅", "x": "❌",
}  # fmt: skip
# Every part is bounded or begins where it cannot begin again one character later: a text of a megabyte stays linear.
_INLINE = re.compile(
    r"(?P<url>https?://[^\s<>\"']+)"
    r"|(?P<added>\{\+.{0,2000}?\+\}|\[\+.{0,2000}?\+\])"
    r"|(?P<removed>\[-.{0,2000}?-\]|\{-.{0,2000}?-\})"
    r"|(?<![\w@/])@(?P<user>[A-Za-z0-9_](?:[\w.\-/]*[\w\-])?)"
    r"|(?<![\w/.\-])(?P<project>[\w.][\w.\-]*(?:/[\w.\-]+)*)?\#(?P<iid>\d{1,9})\b"
    r"|(?<!\w)~(?:\"(?P<quoted>[^\"\n]+)\"|(?P<label>[\w?&\-.:]*\w))"
    r"|:(?P<emoji>[a-z0-9_+\-]+):",
    re.DOTALL,
)
_TASK = re.compile(r"^\s*\[(?P<mark>[xX~]|\s)\](?=\s+\S)")


def _text_special(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    text = html.escape(tokens[index].content)
    return f"<span data-escaped-char>{text}</span>" if tokens[index].info == "escape" else text


def make_parser() -> MarkdownIt:
    """CommonMark with raw HTML, tables and strikethrough, as the server parses notes."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # Joining would make an escaped "\@" and a plain "@" look the same to the filters.
    parser.disable("text_join")
    parser.add_render_rule("text_special", _text_special)
    return parser


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "code" and name == "class":
        return value if re.fullmatch(r"language-[\w+#.\-]+", value) else None
    return value


def render_markdown(text: str, linker: Linker) -> str:
    """HTML of the text, free of scripts, styles, handlers and forms whatever stood in it."""
    rendered = make_parser().render(text.replace("\x00", "\ufffd"))
    clean = nh3.clean(
        rendered,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "iframe", "textarea", "svg", "math"},
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        link_rel="nofollow noreferrer noopener",
        url_schemes=_URL_SCHEMES,
    )
    page = _Filter(linker)
    page.feed(clean)
    page.close()
    return "".join(page.parts)


class _Filter(HTMLParser):
    """Writes clean HTML again, with the text nodes replaced by what GitLab makes of them."""

    def __init__(self, linker: Linker) -> None:
        super().__init__(convert_charrefs=True)
        self.linker = linker
        self.parts: list[str] = []
        self._open: list[tuple[str, int]] = []  # tag and its place in parts
        self._language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "code":
            self._language = (values.get("class") or "").removeprefix("language-")
        target = values.get("href") if tag == "a" else values.get("src") if tag == "img" else None
        upload = self.linker.link_upload(target) if target and target.startswith("/uploads/") else None
        if upload:
            values["href" if tag == "a" else "src"] = upload
        written = "".join(
            f" {name}" if value is None else f' {name}="{html.escape(value)}"' for name, value in values.items()
        )
        if tag == "table":
            self.parts.append('<div class="table-scroll">')
        self.parts.append(f"<{tag}{written}>")
        if tag not in _VOID:
            self._open.append((tag, len(self.parts) - 1))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        while self._open and self._open.pop()[0] != tag:
            pass
        self.parts.append(f"</{tag}>")
        if tag == "table":
            self.parts.append("</div>")
        if tag == "code":
            self._language = ""

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self._open}
        if "pre" in tags and self._language == "diff":
            self.parts.append(colour_diff(data))
        elif tags & _NO_REFERENCES:
            self.parts.append(html.escape(data, quote=False))
        else:
            self._write_text(data, is_quoted="blockquote" in tags)

    def _write_text(self, data: str, *, is_quoted: bool) -> None:
        task = _TASK.match(data) if self._starts_list_item() else None
        position = 0
        if task:
            self._write_box(task["mark"])
            position = task.end()
        for match in _INLINE.finditer(data, position):
            self.parts.append(html.escape(data[position : match.start()], quote=False))
            self.parts.append(self._replace(match, is_quoted=is_quoted))
            position = match.end()
        self.parts.append(html.escape(data[position:], quote=False))

    def _starts_list_item(self) -> bool:
        """True right behind `<li>` or `<li><p>`: only there a box is a task item."""
        item = next(((tag, place) for tag, place in reversed(self._open) if tag != "p"), None)
        if item is None or item[0] != "li":
            return False
        return not "".join(self.parts[item[1] + 1 :]).replace("<p>", "").strip()

    def _write_box(self, mark: str) -> None:
        place = next(place for tag, place in reversed(self._open) if tag == "li")
        kind = "task inapplicable" if mark == "~" else "task"
        self.parts[place] = f'<li class="{kind}">'
        checked = " checked" if mark in "xX" else ""
        self.parts.append(f'<input type="checkbox" disabled{checked}>')

    def _replace(self, match: re.Match[str], *, is_quoted: bool) -> str:
        text = html.escape(match[0], quote=False)
        kind = match.lastgroup
        if kind == "url":
            return self._link_address(match[0])
        if kind in ("added", "removed"):
            inner = html.escape(match[0][2:-2], quote=False)
            return f'<span class="idiff {kind}">{inner}</span>'
        if kind == "user":
            address = self.linker.link_user(match["user"], is_quoted=is_quoted)
            return f'<a class="mention" href="{html.escape(address)}">{text}</a>' if address else text
        if kind == "iid":
            issue = self.linker.link_issue(match["project"], int(match["iid"]))
            if not issue:
                return text
            return f'<a href="{html.escape(issue[0])}" title="{html.escape(issue[1])}">{text}</a>'
        if kind == "emoji":
            return _EMOJI.get(match["emoji"], text)
        return self._link_label(match["quoted"] or match["label"], text)

    def _link_label(self, name: str, text: str) -> str:
        label = self.linker.link_label(name)
        if not label:
            return text
        return f'<a class="{html.escape(label[1])}" href="{html.escape(label[0])}">{pill_text(name)}</a>'

    def _link_address(self, address: str) -> str:
        trimmed = address.rstrip(".,;:!?*_~")
        if trimmed.endswith(")") and trimmed.count(")") > trimmed.count("("):
            trimmed = trimmed[:-1]
        rest = html.escape(address[len(trimmed) :], quote=False)
        known = self.linker.link_address(trimmed)
        href, text = known or (trimmed, trimmed)
        return f'<a href="{html.escape(href)}" rel="nofollow noreferrer noopener">{html.escape(text)}</a>{rest}'


def pill_text(name: str) -> str:
    """A label's name as HTML: the key of a scoped label and its value are two halves of one pill."""
    scope, separator, value = name.rpartition("::")
    if not separator:
        return f"<span>{html.escape(name)}</span>"
    return f"<span>{html.escape(scope)}</span><b>{html.escape(value)}</b>"


def colour_diff(text: str) -> str:
    """Lines of a unified diff, each in a span that says what it is."""
    kinds = {"+": "line-added", "-": "line-removed", "@": "line-hunk"}
    lines = []
    for line in text.removesuffix("\n").split("\n"):
        kind = kinds.get(line[:1], "line-same")
        lines.append(f'<span class="{kind}">{html.escape(line, quote=False)}\n</span>')
    return "".join(lines)
