"""Whether an archive was only packed anew. Pure.

Workato packs a page's `lcap_page.zip` anew at each export, so the times inside move while every member stays as it
was (measured: 0 content changes in 50 re-exports, and different bytes each time). Such an archive has not changed.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from exporter.adapters.archive import is_archive

MAX_COMPARED_BYTES = 256 * 1024 * 1024  # unpacked; an archive that claims more counts as changed, unread
_CHUNK_BYTES = 1 << 16


def archives_are_equal(before: bytes, after: bytes) -> bool:
    """Whether both are archives whose members have the same names and bytes, whatever their order and times.

    Anything doubtful (cut, encrypted, the same name twice, too large) is not equal: then the bytes decide.
    """
    if not (is_archive(before) and is_archive(after)):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(before)) as one, zipfile.ZipFile(io.BytesIO(after)) as other:
            return _members_are_equal(one, other)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return False


def _members_are_equal(before: zipfile.ZipFile, after: zipfile.ZipFile) -> bool:
    members = {info.filename: info for info in before.infolist()}
    others = {info.filename: info for info in after.infolist()}
    if members.keys() != others.keys():
        return False
    if len(members) != len(before.infolist()) or len(others) != len(after.infolist()):
        return False
    if any(info.file_size != others[name].file_size for name, info in members.items()):
        return False
    if sum(info.file_size for info in members.values()) > MAX_COMPARED_BYTES:
        return False
    return all(_contents_are_equal(before, info, after, others[name]) for name, info in members.items())


def _contents_are_equal(
    before: zipfile.ZipFile, member: zipfile.ZipInfo, after: zipfile.ZipFile, other: zipfile.ZipInfo
) -> bool:
    with before.open(member) as one, after.open(other) as two:
        while True:
            chunk = one.read(_CHUNK_BYTES)
            if chunk != two.read(_CHUNK_BYTES):
                return False
            if not chunk:
                return True
