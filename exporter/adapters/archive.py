"""A package archive, downloaded or from anywhere, checked before a byte of it is used.

Nothing is ever unpacked to a disk: members are read one at a time from the archive, whenever they are asked for and
by as many threads as like. The whole archive is refused when anything about it is not as Workato makes it, because
a package that lies in one place is not to be believed in another.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exporter.errors import PackageError

# None of these is documented by Workato; they are far above what it holds: 5,000 recipes a workspace, recipe code
# up to 90 MB, imports up to 100 MB (docs.workato.com, workspace limits), about 10:1 compression (measured).
MAX_MEMBERS = 200_000
MAX_MEMBER_BYTES = 512 * 1024 * 1024
MAX_TOTAL_BYTES = 4 * 1024 * 1024 * 1024
MAX_RATIO = 400  # deflate itself ends at about 1030
RATIO_FREE_BYTES = 16 * 1024 * 1024  # small archives of repeated text may compress as well as they like

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT 4.3.7
_LOCAL_MAGIC = b"PK\x03\x04"
_EMPTY_MAGIC = b"PK\x05\x06"
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_UTF8_FLAG = 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNREADABLE = (  # what zipfile raises for bytes that are no archive, beside its own error
    zipfile.BadZipFile,
    NotImplementedError,
    UnicodeDecodeError,
    struct.error,
    ValueError,
    OSError,
    EOFError,
    OverflowError,
    MemoryError,
)
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive. `name` has "/" between its parts, none of them empty, "." or ".."."""

    name: str
    size: int
    compressed_size: int
    header_offset: int
    method: int
    checksum: int  # CRC-32 of the content


@dataclass(frozen=True, slots=True)
class Archive:
    """A checked archive. What `open` gives stays as it is for as long as members are read."""

    name: str
    members: tuple[Member, ...]
    open: Callable[[], BinaryIO]

    def read(self, member: Member) -> bytes:
        """The member's bytes, their checksum tested. Opens the archive anew, so threads need no lock.

        Raises: PackageError when the file changed, vanished, or is cut.
        """
        try:
            with self.open() as file:
                file.seek(member.header_offset)
                header = file.read(_LOCAL_HEADER.size)
                if len(header) < _LOCAL_HEADER.size or not header.startswith(_LOCAL_MAGIC):
                    raise PackageError(f"The package {self.name} is damaged at '{_shown(member.name)}'.")
                *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
                file.seek(name_length + extra_length, 1)
                packed = file.read(member.compressed_size)
        except OSError as error:
            raise PackageError(f"The package {self.name} cannot be read: {error.strerror}.") from error
        content = _unpacked(packed, member)
        if content is None or len(content) != member.size or zlib.crc32(content) != member.checksum:
            raise PackageError(
                f"The package {self.name} is damaged: '{_shown(member.name)}' has not the announced content."
            )
        return content


def open_archive(path: Path) -> Archive:
    """The archive of a package file, its structure checked; `Archive.read` checks each member's content.

    Raises: PackageError for anything that is no package, or that Workato would not make: names that leave the
    folder, links, encryption, members twice, sizes beyond the limits above.
    """
    return _read_archive(path.name, lambda: path.open("rb"))


def archive_of(name: str, content: bytes) -> Archive:
    """The same of a package whose bytes are at hand; `name` is for messages."""
    return _read_archive(name, lambda: io.BytesIO(content))


def is_archive(start: bytes) -> bool:
    """Whether a file that starts with these bytes (four are enough) wants to be a zip archive."""
    return start.startswith((_LOCAL_MAGIC, _EMPTY_MAGIC))


