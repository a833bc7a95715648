"""What the listing of a recipe holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.recipe.fields import ListedField
from exporter.recipe.listing import ListedStep, Listing, list_recipe
from exporter.recipe.parse import parse_recipe

TRIGGER = {"keyword": "trigger", "provider": "crm", "name": "new_order", "as": "aaaa0001", "uuid": "u1"}
AMOUNT = """_dp('{"pill_type":"output","provider":"crm","line":"aaaa0001","path":["amount"]}')"""


def listing(*steps: dict[str, Any], **settings: Any) -> Listing:
    content = {"name": "Orders", **settings, "code": {**TRIGGER, "block": list(steps)}}
    return list_recipe(parse_recipe(json.dumps(content).encode()))


def step(**keys: Any) -> ListedStep:
    return listing({"keyword": "action", "provider": "crm", "name": "update", "as": "bbbb0001", **keys}).steps[1]


def fields(**inputs: Any) -> tuple[ListedField, ...]:
    return step(input=inputs).fields


def test_a_step_says_what_runs_and_whether_it_is_disabled() -> None:
    found = step(skip=True, comment="Why not.", title="Update order")
    assert (found.number, found.depth, found.word, found.title) == (2, 1, "ACTION", "Update order")
    assert (found.operation, found.is_skipped, found.comment) == ("crm.update", True, "Why not.")


def test_the_fields_of_an_object_follow_each_other_in_the_order_of_the_file() -> None:
    assert fields(request={"url": "x", "method": "GET"}, wait=True, limit=None) == (
        ListedField("Request ▸ URL", "x"),
        ListedField("Request ▸ Method", "GET"),
        ListedField("Wait", True),
        ListedField("Limit", None),
    )


def test_labels_come_from_the_schema_of_the_step() -> None:
    schema = [{"name": "rec", "label": "Order", "properties": [{"name": "x1", "label": "Net amount"}]}]
    found = step(input={"rec": {"x1": "1"}, "list": [{"x1": "2"}]}, extended_input_schema=schema)
    assert found.fields == (
        ListedField("Order ▸ Net amount", "1"),
        ListedField("List", items=((ListedField("X1", "2"),),)),
    )


def test_a_declared_schema_is_a_list_of_its_fields() -> None:
    schema = [
        {"name": "id", "label": "Order ID", "type": "string", "hint": "From the <b>shop</b>", "control_type": "text"},
        {
            "name": "lines",
            "type": "array",
            "of": "object",
            "optional": True,
            "properties": [{"name": "sku", "type": "string"}],
        },
        {"name": "n", "type": "integer", "default": "20", "pick_list": [["A", "a"]]},
        {"name": "z", "type": "integer", "default": 0, "ngIf": False},
    ]
    assert fields(parameters_schema_json=json.dumps(schema)) == (
        ListedField(
            "Parameters schema",
            lines=(
                "- Order ID (id): string · From the shop",
                "- Lines (lines): array of object, optional",
                "  - Sku (sku): string",
                '- N (n): integer, default "20", pick list [["A","a"]]',
                "- Z (z): integer, default 0",
            ),
        ),
    )


@pytest.mark.parametrize("text", ["[not json", '{"a":1}', "[1, 2]"])
def test_text_that_declares_nothing_stays_as_it_is(text: str) -> None:
    assert fields(message=text) == (ListedField("Message", text),)


def test_a_sample_is_read_as_the_document_it_holds() -> None:
    assert fields(sample_document='{"a": [1.50]}')[0].value == {"a": [pytest.approx(1.5)]}


def test_a_chosen_value_stands_beside_its_name_unless_a_datapill_replaced_it() -> None:
    chosen = {"dynamicPickListSelection": {"channel": "#credit", "object": "Order (step 3)"}}
    found = step(input={"channel": "C07", "object": f"#{{{AMOUNT}}}"}, **chosen)
    assert [field.value for field in found.fields] == ["C07 (#credit)", "[Step 1 · New order ▸ Amount]"]


def test_a_reference_is_named_with_its_file() -> None:
    reference = {"zip_name": "F/score.recipe.json", "name": "Score", "folder": "F"}
    assert fields(flow_id=reference) == (ListedField("Flow ID", "Score (F/score.recipe.json)"),)


def test_headers_keep_their_own_names() -> None:
    assert fields(headers={"X-Api_Version": "2"}) == (ListedField("Headers ▸ X-Api_Version", "2"),)
    assert fields(rows=[{"name": "Prefer", "value": "wait"}]) == (
        ListedField("Rows", items=((ListedField("Prefer", "wait"),),)),
    )


def test_conditions_stand_one_by_one() -> None:
    group = {
        "type": "compound",
        "operand": "or",
        "conditions": [
            {"operand": "greater_than", "lhs": f"#{{{AMOUNT}}}", "rhs": "100", "uuid": "c1"},
            {"operand": "present", "lhs": "x", "rhs": "left over"},
        ],
    }
    found = listing({"keyword": "if", "input": group, "block": []}).steps[1]
    assert (found.word, found.title) == ("IF", "[Step 1 · New order ▸ Amount] is greater than 100")
    assert found.conditions == ("OR x is present (right side without effect: left over)",)
    assert found.fields == ()


def test_a_condition_that_sentences_cannot_say_is_listed_key_by_key() -> None:
    group = {"type": "compound", "operand": "and", "conditions": [{"operand": "equals_to", "lhs": "x", "weight": "3"}]}
    found = listing({"keyword": "if", "input": group, "block": []}).steps[1]
    assert ListedField("Weight", "3") in found.fields[2].items[0]


def test_a_loop_says_its_list_and_how_it_differs_from_the_usual() -> None:
    usual = {
        "keyword": "foreach",
        "source": f"#{{{AMOUNT}}}",
        "repeat_mode": "simple",
        "clear_scope": "false",
        "input": {},
    }
    assert listing(usual).steps[1].title == "[Step 1 · New order ▸ Amount]"
    assert listing(usual).steps[1].fields == ()
    batch = listing({**usual, "repeat_mode": "batch", "batch_size": "50"}).steps[1]
    assert batch.fields == (ListedField("Repeat mode", "batch"), ListedField("Batch size", "50"))


def test_the_retry_rule_of_an_error_handler_is_listed() -> None:
    rule = {"type": "compound", "operand": "and", "conditions": [{"operand": "contains", "lhs": "a", "rhs": "b"}]}
    found = listing({"keyword": "catch", "input": {"max_retry_count": "3"}, "filter": rule}).steps[1]
    assert (found.word, found.fields) == (
        "ON ERROR",
        (ListedField("Max retry count", "3"), ListedField("Retry condition", lines=("a contains b",))),
    )


def test_unknown_keys_are_listed_and_the_editor_s_are_not() -> None:
    found = step(number=7, uuid="u", toggleCfg={"a": True}, visible_config_fields=["a"], brand_new={"depth": "2"})
    assert found.fields == (ListedField("Brand new ▸ Depth", "2"),)


def test_settings_and_connections_head_the_listing() -> None:
    account = {"zip_name": "C/crm.connection.json", "name": "CRM\u00a0PROD", "folder": "C"}
    found = listing(
        version=7,
        concurrency=5,
        tags=[],
        config=[
            {"keyword": "application", "provider": "crm", "account_id": account, "personalization": True},
            {"keyword": "application", "provider": "clock", "account_id": None, "skip_validation": False},
        ],
    )
    assert (found.name, found.version) == ("Orders", 7)
    assert found.settings == (ListedField("Concurrency", 5),)
    assert found.connections == (ListedField("crm", "CRM PROD (C/crm.connection.json, personalization: true)"),)


def test_every_text_passes_the_mask_with_the_keys_that_lead_to_it() -> None:
    seen: list[tuple[str, str]] = []

    def mask(key: str, text: str) -> str:
        seen.append((key, text))
        return "***"

    code = {
        **TRIGGER,
        "input": {
            "api_key": "abc",
            "headers": [{"name": "Authorization", "value": "Bearer x"}],
            "list": ["one"],
            "sample_document": '{"token": "t"}',
        },
    }
    found = list_recipe(parse_recipe(json.dumps({"code": code}).encode()), mask=mask)
    assert [pair for pair in seen if pair[0]] == [
        ("api_key", "abc"),
        ("headers ▸ Authorization", "Bearer x"),
        ("list", "one"),
        ("sample_document ▸ token", "t"),
    ]
    assert "abc" not in repr(found) and "Bearer" not in repr(found)


def test_an_inserted_step_changes_nothing_else_in_a_listing_without_numbers() -> None:
    old = {"keyword": "action", "provider": "crm", "name": "close", "as": "cccc0001", "input": {"a": f"#{{{AMOUNT}}}"}}
    new = {"keyword": "action", "provider": "mail", "name": "send", "as": "dddd0001"}
    before, after = (
        list_recipe(parse_recipe(json.dumps({"code": {**TRIGGER, "block": block}}).encode()), has_numbers=False)
        for block in ([old], [new, old])
    )
    assert (before.steps[1].title, before.steps[1].fields) == (after.steps[2].title, after.steps[2].fields)
    assert after.steps[2].fields == (ListedField("A", "[New order ▸ Amount]"),)


@pytest.mark.parametrize("levels", [60, 235])
def test_however_deep_a_value_is_it_is_listed(levels: int) -> None:
    value: Any = "bottom"
    for place in range(levels):
        value = [value] if place % 2 else {"a": value}
    assert "bottom" in repr(fields(deep=value))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from([AMOUNT, f"#{{{AMOUNT}}}", "[{}]"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "value",
                    "conditions",
                    "lhs",
                    "operand",
                    "zip_name",
                    "schema",
                    "filter",
                    "input",
                    "type",
                    "x_1",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON, st.sampled_from(["action", "if", "foreach", "catch", "stop", "unheard_of"]))
def test_any_value_anywhere_in_a_step_can_be_listed(inputs: Any, other: Any, keyword: str) -> None:
    listing({"keyword": keyword, "input": inputs, "filter": other, "source": other, "extended_input_schema": other})
