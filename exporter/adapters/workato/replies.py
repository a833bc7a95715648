"""Workato's JSON in any of its wrappers, as rows. Lenient: a field may be missing, null, or of another type.

Lists come bare, as {items}, {result}, {data}, {result: {assets}}, {result: {items, count}}, {data: {tags}};
single things bare, as {result} or {data}. Ids are numbers or strings of digits. A row without the one field that
makes it usable (its id, its folder) is left out, never guessed. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exporter.errors import WorkatoReplyError

_WRAPPERS = ("result", "data", "items", "assets", "projects", "folders", "recipes", "tags")
_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_ERROR_CHARS = 300
_SIGNED = re.compile(r"(https?://[^\s\"'?]+)\?\S+")
Json = Any  # what json.loads returns; nothing is believed of it before the functions below looked


def unwrap_list(reply: Json, what: str) -> list[Mapping[str, Json]]:
    """The rows of a list in any wrapper; entries that are no objects are left out.

    Raises: WorkatoReplyError when there is no list at all, which must not pass for an empty one.
    """
    value = reply
    for _ in range(3):
        if isinstance(value, list):
            return [row for row in value if isinstance(row, dict)]
        value = next((value[key] for key in _WRAPPERS if key in value), None) if isinstance(value, dict) else None
    raise WorkatoReplyError(f"Workato answered the request for {what} with something that holds no list.")


def unwrap_object(reply: Json, what: str) -> Mapping[str, Json]:
    """The object in any wrapper. Raises: WorkatoReplyError when there is none."""
    value = reply
    for key in ("result", "data"):
        if isinstance(value, dict) and isinstance(value.get(key), dict):
            value = value[key]
    if not isinstance(value, dict):
        raise WorkatoReplyError(f"Workato answered the request for {what} with something that is no object.")
    return value


def as_int(value: Json) -> int | None:
    """A number or a string of digits as int; anything else, booleans too, as None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return None


def as_reference(value: Json) -> str | None:
    """An id as it goes into a path: digits or the like; None for what could mean another path."""
    number = as_int(value)
    if number is not None:
        return str(number)
    return value if isinstance(value, str) and _SAFE_ID.fullmatch(value) else None


def as_text(value: Json) -> str:
    """A string as it is; everything else as ""."""
    return value if isinstance(value, str) else ""


def _as_address(value: Json) -> str | None:
    """A link; None for null, "" and the word "null" that older replies have."""
    text = as_text(value).strip()
    return None if text in ("", "null") else text


def says_failure(reply: Json) -> bool:
    """Whether a reply with a good status says in its body that it failed: {"success": false, …}."""
    return isinstance(reply, dict) and reply.get("success") is False


def error_text(reply: Json) -> str:
    """What a reply says went wrong, in any of its shapes, on one line; "" if it says nothing.

    {message}, {message, errors: {field: text or list}}, {error, error_type}, {errors: [{code, title}]},
    {success: false, errors: …}, plain text. A support id is appended.
    """
    if isinstance(reply, str):
        return one_line(reply)
    if not isinstance(reply, dict):
        return ""
    parts = [as_text(reply.get(key)) for key in ("message", "error", "error_type")]
    parts += _texts(reply.get("errors"))
    for key in ("code_errors", "config_errors"):
        parts += _texts(reply.get(key))
    if "message" in reply and reply.get("id") is not None:
        parts.append(f"(support id {reply['id']})")
    return one_line("; ".join(part for part in parts if part))


