"""The JSON in an asset's file."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue
from exporter.snapshot import Asset


def document_of(asset: Asset) -> Mapping[str, JsonValue]:
    """The object that the file holds; an empty one where it is none, or cannot be read."""
    if not asset.path.endswith(".json"):
        return {}
    try:
        document = parse_json(asset.content)
    except RecipeFormatError:
        return {}
    return document if isinstance(document, dict) else {}
