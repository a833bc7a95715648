"""What the environments differ in: each change of the story is found again in the built exports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from exporter.sandbox.seed import SeedAsset, WorkspaceSeed
from exporter.sandbox.story import load_story, story_changes

INVOICE = "O2C | Create NetSuite invoice from Salesforce order"


@pytest.fixture(scope="module")
def dev() -> WorkspaceSeed:
    return load_story("dev")


@pytest.fixture(scope="module")
def test() -> WorkspaceSeed:
    return load_story("test")


@pytest.fixture(scope="module")
def prod() -> WorkspaceSeed:
    return load_story("prod")


def asset(story: WorkspaceSeed, type_name: str, name: str) -> SeedAsset:
    (found,) = [asset for asset in story.assets if (asset.type, asset.name) == (type_name, name)]
    return found


def recipe(story: WorkspaceSeed, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(asset(story, "recipe", name).files[".recipe.json"])
    return document


def names(story: WorkspaceSeed) -> set[str]:
    return {asset.name for asset in story.assets if asset.type == "recipe"}


def steps(step: dict[str, Any], parent: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(uuid of the block around it, step), depth first."""
    yield parent, step
    for child in step.get("block", []):
        yield from steps(child, step["uuid"])


def by_uuid(story: WorkspaceSeed, name: str) -> dict[str, tuple[str, dict[str, Any]]]:
    return {step["uuid"]: (parent, step) for parent, step in steps(recipe(story, name)["code"])}


def order_of(story: WorkspaceSeed, name: str) -> list[str]:
    return [step["uuid"] for _, step in steps(recipe(story, name)["code"])]


def provider_step(story: WorkspaceSeed, name: str, operation: str) -> dict[str, Any]:
    return next(step for _, step in steps(recipe(story, name)["code"]) if step.get("name") == operation)


def connection(story: WorkspaceSeed, name: str, provider: str) -> str:
    (entry,) = [entry for entry in recipe(story, name)["config"] if entry["provider"] == provider]
    return str(entry["account_id"]["name"])


# dev -> test: change 123


