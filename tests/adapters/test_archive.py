from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.adapters import archive as archives
from exporter.adapters.archive import open_archive
from exporter.errors import PackageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "7-100.zip"


def packed(members: Mapping[str, bytes]) -> bytes:
    """A package as Workato makes it: deflated, UTF-8 names without the flag that says so."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(member_info(name), content)
    package = bytearray(buffer.getvalue())
    for header, flags_end in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):  # a member's own, and the directory's
        for match in re.finditer(re.escape(header), buffer.getvalue()):
            package[match.start() + flags_end] &= ~0x08
    return bytes(package)


def member_info(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _hostile(path: Path, *members: tuple[zipfile.ZipInfo, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in members:
            archive.writestr(info, content)


def _refusal(path: Path) -> str:
    with pytest.raises(PackageError) as caught:
        open_archive(path)
    return str(caught.value)


def test_members_are_read_with_their_names_in_utf8_without_the_flag(path: Path) -> None:
    path.write_bytes(packed({"受注/同期.recipe.json": b"{}", "a | b/é 🚀.recipe.json": b"[]"}))
    with zipfile.ZipFile(path) as archive:
        assert all(info.flag_bits & 0x800 == 0 for info in archive.infolist())
    archive_ = open_archive(path)
    assert {member.name: archive_.read(member) for member in archive_.members} == {
        "受注/同期.recipe.json": b"{}",
        "a | b/é 🚀.recipe.json": b"[]",
    }


def test_names_with_the_flag_and_names_that_are_no_utf8_are_kept(path: Path) -> None:
    _hostile(path, (zipfile.ZipInfo("é.recipe.json"), b"1"), (zipfile.ZipInfo("plain.recipe.json"), b"2"))
    assert [member.name for member in open_archive(path).members] == ["é.recipe.json", "plain.recipe.json"]


def test_folders_are_no_members(path: Path) -> None:
    folder = member_info("Recipes/", 0o040755)
    folder.compress_type = zipfile.ZIP_STORED
    _hostile(path, (folder, b""), (member_info("Recipes/a.recipe.json"), b"{}"))
    assert [member.name for member in open_archive(path).members] == ["Recipes/a.recipe.json"]


@pytest.mark.parametrize(
    "name",
    ["../x.json", "a/../x.json", "/etc/x.json", "a//x.json", "./x.json", "C:/x.json", "a\\x.json", "..", "a/..", "c:"],
)
def test_a_name_that_leads_elsewhere_is_refused(path: Path, name: str) -> None:
    _hostile(path, (zipfile.ZipInfo(name), b"x"))
    assert "a name that leads out of its folder" in _refusal(path)


def test_a_colon_in_a_folder_name_is_no_drive(path: Path) -> None:
    path.write_bytes(packed({"C: Finance => NetSuite/x.recipe.json": b"{}"}))
    assert [member.name for member in open_archive(path).members] == ["C: Finance => NetSuite/x.recipe.json"]


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o020644])
def test_links_and_special_files_are_refused(path: Path, mode: int) -> None:
    _hostile(path, (member_info("link.recipe.json", mode), b"/etc/passwd"))
    assert "a link or a special file" in _refusal(path)


def test_an_encrypted_member_is_refused(path: Path) -> None:
    content = bytearray(packed({"a.recipe.json": b"{}"}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    path.write_bytes(content)
    assert "encrypted" in _refusal(path)


def test_another_compression_is_refused(path: Path) -> None:
    info = zipfile.ZipInfo("a.recipe.json")
    info.compress_type = zipfile.ZIP_BZIP2
    _hostile(path, (info, b"x" * 100))
    assert "compression" in _refusal(path)


def test_a_member_twice_is_refused(path: Path, recwarn: pytest.WarningsRecorder) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        _hostile(path, (zipfile.ZipInfo("a.json"), b"1"), (zipfile.ZipInfo("a.json"), b"2"))
    assert "twice" in _refusal(path)


def test_a_file_where_a_folder_is_needed_is_refused(path: Path) -> None:
    path.write_bytes(packed({"a": b"1", "a/b/c.json": b"2"}))
    assert "both as a file and as a folder" in _refusal(path)


def test_names_that_differ_only_in_case_are_two_members(path: Path) -> None:
    path.write_bytes(packed({"Sales/a.json": b"1", "SALES/a.json": b"2"}))
    assert len(open_archive(path).members) == 2


def test_a_web_page_instead_of_a_package_is_named_as_such(path: Path) -> None:
    path.write_bytes(b"<!DOCTYPE html><html>maintenance</html>")
    assert "a web page" in _refusal(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, b"PK\x05\x06"])
def test_a_cut_archive_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _refusal(path)


def test_an_archive_cut_at_the_end_is_refused(path: Path) -> None:
    path.write_bytes(packed({"a.recipe.json": b"{}" * 100})[:-10])
    assert "damaged or cut" in _refusal(path)


def test_a_damaged_member_is_noticed_when_it_is_read(path: Path) -> None:
    content = bytearray(packed({"a.recipe.json": bytes(range(256)) * 10}))
    content[50] ^= 0xFF
    path.write_bytes(content)
    archive = open_archive(path)
    with pytest.raises(PackageError, match=r"damaged"):
        archive.read(archive.members[0])


def test_an_archive_that_vanished_is_a_package_error(path: Path) -> None:
    path.write_bytes(packed({"a.recipe.json": b"{}"}))
    archive = open_archive(path)
    path.unlink()
    with pytest.raises(PackageError, match="cannot be read"):
        archive.read(archive.members[0])


def test_a_bomb_is_refused_by_its_ratio(path: Path) -> None:
    path.write_bytes(packed({"a.recipe.json": b"\0" * (archives.RATIO_FREE_BYTES + 1)}))
    assert f"more than {archives.MAX_RATIO} times" in _refusal(path)


def test_a_member_that_announces_less_than_it_unpacks_to_is_cut_off(path: Path) -> None:
    content = bytearray(packed({"a.recipe.json": b"\0" * 1_000_000}))
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, 10)
    path.write_bytes(content)
    archive = open_archive(path)
    with pytest.raises(PackageError, match="announced"):
        archive.read(archive.members[0])


def test_sizes_beyond_belief_are_refused(path: Path) -> None:
    content = bytearray(packed({"a.recipe.json": b"{}"}))
    directory = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, archives.MAX_MEMBER_BYTES + 1)
    path.write_bytes(content)
    assert "more than wexport believes" in _refusal(path)


def test_too_many_members_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    path.write_bytes(packed(dict.fromkeys("abc", b"")))
    assert "3 members" in _refusal(path)


def test_overlapping_members_are_refused(path: Path) -> None:
    content = bytearray(packed({"a.json": b"1" * 50, "b.json": b"1" * 50}))
    second = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, second + 42, 0)
    path.write_bytes(content)
    assert "overlap" in _refusal(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(position=st.integers(0, 400), byte=st.integers(0, 255))
def test_no_changed_byte_ends_in_another_error(path: Path, position: int, byte: int) -> None:
    content = bytearray(packed({"Recipes/é.recipe.json": b'{"a": 1}' * 20, "b.connection.json": b"{}"}))
    content[position % len(content)] = byte
    path.write_bytes(content)
    try:
        archive = open_archive(path)
        for member in archive.members:
            archive.read(member)
    except PackageError:
        pass


def test_prefixed_bytes_are_no_archive(path: Path) -> None:
    buffer = io.BytesIO(b"#!/bin/sh\n" + packed({"a.json": b"1"}))
    path.write_bytes(buffer.getvalue())
    assert "no zip archive" in _refusal(path)
