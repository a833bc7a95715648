"""Which asset of one environment is which of the other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from exporter.diff.pairing import pair_assets
from exporter.snapshot import Asset, asset_of

Files = dict[str, Any]


def recipe(seed: int, name: str = "R", steps: int = 4, **more: Any) -> bytes:
    block = [{"keyword": "action", "uuid": f"{seed:08x}-0000-4000-8000-{n:012x}"} for n in range(1, steps)]
    code = {"keyword": "trigger", "uuid": f"{seed:08x}-0000-4000-8000-000000000000", "block": block}
    return json.dumps({"name": name, "code": code, **more}).encode()


def assets(files: Files) -> Iterable[Asset]:
    return [
        asset_of(path, content if isinstance(content, bytes) else json.dumps(content).encode())
        for path, content in files.items()
    ]


def paired(before: Files, after: Files) -> list[tuple[str | None, str | None]]:
    return [
        (pair.before.path if pair.before else None, pair.after.path if pair.after else None)
        for pair in pair_assets(assets(before), assets(after))
    ]


def test_a_recipe_that_was_renamed_and_moved_is_known_by_its_steps() -> None:
    before = {"P/a.recipe.json": recipe(1, "A"), "P/b.recipe.json": recipe(2, "B")}
    after = {"P/Sub/new.recipe.json": recipe(1, "New", steps=5), "P/b.recipe.json": recipe(2, "B")}
    assert paired(before, after) == [
        ("P/a.recipe.json", "P/Sub/new.recipe.json"),
        ("P/b.recipe.json", "P/b.recipe.json"),
    ]


def test_a_copy_that_stays_beside_its_original_is_no_rename() -> None:
    before = {"P/a.recipe.json": recipe(1, "A")}
    after = {"P/a.recipe.json": recipe(1, "A"), "P/copy_of_a.recipe.json": recipe(1, "Copy of A")}
    assert paired(before, after) == [("P/a.recipe.json", "P/a.recipe.json"), (None, "P/copy_of_a.recipe.json")]


def test_of_several_copies_none_is_taken_for_a_rename() -> None:
    before = {"P/a.recipe.json": recipe(1, "A")}
    after = {"P/b.recipe.json": recipe(1, "B"), "P/c.recipe.json": recipe(1, "C")}
    assert paired(before, after) == [("P/a.recipe.json", None), (None, "P/b.recipe.json"), (None, "P/c.recipe.json")]


def test_copies_that_move_together_keep_their_names() -> None:
    before = {f"P/Old/{name}.recipe.json": recipe(1, name, x=1) for name in "abc"}
    after = {f"P/New/{name}.recipe.json": recipe(1, name, x=2) for name in "abc"}
    assert paired(before, after) == [(f"P/Old/{name}.recipe.json", f"P/New/{name}.recipe.json") for name in "abc"]


def test_the_likest_recipe_wins_over_a_less_like_one() -> None:
    half = recipe(1, "Half", steps=8).replace(b"-00000000000", b"-90000000000", 1)
    before = {"P/a.recipe.json": recipe(1, "A", steps=8)}
    after = {"P/half.recipe.json": half, "P/whole.recipe.json": recipe(1, "Whole", steps=8)}
    assert ("P/a.recipe.json", "P/whole.recipe.json") in paired(before, after)


def test_another_recipe_of_the_same_file_name_is_another_recipe() -> None:
    before, after = {"P/A/sync.recipe.json": recipe(1, "Sync")}, {"P/B/sync.recipe.json": recipe(2, "Sync")}
    assert paired(before, after) == [("P/A/sync.recipe.json", None), (None, "P/B/sync.recipe.json")]


def test_files_of_one_name_in_several_folders_are_not_mixed_up() -> None:
    def connection(provider: str) -> Files:
        return {"name": "CRM", "provider": provider}

    before = {"P/A/crm.connection.json": connection("salesforce"), "P/B/crm.connection.json": connection("netsuite")}
    after = {**before, "P/C/crm.connection.json": connection("salesforce")}
    assert paired(before, after)[-1] == (None, "P/C/crm.connection.json")
    moved = {"P/A/crm.connection.json": connection("salesforce"), "P/C/crm.connection.json": connection("netsuite")}
    assert ("P/B/crm.connection.json", "P/C/crm.connection.json") in paired(before, moved)


def test_a_renamed_connection_is_known_by_its_app_and_folder() -> None:
    before = {"P/crm_uat.connection.json": {"name": "CRM UAT", "provider": "salesforce"}}
    after = {"P/crm.connection.json": {"name": "CRM", "provider": "salesforce"}}
    assert paired(before, after) == [("P/crm_uat.connection.json", "P/crm.connection.json")]
    other = {"P/erp.connection.json": {"name": "ERP", "provider": "netsuite"}}
    assert paired(before, other) == [("P/crm_uat.connection.json", None), (None, "P/erp.connection.json")]
    two = {**after, "P/crm_2.connection.json": {"name": "CRM 2", "provider": "salesforce"}}
    assert len(paired(before, two)) == 3


def test_numbers_behind_colliding_names_may_flip_with_all_files_of_an_asset() -> None:
    def connector(place: str, title: str) -> Files:
        stem = f"P/acme{place}.custom_adapter"
        return {f"{stem}.json": {"title": title}, f"{stem}.rb": title.encode()}

    before = {**connector("", "Acme!"), **connector(".1", "Acme?")}
    after = {**connector("", "Acme?"), **connector(".1", "Acme!")}
    pairs = pair_assets(assets(before), assets(after))
    assert [(pair.before and pair.before.path, pair.after and pair.after.path) for pair in pairs] == [
        ("P/acme.custom_adapter.json", "P/acme.1.custom_adapter.json"),
        ("P/acme.1.custom_adapter.json", "P/acme.custom_adapter.json"),
    ]
    for pair in pairs:
        (source,) = pair.companions
        assert source.before is not None
        assert source.after is not None
        assert source.before.content == source.after.content


def test_the_further_files_of_an_asset_come_and_go_with_it() -> None:
    before = {"P/a.custom_adapter.json": {"title": "A"}, "P/a.custom_adapter.png": b"1"}
    after = {"P/a.custom_adapter.json": {"title": "A"}, "P/a.custom_adapter.rb": b"2"}
    (pair,) = pair_assets(assets(before), assets(after))
    assert not pair.is_same
    assert [(bool(item.before), bool(item.after), item.path) for item in pair.companions] == [
        (True, False, "P/a.custom_adapter.png"),
        (False, True, "P/a.custom_adapter.rb"),
    ]
    (same,) = pair_assets(assets(before), assets(before))
    assert same.is_same


def test_among_ten_thousand_assets_only_those_without_counterpart_are_loaded() -> None:
    loaded: list[str] = []

    def asset(path: str, content: bytes, blob: str) -> Asset:
        def load() -> bytes:
            loaded.append(path)
            return content

        return Asset(path, blob, load)

    same = [asset(f"P/Folder {n % 50}/r{n}.recipe.json", b"", f"{n:040x}") for n in range(10_000)]
    before = [*same, asset("P/old.recipe.json", recipe(1, "Old"), "b" * 40)]
    after = [*same, asset("P/new.recipe.json", recipe(1, "New"), "a" * 40)]
    pairs = pair_assets(before, after)
    assert len(pairs) == 10_001
    assert {*loaded} == {"P/old.recipe.json", "P/new.recipe.json"}
