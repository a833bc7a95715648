"""Datapills, variables and columns as people read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporter.recipe.headline import Headlines
from exporter.recipe.parse import parse_recipe
from exporter.recipe.pills import PillWriter

COLUMN = "1fe11df5-7ca8-4b6d-9c60-2f0d5a1e8a11"
DECLARE = "76f098ee-b98d-50bb-a721-7728dc07d4e7"

STEPS: list[dict[str, Any]] = [
    {
        "keyword": "action",
        "provider": "workato_variable",
        "name": "declare_variable",
        "as": "dddd0001",
        "uuid": DECLARE,
        "input": {"variables": {"schema": json.dumps([{"name": "limit", "label": "Credit limit"}])}},
    },
    {
        "keyword": "action",
        "provider": "workato_db_table",
        "name": "get_records",
        "as": "aaaa0001",
        "extended_output_schema": [
            {"name": "records", "label": "Records", "properties": [{"name": COLUMN, "label": "Customer"}]}
        ],
    },
    {
        "keyword": "foreach",
        "as": "ffff0001",
        "source": "#{_dp('"
        + '{"pill_type":"output","provider":"workato_db_table","line":"aaaa0001","path":["records"]}'
        "')}",
        "block": [],
    },
    {"keyword": "action", "provider": "logger", "name": "log_message", "as": "bbbb0001"},
    {"keyword": "action", "provider": "logger", "name": "log_message", "as": "bbbb0002"},
]


def writer(*, has_numbers: bool = True, steps: list[dict[str, Any]] | None = None) -> PillWriter:
    code = {"keyword": "trigger", "provider": "clock", "name": "timer", "as": "cccc0001", "block": steps or STEPS}
    return Headlines(parse_recipe(json.dumps({"code": code}).encode()), has_numbers=has_numbers).pills


def dp(**pill: Any) -> str:
    return f"_dp('{json.dumps(pill)}')"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"{DECLARE}:dddd0001:limit", "[Step 2 · Declare variable ▸ Credit limit]"),
        (
            f"{DECLARE}:dddd0001:limit:{DECLARE}:dddd0001:other_one",
            "[Step 2 · Declare variable ▸ Credit limit], [Step 2 · Declare variable ▸ Other one]",
        ),
        (f"{DECLARE}:dddd0001", "[Step 2 · Declare variable]"),
        ("00000000-0000-4000-8000-000000000000:eeee0001:limit", "[missing step eeee0001 ▸ Limit]"),
        ("https://example.org:8080", "https://example.org:8080"),
        (f"{DECLARE}:text", f"{DECLARE}:text"),
    ],
)
def test_a_variable_is_written_by_the_step_that_declares_it(text: str, written: str) -> None:
    assert writer().text(text) == written


@pytest.mark.parametrize("column", [COLUMN, COLUMN.replace("-", "_")])
def test_a_column_is_written_by_its_label_wherever_it_stands(column: str) -> None:
    pills = writer()
    assert pills.text(column) == "Customer"
    assert pills.value({column: [column]}) == {"Customer": ["Customer"]}
    pill = dp(pill_type="output", provider="foreach", line="ffff0001", path=[column])
    assert pills.text(pill) == "[Step 4 · For each Records ▸ Customer]"
    unknown_place = dp(pill_type="output", provider="logger", line="bbbb0001", path=["row", column])
    assert pills.text(unknown_place) == "[Step 5 · Log message ▸ Row ▸ Customer]"


def test_a_column_that_no_step_knows_keeps_its_id() -> None:
    other = COLUMN.replace("1", "2")
    assert writer().value({other: other}) == {other: other}


def test_two_columns_of_one_label_stay_apart() -> None:
    both = {COLUMN: "1", COLUMN.replace("-", "_"): "2"}
    assert writer().value(both) == both


def test_a_loop_in_a_loop_is_labelled_from_the_list_of_the_outer_one() -> None:
    item = [{"name": "lines", "label": "Order lines", "properties": [{"name": "sku", "label": "Article"}]}]
    fields = [{"name": "orders", "label": "Orders", "properties": item}]
    inner = {
        "keyword": "foreach",
        "as": "ffff0002",
        "source": dp(pill_type="output", provider="foreach", line="ffff0001", path=["lines"]),
    }
    steps = [
        {"keyword": "action", "provider": "crm", "name": "find", "as": "aaaa0001", "extended_output_schema": fields},
        {
            "keyword": "foreach",
            "as": "ffff0001",
            "source": dp(pill_type="output", provider="crm", line="aaaa0001", path=["orders"]),
            "block": [inner],
        },
    ]
    pill = dp(pill_type="output", provider="foreach", line="ffff0002", path=["sku"])
    assert writer(steps=steps).text(pill) == "[Step 4 · For each Order lines ▸ Article]"


def test_loops_that_go_through_each_other_end() -> None:
    loops = [
        {"keyword": "foreach", "as": one, "source": dp(pill_type="output", provider="foreach", line=other, path=["a"])}
        for one, other in (("ffff0001", "ffff0002"), ("ffff0002", "ffff0001"))
    ]
    pill = dp(pill_type="output", provider="foreach", line="ffff0001", path=["x"])
    assert writer(steps=loops).text(pill) == "[Step 2 · For each A ▸ X]"


@pytest.mark.parametrize(
    ("pill", "written"),
    [
        (dp(pill_type="job_context", path=["job_id"]), "[Job ▸ Job ID]"),
        (dp(pill_type="job_context", path=["parameters.region"]), "[Job ▸ Parameters ▸ Region]"),
        (dp(pill_type="project_property", property_name="erp.host"), "[Project property ▸ erp.host]"),
        ("_('data.workato.job_context.account_properties.x','account_property','erp.host')", "[Property ▸ erp.host]"),
        (
            dp(pill_type="foreach_meta", provider="foreach", line="ffff0001", key="index"),
            "[Step 4 · For each Records ▸ Index]",
        ),
        (
            dp(
                pill_type="output",
                provider="workato_db_table",
                line="aaaa0001",
                path=["records", {"path_element_type": "size"}],
            ),
            "[Step 3 · Get records ▸ Records ▸ list size]",
        ),
        (
            "_('data.crm.aaaa0001.get_custom_object(OwnerId>id, sobject_name: User).Email')",
            "[Step 3 · Get records ▸ User of Owner ID ▸ Email]",
        ),
        (dp(pill_type="moon_phase", path=["full"]), '[Unknown datapill {"path":["full"],"pill_type":"moon_phase"}]'),
        (dp(pill_type="output", provider="crm", line="9999", path=["Id"]), "[missing step 9999 ▸ ID]"),
    ],
)
def test_every_kind_of_pill_says_where_its_value_comes_from(pill: str, written: str) -> None:
    assert writer().text(pill) == written


def test_without_numbers_a_step_is_named_by_its_title_and_told_from_its_twin_by_its_alias() -> None:
    pill = dp(pill_type="output", provider="logger", line="bbbb0002", path=["text"])
    user = {"keyword": "action", "provider": "crm", "name": "find", "as": "aaaa0009", "input": {"a": f"#{{{pill}}}"}}
    pills = writer(has_numbers=False, steps=[*STEPS, user])
    assert pills.text(pill) == "[Log message #bbbb0002 ▸ Text]"
    table = dp(pill_type="output", provider="workato_db_table", line="aaaa0001", path=["records"])
    assert pills.text(table) == "[Get records ▸ Records]"
