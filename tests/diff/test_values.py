"""Two JSON values: every difference is told once, exactly, whatever the values are."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.diff.changes import MISSING, ChangeKind
from exporter.diff.items import pair_items
from exporter.diff.meaning import Reader
from exporter.diff.values import ValueChange, ValueComparison, ValueRules
from exporter.recipe.jsontext import parse_json

NOBODY = Reader({}, {}, {}, {})


def values(before: Any, after: Any, rules: ValueRules | None = None) -> list[ValueChange]:
    return ValueComparison(NOBODY, NOBODY, rules).compare(before, after)


def told(before: Any, after: Any) -> list[tuple[Any, Any, Any]]:
    return [(change.path, change.before, change.after) for change in values(before, after)]


def moves(change: ValueChange) -> list[tuple[str, str, str]]:
    assert {item.kind for item in change.declared} <= {ChangeKind.MOVED}
    return [(item.label, item.before, item.after) for item in change.declared]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("12345678901234567890", "12345678901234567891"),
        ("1.0", "1"),
        ("1.0", "1.00"),
        ("1", "true"),
        ("1", '"1"'),
        ("0", "false"),
        ("1e2", "100"),
        ("0.1", "0.10000000000000000555"),
        ("-0.0", "0.0"),
        ('""', "[]"),
        ("[]", "{}"),
        ("[null]", "[]"),
        ("[null]", "[0]"),
        ("[[1]]", "[1]"),
        ('{"b": null, "c": {"d": null}}', '{"c": []}'),
    ],
)
def test_values_that_are_not_the_same_differ(before: str, after: str) -> None:
    one, other = parse_json(before.encode()), parse_json(after.encode())
    for wrap in (
        lambda value: {"a": value},
        lambda value: {"a": ["x", value]},
        lambda value: {"a": {"b": {"c": value}}},
    ):
        (change,) = values(wrap(one), wrap(other))
        assert (change.before, change.after) != (MISSING, MISSING)
        assert change.meaning_before != change.meaning_after


def test_a_null_is_nothing_unless_the_rules_say_otherwise() -> None:
    assert values({"a": None}, {}) == []
    assert told({"a": {"b": None}}, {"a": {}}) == []
    assert len(values({"a": None}, {}, ValueRules(has_null_values=True))) == 1
    assert told({"a": {}}, {"a": {"b": {"c": None}}}) == [(("a", "b"), MISSING, {"c": None})]


def test_an_item_that_moved_is_said_once() -> None:
    rows = [{"name": name, "value": name * 2} for name in "abcde"]
    (change,) = values({"rows": rows}, {"rows": [rows[4], *rows[:4]]})
    assert change.path == ("rows",)
    assert moves(change) == [("e", "place 5", "place 1")]
    assert change.meaning_before != change.meaning_after


def test_an_item_that_moved_and_changed_is_a_move_and_a_change() -> None:
    rows = [{"name": name, "value": name} for name in "abc"]
    order, field = values({"rows": rows}, {"rows": [{"name": "c", "value": "new"}, rows[0], rows[1]]})
    assert moves(order) == [("c", "place 3", "place 1")]
    assert (field.path, field.before, field.after) == (("rows", 0, "value"), "c", "new")


def test_plain_items_move_too() -> None:
    (change,) = values({"to": ["ann", "bob", "cid"]}, {"to": ["cid", "ann", "bob"]})
    assert moves(change) == [("cid", "place 3", "place 1")]


def test_an_inserted_item_shifts_nothing() -> None:
    rows = [{"id": str(n), "text": "same"} for n in range(4)]
    assert told({"rows": rows}, {"rows": [{"id": "new", "text": "same"}, *rows]}) == [
        (("rows", 0, "id"), MISSING, "new"),
        (("rows", 0, "text"), MISSING, "same"),
    ]
    assert told({"rows": ["x", "x", "y"]}, {"rows": ["x", "y"]}) == [(("rows", 1), "x", MISSING)]


def test_items_with_other_ids_are_others() -> None:
    assert sorted(told({"a": [{"id": "1", "v": "x"}]}, {"a": [{"id": "2", "v": "x"}]}), key=str) == [
        (("a", 0, "id"), "1", MISSING),
        (("a", 0, "id"), MISSING, "2"),
        (("a", 0, "v"), "x", MISSING),
        (("a", 0, "v"), MISSING, "x"),
    ]
    assert told({"a": [{"name": "1", "v": "x"}]}, {"a": [{"name": "2", "v": "x"}]}) == [(("a", 0, "name"), "1", "2")]


def test_conditions_are_compared_by_what_they_say_not_by_their_ids() -> None:
    rules = [{"operand": "present", "lhs": text, "rhs": "", "uuid": text} for text in "ab"]
    swapped_ids = [rule | {"uuid": other["uuid"]} for rule, other in zip(rules, rules[::-1], strict=True)]
    assert values({"conditions": rules}, {"conditions": swapped_ids}) == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.decimals(-2, 2, places=1)
    | st.sampled_from(["", "1", "a", "~"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "name", "schema", "output", "type", "a", "~", "#0:0", ".x"]), inner)
    ),
    max_leaves=12,
)


def essence(value: Any) -> Any:
    """The value without nulls in objects; equal only for the same value of the same type."""
    if isinstance(value, dict):
        return sorted((key, essence(item)) for key, item in value.items() if item is not None)
    if isinstance(value, list):
        return ["list", *map(essence, value)]
    return [type(value).__name__, str(value)]


@given(JSON, JSON)
@settings(deadline=None, max_examples=150)
def test_two_values_differ_exactly_if_a_change_is_told(before: Any, after: Any) -> None:
    changes = values({"top": [before]}, {"top": [after]})
    assert bool(changes) == (essence(before) != essence(after))
    for change in changes:
        assert change.meaning_before != change.meaning_after
    back = values({"top": [after]}, {"top": [before]})
    assert len(back) == len(changes) or any(change.declared for change in changes)


@given(st.lists(st.sampled_from("abcx")), st.lists(st.sampled_from("abcx")))
@settings(deadline=None)
def test_each_item_of_two_lists_is_paired_once(before: list[str], after: list[str]) -> None:
    pairs = pair_items(before, after, before, after)
    assert sorted(i for i, _ in pairs.places if i is not None) == list(range(len(before)))
    assert [j for _, j in pairs.places if j is not None] == list(range(len(after)))
    stayed = [i for i, j in pairs.places if i is not None and j is not None and j not in pairs.moved]
    assert stayed == sorted(stayed)


def nested(levels: int, leaf: Any) -> Any:
    for level in range(levels):
        leaf = {"a": leaf} if level % 2 else [leaf]
    return leaf


@pytest.mark.parametrize("text", ["_dp('", "_('", "_('a','", "_(", '#{_dp(\'{"a":', "_('data.a.b.x(", "\\'_('"])
def test_a_text_full_of_broken_datapills_is_compared_like_any_other(text: str) -> None:
    assert told({"a": text * 30_000}, {"a": text * 30_000 + "!"}) == [(("a",), text * 30_000, text * 30_000 + "!")]


def test_deep_wide_and_long_values_are_compared() -> None:
    assert len(values({"a": nested(240, "x")}, {"a": nested(240, "y")})) == 1
    assert len(values({}, {"a": nested(240, [*range(2_000)])})) == 2_000
    rows = [{"name": str(n), "v": n} for n in range(20_000)]
    (change,) = values({"a": rows}, {"a": [*rows[1:], rows[0]]})
    assert moves(change) == [("0", "place 1", "place 20000")]
    schema = json.dumps(nested_fields(110))
    (change,) = values({"schema": schema}, {"schema": json.dumps(nested_fields(109))})
    assert change.declared


def nested_fields(levels: int) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = [{"name": "leaf", "type": "string"}]
    for level in range(levels):
        fields = [{"name": f"level {level}", "type": "object", "properties": fields}]
    return fields


def test_a_number_keeps_its_digits_in_what_is_told() -> None:
    assert told({"a": Decimal("1.0")}, {"a": Decimal("1.00")}) == [(("a",), Decimal("1.0"), Decimal("1.00"))]
