"""How the files of each kind of asset are read: what in them means nothing, what is looks, what people call it.

Source: measured on exported packages; a key that is in no table is compared as behaviour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from exporter.recipe.model import JsonValue
from exporter.snapshot import AssetKind

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_LOGO: Final = frozenset({"logo_file_name", "logo_content_type"})
_LOOKS: Final = frozenset({"hint", "color", "icon"})


def _as_it_is(document: JsonValue) -> JsonValue:
    return document


@dataclass(frozen=True, slots=True)
class KindRules:
    """`ignored`, `cosmetic` and `environmental` are keys at the top: what exports write by themselves, looks, and
    what each environment has of its own (looks between two environments, behaviour within one). `looks` are keys
    that are looks wherever they stand, `labels` the names of keys anywhere; `lay_out` puts a document into the form
    in which it is compared."""

    ignored: frozenset[str] = frozenset()
    cosmetic: frozenset[str] = frozenset()
    environmental: frozenset[str] = frozenset()
    looks: frozenset[str] = _LOOKS
    labels: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    is_cosmetic: bool = False  # all of it is looks
    has_null_values: bool = False  # a key without a value says something
    lay_out: Callable[[JsonValue], JsonValue] = _as_it_is


def rules_of(kind: AssetKind) -> KindRules:
    """The rules for a kind; those of an unknown kind leave nothing out."""
    return _RULES.get(kind, _GENERIC)


def _plain_connection(document: JsonValue) -> JsonValue:
    """Names of connections carry spaces of every kind, which nobody sees and which mean nothing."""
    name = document.get("name") if isinstance(document, dict) else None
    return (
        {**document, "name": " ".join(name.split())}
        if isinstance(document, dict) and isinstance(name, str)
        else document
    )


def _named_columns(document: JsonValue) -> JsonValue:
    """A lookup table always has ten columns; those that nobody named are none."""
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(schema, list):
        return document
    return {**document, "schema": [column for column in schema if not _is_unnamed(column)]}


def _is_unnamed(column: JsonValue) -> bool:
    return (
        isinstance(column, dict)
        and column.get("label") in (None, "")
        and column.get("type") == "string"
        and column.keys() <= {"control_type", "label", "name", "type", "sticky", "optional"}
    )


def _resolved(document: JsonValue) -> JsonValue:
    """An agent's file with each "ref_0" replaced by what it stands for: the numbers are given out anew by each
    export. What is referred to is kept as well, by name."""
    references = document.get("references") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(references, dict):
        return document
    names = {key: _target_name(value) for key, value in references.items() if key.startswith("ref_")}
    counts = Counter([*names.values(), *references])
    names = {key: name for key, name in names.items() if name and counts[name] == 1}
    resolved = {key: _replaced(value, names) for key, value in document.items() if key != "references"}
    return {**resolved, "references": {names.get(key, key): value for key, value in references.items()}}


def _replaced(value: JsonValue, names: Mapping[str, str]) -> JsonValue:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_replaced(item, names) for item in value]
    return {key: _replaced(item, names) for key, item in value.items()} if isinstance(value, dict) else value


def _target_name(reference: JsonValue) -> str:
    """ "Find order (agentic_skill)"; "" for what has no name."""
    target = reference.get("id") if isinstance(reference, dict) else None
    name = target.get("name") if isinstance(target, dict) else None
    kind = reference.get("type") if isinstance(reference, dict) else None
    return f"{name} ({kind})" if isinstance(name, str) and name and isinstance(kind, str) else ""


_GENERIC: Final = KindRules()
_FIELDS: Final[Mapping[str, str]] = {"schema": "Fields"}
_COLUMNS: Final[Mapping[str, str]] = {"schema": "Columns", "data": "Rows"}
_RULES: Final[Mapping[AssetKind, KindRules]] = {
    AssetKind.CONNECTION: KindRules(
        ignored=frozenset({"root_folder"}),
        cosmetic=frozenset({"tags"}),
        environmental=frozenset({"secure_gateway_tunnel_name"}),
        labels={"provider": "App", "secure_gateway_tunnel_name": "On-prem group"},
        lay_out=_plain_connection,
    ),
    AssetKind.CUSTOM_CONNECTOR: KindRules(ignored=frozenset({"version_no", "note"}), cosmetic=_LOGO | {"description"}),
    AssetKind.LOOKUP_TABLE: KindRules(
        ignored=frozenset({"project_name", "max_allowed_entries_count"}), labels=_COLUMNS, lay_out=_named_columns
    ),
    AssetKind.DATA_TABLE: KindRules(ignored=frozenset({"project_name"}), cosmetic=frozenset({"tags"}), labels=_COLUMNS),
    AssetKind.ACCOUNT_PROPERTIES: KindRules(has_null_values=True),
    AssetKind.PROJECT_PROPERTIES: KindRules(has_null_values=True),
    AssetKind.API_GROUP: KindRules(cosmetic=frozenset({"description"}), environmental=frozenset({"handle"})),
    AssetKind.API_ENDPOINT: KindRules(
        cosmetic=frozenset({"description"}),
        labels={"recipe_id": "Recipe", "recipe_name": "Recipe", "api_group_id": "API collection"},
    ),
    AssetKind.SCHEMA: KindRules(labels=_FIELDS),
    AssetKind.TEMPLATE: KindRules(labels=_FIELDS),
    AssetKind.TOPIC: KindRules(labels=_FIELDS),
    AssetKind.APP: KindRules(cosmetic=_LOGO, labels={"workato_db_table": "Data table"}),
    AssetKind.INSIGHTS_QUERY: KindRules(labels={"page_id": "Page"}),
    AssetKind.GENIE: KindRules(
        cosmetic=_LOGO, labels={"ai_model": "AI model", "ai_provider": "AI provider"}, lay_out=_resolved
    ),
    AssetKind.SKILL: KindRules(labels={"recipe_id": "Recipe"}, lay_out=_resolved),
    AssetKind.MCP_SERVER: KindRules(labels={"vua_required": "User access required"}, lay_out=_resolved),
    AssetKind.DECISION_MODEL: KindRules(
        ignored=frozenset({"version"}), cosmetic=frozenset({"description"}), looks=_LOOKS | {"position"}
    ),
    AssetKind.PROJECT: KindRules(is_cosmetic=True),
    AssetKind.TAGS: KindRules(is_cosmetic=True),
}
