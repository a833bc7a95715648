from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from exporter.adapters.repository import Repository
from exporter.errors import LocalEditsError
from exporter.snapshot import Snapshot

Build = Callable[..., Snapshot]
Git = Callable[..., str]
FILES = {
    "Orders/sync.recipe.json": b'{"a": 1}\r\n',
    "Orders/CON | x/.git/y": b"\x00\xff",
    "Orders/crm.connection.json": b"{}",
    "Billing/bill.recipe.json": b"{}",
    "home.recipe.json": b"",
}


@pytest.mark.parametrize("edit", ["change", "delete", "link", "same size"])
def test_hand_edits_are_refused_by_name_and_discarded_when_told(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime, edit: str
) -> None:
    first = repository.commit(snapshot("dev", FILES), now=noon)
    file = home / "dev/Orders/crm.connection.json"
    content = {"change": b"mine", "same size": b"[]"}.get(edit)
    if content is not None:
        file.write_bytes(content)
    else:
        file.unlink()
    if edit == "link":
        file.symlink_to("/etc/hostname")
    for files in (FILES, FILES | {"home.recipe.json": b"new"}):
        with pytest.raises(LocalEditsError, match=r"'dev/Orders/crm\.connection\.json'"):
            repository.commit(snapshot("dev", files), now=noon)
    assert git(home, "rev-parse", "main").strip() == first.revision
    assert not file.exists() if edit == "delete" else os.path.lexists(file)
    repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon, discard=True)
    assert file.read_bytes() == b"{}"
    assert not file.is_symlink()
    assert git(home, "status", "--porcelain") == ""


def test_discard_restores_files_even_if_nothing_was_exported_anew(
    repository: Repository, snapshot: Build, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    (home / "dev/home.recipe.json").write_bytes(b"mine")
    assert not repository.commit(snapshot("dev", FILES), now=noon, discard=True).is_new
    assert (home / "dev/home.recipe.json").read_bytes() == b""


def test_a_file_of_somebody_elses_in_the_place_of_a_new_one_is_not_overwritten(
    repository: Repository, snapshot: Build, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    (home / "dev/Orders/new.recipe.json").write_bytes(b"mine")
    (home / "dev/Orders/notes.txt").write_bytes(b"mine too")
    with pytest.raises(LocalEditsError, match=r"'dev/Orders/new\.recipe\.json'"):
        repository.commit(snapshot("dev", FILES | {"Orders/new.recipe.json": b"theirs"}), now=noon)
    assert (home / "dev/Orders/new.recipe.json").read_bytes() == b"mine"
    repository.commit(snapshot("dev", FILES | {"Orders/new.recipe.json": b"mine"}), now=noon)
    assert (home / "dev/Orders/notes.txt").read_bytes() == b"mine too"


def test_edits_of_another_environment_and_staged_work_stay(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    repository.commit(snapshot("prod", FILES), now=noon)
    (home / "prod/home.recipe.json").write_bytes(b"mine")
    (home / "notes.md").write_bytes(b"staged")
    git(home, "add", "notes.md")
    repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon)
    assert git(home, "status", "--porcelain").splitlines() == ["A  notes.md", " M prod/home.recipe.json"]


def test_a_folder_reached_through_a_link_is_an_edit(
    repository: Repository, snapshot: Build, home: Path, tmp_path: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    elsewhere = tmp_path / "elsewhere"
    (home / "dev/Orders").rename(elsewhere)
    (home / "dev/Orders").symlink_to(elsewhere)
    with pytest.raises(LocalEditsError):
        repository.commit(snapshot("dev", FILES | {"Orders/sync.recipe.json": b"new"}), now=noon)
    repository.commit(snapshot("dev", FILES | {"Orders/sync.recipe.json": b"new"}), now=noon, discard=True)
    assert (elsewhere / "sync.recipe.json").read_bytes() == b'{"a": 1}\r\n'
    assert not (home / "dev/Orders").is_symlink()
    assert (home / "dev/Orders/sync.recipe.json").read_bytes() == b"new"
    assert (home / "dev/Orders/crm.connection.json").read_bytes() == b"{}"


def test_somebodys_files_below_a_folder_that_becomes_a_file_are_kept(
    repository: Repository, snapshot: Build, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", {"P/deep/y": b"2"}), now=noon)
    (home / "dev/P/deep/mine").touch()
    with pytest.raises(LocalEditsError, match="'dev/P/deep'"):
        repository.commit(snapshot("dev", {"P/deep": b"2"}), now=noon)
