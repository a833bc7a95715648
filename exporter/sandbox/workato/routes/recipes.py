"""Handlers of recipes: lists, code, versions, start and stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from werkzeug import Response

from exporter.sandbox.workato import wire
from exporter.sandbox.workato.errors import bad_request, not_emulated, not_found
from exporter.sandbox.workato.records import Asset
from exporter.sandbox.workato.reply import json_reply
from exporter.sandbox.workato.routes.call import Call
from exporter.sandbox.workato.state import Environment

_NOT_EMULATED = ("stopped_after", "stop_cause", "with_subfolders", "with_deleted")


def list_recipes(call: Call) -> Response:
    """Highest id first. A filter that the sandbox lacks is refused loudly rather than ignored."""
    for name in _NOT_EMULATED:
        if call.text(name) is not None:
            raise not_emulated("GET", "/api/recipes", f"the parameter {name}")
    if call.text("order") not in (None, "default"):
        raise not_emulated("GET", "/api/recipes", "an order other than default")
    recipes = sorted(_recipes(call.environment), key=lambda recipe: recipe.id, reverse=True)
    for is_wanted in _filters(call):
        recipes = [recipe for recipe in recipes if is_wanted(recipe)]
    ids = call.environment.asset_ids()
    with_code = not call.flag("exclude_code")
    items = [wire.recipe(call.environment, recipe, ids, with_code=with_code) for recipe in call.page_of(recipes)]
    if "tags" in call.request.args.getlist("includes[]"):
        for item in items:
            titles = call.environment.assets[int(str(item["id"]))].version.extract.tags
            item["tags"] = [wire.tag_handle(call.environment, title) for title in titles]
    return json_reply({"items": items})


def show_recipe(call: Call) -> Response:
    recipe = _recipe(call)
    return json_reply(wire.recipe(call.environment, recipe, call.environment.asset_ids(), with_code=True))


def list_versions(call: Call) -> Response:
    """Latest first."""
    versions = list(reversed(_recipe(call).versions))
    return json_reply({"data": [wire.recipe_version(version) for version in call.page_of(versions)]})


def show_version(call: Call) -> Response:
    for version in _recipe(call).versions:
        if version.id == call.id("version_id"):
            return json_reply({"data": wire.recipe_version(version)})
    raise not_found()


def list_test_cases(call: Call) -> Response:
    _recipe(call)
    return json_reply({"data": []})


def start_recipe(call: Call) -> Response:
    """HTTP 200 in either case: a recipe whose connection nobody signed in to does not start."""
    recipe = _recipe(call)
    missing = call.environment.connections_to_sign_in(recipe)
    if missing:
        errors = [[0, [["account_id", None, f"{name} is not connected"] for name in missing]]]
        return json_reply({"success": False, "code_errors": [], "config_errors": errors})
    call.environment.assets[recipe.id] = replace(recipe, is_running=True)
    return json_reply({"success": True})


def stop_recipe(call: Call) -> Response:
    recipe = _recipe(call)
    call.environment.assets[recipe.id] = replace(recipe, is_running=False)
    return json_reply({"success": True})


def _filters(call: Call) -> list[Callable[[Asset], bool]]:
    filters: list[Callable[[Asset], bool]] = []
    since_id, folder_id = call.number("since_id"), call.number("folder_id")
    if since_id is not None:
        filters.append(lambda recipe: recipe.id < since_id)
    if folder_id is not None:
        filters.append(lambda recipe: recipe.folder_id == folder_id)
    if call.text("running") is not None:
        is_running = call.flag("running")
        filters.append(lambda recipe: recipe.is_running == is_running)
    if call.text("updated_after"):
        after = _moment(call.text("updated_after") or "", "updated_after")
        filters.append(lambda recipe: recipe.updated_at > after)
    if call.text("adapter_names_any"):
        some = set((call.text("adapter_names_any") or "").split(","))
        filters.append(lambda recipe: bool(some & _providers(recipe)))
    if call.text("adapter_names_all"):
        every = set((call.text("adapter_names_all") or "").split(","))
        filters.append(lambda recipe: every <= _providers(recipe))
    return filters


def _moment(text: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"{name} must be an ISO 8601 date-time") from None
    if at.tzinfo is None:
        raise bad_request(f"{name} must be an ISO 8601 date-time with an offset")
    return at


def _providers(recipe: Asset) -> set[str]:
    return set(recipe.version.extract.providers)


def _recipes(environment: Environment) -> list[Asset]:
    return [asset for asset in environment.assets.values() if asset.type == "recipe"]


def _recipe(call: Call) -> Asset:
    asset = call.environment.assets.get(call.id())
    if asset is None or asset.type != "recipe":
        raise not_found()
    return asset
