"""Text from recipes is hostile. Whatever it holds, a rendered note does nothing on GitLab but be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from exporter.change.checklist import needed_approvals
from exporter.change.marker import AssetMark, Marker, NoteKind, read_marker, with_marker
from exporter.change.policy import HANDBOOK, Approval, ChangeType, Need, Policy, When
from exporter.diff.changes import (
    MISSING,
    AssetChange,
    ChangeClass,
    ChangeKind,
    ConnectionSwitch,
    DeclaredFieldChange,
    DiffWarning,
    FieldChange,
    Side,
    SnapshotDiff,
    StepChange,
    StepPlace,
    WarningKind,
)
from exporter.render.markdown.check import check_note_body
from exporter.render.markdown.note import (
    asset_marks,
    render_change_note,
    render_markdown,
    render_note,
    render_superseded,
)
from exporter.snapshot import AssetInfo, AssetKind

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
DIGEST = "b71c" * 16

# Each has made trouble somewhere, or has the shape of what is known to act on GitLab.
NASTY = [
    "/close",
    "\n/close\n",
    "\r\n/label ~bug\r\n",
    "\n\r/close",
    "text\n\n/approve\n",
    "`",
    "``",
    "```",
    "\n```\n/close\n```\n",
    "````````",
    "~~~\n/close",
    "@all",
    "@root please look",
    "group/project#1 !2 ~bug %3 $4 &5 ^alert#6",
    "#1",
    "&#64;all",
    "<!-- wexport:1 kind=diff source=dev target=test -->",
    "-->\n/close",
    "</details>\n\n/close",
    "</summary>",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "![](https://evil.example/pixel.png)",
    "[x](javascript:alert(1))",
    "https://evil.example/a?b=@c",
    "www.evil.example",
    "kim@example.com",
    "- [ ] approve",
    "- [x] done",
    "1. [x] done",
    "---",
    "===",
    "# heading",
    "> quote",
    "    indented",
    "| a | b |",
    "a \\| b \\\\| c",
    "\\",
    "\x00",
    "\x1b[31mred",
    "\u202egnirts",
    "\u200b/close",
    "\u2028/close",
    "\ud800",
    "\U000e0041",
    "日本語の名前",
    "👩‍💻",
    "",
    " ",
    " leading and trailing ",
    "a" * 300,
    "[[wiki]]",
    "[issue:1]",
    ":x:",
    "$$\nx\n$$",
    ":::\nx\n:::",
]
hostile = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), min_size=1, max_size=3).map("".join)


def blocks_outside(tokens: list[Token]) -> Iterator[Token]:
    """Paragraphs that are direct children of the document: the only place where GitLab looks for commands."""
    for token in tokens:
        if token.type == "inline" and token.level == 1:
            yield token


def assert_harmless(body: str) -> None:
    """What a CommonMark parser, which shares no code with wexport, sees in the body."""
    # Without joining, an escaped character stays a token of its own, as GitLab keeps it apart.
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False}).disable("text_join")
    tokens = parser.parse(body)
    lines = body.split("\n")
    for token in blocks_outside(tokens):
        assert token.map is not None
        assert not [line for line in lines[token.map[0] : token.map[1]] if line.startswith("/")]
    assert not [line for line in lines if line.startswith("/")]
    for token in tokens:
        assert token.type not in ("blockquote_open", "hr", "code_block", "lheading_open"), token
        if token.type == "html_block":
            pieces = token.content.strip().split("\n")
            is_marker = len(pieces) == 1 and read_marker(f"\n\n{pieces[0]}") is not None
            summary = ("<details>", "<summary>", "</details>")
            assert is_marker or all(piece.startswith(summary) for piece in pieces), token.content
            assert "@" not in token.content
        for child in token.children or ():
            assert child.type != "html_inline" and child.type != "image", child
            if child.type == "link_open":
                assert str(child.attrs["href"]).startswith(("https://", "http://"))
            if child.type == "text":
                assert not set("@<#") & set(child.content), child.content


def hostile_diff(text: str, other: str) -> SnapshotDiff:
    """A diff that carries the texts in every place that can hold one."""
    before = StepPlace(2, 1, text, text, text, (text, other), text)
    after = StepPlace(3, 1, text, text, other, (other,), text)
    declared = tuple(
        DeclaredFieldChange(kind, text, *sides)
        for kind in (ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED, ChangeKind.RENAMED, ChangeKind.MOVED)
        for sides in ((text, other), ("", text), (other, ""))
    )
    fields = (
        FieldChange(("s",), text, MISSING, text, declared=declared),
        FieldChange(("t",), other, text, other, declared=declared[:2]),
        FieldChange(("u",), text, text, other, ChangeClass.SCHEMA, declared),
        FieldChange(("v",), other, text, other, ChangeClass.COSMETIC),
        FieldChange(("a",), text, text, other),
        FieldChange(("b",), other, MISSING, text),
        FieldChange(("c",), other, {text: [other]}, None),
        FieldChange(("d",), text, f"{other}\n{text}\n{other}", f"{text}\n{other}"),
    )
    steps = (
        StepChange((ChangeKind.MOVED, ChangeKind.CHANGED), before, after, fields),
        StepChange((ChangeKind.ADDED,), None, after, fields),
        StepChange((ChangeKind.REMOVED,), before, None, fields),
        StepChange((ChangeKind.REPLACED,), before, after, fields),
        StepChange((ChangeKind.NESTED,), None, after, (*fields, FieldChange(("block",), text, MISSING, [text, other]))),
        StepChange((ChangeKind.UNNESTED,), before, None, (FieldChange(("block",), text, [other, text], MISSING),)),
        StepChange((ChangeKind.CHANGED,), before, after, fields, ChangeClass.SCHEMA),
    )
    warnings = (
        DiffWarning(WarningKind.DANGLING_PILL, text, f"{other}/x.recipe.json", after, is_severe=True),
        DiffWarning(WarningKind.CALLED_BY, f"{text}{other}", text),
        DiffWarning(WarningKind.MISSING_PROPERTY, other, step=before),
    )
    changes = (
        AssetChange(
            AssetKind.RECIPE,
            (ChangeKind.CHANGED, ChangeKind.RENAMED),
            f"{text}/{text}.recipe.json",
            f"{other}/x.recipe.json",
            text,
            DIGEST,
            connections=(
                ConnectionSwitch(text, other, text, is_against_mapping=True),
                ConnectionSwitch(other, None, text),
            ),
            steps=steps,
            settings=fields,
            note=text,
            url=f"https://app.workato.com/recipes/{text}",
            info_after=AssetInfo(id=1, version=4, author_name=text, author_email=other),
            has_contract_change=True,
        ),
        AssetChange(AssetKind.OTHER, (ChangeKind.ADDED,), None, f"{text}.bin", other, DIGEST, fields=fields, url=text),
    )
    source, target = Side(text, text, text), Side(other, other, None)
    return SnapshotDiff(
        source, target, changes, DIGEST, noise_only=(text,), only=(text, other),
        unread_projects=(text,), warnings=warnings,
    )  # fmt: skip


def body_of(diff: SnapshotDiff, policy: Policy = HANDBOOK, labels: tuple[str, ...] = ()) -> str:
    note = render_note(diff, needed_approvals(policy, labels), sequence=1, made_at=NOW)
    marker = Marker(
        NoteKind.DIFF, diff.source.environment, diff.target.environment, DIGEST, 1, NOW, assets=asset_marks(diff)
    )
    return with_marker(note.text, marker)


@settings(max_examples=80, deadline=None)
@given(hostile, hostile)
def test_a_note_full_of_hostile_text_only_reads(text: str, other: str) -> None:
    body = body_of(hostile_diff(text, other))
    check_note_body(body)
    assert_harmless(body)
    marker = read_marker(body)
    assert marker is not None
    assert marker.digest == DIGEST


@pytest.mark.parametrize("text", NASTY)
def test_each_nasty_text_alone_only_reads(text: str) -> None:
    body = body_of(hostile_diff(text, "dev"))
    check_note_body(body)
    assert_harmless(body)


@settings(max_examples=50, deadline=None)
@given(hostile, hostile)
def test_the_short_notes_with_hostile_text_only_read(text: str, other: str) -> None:
    diff = hostile_diff(text, other)
    before = (AssetMark(text, other, "0" * 12), AssetMark(other, text, "1" * 12))
    for body in (
        render_change_note(diff, before, DIGEST, "https://gitlab.example.com/a/-/issues/1#note_2"),
        render_superseded(diff, DIGEST, "https://gitlab.example.com/a/-/issues/1#note_2"),
        render_markdown(diff),
    ):
        check_note_body(body)
        assert_harmless(body)


@settings(max_examples=50, deadline=None)
@given(hostile, hostile)
def test_hostile_words_of_a_policy_only_read(text: str, other: str) -> None:
    policy = Policy(
        (Approval("x", text, other, text),),
        (ChangeType("y", other, ("CMT::Y",), (Need("x", When.BEFORE_TEST),)),),
        ("CMT::",),
    )
    for labels in (("CMT::Y", text), ("CMT::" + text,)):
        body = body_of(hostile_diff("dev", "test"), policy, labels)
        check_note_body(body)
        assert_harmless(body)
