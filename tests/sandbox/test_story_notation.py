"""The short forms of the story's source files, against what Workato writes for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.sandbox.story.edits import read_edits
from exporter.sandbox.story.fields import FieldLists, custom_fields
from exporter.sandbox.story.pills import PillSource, PillWriter
from exporter.sandbox.story.pretty import print_json
from exporter.sandbox.story.recipe import read_recipe, read_step

SOURCES = {"order": PillSource("salesforce", "0a1b2c3d"), "each": PillSource("foreach", "11aa22bb")}
COLUMN = "6e0f1a52-7c2b-5d3e-9f40-112233445566"


def written(text: str, *, is_dotted: bool = False) -> str:
    return PillWriter(SOURCES, is_dotted, lambda _: COLUMN).expand(text)


def test_empty_containers_span_lines_as_in_ruby() -> None:
    value = {"a": {}, "b": [], "c": [{}, 1, None, True], "d": 'é\n"受注"'}
    assert print_json(value).decode() == (
        '{\n  "a": {\n  },\n  "b": [\n\n  ],\n  "c": [\n    {\n    },\n    1,\n    null,\n    true\n  ],\n'
        '  "d": "é\\n\\"受注\\""\n}'
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_printed_json_reads_back_the_same(value: Any) -> None:
    assert json.loads(print_json(value)) == value


@pytest.mark.parametrize(
    ("short", "in_json", "dotted"),
    [
        (
            "⟦order.Lines.*.Price⟧",
            '#{_dp(\'{"pill_type":"output","provider":"salesforce","line":"0a1b2c3d",'
            '"path":["Lines",{"path_element_type":"current_item"},"Price"]}\')}',
            "#{_('data.salesforce.0a1b2c3d.Lines.first.Price')}",
        ),
        (
            "⟦order.Lines.#⟧",
            '#{_dp(\'{"pill_type":"output","provider":"salesforce","line":"0a1b2c3d",'
            '"path":["Lines",{"path_element_type":"size"}]}\')}',
            "#{_('data.salesforce.0a1b2c3d.Lines.first.____Size', 'list_meta', '____Size', "
            "'data.salesforce.0a1b2c3d.Lines')}",
        ),
        (
            "⟦loop.each.is_last⟧",
            '#{_dp(\'{"pill_type":"foreach_meta","provider":"foreach","line":"11aa22bb","key":"is_last"}\')}',
            "#{_('data.foreach.11aa22bb.is_last', 'foreach_meta')}",
        ),
        (
            "⟦job.parameters.bonus⟧",
            '#{_dp(\'{"pill_type":"job_context","path":["parameters","bonus"]}\')}',
            "#{_('data.workato.job_context.parameters.bonus')}",
        ),
        (
            "⟦property.Retry max⟧",
            '#{_dp(\'{"pill_type":"project_property","property_name":"Retry max"}\')}',
            "#{_('data.workato.job_context.account_properties.retry_max', 'account_property', 'Retry max')}",
        ),
        (
            "⟦account.Help desk.mail⟧",
            '#{_dp(\'{"pill_type":"account_property","property_name":"Help desk.mail"}\')}',
            "#{_('data.workato.job_context.account_properties.help_desk_mail', 'account_property', 'Help desk.mail')}",
        ),
        (
            "⟦each.$table:amount⟧",
            '#{_dp(\'{"pill_type":"output","provider":"foreach","line":"11aa22bb",'
            '"path":["6e0f1a52_7c2b_5d3e_9f40_112233445566"]}\')}',
            "#{_('data.foreach.11aa22bb.6e0f1a52_7c2b_5d3e_9f40_112233445566')}",
        ),
        (
            "⟦order.~get_custom_object(Owner__c>id, sobject_name: User).Email⟧",
            '#{_dp(\'{"pill_type":"output","provider":"salesforce","line":"0a1b2c3d","path":[{"path_element_type":'
            '"join","action":"get_custom_object","src_key":"Owner__c","dst_key":"id","args":{"sobject_name":"User"}},'
            '"Email"]}\')}',
            "#{_('data.salesforce.0a1b2c3d.get_custom_object(Owner__c>id, sobject_name: User).Email')}",
        ),
    ],
)
def test_a_short_datapill_is_written_in_both_generations(short: str, in_json: str, dotted: str) -> None:
    assert written(short) == in_json
    assert written(short, is_dotted=True) == dotted


def test_a_datapill_stands_bare_in_a_formula_and_wrapped_in_text() -> None:
    pill = '_dp(\'{"pill_type":"output","provider":"salesforce","line":"0a1b2c3d","path":["Id"]}\')'
    assert written("=⟦order.Id⟧.present?") == f"={pill}.present?"
    assert written("Order ⟦order.Id⟧!") == f"Order #{{{pill}}}!"
    assert written("⟦order.Id|.upcase⟧") == f"#{{{pill}.upcase}}"


def test_an_apostrophe_in_a_json_datapill_is_escaped() -> None:
    assert written("⟦order.it's⟧").endswith('"path":["it\\\'s"]}\')}')


def test_a_datapill_to_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match=r"⟦nobody\.Id⟧ names no step of this recipe"):
        written("⟦nobody.Id⟧")


def test_a_field_is_written_as_workato_exports_it() -> None:
    fields = FieldLists({"Line": ["sku: Item number *"]})
    assert fields.schema(["total: Order total (number) *", "lines: Lines [Line +1]"]) == [
        {
            "control_type": "number",
            "label": "Order total",
            "parse_output": "float_conversion",
            "type": "number",
            "name": "total",
            "optional": False,
        },
        {
            "label": "Lines",
            "name": "lines",
            "properties": [
                {"control_type": "text", "label": "Item number", "type": "string", "name": "sku", "optional": False},
                {
                    "control_type": "text",
                    "label": "Billing Approver",
                    "type": "string",
                    "name": "Billing_Approver__c",
                    "optional": True,
                },
            ],
            "type": "array",
            "of": "object",
            "optional": True,
        },
    ]


def test_fields_below_an_object_follow_it_as_a_list() -> None:
    (node,) = FieldLists({}).schema(["payer: Payer {}", ["name: Name", "iban: IBAN"]])
    assert [child["label"] for child in node["properties"]] == ["Name", "IBAN"]
    assert node["type"] == "object" and "of" not in node


def test_a_field_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot read 'no label here'"):
        FieldLists({}).schema(["no label here"])


@given(st.integers(min_value=0, max_value=3000))
def test_made_up_fields_never_repeat(count: int) -> None:
    names = [spec.partition(":")[0] for spec in custom_fields(count)]
    assert len(names) == count == len(set(names))


def test_two_steps_with_one_id_are_refused() -> None:
    step = {"id": "twice", "do": "logger.log_message"}
    document = {"name": "N", "folder": [], "trigger": {"do": "clock.scheduled_event"}, "step": [step, step]}
    with pytest.raises(ValueError, match="recipe example: two steps are called 'twice'"):
        read_recipe("example", document)


def test_a_step_cannot_be_called_like_a_source_of_datapills() -> None:
    document = {
        "name": "N",
        "folder": [],
        "trigger": {"do": "clock.scheduled_event"},
        "step": [{"id": "account", "do": "logger.log_message"}],
    }
    with pytest.raises(ValueError, match="recipe example: no step can be called 'account'; datapills use the word"):
        read_recipe("example", document)


def test_mistyped_words_in_the_sources_are_refused() -> None:
    with pytest.raises(ValueError, match="step log: unknown key 'coment'; known are accepts, alias"):
        read_step({"id": "log", "do": "logger.log_message", "coment": "x"})
    with pytest.raises(ValueError, match=r"'iff' is no keyword and no provider\.operation"):
        read_step({"id": "log", "do": "iff"})
    with pytest.raises(ValueError, match="edits: 'colum' since 'dev' is unknown; kinds here are column"):
        read_edits({"edit": [{"since": "dev", "kind": "colum", "words": "w"}]})
    with pytest.raises(ValueError, match="recipe example: unknown key 'autor'"):
        read_recipe("example", {"name": "N", "folder": [], "trigger": {"do": "clock.timer"}, "autor": "kim"})
