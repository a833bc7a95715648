"""A reference means one file: where several have its name, the place tells which."""

from __future__ import annotations

import json

import pytest

from exporter.diff.changes import SnapshotDiff
from exporter.diff.snapshots import compare_snapshots
from exporter.snapshot import Index, Project, Snapshot, asset_of, snapshot_of

PROJECTS = (Project("Orders", 1, 1), Project("Shared", 2, 2))


def recipe(name: str, flow: str = "", connection: str = "") -> bytes:
    call = {"keyword": "action", "provider": "workato_recipe_function", "name": "call_recipe", "uuid": "u1", "as": "a1"}
    called = {"zip_name": flow, "name": "Log error", "folder": flow.rpartition("/")[0]}
    account = {"zip_name": connection, "name": "CRM", "folder": connection.rpartition("/")[0]}
    code = {"keyword": "trigger", "uuid": "u0", "block": [call | {"input": {"flow_id": called}}] if flow else []}
    config = [{"provider": "salesforce", "account_id": account}] if connection else []
    return json.dumps({"name": name, "code": code, "config": config}).encode()


def snapshot(caller: bytes, *paths: str) -> Snapshot:
    others = [asset_of(path, recipe(path) if ".recipe." in path else b'{"name": "CRM"}') for path in paths]
    return snapshot_of(Index("dev", projects=PROJECTS), [asset_of("Orders/caller.recipe.json", caller), *others])


def compared(before: Snapshot, after: Snapshot) -> SnapshotDiff:
    return compare_snapshots(after, before, source_label="dev", target_label="prod")


@pytest.mark.parametrize(
    ("others", "before", "after"),
    [
        (("Orders/log.recipe.json", "Shared/log.recipe.json"), "log.recipe.json", "Shared/log.recipe.json"),
        (("Orders/log.recipe.json", "Orders/Old/log.recipe.json"), "log.recipe.json", "Old/log.recipe.json"),
        (("Shared/log.recipe.json", "Shared/A/log.recipe.json"), "Shared/log.recipe.json", "Shared/A/log.recipe.json"),
    ],
    ids=["in two projects", "twice in its own project", "twice in another project"],
)
def test_a_call_of_another_recipe_of_the_same_file_name_is_a_change(
    others: tuple[str, ...], before: str, after: str
) -> None:
    one, other = (snapshot(recipe("Caller", flow), *others) for flow in (before, after))
    (change,) = compared(one, other).changes
    (step,) = change.steps
    assert [(field.label, field.before["zip_name"], field.after["zip_name"]) for field in step.fields] == [  # type: ignore[index, call-overload]
        ("Flow ID", before, after)
    ]
    assert compared(one, other).digest != compared(other, one).digest


def test_a_connection_of_the_same_name_in_another_project_is_a_change() -> None:
    paths = "Orders/crm.connection.json", "Shared/crm.connection.json"
    one, other = (
        snapshot(recipe("Caller", connection=file), *paths) for file in (paths[0].removeprefix("Orders/"), paths[1])
    )
    (change,) = compared(one, other).changes
    assert [(field.label, field.before, field.after) for field in change.settings] == [
        ("Connection ▸ Salesforce ▸ File", "Orders/crm.connection.json", "Shared/crm.connection.json")
    ]


def test_the_folder_of_a_file_that_has_the_only_one_of_its_name_in_the_project_is_noise() -> None:
    one = snapshot(recipe("Caller", "log.recipe.json"), "Orders/log.recipe.json", "Shared/log.recipe.json")
    paths = "Orders/Utils/log.recipe.json", "Shared/log.recipe.json"
    other = snapshot(recipe("Caller", "Utils/log.recipe.json"), *paths)
    changes = compared(one, other).changes
    assert [change.path for change in changes] == [
        "Orders/Utils/log.recipe.json"
    ]  # moved, and its caller did not change


def test_a_file_that_comes_without_what_it_calls_calls_what_the_other_side_has() -> None:
    whole = snapshot(recipe("Caller", "log.recipe.json"), "Orders/log.recipe.json", "Shared/log.recipe.json")
    alone = snapshot(recipe("Caller", "log.recipe.json").replace(b'"u1"', b'"u2"'))
    assert "Orders/caller.recipe.json" in compared(whole, alone).noise_only
    unknown = snapshot(recipe("Caller", "Else/log.recipe.json"))
    assert "Orders/caller.recipe.json" in [change.path for change in compared(whole, unknown).changes]
