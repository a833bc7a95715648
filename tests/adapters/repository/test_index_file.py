from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.adapters.repository.index_file import IndexFile, parse_index_file, render_index_file
from exporter.errors import RepositoryError
from exporter.snapshot import AssetInfo, Index, Project

INDEX = Index(
    environment="dev",
    base_url="https://app.eu.workato.com",
    workspace_id=11,
    workspace_name="Acme",
    projects=(Project("Orders", 2, 20), Project("注文", 3, None)),
    assets={
        "Orders/b.recipe.json": AssetInfo(id=5, version=3, author_name="Kim", is_running=False),
        "Orders/a.recipe.json": AssetInfo(id=4, folder_id=20, is_running=True),
    },
)


def test_an_index_is_one_line_an_entry_without_unknown_fields() -> None:
    assert render_index_file(IndexFile(INDEX, {"x": "y"})).decode() == (
        "{\n"
        '"format": 1,\n'
        '"environment": "dev",\n'
        '"base_url": "https://app.eu.workato.com",\n'
        '"workspace": {"id": 11, "name": "Acme"},\n'
        '"projects": [\n'
        '{"name": "Orders", "id": 2, "folder_id": 20},\n'
        '{"name": "注文", "id": 3, "folder_id": null}\n'
        "],\n"
        '"assets": {\n'
        '"Orders/a.recipe.json": {"id": 4, "folder_id": 20, "is_running": true},\n'
        '"Orders/b.recipe.json": {"id": 5, "version": 3, "author_name": "Kim", "is_running": false}\n'
        "},\n"
        '"shortened": {\n'
        '"x": "y"\n'
        "}\n"
        "}\n"
    )


texts = st.text(max_size=8)
numbers = st.none() | st.integers(0, 2**60)
infos = st.builds(AssetInfo, numbers, numbers, numbers, st.none() | texts, st.none() | texts, st.none() | st.booleans())
indexes = st.builds(
    Index,
    texts,
    texts,
    numbers,
    texts,
    st.lists(st.builds(Project, texts, numbers, numbers), max_size=3).map(tuple),
    st.dictionaries(texts, infos.filter(lambda info: info != AssetInfo()), max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(indexes, st.dictionaries(texts, texts, max_size=2))
def test_an_index_comes_back_as_it_was(index: Index, shortened: dict[str, str]) -> None:
    content = render_index_file(IndexFile(index, shortened))
    parsed = parse_index_file(content, place="here")
    assert render_index_file(parsed) == content
    assert sorted(parsed.index.projects, key=repr) == sorted(index.projects, key=repr)
    assert (dict(parsed.index.assets), dict(parsed.shortened)) == (dict(index.assets), shortened)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "its format is 2"),
        ({"environment": 5}, '"environment" is no str'),
        ({"projects": {}}, '"projects" is no list'),
        ({"projects": ["x"]}, "a project is not an object"),
        ({"workspace": {"id": True, "name": ""}}, '"id" is no int'),
        ({"assets": {"p": {"id": "5"}}}, '"id" is no int'),
        ({"assets": {"p": {"owner": "5"}}}, "unknown keys: owner"),
        ({"shortened": {"p": 1}}, '"shortened" holds more than text'),
        ({"extra": 1}, "unknown keys: extra"),
    ],
)
def test_an_index_that_nobody_wrote_like_this_is_refused(change: dict[str, object], reason: str) -> None:
    value = json.loads(render_index_file(IndexFile(INDEX))) | change
    with pytest.raises(RepositoryError, match=r"^dev/index\.json cannot be used") as caught:
        parse_index_file(json.dumps(value).encode(), place="dev/index.json")
    assert reason in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"{}", b"[" * 100_000])
def test_bytes_that_are_no_index_are_refused(content: bytes) -> None:
    with pytest.raises(RepositoryError, match="cannot be used"):
        parse_index_file(content, place="dev/index.json")
