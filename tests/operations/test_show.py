"""Finding recipes by what people call them, and their listings."""

from __future__ import annotations

import json

import pytest

from exporter.errors import RecipeFormatError, UsageError
from exporter.operations.show import choose_recipes, show_recipes
from exporter.snapshot import Asset, AssetInfo, Index, asset_of


def recipe(path: str, name: str) -> Asset:
    code = {"keyword": "trigger", "provider": "clock", "name": "timer"}
    return asset_of(path, json.dumps({"name": name, "version": 3, "code": code}).encode())


ASSETS = [
    recipe("Sales/Orders/sync_orders.recipe.json", "Sync orders [PROD] 🚀"),
    recipe("Sales/Old/sync_orders.recipe.json", "Sync orders (old)"),
    recipe("Sales/Old/bill.recipe.json", "Bill"),
    recipe("HR/hire.recipe.json", "Bill"),
    asset_of("Sales/crm.connection.json", b"{}"),
]


def chosen(wanted: str | None, assets: list[Asset] | None = None) -> list[str]:
    return [asset.path for asset in choose_recipes(ASSETS if assets is None else assets, wanted, place="dev")]


@pytest.mark.parametrize(
    ("wanted", "paths"),
    [
        ("Sales/Orders/sync_orders.recipe.json", ["Sales/Orders/sync_orders.recipe.json"]),
        ("sales/orders/SYNC_orders", ["Sales/Orders/sync_orders.recipe.json"]),
        ("hire", ["HR/hire.recipe.json"]),
        ("sync orders  [prod] 🚀", ["Sales/Orders/sync_orders.recipe.json"]),
        ("Sync orders (*", ["Sales/Old/sync_orders.recipe.json"]),
        ("Sales/Old/*", ["Sales/Old/bill.recipe.json", "Sales/Old/sync_orders.recipe.json"]),
        ("sync_*", ["Sales/Old/sync_orders.recipe.json", "Sales/Orders/sync_orders.recipe.json"]),
        (
            "*",
            [
                "HR/hire.recipe.json",
                "Sales/Old/bill.recipe.json",
                "Sales/Old/sync_orders.recipe.json",
                "Sales/Orders/sync_orders.recipe.json",
            ],
        ),
    ],
)
def test_a_recipe_is_found_by_path_file_name_own_name_or_glob(wanted: str, paths: list[str]) -> None:
    assert chosen(wanted) == paths


def test_a_word_that_means_several_is_refused_and_lists_them() -> None:
    with pytest.raises(UsageError) as refused:
        chosen("sync_orders")
    assert str(refused.value) == (
        "'sync_orders' names 2 recipes in dev. Give the whole path, or a glob:\n"
        "  Sales/Old/sync_orders.recipe.json\n"
        "  Sales/Orders/sync_orders.recipe.json"
    )
    with pytest.raises(UsageError, match=r"2 recipes in dev are named 'Bill'. Give the path:\n  HR/hire") as refused:
        choose_recipes([ASSETS[3], recipe("HR/other.recipe.json", "Bill")], "Bill", place="dev")
    assert refused.value.exit_code == 2


def test_an_unknown_name_is_answered_with_the_nearest_ones() -> None:
    with pytest.raises(UsageError, match=r"No recipe in dev is called 'hier'. Did you mean 'hire'\?"):
        chosen("hier")
    with pytest.raises(UsageError, match=r"is called 'zzzz\*'. A glob finds a part of a name or path: '\*zzzz\*'."):
        chosen("zzzz*")


def test_a_folder_is_answered_with_the_glob_for_it() -> None:
    with pytest.raises(UsageError, match=r"'Sales/Old' is a folder in dev. For all recipes in it: 'Sales/Old/\*'."):
        chosen("Sales/Old")


def test_without_a_word_the_only_recipe_is_meant() -> None:
    assert chosen(None, [ASSETS[3], ASSETS[4]]) == ["HR/hire.recipe.json"]
    with pytest.raises(UsageError, match=r"dev holds 4 recipes. Name one:"):
        chosen(None)
    with pytest.raises(UsageError, match=r"There is no recipe in dev."):
        chosen(None, [ASSETS[4]])


def test_the_heading_says_which_version_by_whom_and_where_it_is() -> None:
    info = AssetInfo(id=7, version=12, author_name="Kim", is_running=False)
    index = Index("dev", base_url="https://app.eu.workato.com/", assets={"HR/hire.recipe.json": info})
    (shown,) = show_recipes(ASSETS, "hire", place="dev", index=index)
    assert shown.about == (
        "HR/hire.recipe.json",
        "version 12 by Kim, stopped",
        "https://app.eu.workato.com/recipes/7",
    )
    (alone,) = show_recipes(ASSETS, "hire", place="dev")
    assert alone.about == ("HR/hire.recipe.json", "version 3")


def test_one_broken_recipe_does_not_hide_the_others_and_is_told() -> None:
    broken = asset_of("HR/broken.recipe.json", b"{}")
    shown = show_recipes([*ASSETS, broken], "HR/*", place="dev")
    assert [each.path for each in shown] == ["HR/hire.recipe.json"]
    with pytest.raises(RecipeFormatError, match=r"HR/broken.recipe.json: No recipe"):
        show_recipes([broken], None, place="dev")
