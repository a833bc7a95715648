from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.recipe.datapill import Join, PathStep, Pill, PillKind, pills_in, split_text

OUTPUT = PillKind.OUTPUT


@pytest.mark.parametrize(
    ("dotted", "as_json"),
    [
        (
            "_('data.salesforce.a1b2c3d4.Account.Name')",
            """_dp('{"pill_type":"output","provider":"salesforce","line":"a1b2c3d4","path":["Account","Name"]}')""",
        ),
        (
            "_('data.salesforce.a1b2c3d4.records.first.Id')",
            '_dp(\'{"pill_type": "output", "provider": "salesforce", "line": "a1b2c3d4", "path": '
            '["records", {"path_element_type": "current_item"}, "Id"]}\')',
        ),
        (
            "_('data.rest.a1b2c3d4.list.first.____Size','list_meta','____Size','data.rest.a1b2c3d4.list')",
            '_dp(\'{"pill_type":"output","provider":"rest","line":"a1b2c3d4",'
            '"path":["list",{"path_element_type":"size"}]}\')',
        ),
        (
            "_('data.foreach.a1b2c3d4.index','foreach_meta')",
            """_dp('{"pill_type":"foreach_meta","provider":"foreach","line":"a1b2c3d4","key":"index"}')""",
        ),
        ("_('data.workato.job_context.job_id')", """_dp('{"pill_type":"job_context","path":["job_id"]}')"""),
        (
            "_('data.salesforce.a1b2c3d4.get_custom_object(Room__c>id, sobject_name: Room__c).Name')",
            '_dp(\'{"pill_type":"output","provider":"salesforce","line":"a1b2c3d4","path":[{"path_element_type":"join",'
            '"action":"get_custom_object","src_key":"Room__c","dst_key":"id","args":{"sobject_name":"Room__c"}},"Name"]}\')',
        ),
        ("_('data.rest.a1b2c3d4.x')", "_dp('data.rest.a1b2c3d4.x')"),
    ],
)
def test_both_notations_are_the_same_pill(dotted: str, as_json: str) -> None:
    assert len(pills_in(dotted)) == 1
    assert pills_in(dotted) == pills_in(as_json)


def test_a_pill_says_where_its_value_comes_from() -> None:
    assert split_text("Dear #{_('data.crm.abc.records.first.Name')}!") == (
        "Dear #{",
        Pill(OUTPUT, "crm", "abc", ("records", PathStep.ITEM, "Name")),
        "}!",
    )


def test_a_property_keeps_its_real_name() -> None:
    text = "_('data.workato.job_context.account_properties.base_u','account_property','Base URL')"
    assert pills_in(text) == (Pill(PillKind.PROPERTY, path=("Base URL",)),)


def test_a_lookup_of_a_related_object_is_one_path_element() -> None:
    (pill,) = pills_in("_('data.salesforce.abc.get_custom_object(Case__c>id, sobject_name: Case__c)')")
    assert isinstance(pill.path[0], Join)
    assert pill.path[0].target == "Case__c"


def test_an_apostrophe_inside_a_pill_is_unescaped() -> None:
    text = r"""_dp('{"pill_type":"output","provider":"p","line":"a","path":["Kim\'s field"]}')"""
    assert pills_in(text) == (Pill(OUTPUT, "p", "a", ("Kim's field",)),)


@pytest.mark.parametrize(
    "text",
    ["_dp('{')", "_('no data')", "_dp()", "_dp('", "my_dp('data.a.b.c')", "_('data.x')", "x._('data.a.b.c')", "_(1)"],
)
def test_what_cannot_be_read_stays_text(text: str) -> None:
    assert split_text(text) == (text,)


@given(st.text(alphabet="_dp('{}\"data.x[]:,\\#) =", max_size=60))
def test_any_text_is_split_without_an_error(text: str) -> None:
    plain = [part for part in split_text(text) if isinstance(part, str)]
    assert sum(len(part) for part in plain) <= len(text)
