"""Small recipes in the shape of platform exports, each edited as people edit, with what must be said about it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from exporter.diff.changes import MISSING, ChangeClass, ChangeKind, ConnectionSwitch
from exporter.diff.meaning import Surroundings
from exporter.diff.recipes import RecipeComparison, compare_recipes
from exporter.recipe.parse import parse_recipe

Node = dict[str, Any]


def uuid(number: int) -> str:
    return f"{number:08x}-1111-4111-8111-111111111111"


def pill(alias: str, *path: str, provider: str = "salesforce") -> str:
    return f"_dp('{json.dumps({'pill_type': 'output', 'provider': provider, 'line': alias, 'path': list(path)})}')"


def action(number: int, name: str = "search_sobjects", provider: str = "salesforce", **keys: Any) -> Node:
    made = {"number": number, "provider": provider, "name": name, "as": f"aaaa{number:04x}", "keyword": "action"}
    return made | {"input": {"limit": "100"}, "uuid": uuid(number)} | keys


def rule(lhs: str, operand: str, rhs: str, number: int = 1) -> Node:
    return {"operand": operand, "lhs": lhs, "rhs": rhs, "uuid": uuid(0x900 + number)}


def branch(number: int, rules: list[Node], *block: Node) -> Node:
    group = {"type": "compound", "operand": "and", "conditions": rules}
    return {"number": number, "keyword": "if", "input": group, "block": list(block), "uuid": uuid(number)}


def recipe(*block: Node, **keys: Any) -> Node:
    trigger = {"number": 0, "provider": "salesforce", "name": "new_object", "as": "aaaa0000", "keyword": "trigger"}
    account = {"zip_name": "crm.connection.json", "name": "CRM", "folder": ""}
    top = {"name": "Orders", "description": "", "version": 1, "private": True, "concurrency": 1}
    return {
        **top,
        "code": trigger
        | {"input": {"object": "Order"}, "block": list(block), "uuid": uuid(0)}
        | keys.pop("trigger", {}),
        "config": [{"keyword": "application", "provider": "salesforce", "account_id": account}],
        **keys,
    }


def compared(before: Node, after: Node, **around: Any) -> RecipeComparison:
    sides = (parse_recipe(json.dumps(side).encode()) for side in (before, after))
    return compare_recipes(*sides, surroundings=Surroundings(**around))


def fields(comparison: RecipeComparison) -> list[tuple[str, Any, Any]]:
    (step,) = comparison.steps
    return [(field.label, field.before, field.after) for field in step.fields]


def test_a_changed_condition_is_told_in_words() -> None:
    amount = f"#{{{pill('aaaa0000', 'Amount')}}}"
    before = recipe(branch(1, [rule(amount, "greater_than", "50")]))
    after = recipe(branch(1, [rule(amount, "greater_than", "100"), rule("x", "present", "", 2)]))
    comparison = compared(before, after)
    assert comparison.steps[0].place.headline == "IF Amount is greater than 100 AND x is present"
    assert fields(comparison) == [
        (
            "Condition 1",
            "[Step 1 · New object ▸ Amount] is greater than 50",
            "[Step 1 · New object ▸ Amount] is greater than 100",
        ),
        ("Condition 2", MISSING, "x is present"),
    ]


def test_conditions_with_other_ids_and_a_new_one_in_front_report_the_new_one() -> None:
    before = recipe(branch(1, [rule("a", "present", ""), rule("b", "present", "", 2)]))
    after = recipe(branch(1, [rule("new", "present", "", 7), rule("a", "present", "", 8), rule("b", "present", "", 9)]))
    assert fields(compared(before, after)) == [("Condition 1", MISSING, "new is present")]


def test_a_replaced_trigger_is_one_change_and_its_datapills_are_none() -> None:
    before = recipe(action(1, input={"id": f"#{{{pill('aaaa0000', 'Id')}}}"}))
    replaced = {"provider": "netsuite", "name": "updated_record", "as": "bbbb0000"}
    after = recipe(action(1, input={"id": f"#{{{pill('bbbb0000', 'Id', provider='netsuite')}}}"}), trigger=replaced)
    assert fields(compared(before, after)) == [
        ("Operation", "new_object", "updated_record"),
        ("App", "salesforce", "netsuite"),
    ]


def test_a_datapill_that_now_takes_another_step_is_a_change() -> None:
    before = recipe(action(1), action(2), action(3, input={"id": f"#{{{pill('aaaa0001', 'Id')}}}"}))
    after = recipe(action(1), action(2), action(3, input={"id": f"#{{{pill('aaaa0002', 'Id')}}}"}))
    assert fields(compared(before, after)) == [
        ("ID", "[Step 2 · Search sobjects ▸ ID]", "[Step 3 · Search sobjects ▸ ID]")
    ]


def test_an_alias_that_another_step_took_over_changes_what_its_datapills_mean() -> None:
    user = action(3, input={"id": f"#{{{pill('aaaa0001', 'Id')}}}"})
    before = recipe(action(1), user)
    taken = {"keyword": "foreach", "as": "aaaa0001", "source": "x", "uuid": uuid(8), "block": []}
    after = recipe(taken, copy.deepcopy(user))
    comparison = compared(before, after)
    assert [change.kinds for change in comparison.steps] == [
        (ChangeKind.REMOVED,),
        (ChangeKind.ADDED,),
        (ChangeKind.CHANGED,),
    ]


def test_a_removed_step_is_said_once_and_not_at_each_datapill_that_now_dangles() -> None:
    user = action(2, input={"id": f"#{{{pill('aaaa0001', 'Id')}}}"})
    comparison = compared(recipe(action(1), user), recipe(copy.deepcopy(user)))
    assert [(change.kinds, change.place.number) for change in comparison.steps] == [((ChangeKind.REMOVED,), 2)]


def test_variables_are_compared_by_the_step_that_declares_them() -> None:
    declare = action(1, "declare_variable", "workato_variable")
    update = action(
        2, "update_variables", "workato_variable", input={"name": f"{uuid(1)}:aaaa0001:total", "total": "1"}
    )
    other = copy.deepcopy(declare) | {"as": "bbbb0001"}
    renamed = copy.deepcopy(update)
    renamed["input"]["name"] = f"{uuid(1)}:bbbb0001:total"
    assert compared(recipe(declare, update), recipe(other, renamed)).is_empty
    renamed["input"]["name"] = f"{uuid(1)}:bbbb0001:tax"
    assert len(compared(recipe(declare, update), recipe(other, renamed)).steps) == 1


def test_disabling_and_enabling_are_told_as_such() -> None:
    before, after = recipe(action(1), action(2, skip=True)), recipe(action(1, skip=True), action(2, skip=False))
    assert [change.kinds for change in compared(before, after).steps] == [(ChangeKind.DISABLED,), (ChangeKind.ENABLED,)]


def test_a_step_that_moved_and_changed_is_both() -> None:
    before = recipe(action(1), action(2), action(3))
    after = recipe(action(3, input={"limit": "5"}), action(1), action(2))
    (change,) = compared(before, after).steps
    assert change.kinds == (ChangeKind.MOVED, ChangeKind.CHANGED)
    assert (change.before and change.before.number, change.after and change.after.number) == (4, 2)


def test_handling_errors_around_steps_is_one_nesting_that_says_what_happens_on_an_error() -> None:
    catch = {"keyword": "catch", "uuid": uuid(9), "input": {"max_retry_count": "3"}, "block": []}
    monitor = {"keyword": "try", "uuid": uuid(8), "input": {}, "block": [action(1), action(2), catch]}
    there, back = recipe(action(1), action(2)), recipe(monitor)
    (nesting,) = compared(there, back).steps
    assert (nesting.kinds, nesting.place.headline) == ((ChangeKind.NESTED,), "HANDLE ERRORS")
    assert [(field.path, field.label, field.after) for field in nesting.fields] == [
        (("catch", "input", "max_retry_count"), "On error ▸ Max retry count", "3"),
        (("catch",), "On error", "no steps"),
        (("block",), "Steps inside", ["Step 3 · Search sobjects", "Step 4 · Search sobjects"]),
    ]
    (unnesting,) = compared(back, there).steps
    assert unnesting.kinds == (ChangeKind.UNNESTED,)
    assert [(field.path, field.before) for field in unnesting.fields] == [
        (field.path, field.after) for field in nesting.fields
    ]


def test_the_steps_of_a_new_on_error_are_additions_and_named_in_the_nesting() -> None:
    catch = {"keyword": "catch", "uuid": uuid(9), "input": {}, "block": [action(5)], "skip": True}
    monitor = {"keyword": "try", "uuid": uuid(8), "input": {}, "block": [action(1), catch]}
    nesting, addition = compared(recipe(action(1)), recipe(monitor)).steps
    assert [(field.label, field.after) for field in nesting.fields] == [
        ("On error", ["Step 5 · Search sobjects"]),
        ("On error ▸ Disabled", True),
        ("Steps inside", ["Step 3 · Search sobjects"]),
    ]
    assert (addition.kinds, addition.place.blocks) == ((ChangeKind.ADDED,), ("ON ERROR",))


def test_a_condition_around_steps_with_an_else_of_new_steps_is_a_nesting_and_an_addition() -> None:
    tail = {"keyword": "else", "uuid": uuid(9), "input": {}, "block": [action(5)]}
    after = recipe(branch(8, [rule("x", "present", "")], action(1), tail))
    nesting, addition = compared(recipe(action(1)), after).steps
    assert nesting.kinds == (ChangeKind.NESTED,)
    assert [(field.label, field.after) for field in nesting.fields] == [
        ("Condition 1", "x is present"),
        ("Else", ["Step 5 · Search sobjects"]),
        ("Steps inside", ["Step 3 · Search sobjects"]),
    ]
    assert (addition.kinds, addition.place.blocks) == ((ChangeKind.ADDED,), ("ELSE",))


def test_steps_parted_into_a_condition_and_its_else_are_inside_the_one_or_the_other() -> None:
    tail = {"keyword": "else", "uuid": uuid(9), "input": {}, "block": [action(2)]}
    comparison = compared(recipe(action(1), action(2)), recipe(branch(8, [rule("x", "present", "")], action(1), tail)))
    assert [(change.kinds, change.place.headline, change.fields[-1].after) for change in comparison.steps] == [
        ((ChangeKind.NESTED,), "IF x is present", ["Step 3 · Search sobjects"]),
        ((ChangeKind.NESTED,), "ELSE", ["Step 5 · Search sobjects"]),
    ]


def test_a_loop_around_steps_is_one_nesting_that_says_how_long_it_goes_on() -> None:
    group = {"type": "compound", "operand": "and", "conditions": [rule("x", "present", "")]}
    last = {"keyword": "while_condition", "uuid": uuid(9), "input": group}
    loop = {"keyword": "repeat", "as": "bbbb0008", "uuid": uuid(8), "input": {}, "block": [action(1), last]}
    (nesting,) = compared(recipe(action(1)), recipe(loop)).steps
    assert [(field.label, field.after) for field in nesting.fields] == [
        ("While ▸ Condition 1", "x is present"),
        ("Steps inside", ["Step 3 · Search sobjects"]),
    ]


def test_how_a_single_condition_is_joined_says_nothing() -> None:
    one, two = rule("a", "present", ""), rule("b", "present", "", 2)
    (added,) = compared(recipe(), recipe(branch(1, [one]))).steps
    assert [(field.label, field.after) for field in added.fields] == [("Condition 1", "a is present")]
    either = branch(1, [one])
    either["input"]["operand"] = "or"
    assert compared(recipe(branch(1, [one])), recipe(either)).is_empty
    wider = copy.deepcopy(either)
    wider["input"]["conditions"].append(two)
    assert fields(compared(recipe(branch(1, [one])), recipe(wider))) == [
        ("Condition 2", MISSING, "b is present"),
        ("Operator", "and", "or"),
    ]


def test_a_replaced_trigger_says_so() -> None:
    replaced = {"provider": "netsuite", "name": "updated_record", "as": "bbbb0000", "uuid": uuid(0x77), "skip": True}
    (change,) = compared(recipe(action(1)), recipe(action(1), trigger=replaced)).steps
    assert change.kinds == (ChangeKind.DISABLED, ChangeKind.REPLACED)
    assert compared(recipe(action(1)), recipe(action(1), trigger={"as": "bbbb0000", "uuid": uuid(0x77)})).is_empty


def test_a_block_made_anew_around_the_same_steps_is_the_same_block() -> None:
    def monitored(number: int) -> Node:
        catch = {"keyword": "catch", "uuid": uuid(number + 1), "input": {}, "block": []}
        return {"keyword": "try", "uuid": uuid(number), "input": {}, "block": [action(1), action(2), catch]}

    assert compared(recipe(monitored(50)), recipe(monitored(60))).is_empty


def test_rewritten_uuids_are_bridged_by_the_aliases() -> None:
    after = recipe(*(action(number, uuid=uuid(0x500 + number)) for number in (1, 2, 3)))
    assert compared(recipe(action(1), action(2), action(3)), after).is_empty


def test_steps_without_any_identity_are_matched_by_likeness() -> None:
    def bare(text: str) -> Node:
        return {"keyword": "action", "provider": "rest", "name": "get", "input": {"url": text, "a": "1", "b": "2"}}

    before = recipe(bare("one"), bare("two"), bare("three"))
    after = recipe(bare("one"), bare("new"), bare("two"), bare("THREE"))
    assert [change.kinds for change in compared(before, after).steps] == [(ChangeKind.ADDED,), (ChangeKind.CHANGED,)]


def test_a_recipe_overwritten_by_another_is_said_to_be_rewritten() -> None:
    before = recipe(*(action(number) for number in range(1, 5)))
    after = recipe(*(action(number, "post", "rest", input={"u": str(number)}) for number in range(11, 15)))
    assert compared(before, after).is_rewritten


def test_a_switched_connection_is_told_and_a_moved_one_is_not() -> None:
    def using(zip_name: str, name: str) -> Node:
        account = {"zip_name": zip_name, "name": name, "folder": "x"}
        return recipe(action(1), config=[{"provider": "salesforce", "account_id": account}])

    before = using("crm.connection.json", "CRM")
    assert compared(before, using("Shared/crm.connection.json", "CRM\u00a0")).is_empty
    moved = compared(before, using("Shared/crm.connection.json", "CRM"), targets=(str, str))
    assert [(field.before, field.after) for field in moved.settings] == [
        ("crm.connection.json", "Shared/crm.connection.json")
    ]
    assert compared(before, using("uat.connection.json", "UAT")).connections == (
        ConnectionSwitch("salesforce", "CRM", "UAT"),
    )


def test_a_connection_of_the_same_name_in_another_file_is_told_by_the_file() -> None:
    def using(**account: str) -> Node:
        return recipe(action(1), config=[{"provider": "salesforce", "account_id": account}])

    before = using(zip_name="a/crm.connection.json", name="CRM")
    (field,) = compared(before, using(zip_name="b/crm_eu.connection.json", name="CRM")).settings
    assert (field.label, field.before, field.after) == (
        "Connection ▸ Salesforce ▸ File",
        "crm.connection.json",
        "crm_eu.connection.json",
    )
    assert compared(before, using(zip_name="crm.1.connection.json", name="CRM")).is_empty
    nameless = compared(using(zip_name="crm.connection.json"), using(zip_name="crm_eu.connection.json"))
    assert [field.after for field in nameless.settings] == ["crm_eu.connection.json"]


@pytest.mark.parametrize(
    ("key", "value", "change_class"),
    [
        ("name", "Orders 2", ChangeClass.LOGIC),
        ("private", False, ChangeClass.LOGIC),
        ("concurrency", 5, ChangeClass.LOGIC),
        ("tags", ["SOX"], ChangeClass.COSMETIC),
        ("description", "Written by hand", ChangeClass.COSMETIC),
        ("from_the_future", [1], ChangeClass.LOGIC),
    ],
)
def test_settings_are_told_with_their_weight(key: str, value: Any, change_class: ChangeClass) -> None:
    comparison = compared(recipe(), recipe(**{key: value}))
    assert {field.path[0] for field in comparison.settings} == {key}
    assert {field.change_class for field in comparison.settings} == {change_class}


def test_an_automatic_description_and_the_save_counter_are_noise() -> None:
    before = recipe(description="When there is a new order, do search accounts")
    assert compared(before, recipe(description="By hand", version=88)).is_empty


def test_job_report_and_parameters_of_the_trigger_are_settings_of_the_recipe() -> None:
    after = recipe(trigger={"job_report_config": {"custom_column_1": f"#{{{pill('aaaa0000', 'Id')}}}"}})
    comparison = compared(recipe(), after)
    assert comparison.steps == ()
    assert [(field.label, field.after) for field in comparison.settings] == [
        ("Job report ▸ Custom column 1", "[Step 1 · New object ▸ ID]")
    ]


def test_refreshed_field_lists_are_one_schema_entry() -> None:
    one = [{"name": "Id", "type": "string", "label": "ID"}, {"name": "Old", "type": "string"}]
    two = [{"name": "Id", "type": "string", "label": "ID", "hint": "18 chars"}, {"name": "New", "type": "integer"}]
    before, after = recipe(action(1, extended_output_schema=one)), recipe(action(1, extended_output_schema=two))
    comparison = compared(before, after)
    assert comparison.steps[0].change_class is ChangeClass.SCHEMA
    assert fields(comparison) == [("Output fields", ["Old (string)"], ["New (integer)"])]


def test_a_comment_is_cosmetic_and_a_null_is_nothing() -> None:
    before = recipe(action(1, comment=None, extended_input_schema=None))
    assert compared(before, recipe(action(1, comment="", extended_input_schema=[]))).is_empty
    assert compared(before, recipe(action(1, comment="Why"))).steps[0].change_class is ChangeClass.COSMETIC


def test_the_contract_of_a_callable_recipe_is_told_by_field() -> None:
    def contract(*declared: Node) -> Node:
        return recipe(trigger={"input": {"parameters_schema_json": json.dumps(list(declared), indent=1)}})

    order = {"name": "order_id", "type": "string", "label": "Order ID", "optional": False}
    rate = {"name": "rate", "type": "number", "label": "Rate", "optional": True}
    (step,) = compared(contract(order), contract(rate, {**order, "type": "integer"})).steps
    (field,) = step.fields
    assert field.label == "Parameters schema"
    assert [(item.kind, item.label, item.before, item.after) for item in field.declared] == [
        (ChangeKind.ADDED, "Rate", "", "number, optional"),
        (ChangeKind.CHANGED, "Order ID", "string, required", "integer, required"),
    ]
    compact = recipe(trigger={"input": {"parameters_schema_json": json.dumps([order])}})
    assert compared(contract(order), compact).is_empty
    as_list = recipe(trigger={"input": {"parameters_schema_json": [order]}})
    assert not compared(compact, as_list).is_empty


def test_a_reference_is_compared_by_its_target_and_not_by_its_folder() -> None:
    def calling(zip_name: str, name: str = "Get rate") -> Node:
        flow = {"zip_name": zip_name, "name": name, "folder": zip_name.rpartition("/")[0]}
        return recipe(action(1, "call_recipe", "workato_recipe_function", input={"flow_id": flow}))

    before = calling("Functions/get_rate.recipe.json")
    assert compared(before, calling("get_rate.recipe.json")).is_empty
    assert fields(compared(before, calling("get_tax.recipe.json", "Get tax"))) == [("Flow ID", "Get rate", "Get tax")]
    # Two recipes of that file name exist: now the folder is what tells them apart.
    assert len(compared(before, calling("Old/get_rate.recipe.json"), targets=(str, str)).steps) == 1


def test_ids_that_each_environment_gives_out_are_told_by_the_chosen_name() -> None:
    def calling(flow_id: str, chosen: str) -> Node:
        return recipe(action(1, input={"flow_id": flow_id}, dynamicPickListSelection={"flow_id": chosen}))

    before = calling("123", "Get rate")
    assert compared(before, calling("456", "Get rate"), are_two_environments=True).is_empty
    assert not compared(before, calling("456", "Get tax"), are_two_environments=True).is_empty
    assert not compared(before, calling("456", "Get rate")).is_empty


def test_two_connectors_of_one_workspace_are_two() -> None:
    def used(workspace: int, made: int) -> Node:
        return recipe(action(1, "get", f"acme_connector_{workspace}_{made}"))

    assert compared(used(11, 1700000000), used(22, 1800000000)).is_empty
    assert not compared(used(11, 1700000000), used(11, 1800000000)).is_empty


def test_an_account_property_is_not_a_project_property() -> None:
    def reading(text: str) -> Node:
        return recipe(action(1, input={"url": f"#{{{text}}}", "rows": [{"u": f"#{{{text}}}"}]}))

    account = reading("""_dp('{"pill_type":"account_property","property_name":"Base URL"}')""")
    project = reading("""_dp('{"pill_type":"project_property","property_name":"Base URL"}')""")
    dotted = reading("_('data.workato.job_context.account_properties.base_url','account_property','Base URL')")
    assert [label for label, _, _ in fields(compared(account, project))] == ["Rows ▸ 1 ▸ U", "URL"]
    assert compared(dotted, account).is_empty
    assert compared(dotted, project).is_empty


def test_masking_that_is_turned_off_is_a_logic_change() -> None:
    (change,) = compared(recipe(action(1, mask_data=True)), recipe(action(1))).steps
    assert [(field.label, field.before, field.after) for field in change.fields] == [("Mask data", True, MISSING)]
    assert change.change_class is ChangeClass.LOGIC


def test_an_else_if_that_becomes_an_else_is_one_change() -> None:
    tail = {"keyword": "elsif", "uuid": uuid(5), "input": {}, "block": [action(2)]}
    before = recipe(branch(1, [rule("x", "present", "")], tail))
    after = recipe(branch(1, [rule("x", "present", "")], {**copy.deepcopy(tail), "keyword": "else"}))
    assert fields(compared(before, after)) == [("Kind of step", "elsif", "else")]
    made_anew = recipe(branch(1, [rule("x", "present", "")], {**copy.deepcopy(tail), "keyword": "else", "uuid": "new"}))
    assert fields(compared(before, made_anew)) == [("Kind of step", "elsif", "else")]


@pytest.mark.parametrize(
    ("provider", "name", "declared"),
    [
        ("workato_recipe_function", "execute", {"parameters_schema_json": "@"}),
        ("workato_recipe_function", "execute", {"result_schema_json": "@"}),
        ("workato_service", "receive_request", {"request_schema_json": "@"}),
        ("workato_service", "receive_request", {"reply_schema_json": "@"}),
        ("workato_skill", "start_workflow", {"parameters_schema_json": "@"}),
        ("workato_api_platform", "receive_request", {"request": {"schema": "@"}}),
        ("workato_api_platform", "receive_request", {"response": {"responses": [{"name": "OK", "body_schema": "@"}]}}),
    ],
)
def test_what_callers_pass_and_get_back_is_a_contract(provider: str, name: str, declared: Node) -> None:
    def declaring(field: Node) -> Node:
        text = json.dumps(json.dumps([field]))[1:-1]
        return recipe(
            trigger={
                "provider": provider,
                "name": name,
                "input": json.loads(json.dumps(declared).replace("@", text)) | {"note": field.get("hint", "")},
            }
        )

    order = {"name": "order_id", "type": "string", "label": "Order ID", "optional": True}
    required = compared(declaring(order), declaring(order | {"optional": False}))
    assert required.has_contract_change
    hinted = compared(declaring(order), declaring(order | {"hint": "From the shop"}))
    assert (hinted.is_empty, hinted.has_contract_change) == (False, False)


def test_a_callable_recipe_that_starts_otherwise_keeps_no_contract() -> None:
    callable_recipe = recipe(trigger={"provider": "workato_recipe_function", "name": "execute"})
    assert compared(callable_recipe, recipe()).has_contract_change
    assert not compared(recipe(), recipe(trigger={"name": "updated_object"})).has_contract_change


def test_of_several_copies_of_a_step_the_one_that_kept_its_names_is_the_step() -> None:
    original, user = action(1), action(9, input={"id": f"#{{{pill('aaaa0001', 'Id')}}}"})
    copies = [action(2), copy.deepcopy(original), copy.deepcopy(original)]  # the last two share uuid and alias
    comparison = compared(recipe(original, user), recipe(*copies, copy.deepcopy(user)))
    assert [change.kinds for change in comparison.steps] == [(ChangeKind.ADDED,), (ChangeKind.ADDED,)]
    assert comparison.steps[0].place.number == 2
    moved = compared(recipe(*copies, user), recipe(user, *copies[::-1]))
    assert {change.kinds for change in moved.steps} == {(ChangeKind.MOVED,)}


def test_copies_without_any_name_are_told_by_their_place() -> None:
    def bare(limit: str) -> Node:
        return {"keyword": "action", "provider": "rest", "name": "get", "input": {"limit": limit, "url": "x"}}

    before = recipe(bare("1"), bare("1"), bare("1"))
    (change,) = compared(before, recipe(bare("1"), bare("2"), bare("1"))).steps
    assert (change.kinds, change.place.number) == ((ChangeKind.CHANGED,), 3)


def test_steps_of_a_block_that_moved_are_no_moves_and_one_that_left_it_is() -> None:
    def blocks(*inner: Node) -> Node:
        return branch(5, [rule("x", "present", "")], *inner)

    before = recipe(action(9), blocks(action(1), action(2), action(3)))
    after = recipe(blocks(action(1), action(3)), action(9), branch(6, [rule("y", "present", "")], action(2)))
    comparison = compared(before, after)
    kinds = {change.place.uuid: change.kinds for change in comparison.steps}
    assert kinds == {
        uuid(2): (ChangeKind.MOVED,),
        uuid(6): (ChangeKind.ADDED,),
        **({uuid(5): (ChangeKind.MOVED,)} if uuid(5) in kinds else {uuid(9): (ChangeKind.MOVED,)}),
    }


def test_else_ifs_in_another_order_are_a_move() -> None:
    def tails(*order: int) -> Node:
        made = {
            n: {
                "keyword": "elsif",
                "uuid": uuid(0x50 + n),
                "input": branch(0, [rule(f"case {n}", "present", "", n)])["input"],
                "block": [action(n)],
            }
            for n in (1, 2, 3)
        }
        return recipe(branch(7, [rule("x", "present", "")], action(9), *(made[n] for n in order)))

    (change,) = compared(tails(1, 2, 3), tails(3, 1, 2)).steps
    assert (change.kinds, change.place.headline) == ((ChangeKind.MOVED,), "ELSE IF case 3 is present")


def test_a_moved_step_inside_a_new_block_is_moved_and_the_block_added() -> None:
    after = recipe(action(2), branch(5, [rule("x", "present", "")], action(1)))
    comparison = compared(recipe(action(1), action(2)), after)
    told = {change.place.uuid: change.kinds for change in comparison.steps}
    assert told in (
        {uuid(5): (ChangeKind.ADDED,), uuid(1): (ChangeKind.MOVED,)},
        {uuid(5): (ChangeKind.NESTED,), uuid(2): (ChangeKind.MOVED,)},
    )


def test_an_empty_right_side_says_nothing_where_none_is_taken_and_any_other_is_shown() -> None:
    bare = {"operand": "present", "lhs": "x"}
    assert compared(recipe(branch(1, [bare])), recipe(branch(1, [rule("x", "present", "")]))).is_empty
    assert fields(compared(recipe(branch(1, [bare])), recipe(branch(1, [rule("x", "present", "y")])))) == [
        ("Condition 1", "x is present", "x is present (right side without effect: y)")
    ]
    equal = {"operand": "equals_to", "lhs": "x"}
    assert not compared(recipe(branch(1, [equal])), recipe(branch(1, [equal | {"rhs": ""}]))).is_empty
