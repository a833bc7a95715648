"""What a path holds: one asset, a package archive, or a folder of assets. Only ever read.

A file that is there is somebody's, and it may be anything: a link out of the folder, a pipe without an end, a name
that is no text. What cannot be an asset is left out and counted; what cannot be read is an error that says where.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from exporter.adapters.archive import MAX_TOTAL_BYTES, Archive, Member, archive_of, is_archive, open_archive
from exporter.errors import PackageError, RecipeFormatError, UsageError, WexportError
from exporter.recipe.parse import parse_recipe
from exporter.snapshot import INDEX_NAME, Asset, AssetKind, asset_kind, asset_of, blob_id

STANDARD_INPUT = "-"
STANDARD_INPUT_LABEL = "standard input"
# Workato imports packages of up to 100 MB and keeps recipe code of up to 90 MB (docs.workato.com, workspace limits).
MAX_FILE_BYTES = 128 * 1024 * 1024
MAX_FOLDER_FILES = 200_000

_CLUTTER_FOLDERS = frozenset({".git", "__MACOSX"})
_CLUTTER_FILES = frozenset({"Thumbs.db", "desktop.ini"})
_PLAIN_NAMES = frozenset({INDEX_NAME, "project.json", "tags.json"})
# Kinds with more beside their JSON: a connector's Ruby source, logos, the archive of a page.
_KINDS_OF_SEVERAL_FILES = frozenset(
    {AssetKind.CUSTOM_CONNECTOR, AssetKind.PAGE, AssetKind.GENIE, AssetKind.SKILL, AssetKind.KNOWLEDGE_BASE}
)


class Form(StrEnum):
    """What a path turned out to be."""

    ASSET = "file"
    PACKAGE = "package"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """The assets of a path, in the order of their own paths, which begin where the archive or the folder does.

    `name` is the path as it was typed, or STANDARD_INPUT_LABEL. A single recipe's path always ends as a recipe's does.
    `notes` say what was left out, a sentence each. `inside` is where the path leads below the folder of an environment
    that wexport stored, with file names as they are there; "" if it does not.
    """

    name: str
    form: Form
    assets: tuple[Asset, ...]
    notes: tuple[str, ...] = ()
    inside: str = ""


def read_files(name: str, standard_input: BinaryIO | None = None) -> LocalFiles:
    """What the path holds; "-" is `standard_input`.

    Raises: UsageError if there is no such path or nothing of Workato's in it, RecipeFormatError for a file that is
    neither a recipe nor another asset, PackageError for an archive that must not be used, WexportError if something
    cannot be read.
    """
    if name == STANDARD_INPUT:
        if standard_input is None:
            raise UsageError("'-' means standard input, which is closed.")
        return _of_content("", _bounded(standard_input, STANDARD_INPUT_LABEL), STANDARD_INPUT_LABEL)
    try:
        path = Path(name).expanduser()
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return replace(_read_folder(path, name), inside=_inside(path))
        if stat.S_ISREG(mode) and _starts_as_archive(path):
            return _of_archive(open_archive(path), name)
        with path.open("rb") as file:
            return replace(_of_content(path.name, _bounded(file, name), name), inside=_inside(path))
    except FileNotFoundError as exc:
        raise UsageError(f"There is no file or folder {name!r}.") from exc
    except (OSError, ValueError, RuntimeError) as exc:  # ValueError: a NUL in the path; RuntimeError: no such ~user
        raise _unreadable(name, exc) from exc


def _starts_as_archive(path: Path) -> bool:
    """Whether a file is to be a package. A page's own archive (x.lcap_page.zip) is an asset."""
    if asset_kind(path.name) is not AssetKind.OTHER:
        return False
    with path.open("rb") as file:
        return path.suffix.lower() == ".zip" or is_archive(file.read(4))


def is_index(content: bytes) -> bool:
    """Whether an index.json is wexport's: by its first keys, since other programs have files of that name."""
    start = content[:400]
    return b'"format"' in start and b'"environment"' in start


def _inside(path: Path) -> str:
    """Where a path leads below the folder of a stored environment; "" if it is no such place."""
    path = path.resolve()
    for folder in path.parents:
        index = folder / INDEX_NAME
        if index.is_file():
            with index.open("rb") as file:
                return path.relative_to(folder).as_posix() if is_index(file.read(400)) else ""
    return ""


def _bounded(file: BinaryIO, name: str) -> bytes:
    """Everything in the file, which may be a pipe that never ends."""
    try:
        content = file.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise _unreadable(name, exc) from exc
    if len(content) > MAX_FILE_BYTES:
        raise WexportError(f"{name!r} is larger than {MAX_FILE_BYTES // 2**20} MB, which no recipe or package is.")
    return content


def _of_content(file_name: str, content: bytes, name: str) -> LocalFiles:
    if is_archive(content) and asset_kind(file_name) is AssetKind.OTHER:
        return _of_archive(archive_of(file_name or name, content), name)
    return LocalFiles(name, Form.ASSET, (_single(_text(file_name), content, name),))


