"""The story's workspaces: checked on the built exports alone, by code that shares nothing with the builder."""

from __future__ import annotations

import pytest

from exporter.sandbox.story import ENVIRONMENTS, load_story


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_building_twice_gives_the_same_bytes(environment: str) -> None:
    first, second = load_story(environment), load_story(environment)
    assert [dict(asset.files) for asset in first.assets] == [dict(asset.files) for asset in second.assets]


def test_an_unknown_environment_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no environment 'stage'; it has dev, test, prod"):
        load_story("stage")
