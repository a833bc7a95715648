"""Differences that are easily lost: between values that look alike, and between a change and the one back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporter.diff.changes import FieldChange
from exporter.diff.meaning import Surroundings
from exporter.diff.recipes import RecipeComparison, compare_recipes
from exporter.recipe.parse import parse_recipe

Node = dict[str, Any]


def step(number: int, **keys: Any) -> Node:
    return {"keyword": "action", "provider": "crm", "name": "get", "uuid": f"u{number}", "as": f"a{number}"} | keys


def recipe(*block: Node, **trigger: Any) -> Node:
    code = {"keyword": "trigger", "provider": "crm", "name": "new", "uuid": "u0", "as": "a0"} | trigger
    return {"name": "Orders", "code": code | {"block": list(block)}, "config": []}


def pill(provider: str, alias: str = "a0") -> str:
    content = {"pill_type": "output", "provider": provider, "line": alias, "path": ["Id"]}
    return f"#{{_dp('{json.dumps(content)}')}}"


def compared(before: Node, after: Node, **around: Any) -> RecipeComparison:
    one, other = (parse_recipe(json.dumps(side).encode()) for side in (before, after))
    return compare_recipes(one, other, surroundings=Surroundings(**around))


def only_field(comparison: RecipeComparison) -> FieldChange:
    (change,) = comparison.steps
    (field,) = change.fields
    return field


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [("rhs", "100", 100), ("lhs", pill("crm"), pill("erp"))],
)
def test_conditions_that_read_alike_are_shown_as_the_file_has_them(key: str, before: Any, after: Any) -> None:
    def asking(value: Any) -> Node:
        condition = {"operand": "equals_to", "lhs": "x", "rhs": "y"} | {key: value}
        return recipe({"keyword": "if", "uuid": "u1", "input": {"operand": "and", "conditions": [condition]}})

    field = only_field(compared(asking(before), asking(after)))
    assert isinstance(field.before, dict)
    assert isinstance(field.after, dict)
    assert (field.before[key], field.after[key]) == (before, after)


def test_another_app_of_a_step_is_told_once_and_not_at_its_datapills() -> None:
    using = step(1, input={"id": pill("crm"), "name": "x"})
    assert [change.place.number for change in compared(recipe(using), recipe(using, provider="erp")).steps] == [1]
    renamed = step(1, input={"id": pill("erp"), "name": "x"})
    assert [change.place.number for change in compared(recipe(using), recipe(renamed, provider="erp")).steps] == [1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"rows": [{"v": "a"}, {"v": "b"}]}, {"rows": [{"v": "b"}, {"v": "a"}]}),
        (
            {"url": '#{_dp(\'{"pill_type":"account_property","property_name":"url"}\')}'},
            {"url": '#{_dp(\'{"pill_type":"project_property","property_name":"url"}\')}'},
        ),
    ],
    ids=["two items that change places", "a property of the other store"],
)
def test_a_change_and_the_change_back_have_two_digests(one: Node, other: Node) -> None:
    before, after = recipe(step(1, input=one)), recipe(step(1, input=other))
    assert compared(before, after).material != compared(after, before).material


def test_another_status_code_under_the_same_label_is_a_change_in_another_environment_too() -> None:
    def replying(code: str) -> Node:
        return recipe(step(1, input={"http_status_code": code}, dynamicPickListSelection={"http_status_code": "Done"}))

    field = only_field(compared(replying("200"), replying("202"), are_two_environments=True))
    assert (field.before, field.after) == ("200", "202")


@pytest.mark.parametrize("value", [1, 0])
def test_a_number_where_a_step_says_whether_it_is_disabled_is_told(value: int) -> None:
    assert len(compared(recipe(step(1)), recipe(step(1, skip=value))).steps) == 1


def test_a_condition_that_moved_is_named_as_people_read_it() -> None:
    first, second = ({"operand": "equals_to", "lhs": pill("crm"), "rhs": text} for text in ("open", "paid"))

    def asking(*conditions: Node) -> Node:
        group = {"type": "compound", "operand": "and", "conditions": list(conditions)}
        return recipe({"keyword": "if", "uuid": "u1", "input": group})

    field = only_field(compared(asking(first, second), asking(second, first)))
    (moved,) = field.declared
    assert moved.label in ("[Step 1 · New ▸ ID] equals open", "[Step 1 · New ▸ ID] equals paid")
    assert field.before == [f"{moved.label}: {moved.before}"]
    assert field.after == [f"{moved.label}: {moved.after}"]
