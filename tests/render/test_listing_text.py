"""The listing as text."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exporter.errors import RecipeFormatError
from exporter.recipe.listing import list_recipe
from exporter.recipe.parse import parse_recipe
from exporter.render.listing import render_listing, render_listing_json
from exporter.render.printable import printable

AMOUNT = """_dp('{"pill_type":"output","provider":"crm","line":"aaaa0001","path":["amount"]}')"""
RECIPE = {
    "name": "Bill orders",
    "version": 12,
    "concurrency": 1,
    "code": {
        "keyword": "trigger",
        "provider": "crm",
        "name": "new_order",
        "as": "aaaa0001",
        "input": {"object": "Order"},
        "block": [
            {
                "keyword": "try",
                "input": {},
                "block": [
                    {
                        "keyword": "if",
                        "input": {
                            "type": "compound",
                            "operand": "and",
                            "conditions": [
                                {"operand": "greater_than", "lhs": f"#{{{AMOUNT}}}", "rhs": "100"},
                                {"operand": "present", "lhs": f"#{{{AMOUNT}}}", "rhs": ""},
                            ],
                        },
                        "block": [
                            {
                                "keyword": "action",
                                "provider": "mail",
                                "name": "send",
                                "skip": True,
                                "comment": "To the boss.\nHe asked.",
                                "input": {
                                    "body": f"Hello,\n#{{{AMOUNT}}}",
                                    "rows": [{"to": "a@b.example", "cc": ""}],
                                    "note": "\x1b[2Jgone",
                                },
                            },
                            {"keyword": "else", "input": {}, "block": []},
                        ],
                    },
                    {"keyword": "catch", "input": {"max_retry_count": "0"}, "block": []},
                ],
            },
        ],
    },
}

LISTING = """\
RECIPE Bill orders
  Sales/bill.recipe.json
  Concurrency = 1

1  TRIGGER New order (crm.new_order)
       Object = Order
2  HANDLE ERRORS
3    IF [Step 1 · New order ▸ Amount] is greater than 100
         AND [Step 1 · New order ▸ Amount] is present
4      DISABLED ACTION Send (mail.send)
           # To the boss.
           # He asked.
           Body:
             │ Hello,
             │ [Step 1 · New order ▸ Amount]
           Rows:
             - To = a@b.example
               Cc = (empty)
           Note = \\x1b[2Jgone
5    ELSE
6  ON ERROR
       Max retry count = 0
"""


def test_the_listing_reads_like_code() -> None:
    recipe = parse_recipe(json.dumps(RECIPE).encode())
    text = render_listing(list_recipe(recipe), ["Sales/bill.recipe.json"])
    assert text == LISTING


def test_without_numbers_no_line_says_where_a_step_stands() -> None:
    text = render_listing(list_recipe(parse_recipe(json.dumps(RECIPE).encode()), has_numbers=False))
    assert "\nTRIGGER New order (crm.new_order)\n    Object = Order\nHANDLE ERRORS\n" in text
    assert "  IF [New order ▸ Amount] is greater than 100\n      AND [New order ▸ Amount] is present\n" in text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "value", "conditions", "schema", "properties", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["name", "version", "config", "tags", "any"]), JSON), JSON, st.booleans())
def test_whatever_a_recipe_holds_its_listing_is_lines_without_controls(
    settings: dict[str, Any], value: Any, has_numbers: bool
) -> None:
    content = json.dumps(
        {**settings, "code": {"keyword": "trigger", "input": value, "source": value, "comment": value}}
    )
    try:
        recipe = parse_recipe(content.encode())
    except RecipeFormatError:
        return
    listing = list_recipe(recipe, has_numbers=has_numbers)
    text = render_listing(listing)
    assert text == render_listing(list_recipe(recipe, has_numbers=has_numbers))
    assert text.endswith("\n")
    assert printable(text, keep="\n") == text
    json.loads(render_listing_json([("", listing)]))


def test_programs_get_the_same_as_json() -> None:
    recipe = parse_recipe(json.dumps(RECIPE).encode())
    (found,) = json.loads(render_listing_json([("Sales/bill.recipe.json", list_recipe(recipe))]))
    assert (found["name"], found["path"], found["version"]) == ("Bill orders", "Sales/bill.recipe.json", 12)
    assert found["steps"][0]["fields"] == [{"label": "Object", "value": "Order"}]
    assert [step["number"] for step in found["steps"]] == [1, 2, 3, 4, 5, 6]
    assert found["steps"][3]["disabled"] is True
