"""Counts in words."""

from __future__ import annotations

from collections.abc import Iterable

from exporter.diff.changes import AssetChange, ChangeKind
from exporter.snapshot import AssetKind


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
