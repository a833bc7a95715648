"""The history of an environment or a recipe, newest first, in the words of the diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporter.diff.changes import AssetChange, ChangeKind
from exporter.diff.history import DetailChange, HistoryEntry
from exporter.diff.scope import stem_of
from exporter.recipe.model import JsonValue
from exporter.render.json import dump_json
from exporter.render.printable import printable
from exporter.render.tally import KIND_WORDS, count, step_tally
from exporter.render.terminal import render_diff
from exporter.snapshot import ASSET_KIND_NAMES, AssetInfo, asset_kind

_REVISION_CHARS = 10
_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}


def render_history(entries: Iterable[HistoryEntry]) -> str:
    """A paragraph a snapshot, one line an asset."""
    return "\n".join(_paragraph(each, _asset_lines(each)) for each in entries)


def render_patches(entries: Iterable[HistoryEntry], *, width: int, color: bool) -> str:
    """The same with each snapshot's whole diff; `width` and `color` as in `render_diff`."""
    return "\n".join(_paragraph(each, _patch_lines(each, width, color)) for each in entries)


def render_history_json(entries: Iterable[HistoryEntry]) -> str:
    """One JSON document with a line end."""
    return dump_json([_snapshot_value(each) for each in entries], indent=2) + "\n"


def _paragraph(entry: HistoryEntry, body: Iterable[str]) -> str:
    by = f"  exported by {printable(entry.exported_by)}" if entry.exported_by else ""
    heading = f"{entry.stored_at:%Y-%m-%d %H:%M} UTC  {entry.revision[:_REVISION_CHARS]}{by}"
    return "".join(f"{line}\n" for line in (heading, *body))


def _asset_lines(entry: HistoryEntry) -> Iterator[str]:
    if entry.first is not None:
        held = f"{count(entry.first.recipes, 'recipe')}, {count(entry.first.others, 'other asset')}"
        yield f"  first snapshot: {held}"
    for change in entry.diff.changes if entry.diff is not None else ():
        yield f"  {_change_line(change)}"
    yield from _detail_lines(entry)


def _patch_lines(entry: HistoryEntry, width: int, color: bool) -> Iterator[str]:
    if entry.diff is None or entry.diff.is_empty:
        yield from _asset_lines(entry)
        return
    text = render_diff(entry.diff, width=width, color=color)
    # What stands above the first blank line says what a promotion would do; this one has happened.
    yield from text.partition("\n\n")[2].splitlines()
    yield from _detail_lines(entry)


def _detail_lines(entry: HistoryEntry) -> Iterator[str]:
    details = list(entry.details)
    for detail in details:
        yield f"  . {printable(stem_of(detail.path))}  {_detail_words(detail)}{_folder(detail.path)}"
    is_empty = entry.diff is None or entry.diff.is_empty
    if is_empty and not details and entry.first is None:
        yield "  nothing that matters"


def _change_line(change: AssetChange) -> str:
    """`~ Sync orders  recipe changed: 2 steps added, version 12 by Kim Lee  in Order to Cash`."""
    sign = next((_SIGNS[kind] for kind in change.kinds if kind in _SIGNS), ">")
    words = [_change_words(change), *_saved(change.info_after)]
    was = f", was {printable(change.path_before)}" if change.path_before not in (None, change.path) else ""
    title = printable(change.name or stem_of(change.path))
    return f"{sign} {title}  {', '.join(words)}{was}{_folder(change.path)}"


def _change_words(change: AssetChange) -> str:
    words = f"{ASSET_KIND_NAMES[change.asset_kind]} {', '.join(KIND_WORDS[kind] for kind in change.kinds)}"
    details = step_tally(change)
    return f"{words}: {details}" if details and ChangeKind.ADDED not in change.kinds else words


def _saved(info: AssetInfo) -> list[str]:
    if info.version is None:
        return []
    return [f"version {info.version}" + (f" by {printable(info.author_name)}" if info.author_name else "")]


def _detail_words(detail: DetailChange) -> str:
    words = [ASSET_KIND_NAMES[asset_kind(detail.path)]]
    if detail.before.is_running is not detail.after.is_running and detail.after.is_running is not None:
        words.append("started" if detail.after.is_running else "stopped")
    if detail.before.version != detail.after.version:
        words.append(" ".join(["saved without a change,", *_saved(detail.after)]))
    return " ".join(words)


def _folder(path: str) -> str:
    folder = path.rpartition("/")[0]
    return f"  in {printable(folder)}" if folder else ""


def _snapshot_value(entry: HistoryEntry) -> JsonValue:
    changes = entry.diff.changes if entry.diff is not None else ()
    value: dict[str, JsonValue] = {
        "revision": entry.revision,
        "stored_at": entry.stored_at.isoformat(),
        "exported_by": entry.exported_by,
        "changes": [_change_value(change) for change in changes],
        "details": [
            {
                "path": detail.path,
                "version": detail.after.version,
                "author": detail.after.author_name,
                "running": detail.after.is_running,
            }
            for detail in entry.details
        ],
    }
    if entry.first is not None:
        value["first"] = {"recipes": entry.first.recipes, "others": entry.first.others}
    return value


def _change_value(change: AssetChange) -> JsonValue:
    return {
        "name": change.name,
        "asset_kind": str(change.asset_kind),
        "kinds": [str(kind) for kind in change.kinds],
        "path_before": change.path_before,
        "path_after": change.path_after,
        "summary": step_tally(change),
        "version": change.info_after.version,
        "author": change.info_after.author_name,
        "digest": change.digest,
    }
