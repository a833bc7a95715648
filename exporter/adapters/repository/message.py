"""The message of a snapshot's commit: a subject with counts, a line a file, trailers. Pure.

Names come from Workato and are hostile: no name may start a line of its own, look like a trailer, or make GitLab
close an issue, mention somebody or skip a pipeline when the commit is pushed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exporter.snapshot import AssetInfo, AssetKind, Index, asset_kind

MAX_BODY_LINES = 1_000
MAX_NAME_CHARS = 300
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_EMAIL = re.compile(r"[^\s<>@,;:\"()\[\]\\]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,190}")
# What GitLab reads in a commit message: #1 issue, !1 merge request, @kim person, %1 milestone, ~1 label, $1 snippet,
# &1 epic, [skip ci]. The full-width twin of the sign reads the same to a person.
_REFERENCE = re.compile(r"[#!@%~$&](?=[\w\"'])|\[(?=\s*(?:skip[ -]ci|ci[ -]skip)\s*\])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ChangedPaths:
    """Asset paths by what happened to them, each sorted. `details` changed in the index only."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def render_message(paths: ChangedPaths, index: Index, *, before: Index, exported_by: str) -> str:
    """The whole message. `before` is the index that was stored until now."""
    lines = [
        *(f"+ {_plain(path)}{_version(index.info(path))}" for path in _recipes_first(paths.added)),
        *(f"~ {_plain(path)}{_version(index.info(path))}" for path in _recipes_first(paths.changed)),
        *(f"- {_plain(path)}" for path in _recipes_first(paths.removed)),
        *(f". {_plain(path)}{_detail(before.info(path), index.info(path))}" for path in paths.details),
    ]
    if len(lines) > MAX_BODY_LINES:
        lines = [*lines[:MAX_BODY_LINES], f"… {len(lines) - MAX_BODY_LINES} more"]
    parts = [_subject(paths, index.environment), "\n".join(lines), "\n".join(_trailers(paths, index, exported_by))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _subject(paths: ChangedPaths, environment: str) -> str:
    counts = [
        f"{len(found)} {word}"
        for found, word in ((paths.added, "added"), (paths.changed, "changed"), (paths.removed, "removed"))
        if found
    ]
    return f"{_plain(environment)}: {', '.join(counts) or 'details changed'}"


def _trailers(paths: ChangedPaths, index: Index, exported_by: str) -> Iterable[str]:
    yield f"Environment: {_plain(index.environment)}"
    if index.workspace_id is not None:
        name = f" ({_plain(index.workspace_name)})" if index.workspace_name else ""
        yield f"Workspace: {index.workspace_id}{name}"
    if exported_by.strip():
        yield f"Exported-by: {_plain(exported_by)}"
    recipes = [path for path in (*paths.added, *paths.changed) if asset_kind(path) is AssetKind.RECIPE]
    yield from sorted(set(_co_authors(index.assets, recipes)))


def _co_authors(infos: Mapping[str, AssetInfo], recipes: Iterable[str]) -> Iterable[str]:
    for path in recipes:
        info = infos.get(path)
        # GitLab links this address to an account, so it stays as it is or is left out.
        if info and info.author_email and _is_address(info.author_email):
            name = _plain(info.author_name or "").replace("<", "").replace(">", "").strip()
            yield f"Co-authored-by: {name or info.author_email.partition('@')[0]} <{info.author_email}>"


def _is_address(email: str) -> bool:
    return _EMAIL.fullmatch(email) is not None and _UNPRINTABLE.search(email) is None


def _detail(before: AssetInfo, after: AssetInfo) -> str:
    if before.is_running is not after.is_running and after.is_running is not None:
        return " (started)" if after.is_running else " (stopped)"
    return _version(after) if before.version != after.version else ""


def _version(info: AssetInfo) -> str:
    return "" if info.version is None else f" (version {info.version})"


def _recipes_first(paths: Iterable[str]) -> list[str]:
    return sorted(paths, key=lambda path: (asset_kind(path) is not AssetKind.RECIPE, path))


def _plain(name: str) -> str:
    """The name on one line, without a sign that Git or GitLab would act on."""
    text = _REFERENCE.sub(lambda match: chr(ord(match[0]) + 0xFEE0), _UNPRINTABLE.sub("�", name))
    return text if len(text) <= MAX_NAME_CHARS else text[: MAX_NAME_CHARS - 1] + "…"
