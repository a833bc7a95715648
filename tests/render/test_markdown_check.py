"""The last check of a note's body refuses whatever could act on GitLab."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from exporter.errors import UnsafeNoteError
from exporter.render.markdown.check import check_note_body

MARKER = "<!-- wexport:1 kind=diff source=dev -->"
GOOD = f"""## wexport: promoting dev to test changes 1 recipe

{MARKER}

Before is `test`, after is `` a`b `` and \\@kim.

- `x`: `@all` → `<b>` in [`name`](https://app.workato.com/recipes/1)

<details>
<summary>2 steps changed, 1 setting</summary>

**Step 1 changed** `/close`

````diff
-```
+/close @all #1
 ```
````

</details>

| Approval | State |
| --- | --- |
| Peer review | ⏳ requested |

See [the file](/uploads/0123456789abcdef/wexport.md)"""


def test_a_note_as_wexport_writes_it_passes() -> None:
    check_note_body(GOOD)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/close", "a command"),
        ("text\n/label ~bug", "a command"),
        ("  /close", "a command"),
        ("```\n/close\n```", "a command"),
        ("hello @kim", "a mention"),
        ("mail kim@example.com", "a mention"),
        ("see #1", "an issue"),
        ("see group/project#1", "an issue"),
        ("see !1", "a reference"),
        ("~bug", "a reference"),
        ('~"bug report"', "a reference"),
        ("&#64;all", "an issue"),
        ("&commat;all", "a reference"),
        ("[[wiki]]", "a wiki link"),
        ("[issue:1]", "a reference"),
        ("<b>bold</b>", "HTML"),
        ("text <img src=x>", "HTML"),
        ("<https://example.com>", "HTML"),
        ("<!-- wexport:1 kind=diff -->", "HTML"),
        ("<details>", "an incomplete block"),
        ("</details>", "HTML"),
        ("<details>\n<summary>@kim</summary>", "an incomplete block"),
        ("<details>\n<summary>2 steps</summary>\n`@kim`\n\n</details>", "text within HTML"),
        ("<details>\n<summary>2 steps</summary>\n\ntext\n</details>", "text within HTML"),
        ("![x](https://example.com/x.png)", "a link or image"),
        ("[x](javascript:alert)", "a link or image"),
        ("[x](https://example.com/a b)", "a bare address"),
        ("[x][y]", "a link or image"),
        ("[x]: https://example.com", "a link definition"),
        ("https://example.com", "a bare address"),
        ("WWW.example.com", "a bare address"),
        ("- [ ] approve", "a checklist item"),
        ("1. [x] approve", "a checklist item"),
        ("> quoted", "a block that"),
        ("~~~", "a block that"),
        ("---", "a block that"),
        ("a `b", "not closed on its line"),
        ("a `b\nc` @kim", "not closed on its line"),
        ("text\n```\ncode\n```", "a code block that begins within a paragraph"),
        ("a\u202eb", "an invisible character"),
        ("```\na\x00b\n```", "an invisible character"),
        ("a\rb", "an invisible character"),
        ("a\ud800b", "an invisible character"),
        ("```\ncode", "never closed"),
        ("<details>\n<summary>2 steps</summary>\n\ntext", "never closed"),
        ("a" * 1_000_001, "GitLab takes 1000000"),
    ],
)
def test_anything_that_could_act_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnsafeNoteError, match=reason):
        check_note_body(f"heading\n\n{MARKER}\n\n{text}")


def test_a_closing_fence_must_be_as_long_as_the_opening_one() -> None:
    with pytest.raises(UnsafeNoteError, match="never closed"):
        check_note_body("heading\n\n````\ncode\n```\n\ntext")


def test_the_reason_names_the_line_and_not_the_text() -> None:
    with pytest.raises(UnsafeNoteError) as caught:
        check_note_body("heading\n\nhello @kim-secret")
    assert "Line 3" in str(caught.value)
    assert "kim" not in str(caught.value)


PIECES = [
    *(
        "`",
        "``",
        "```",
        "```diff",
        "````",
        "\n```\n",
        "a",
        "b c",
        "\n",
        "\n\n",
        "- ",
        "  - ",
        "1. ",
        "    ",
        "  ",
        " ",
        "\t",
    ),
    *(
        "<details>",
        "\n\n<details>\n<summary>1 step</summary>\n\n",
        "\n\n</details>\n\n",
        "<summary>x</summary>",
        "<br>",
    ),
    *(
        "@x",
        "\\@x",
        "#1",
        "# h",
        "\\",
        "|",
        "\n| --- | --- |\n",
        "\n---\n",
        "===",
        "> ",
        "<",
        "<!-- a -->",
        "~~~",
        "~~",
    ),
    *(
        "[x](https://a.b/c)",
        "[",
        "]",
        "(",
        ")",
        "![x]",
        "*",
        "**",
        "_",
        "/close",
        "+/close",
        "- [ ] x",
        "&lt;",
        "+",
        "-",
    ),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_passes_is_harmless_to_a_commonmark_parser_too(text: str) -> None:
    body = f"heading\n\n{text}"
    try:
        check_note_body(body)
    except UnsafeNoteError:
        return
    assert not re.search("(?m)^/", body)
    # Without joining, an escaped character stays a token of its own, as GitLab keeps it apart.
    for token in MarkdownIt("gfm-like", {"html": True, "linkify": False}).disable("text_join").parse(body):
        if token.type == "html_block":
            assert re.fullmatch(r"(<details>|</details>|<summary>[a-z0-9 ]*</summary>|\s)*", token.content)
        for child in token.children or ():
            assert child.type not in ("html_inline", "image")
            assert child.type != "text" or not re.search(r"[@<]|#\w", child.content)
            assert child.type != "link_open" or child.attrs["href"] == "https://a.b/c"
