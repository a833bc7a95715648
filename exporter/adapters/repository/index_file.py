"""index.json of an environment: written so that equal values are equal bytes, read strictly. Pure.

One entry a line, sorted, without the fields that nobody knows: `git diff` of two nights shows what moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from exporter.errors import RepositoryError
from exporter.snapshot import AssetInfo, Index, Project

FORMAT = 1
_KEYS = frozenset({"format", "environment", "base_url", "workspace", "projects", "assets", "shortened"})
_INFO_TYPES: Mapping[str, type] = MappingProxyType(
    {
        "id": int,
        "folder_id": int,
        "version": int,
        "author_name": str,
        "author_email": str,
        "is_running": bool,
    }
)


@dataclass(frozen=True, slots=True)
class IndexFile:
    """What one index.json holds: the index, and the file paths that cannot be decoded (asset path -> file path)."""

    index: Index
    shortened: Mapping[str, str] = field(default_factory=dict)


def render_index_file(file: IndexFile) -> bytes:
    """The bytes of index.json: UTF-8, LF, a final newline."""
    index = file.index
    workspace = {"id": index.workspace_id, "name": index.workspace_name}
    projects = [
        {"name": project.name, "id": project.id, "folder_id": project.folder_id}
        for project in sorted(index.projects, key=lambda project: (project.name, project.id or 0))
    ]
    infos = {path: _known(info) for path, info in sorted(index.assets.items())}
    lines = [
        "{",
        f'"format": {FORMAT},',
        f'"environment": {_json(index.environment)},',
        f'"base_url": {_json(index.base_url)},',
        f'"workspace": {_json(workspace)},',
        f'"projects": [{_lines(map(_json, projects))}],',
        f'"assets": {{{_lines(f"{_json(path)}: {_json(info)}" for path, info in infos.items() if info)}}},',
        f'"shortened": {{{_lines(f"{_json(k)}: {_json(v)}" for k, v in sorted(file.shortened.items()))}}}',
        "}",
    ]
    return ("\n".join(lines) + "\n").encode()


def parse_index_file(content: bytes, *, place: str) -> IndexFile:
    """The values of an index.json; `place` says which one in messages.

    Raises: RepositoryError if it is not one that this version of wexport wrote.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise _broken(place, f"it is not JSON ({exc})") from exc
    _demand(isinstance(value, dict), place, "it is not an object")
    if value.get("format") != FORMAT:
        raise _broken(place, f"its format is {value.get('format')!r}, this version of wexport knows {FORMAT}")
    strangers = sorted(set(value) - _KEYS)
    _demand(not strangers, place, f"it has unknown keys: {', '.join(strangers)[:200]}")
    workspace = _field(value, "workspace", dict, place)
    index = Index(
        environment=_field(value, "environment", str, place),
        base_url=_field(value, "base_url", str, place),
        workspace_id=_optional(workspace, "id", int, place),
        workspace_name=_field(workspace, "name", str, place),
        projects=tuple(_parse_project(entry, place) for entry in _field(value, "projects", list, place)),
        assets=MappingProxyType(
            {path: _parse_info(entry, place) for path, entry in _field(value, "assets", dict, place).items()}
        ),
    )
    shortened = _field(value, "shortened", dict, place)
    _demand(all(isinstance(file, str) for file in shortened.values()), place, '"shortened" holds more than text')
    return IndexFile(index, MappingProxyType(shortened))


def _parse_project(entry: Any, place: str) -> Project:
    _demand(isinstance(entry, dict), place, "a project is not an object")
    return Project(
        name=_field(entry, "name", str, place),
        id=_optional(entry, "id", int, place),
        folder_id=_optional(entry, "folder_id", int, place),
    )


def _parse_info(entry: Any, place: str) -> AssetInfo:
    # An environment has 10,000 of them and more, and each run reads two: the usual case must cost little.
    if type(entry) is dict:
        for key, value in entry.items():
            if type(value) is not _INFO_TYPES.get(key):
                break
        else:
            return AssetInfo(**entry)
    _demand(isinstance(entry, dict), place, "an asset is not an object")
    strangers = sorted(set(entry) - set(_INFO_TYPES))
    _demand(not strangers, place, f"an asset has unknown keys: {', '.join(strangers)[:200]}")
    return AssetInfo(**{key: _optional(entry, key, kind, place) for key, kind in _INFO_TYPES.items()})


def _field(value: dict[str, Any], key: str, kind: type, place: str) -> Any:
    _demand(key in value, place, f'"{key}" is missing')
    _demand(isinstance(value[key], kind), place, f'"{key}" is no {kind.__name__}')
    return value[key]


def _optional(value: dict[str, Any], key: str, kind: type, place: str) -> Any:
    found = value.get(key)
    # A bool is an int to Python, but no id.
    fits = found is None or (isinstance(found, kind) and (kind is bool or not isinstance(found, bool)))
    _demand(fits, place, f'"{key}" is no {kind.__name__}')
    return found


def _demand(is_met: bool, place: str, reason: str) -> None:
    if not is_met:
        raise _broken(place, reason)


def _broken(place: str, reason: str) -> RepositoryError:
    return RepositoryError(
        f"{place} cannot be used: {reason}. Someone changed it by hand, or another version of wexport wrote it."
        " Restore the file from an earlier commit."
    )


def _known(info: AssetInfo) -> dict[str, Any]:
    return {f.name: getattr(info, f.name) for f in fields(AssetInfo) if getattr(info, f.name) is not None}


def _lines(entries: Iterable[str]) -> str:
    text = ",\n".join(entries)
    return f"\n{text}\n" if text else ""


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair in a name: only escapes can carry it
        return json.dumps(value)
    return text
