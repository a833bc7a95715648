"""Warnings that come with a diff: each recipe here is written by hand, and so is each sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.diff.changes import DiffWarning, SnapshotDiff, WarningKind
from exporter.diff.equivalence import Equivalences
from exporter.diff.snapshots import compare_snapshots
from exporter.diff.warnings import find_warnings, scan_assets, with_warnings
from exporter.snapshot import Asset, Index, Project, ProjectFailure, Snapshot, asset_of, snapshot_of

Files = Mapping[str, Any]

CONNECTION = {"name": "NetSuite", "provider": "netsuite", "root_folder": False}
NETSUITE = "Shared/Connections/netsuite.connection.json"


def dp(**keys: Any) -> str:
    return f"#{{_dp('{json.dumps(keys)}')}}"


def pill(alias: str, *path: str, provider: str = "salesforce") -> str:
    return dp(pill_type="output", provider=provider, line=alias, path=list(path))


def property_pill(name: str, kind: str = "project_property") -> str:
    return dp(pill_type=kind, property_name=name)


def reference(zip_name: str, name: str) -> dict[str, str]:
    return {"zip_name": zip_name, "name": name, "folder": zip_name.rpartition("/")[0]}


def step(alias: str, title: str, **keys: Any) -> dict[str, Any]:
    number = sum(map(ord, alias))
    known = {"keyword": "action", "provider": "salesforce", "as": alias, "title": title, "input": {}}
    return {**known, "uuid": f"0000{number:04x}-0000-4000-8000-000000000000", **keys}


def call(alias: str, zip_name: str, name: str) -> dict[str, Any]:
    keys = {
        "provider": "workato_recipe_function",
        "name": "call_recipe",
        "input": {"flow_id": reference(zip_name, name)},
    }
    return step(alias, f"Call {name}", **keys)


def recipe(
    name: str, *steps: dict[str, Any], connections: Mapping[str, Any] | None = None, **keys: Any
) -> dict[str, Any]:
    trigger = step("trigger", "New order", keyword="trigger", block=list(steps))
    config = [
        {"keyword": "application", "provider": provider, "account_id": account}
        for provider, account in (connections or {}).items()
    ]
    return {"name": name, "version": 1, "code": trigger, "config": config, **keys}


def environment(name: str, files: Files, projects: Sequence[str] = (), unread: Sequence[str] = ()) -> Snapshot:
    index = Index(environment=name, projects=tuple(Project(project, 1, 1) for project in projects))
    assets = [asset_of(path, json.dumps(content, ensure_ascii=False).encode()) for path, content in files.items()]
    return snapshot_of(index, assets, failures=[ProjectFailure(project, "HTTP 500") for project in unread])


def compared(source: Snapshot, target: Snapshot, only: tuple[str, ...] = ()) -> SnapshotDiff:
    return compare_snapshots(source, target, source_label="dev", target_label="test", only=only)


def warnings(before: Files, after: Files, only: tuple[str, ...] = (), **options: Any) -> tuple[DiffWarning, ...]:
    source, target = environment("dev", after), environment("test", before)
    return find_warnings(compared(source, target, only), source, target, **options)


def texts(before: Files, after: Files, only: tuple[str, ...] = (), **options: Any) -> list[str]:
    return [warning.text for warning in warnings(before, after, only, **options)]


GET, SEND = step("a1", "Get order"), step("b2", "Send mail", input={"body": pill("a1", "Amount"), "to": "x"})


# ── datapills ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_datapill_of_a_removed_step_is_severe_and_names_the_step() -> None:
    (warning,) = warnings({"P/a.recipe.json": recipe("A", GET, SEND)}, {"P/a.recipe.json": recipe("A", SEND)})
    assert warning.kind is WarningKind.DANGLING_PILL
    assert warning.text == (
        "Step 2 (Send mail) uses 'Amount' of the removed step 2 (Get order); choose other data there,"
        " or keep that step."
    )
    assert warning.is_severe
    assert (warning.path, warning.step and warning.step.headline) == ("P/a.recipe.json", "Send mail")


def test_all_uses_of_one_missing_step_are_one_warning() -> None:
    log = step("c3", "Log", input={"message": f"{pill('a1', 'Amount')} {pill('a1', 'invoice_number')}"})
    before, after = recipe("A", GET, SEND, log), recipe("A", SEND, log)
    assert texts({"P/a.recipe.json": before}, {"P/a.recipe.json": after}) == [
        "Step 2 (Send mail) and 1 more step use 'Amount' and 'Invoice number' of the removed step 2 (Get order);"
        " choose other data there, or keep that step."
    ]


def test_a_datapill_that_dangled_before_is_said_without_alarm() -> None:
    lost = step("b2", "Send mail", input={"body": "#{_('data.salesforce.gone.Amount')}", "to": "x"})
    changed = {**lost, "input": {**lost["input"], "to": "y"}}
    (warning,) = warnings({"P/a.recipe.json": recipe("A", lost)}, {"P/a.recipe.json": recipe("A", changed)})
    assert warning.text == (
        "Step 2 (Send mail) uses 'Amount' of a step that the recipe does not have, as it did before this diff;"
        " choose other data there."
    )
    assert not warning.is_severe


def test_a_datapill_that_dangles_in_a_disabled_step_is_no_alarm() -> None:
    after = recipe("A", {**SEND, "skip": True})
    (warning,) = warnings({"P/a.recipe.json": recipe("A", GET, SEND)}, {"P/a.recipe.json": after})
    assert not warning.is_severe


def test_a_datapill_of_a_step_that_the_diff_disables_is_told_once() -> None:
    disabled = {**GET, "skip": True}
    block = step("i1", "", keyword="if", provider="", skip=True, block=[GET])
    for after in (recipe("A", disabled, SEND), recipe("A", block, SEND)):
        (warning,) = warnings({"P/a.recipe.json": recipe("A", GET, SEND)}, {"P/a.recipe.json": after})
        assert warning.text.endswith("(Get order), which is disabled and gives nothing; see that this is meant.")
        assert not warning.is_severe
    before, after = recipe("A", disabled, SEND), recipe("A", disabled, SEND, step("z9", "Log"))
    assert texts({"P/a.recipe.json": before}, {"P/a.recipe.json": after}) == []
    quiet = recipe("A", disabled, {**SEND, "skip": True})
    assert texts({"P/a.recipe.json": recipe("A", GET, SEND)}, {"P/a.recipe.json": quiet}) == []


def test_a_datapill_of_a_step_that_was_made_anew_points_at_the_new_one() -> None:
    remade = {**GET, "as": "a9"}
    (text,) = texts({"P/a.recipe.json": recipe("A", GET, SEND)}, {"P/a.recipe.json": recipe("A", remade, SEND)})
    assert text == (
        "Step 3 (Send mail) uses 'Amount' of step 2 (Get order) as it was before it was made anew;"
        " choose the data there again."
    )


def test_a_datapill_of_a_later_step_is_told() -> None:
    (text,) = texts({"P/a.recipe.json": recipe("A", GET, SEND)}, {"P/a.recipe.json": recipe("A", SEND, GET)})
    assert text == (
        "Step 2 (Send mail) uses 'Amount' of step 3 (Get order), which runs only later; put it before,"
        " or choose other data there."
    )


def test_inside_a_loop_a_later_step_may_have_run_the_time_before() -> None:
    loop = step("d4", "", keyword="foreach", provider="", source=pill("trigger", "Lines"), block=[SEND, GET])
    assert texts({}, {"P/a.recipe.json": recipe("A", loop)}) == []


def test_job_reports_conditions_and_own_output_are_no_alarm() -> None:
    trigger = {
        "job_report_config": {"custom_column_1": pill("a1", "Amount")},
        "filter": {"conditions": [{"lhs": pill("trigger", "Status"), "operand": "present"}]},
    }
    document = recipe("A", GET)
    document["code"].update(trigger)
    assert texts({}, {"P/a.recipe.json": document}) == []


@pytest.mark.parametrize("declares", [True, False])
def test_a_variable_needs_the_step_that_declares_it(declares: bool) -> None:
    declare = step("v1", "Declare", provider="workato_variable", name="declare_variable")
    update = step(
        "u1",
        "Set total",
        provider="workato_variable",
        name="update_variables",
        input={"name": f"{declare['uuid']}:v1:total", "total": "1"},
    )
    after = recipe("A", *([declare] if declares else []), update)
    assert texts({}, {"P/a.recipe.json": after}) == (
        []
        if declares
        else ["Step 2 (Set total) uses 'total' of a step that the recipe does not have; choose other data there."]
    )


# ── assets ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CALLER = recipe("Create invoice", call("c1", "Functions/credit.recipe.json", "Check credit"))
CREDIT = recipe("Check credit", GET)
CREDIT_PATH = "P/Functions/credit.recipe.json"


def test_a_call_of_a_recipe_that_neither_side_has() -> None:
    (warning,) = warnings({}, {"P/a.recipe.json": CALLER})
    assert (warning.kind, warning.is_severe) == (WarningKind.MISSING_REFERENCE, True)
    assert warning.text == (
        "Step 2 calls 'Check credit', which dev and test both lack; promote it first, or correct the reference."
    )


def test_a_recipe_that_comes_along_or_is_there_is_not_missing() -> None:
    assert texts({}, {"P/a.recipe.json": CALLER, CREDIT_PATH: CREDIT}) == []
    assert texts({CREDIT_PATH: CREDIT}, {"P/a.recipe.json": CALLER, CREDIT_PATH: CREDIT}) == []
    assert texts({"Q/credit.recipe.json": CREDIT}, {"P/a.recipe.json": CALLER}, ("P",)) == []


def test_a_recipe_outside_the_scope_is_left_behind() -> None:
    assert texts({}, {"P/a.recipe.json": CALLER, CREDIT_PATH: CREDIT}, ("a",)) == [
        "Step 2 calls 'Check credit', which test lacks; promote it first."
    ]


def test_another_recipe_of_the_same_file_name_does_not_stand_in_for_the_one_left_behind() -> None:
    other = {"Q/credit.recipe.json": recipe("Check credit", SEND)}
    after = {"P/a.recipe.json": CALLER, CREDIT_PATH: CREDIT, **other}
    assert texts(other, after, ("a",)) == ["Step 2 calls 'Check credit', which test lacks; promote it first."]


def test_a_call_of_a_recipe_that_the_diff_removes() -> None:
    before = {"P/a.recipe.json": recipe("Create invoice"), CREDIT_PATH: CREDIT}
    (warning,) = warnings(before, {"P/a.recipe.json": CALLER})
    assert (warning.kind, warning.is_severe) == (WarningKind.CALLS_CHANGED, True)
    assert warning.text == ("Step 2 calls 'Check credit', which this diff removes; keep it, or change the reference.")


def test_nothing_is_missing_where_a_project_was_left_out_or_could_not_be_read() -> None:
    caller = recipe("A", call("c1", "Secret/credit.recipe.json", "Check credit"))
    for unread in ((), ("P",)):
        zip_name = "Functions/credit.recipe.json" if unread else "Secret/credit.recipe.json"
        caller = recipe("A", call("c1", zip_name, "Check credit"))
        source = environment("dev", {"P/a.recipe.json": caller, "P/Functions/x.recipe.json": CREDIT}, ["P"])
        before = {"P/a.recipe.json": recipe("A"), "P/Functions/x.recipe.json": CREDIT}
        target = environment("test", before, ["P"], unread)
        assert find_warnings(compared(source, target), source, target) == ()


def test_one_missing_asset_is_one_warning_whoever_uses_it() -> None:
    table = step("t1", "Search", input={"lookup_table_id": reference("Data/tax.lookup_table.json", "Tax codes")})
    files = {f"P/r{number}.recipe.json": recipe(f"R{number}", table, GET, {**table, "as": "t2"}) for number in range(5)}
    (warning,) = warnings({}, files)
    assert warning.text == (
        "'R0' (steps 2 and 4), 'R1' (steps 2 and 4), 'R2' (steps 2 and 4) and 2 more use the lookup table 'Tax codes',"
        " which dev and test both lack; promote it first, or correct the reference."
    )
    assert (warning.path, warning.step) == ("", None)


@pytest.mark.parametrize(
    ("value", "is_found"),
    [
        ("=lookup('Tax codes', 'Country': 'DE')['Rate']", True),
        ('=lookup("Tax codes", "Country": "DE")["Rate"].to_i', True),
        ("Rate: #{lookup('Tax codes', 'Country': 'DE')['Rate']}", True),
        ("call lookup('Tax codes', 1) in your code", False),
        ("=my.lookup('Tax codes', 1)", False),
        ("=lookup(name, 'Country': 'DE')", False),
    ],
)
def test_a_formula_names_its_lookup_table(value: str, is_found: bool) -> None:
    files = {"P/a.recipe.json": recipe("A", step("x1", "Set", input={"rate": value}))}
    missing = "Step 2 looks into the lookup table 'Tax codes', which dev and test both lack;"
    found = texts({}, files)
    assert [text.startswith(missing) for text in found] == ([True] if is_found else [])
    assert texts({"P/Data/tax_codes.lookup_table.json": {}}, files, ("a",)) == []


def test_other_kinds_refer_as_well() -> None:
    endpoint = {"name": "Get order", "recipe_id": reference("API/get.recipe.json", "API | Get"), "method": "GET"}
    assert texts({}, {"P/API/get_order.api_endpoint.json": endpoint}) == [
        "'Get order' uses the recipe 'API | Get', which dev and test both lack; promote it first, or correct the"
        " reference."
    ]


# ── connections ─────────────────────────────────────────────────────────────────────────────────────────────────────

ACCOUNT = reference(NETSUITE, "NetSuite")


def using(name: str, *steps: dict[str, Any], provider: str = "netsuite") -> dict[str, Any]:
    return recipe(name, *steps, connections={provider: ACCOUNT, "clock": None, "rest": {"name": "by name"}})


def test_a_connection_that_the_target_lacks_is_one_warning_for_all_recipes() -> None:
    files = {f"P/r{number}.recipe.json": using(f"R{number}") for number in range(4)}
    (warning,) = warnings({}, {**files, NETSUITE: CONNECTION}, ("P",))
    assert (warning.kind, warning.is_severe) == (WarningKind.MISSING_CONNECTION, True)
    assert warning.text == (
        "'R0', 'R1', 'R2' and 1 more use the connection 'NetSuite', which test lacks; make it there and"
        " connect it first."
    )
    assert texts({}, {"P/a.recipe.json": using("A")}) == [
        "'A' uses the connection 'NetSuite', which dev and test both lack; choose another one."
    ]
    assert texts({NETSUITE: CONNECTION}, {"P/a.recipe.json": using("A")}) == [
        "'A' uses the connection 'NetSuite', which this diff removes; keep it, or choose another one."
    ]


def test_a_connection_that_comes_along_must_be_connected_by_hand() -> None:
    (warning,) = warnings({}, {"P/a.recipe.json": using("A"), "P/b.recipe.json": using("B"), NETSUITE: CONNECTION})
    assert warning.text == (
        "The connection 'NetSuite' is new in test and arrives there without credentials; connect it by hand before"
        " 'A' and 'B' can run."
    )
    assert (warning.path, warning.is_severe) == (NETSUITE, False)


def test_a_renamed_connection_is_a_new_one_to_the_target() -> None:
    before = {"Shared/Connections/old.connection.json": CONNECTION}
    (text,) = texts(before, {"P/a.recipe.json": using("A"), NETSUITE: CONNECTION})
    assert text.startswith("The connection 'NetSuite' is new in test and arrives there without credentials;")


def test_a_connection_of_another_application_is_told() -> None:
    other = {**CONNECTION, "provider": "netsuite_rest"}
    after = {"P/a.recipe.json": using("A", provider="netsuite_secondary"), NETSUITE: CONNECTION}
    assert texts({NETSUITE: other}, after, ("P",)) == [
        "'A' uses the connection 'NetSuite' for 'netsuite'; in test it is one for 'netsuite_rest'."
        " Choose another connection."
    ]
    assert texts({NETSUITE: CONNECTION}, after) == []
    assert texts({NETSUITE: other}, {**after, NETSUITE: other}) == []


def test_a_connection_is_asked_for_by_the_name_that_the_mapping_gives_it_in_the_target() -> None:
    mapping = Equivalences(connections=({"dev": "NetSuite", "test": "NetSuite TEST"},)).between("dev", "test")
    after = {"P/a.recipe.json": using("A"), NETSUITE: CONNECTION}
    there = {"Shared/Connections/netsuite_test.connection.json": {**CONNECTION, "name": "NetSuite TEST"}}
    assert texts(there, after, ("P",), equivalence=mapping) == []
    assert texts({}, after, ("P",), equivalence=mapping) == [
        "'A' uses the connection 'NetSuite', which the mapping calls 'NetSuite TEST' in test, and that is missing"
        " there; make it and connect it first."
    ]


# ── properties ──────────────────────────────────────────────────────────────────────────────────────────────────────

PROPERTIES = "P/properties.project_properties.json"
ACCOUNT_PROPERTIES = "account_properties.properties.json"
READER = recipe("A", step("p1", "Post", input={"limit": property_pill("credit.limit")}))


def named(*names: str) -> dict[str, Any]:
    return {"data": dict.fromkeys(names)}


def test_a_property_that_the_target_lacks() -> None:
    after = {"P/a.recipe.json": READER, PROPERTIES: named("x", "credit.limit")}
    (warning,) = warnings({PROPERTIES: named("x")}, after, ("a",))
    assert (warning.kind, warning.is_severe) == (WarningKind.MISSING_PROPERTY, True)
    assert warning.text == (
        "Step 2 reads the project property 'credit.limit', which test lacks; add it there with its value first."
    )


def test_a_property_that_comes_along_has_no_value() -> None:
    after = {"P/a.recipe.json": READER, PROPERTIES: named("x", "credit.limit")}
    (warning,) = warnings({PROPERTIES: named("x")}, after)
    assert warning.text == (
        "The project property 'credit.limit' arrives in test without a value; set it there before 'A' (step 2) can run."
    )
    assert (warning.path, warning.is_severe) == (PROPERTIES, False)


def test_a_property_that_neither_side_has_is_told_only_where_properties_were_exported() -> None:
    reader = {"P/a.recipe.json": READER}
    assert texts({}, reader) == []
    assert texts({PROPERTIES: named("x")}, {**reader, PROPERTIES: named("x")}) == [
        "Step 2 reads the project property 'credit.limit', which dev and test both lack;"
        " add it there with its value first."
    ]


@pytest.mark.parametrize(
    "value",
    [
        property_pill("notify", "account_property"),
        "#{_('data.workato.job_context.account_properties.notify','account_property','notify')}",
    ],
)
def test_an_account_property_may_be_in_either_notation(value: str) -> None:
    files = {"P/a.recipe.json": recipe("A", step("p1", "Post", input={"channel": value}))}
    store = {ACCOUNT_PROPERTIES: {"notify": None}}
    assert texts(store, {**files, **store}) == []
    assert texts({ACCOUNT_PROPERTIES: {"x": None}}, {**files, **store}, ("a",)) == [
        "Step 2 reads the account property 'notify', which test lacks; add it there with its value first."
    ]


# ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_contract_change(diff: SnapshotDiff, path: str) -> SnapshotDiff:
    changes = (replace(c, has_contract_change=True) if c.path == path else c for c in diff.changes)
    return replace(diff, changes=tuple(changes))


CHANGED_CREDIT = recipe("Check credit", GET, step("z9", "Return", input={"ok": "true"}))


def test_a_changed_recipe_that_calls_one_whose_contract_changes() -> None:
    source = environment("dev", {"P/a.recipe.json": CALLER, CREDIT_PATH: CHANGED_CREDIT})
    target = environment("test", {"P/a.recipe.json": recipe("Create invoice"), CREDIT_PATH: CREDIT})
    diff = compared(source, target)
    assert find_warnings(diff, source, target) == ()
    (warning,) = find_warnings(with_contract_change(diff, CREDIT_PATH), source, target)
    assert warning.kind is WarningKind.CALLS_CHANGED
    assert warning.text == (
        "Step 2 calls 'Check credit', whose parameters or results change in this diff too; check that the two"
        " still fit."
    )


def test_a_called_recipe_that_differs_outside_the_scope() -> None:
    before = {"P/a.recipe.json": recipe("Create invoice"), CREDIT_PATH: CREDIT}
    assert texts(before, {"P/a.recipe.json": CALLER, CREDIT_PATH: CHANGED_CREDIT}, ("a",)) == [
        "Step 2 calls 'Check credit', which differs too and is no part of this diff; see whether it must come along."
    ]
    assert texts(before, {"P/a.recipe.json": CALLER, CREDIT_PATH: {**CREDIT, "version": 9}}, ("a",)) == []


def callers(count: int) -> dict[str, Any]:
    return {
        f"P/r{n}.recipe.json": recipe(f"R{n}", call("c1", "Functions/credit.recipe.json", "x")) for n in range(count)
    }


def test_callers_outside_the_diff_are_named_for_a_contract_change() -> None:
    source = environment("dev", {**callers(5), CREDIT_PATH: CHANGED_CREDIT})
    target = environment("test", {**callers(5), CREDIT_PATH: CREDIT})
    diff = with_contract_change(compared(source, target), CREDIT_PATH)
    (warning,) = find_warnings(diff, source, target)
    assert (warning.kind, warning.path, warning.is_severe) == (WarningKind.CALLED_BY, CREDIT_PATH, False)
    assert warning.text == (
        "'R0', 'R1', 'R2' and 2 more in test call 'Check credit', whose parameters or results change, and are no part"
        " of this diff; check that they still fit."
    )
    assert find_warnings(diff, source, target, is_target_whole=False) == ()


def test_callers_of_a_removed_recipe_are_an_alarm() -> None:
    endpoint = {"name": "Get credit", "recipe_id": reference("Functions/credit.recipe.json", "Check credit")}
    still = {"P/get.api_endpoint.json": endpoint}
    (warning,) = warnings({**still, CREDIT_PATH: CREDIT}, still)
    assert warning.is_severe
    assert warning.text == (
        "The API endpoint 'Get credit' in test still calls 'Check credit', which this diff removes; change it first."
    )


def test_users_of_other_removed_assets_are_an_alarm() -> None:
    table = step("t1", "Search", input={"lookup_table_id": reference("Data/tax.lookup_table.json", "Tax codes")})
    still = {"P/a.recipe.json": recipe("A", table), "P/b.recipe.json": using("B")}
    gone = {"P/Data/tax.lookup_table.json": {"name": "Tax codes", "schema": []}, NETSUITE: CONNECTION}
    found = warnings({**still, **gone}, still)
    assert [(warning.kind, warning.is_severe, warning.text) for warning in found] == [
        (
            WarningKind.MISSING_REFERENCE,
            True,
            "'A' in test still uses the lookup table 'Tax codes', which this diff removes; change it first.",
        ),
        (
            WarningKind.MISSING_CONNECTION,
            True,
            "'B' in test still uses the connection 'NetSuite', which this diff removes; change it first.",
        ),
    ]


def test_callers_of_a_renamed_recipe_are_told() -> None:
    after = {**callers(1), "P/Functions/rating.recipe.json": {**CREDIT, "name": "Rate customer"}}
    found = warnings({**callers(1), CREDIT_PATH: CREDIT}, after)
    assert [(warning.kind, warning.text) for warning in found] == [
        (
            WarningKind.CALLED_BY,
            "'R0' in test calls 'Rate customer' by the name that it had, and is no part of this diff;"
            " see that it finds the renamed one.",
        )
    ]


def test_other_assets_are_read_only_when_something_callable_changes() -> None:
    asked: list[int] = []

    def mentions(assets: Sequence[Asset]) -> Mapping[str, Sequence[str]]:
        asked.append(len(assets))
        return scan_assets(assets)

    before = {**callers(2), CREDIT_PATH: CREDIT}
    warnings(before, {**callers(2), CREDIT_PATH: CHANGED_CREDIT}, mentions=mentions)
    assert asked == []
    warnings(before, callers(2), mentions=mentions)
    assert asked == [2]


# ── all together ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sides_that_are_no_environments_tell_of_datapills_alone() -> None:
    before = {"P/a.recipe.json": recipe("A", GET, SEND)}
    after = {"P/a.recipe.json": recipe("A", SEND, CALLER["code"]["block"][0], connections={"netsuite": ACCOUNT})}
    kinds = [warning.kind for warning in warnings(before, after, is_source_whole=False, is_target_whole=False)]
    assert kinds == [WarningKind.DANGLING_PILL]


def test_severe_warnings_come_first_then_the_order_of_the_paths() -> None:
    lost = {**SEND, "skip": True}
    after = {"P/a.recipe.json": recipe("A", lost), "P/b.recipe.json": recipe("B", SEND), "A/c.recipe.json": CALLER}
    assert [(w.is_severe, w.path) for w in warnings({}, after)] == [
        (True, "A/c.recipe.json"),
        (True, "P/b.recipe.json"),
        (False, "P/a.recipe.json"),
    ]


def test_warnings_are_added_to_those_that_the_diff_has_each_once() -> None:
    source, target = environment("dev", {"P/a.recipe.json": recipe("A", SEND)}), environment("test", {})
    diff = compared(source, target)
    switched = DiffWarning(
        WarningKind.AGAINST_MAPPING, "NetSuite DEV arrives in test.", "P/z.recipe.json", is_severe=True
    )
    quiet = DiffWarning(WarningKind.SECRET_ADDED, "A likely secret.", "P/a.recipe.json")
    found = find_warnings(diff, source, target)
    merged = with_warnings(replace(diff, warnings=(quiet, switched)), (*found, *found))
    assert [warning.kind for warning in merged.warnings] == [
        WarningKind.AGAINST_MAPPING,
        WarningKind.DANGLING_PILL,
        WarningKind.SECRET_ADDED,
    ]
    assert merged.digest == diff.digest


def test_names_from_recipes_stay_on_one_line() -> None:
    evil = "Invoice\n\x1b[31m\u202eevil\u2028 " + "x" * 200
    table = step("t1", evil, input={"t": reference("Data/tax.lookup_table.json", evil), "b": pill("gone", evil)})
    for text in texts({}, {"P/a.recipe.json": recipe(evil, table), "P/b.recipe.json": recipe(evil, table)}):
        assert text.isprintable()
        assert len(text) < 700


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
    | st.sampled_from([pill("gone", "x"), property_pill("x"), "=lookup('T', 1)", "#", "a:b", "P/x.recipe.json"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["zip_name", "name", "flow_id", "account_id", "provider", "as", "uuid", "data", "x"]), inner
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(json_values, json_values, json_values)
def test_any_json_in_any_place_gives_warnings_or_none(one: Any, two: Any, three: Any) -> None:
    after = {
        "P/a.recipe.json": recipe("A", step("s1", "One", input=one, source=two, name=three, as_=one), provider=two),
        "P/b.recipe.json": {"name": one, "code": {"block": [{"input": one, "uuid": two, "as": three}]}, "config": two},
        "P/b.api_endpoint.json": two,
        PROPERTIES: three,
        ACCOUNT_PROPERTIES: one,
        NETSUITE: two,
    }
    for found in (warnings({}, after), warnings(after, {}), warnings({"P/x.recipe.json": CREDIT}, after, ("a",))):
        assert all(warning.text.replace("\u200d", "").isprintable() for warning in found)


@pytest.mark.parametrize("content", ["no json", [], {"code": 1}, {"code": {"input": {"zip_name": 3, "name": []}}}])
def test_files_that_are_no_recipes_cause_no_error(content: Any) -> None:
    damaged = {"P/a.recipe.json": content, "P/b.api_endpoint.json": content, PROPERTIES: content, NETSUITE: content}
    reader: Callable[..., dict[str, Any]] = using
    whole = {"P/r.recipe.json": reader("R", READER["code"]["block"][0]), **damaged}
    for before, after in (({}, whole), (damaged, whole), (whole, damaged)):
        warnings(before, after)
