"""A diff for programs: JSON with a schema version, keys in order, numbers exact. docs/diff.schema.json describes it.

A side without a value has no key at all, which differs from a null. Characters that a terminal would act on are
escaped, so that printing the text is safe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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

    The standard library's encoder has no way to write a Decimal exactly.
    """
    return "".join(_Writer(indent).write(value, 0))


def number_text(value: int | Decimal) -> str:
    """All digits of a number; Python refuses `str` of very big ints."""
    is_huge = isinstance(value, int) and value.bit_length() > 10_000
    return str(Decimal(value)) if is_huge else str(value)


class _Writer:
    def __init__(self, indent: int | None) -> None:
        self._indent = indent

    def write(self, value: Dumpable, level: int) -> list[str]:
        if value is None or isinstance(value, bool):
            return [{None: "null", True: "true", False: "false"}[value]]
        if isinstance(value, int | Decimal):
            return [number_text(value)]
        if isinstance(value, str):
            return [_string(value)]
        if isinstance(value, Mapping):
            members = [[_string(key), ": ", *self.write(value[key], level + 1)] for key in sorted(value)]
            return self._block("{", members, "}", level)
        return self._block("[", [self.write(item, level + 1) for item in value], "]", level)

    def _block(self, opening: str, members: list[list[str]], closing: str, level: int) -> list[str]:
        if not members:
            return [opening + closing]
        if self._indent is None:
            separator, start, end = ", ", "", ""
        else:
            start = "\n" + " " * (self._indent * (level + 1))
            end = "\n" + " " * (self._indent * level)
            separator = "," + start
        parts = [opening, start]
        for place, member in enumerate(members):
            if place:
                parts.append(separator)
            parts += member
        return [*parts, end, closing]


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
