"""Values before and after as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exporter.diff.changes import MISSING, FieldChange, Missing
from exporter.recipe.model import JsonValue
from exporter.render.difference import excerpt_pair
from exporter.render.markdown.escape import code, fence, link, link_target, prose, table_code, visible
from exporter.render.markdown.values import UNLIMITED, Detail, compare_lines, render_fields


def line_of(before: JsonValue | Missing, after: JsonValue | Missing, *, is_whole: bool = False) -> str:
    lines, left_out = render_fields([FieldChange(("f",), "F", before, after)], UNLIMITED, is_whole=is_whole)
    assert left_out == 0
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a", "b", "- `F`: `a` → `b`"),
        (MISSING, "b", "- `F`: not set → `b`"),
        ("a", MISSING, "- `F`: `a` → not set"),
        (None, "", '- `F`: `null` → `""`'),
        ("10", 10, '- `F`: `"10"` → `10`'),
        ("true", True, '- `F`: `"true"` → `true`'),
        (Decimal("1.0"), Decimal("1.00"), "- `F`: `1.0` → `1.00`"),
        ({"a": 1}, {"a": [None, "x"]}, '- `F`: `{"a": 1}` → `{"a": [null, "x"]}`'),
        (" a", "a ", "- `F`: `␣a` → `a␣`"),
        ("a\u00a0b", "a b", '- `F`: `"a\\xa0b"` → `"a b"`'),
        ("a`b", "`", "- `F`: ``a`b`` → `` ` ``"),
    ],
)
def test_short_values_stand_side_by_side(before: JsonValue | Missing, after: JsonValue | Missing, shown: str) -> None:
    assert line_of(before, after) == shown


def test_a_field_of_a_new_step_shows_its_value_alone() -> None:
    assert line_of(MISSING, "x", is_whole=True) == "- `F`: `x`"


def test_a_long_text_becomes_a_diff_of_its_lines() -> None:
    before = "\n".join(f"line {number}" for number in range(1, 21))
    lines, _ = render_fields([FieldChange(("f",), "SQL", before, before.replace("line 10", "LINE 10"))], UNLIMITED)
    assert lines == [
        "`SQL`:",
        "",
        "```diff",
        "@@ line 7 @@",
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        " ^^^^",
        "+LINE 10",
        " ^^^^",
        " line 11",
        " line 12",
        " line 13",
        "```",
    ]


def test_the_changed_words_of_a_longer_text_are_pointed_at() -> None:
    before = "Lead [Step 1 · New lead ▸ Last name] is waiting for 10 minutes, please call."
    lines, _ = render_fields([FieldChange(("f",), "Text", before, before.replace("10", "25"))], UNLIMITED)
    assert lines[3:-1] == [
        "-Lead [Step 1 · New lead ▸ Last name] is waiting for 10 minutes, please call.",
        "                                                     ^^",
        "+Lead [Step 1 · New lead ▸ Last name] is waiting for 25 minutes, please call.",
        "                                                     ^^",
    ]


def test_a_wrapped_line_does_not_look_like_another_line() -> None:
    lines, _ = render_fields([FieldChange(("f",), "Text", MISSING, "word " * 40 + "end")], UNLIMITED)
    assert lines[3:-1] == ["+" + "word " * 18, "+┆ " + "word " * 18, "+┆ " + "word " * 4 + "end"]


def test_marks_of_wide_letters_would_stand_in_the_wrong_place() -> None:
    lines = compare_lines("日本語 one two three four", "日本語 one two three five", 100)
    assert lines == ["-日本語 one two three four", "+日本語 one two three five"]


def test_schema_text_is_laid_out_before_it_is_compared() -> None:
    fields = [f'{{"name":"field_{name}","type":"string","optional":true}}' for name in "abc"]
    change = FieldChange(("f",), "Schema", f"[{','.join(fields)}]", f"[{','.join(fields[:2])}]")
    assert render_fields([change], UNLIMITED)[0][3:-1] == [
        " [",
        '   {"name": "field_a", "type": "string", "optional": true},',
        '-  {"name": "field_b", "type": "string", "optional": true},',
        '-  {"name": "field_c", "type": "string", "optional": true}',
        '+  {"name": "field_b", "type": "string", "optional": true}',
        " ]",
    ]


def test_texts_that_differ_in_line_ends_only_do_not_look_alike() -> None:
    assert line_of("a\r\nb", "a\nb") == r'- `F`: `"a\r\nb"` → `"a\nb"`'


def test_a_shortened_diff_says_how_much_is_missing() -> None:
    detail = Detail(assets=9, changes=9, fields=1, lines=2, chars=80)
    fields = [FieldChange(("f",), "F", MISSING, "1\n2\n3\n4\n5"), FieldChange(("g",), "G", 1, 2)]
    lines, left_out = render_fields(fields, detail)
    assert left_out == 2
    assert lines[-3:] == ["… 3 more lines in the attached file", "", "… 1 more field in the attached file"]


def test_cutting_long_lines_never_makes_them_look_alike() -> None:
    before, after = "x" * 5_000 + "1" + "y" * 5_000, "x" * 5_000 + "2" + "y" * 5_000
    assert excerpt_pair(before, after, 100) == (
        "…" + "x" * 40 + "1" + "y" * 40 + "…",
        "…" + "x" * 40 + "2" + "y" * 40 + "…",
    )
    assert excerpt_pair("a", "b", 100) == ("a", "b")


def test_two_huge_texts_without_a_common_line_are_compared_at_once() -> None:
    before, after = ("\n".join(f"{side}{number}" for number in range(3_000)) for side in "ba")
    lines = compare_lines(before, after, 100)
    assert lines[0] == "-b0"
    assert lines[-1] == "+a2999"


def test_the_place_of_a_change_is_its_line_in_the_text_after() -> None:
    before = [str(number) for number in range(1, 31)]
    after = [*before[:5], "new", *before[5:19], "X", *before[20:]]
    lines = compare_lines("\n".join(before), "\n".join(after), 100)
    places = [line for line in lines if line.startswith("@@")]
    assert places == ["@@ line 3 @@", "@@ line 18 @@"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("a\x00b\x1b", "a\\u0000b\\u001b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u200db", "a\\u200db"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("日本語", "日本語"),
        ("a\tb\nc", "a\tb\nc"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_inline_code_holds_any_text_on_one_line() -> None:
    assert code("") == '`""`'
    assert code("a\nb\r\nc\td") == "`a⏎b⏎c⇥d`"
    assert code("``x`") == "``` ``x` ```"
    assert code("   ") == "`␣␣␣`"
    assert code("x" * 205) == f"`{'x' * 200}… (5 more characters)`"
    assert table_code("a|b\\|c") == "`a\\|b⧵\\|c`"


def test_a_fence_is_longer_than_any_run_of_backticks_in_it() -> None:
    assert fence([" ```` x", "+a\nb"], "diff") == ["`````diff", " ```` x", "+a⏎b", "`````"]


def test_prose_escapes_what_means_something() -> None:
    assert prose("@all  see #1\n<b>") == r"\@all see \#1 \<b\>"
    assert prose("Impacted team's owner, too") == "Impacted team's owner, too"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://app.workato.com/recipes/1", "https://app.workato.com/recipes/1"),
        ("http://127.0.0.1:8080/x?a=1#b", "http://127.0.0.1:8080/x?a=1#b"),
        ("https://app.workato.com/a b)(c", "https://app.workato.com/a%20b%29%28c"),
        ("https://app.workato.com/<@x>\n/close", "https://app.workato.com/%3C%40x%3E/close"),
        ("javascript:alert(1)", ""),
        ("https://user:secret@evil.example/", ""),
        ("//evil.example/", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://app.workato.com/" + "a" * 2_000, ""),
        ("", ""),
    ],
)
def test_only_plain_web_addresses_become_links(url: str, target: str) -> None:
    assert link_target(url) == target
    assert link("x", url) == (f"[`x`]({target})" if target else "`x`")
