"""Lists of declared fields: which field is which, and what of it differs."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.diff.changes import MISSING, ChangeClass, ChangeKind
from exporter.diff.meaning import Reader
from exporter.diff.schemas import compare_declared, compare_schemas
from exporter.diff.values import ValueChange, ValueComparison
from exporter.recipe.datapill import canonical_text

Node = dict[str, Any]

ADDED, REMOVED, CHANGED, MOVED, RENAMED = (
    ChangeKind.ADDED,
    ChangeKind.REMOVED,
    ChangeKind.CHANGED,
    ChangeKind.MOVED,
    ChangeKind.RENAMED,
)
AMOUNT = {"name": "amount", "label": "Amount", "type": "number", "optional": False}
REGION = {"name": "region", "label": "Region", "type": "string", "optional": True}
NOTE = {"name": "note", "label": "Note", "type": "string", "optional": True}
COLUMN = {"id": "11111111-0000-4000-8000-000000000000", "title": "Decided by", "type": "short-text", "required": False}


def declared(before: Any, after: Any) -> list[tuple[ChangeKind, str, str, str]]:
    found = compare_declared(before, after, lambda value, _: canonical_text(value))
    return [(item.kind, item.label, item.before, item.after) for item in found.declared]


def values(before: Node, after: Node) -> list[ValueChange]:
    nobody = Reader({}, {}, {}, {})
    return ValueComparison(nobody, nobody).compare(before, after)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ([AMOUNT], [AMOUNT, REGION], [(ADDED, "Region", "", "string, optional")]),
        ([AMOUNT, REGION], [AMOUNT], [(REMOVED, "Region", "string, optional", "")]),
        ([AMOUNT], [AMOUNT | {"type": "integer"}], [(CHANGED, "Amount", "number, required", "integer, required")]),
        ([AMOUNT], [AMOUNT | {"optional": True}], [(CHANGED, "Amount", "number, required", "number, optional")]),
        ([AMOUNT], [AMOUNT | {"label": "Total"}], [(RENAMED, "Total", "Amount", "Total")]),
        ([AMOUNT], [AMOUNT | {"name": "total"}], [(RENAMED, "Amount", "amount", "total")]),
        (
            [REGION, AMOUNT],
            [REGION, AMOUNT | {"name": "total", "label": "Total"}],
            [(RENAMED, "Total", "Amount (amount)", "Total (total)")],
        ),
        ([AMOUNT, REGION, NOTE], [REGION, NOTE, AMOUNT], [(MOVED, "Amount", "place 1", "place 3")]),
        (
            [AMOUNT],
            [NOTE],
            [(REMOVED, "Amount", "number, required", ""), (ADDED, "Note", "", "string, optional")],
        ),
        (
            [AMOUNT],
            [AMOUNT | {"hint": "Net"}],
            [(CHANGED, "Amount", "number, required, no hint", "number, required, hint: Net")],
        ),
        ([COLUMN], [COLUMN | {"required": True}], [(CHANGED, "Decided by", "short text", "short text, required")]),
        ([], [COLUMN | {"hidden": True}], [(ADDED, "Decided by", "", "short text, hidden")]),
        ([COLUMN], [COLUMN | {"title": "Approver"}], [(RENAMED, "Approver", "Decided by", "Approver")]),
        (
            [COLUMN],
            [COLUMN | {"id": "2"}],
            [(CHANGED, "Decided by", f"short text, id: {COLUMN['id']}", "short text, id: 2")],
        ),
    ],
)
def test_each_change_of_a_field_has_its_words(before: Any, after: Any, changes: Any) -> None:
    assert declared(before, after) == changes


def test_fields_of_objects_are_told_by_the_way_that_leads_there() -> None:
    order = {"name": "order", "label": "Order", "type": "object", "properties": [AMOUNT]}
    lines = {"name": "lines", "label": "Lines", "type": "array", "of": "object", "properties": [REGION]}
    grown = order | {"properties": [AMOUNT | {"type": "integer"}, lines]}
    assert declared([order], [grown]) == [
        (CHANGED, "Order ▸ Amount", "number, required", "integer, required"),
        (ADDED, "Order ▸ Lines", "", "array of object"),
        (ADDED, "Order ▸ Lines ▸ Region", "", "string, optional"),
    ]
    assert declared([order], [order | {"label": "Purchase"}]) == [(RENAMED, "Purchase", "Order", "Purchase")]


def test_a_field_of_one_name_is_never_taken_for_a_renamed_one() -> None:
    other = REGION | {"label": "Amount", "type": "number", "optional": False}
    assert declared([AMOUNT, REGION], [other]) == [
        (REMOVED, "Amount", "number, required", ""),
        (RENAMED, "Amount", "Region", "Amount"),
        (CHANGED, "Amount", "string, optional", "number, required"),
    ]


def test_the_typed_twin_of_a_choice_counts_only_where_it_differs_by_itself() -> None:
    toggled = AMOUNT | {"toggle_field": dict(AMOUNT)}
    retyped = AMOUNT | {"type": "integer", "toggle_field": AMOUNT | {"type": "integer"}}
    assert declared([toggled], [retyped]) == [(CHANGED, "Amount", "number, required", "integer, required")]
    other = AMOUNT | {"toggle_field": AMOUNT | {"type": "string"}}
    ((kind, label, before, after),) = declared([toggled], [other])
    assert (kind, label) == (CHANGED, "Amount")
    assert before != after


def test_what_is_no_list_of_fields_inside_a_field_is_told_as_a_whole() -> None:
    def order(*inside: Any) -> Node:
        return {"name": "order", "type": "object", "properties": list(inside)}

    ((kind, label, before, after),) = declared([order(AMOUNT, "x")], [order(AMOUNT, "y")])
    assert (kind, label) == (CHANGED, "order")
    assert '"x"' in before
    assert '"y"' in after


def test_what_the_editor_sets_with_the_type_is_not_said_beside_it() -> None:
    before, after = AMOUNT | {"control_type": "number"}, AMOUNT | {"control_type": "integer", "type": "integer"}
    assert declared([before], [after]) == [(CHANGED, "Amount", "number, required", "integer, required")]
    assert declared([before], [before | {"control_type": "text"}]) != []


def test_long_attributes_are_cut_around_what_differs() -> None:
    long = "x" * 5_000
    ((_, _, before, after),) = declared(
        [AMOUNT | {"hint": long + "old" + long}], [AMOUNT | {"hint": long + "new" + long}]
    )
    assert "old" in before and "new" in after
    assert len(before) < 200


FIELDS = st.recursive(
    st.fixed_dictionaries(
        {"name": st.sampled_from("abcd"), "type": st.sampled_from(["string", "number"])},
        optional={
            "label": st.sampled_from("AB"),
            "optional": st.booleans(),
            "hint": st.sampled_from(["", "h"]),
            "toggle_field": st.sampled_from([{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]),
        },
    ),
    lambda inner: st.builds(
        lambda name, fields: {"name": name, "type": "object", "properties": fields},
        st.sampled_from("abcd"),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)


@given(st.lists(FIELDS, max_size=5), st.lists(FIELDS, max_size=5))
@settings(deadline=None)
def test_field_lists_differ_exactly_if_something_is_declared(before: list[Node], after: list[Node]) -> None:
    differs = canonical_text(before) != canonical_text(after)
    assert bool(declared(before, after)) == differs
    for _, label, one, other in declared(before, after):
        assert label
        assert one != other


@given(st.lists(FIELDS, max_size=5, unique_by=lambda field: field["name"]), st.data())
def test_adding_one_field_anywhere_reports_one_addition(fields: list[Node], data: st.DataObject) -> None:
    after = copy.deepcopy(fields)
    after.insert(data.draw(st.integers(0, len(fields))), {"name": "new", "label": "New", "type": "date"})
    assert declared(fields, after) == [(ADDED, "New", "", "date")]
    assert declared(after, fields) == [(REMOVED, "New", "date", "")]


SCHEMA_KEYS = [
    "schema", "parameters_schema_json", "result_schema_json", "list_item_schema_json", "body_schema",
    "request_schema_json", "reply_schema_json", "code_output_schema_json", "headers_schema", "payload_schema",
    "output_schema", "response_schema", "request_body_schema", "output",
]  # fmt: skip


@pytest.mark.parametrize("key", SCHEMA_KEYS)
def test_a_schema_in_a_text_is_one_change(key: str) -> None:
    before, after = json.dumps([AMOUNT]), json.dumps([AMOUNT, REGION], indent=2)
    (change,) = values({key: before}, {key: after})
    assert (change.path, change.before, change.after) == ((key,), before, after)
    assert [(item.kind, item.label) for item in change.declared] == [(ADDED, "Region")]
    assert change.change_class is ChangeClass.LOGIC
    assert values({key: before}, {key: json.dumps([AMOUNT], indent=4)}) == []


def test_a_schema_that_appears_or_goes_lists_all_its_fields() -> None:
    (change,) = values({}, {"schema": json.dumps([AMOUNT, REGION])})
    assert change.before is MISSING
    assert [(item.kind, item.label) for item in change.declared] == [(ADDED, "Amount"), (ADDED, "Region")]
    (gone,) = values({"schema": json.dumps([AMOUNT])}, {"schema": "[]"})
    assert [(item.kind, item.label) for item in gone.declared] == [(REMOVED, "Amount")]
    assert (gone.before, gone.after) == (json.dumps([AMOUNT]), "[]")


def test_a_text_of_that_name_that_is_no_schema_is_compared_to_the_letter() -> None:
    assert len(values({"output": '{"a": 1}'}, {"output": '{"a":1}'})) == 1
    assert len(values({"schema": "not json ["}, {"schema": "not json [ "})) == 1
    assert [change.declared for change in values({"schema": '{"a": 1}'}, {"schema": '{"a": 2}'})] == [()]


def test_where_only_looks_of_fields_differ_the_change_is_cosmetic() -> None:
    looks = AMOUNT | {"hint": "Net", "control_type": "number"}
    (change,) = values({"schema": json.dumps([AMOUNT])}, {"schema": json.dumps([looks])})
    assert change.change_class is ChangeClass.COSMETIC
    (change,) = values({"schema": json.dumps([AMOUNT])}, {"schema": json.dumps([looks, NOTE])})
    assert change.change_class is ChangeClass.LOGIC


def test_a_sample_is_told_by_the_fields_that_it_declares() -> None:
    def sample(value: Any) -> Node:
        return {"sample_document": json.dumps(value, indent=1)}

    before = sample({"id": 1, "lines": [{"sku": "a"}]})
    (change,) = values(before, sample({"id": "1", "lines": [{"sku": "a"}, {"qty": 2}]}))
    assert change.change_class is ChangeClass.SCHEMA
    assert [(item.kind, item.label, item.before, item.after) for item in change.declared] == [
        (CHANGED, "id", "integer", "string"),
        (ADDED, "lines ▸ qty", "", "integer"),
    ]
    (example,) = values(before, sample({"id": 2, "lines": [{"sku": "b"}]}))
    assert (example.change_class, example.declared) == (ChangeClass.COSMETIC, ())
    assert example.meaning_before != example.meaning_after
    assert values(before, {"sample_document": '{"lines":[{"sku":"a"}],"id":1}'}) == []


def test_refreshed_fields_are_one_schema_entry_whatever_their_order() -> None:
    assert compare_schemas("extended_input_schema", [AMOUNT, REGION], [REGION, AMOUNT]) is None
    field = compare_schemas("extended_output_schema", [AMOUNT, NOTE], [REGION, AMOUNT | {"type": "integer"}])
    assert field is not None
    assert (field.label, field.change_class) == ("Output fields", ChangeClass.SCHEMA)
    assert [(item.kind, item.label) for item in field.declared] == [
        (ADDED, "Region"),
        (CHANGED, "Amount"),
        (REMOVED, "Note"),
    ]
    looks = compare_schemas("extended_input_schema", [AMOUNT], [AMOUNT | {"hint": "Net"}])
    assert looks is not None
    assert (looks.label, looks.after) == ("Input fields: hints and choices", ["Amount"])
