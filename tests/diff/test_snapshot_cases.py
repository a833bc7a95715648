"""Whole snapshots: which asset is which, what is noise, what the digest names, what `only` selects."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.diff.changes import MISSING, AssetChange, ChangeClass, ChangeKind, SnapshotDiff
from exporter.diff.snapshots import compare_snapshots
from exporter.errors import UsageError
from exporter.snapshot import Asset, AssetInfo, Index, ProjectFailure, Snapshot, asset_of, blob_id, snapshot_of

ADDED, REMOVED, CHANGED, MOVED, RENAMED = (
    ChangeKind.ADDED,
    ChangeKind.REMOVED,
    ChangeKind.CHANGED,
    ChangeKind.MOVED,
    ChangeKind.RENAMED,
)


def recipe(name: str, seed: int = 1, limit: str = "100", **keys: Any) -> bytes:
    step = {"keyword": "action", "provider": "salesforce", "name": "search", "input": {"limit": limit}}
    steps = [
        step | {"uuid": f"{seed:04x}{n:04x}-0000-4000-8000-000000000000", "as": f"{seed:04x}{n:04x}"} for n in (1, 2)
    ]
    trigger = {"keyword": "trigger", "uuid": f"{seed:04x}0000-0000-4000-8000-000000000000", "block": steps}
    return json.dumps({"name": name, "version": 1, "code": trigger, "config": [], **keys}).encode()


def snapshot(environment: str, files: dict[str, bytes | dict[str, Any]], **keys: Any) -> Snapshot:
    assets = [
        asset_of(path, content if isinstance(content, bytes) else json.dumps(content).encode())
        for path, content in files.items()
    ]
    return snapshot_of(keys.pop("index", Index(environment=environment)), assets, **keys)


def compared(before: dict[str, Any], after: dict[str, Any], only: tuple[str, ...] = ()) -> SnapshotDiff:
    source, target = snapshot("dev", after), snapshot("test", before)
    return compare_snapshots(source, target, source_label="dev", target_label="test", only=only)


def only_change(before: dict[str, Any], after: dict[str, Any]) -> AssetChange:
    (change,) = compared(before, after).changes
    return change


def test_before_is_the_target_and_after_the_source() -> None:
    diff = compared({"P/a.recipe.json": recipe("A", limit="1")}, {"P/a.recipe.json": recipe("A", limit="2")})
    assert (diff.source.label, diff.target.label) == ("dev", "test")
    field = diff.changes[0].steps[0].fields[0]
    assert (field.before, field.after) == ("1", "2")


def test_an_added_recipe_lists_its_steps_and_a_removed_one_counts_them() -> None:
    added = only_change({}, {"P/a.recipe.json": recipe("A")})
    assert (added.kinds, [step.kinds for step in added.steps]) == ((ADDED,), [(ADDED,)] * 3)
    assert added.name == "A"
    removed = only_change({"P/a.recipe.json": recipe("A")}, {})
    assert (removed.kinds, removed.steps, removed.note) == ((REMOVED,), (), "It had 3 steps.")


def test_a_recipe_that_differs_in_noise_only_is_no_change() -> None:
    diff = compared({"P/a.recipe.json": recipe("A")}, {"P/a.recipe.json": recipe("A", version=9)})
    assert diff.is_empty
    assert diff.noise_only == ("P/a.recipe.json",)


@pytest.mark.parametrize(
    ("path", "content", "kinds"),
    [
        ("P/Sub/a.recipe.json", recipe("A"), (MOVED,)),
        ("P/b.recipe.json", recipe("B"), (RENAMED, CHANGED)),
        ("P/Sub/b.recipe.json", recipe("A", limit="7"), (MOVED, RENAMED, CHANGED)),
    ],
)
def test_a_recipe_is_known_again_by_its_steps(path: str, content: bytes, kinds: tuple[ChangeKind, ...]) -> None:
    change = only_change({"P/a.recipe.json": recipe("A")}, {path: content})
    assert (change.kinds, change.path_before, change.path_after) == (kinds, "P/a.recipe.json", path)


def test_a_copy_of_a_recipe_is_an_addition() -> None:
    before = {"P/a.recipe.json": recipe("A")}
    change = only_change(before, {**before, "P/a_copy.recipe.json": recipe("A copy")})
    assert (change.kinds, change.path) == ((ADDED,), "P/a_copy.recipe.json")


def test_colliding_file_names_are_told_by_the_name_inside() -> None:
    one, two = recipe("Get API", 1), recipe("GET api", 2)
    before = {"P/get_api.recipe.json": one, "P/get_api.1.recipe.json": two}
    after = {"P/get_api.recipe.json": two, "P/get_api.1.recipe.json": one}
    assert {change.kinds for change in compared(before, after).changes} == {(RENAMED,)}


def test_only_assets_that_differ_are_loaded() -> None:
    def unreadable() -> bytes:
        raise AssertionError("loaded")

    same = [Asset(f"P/{n}.recipe.json", f"{n:040x}", unreadable) for n in range(50)]
    one, other = asset_of("P/x.recipe.json", recipe("X")), asset_of("P/x.recipe.json", recipe("X", limit="5"))
    source, target = (snapshot_of(Index(name), [*same, item]) for name, item in (("dev", one), ("test", other)))
    assert len(compare_snapshots(source, target, source_label="dev", target_label="test").changes) == 1


def test_nothing_is_concluded_from_what_could_not_be_read() -> None:
    source = snapshot("dev", {}, failures=[ProjectFailure("P", "timeout")])
    target = snapshot("test", {"P/a.recipe.json": recipe("A"), "Q/b.recipe.json": recipe("B", 2)})
    diff = compare_snapshots(source, target, source_label="dev", target_label="test")
    assert [change.path for change in diff.changes] == ["Q/b.recipe.json"]
    assert diff.unread_projects == ("P",)


def test_a_recipe_links_to_workato_where_it_comes_from() -> None:
    path = "P/a.recipe.json"
    index = Index("dev", base_url="https://app.eu.workato.com/", assets={path: AssetInfo(id=42, version=7)})
    source, target = snapshot("dev", {path: recipe("A")}, index=index), snapshot("test", {})
    (change,) = compare_snapshots(source, target, source_label="dev", target_label="test").changes
    assert change.url == "https://app.eu.workato.com/recipes/42"
    assert change.info_after.version == 7


FILES = {
    "Order to Cash/Billing/create_invoice.recipe.json": recipe("Create invoice"),
    "Order to Cash/crm.connection.json": b'{"name": "CRM"}',
    "HR/onboard.recipe.json": recipe("Onboard", 2),
}


@pytest.mark.parametrize(
    ("glob", "paths"),
    [
        ("HR", ["HR/onboard.recipe.json"]),
        ("order to cash/*", ["Order to Cash/Billing/create_invoice.recipe.json", "Order to Cash/crm.connection.json"]),
        ("Order to Cash/Billing", ["Order to Cash/Billing/create_invoice.recipe.json"]),
        ("create_*", ["Order to Cash/Billing/create_invoice.recipe.json"]),
        ("HR/onboard", ["HR/onboard.recipe.json"]),
        ("*.connection.json", ["Order to Cash/crm.connection.json"]),
    ],
)
def test_only_names_projects_folders_and_assets(glob: str, paths: list[str]) -> None:
    diff = compared({}, FILES, only=(glob,))
    assert sorted(change.path for change in diff.changes) == sorted(paths)
    assert diff.only == (glob,)


def test_an_only_that_names_nothing_is_an_error_with_the_nearest_names() -> None:
    with pytest.raises(UsageError, match="--only 'create_invoise' names no asset on either side") as caught:
        compared({}, FILES, only=("HR", "create_invoise"))
    assert "'create_invoice'" in str(caught.value)


def test_the_digest_names_the_meaning() -> None:
    path = "P/a.recipe.json"
    digest = compared({path: recipe("A", limit="1")}, {path: recipe("A", limit="2")}).digest
    again = compared({path: recipe("A", limit="1", version=5)}, {path: recipe("A", limit="2", version=6)})
    assert again.digest == digest
    assert compared({path: recipe("A", limit="1")}, {path: recipe("A", limit="3")}).digest != digest
    assert compared({path: recipe("A", limit="2")}, {path: recipe("A", limit="1")}).digest != digest
    assert compared({}, {}).digest != digest
    assert len(digest) == 64


def test_the_digest_does_not_depend_on_the_environments_or_on_other_assets_noise() -> None:
    before, after = snapshot("a", {"P/a.recipe.json": recipe("A")}), snapshot("b", {"P/a.recipe.json": recipe("B")})
    one = compare_snapshots(after, before, source_label="b", target_label="a")
    other = compare_snapshots(
        snapshot("dev", {"P/a.recipe.json": recipe("B")}),
        snapshot("prod", {"P/a.recipe.json": recipe("A")}),
        source_label="dev",
        target_label="prod@2026-11-01",
    )
    assert one.digest == other.digest


def test_a_value_that_appears_differs_from_an_empty_one_that_changes() -> None:
    def with_input(value: Any) -> dict[str, bytes]:
        return {"P/a.recipe.json": recipe("A", code={"keyword": "trigger", "input": value})}

    digests = {
        compared(with_input(before), with_input(after)).digest
        for before, after in [({}, {"a": ""}), ({"a": ""}, {}), ({"a": 1}, {"a": True}), ({"a": "1"}, {"a": True})]
    }
    assert len(digests) == 4


SCRIPT = """
import json
from exporter.diff.recipes import compare_recipes
from exporter.recipe.parse import parse_recipe
keys = ["k%d" % n for n in range(30)]
def document(shift):
    values = {key: [{"name": str(n + shift)}, n % 3 + shift] for n, key in enumerate(keys[shift:])}
    steps = [{"keyword": "action", "name": "x", "input": values, "uuid": "u%d" % (n + shift)} for n in range(6)]
    return json.dumps({"code": {"keyword": "trigger", "block": steps}}).encode()
