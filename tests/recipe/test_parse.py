from __future__ import annotations

import json
from typing import Any

import pytest

from exporter.errors import RecipeFormatError
from exporter.recipe.parse import parse_recipe

CODE: dict[str, Any] = {
    "number": 0,
    "keyword": "trigger",
    "provider": "clock",
    "as": "aaaa0001",
    "uuid": "u1",
    "block": [
        {
            "number": 9,
            "keyword": "if",
            "uuid": "u2",
            "block": [
                {"keyword": "action", "uuid": "u3"},
                {"keyword": "elsif", "uuid": "u4", "block": [{"keyword": "action", "uuid": "u5"}]},
                {"keyword": "else", "uuid": "u6", "block": []},
            ],
        },
        {"keyword": "stop", "uuid": "u7"},
    ],
}
ACCOUNT = {"zip_name": "Shared/crm.connection.json", "name": "CRM\u00a0prod", "folder": "Shared"}
CONFIG = [{"provider": "salesforce", "account_id": ACCOUNT}, {"provider": "clock", "account_id": None}]


def packed(**others: Any) -> bytes:
    return json.dumps({"name": "R", "version": 7, "private": True, "code": CODE, "config": CONFIG, **others}).encode()


def test_steps_are_numbered_as_people_see_them_whatever_the_file_says() -> None:
    steps = parse_recipe(packed()).steps()
    assert [(step.number, step.uuid) for step in steps] == [(n, f"u{n}") for n in range(1, 8)]


def test_else_and_elsif_stand_beside_their_if() -> None:
    assert [step.depth for step in parse_recipe(packed()).steps()] == [0, 1, 2, 1, 2, 1, 1]


def test_connections_have_plain_spaces_and_built_in_providers_none() -> None:
    connections = parse_recipe(packed()).connections
    assert [(entry.provider, entry.name) for entry in connections] == [("salesforce", "CRM prod"), ("clock", "")]


def test_unknown_keys_are_kept() -> None:
    recipe = parse_recipe(packed(code={**CODE, "from_the_future": [1]}, new_setting="x"))
    assert recipe.trigger.raw["from_the_future"] == [1]
    assert recipe.settings["new_setting"] == "x"


def test_the_rest_form_and_the_pull_form_read_as_the_package_form() -> None:
    package = parse_recipe(packed())
    rest = parse_recipe(
        json.dumps(
            {"id": 5, "name": "R", "version_no": 7, "private": True, "code": json.dumps(CODE), "config": CONFIG}
        ).encode()
    )
    version = {"name": "R", "version_no": 7, "visibility_private": True, "config": json.dumps(CONFIG)}
    pulled = parse_recipe(json.dumps({"recipe_id": 5, "code": CODE, "version": version}).encode())
    for other in (rest, pulled):
        assert other.steps() == package.steps()
        assert other.connections == package.connections
        assert (other.name, other.settings["version"], other.settings["private"]) == ("R", 7, True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "a JSON list where an object should be"),
        (b"{}", "'code' is null"),
        (b'{"code": 1.5}', "'code' is number"),
        (b'{"code": "[["}', "Not JSON"),
        (b'{"code": {"block": {}}}', "'block' of step 1 is object"),
        (b'{"code": {"block": [{}, true]}}', "a true or false stands among the steps of step 1"),
        (b'{"code": {}, "config": {}}', "'config' is object"),
        (b'{"code": {}, "config": [null]}', "a null stands among the connections"),
    ],
)
def test_json_that_is_no_recipe_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(RecipeFormatError) as caught:
        parse_recipe(content)
    assert reason in str(caught.value)


def test_a_hundred_nested_blocks_are_read() -> None:
    node: dict[str, Any] = {"keyword": "action"}
    for _ in range(100):
        node = {"keyword": "if", "block": [node]}
    assert len(parse_recipe(json.dumps({"code": {"keyword": "trigger", "block": [node]}}).encode()).steps()) == 102
