"""The pure pieces: names, layout, references, limits. Laws and hand-made examples."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.sandbox.workato.layout import lay_out, without_tags
from exporter.sandbox.workato.naming import relative_folder, slug, type_rank
from exporter.sandbox.workato.ratelimit import RateLimiter, endpoint_group
from exporter.sandbox.workato.references import Place, find_references, rewrite_references, rewrite_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CON | Jira (UAT)", "con_jira_uat"),
        ("経費ー精算【本番】", "経費ー精算_本番"),
        ("  __a--B 2 ", "a_b_2"),
        ("🚀", "untitled"),
    ],
)
def test_a_slug_keeps_letters_and_digits_of_every_script(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.text())
def test_a_slug_of_a_slug_is_the_same(name: str) -> None:
    assert slug(slug(name)) == slug(name)


def test_foreign_folders_keep_their_path_from_the_root() -> None:
    assert relative_folder(("Sales", "Orders"), ("Sales",)) == ("Orders",)
    assert relative_folder(("Shared", "Connections"), ("Sales",)) == ("Shared", "Connections")


def test_tables_come_before_connections_and_recipes_before_unknown_types() -> None:
    types = ["api_endpoint", "recipe", "connection", "lookup_table", "something_else"]
    assert sorted(types, key=type_rank) == ["lookup_table", "connection", "recipe", "api_endpoint", "something_else"]


def test_empty_containers_take_several_lines() -> None:
    assert lay_out({"a": [], "b": {}, "c": [1, "ü"]}) == (
        '{\n  "a": [\n\n  ],\n  "b": {\n  },\n  "c": [\n    1,\n    "ü"\n  ]\n}'.encode()
    )


@given(JSON)
def test_layout_changes_no_value(value: object) -> None:
    assert json.loads(lay_out(value)) == value


def test_tags_are_cut_out_and_nothing_else() -> None:
    tagged = lay_out({"name": "x", "tags": ["a ] b", 'c"d'], "code": {"tags": ["kept"]}})
    assert without_tags(tagged) == lay_out({"name": "x", "code": {"tags": ["kept"]}})


def test_references_are_rewritten_and_every_other_byte_stays() -> None:
    content = (
        b'{"flow_id": {"zip_name": "A/x.recipe.json",\n "name": "X \\"1\\"",\n "folder": "A"}, "folder": "A",  "n":1.0}'
    )
    assert find_references(content) == ("A/x.recipe.json",)
    moved = rewrite_references(content, lambda place: Place("B/" + place.zip_name, "B/" + place.folder))
    assert moved == content.replace(b'"A/x.recipe.json"', b'"B/A/x.recipe.json"').replace(
        b'"folder": "A"}', b'"folder": "B/A"}'
    )


def test_a_reference_inside_a_string_is_no_reference() -> None:
    inner = json.dumps({"zip_name": "a", "name": "b", "folder": "c"})
    assert find_references(json.dumps({"text": inner}).encode()) == ()


def test_parsed_references_may_have_their_keys_in_any_order() -> None:
    value = [{"folder": "A", "name": "X", "zip_name": "A/x", "custom": True}]
    assert rewrite_value(value, lambda place: Place("x", "")) == [
        {"folder": "", "name": "X", "zip_name": "x", "custom": True}
    ]


def test_the_limit_is_a_sliding_minute_for_each_token_and_group() -> None:
    now = [0.0]
    limiter = RateLimiter(2, lambda: now[0])
    assert [limiter.admit("dev", "packages") for _ in range(3)] == [None, None, 60]
    assert limiter.admit("dev", "recipes") is None
    assert limiter.admit("test", "packages") is None
    now[0] = 59.5
    assert limiter.admit("dev", "packages") == 1
    now[0] = 60.0
    assert limiter.admit("dev", "packages") is None


def test_zero_is_no_limit() -> None:
    limiter = RateLimiter(0, lambda: 0.0)
    assert {limiter.admit("dev", "packages") for _ in range(1000)} == {None}


def test_manifests_and_packages_share_a_bucket() -> None:
    assert endpoint_group("/api/export_manifests/folder_assets") == endpoint_group("/api/packages/7")
    assert endpoint_group("/api/recipes/1/versions") == "recipes"
