"""References: what is written in a file, and which asset of an environment it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.diff.references import Holdings, Reference, base_name, file_stem, leaves, may_refer, scan_mentions
from exporter.snapshot import AssetInfo, Index, Project, ProjectFailure, Snapshot, asset_of, snapshot_of


def environment(*paths: str, projects: tuple[str, ...] = (), unread: tuple[str, ...] = (), **ids: int) -> Snapshot:
    index = Index(
        environment="test",
        projects=tuple(Project(name, 1, 1) for name in projects),
        assets={path.replace("__", "/") + ".recipe.json": AssetInfo(id=number) for path, number in ids.items()},
    )
    return snapshot_of(
        index, [asset_of(path, b"{}") for path in paths], failures=[ProjectFailure(name, "HTTP 500") for name in unread]
    )


@pytest.mark.parametrize(
    ("zip_name", "path"),
    [
        ("Functions/log.recipe.json", "O2C/Functions/log.recipe.json"),
        ("Shared/Functions/log.recipe.json", "Shared/Functions/log.recipe.json"),
        ("gmail.connection.json", "gmail.connection.json"),
        ("HR / Onboarding/okta.connection.json", "HR ∕ Onboarding/okta.connection.json"),
        ("Elsewhere/okta.connection.json", "HR ∕ Onboarding/okta.connection.json"),
        ("get_api.7.recipe.json", "O2C/get_api.1.recipe.json"),
        ("nothing.recipe.json", None),
        ("log.connection.json", None),
    ],
)
def test_a_reference_counts_from_the_project_then_from_the_root_then_by_its_file_name(
    zip_name: str, path: str | None
) -> None:
    holdings = Holdings(
        environment(
            "O2C/Functions/log.recipe.json",
            "Shared/Functions/log.recipe.json",
            "gmail.connection.json",
            "HR ∕ Onboarding/okta.connection.json",
            "O2C/get_api.1.recipe.json",
        )
    )
    assert holdings.find("O2C", zip_name) == path


def test_a_file_name_that_several_projects_have_means_the_own_one() -> None:
    holdings = Holdings(environment("A/x/log.recipe.json", "B/x/log.recipe.json"))
    assert holdings.find("B", "y/log.recipe.json") == "B/x/log.recipe.json"


def test_a_recipe_called_by_its_number_is_found_by_the_index() -> None:
    holdings = Holdings(environment("P/log.recipe.json", P__log=4711))
    assert holdings.find_mention("P", "#4711") == "P/log.recipe.json"
    assert holdings.find_mention("P", "#4712") is None
    assert holdings.find_mention("P", "#x.recipe.json") is None
    assert holdings.find_mention("P", "log.recipe.json") == "P/log.recipe.json"


@pytest.mark.parametrize(
    ("zip_name", "can_tell"),
    [
        ("Data/tax.lookup_table.json", True),  # a folder of the own project
        ("Shared/log.recipe.json", True),  # another project that was exported
        ("Broken/log.recipe.json", False),  # one that could not be read
        ("Secret/log.recipe.json", False),  # one that nobody told of: it may have been left out
    ],
)
def test_what_is_missing_is_known_only_where_everything_was_exported(zip_name: str, can_tell: bool) -> None:
    holdings = Holdings(environment("O2C/Data/a.recipe.json", projects=("O2C", "Shared", "Broken"), unread=("Broken",)))
    assert holdings.can_tell("O2C", zip_name) is can_tell


def test_at_the_root_it_is_known_only_if_home_was_exported_too() -> None:
    without = environment("O2C/a.recipe.json", projects=("O2C",))
    beside = environment("O2C/a.recipe.json", "gmail.connection.json", projects=("O2C",))
    assert not Holdings(without).can_tell("O2C", "slack.connection.json")
    assert Holdings(beside).can_tell("O2C", "slack.connection.json")
    assert Holdings(beside).can_tell("", "slack.connection.json")


def test_file_names_follow_from_names() -> None:
    assert file_stem("O2C | FUNC | Check customer credit") == "o2c_func_check_customer_credit"
    assert file_stem("経費申請の承認フロー") == "経費申請の承認フロー"
    assert base_name("A/b/get_api.12.api_endpoint.json") == "get_api.api_endpoint.json"
    assert base_name("v1.2.recipe.json") == "v1.recipe.json"


def test_leaves_are_strings_and_references_in_the_order_of_the_file() -> None:
    reference = {"zip_name": "a.recipe.json", "name": "A\u00a0 b", "folder": ""}
    value: Any = {"flow_id": reference, "parameters": [{"x": "1"}, 2, None], "y": {"zip_name": ""}}
    assert list(leaves(value)) == [
        ("flow_id", Reference("flow_id", "a.recipe.json", "A b")),
        ("x", "1"),
        ("zip_name", ""),
    ]


def test_a_reference_without_a_name_is_called_by_its_file() -> None:
    assert Reference("flow_id", "a/get_api.recipe.json", "").title == "get_api"


def test_mentions_are_found_in_the_bytes_each_once() -> None:
    document = {
        "config": [{"account_id": {"zip_name": "Shared/netsuite.connection.json"}}],
        "code": {"input": {"flow_id": "4711"}, "block": [{"flow_id": {"zip_name": 'F/受注 "x".recipe.json'}}] * 2},
    }
    expected = ("#4711", 'F/受注 "x".recipe.json', "Shared/netsuite.connection.json")
    assert scan_mentions(json.dumps(document).encode()) == expected
    assert scan_mentions(json.dumps(document, indent=2, ensure_ascii=False).encode()) == expected


@given(
    st.binary(max_size=200) | st.text(max_size=60).map(lambda text: f'"zip_name": "{text}"'.encode("utf-8", "replace"))
)
def test_any_bytes_are_scanned_without_an_error(content: bytes) -> None:
    for mention in scan_mentions(content):
        mention.encode()


def test_half_a_surrogate_is_no_mention() -> None:
    assert scan_mentions(rb'{"zip_name": "a\ud800b.recipe.json"}') == ()


def test_tables_and_pictures_hold_no_references() -> None:
    assert [
        path
        for path in ("P/a.recipe.json", "P/t.lookup_table.json", "P/c.custom_adapter.png", "P/e.api_endpoint.json")
        if may_refer(path)
    ] == ["P/a.recipe.json", "P/e.api_endpoint.json"]