def one_line(text: str) -> str:
    """Text from outside as part of a message: one line, printable, short, links without their query."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text[:4000]).split())
    words = _SIGNED.sub(r"\1?…", words)
    return words if len(words) <= _MAX_ERROR_CHARS else words[:_MAX_ERROR_CHARS] + "…"


def _texts(errors: Json, depth: int = 0) -> Iterator[str]:
    if depth > 4:
        return
    if isinstance(errors, str):
        yield errors
    elif isinstance(errors, list):
        for item in errors[:20]:
            yield from _texts(item, depth + 1)
    elif isinstance(errors, dict):
        for name, item in list(errors.items())[:20]:
            text = ", ".join(_texts(item, depth + 1))
            if text:
                yield f"{name}: {text}"


@dataclass(frozen=True, slots=True)
class ProjectRow:
    id: int
    name: str
    folder_id: int


@dataclass(frozen=True, slots=True)
class FolderRow:
    id: int
    name: str
    parent_id: int | None
    is_project: bool


@dataclass(frozen=True, slots=True)
class AssetRow:
    """A row of folder_assets. `place` is where the asset truly is, file name included, as Workato writes it:
    "Project/Folder/x.recipe.json". A "/" in a folder's name looks like any other here."""

    place: str
    zip_name: str  # the member's name in the package of the folder that was asked for
    type: str
    id: int | None
    version: int | None
    reference: Mapping[str, Json]  # what an explicit manifest must repeat of the row

    @property
    def is_in_home(self) -> bool:
        return "/" not in self.place

    @property
    def is_marked_home(self) -> bool:
        """Whether Workato itself says so, not only a path that may not have been understood."""
        return self.reference.get("root_folder") is True


@dataclass(frozen=True, slots=True)
class RecipeRow:
    id: int
    folder_id: int | None
    version: int | None
    author_name: str | None
    author_email: str | None
    is_running: bool | None


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package's state. `status` is an open set: an unknown word means "not finished yet"."""

    id: str
    status: str
    download_url: str | None
    error: str

    @property
    def is_completed(self) -> bool:
        return self.status in ("completed", "succeeded")

    @property
    def is_failed(self) -> bool:
        return self.status in ("failed", "error")


def project_rows(reply: Json) -> list[ProjectRow]:
    return [
        ProjectRow(row_id, as_text(row.get("name")), folder_id)
        for row in unwrap_list(reply, "the projects")
        if (row_id := as_int(row.get("id"))) is not None and (folder_id := as_int(row.get("folder_id"))) is not None
    ]


def folder_rows(reply: Json) -> list[FolderRow]:
    return [
        FolderRow(row_id, as_text(row.get("name")), as_int(row.get("parent_id")), row.get("is_project") is True)
        for row in unwrap_list(reply, "the folders")
        if (row_id := as_int(row.get("id"))) is not None
    ]


def asset_rows(reply: Json) -> list[AssetRow]:
    rows = unwrap_list(reply, "the assets of a folder")
    return [asset for row in rows if (asset := _asset_row(row)) is not None]


def _asset_row(row: Mapping[str, Json]) -> AssetRow | None:
    zip_name = as_text(row.get("zip_name"))
    file_name = zip_name.rpartition("/")[2]
    if not file_name:
        return None
    folder = as_text(row.get("absolute_path")).removeprefix("All projects").strip("/")
    if row.get("root_folder") is True:
        folder = ""
    kept = ("id", "type", "absolute_path", "folder", "root_folder", "zip_name")
    return AssetRow(
        place=f"{folder}/{file_name}" if folder else file_name,
        zip_name=zip_name,
        type=as_text(row.get("type")),
        id=as_int(row.get("id")),
        version=as_int(row.get("version")),
        reference={key: row[key] for key in kept if key in row},
    )


def recipe_rows(reply: Json) -> list[RecipeRow]:
    return [
        RecipeRow(
            id=row_id,
            folder_id=as_int(row.get("folder_id")),
            version=as_int(row.get("version_no")),
            author_name=as_text(row.get("version_author_name")) or None,
            author_email=as_text(row.get("version_author_email")) or None,
            is_running=row["running"] if isinstance(row.get("running"), bool) else None,
        )
        for row in unwrap_list(reply, "the recipes")
        if (row_id := as_int(row.get("id"))) is not None
    ]


def package_row(reply: Json) -> PackageRow:
    row = unwrap_object(reply, "a package")
    return PackageRow(
        id=_required_id(row, "a package"),
        status=as_text(row.get("status")).lower(),
        download_url=_as_address(row.get("download_url")),
        error=one_line(as_text(row.get("error")) or error_text({"errors": row.get("error_parts")})),
    )


def manifest_id(reply: Json) -> str:
    """The id of a created export manifest."""
    return _required_id(unwrap_object(reply, "an export manifest"), "an export manifest")


def _required_id(row: Mapping[str, Json], what: str) -> str:
    reference = as_reference(row.get("id"))
    if reference is None:
        raise WorkatoReplyError(f"Workato answered the request for {what} with an object that has no usable id.")
    return reference
