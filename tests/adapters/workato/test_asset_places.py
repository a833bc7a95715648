from __future__ import annotations

from typing import Any

import pytest

from exporter.adapters.workato.placing import Places, Unit, named_units, stem
from exporter.adapters.workato.replies import AssetRow, asset_rows

HOME_UNIT = Unit("", "", None, 1)


def _rows(*places: str) -> list[AssetRow]:
    """Rows of an export of the root for assets at these places."""
    return asset_rows({"result": {"assets": [_raw(place, place) for place in places]}})


def _raw(place: str, zip_name: str, **more: Any) -> dict[str, Any]:
    folder, _, name = place.rpartition("/")
    return {
        "id": sum(place.encode()),
        "type": name.split(".")[-2],
        "absolute_path": f"All projects/{folder}".rstrip("/"),
        "zip_name": zip_name,
    } | more


def _units(*names: str) -> dict[str, Unit]:
    units = named_units({100 + number: (500 + number, name) for number, name in enumerate(names)})
    return {unit.raw_name: unit for unit in units}


def test_a_projects_own_content_is_at_the_top_of_its_package() -> None:
    units = _units("Orders", "Shared")
    places = Places(units.values(), _rows("Orders/Recipes/a.recipe.json"))
    placement = places.place(units["Orders"], "Recipes/a.recipe.json")
    assert (placement.path, placement.unit) == ("Orders/Recipes/a.recipe.json", units["Orders"])


def test_a_copy_from_another_project_is_placed_there() -> None:
    units = _units("Orders", "Shared")
    places = Places(units.values(), _rows("Orders/a.recipe.json", "Shared/Connections/crm.connection.json"))
    placement = places.place(units["Orders"], "Shared/Connections/crm.connection.json")
    assert (placement.path, placement.unit) == ("Shared/Connections/crm.connection.json", units["Shared"])


def test_an_own_folder_named_like_another_project_is_ones_own() -> None:
    units = _units("Orders", "Shared")
    places = Places(units.values(), _rows("Orders/Shared/a.recipe.json", "Shared/b.recipe.json"))
    assert places.place(units["Orders"], "Shared/a.recipe.json").path == "Orders/Shared/a.recipe.json"
    assert places.place(units["Orders"], "Shared/new.recipe.json").path == "Orders/Shared/new.recipe.json"
    assert places.place(units["Orders"], "Shared/b.recipe.json").path == "Shared/b.recipe.json"


def test_a_copy_of_a_home_asset_belongs_to_home() -> None:
    units = _units("Orders")
    places = Places(units.values(), _rows("Orders/a.recipe.json", "mail.connection.json"))
    placement = places.place(units["Orders"], "mail.connection.json")
    assert placement.path == "mail.connection.json"
    assert placement.unit is not None
    assert placement.unit.is_home


@pytest.mark.parametrize("name", ["project.json", "tags.json", "properties.project_properties.json"])
def test_files_about_the_project_are_its_own(name: str) -> None:
    units = _units("Orders")
    assert Places(units.values(), ()).place(units["Orders"], name).path == f"Orders/{name}"


def test_account_properties_are_homes_even_when_nothing_lists_them() -> None:
    units = _units("Orders")
    placement = Places(units.values(), ()).place(units["Orders"], "account_properties.properties.json")
    assert placement.path == "account_properties.properties.json"


def test_all_files_of_a_custom_connector_go_with_their_row() -> None:
    units = _units("Orders", "Shared")
    places = Places(units.values(), _rows("Shared/acme.custom_adapter.json", "Orders/a.recipe.json"))
    assert places.place(units["Orders"], "Shared/acme.custom_adapter.rb").path == "Shared/acme.custom_adapter.rb"
    assert places.place(units["Shared"], "acme.custom_adapter.png").path == "Shared/acme.custom_adapter.png"


def test_a_slash_in_a_projects_name_is_written_as_division_slash() -> None:
    units = _units("HR / People", "HR ", "Orders")
    places = Places(units.values(), _rows("HR / People/Forms/a.recipe.json", "HR /b.recipe.json"))
    own = places.place(units["HR / People"], "Forms/a.recipe.json")
    copy = places.place(units["Orders"], "HR / People/Forms/a.recipe.json")
    assert own.path == copy.path == "HR ∕ People/Forms/a.recipe.json"
    assert copy.unit is units["HR / People"]
    row = places.find_row(own.unit, own.path)
    assert row is not None
    assert row.place == "HR / People/Forms/a.recipe.json"


def test_a_place_of_no_known_project_has_no_unit() -> None:
    units = _units("Orders")
    places = Places(units.values(), _rows("Orders/a.recipe.json", "Hidden/x.connection.json"))
    placement = places.place(units["Orders"], "Hidden/x.connection.json")
    assert (placement.path, placement.unit) == ("Hidden/x.connection.json", None)


def test_one_name_for_two_places_is_doubtful_and_settled_by_the_projects_own_rows() -> None:
    units = _units("Orders")
    places = Places(units.values(), _rows("Orders/mail.connection.json", "mail.connection.json"))
    orders = units["Orders"]
    assert places.is_doubtful(orders)
    own = asset_rows(
        [
            _raw("mail.connection.json", "mail.connection.json"),
            _raw("Orders/mail.connection.json", "mail.1.connection.json"),
        ]
    )
    exact = {stem(row.zip_name): row for row in own}
    assert places.place(orders, "mail.connection.json", exact).path == "mail.connection.json"
    assert places.place(orders, "mail.1.connection.json", exact).path == "Orders/mail.connection.json"


def test_places_without_a_namesake_are_not_doubtful() -> None:
    units = _units("Orders", "Shared")
    places = Places(units.values(), _rows("Orders/a.recipe.json", "Shared/a.recipe.json", "b.connection.json"))
    assert not places.is_doubtful(units["Orders"])


def test_in_homes_package_a_folder_is_never_homes_own() -> None:
    units = _units("Orders")
    places = Places(units.values(), _rows("mail.connection.json"))
    assert places.place(HOME_UNIT, "mail.connection.json").path == "mail.connection.json"
    assert places.place(HOME_UNIT, "Orders/project.json").unit is units["Orders"]
    assert places.place(HOME_UNIT, "Elsewhere/project.json").unit is None


def test_rows_that_could_mean_two_assets_mean_none() -> None:
    units = _units("A", "A/B")
    rows = asset_rows([_raw("A/B/x.recipe.json", "A/B/x.recipe.json", id=number) for number in (1, 2)])
    assert Places(units.values(), rows).find_row(units["A/B"], "A∕B/x.recipe.json") is None


def test_an_asset_that_two_listings_name_keeps_the_place_of_the_first() -> None:
    units = _units("Orders")
    first, second = (
        _raw("Orders/a.recipe.json", "Orders/a.recipe.json"),
        _raw("Orders/a.1.recipe.json", "a.1.recipe.json"),
    )
    places = Places(units.values(), asset_rows([first, second | {"id": first["id"]}]))
    assert places.find_row(units["Orders"], "Orders/a.recipe.json") is not None
    assert places.find_row(units["Orders"], "Orders/a.1.recipe.json") is None


def test_every_project_gets_a_name_of_its_own() -> None:
    names = {1: (11, "A/B"), 2: (12, "A∕B"), 3: (13, ""), 4: (14, "."), 5: (None, ".."), 6: (16, "A/B")}
    assert [unit.name for unit in named_units(names)] == [
        ".", "..", "A∕B", "A∕B (2)", "A∕B (6)", "unnamed (3)",
    ]  # fmt: skip
