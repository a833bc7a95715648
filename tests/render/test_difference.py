"""Line and word differences: complete, in order, quick on texts that would take others minutes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.render.difference import CONTEXT_LINES, LineRole, changed_spans, cut, excerpt_pair, line_difference

texts = st.lists(st.sampled_from(["", "end", "a", "b", "c = 1", "c = 2"]), max_size=30).map("\n".join)


def sides(before: str, after: str) -> tuple[list[str], list[str]]:
    """Both texts as the shown lines tell them; a fold stands for as many lines of each."""
    told: tuple[list[str], list[str]] = ([], [])
    for line in line_difference(before, after):
        if line.role is LineRole.FOLDED:
            number = int(line.text.split()[0])
            for side, source in zip(told, (before, after), strict=True):
                side.extend(source.split("\n")[len(side) : len(side) + number])
        if line.role in (LineRole.SAME, LineRole.REMOVED):
            told[0].append(line.text)
        if line.role in (LineRole.SAME, LineRole.ADDED):
            told[1].append(line.text)
    return told


@given(texts, texts)
def test_the_lines_tell_both_texts(before: str, after: str) -> None:
    assert sides(before, after) == (before.split("\n"), after.split("\n"))


def test_distant_changes_of_a_long_text_do_not_melt_into_one() -> None:
    before = [f"line {number}" if number % 3 else "end" for number in range(5_000)]
    after = [*before[:100], "new", *before[100:4_900], *before[4_901:]]
    changed = [line for line in line_difference("\n".join(before), "\n".join(after)) if line.role is not LineRole.SAME]
    assert [(line.role, line.text) for line in changed] == [
        (LineRole.FOLDED, f"{100 - CONTEXT_LINES} lines unchanged"),
        (LineRole.ADDED, "new"),
        (LineRole.FOLDED, f"{4_800 - 2 * CONTEXT_LINES} lines unchanged"),
        (LineRole.REMOVED, "line 4900"),
        (LineRole.FOLDED, f"{99 - CONTEXT_LINES} lines unchanged"),
    ]


def test_texts_of_one_repeated_line_are_compared_at_once() -> None:
    before, after = "\n".join("ab" * 1_000), "\n".join("ba" * 1_001)
    assert sides(before, after) == (before.split("\n"), after.split("\n"))


def test_the_number_of_a_fold_is_the_line_that_follows() -> None:
    before = "\n".join(map(str, range(1, 31)))
    folds = [line.number for line in line_difference(before, f"{before}\nlast") if line.role is LineRole.FOLDED]
    assert folds == [31 - CONTEXT_LINES]
    assert line_difference(before, f"first\n{before}")[-1].number == 0


def test_marked_words_have_no_blanks_at_their_ends() -> None:
    before, after = "one two three four", "one two three four and five"
    spans = changed_spans(before, after)
    assert [after[start:end] for start, end in spans[1]] == ["and five"]
    assert spans[0] == ()


def test_a_word_in_a_very_long_text_is_marked() -> None:
    before = "word " * 5_000 + "x " + "word " * 5_000
    after = before.replace("x", "y")
    assert changed_spans(before, after) == (((25_000, 25_001),), ((25_000, 25_001),))


def test_texts_that_share_little_are_not_marked() -> None:
    assert changed_spans("Please call them", "Nothing of this") == ((), ())


def test_long_lines_are_cut_around_what_differs() -> None:
    pair = excerpt_pair("x" * 1_000 + "1", "x" * 1_000 + "2", 100)
    assert pair == ("…" + "x" * 40 + "1", "…" + "x" * 40 + "2")
    assert cut("abcdef", 4) == "abcd… (2 more characters)"
    assert cut("abcd", 4) == "abcd"
