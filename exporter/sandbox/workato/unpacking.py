"""Reading a package that somebody sends: which assets are in it."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.sandbox.workato.errors import ApiError, bad_request, unprocessable

MAX_PACKAGE_BYTES = 100_000_000  # docs.workato.com, import: 100 MB
MAX_CONTENT_BYTES = 1_000_000_000  # the sandbox's own guard against archives that explode

# File name words that differ from the asset's type.
_TYPES = {"properties": "account_property", "project_properties": "project_property"}


@dataclass(frozen=True, slots=True)
class PackagedAsset:
    """An asset of a package. `zip_name` is its main member, `folder` the path before it, `value` its JSON."""

    type: str
    name: str
    folder: str
    zip_name: str
    value: Mapping[str, object] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def main_suffix(self) -> str:
        return next(suffix for suffix in self.files if suffix.endswith(".json"))


def read_package(content: bytes) -> list[PackagedAsset]:
    """The assets of a package, in its order. project.json and tags.json are no assets.

    Raises: ApiError if it is no package.
    """
    if len(content) > MAX_PACKAGE_BYTES:
        raise _unusable("is larger than 100 MB")
    try:
        with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="utf-8") as archive:
            members = _members(archive)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        raise bad_request("The package is not a valid zip file") from None
    groups: dict[tuple[str, str], dict[str, bytes]] = {}
    for path, data in members.items():
        stem, word, extension = _split(path)
        if word:
            groups.setdefault((stem, word), {})[f".{word}.{extension}"] = data
    return [_asset(stem, word, files) for (stem, word), files in groups.items()]


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if sum(info.file_size for info in infos) > MAX_CONTENT_BYTES:
        raise _unusable("is too large when unpacked")
    return {info.filename: archive.read(info) for info in infos}


def _split(path: str) -> tuple[str, str, str]:
    """ "Sub/order.1.recipe.json" -> ("Sub/order.1", "recipe", "json"); no word for project.json and tags.json."""
    folder, slash, name = path.rpartition("/")
    stem, _, extension = name.rpartition(".")
    stem, _, word = stem.rpartition(".")
    return folder + slash + stem, word if stem else "", extension


def _asset(stem: str, word: str, files: Mapping[str, bytes]) -> PackagedAsset:
    zip_name = f"{stem}.{word}.json"
    try:
        value = json.loads(files[f".{word}.json"])
    except (KeyError, ValueError, RecursionError):
        raise _unusable(f"holds no valid {zip_name}") from None
    if not isinstance(value, dict):
        raise _unusable(f"holds no object in {zip_name}")
    folder, _, file_stem = stem.rpartition("/")
    name = value.get("title") if word == "custom_adapter" else value.get("name")
    return PackagedAsset(_TYPES.get(word, word), str(name or file_stem), folder, zip_name, value, files)


def _unusable(reason: str) -> ApiError:
    return unprocessable(f"The package {reason}", {"package": [reason]})