def _single(file_name: str, content: bytes, name: str) -> Asset:
    """The one asset of a file. A recipe is one by its content, all else by its file's name."""
    kind = asset_kind(file_name)
    if kind not in (AssetKind.RECIPE, AssetKind.OTHER):
        return asset_of(file_name, content)
    try:
        parse_recipe(content)
    except RecipeFormatError as exc:
        hint = "" if kind is AssetKind.RECIPE else " Give a recipe, a package (.zip) or a folder."
        raise RecipeFormatError(f"Cannot compare {name!r}: {exc}{hint}") from exc
    if kind is AssetKind.RECIPE:
        return asset_of(file_name, content)
    return asset_of(f"{file_name.removesuffix('.json') or 'recipe'}.recipe.json", content)


def _of_archive(archive: Archive, name: str) -> LocalFiles:
    members = [member for member in archive.members if not _is_clutter(member.name)]
    if not members:
        raise PackageError(f"The package {name} holds no file.")
    assets = [_member_asset(archive, member) for member in members]
    return LocalFiles(name, Form.PACKAGE, _in_order(assets), _left_out(name, len(archive.members) - len(members)))


def _member_asset(archive: Archive, member: Member) -> Asset:
    return Asset(member.name, blob_id(archive.read(member)), lambda: archive.read(member))


def _is_clutter(place: str) -> bool:
    """Whether a file is what operating systems and Git leave beside other files."""
    *folders, file_name = place.split("/")
    is_hidden = file_name.startswith(".") or file_name in _CLUTTER_FILES
    return is_hidden or not _CLUTTER_FOLDERS.isdisjoint(folders)


def _read_folder(top: Path, name: str) -> LocalFiles:
    assets: list[Asset] = []
    left_out = links = total = 0
    for entry, place in _walk(top, name):
        if entry.is_symlink():
            links += 1
        elif not entry.is_file(follow_symlinks=False) or not _may_be_asset(place):
            left_out += 1
        else:
            total += entry.stat(follow_symlinks=False).st_size
            if total > MAX_TOTAL_BYTES:
                raise WexportError(f"{name!r} holds more than {MAX_TOTAL_BYTES // 2**30} GB of assets.")
            load = _loader(Path(entry.path), f"{name.rstrip('/')}/{place}")
            content = load()
            if place.rpartition("/")[2] == INDEX_NAME and not is_index(content):
                left_out += 1
            else:
                assets.append(Asset(place, blob_id(content), load))
    if not assets:
        raise UsageError(f"The folder {name!r} holds no asset of Workato, such as a file that ends in .recipe.json.")
    return LocalFiles(name, Form.FOLDER, _in_order(assets), _left_out(name, left_out, links))


def _walk(top: Path, name: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Everything below a folder that is no folder itself, with its place there. Links are not followed, so there
    are no loops."""
    pending = [(os.fspath(top), "")]
    seen = 0
    while pending:
        folder, prefix = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                seen += 1
                if seen > MAX_FOLDER_FILES:
                    raise WexportError(
                        f"{name!r} holds more than {MAX_FOLDER_FILES} files and folders. Name the folder of one "
                        "environment, project or package."
                    )
                place = prefix + _text(entry.name)
                if not entry.is_dir(follow_symlinks=False):
                    yield entry, place
                elif entry.name not in _CLUTTER_FOLDERS:
                    pending.append((entry.path, f"{place}/"))


def _may_be_asset(place: str) -> bool:
    """Whether a file in a folder is Workato's: a kind that is known, or one that is named alike (x.kind.json)."""
    file_name = place.rpartition("/")[2]
    if _is_clutter(file_name):
        return False
    is_named_alike = file_name.endswith(".json") and file_name.count(".") > 1
    has_attachments = asset_kind(file_name) in _KINDS_OF_SEVERAL_FILES
    return is_named_alike or has_attachments or file_name in _PLAIN_NAMES


def _loader(path: Path, name: str) -> Callable[[], bytes]:
    def load() -> bytes:
        try:
            with path.open("rb") as file:
                return _bounded(file, name)
        except OSError as exc:
            raise _unreadable(name, exc) from exc

    return load


def _text(file_name: str) -> str:
    """The name as text; bytes that are no UTF-8 are written out, because nothing else here could carry them."""
    return os.fsencode(file_name).decode("utf-8", "backslashreplace")


def _in_order(assets: list[Asset]) -> tuple[Asset, ...]:
    return tuple(sorted(assets, key=lambda asset: asset.path))


def _left_out(name: str, files: int, links: int = 0) -> tuple[str, ...]:
    parts = [
        f"{number} {word if number == 1 else f'{word}s'} {what}"
        for number, word, what in ((files, "file", "not Workato's"), (links, "link", "not followed"))
        if number
    ]
    return (f"Left out of {name}: {', '.join(parts)}.",) if parts else ()


def _unreadable(name: str, exc: OSError | ValueError | RuntimeError) -> WexportError:
    reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "no valid path"
    return WexportError(f"Cannot read {name!r}: {reason}.")
