"""What is remembered about blobs between runs: never trusted without proof, never in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.adapters.repository import Repository, RepositoryAccess
from exporter.adapters.repository import memory as memory_module
from exporter.adapters.repository.memory import find_once, read_memory, write_memory
from exporter.snapshot import Asset, Snapshot, asset_of

ENTRIES = {"b1": ("x", "受注"), "b2": ()}


class Finder:
    """Says the path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, asset: Asset) -> tuple[str, ...]:
        self.asked.append(asset.path)
        return (asset.path,)


ONE, OTHER = asset_of("a", b"1"), asset_of("b", b"2")


def test_what_was_found_once_is_not_looked_for_again(tmp_path: Path) -> None:
    file, finder = tmp_path / "state" / "m", Finder()
    (tmp_path / "state").mkdir()
    assert find_once(file, 1, [ONE], finder) == {ONE.blob: ("a",)}
    assert find_once(file, 1, [ONE, OTHER], finder) == {ONE.blob: ("a",), OTHER.blob: ("b",)}
    assert find_once(file, 1, [OTHER], finder) == {OTHER.blob: ("b",)}
    assert finder.asked == ["a", "b"]
    assert [path.name for path in file.parent.iterdir()] == ["m"]


def test_another_version_is_found_anew(tmp_path: Path) -> None:
    finder = Finder()
    for version in (1, 2, 1):
        find_once(tmp_path / "m", version, [ONE], finder)
    assert finder.asked == ["a", "a", "a"]


def test_every_damaged_byte_makes_the_memory_empty(tmp_path: Path) -> None:
    file = tmp_path / "m"
    write_memory(file, 1, ENTRIES)
    assert read_memory(file, 1) == ENTRIES
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert read_memory(file, 1) == {}
        file.write_bytes(whole[:place])
        assert read_memory(file, 1) == {}


@pytest.mark.parametrize("body", [b"[]", b'{"a": 1}', b"{", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_of_another_shape_is_empty_even_with_its_checksum(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "m").write_bytes(memory_module._head(1, body) + b"\n" + body)
    assert read_memory(tmp_path / "m", 1) == {}


def test_a_memory_that_grew_too_large_keeps_what_was_asked_for_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "MAX_ENTRIES", 1)
    find_once(tmp_path / "m", 1, [ONE], Finder())
    find_once(tmp_path / "m", 1, [OTHER], Finder())
    assert read_memory(tmp_path / "m", 1) == {OTHER.blob: ("b",)}


def test_a_place_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    finder = Finder()
    for _ in range(2):
        assert find_once(tmp_path / "file" / "m", 1, [ONE], finder) == {ONE.blob: ("a",)}
    assert finder.asked == ["a", "a"]


def test_a_repository_remembers_between_its_openings(
    tmp_path: Path, snapshot: Callable[..., Snapshot], noon: object
) -> None:
    access = RepositoryAccess(tmp_path / "snapshots")
    finder = Finder()
    assert Repository(access).find_once("mentions", 1, [ONE], finder) == {ONE.blob: ("a",)}
    assert not access.path.exists()
    Repository(access).commit(snapshot("dev", {"P/a.recipe.json": b"{}"}), now=noon)  # type: ignore[arg-type]
    for _ in range(2):
        repository = Repository(access)
        found = repository.find_once("mentions", 1, list(repository.read("dev").assets.values()), finder)
        assert list(found.values()) == [("P/a.recipe.json",)]
        repository.close()
    assert finder.asked == ["a", "P/a.recipe.json"]
