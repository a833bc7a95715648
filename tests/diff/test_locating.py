from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.diff.locating import Counterpart, find_counterpart, find_second_recipes, place_package, resolve_project
from exporter.errors import UsageError
from exporter.snapshot import Asset, asset_of


def recipe(path: str, name: str = "Sync", uuids: str = "abcd", *, rest: bool = False) -> Asset:
    """A recipe whose steps have one uuid for each letter."""
    steps = [{"keyword": "action", "uuid": f"{letter * 8}-0000-4000-8000-{letter * 12}"} for letter in uuids]
    code = {**steps[0], "keyword": "trigger", "block": steps[1:]} if steps else {"keyword": "trigger"}
    return asset_of(path, json.dumps({"name": name, "code": json.dumps(code) if rest else code}).encode())


def connection(path: str, name: str = "CRM") -> Asset:
    return asset_of(path, json.dumps({"name": name, "provider": "salesforce"}).encode())


def found(asset: Asset, *candidates: Asset, near: str = "") -> tuple[str, str] | None:
    counterpart = find_counterpart(asset, candidates, near=near or asset.path)
    return (counterpart.path, counterpart.reason) if counterpart else None


def test_the_same_file_name_and_steps_win_over_a_copy_of_another_name() -> None:
    copy, original = recipe("P/copy.recipe.json", "Copy"), recipe("P/a.recipe.json", "Other title")
    assert found(recipe("a.recipe.json"), copy, original) == ("P/a.recipe.json", "its file name and steps")


def test_the_same_steps_win_over_the_same_file_name() -> None:
    other, renamed = recipe("P/a.recipe.json", uuids="wxyz"), recipe("P/b.recipe.json", "Renamed", "abcx")
    assert found(recipe("a.recipe.json"), other, renamed) == ("P/b.recipe.json", "its steps")


def test_the_file_name_is_enough_when_no_steps_are_alike() -> None:
    assert found(recipe("a.recipe.json"), recipe("P/a.recipe.json", "Else", "wxyz")) == (
        "P/a.recipe.json",
        "its file name",
    )


def test_the_title_is_what_is_left_when_all_else_differs() -> None:
    candidates = recipe("P/b.recipe.json", "受注 “Sync”", "wxyz"), recipe("P/c.recipe.json", "Else", "stuv")
    assert found(recipe("reply.recipe.json", "受注 “Sync”"), *candidates) == ("P/b.recipe.json", "its name")


def test_nothing_alike_is_nothing() -> None:
    assert (
        found(recipe("a.recipe.json"), recipe("P/b.recipe.json", "Else", "wxyz"), connection("P/a.connection.json"))
        is None
    )


def test_a_recipe_in_the_form_of_the_rest_api_is_found_by_its_steps() -> None:
    assert found(recipe("7.recipe.json", "x", rest=True), recipe("P/a.recipe.json")) == ("P/a.recipe.json", "its steps")


def test_among_copies_the_title_decides_then_the_share_of_steps_then_the_folders() -> None:
    titled = [recipe("P/b.recipe.json", "Copy"), recipe("P/c.recipe.json", "Sync")]
    assert found(recipe("a.recipe.json"), *titled) == ("P/c.recipe.json", "its steps")
    shared = [recipe("P/b.recipe.json", uuids="abcx"), recipe("P/c.recipe.json", uuids="abcd")]
    assert found(recipe("a.recipe.json"), *shared) == ("P/c.recipe.json", "its steps")
    folders = [recipe("P/One/a.recipe.json"), recipe("P/Two/a.recipe.json")]
    near = "/home/me/Two/a.recipe.json"
    assert found(recipe("a.recipe.json"), *folders, near=near) == ("P/Two/a.recipe.json", "its file name and steps")


def test_the_others_that_are_alike_are_named() -> None:
    counterpart = find_counterpart(
        recipe("a.recipe.json"), [recipe("P/b.recipe.json", "Copy"), recipe("P/c.recipe.json")], near="a"
    )
    assert counterpart is not None
    assert counterpart.others == ("P/b.recipe.json",)


def test_equals_in_every_respect_are_asked_about() -> None:
    with pytest.raises(UsageError, match=r"'P/One/a.recipe.json', 'P/Two/a.recipe.json'. Name the one .* --only"):
        found(recipe("a.recipe.json"), recipe("P/One/a.recipe.json"), recipe("P/Two/a.recipe.json"))


def test_another_asset_is_found_by_file_name_or_title() -> None:
    candidates = connection("P/crm.connection.json", "x"), connection("P/b.connection.json", "CRM EU")
    assert found(connection("crm.connection.json"), *candidates) == ("P/crm.connection.json", "its file name")
    assert found(connection("z.connection.json", "CRM EU"), *candidates) == ("P/b.connection.json", "its name")


def placed(
    assets: Sequence[Asset], *there: Asset, project: str | None = None, name: str = "mine"
) -> tuple[list[str], str | None, bool]:
    placing = place_package(assets, {asset.path: asset for asset in there}, project=project, name=name)
    return sorted(asset.path for asset in placing.assets), placing.project, placing.is_new


SALES = (
    asset_of("Sales/project.json", b"{}"),
    recipe("Sales/Recipes/a.recipe.json"),
    connection("Sales/crm.connection.json"),
)
STOCK = (asset_of("Stock/project.json", b"{}"), recipe("Stock/Recipes/b.recipe.json", uuids="efgh"))
HOME_ASSETS = (connection("mail.connection.json"), asset_of("account_properties.properties.json", b"{}"))


