"""A diff for programs: valid by its schema, exact, stable."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.diff.changes import (
    MISSING,
    AssetChange,
    ChangeClass,
    ChangeKind,
    ConnectionSwitch,
    DeclaredFieldChange,
    DiffWarning,
    FieldChange,
    Side,
    SnapshotDiff,
    StepChange,
    StepPlace,
    WarningKind,
)
from exporter.recipe.model import JsonValue
from exporter.render.json import SCHEMA_VERSION, dump_json, render_diff_json
from exporter.snapshot import AssetInfo, AssetKind

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "diff.schema.json").read_text(encoding="utf-8"))
PLACE = StepPlace(2, 1, "action", "salesforce", "Search", ("IF x",), "u2")
DECLARED = DeclaredFieldChange(ChangeKind.CHANGED, "Order ▸ Amount", "text", "number")


def diff_of(*changes: AssetChange) -> SnapshotDiff:
    warnings = (
        DiffWarning(WarningKind.DANGLING_PILL, "It dangles \ud800.", "P/a.recipe.json", PLACE, is_severe=True),
        DiffWarning(WarningKind.CALLED_BY, "Somebody calls it."),
    )
    source, target = Side("dev", "dev", "a" * 40), Side("prod@2026-11-01", "prod", None)
    return SnapshotDiff(source, target, changes, "d" * 64, ("n",), unread_projects=("HR",), warnings=warnings)


def recipe(*fields: FieldChange) -> AssetChange:
    return AssetChange(
        AssetKind.RECIPE, (ChangeKind.CHANGED, ChangeKind.RENAMED), "P/a.recipe.json", "P/b.recipe.json", "B", "a" * 64,
        connections=(ConnectionSwitch("rest", None, "R"),),
        steps=(
            StepChange((ChangeKind.CHANGED,), PLACE, PLACE, fields),
            StepChange((ChangeKind.ADDED,), None, PLACE, change_class=ChangeClass.SCHEMA),
            StepChange((ChangeKind.REMOVED,), PLACE, None),
        ),
        settings=fields, fields=fields, steps_unchanged=4, note="n", url="https://x",
        info_before=AssetInfo(id=1, version=2, author_name="Kim", author_email="kim@example.com", is_running=True),
    )  # fmt: skip


def rendered_field(before: object, after: object) -> dict[str, Any]:
    text = render_diff_json(diff_of(recipe(FieldChange(("a", 0), "A", before, after))))  # type: ignore[arg-type]
    data = json.loads(text, parse_float=Decimal)
    field: dict[str, Any] = data["changes"][0]["steps"][0]["fields"][0]
    return field


def assert_valid(text: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "diff",
    [
        diff_of(),
        diff_of(recipe()),
        diff_of(recipe(FieldChange(("a",), "A", 1, MISSING)), recipe(FieldChange((), "A", MISSING, {"x": [None]}))),
        diff_of(recipe(FieldChange(("a",), "A", [], [1], ChangeClass.SCHEMA, (DECLARED,)))),
        diff_of(AssetChange(AssetKind.OTHER, (ChangeKind.REMOVED,), "x", None, "", "0" * 64, note="binary")),
    ],
)
def test_what_is_rendered_is_valid_by_the_schema(diff: SnapshotDiff) -> None:
    assert_valid(render_diff_json(diff))


def test_the_schema_names_every_key_that_is_rendered() -> None:
    data = json.loads(render_diff_json(diff_of(recipe(FieldChange(("a",), "A", 1, 2, declared=(DECLARED,))))))
    definitions = SCHEMA["$defs"]
    change = data["changes"][0]
    assert set(data["warnings"][0]) == set(definitions["warning"]["properties"])
    assert set(change["connections"][0]) == set(definitions["connection_switch"]["properties"])
    assert set(change["steps"][0]["fields"][0]["declared"][0]) == set(definitions["declared_field"]["properties"])
    assert set(data) == set(SCHEMA["properties"])
    assert set(change) == set(definitions["asset"]["properties"])
    assert set(change["steps"][0]) == set(definitions["step"]["properties"])
    assert set(change["steps"][0]["after"]) == set(definitions["place"]["properties"])
    assert set(change["steps"][0]["fields"][0]) == set(definitions["field"]["properties"])
    assert set(change["info_before"]) == set(definitions["info"]["properties"])


def test_the_schema_knows_every_kind_of_change() -> None:
    assert set(SCHEMA["$defs"]["change_kind"]["enum"]) == {kind.value for kind in ChangeKind}
    assert set(SCHEMA["$defs"]["change_class"]["enum"]) == {each.value for each in ChangeClass}
    assert set(SCHEMA["$defs"]["warning"]["properties"]["kind"]["enum"]) == {kind.value for kind in WarningKind}
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION


def test_warnings_and_what_shouts_are_passed_on() -> None:
    switch = ConnectionSwitch("salesforce", "SFDC prod", "SFDC dev", is_against_mapping=True)
    change = replace(recipe(), connections=(switch,), is_rewritten=True, has_contract_change=True)
    data = json.loads(render_diff_json(diff_of(change)))
    assert data["warnings"][0]["text"] == "It dangles \ud800."
    assert data["warnings"][0]["is_severe"]
    assert data["warnings"][0]["step"]["number"] == 2
    assert data["warnings"][1]["step"] is None
    assert data["unread_projects"] == ["HR"]
    assert data["changes"][0]["connections"][0]["is_against_mapping"]
    assert data["changes"][0]["is_rewritten"]
    assert data["changes"][0]["has_contract_change"]


def test_a_missing_value_has_no_key_and_a_null_has_one() -> None:
    field = rendered_field(MISSING, None)
    assert "before" not in field
    assert field["after"] is None


def test_numbers_keep_their_digits() -> None:
    text = render_diff_json(diff_of(recipe(FieldChange((), "A", Decimal("1.10"), Decimal("12345678901234567890.5")))))
    assert '"before": 1.10' in text
    assert '"after": 12345678901234567890.5' in text
    assert '"before": 1E+2' in render_diff_json(diff_of(recipe(FieldChange((), "A", Decimal("1E+2"), 10**30))))
    assert dump_json(10**5000) == "1" + "0" * 5000


def test_a_mail_address_is_not_passed_on() -> None:
    assert "kim@example.com" not in render_diff_json(diff_of(recipe()))


def test_keys_are_sorted_whatever_their_order_was() -> None:
    assert dump_json({"b": 1, "a": {"d": 1, "c": 2}}) == dump_json({"a": {"c": 2, "d": 1}, "b": 1})


def test_characters_that_act_on_a_terminal_are_escaped() -> None:
    text = dump_json({"\x9b\u202e": "\x1b[31m\ud800\U000e0041日本"})
    assert text == '{"\\u009b\\u202e": "\\u001b[31m\\ud800\\udb40\\udc41日本"}'
    assert json.loads(text) == {"\x9b\u202e": "\x1b[31m\ud800\U000e0041日本"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(values, st.sampled_from([None, 2]))
def test_any_value_reads_back_as_it_was(value: JsonValue, indent: int | None) -> None:
    text = dump_json(value, indent=indent)  # type: ignore[arg-type]
    assert json.loads(text, parse_float=Decimal) == value
