"""What the environments differ in: a list of edits in edits.toml, applied to the recipes of prod.

Prod is the oldest, so its recipes are the files as they stand. An edit says `since = "test"` (test and dev have it,
prod does not yet) or `since = "dev"` (dev alone has it).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exporter.sandbox.story.recipe import TRIGGER, RecipeSource, StepSource, read_step

# Which environments have an edit, by the environment it is there since.
HOLDERS = {"test": ("dev", "test"), "dev": ("dev",)}


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit as written. `recipe` is the key of a recipe, "" for edits of other assets; `words` is what a person
    would say of it; `body` is what the kind needs."""

    since: str
    kind: str
    recipe: str
    words: str
    body: Mapping[str, Any]

    def holds_in(self, environment: str) -> bool:
        return environment in HOLDERS[self.since]


def read_edits(document: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The edits of edits.toml in their order."""
    return tuple(_read_edit(table) for table in document["edit"])


def _read_edit(table: Mapping[str, Any]) -> Edit:
    own = ("since", "kind", "recipe", "words")
    body = {name: value for name, value in table.items() if name not in own}
    edit = Edit(table["since"], table["kind"], table.get("recipe", ""), table["words"], body)
    known = {"add", "remove", *_EDITORS} if edit.recipe else set(_WORKSPACE_EDITORS)
    if edit.kind not in known or edit.since not in HOLDERS:
        raise ValueError(
            f"edits: {edit.kind!r} since {edit.since!r} is unknown; kinds here are {', '.join(sorted(known))}"
        )
    return edit


def edit_recipes(recipes: Iterable[RecipeSource], edits: Iterable[Edit], environment: str) -> list[RecipeSource]:
    """The recipes as this environment has them."""
    by_key = {recipe.key: recipe for recipe in recipes}
    for edit in edits:
        if not edit.recipe:
            continue
        if edit.kind in ("add", "remove"):
            if edit.holds_in(environment) == (edit.kind == "remove"):
                del by_key[edit.recipe]
        elif edit.holds_in(environment):
            by_key[edit.recipe] = _EDITORS[edit.kind](by_key[edit.recipe], edit.body)
    return list(by_key.values())


def edit_workspace(workspace: Mapping[str, Any], edits: Iterable[Edit], environment: str) -> dict[str, Any]:
    """workspace.toml as this environment has it: columns, properties and connector versions of its edits added."""
    edited = copy.deepcopy(dict(workspace))
    for edit in edits:
        if edit.holds_in(environment) and edit.kind in _WORKSPACE_EDITORS:
            _WORKSPACE_EDITORS[edit.kind](edited, edit.body)
    return edited


def edit_source(connector: str, source: str, edits: Iterable[Edit], environment: str) -> str:
    """A custom connector's Ruby source as this environment has it."""
    for edit in edits:
        if edit.kind == "connector" and edit.body["connector"] == connector and edit.holds_in(environment):
            if edit.body["find"] not in source:
                raise ValueError(f"edits: connector {connector} has no text {edit.body['find']!r}")
            source = source.replace(edit.body["find"], edit.body["replace"])
    return source


def _add_column(workspace: dict[str, Any], body: Mapping[str, Any]) -> None:
    _entry(workspace["data_table"], "key", body["table"])["columns"].append(body["column"])


def _add_property(workspace: dict[str, Any], body: Mapping[str, Any]) -> None:
    _entry(workspace["project"], "name", body["project"])["properties"][body["name"]] = body["value"]


def _raise_connector_version(workspace: dict[str, Any], body: Mapping[str, Any]) -> None:
    entry = _entry(workspace["connector"], "key", body["connector"])
    entry["version"] += 1
    entry["note"] = body["note"]


_WORKSPACE_EDITORS: Mapping[str, Callable[[dict[str, Any], Mapping[str, Any]], None]] = {
    "column": _add_column,
    "property": _add_property,
    "connector": _raise_connector_version,
}


def _entry(entries: list[dict[str, Any]], name: str, value: str) -> dict[str, Any]:
    for entry in entries:
        if entry[name] == value:
            return entry
    raise ValueError(f"edits: the workspace has nothing whose {name} is {value!r}")


def _insert(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    anchor = recipe.steps[_place(recipe, body["after"])]
    step = read_step({"in": anchor.inside, **body["step"]})
    return _put(recipe, step, after=anchor.id)


def _wrap(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    wrapped = body["steps"]
    first = recipe.steps[_place(recipe, wrapped[0])]
    block = read_step({**body["step"], "in": first.inside})
    inner = tuple(replace(step, inside=block.id) if step.id in wrapped else step for step in recipe.steps)
    place = _place(recipe, first.id)
    return replace(recipe, steps=(*inner[:place], block, *inner[place:]))


def _move(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    step = recipe.steps[_place(recipe, body["step"])]
    rest = replace(recipe, steps=tuple(other for other in recipe.steps if other.id != step.id))
    anchor = rest.steps[_place(rest, body["after"])]
    return _put(rest, replace(step, inside=body.get("in", anchor.inside)), after=anchor.id)


def _remove_step(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    _place(recipe, body["step"])
    return replace(recipe, steps=tuple(step for step in recipe.steps if step.id != body["step"]))


def _unwrap(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    block = recipe.steps[_place(recipe, body["step"])]
    outer = tuple(replace(step, inside=block.inside) if step.inside == block.id else step for step in recipe.steps)
    return _remove_step(replace(recipe, steps=outer), body)


def _retrigger(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    """Another trigger in the same place: it keeps its uuid and gets another alias, as in Workato."""
    trigger = read_step({"id": TRIGGER, "in": "", **body["trigger"]})
    return replace(recipe, steps=(trigger, *recipe.steps[1:]))


def _set(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    place = _place(recipe, body["step"])
    step = recipe.steps[place]
    changed = replace(step, body=_with_value(step.body, body["field"], body["value"]))
    return replace(recipe, steps=(*recipe.steps[:place], changed, *recipe.steps[place + 1 :]))


def _settings(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    return replace(recipe, settings={**recipe.settings, **body["settings"]})


def _rename(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    return replace(recipe, name=body["name"])


def _connect(recipe: RecipeSource, body: Mapping[str, Any]) -> RecipeSource:
    connections = {**recipe.settings.get("connections", {}), body["provider"]: body["connection"]}
    return replace(recipe, settings={**recipe.settings, "connections": connections})


_EDITORS: Mapping[str, Callable[[RecipeSource, Mapping[str, Any]], RecipeSource]] = {
    "insert": _insert,
    "wrap": _wrap,
    "move": _move,
    "remove_step": _remove_step,
    "unwrap": _unwrap,
    "retrigger": _retrigger,
    "disable": lambda recipe, body: _set(recipe, {"step": body["step"], "field": "skip", "value": True}),
    "set": _set,
    "settings": _settings,
    "noise": _settings,
    "rename": _rename,
    "connect": _connect,
}


def _place(recipe: RecipeSource, step_id: str) -> int:
    for place, step in enumerate(recipe.steps):
        if step.id == step_id:
            return place
    raise ValueError(f"edits: recipe {recipe.key} has no step {step_id!r}")


def _put(recipe: RecipeSource, step: StepSource, *, after: str) -> RecipeSource:
    """The step stands right after its anchor among the anchor's siblings: children are found by `inside`."""
    place = _place(recipe, after) + 1
    return replace(recipe, steps=(*recipe.steps[:place], step, *recipe.steps[place:]))


def _with_value(body: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    return {**body, name: _with_value(body.get(name, {}), rest, value) if rest else value}
