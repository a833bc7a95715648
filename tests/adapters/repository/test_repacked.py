from __future__ import annotations

import io
import zipfile

import pytest

from exporter.adapters.repository.repacked import archives_are_equal


def pack(members: list[tuple[str, bytes]], *, year: int = 2026, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content, compress_type=method)
    return buffer.getvalue()


PAGE = [("page.json", b"{}" * 100), ("logo.png", b"png")]


@pytest.mark.parametrize(
    "after",
    [
        pack(PAGE, year=2025),
        pack(PAGE[::-1]),
        pack(PAGE, method=zipfile.ZIP_STORED),
    ],
)
def test_archives_with_equal_members_are_equal(after: bytes) -> None:
    assert archives_are_equal(pack(PAGE), after)


@pytest.mark.parametrize(
    "after",
    [
        pack([("page.json", b"[]" * 100), ("logo.png", b"png")]),
        pack([("page.json", b"{}" * 100)]),
        pack([("page2.json", b"{}" * 100), ("logo.png", b"png")]),
        pack(PAGE)[:-5],
        pack(PAGE)[:40] + b"\0" * 20 + pack(PAGE)[60:],
        b"PK\x03\x04",
        b"",
        b"not an archive",
    ],
)
def test_archives_that_differ_or_cannot_be_read_are_not_equal(after: bytes) -> None:
    assert not archives_are_equal(pack(PAGE), after)


def test_the_same_name_twice_is_never_equal() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = pack([("page.json", b"1"), ("page.json", b"2")])
    assert not archives_are_equal(twice, twice)


def test_an_archive_that_claims_too_much_is_not_unpacked() -> None:
    content = bytearray(pack([("page.json", b"x")]))
    at = content.index(b"PK\x01\x02") + 24  # the unpacked size in the central directory
    content[at : at + 4] = (1 << 30).to_bytes(4, "little")
    assert not archives_are_equal(bytes(content), bytes(content))
