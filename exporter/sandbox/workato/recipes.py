"""What the API says of a recipe beside its code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from exporter.sandbox.workato.records import Asset
from exporter.sandbox.workato.references import objects, walk_steps
from exporter.sandbox.workato.state import Environment


@dataclass(frozen=True, slots=True)
class RecipeSummary:
    """What lists need of a recipe, so that its code is parsed once and not in every listing."""

    description: str
    providers: tuple[str, ...]
    config: list[dict[str, object]]


@lru_cache(maxsize=100_000)
def summarize_recipe(content: bytes) -> RecipeSummary:
    """The summary of a recipe file; empty for what is no recipe. Providers: of every step, each once, in order."""
    try:
        value = json.loads(content)
    except ValueError:
        return RecipeSummary("", (), [])
    value = value if isinstance(value, dict) else {}
    providers = [str(step["provider"]) for step in walk_steps(value.get("code")) if step.get("provider")]
    return RecipeSummary(
        str(value.get("description") or ""), tuple(dict.fromkeys(providers)), objects(value.get("config"))
    )


def unauthorized_connections(environment: Environment, recipe: Asset) -> list[str]:
    """The names of connections that the recipe uses and nobody signed in to."""
    ids = {name: asset_id for asset_id, name in environment.zip_names().items()}
    used = [
        environment.assets.get(ids.get(str(account.get("zip_name")), 0))
        for account in (item.get("account_id") for item in summarize_recipe(recipe.main_file).config)
        if isinstance(account, dict)
    ]
    return [connection.name for connection in used if connection is not None and not connection.is_authorized]
