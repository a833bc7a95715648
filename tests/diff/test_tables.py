"""The rows of tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.diff.changes import ChangeKind
from exporter.diff.tables import MAX_ROWS_LISTED, TableComparison, compare_tables, read_table

ADDED, REMOVED, CHANGED, MOVED = ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED, ChangeKind.MOVED


def compared(before: str, after: str, *, has_order: bool = False) -> TableComparison | None:
    one, other = read_table(before), read_table(after)
    assert one is not None
    assert other is not None
    return compare_tables(one, other, has_order=has_order)


def told(before: str, after: str, *, has_order: bool = False) -> list[tuple[Any, ...]]:
    found = compared(before, after, has_order=has_order)
    return [] if found is None else [(item.kind, item.label, item.before, item.after) for item in found.declared]


def test_rows_are_known_by_their_first_column() -> None:
    before, after = "Region,Rate,Owner\nEMEA,1.0,Kim\nAPAC,2,Lee\n", "Region,Rate,Owner\nNEW,9,\nEMEA,1.00,Kim\n"
    assert told(before, after) == [
        (ADDED, "NEW", "", "Rate 9"),
        (CHANGED, "EMEA", "Rate 1.0", "Rate 1.00"),
        (REMOVED, "APAC", "Rate 2, Owner Lee", ""),
    ]
    found = compared(before, after)
    assert found is not None
    assert found.counts == "1 added, 1 removed, 1 changed"


def test_what_each_environment_gives_to_a_row_is_noise() -> None:
    row = "record_id,Name,Limit,created_at,updated_at\n{0},Acme,5,{0},{0}\n"
    assert told(row.format(1), row.format(2)) == []


def test_the_order_of_rows_counts_where_the_first_match_wins() -> None:
    before, after = "A,B\n1,x\n2,y\n3,z\n", "A,B\n3,z\n1,x\n2,y\n"
    assert told(before, after) == []
    assert told(before, after, has_order=True) == [(MOVED, "3", "row 3", "row 1")]


def test_rows_of_one_key_are_paired_by_all_their_cells_first() -> None:
    assert told("A,B\nx,1\nx,2\nx,3\n", "A,B\nx,1\nx,3\nx,4\n") == [(CHANGED, "x", "B 2", "B 4")]


def test_a_new_column_changes_only_the_rows_that_it_says_something_of() -> None:
    assert told("A\nx\ny\n", "A,B\nx,\ny,1\n") == [(CHANGED, "y", "B (empty)", "B 1")]
    assert told("A,Old\nx,1\n", "A,New\nx,1\n") == []  # the schema says that it was renamed


def test_many_rows_are_counted_and_the_first_listed() -> None:
    after = "A,B\n" + "".join(f"{n},{n}\n" for n in range(500))
    found = compared("A,B\n", after)
    assert found is not None
    assert found.counts == "500 added"
    assert len(found.declared) == MAX_ROWS_LISTED + 1
    assert found.declared[-1].label == "… and 480 more"
    other = compared("A,B\n", after.replace("499,499", "499,5"))
    assert other is not None
    assert other.declared == found.declared
    assert other.after != found.after


@pytest.mark.parametrize("text", ['"open', 'a"b,c\n"x"y', ""])
def test_what_is_no_table_is_none(text: str) -> None:
    assert read_table(text) is None


CELLS = st.sampled_from(["", "a", "b", "a,b", 'q"', "two\nlines"])


@given(st.lists(st.lists(CELLS, max_size=3), max_size=5), st.lists(st.lists(CELLS, max_size=3), max_size=5))
@settings(deadline=None)
def test_any_rows_differ_exactly_if_something_is_told(before: list[list[str]], after: list[list[str]]) -> None:
    def text(rows: list[list[str]]) -> str:
        cells = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["A", "B", "C"], *rows]]
        return "\r\n".join(cells)

    def padded(rows: list[list[str]]) -> list[list[str]]:
        return [[*row, *[""] * (3 - len(row))] for row in rows if row]

    one, other = padded(before), padded(after)
    has_rows = [row for row in before if row] == before and [row for row in after if row] == after
    if has_rows:
        assert bool(told(text(before), text(after), has_order=True)) == (one != other)
        assert bool(told(text(before), text(after))) == (sorted(one) != sorted(other))
