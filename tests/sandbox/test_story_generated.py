"""Generated recipes: as big as real ones, made on access, almost the same in every environment."""

from __future__ import annotations

import json
import statistics
from typing import Any

import pytest

from exporter.sandbox.seed import SeedAsset
from exporter.sandbox.story import load_story
from exporter.sandbox.story.generated import LazyFiles


def generated(environment: str, count: int) -> list[SeedAsset]:
    assets = load_story(environment, count).assets
    return [asset for asset in assets if asset.folder and asset.folder[0].startswith("Generated")]


def document(asset: SeedAsset) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(asset.files[".recipe.json"])
    return parsed


def test_a_hundred_recipes_share_a_project() -> None:
    story = load_story("dev", 201)
    projects = [name for name in story.projects if name.startswith("Generated")]
    assert projects == ["Generated 001", "Generated 002", "Generated 003"]
    assert ("Generated 003", "Recipes") in story.folders
    assert [asset.folder for asset in story.assets].count(("Generated 002", "Recipes")) == 100


def test_ten_thousand_are_listed_without_being_built() -> None:
    story = load_story("prod", 10_000)
    assert len(story.assets) > 10_000
    assert all(isinstance(asset.files, LazyFiles) for asset in story.assets[-10_000:])


def test_sizes_follow_those_of_real_exports() -> None:
    sizes = sorted(len(asset.files[".recipe.json"]) for asset in generated("test", 100))
    assert statistics.median(sizes) == pytest.approx(60_000, rel=0.1)
    assert sizes[75] == pytest.approx(172_000, rel=0.1)
    assert sizes[90] == pytest.approx(544_000, rel=0.1)
    assert sizes[-1] == pytest.approx(3_000_000, rel=0.1)


def test_each_recipe_is_a_recipe_of_its_own() -> None:
    small = [asset for asset in generated("dev", 20) if len(asset.files[".recipe.json"]) < 100_000]
    seen: set[str] = set()
    for asset in small:
        recipe = document(asset)
        assert (recipe["name"], recipe["version"]) == (asset.name, asset.version)
        trigger = recipe["code"]
        search, check = trigger["block"][0], trigger["block"][1]
        assert f'"line":"{search["as"]}"' in check["input"]["conditions"][0]["lhs"]
        assert f'"line":"{trigger["as"]}"' in search["input"]["AccountId"]
        uuids = {trigger["uuid"], search["uuid"], check["uuid"]}
        assert len(uuids) == 3 and not uuids & seen
        seen |= uuids


def test_bytes_are_the_same_whenever_they_are_asked_for() -> None:
    first, again = generated("dev", 3), generated("dev", 3)
    for one, other in zip(first, again, strict=True):
        assert one.files[".recipe.json"] == one.files[".recipe.json"] == other.files[".recipe.json"]


def test_one_in_a_hundred_differs_between_environments() -> None:
    def texts(environment: str) -> list[str]:
        return [
            asset.files[".recipe.json"].decode().replace(f'"version": {asset.version},', "", 1)
            for asset in generated(environment, 100)
        ]

    dev, test, prod = texts("dev"), texts("test"), texts("prod")
    assert sum(one != other for one, other in zip(dev, test, strict=True)) == 1
    assert sum(one != other for one, other in zip(test, prod, strict=True)) == 1


def test_a_file_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        generated("dev", 1)[0].files[".custom_adapter.rb"]


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="generated_recipes is -1; it must be 0 or more"):
        load_story("dev", -1)