def test_a_package_belongs_to_the_project_that_has_most_of_its_files() -> None:
    package = [asset_of("project.json", b"{}"), recipe("Recipes/b.recipe.json"), recipe("Recipes/new.recipe.json")]
    assert placed(package, *SALES, *STOCK) == (
        ["Stock/Recipes/b.recipe.json", "Stock/Recipes/new.recipe.json", "Stock/project.json"],
        "Stock",
        False,
    )


def test_copies_of_what_a_package_needs_go_where_they_came_from() -> None:
    package = [
        recipe("Recipes/b.recipe.json"),
        connection("Sales/crm.connection.json"),
        connection("Sales/new.connection.json"),
        connection("mail.connection.json"),
        asset_of("account_properties.properties.json", b"{}"),
    ]
    assert placed(package, *SALES, *STOCK, *HOME_ASSETS)[0] == [
        "Sales/crm.connection.json",
        "Sales/new.connection.json",
        "Stock/Recipes/b.recipe.json",
        "account_properties.properties.json",
        "mail.connection.json",
    ]


def test_a_package_in_a_folder_of_its_own_is_unwrapped() -> None:
    package = [recipe("mine/Recipes/a.recipe.json"), connection("mine/crm.connection.json")]
    assert placed(package, *SALES)[0] == ["Sales/Recipes/a.recipe.json", "Sales/crm.connection.json"]


def test_a_package_of_a_whole_workspace_stays_as_it_is() -> None:
    package = [*SALES, *STOCK, *HOME_ASSETS]
    paths, project, is_new = placed(package, *package)
    assert (paths, project, is_new) == (sorted(asset.path for asset in package), None, False)


def test_a_package_whose_folders_moved_is_known_by_its_steps() -> None:
    assert placed([recipe("Moved/c.recipe.json", uuids="efgh")], *SALES, *STOCK)[1:] == ("Stock", False)


def test_a_package_that_nothing_knows_is_a_new_project() -> None:
    package = [asset_of("project.json", b"{}"), recipe("Recipes/z.recipe.json", uuids="wxyz")]
    assert placed(package, *SALES) == (["mine/Recipes/z.recipe.json", "mine/project.json"], "mine", True)


def test_a_package_that_could_be_of_two_projects_is_asked_about_unless_its_name_tells() -> None:
    copies = recipe("One/a.recipe.json"), recipe("Two/a.recipe.json")
    with pytest.raises(UsageError, match=r"'One', 'Two'\. Say which one with --project NAME"):
        placed([recipe("a.recipe.json")], *copies)
    assert placed([recipe("a.recipe.json")], *copies, name="Two")[1] == "Two"
    assert placed([recipe("a.recipe.json")], *copies, project="One")[0] == ["One/a.recipe.json"]


def test_a_recipe_that_would_be_made_a_second_time_is_told() -> None:
    environment = {asset.path: asset for asset in (*SALES, *STOCK)}
    placing = place_package(
        [recipe("Recipes/renamed.recipe.json"), connection("crm.connection.json")], environment, project=None, name="m"
    )
    assert find_second_recipes(placing, environment) == (
        ("Sales/Recipes/renamed.recipe.json", "Sales/Recipes/a.recipe.json"),
    )


def test_a_project_is_named_as_in_workato_or_in_any_case() -> None:
    known = ["", "HR ∕ Onboarding", "Sales", "sales"]
    assert [resolve_project(name, known) for name in ("HR / onboarding", "Sales", "sales", "Home")] == [
        "HR ∕ Onboarding",
        "Sales",
        "sales",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "hint"), [("HR", "Did you mean 'HR ∕ Onboarding'"), ("zzz", "It has 'HR ∕ Onboarding'")]
)
def test_an_unknown_project_is_refused_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no project '{name}'.*{hint}"):
        resolve_project(name, ["", "HR ∕ Onboarding", "Sales"])


PROJECTS = st.dictionaries(
    st.sampled_from(["Sales", "Stock", "HR ∕ Onboarding"]),
    st.dictionaries(
        st.sampled_from(["a", "Recipes/a", "Recipes/b", "Recipes/Deep/c", "Sales/d", "Stock/a"]),
        st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=4),
        min_size=1,
    ),
    min_size=1,
)


@settings(max_examples=150, deadline=None)
@given(projects=PROJECTS, data=st.data())
def test_a_package_of_a_named_project_lies_where_the_project_has_its_files(
    projects: dict[str, dict[str, set[str]]], data: st.DataObject
) -> None:
    environment = {
        asset.path: asset
        for project, recipes in projects.items()
        for place, uuids in recipes.items()
        for asset in [recipe(f"{project}/{place}.recipe.json", place, "".join(sorted(uuids)))]
    }
    project = data.draw(st.sampled_from(sorted(projects)))
    own = [asset for asset in environment.values() if asset.project == project]
    package = [Asset(asset.path.partition("/")[2], asset.blob, asset.load) for asset in own]
    placing = place_package(package, environment, project=project, name="mine")
    assert {asset.path: asset.blob for asset in placing.assets} == {asset.path: asset.blob for asset in own}
    assert (placing.found, placing.is_new) == (len(own), False)
    assert find_second_recipes(placing, environment) == ()


@given(
    uuids=st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=4), min_size=1, max_size=5),
    number=st.integers(0, 4),
)
def test_a_file_of_the_environment_finds_itself(uuids: list[set[str]], number: int) -> None:
    candidates = [
        recipe(f"P/{place}.recipe.json", f"Title {place}", "".join(sorted(letters)) or "z")
        for place, letters in enumerate(uuids)
    ]
    wanted = candidates[number % len(candidates)]
    asset = Asset(wanted.path.partition("/")[2], wanted.blob, wanted.load)
    assert find_counterpart(asset, candidates, near=asset.path) == Counterpart(wanted.path, "its file name and steps")
