"""A recipe's connections and settings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from exporter.diff.changes import ChangeClass, ConnectionSwitch, FieldChange, Missing
from exporter.diff.equivalence import NO_EQUIVALENCE, Equivalence
from exporter.diff.meaning import Reader
from exporter.diff.noise import (
    CONNECTION_NOISE,
    RECIPE_COSMETIC,
    RECIPE_NOISE,
    TRIGGER_SETTINGS,
    is_auto_description,
    plain_provider,
)
from exporter.diff.values import ValueChange, ValueComparison
from exporter.recipe.headline import Headlines
from exporter.recipe.labels import SEPARATOR, humanise
from exporter.recipe.model import Connection, JsonValue, Recipe


def compare_connections(
    before: Iterable[Connection],
    after: Iterable[Connection],
    readers: tuple[Reader, Reader],
    equivalence: Equivalence = NO_EQUIVALENCE,
) -> tuple[ConnectionSwitch, ...]:
    """The providers that another connection is used for, by provider. A provider that needs no connection on
    either side is none of them, and neither is one whose connections are meant to differ."""
    one, other = _by_provider(before, readers[0]), _by_provider(after, readers[1])
    switches = []
    for key in sorted(one.keys() | other.keys()):
        used, wanted = (entries[key].name if key in entries else "" for entries in (one, other))
        if used != wanted and readers[0].terms.connection(used) != readers[1].terms.connection(wanted):
            is_stranger = equivalence.stranger(wanted, is_connection=True) is not None
            switches.append(ConnectionSwitch(plain_provider(key[0]), used or None, wanted or None, is_stranger))
    return tuple(switches)


def compare_settings(
    before: Recipe,
    after: Recipe,
    values: ValueComparison,
    readers: tuple[Reader, Reader],
    headlines: tuple[Headlines, Headlines],
) -> list[tuple[FieldChange, ValueChange]]:
    """The settings that differ: the recipe's own, those kept on its trigger (parameters, job report), and what an
    entry of `config` says beside the connection."""
    renamed = _renamed_files(before, after, readers)
    one, other = _settings_view(before, readers[0], renamed), _settings_view(after, readers[1], renamed)
    if is_auto_description(one.get("description")) or is_auto_description(other.get("description")):
        # Workato writes it anew by itself; next to an automatic text a person's own text comes and goes too.
        one.pop("description", None)
        other.pop("description", None)
    return [(_field(change, headlines), change) for change in values.compare(one, other)]


def _renamed_files(before: Recipe, after: Recipe, readers: tuple[Reader, Reader]) -> frozenset[tuple[str, int]]:
    """The entries whose connections have one name and two files: the names cannot tell that another one is used."""
    one, other = _by_provider(before.connections, readers[0]), _by_provider(after.connections, readers[1])
    return frozenset(
        key
        for key in one.keys() & other.keys()
        if one[key].name == other[key].name and _file_stem(one[key], readers[0]) != _file_stem(other[key], readers[1])
    )


def _file_stem(entry: Connection, reader: Reader) -> str:
    """The file that is meant, without the ".1" that each environment gives to names that collide."""
    account = entry.raw.get("account_id")
    zip_name = account.get("zip_name") if isinstance(account, dict) else None
    return _COLLISION.sub("", reader.target(zip_name)) if isinstance(zip_name, str) else ""


def _settings_view(recipe: Recipe, reader: Reader, renamed: frozenset[tuple[str, int]]) -> dict[str, JsonValue]:
    view = {key: value for key, value in recipe.settings.items() if key not in RECIPE_NOISE and value not in ("", [])}
    for key in TRIGGER_SETTINGS:
        if recipe.trigger.raw.get(key):
            view[key] = recipe.trigger.raw[key]
    config: dict[str, JsonValue] = {}
    for (provider, place), entry in _by_provider(recipe.connections, reader).items():
        extra = {key: value for key, value in entry.raw.items() if key not in CONNECTION_NOISE}
        account = entry.raw.get("account_id")
        if isinstance(account, dict):
            extra.update({f"account {key}": value for key, value in account.items() if key not in _ACCOUNT_NOISE})
            zip_name = account.get("zip_name")
            if isinstance(zip_name, str) and (provider, place) in renamed:
                extra["file"] = reader.target(zip_name)
        if extra:
            config[provider if place == 1 else f"{provider} #{place}"] = extra
    if config:
        view["config"] = config
    return view


_COLLISION = re.compile(r"\.\d+(?=\.connection\.json$)")
_ACCOUNT_NOISE = frozenset({"zip_name", "name", "folder", "folder_full_path", "custom"})


def _by_provider(connections: Iterable[Connection], reader: Reader) -> dict[tuple[str, int], Connection]:
    """Entries by provider; a provider that occurs twice is numbered."""
    places: Counter[str] = Counter()
    found: dict[tuple[str, int], Connection] = {}
    for entry in connections:
        provider = reader.provider(entry.provider)
        places[provider] += 1
        found[provider, places[provider]] = entry
    return found


def _field(change: ValueChange, headlines: tuple[Headlines, Headlines]) -> FieldChange:
    before, after = (
        value if isinstance(value, Missing) else lines.pills.value(value)
        for value, lines in zip((change.before, change.after), headlines, strict=True)
    )
    if before == after:
        before, after = change.before, change.after
    labels = [str(key + 1) if isinstance(key, int) else _LABELS.get(key) or humanise(key) for key in change.path]
    is_cosmetic = change.path[0] in RECIPE_COSMETIC
    return FieldChange(
        change.path,
        SEPARATOR.join(labels),
        before,
        after,
        ChangeClass.COSMETIC if is_cosmetic else change.change_class,
        change.declared,
    )


_LABELS: Mapping[str, str] = {
    "config": "Connection",
    "job_report_config": "Job report",
    "job_report_schema": "Job report columns",
    "param": "Parameters",
}
