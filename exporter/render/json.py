"""A diff for programs: JSON with a schema version, keys in order, numbers exact. docs/diff.schema.json describes it.

A side without a value has no key at all, which differs from a null. Characters that a terminal would act on are
escaped, so that printing the text is safe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TypeAlias

from exporter.diff.changes import (
    AssetChange,
    ConnectionSwitch,
    DeclaredFieldChange,
    DiffWarning,
    FieldChange,
    Missing,
    Side,
    SnapshotDiff,
    StepChange,
    StepPlace,
)
from exporter.recipe.model import JsonValue
from exporter.render.printable import json_escaped
from exporter.snapshot import AssetInfo

SCHEMA_VERSION = 2  # grows when a key changes its meaning or goes; new keys may come at any time
MAX_MARGIN_LEVELS = 100  # deeper levels are not indented further: their margins would be most of the text

# What dump_json takes: JsonValue, or the same with tuples and mappings.
Dumpable: TypeAlias = "None | bool | int | Decimal | str | Sequence[Dumpable] | Mapping[str, Dumpable]"


def render_diff_json(diff: SnapshotDiff) -> str:
    """The whole diff as one JSON object, with a line end. Equal diffs give equal bytes."""
    return (
        dump_json(
            {
                "schema_version": SCHEMA_VERSION,
                "kind": "wexport-diff",
                "source": _side(diff.source),
                "target": _side(diff.target),
                "digest": diff.digest,
                "only": list(diff.only),
                "is_empty": diff.is_empty,
                "warnings": [_warning(warning) for warning in diff.warnings],
                "changes": [_asset(change) for change in diff.changes],
                "noise_only": list(diff.noise_only),
                "unread_projects": list(diff.unread_projects),
            },
            indent=2,
        )
        + "\n"
    )


def dump_json(value: Dumpable, *, indent: int | None = None) -> str:
    """A value as JSON text, keys sorted, Decimals with their digits, hidden characters as escapes.

    The standard library's encoder has no way to write a Decimal exactly, nor deep levels or big ints; it writes all
    else, and many times faster.
    """
    if indent is None:
        with suppress(TypeError, ValueError, RecursionError):
            return json_escaped(json.dumps(value, ensure_ascii=False, sort_keys=True))
    parts: list[str] = []
    pending: list[tuple[Dumpable, int]] = [(value, 0)]  # what is to be written, with its level; the next one last
    while pending:
        item, level = pending.pop()
        if isinstance(item, Mapping | Sequence) and not isinstance(item, str) and item:
            pending += reversed(_members(item, level, indent))
        else:
            parts.append(item if isinstance(item, _Raw) else _scalar(item))
    return "".join(parts)


class _Raw(str):
    """JSON text that is written as it is."""

    __slots__ = ()


def _members(
    block: Mapping[str, Dumpable] | Sequence[Dumpable], level: int, indent: int | None
) -> list[tuple[Dumpable, int]]:
    """A list or map in pieces: brackets, commas, keys and values."""
    start, end, separator = "", "", ", "
    if indent is not None:
        start, end = (f"\n{' ' * (indent * min(depth, MAX_MARGIN_LEVELS))}" for depth in (level + 1, level))
        separator = f",{start}"
    is_map = isinstance(block, Mapping)
    pieces: list[tuple[Dumpable, int]] = [(_Raw(("{" if is_map else "[") + start), level)]
    for place, item in enumerate(sorted(block) if isinstance(block, Mapping) else block):
        if place:
            pieces.append((_Raw(separator), level))
        if isinstance(block, Mapping):
            pieces.append((_Raw(f"{_string(str(item))}: "), level))
            pieces.append((block[str(item)], level + 1))
        else:
            pieces.append((item, level + 1))
    return [*pieces, (_Raw(end + ("}" if is_map else "]")), level)]


def _scalar(value: Dumpable) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | Decimal):
        return number_text(value)
    if isinstance(value, str):
        return _string(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def number_text(value: int | Decimal) -> str:
    """All digits of a number; Python refuses `str` of very big ints."""
    is_huge = isinstance(value, int) and value.bit_length() > 10_000
    return str(Decimal(value)) if is_huge else str(value)


def _string(text: str) -> str:
    return json_escaped(json.dumps(text, ensure_ascii=False))


def _side(side: Side) -> dict[str, Dumpable]:
    return {"label": side.label, "environment": side.environment, "revision": side.revision}


def _asset(change: AssetChange) -> dict[str, Dumpable]:
    return {
        "asset_kind": change.asset_kind.value,
        "kinds": [kind.value for kind in change.kinds],
        "path": change.path,
        "path_before": change.path_before,
        "path_after": change.path_after,
        "name": change.name,
        "digest": change.digest,
        "connections": [_switch(switch) for switch in change.connections],
        "steps": [_step(step) for step in change.steps],
        "steps_unchanged": change.steps_unchanged,
        "settings": [_field(field) for field in change.settings],
        "fields": [_field(field) for field in change.fields],
        "note": change.note,
        "url": change.url,
        "info_before": _info(change.info_before),
        "info_after": _info(change.info_after),
        "is_rewritten": change.is_rewritten,
        "has_contract_change": change.has_contract_change,
    }


def _switch(switch: ConnectionSwitch) -> dict[str, Dumpable]:
    return {
        "provider": switch.provider,
        "before": switch.before,
        "after": switch.after,
        "is_against_mapping": switch.is_against_mapping,
    }


def _warning(warning: DiffWarning) -> dict[str, Dumpable]:
    return {
        "kind": warning.kind.value,
        "is_severe": warning.is_severe,
        "text": warning.text,
        "path": warning.path,
        "step": None if warning.step is None else _place(warning.step),
    }


def _step(step: StepChange) -> dict[str, Dumpable]:
    return {
        "kinds": [kind.value for kind in step.kinds],
        "change_class": step.change_class.value,
        "before": None if step.before is None else _place(step.before),
        "after": None if step.after is None else _place(step.after),
        "fields": [_field(field) for field in step.fields],
    }


def _place(place: StepPlace) -> dict[str, Dumpable]:
    return {
        "number": place.number,
        "depth": place.depth,
        "keyword": place.keyword,
        "provider": place.provider,
        "headline": place.headline,
        "blocks": list(place.blocks),
        "uuid": place.uuid,
        "is_skipped": place.is_skipped,
    }


def _field(field: FieldChange) -> dict[str, Dumpable]:
    sides: dict[str, JsonValue | Missing] = {"before": field.before, "after": field.after}
    return {
        "path": list(field.path),
        "label": field.label,
        "change_class": field.change_class.value,
        **{name: value for name, value in sides.items() if not isinstance(value, Missing)},
        "declared": [_declared(change) for change in field.declared],
    }


def _declared(change: DeclaredFieldChange) -> dict[str, Dumpable]:
    return {"kind": change.kind.value, "label": change.label, "before": change.before, "after": change.after}


def _info(info: AssetInfo) -> dict[str, Dumpable]:
    """Without mail addresses: a diff is passed around more widely than the snapshot repository."""
    return {
        "id": info.id,
        "folder_id": info.folder_id,
        "version": info.version,
        "author_name": info.author_name,
        "is_running": info.is_running,
    }