comparison = compare_recipes(parse_recipe(document(0)), parse_recipe(document(2)))
print(comparison)
"""


def test_the_same_pair_gives_the_same_bytes_under_any_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    assert b"StepChange" in outputs.pop()


def page(title: str, year: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            zipfile.ZipInfo("page.json", (year, 1, 1, 0, 0, 0)), json.dumps({"layout": [{"title": title}]})
        )
    return buffer.getvalue()


def test_a_page_is_compared_by_what_is_in_its_archive() -> None:
    path = "P/desk.lcap_page.zip"
    assert compared({path: page("Desk", 2020)}, {path: page("Desk", 2021)}).noise_only == (path,)
    (field,) = only_change({path: page("Desk", 2020)}, {path: page("Table", 2020)}).fields
    assert (field.before, field.after) == ("Desk", "Table")
    change = only_change({path: page("Desk", 2020)}, {path: b"no archive"})
    assert change.note.startswith("Compared as bytes: the archive cannot be read.")


def test_properties_are_compared_by_name() -> None:
    path = "P/account_properties.properties.json"
    change = only_change({path: {"a": None, "b": None}}, {path: {"b": None, "c": None}})
    assert [(field.path, field.before, field.after) for field in change.fields] == [
        (("a",), None, MISSING),
        (("c",), MISSING, None),
    ]


def test_a_table_is_compared_by_row_and_cell() -> None:
    path = "P/rates.lookup_table.json"
    before = {path: {"name": "Rates", "data": "Region,Rate\nEMEA,1.0\nAPAC,2\n"}}
    after = {path: {"name": "Rates", "data": "Region,Rate\nNEW,9\nEMEA,1.00\nAPAC,2\n"}}
    change = only_change(before, after)
    (field,) = change.fields
    assert (field.label, field.before, field.after) == ("Rows", "2 rows", "3 rows: 1 added, 1 changed")
    assert [(item.kind, item.label, item.before, item.after) for item in field.declared] == [
        (ADDED, "NEW", "", "Rate 9"),
        (CHANGED, "EMEA", "Rate 1.0", "Rate 1.00"),
    ]


def test_a_connector_is_compared_as_source_code_and_its_counter_is_noise() -> None:
    source = only_change({"P/acme.custom_adapter.rb": b"{a: 1}"}, {"P/acme.custom_adapter.rb": b"{a: 2}"})
    assert [(field.label, field.before, field.after) for field in source.fields] == [
        ("Source code", "{a: 1}", "{a: 2}")
    ]
    path = "P/acme.custom_adapter.json"
    assert compared({path: {"title": "A", "version_no": 1}}, {path: {"title": "A", "version_no": 2}}).is_empty
    (logo,) = only_change({"P/acme.custom_adapter.png": b"1"}, {"P/acme.custom_adapter.png": b"22"}).fields
    assert (logo.label, logo.before, logo.after) == ("Picture", "1 bytes (6b86b273)", "2 bytes (785f3ec7)")
    assert logo.change_class is ChangeClass.COSMETIC


def test_a_connection_of_a_custom_connector_is_the_same_in_each_environment() -> None:
    path = "P/acme.connection.json"
    before, after = (f"acme_connector_{space}_{made}" for space, made in ((11, 1700000000), (22, 1800000000)))
    assert compared({path: {"name": "A", "provider": before}}, {path: {"name": "A", "provider": after}}).is_empty


def test_a_broken_recipe_is_compared_as_plain_content_and_says_so() -> None:
    path = "P/a.recipe.json"
    change = only_change({path: b'{"code": 1}'}, {path: b'{"code": 2}'})
    assert change.note.startswith("Not readable as a recipe")
    assert [(field.before, field.after) for field in change.fields] == [(1, 2)]
    assert "Compared as bytes" in only_change({path: recipe("A")}, {path: b"{"}).note


ANY_BYTES = st.one_of(
    st.binary(max_size=30),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ).map(lambda value: json.dumps(value).encode()),
)
NAMES = st.sampled_from(
    [
        "a.recipe.json",
        "a.1.recipe.json",
        "b.connection.json",
        "t.lookup_table.json",
        "p.lcap_page.zip",
        "c.custom_adapter.rb",
        "c.custom_adapter.png",
        "x.from_the_future.json",
        "project.json",
        "LICENSE",
    ]
)
SNAPSHOTS = st.dictionaries(st.tuples(st.sampled_from(["", "P/", "P/Q/"]), NAMES).map("".join), ANY_BYTES, max_size=6)


@given(SNAPSHOTS, SNAPSHOTS)
@settings(deadline=None, max_examples=80)
def test_any_files_give_a_diff_and_every_difference_is_accounted_for(
    before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    diff = compared(before, after)
    told = {path for change in diff.changes for path in (change.path_before, change.path_after)} | {*diff.noise_only}
    for path in before.keys() | after.keys():
        if before.get(path) != after.get(path):
            assert not told.isdisjoint([path, f"{path.rpartition('.')[0]}.rb"])  # which stands for a logo beside it
    assert compared(before, before).is_empty
    assert diff == compared(before, after)
    assert len({change.digest for change in diff.changes}) == len(diff.changes)


def test_blob_ids_are_those_of_git() -> None:
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
