from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.adapters.workato import replies
from exporter.errors import WorkatoReplyError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "result", "data", "items", "assets", "errors", "zip_name", "folder_id", "message"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@pytest.mark.parametrize(
    "reply",
    [
        [{"id": 1}],
        {"items": [{"id": 1}]},
        {"result": [{"id": 1}]},
        {"data": [{"id": 1}]},
        {"result": {"assets": [{"id": 1}]}},
        {"result": {"items": [{"id": 1}], "count": 1}},
        {"data": {"tags": [{"id": 1}]}},
    ],
)
def test_a_list_comes_in_any_wrapper(reply: Any) -> None:
    assert replies.unwrap_list(reply, "x") == [{"id": 1}]


@pytest.mark.parametrize("reply", [None, {}, "text", 3, {"result": {}}, {"error": "no"}])
def test_an_answer_without_a_list_is_no_empty_list(reply: Any) -> None:
    with pytest.raises(WorkatoReplyError):
        replies.unwrap_list(reply, "the projects")


@pytest.mark.parametrize("reply", [{"id": 1}, {"result": {"id": 1}}, {"data": {"id": 1}}])
def test_an_object_comes_in_any_wrapper(reply: Any) -> None:
    assert replies.unwrap_object(reply, "x") == {"id": 1}


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ({"message": "Unauthorized"}, "Unauthorized"),
        ({"message": "Server error", "id": "abc-1"}, "Server error; (support id abc-1)"),
        (
            {"message": "Validation failed", "errors": {"name": "is taken", "code": ["a", "b"]}},
            "Validation failed; name: is taken; code: a, b",
        ),
        ({"error": "bad", "error_type": "Kind"}, "bad; Kind"),
        ({"errors": [{"code": 4, "title": "Wrong"}]}, "title: Wrong"),
        ({"success": False, "errors": {"base": ["is running"]}}, "base: is running"),
        ("plain text\nof two lines", "plain text of two lines"),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_an_error_is_read_from_every_shape(reply: Any, text: str) -> None:
    assert replies.error_text(reply) == text


def test_text_for_messages_is_short_printable_and_without_signatures() -> None:
    assert (
        replies.one_line("see https://s3.example/x.zip?X-Amz-Signature=abc now") == "see https://s3.example/x.zip?… now"
    )
    assert replies.one_line("a\x1b[31m\x00b") == "a [31m b"
    assert len(replies.one_line("word " * 1000)) == 301


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("5", 5), (5.0, 5), (True, None), ("5a", None), (None, None), ("", None), ("٥", None), ("9" * 30, None)],
)
def test_an_id_is_a_number_or_its_digits(value: Any, number: int | None) -> None:
    assert replies.as_int(value) == number


@pytest.mark.parametrize(
    ("value", "reference"),
    [(5, "5"), ("5", "5"), ("b7e1-x", "b7e1-x"), ("../users", None), ("a b", None), ("", None), (None, None)],
)
def test_a_reference_cannot_become_another_path(value: Any, reference: str | None) -> None:
    assert replies.as_reference(value) == reference


@pytest.mark.parametrize("value", [None, "", "null", " null "])
def test_a_link_that_is_null_or_says_null_is_none(value: Any) -> None:
    assert replies.package_row({"id": 1, "download_url": value}).download_url is None


def test_a_package_of_unknown_state_is_neither_completed_nor_failed() -> None:
    row = replies.package_row({"id": "8", "status": "Warming_Up"})
    assert (row.id, row.is_completed, row.is_failed) == ("8", False, False)


def test_an_assets_place_is_its_absolute_path_and_file_name() -> None:
    row = {"id": "3", "type": "brand_new", "version": 4, "folder": "F", "zip_name": "F/a.brand_new.json"}
    assert [
        (asset.place, asset.type, asset.id, asset.version, asset.is_in_home)
        for asset in replies.asset_rows(
            [{**row, "absolute_path": "All projects/P/F"}, {**row, "root_folder": True}, {}]
        )
    ] == [("P/F/a.brand_new.json", "brand_new", 3, 4, False), ("a.brand_new.json", "brand_new", 3, 4, True)]


def test_rows_without_what_makes_them_usable_are_left_out() -> None:
    assert replies.project_rows([{"id": 1, "name": "A"}, {"id": 2, "folder_id": "7"}, "x"]) == [
        replies.ProjectRow(2, "", 7)
    ]
    assert replies.folder_rows([{"name": "no id"}, {"id": 4, "name": None, "parent_id": None}]) == [
        replies.FolderRow(4, "", None, False)
    ]


def test_a_recipes_author_is_who_saved_the_version_not_who_made_the_recipe() -> None:
    (row,) = replies.recipe_rows({"items": [{"id": 1, "version_no": 3, "author_name": "Maker", "running": None}]})
    assert row == replies.RecipeRow(1, None, 3, None, None, None)


@given(JSON)
def test_no_json_at_all_breaks_a_parser(reply: Any) -> None:
    for parse in (
        replies.project_rows,
        replies.folder_rows,
        replies.asset_rows,
        replies.recipe_rows,
        replies.package_row,
        replies.manifest_id,
    ):
        try:
            parse(reply)
        except WorkatoReplyError:
            continue
    assert "\n" not in replies.error_text(reply)
