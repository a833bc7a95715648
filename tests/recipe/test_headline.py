from __future__ import annotations

import json
from typing import Any

import pytest

from exporter.recipe.headline import Headlines
from exporter.recipe.labels import field_label, humanise
from exporter.recipe.parse import parse_recipe


def pill(line: str, *path: Any, provider: str = "salesforce") -> str:
    return f"_dp('{json.dumps({'pill_type': 'output', 'provider': provider, 'line': line, 'path': list(path)})}')"


FIELDS = [
    {"name": "records", "type": "array", "label": "Accounts", "properties": [{"name": "Id", "label": "Account ID"}]},
    {"name": "amount__c", "label": "Amount"},
]
SEARCH = {
    "keyword": "action",
    "provider": "salesforce",
    "name": "search_sobjects",
    "as": "aaaa0002",
    "description": 'Search <span class="provider">accounts</span>\n in Salesforce',
    "extended_output_schema": FIELDS,
}


def lines(*steps: dict[str, Any]) -> list[str]:
    code = {
        "keyword": "trigger",
        "provider": "clock",
        "name": "scheduled_event",
        "as": "aaaa0001",
        "block": list(steps),
    }
    recipe = parse_recipe(json.dumps({"code": code}).encode())
    headlines = Headlines(recipe)
    return [headlines.headline(step) for step in recipe.steps()][1:]


def conditions(operand: str, *items: tuple[str, str, str]) -> dict[str, Any]:
    listed = [{"lhs": lhs, "operand": word, "rhs": rhs} for lhs, word, rhs in items]
    return {"type": "compound", "operand": operand, "conditions": listed}


def test_a_condition_reads_as_in_workato() -> None:
    amount = f"#{{{pill('aaaa0002', 'amount__c')}}}"
    rule = conditions("and", (amount, "greater_than", "100"), (amount, "present", ""))
    assert lines(SEARCH, {"keyword": "if", "input": rule}) == [
        "Search accounts in Salesforce",
        "IF Amount is greater than 100 AND Amount is present",
    ]


@pytest.mark.parametrize(
    ("step", "headline"),
    [
        ({"keyword": "else"}, "ELSE"),
        ({"keyword": "try"}, "HANDLE ERRORS"),
        ({"keyword": "catch", "input": {"max_retry_count": "0"}}, "ON ERROR"),
        ({"keyword": "stop", "input": {"stop_with_error": "false"}}, "STOP job"),
        ({"keyword": "stop", "input": {"stop_with_error": "true", "stop_reason": "No"}}, "STOP job with error: No"),
        ({"keyword": "while_condition", "input": conditions("or", ("x", "blank", ""))}, "WHILE x is not present"),
        ({"keyword": "action", "name": "get_order", "input": {"mnemonic": "Ask the ERP"}}, "Ask the ERP"),
        ({"keyword": "action", "name": "create_record", "title": " Create it "}, "Create it"),
        (
            {"keyword": "action", "name": "search", "dynamicPickListSelection": {"sobject_name": "Order (step 4)"}},
            "Search · Order",
        ),
        (
            {"keyword": "action", "name": "call_recipe", "input": {"flow_id": {"name": "Get rate"}}},
            "Call recipe · Get rate",
        ),
        ({"keyword": "teleport"}, "Teleport"),
    ],
)
def test_each_kind_of_step_has_its_headline(step: dict[str, Any], headline: str) -> None:
    assert lines(step) == [headline]


def test_a_loop_and_its_item_are_named_by_the_list() -> None:
    source = f"#{{{pill('aaaa0002', 'records')}}}"
    item = f"#{{{pill('aaaa0003', 'Id', provider='foreach')}}}"
    loop = {"keyword": "foreach", "as": "aaaa0003", "source": source}
    rule = {"keyword": "if", "input": conditions("and", (item, "equals_to", "1"))}
    assert lines(SEARCH, loop | {"block": [rule]})[1:] == ["Repeat for each Accounts", "IF Account ID equals 1"]


def test_datapills_are_written_with_the_step_and_its_labels() -> None:
    code = {"keyword": "trigger", "as": "aaaa0001", "block": [SEARCH]}
    pills = Headlines(parse_recipe(json.dumps({"code": code}).encode())).pills
    text = f"Dear #{{{pill('aaaa0002', 'records', {'path_element_type': 'current_item'}, 'Id')}}}!"
    assert pills.text(text) == "Dear [Step 2 · Search accounts in Salesforce ▸ Accounts ▸ each item ▸ Account ID]!"
    assert pills.text("=_('data.salesforce.aaaa0002.amount__c').present?") == (
        "=[Step 2 · Search accounts in Salesforce ▸ Amount].present?"
    )
    assert pills.text("#{_('data.x.gone0000.a')}") == "[missing step gone0000 ▸ A]"
    assert pills.text("#{_('data.workato.job_context.job_id')}") == "[Job ▸ Job ID]"


def test_fields_are_labelled_by_their_schema_else_by_their_key() -> None:
    schema = [{"name": "parameters", "label": "Params", "properties": [{"name": "col1", "label": "Region"}]}]
    code = {"keyword": "trigger", "extended_input_schema": schema}
    step = parse_recipe(json.dumps({"code": code}).encode()).trigger
    assert field_label(step, ("input", "parameters", "col1")) == "Params ▸ Region"
    assert field_label(step, ("input", "maxRetryCount", 0)) == "Max retry count ▸ 1"


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("account_id", "Account ID"),
        ("Room__c", "Room"),
        ("baseUrl", "Base URL"),
        ("1252caef-0000-4000-8000-000000000001", "1252caef-0000-4000-8000-000000000001"),
        ("___", "___"),
    ],
)
def test_keys_are_humanised(key: str, label: str) -> None:
    assert humanise(key) == label


def test_blocks_name_the_else_and_not_its_if() -> None:
    inner = {"keyword": "action", "uuid": "inner"}
    rule = conditions("and", ("x", "present", ""))
    tree = {"keyword": "if", "input": rule, "block": [{"keyword": "else", "block": [inner]}]}
    code = {"keyword": "trigger", "block": [{"keyword": "try", "block": [tree]}]}
    recipe = parse_recipe(json.dumps({"code": code}).encode())
    step = next(step for step in recipe.steps() if step.uuid == "inner")
    assert Headlines(recipe).blocks(step) == ("HANDLE ERRORS", "ELSE")