def test_dev_checks_the_credit_by_a_new_function(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    assert names(dev) - names(test) == {
        "O2C | FUNC | Check customer credit",
        "Onboard a new hire / accounts, groups & welcome 👋",
    }
    before, after = by_uuid(test, INVOICE), by_uuid(dev, INVOICE)
    inserted = [after[uuid][1] for uuid in after if uuid not in before]
    assert [step["keyword"] for step in inserted] == ["action", "if", "else", "action"]
    assert inserted[0]["input"]["flow_id"]["name"] == "O2C | FUNC | Check customer credit"
    assert not before.keys() - after.keys()


def test_dev_invoices_only_with_approved_credit(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    before, after = by_uuid(test, INVOICE), by_uuid(dev, INVOICE)
    moved = [uuid for uuid in before if after[uuid][0] != before[uuid][0]]
    assert {after[uuid][1]["name"] for uuid in moved} == {
        "create_standard_record",
        "update_sobject",
        "post_bot_message",
    }
    (block,) = {after[uuid][0] for uuid in moved}
    assert after[block][1]["keyword"] == "if" and block not in before
    assert after[block][1]["input"]["conditions"][0]["operand"] == "is_true"
    assert {before[uuid][0] for uuid in moved} == {after[block][0]}  # the new IF stands where they stood


def test_dev_tells_sales_before_it_updates_the_order(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    update = provider_step(test, INVOICE, "update_sobject")["uuid"]
    tell = provider_step(test, INVOICE, "post_bot_message")["uuid"]
    assert order_of(test, INVOICE).index(update) < order_of(test, INVOICE).index(tell)
    assert order_of(dev, INVOICE).index(update) > order_of(dev, INVOICE).index(tell)


def test_dev_has_a_step_disabled_and_another_enabled(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    reminder = "O2C | Send payment reminder 🔔 (督促)"
    assert "skip" not in provider_step(test, INVOICE, "log_message")
    assert provider_step(dev, INVOICE, "log_message")["skip"] is True
    assert provider_step(test, reminder, "log_message")["skip"] is True
    assert provider_step(dev, reminder, "log_message")["skip"] is False


def test_dev_switches_a_connection(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    assert connection(test, INVOICE, "netsuite") == "NetSuite"
    assert connection(dev, INVOICE, "netsuite") == "NetSuite UAT"


def test_dev_changes_a_condition_and_fields(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    reminder, payments = "O2C | Send payment reminder 🔔 (督促)", "O2C | Apply bank payments to open invoices"

    def condition(story: WorkspaceSeed) -> dict[str, Any]:
        block = next(step for _, step in steps(recipe(story, reminder)["code"]) if step["keyword"] == "if")
        first: dict[str, Any] = block["input"]["conditions"][0]
        return first

    assert (condition(test)["rhs"], condition(dev)["rhs"]) == ("50", "100")
    assert condition(test)["uuid"] == condition(dev)["uuid"]
    assert "NOT i.is_disputed" not in provider_step(test, payments, "run_custom_sql")["input"]["query"]
    assert "NOT i.is_disputed" in provider_step(dev, payments, "run_custom_sql")["input"]["query"]
    assert "Please pay" not in provider_step(test, reminder, "send_mail")["input"]["body"]
    assert "Please pay" in provider_step(dev, reminder, "send_mail")["input"]["body"]
    assert recipe(test, "O2C | Sync sales orders to NetSuite (all fields)")["concurrency"] == 3
    assert recipe(dev, "O2C | Sync sales orders to NetSuite (all fields)")["concurrency"] == 5


def test_dev_renames_a_recipe_and_keeps_its_uuids(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    assert order_of(test, "Onboard a new hire / create accounts") == order_of(
        dev, "Onboard a new hire / accounts, groups & welcome 👋"
    )


def test_dev_lacks_a_recipe_and_a_step(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    assert names(test) - names(dev) == {
        "Nightly order CSV export (old)",
        "Onboard a new hire / create accounts",
    }
    before, after = order_of(test, "経費申請の承認フロー"), order_of(dev, "経費申請の承認フロー")
    assert len(before) - len(after) == 1 and set(after) < set(before)


def test_dev_unmasks_job_data(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    masked = "invoke_custom_python_code"
    assert provider_step(test, "Offboard / last day", masked)["mask_data"] is True
    assert provider_step(dev, "Offboard / last day", masked)["mask_data"] is False


def test_dev_replaces_a_trigger_that_keeps_its_uuid_but_not_its_alias(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    name = "O2C | Refresh credit scores [nightly]"
    before, after = recipe(test, name)["code"], recipe(dev, name)["code"]
    assert before["uuid"] == after["uuid"] and before["as"] != after["as"]
    assert (before["name"], after["name"]) == ("timer", "scheduled_event")
    told_before = provider_step(test, name, "post_bot_message")["input"]["message"]
    told_after = provider_step(dev, name, "post_bot_message")["input"]["message"]
    assert before["as"] in told_before and before["as"] not in told_after
    assert after["as"] in told_after


@pytest.mark.parametrize(
    "name", ["Sync products: Salesforce => Snowflake [daily]", "Coupa → NetSuite | 経費レポート連携"]
)
def test_recipes_with_noise_alone_mean_the_same(dev: WorkspaceSeed, test: WorkspaceSeed, name: str) -> None:
    before, after = recipe(test, name), recipe(dev, name)
    assert before != after

    def meaning(document: dict[str, Any]) -> list[Any]:
        kept = [
            [
                step["keyword"],
                step.get("provider"),
                step.get("name"),
                step["uuid"],
                step.get("as"),
                sorted(step["input"]),
            ]
            for _, step in steps(document["code"])
        ]
        return [document["name"], document["concurrency"], document["config"], kept]

    assert meaning(before) == meaning(after)


def test_newer_export_writes_the_same_datapill_in_json(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    name = "Sync products: Salesforce => Snowflake [daily]"
    alias = recipe(test, name)["code"]["as"]
    before = provider_step(test, name, "upsert_row")["input"]["columns"]["CODE"]
    after = provider_step(dev, name, "upsert_row")["input"]["columns"]["CODE"]
    assert before == f"#{{_('data.salesforce.{alias}.ProductCode')}}"
    assert after == (
        '#{_dp(\'{"pill_type":"output","provider":"salesforce","line":"' + alias + '","path":["ProductCode"]}\')}'
    )
    assert "title" in recipe(test, name)["code"] and "title" not in recipe(dev, name)["code"]


def test_dev_adds_a_column_a_property_and_connector_code(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    def titles(story: WorkspaceSeed) -> list[str]:
        table = asset(story, "workato_db_table", "Credit decisions")
        return [column["title"] for column in json.loads(table.files[".workato_db_table.json"])["schema"]]

    assert titles(dev) == [*titles(test), "Decided by"]
    project = "Order to Cash | 受注"
    assert dev.project_properties[project].keys() - test.project_properties[project].keys() == {"credit.default_limit"}
    source = ".custom_adapter.rb"
    assert (
        asset(dev, "custom_adapter", "Acme Credit").files[source]
        != (asset(test, "custom_adapter", "Acme Credit").files[source])
    )
    assert b"does not know customer" in asset(dev, "custom_adapter", "Acme Credit").files[source]


def test_hostile_text_is_part_of_what_dev_would_bring(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    (name,) = [name for name in names(dev) if "@all" in name]
    before = provider_step(test, name, "post_bot_message")
    after = provider_step(dev, name, "post_bot_message")
    assert before["input"]["message"] != after["input"]["message"]
    for trap in ("\n/close\n", "@all", "\n```", "</details>", "<script>"):
        assert trap in after["input"]["message"], trap
    assert "\u202e" in after["comment"]


# test -> prod: an older, smaller change


def test_test_is_ahead_of_prod_by_a_smaller_change(test: WorkspaceSeed, prod: WorkspaceSeed) -> None:
    assert names(test) - names(prod) == {"Heartbeat"}
    assert names(prod) <= names(test)
    assert "UnitPrice > 0" in provider_step(test, INVOICE, "search_sobjects_soql")["input"]["query"]
    assert "UnitPrice > 0" not in provider_step(prod, INVOICE, "search_sobjects_soql")["input"]["query"]
    log = "FUNC | Log an error"
    assert (connection(prod, log, "slack_bot"), connection(test, log, "slack_bot")) == ("Slack: Acme", "Slack: Ops bot")
    project = "Order to Cash | 受注"
    assert test.project_properties[project].keys() - prod.project_properties[project].keys() == {"mail.reply_to"}


def test_test_takes_a_mail_out_of_its_condition(test: WorkspaceSeed, prod: WorkspaceSeed) -> None:
    before, after = by_uuid(prod, "Weekly lead digest"), by_uuid(test, "Weekly lead digest")
    (gone,) = before.keys() - after.keys()
    assert before[gone][1]["keyword"] == "if"
    mail = provider_step(test, "Weekly lead digest", "send_mail")["uuid"]
    assert before[mail][0] == gone and after[mail][0] == before[gone][0]


# All three


def test_everything_else_is_the_same_in_test_and_prod(test: WorkspaceSeed, prod: WorkspaceSeed) -> None:
    """Beside what differs between any two workspaces, only what story_changes names differs."""
    touched = {change.recipe for change in story_changes() if change.target == "prod" and change.recipe}
    differing = [name for name in sorted(names(prod)) if portable(recipe(prod, name)) != portable(recipe(test, name))]
    assert len(differing) == len(touched) - 1  # the added recipe has no counterpart


def portable(document: dict[str, Any]) -> str:
    """A recipe without its save counter, its custom connector's slug and numbers of assets outside the package."""
    text = json.dumps({key: value for key, value in document.items() if key != "version"})
    return re.sub(r'_connector_\d+_\d+|"flow_id": "\d+"', "", text)


def test_a_function_outside_the_package_has_another_number_in_each_environment(
    dev: WorkspaceSeed, test: WorkspaceSeed, prod: WorkspaceSeed
) -> None:
    calls = [provider_step(story, "Birthday greetings 🎂", "call_recipe_async") for story in (dev, test, prod)]
    assert len({call["input"]["flow_id"] for call in calls}) == 3
    assert all(call["input"]["flow_id"].isdigit() for call in calls)
    assert {call["dynamicPickListSelection"]["flow_id"] for call in calls} == {"Statistics | count a mail"}


def test_some_recipes_run_in_test_but_not_in_dev(dev: WorkspaceSeed, test: WorkspaceSeed) -> None:
    assert asset(test, "recipe", INVOICE).is_running and not asset(dev, "recipe", INVOICE).is_running
    assert not asset(test, "recipe", "Birthday greetings 🎂").is_running


def test_versions_differ_and_dev_is_ahead(dev: WorkspaceSeed, test: WorkspaceSeed, prod: WorkspaceSeed) -> None:
    versions = [asset(story, "recipe", INVOICE).version for story in (dev, test, prod)]
    assert versions == sorted(versions, reverse=True) and len(set(versions)) == 3


def test_a_story_change_is_told_in_words_for_every_edit() -> None:
    changes = story_changes()
    assert {(change.source, change.target) for change in changes} == {("test", "prod"), ("dev", "test")}
    assert all(change.words and not change.words.endswith(".") for change in changes)
    assert {change.kind for change in changes} == {
        "add", "column", "connect", "connector", "disable", "insert", "move", "noise", "property", "remove",
        "remove_step", "rename", "retrigger", "set", "settings", "unwrap", "wrap",
    }  # fmt: skip
