"""Changes in words, and counted."""

from __future__ import annotations

from collections.abc import Iterable

from exporter.diff.changes import AssetChange, ChangeClass, ChangeKind
from exporter.snapshot import AssetKind

KIND_WORDS = {
    ChangeKind.ADDED: "added",
    ChangeKind.REMOVED: "removed",
    ChangeKind.CHANGED: "changed",
    ChangeKind.MOVED: "moved",
    ChangeKind.RENAMED: "renamed",
    ChangeKind.NESTED: "now inside a block",
    ChangeKind.UNNESTED: "no longer inside a block",
    ChangeKind.DISABLED: "disabled",
    ChangeKind.ENABLED: "enabled",
    ChangeKind.REPLACED: "replaced",
}
# What people call the kinds of asset, as Workato's pages do.
ASSET_KIND_NAMES = {
    AssetKind.RECIPE: "recipe",
    AssetKind.CONNECTION: "connection",
    AssetKind.CUSTOM_CONNECTOR: "custom connector",
    AssetKind.LOOKUP_TABLE: "lookup table",
    AssetKind.DATA_TABLE: "data table",
    AssetKind.ACCOUNT_PROPERTIES: "account properties",
    AssetKind.PROJECT_PROPERTIES: "project properties",
    AssetKind.API_GROUP: "API collection",
    AssetKind.API_ENDPOINT: "API endpoint",
    AssetKind.SCHEMA: "schema",
    AssetKind.TEMPLATE: "message template",
    AssetKind.TOPIC: "event topic",
    AssetKind.APP: "workflow app",
    AssetKind.PAGE: "page",
    AssetKind.INSIGHTS_QUERY: "insights query",
    AssetKind.GENIE: "genie",
    AssetKind.SKILL: "skill",
    AssetKind.KNOWLEDGE_BASE: "knowledge base",
    AssetKind.MCP_SERVER: "MCP server",
    AssetKind.DATA_PIPELINE: "data pipeline",
    AssetKind.DECISION_MODEL: "decision model",
    AssetKind.PROJECT: "project",
    AssetKind.TAGS: "tags",
    AssetKind.OTHER: "file",
}


def count(number: int, noun: str) -> str:
    """ "1 step", "2 steps", "0 steps"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tally(changes: Iterable[AssetChange]) -> str:
    """ "1 recipe added, 2 changed; 3 other assets changed"; "" if there are none."""
    changes = tuple(changes)
    recipes = [change for change in changes if change.asset_kind is AssetKind.RECIPE]
    others = [change for change in changes if change.asset_kind is not AssetKind.RECIPE]
    parts = [
        text for text in (_kinds(recipes, "recipe"), _kinds(others, "other asset" if recipes else "asset")) if text
    ]
    return "; ".join(parts)


def _kinds(changes: list[AssetChange], noun: str) -> str:
    parts: list[str] = []
    for word, kind in (("added", ChangeKind.ADDED), ("removed", ChangeKind.REMOVED), ("changed", None)):
        number = sum(_main_kind(change) is kind for change in changes)
        if number:
            parts.append(f"{number} {word}" if parts else f"{count(number, noun)} {word}")
    return ", ".join(parts)


def _main_kind(change: AssetChange) -> ChangeKind | None:
    """ADDED, REMOVED, or None for whatever else happened to an asset that both sides have."""
    return next((kind for kind in (ChangeKind.ADDED, ChangeKind.REMOVED) if kind in change.kinds), None)


def step_tally(change: AssetChange) -> str:
    """ "2 steps added, 1 changed, 1 connection switches"; "" if nothing can be counted."""
    parts: list[str] = []
    for kind, word in KIND_WORDS.items():
        number = sum(kind in step.kinds for step in change.steps if step.change_class is ChangeClass.LOGIC)
        if number:
            parts.append(f"{count(number, 'step')} {word}" if not parts else f"{number} {word}")
    if change.connections:
        switches = len(change.connections)
        parts.append(f"{count(switches, 'connection')} {'switches' if switches == 1 else 'switch'}")
    fields = sum(field.change_class is ChangeClass.LOGIC for field in (*change.settings, *change.fields))
    if fields:
        parts.append(count(fields, "setting" if change.settings else "field"))
    return ", ".join(parts) or _minor(change)


def _minor(change: AssetChange) -> str:
    """What to say of an asset without a change of its behaviour."""
    classes = {step.change_class for step in change.steps}
    classes |= {field.change_class for field in (*change.settings, *change.fields)}
    if not classes or ChangeClass.LOGIC in classes:
        return ""
    return "field lists refreshed" if ChangeClass.SCHEMA in classes else "looks only"