def _read_archive(name: str, opener: Callable[[], BinaryIO]) -> Archive:
    try:
        with opener() as file:
            start = file.read(512)
            size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise PackageError(f"The package {name} cannot be read: {error.strerror}.") from error
    if not is_archive(start):
        what = "a web page" if b"<html" in start.lower() or b"<!doctype" in start.lower() else "no zip archive"
        raise PackageError(f"The package {name} is {what} ({len(start) or 'zero'} bytes looked at).")
    try:
        with opener() as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except _UNREADABLE as error:
        raise PackageError(f"The package {name} is damaged or cut: {type(error).__name__}.") from error
    if len(infos) > MAX_MEMBERS:
        raise PackageError(f"The package {name} holds {len(infos)} members, more than {MAX_MEMBERS}.")
    members = tuple(member for info in infos if (member := _member(info)) is not None)
    _check_sizes(name, size, members)
    _check_names(members)
    return Archive(name, members, opener)


def _member(info: zipfile.ZipInfo) -> Member | None:
    """The member as the archive's directory announces it; None for a directory."""
    name = _member_name(info)
    _check_name(name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    is_directory = name.endswith("/")
    if kind not in (0, stat.S_IFDIR if is_directory else stat.S_IFREG):
        raise PackageError(f"The package holds '{_shown(name)}', which is a link or a special file.")
    if info.flag_bits & _ENCRYPTED_FLAGS:
        raise PackageError(f"The package holds '{_shown(name)}', which is encrypted.")
    if is_directory:
        if info.file_size:
            raise PackageError(f"The package holds the folder '{_shown(name)}' with content of its own.")
        return None
    if info.compress_type not in _METHODS:
        raise PackageError(f"The package holds '{_shown(name)}' in a compression that Workato does not use.")
    return Member(name, info.file_size, info.compress_size, info.header_offset, info.compress_type, info.CRC)


def _member_name(info: zipfile.ZipInfo) -> str:
    """The name in UTF-8. Workato leaves the flag for it unset, so Python decodes it as code page 437."""
    name = info.orig_filename
    if info.flag_bits & _UTF8_FLAG:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _check_name(name: str) -> None:
    parts = name.removesuffix("/").split("/")
    is_hostile = "\\" in name or "\0" in name or _DRIVE.fullmatch(parts[0]) is not None
    if is_hostile or any(part in ("", ".", "..") for part in parts):
        raise PackageError(
            f"The package holds '{_shown(name)}', a name that leads out of its folder or is read differently on "
            "other systems. If a Workato folder has this name, rename it."
        )


def _check_sizes(archive: str, size: int, members: tuple[Member, ...]) -> None:
    total = sum(member.size for member in members)
    largest = max((member.size for member in members), default=0)
    if largest > MAX_MEMBER_BYTES or total > MAX_TOTAL_BYTES:
        raise PackageError(f"The package {archive} unpacks to {total} bytes, more than wexport believes.")
    if total > RATIO_FREE_BYTES and total > MAX_RATIO * size:
        raise PackageError(f"The package {archive} unpacks to more than {MAX_RATIO} times its size.")
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise PackageError(f"The package {archive} holds members that overlap.")
        end = member.header_offset + _LOCAL_HEADER.size + member.compressed_size


def _check_names(members: tuple[Member, ...]) -> None:
    """Names twice, or a file where another member needs a folder. Names that differ in case are different."""
    names = {member.name for member in members}
    if len(names) != len(members):
        raise PackageError("The package holds a member twice, and nothing says which one is true.")
    for folder in {folder for name in names for folder in _folders(name)}:
        if folder in names:
            raise PackageError(f"The package holds '{_shown(folder)}' both as a file and as a folder.")


def _folders(name: str) -> Iterator[str]:
    parts = name.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _unpacked(packed: bytes, member: Member) -> bytes | None:
    """The content, never more than one byte above its announced size; None if it cannot be unpacked."""
    if len(packed) != member.compressed_size:
        return None
    if member.method == zipfile.ZIP_STORED:
        return packed
    try:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        return unpacker.decompress(packed, member.size + 1)
    except zlib.error:
        return None


def _shown(name: str) -> str:
    printable = "".join(character if character.isprintable() else "?" for character in name)
    return printable if len(printable) <= 100 else printable[:100] + "…"
