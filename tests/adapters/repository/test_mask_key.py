"""The key of masks: made once, kept to its owner, the same for every run."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exporter.adapters.repository import mask_key
from exporter.adapters.repository.mask_key import KEY_BYTES, read_mask_key


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    key = read_mask_key(tmp_path)
    assert len(key) == KEY_BYTES
    assert read_mask_key(tmp_path) == key
    (file,) = tmp_path.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("mask.key", 0o600)


def test_two_repositories_have_two_keys(tmp_path: Path) -> None:
    folders = tmp_path / "a", tmp_path / "b"
    for folder in folders:
        folder.mkdir()
    assert read_mask_key(folders[0]) != read_mask_key(folders[1])


def test_runs_at_the_same_moment_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(read_mask_key, [tmp_path] * 32))
    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["mask.key"]


@pytest.mark.parametrize("content", [b"", b"zz", b"abcd", b"\xff\xfe"])
def test_a_file_without_a_key_is_never_used_as_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mask.key").write_bytes(content)
    assert len(read_mask_key(tmp_path)) == KEY_BYTES
    assert (tmp_path / "mask.key").read_bytes() == content


def test_where_nothing_can_be_written_a_key_lasts_for_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError("read-only")

    monkeypatch.setattr(mask_key.os, "open", refused)
    assert len(read_mask_key(tmp_path)) == KEY_BYTES
    assert list(tmp_path.iterdir()) == []
