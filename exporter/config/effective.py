"""Every value in force and where it comes from, for `wexport config show`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from exporter.config.document import KeyPath
from exporter.config.load import Configuration
from exporter.render.printable import printable


@dataclass(frozen=True, slots=True)
class EffectiveValue:
    """One value. `value` is plain data for JSON; `origin` is "wexport.yaml:7", "default" or "environment"."""

    path: tuple[str, ...]
    value: Any
    origin: str


def effective_values(configuration: Configuration, environ: Mapping[str, str]) -> tuple[EffectiveValue, ...]:
    """All values, in the order of the file. A token is the text "set" or "not set", never its value."""
    settings = configuration.settings
    file_origin = "environment" if configuration.chosen_by == "WEXPORT_CONFIG" else configuration.chosen_by
    values = [EffectiveValue(("file",), str(configuration.file), file_origin)]
    for name, environment in settings.environments.items():
        path = ("environments", name)
        variable = settings.token_variable(name)
        values += _section(environment, path, configuration, {"token_variable": variable})
        values.append(_token(path, variable, environ))
    values += _section(settings.snapshots, ("snapshots",), configuration, {})
    values.append(EffectiveValue(("snapshots", "folder"), str(configuration.snapshot_path), "snapshots.path"))
    if settings.gitlab is not None:
        values += _section(settings.gitlab, ("gitlab",), configuration, {})
        values.append(_token(("gitlab",), settings.gitlab.token_variable, environ))
    values += _section(settings.policy, ("policy",), configuration, {})
    values += _section(settings.equivalent, ("equivalent",), configuration, {})
    return tuple(values)


def render_effective_text(values: tuple[EffectiveValue, ...]) -> str:
    """One line a value: key, value, origin, in columns."""
    rows = [(".".join(value.path), _shown(value.value), value.origin) for value in values]
    key_width = max(len(key) for key, _, _ in rows)
    value_width = min(max(len(text) for _, text, _ in rows), 40)
    return "".join(f"{key:<{key_width}}  {text:<{value_width}}  ({origin})\n" for key, text, origin in rows)


def _shown(value: Any) -> str:
    return "not set" if value is None else printable(value if isinstance(value, str) else json.dumps(value))


def render_effective_json(values: tuple[EffectiveValue, ...]) -> str:
    """`{"schema_version": 1, "values": [{"path": [...], "value": ..., "origin": "..."}]}`."""
    entries = [{"path": list(value.path), "value": value.value, "origin": value.origin} for value in values]
    return json.dumps({"schema_version": 1, "values": entries}, ensure_ascii=False, indent=2) + "\n"


def _section(
    section: BaseModel, path: tuple[str, ...], configuration: Configuration, computed: Mapping[str, str]
) -> Iterator[EffectiveValue]:
    for key in type(section).model_fields:
        value = getattr(section, key)
        if value is None:
            value = computed.get(key)
        if isinstance(value, tuple):
            value = [dict(item) if isinstance(item, Mapping) else item for item in value]
        yield EffectiveValue((*path, key), value, _origin((*path, key), configuration))


def _token(path: tuple[str, ...], variable: str, environ: Mapping[str, str]) -> EffectiveValue:
    state = "set" if environ.get(variable, "").strip() else "not set"
    return EffectiveValue((*path, "token"), state, f"environment {variable}")


def _origin(path: KeyPath, configuration: Configuration) -> str:
    line = configuration.lines.get(path)
    return "default" if line is None else f"{configuration.file.name}:{line}"
