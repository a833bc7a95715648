"""Package archives as Workato makes them.

Deflated, with directory entries, names in UTF-8 without saying so (general purpose bit 11 unset), every member
stamped with the time of the export: two exports of the same assets differ as files and are equal member by member.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from exporter.sandbox.workato.layout import lay_out, without_final_newline, without_tags
from exporter.sandbox.workato.naming import join
from exporter.sandbox.workato.records import Asset, Entry, Options
from exporter.sandbox.workato.references import Place, rewrite_references
from exporter.sandbox.workato.state import Environment

_UTF8_FLAG = 0x800
_TABLE_TYPES = frozenset({"lookup_table", "workato_db_table"})

Member = tuple[str, bytes]
Archive = Callable[[], bytes]  # makes a package's bytes, the same ones at every call


def make_archive(
    environment: Environment, folder_id: int, entries: Iterable[Entry], options: Options, now: datetime
) -> Archive:
    """The archive of these entries as they are at this moment, made when it is asked for."""
    packed = tuple(entries)
    base = environment.folder_path(folder_id)
    zip_names = environment.zip_names()
    translate = _translation({zip_names[entry.asset.id]: entry for entry in packed}, base)
    tags = dict(environment.tags)
    last = _project_files(environment, folder_id)

    def build() -> bytes:
        members = [member for entry in packed for member in _asset_members(entry, options, translate, now)]
        if options.include_tags:
            members.extend(_tags_file(packed, tags))
        return write_archive([*members, *last], now)

    return build


def write_archive(members: Iterable[Member], now: datetime) -> bytes:
    """A zip file with the members in this order, each folder before the first thing in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        folders: set[str] = set()
        for path, content in members:
            parts = path.split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                folder = "/".join(parts[:depth]) + "/"
                if folder not in folders:
                    folders.add(folder)
                    archive.writestr(_member_info(folder, now, 0o040755), b"")
            archive.writestr(_member_info(path, now, 0o100644), content)
        offsets = [info.header_offset for info in archive.infolist()]
        directory_offset = archive.start_dir
    return _without_utf8_flags(bytearray(buffer.getvalue()), offsets, directory_offset)


def _member_info(name: str, now: datetime, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, now.timetuple()[:6])
    info.create_system = 3  # Unix
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
    return info


def _without_utf8_flags(content: bytearray, offsets: Iterable[int], directory_offset: int) -> bytes:
    """Clears bit 11 in every local header and directory record, which Python sets for names beyond ASCII.

    Offsets of the fields: APPNOTE.TXT 4.3.7 and 4.3.12.
    """
    position = directory_offset
    for offset in offsets:
        _clear_flag(content, offset + 6)
        _clear_flag(content, position + 8)
        name, extra, comment = struct.unpack_from("<HHH", content, position + 28)
        position += 46 + name + extra + comment
    return bytes(content)


def _clear_flag(content: bytearray, offset: int) -> None:
    (flags,) = struct.unpack_from("<H", content, offset)
    struct.pack_into("<H", content, offset, flags & ~_UTF8_FLAG)


def _translation(entries: dict[str, Entry], base: tuple[str, ...]) -> Callable[[Place], Place]:
    """From places seen from the root to places seen from the exported folder."""
    prefix = join((*base, ""))

    def translate(place: Place) -> Place:
        entry = entries.get(place.zip_name)
        if entry is not None:
            return Place(entry.zip_name, entry.folder)
        zip_name = place.zip_name.removeprefix(prefix)  # it dangles, so the path is all that is known
        return Place(zip_name, place.folder if zip_name == place.zip_name else zip_name.rpartition("/")[0])

    return translate


def _asset_members(
    entry: Entry, options: Options, translate: Callable[[Place], Place], now: datetime
) -> Iterable[Member]:
    asset = entry.asset
    stem = entry.zip_name.removesuffix(asset.main_suffix)
    for suffix, content in _files(asset, entry.version).items():
        yield stem + suffix, _exported(asset, suffix, content, options, translate, now)


def _files(asset: Asset, number: int | None) -> dict[str, bytes]:
    pinned = next((version for version in asset.versions if version.number == number), asset.version)
    return dict(pinned.files)


def _exported(
    asset: Asset, suffix: str, content: bytes, options: Options, translate: Callable[[Place], Place], now: datetime
) -> bytes:
    if suffix.endswith(".zip"):
        return _renewed_archive(content, now)
    if not suffix.endswith(".json"):
        return content
    content = without_final_newline(content)
    if asset.type in _TABLE_TYPES and not options.include_data:
        content = _without_rows(content)
    if not options.include_tags:
        content = without_tags(content)
    return rewrite_references(content, translate)


def _without_rows(content: bytes) -> bytes:
    value = json.loads(content)
    return lay_out({key: item for key, item in value.items() if key != "data"}) if "data" in value else content


def _renewed_archive(content: bytes, now: datetime) -> bytes:
    """A page's own archive is made anew in every export, with the time of that export inside."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return content
    return write_archive(members, now)


def _tags_file(entries: Iterable[Entry], tags: Mapping[str, object]) -> list[Member]:
    """tags.json: what the tags are that the packed assets carry; no file where none carries any."""
    titles = {title for entry in entries for title in entry.asset.version.extract.tags}
    plain = {title: {"title": title, "description": "", "color": "blue"} for title in titles}
    content = lay_out([tags.get(title, plain[title]) for title in sorted(titles)])
    return [("tags.json", content)] if titles else []


def _project_files(environment: Environment, folder_id: int) -> list[Member]:
    """project.json, the last member: one at the top of a project's package, one a project in the root's."""
    projects = environment.projects.values()
    if folder_id == environment.root_id:
        return [(join((project.name,), "project.json"), project.file) for project in projects]
    return [("project.json", project.file) for project in projects if project.folder_id == folder_id]
