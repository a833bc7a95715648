"""The workspaces of the story: reads the source files, applies an environment's edits, builds every export."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from exporter.sandbox.seed import SeedAsset, WorkspaceSeed
from exporter.sandbox.story.assets import AssetMaker, project_values
from exporter.sandbox.story.edits import Edit, edit_recipes, edit_source, edit_workspace, read_edits
from exporter.sandbox.story.fields import FieldLists
from exporter.sandbox.story.generated import RecipePress, generated_folders, generated_projects
from exporter.sandbox.story.recipe import RecipeSource, Surroundings, build_recipe, read_recipe
from exporter.sandbox.story.references import References

ENVIRONMENTS = ("dev", "test", "prod")


@dataclass(frozen=True, slots=True)
class StoryChange:
    """One thing that promoting `source` to `target` would change there. `recipe` is the key of the recipe's file,
    "" for other assets; `kind` is the edit's kind in edits.toml; `words` is what a person would say."""

    source: str
    target: str
    kind: str
    recipe: str
    words: str


def story_changes() -> tuple[StoryChange, ...]:
    """What differs between neighbouring environments: first test -> prod, then dev -> test."""
    targets = {"test": "prod", "dev": "test"}
    edits = read_edits(_toml("edits.toml"))
    return tuple(
        StoryChange(edit.since, targets[edit.since], edit.kind, edit.recipe, edit.words)
        for since in ("test", "dev")
        for edit in edits
        if edit.since == since
    )


def load_story(environment: str, generated_recipes: int = 0) -> WorkspaceSeed:
    """One environment's workspace: "dev", "test" or "prod". `generated_recipes` more are made on access, spread
    over projects of 100. Raises: ValueError for another environment or a negative number."""
    if environment not in ENVIRONMENTS:
        raise ValueError(f"the story has no environment {environment!r}; it has {', '.join(ENVIRONMENTS)}")
    if generated_recipes < 0:
        raise ValueError(f"generated_recipes is {generated_recipes}; it must be 0 or more")
    edits = read_edits(_toml("edits.toml"))
    workspace = edit_workspace(_toml("workspace.toml"), edits, environment)
    recipes = edit_recipes(_read_recipes(), edits, environment)
    references = References(environment, workspace, recipes)
    fields = FieldLists(_toml("fields.toml"))
    surroundings = references.surroundings(fields)
    maker = AssetMaker(environment, workspace, references, fields, _read_connectors(workspace, edits, environment))
    settings = workspace["environments"][environment]
    press = RecipePress(
        environment,
        _place("generated.toml").read_text("utf-8"),
        surroundings,
        settings["version_lead"],
        tuple(workspace["people"][settings["saved_by"] or "robin"]),
    )
    projects = [project["name"] for project in workspace["project"]]
    return WorkspaceSeed(
        environment=environment,
        workspace_id=settings["workspace_id"],
        workspace_name=settings["workspace_name"],
        projects=(*projects, *generated_projects(generated_recipes)),
        folders=(*_folders(workspace), *generated_folders(generated_recipes)),
        assets=(
            *maker.assets(),
            *_recipe_assets(recipes, environment, workspace, edits, surroundings),
            *press.assets(generated_recipes),
        ),
        account_properties=dict(workspace["account_properties"]),
        project_properties=project_values(workspace["project"]),
    )


def _recipe_assets(
    recipes: list[RecipeSource],
    environment: str,
    workspace: Mapping[str, Any],
    edits: tuple[Edit, ...],
    surroundings: Surroundings,
) -> Iterator[SeedAsset]:
    settings = workspace["environments"][environment]
    for recipe in recipes:
        own_edits = [edit for edit in edits if edit.recipe == recipe.key and edit.holds_in(environment)]
        version = recipe.settings["version"] + settings["version_lead"] + len(own_edits)
        author = settings["saved_by"] or recipe.settings["author"]
        name, email = workspace["people"][author]
        yield SeedAsset(
            type="recipe",
            name=recipe.name,
            folder=recipe.folder,
            files={".recipe.json": build_recipe(recipe, version, surroundings)},
            version=version,
            is_running=environment in recipe.settings.get("runs_in", ENVIRONMENTS),
            author_name=name,
            author_email=email,
            comment=own_edits[-1].words if own_edits else "",
        )


def _folders(workspace: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for project in workspace["project"]:
        yield (project["name"],)
        for folder in project["folders"]:
            yield (project["name"], *folder)


def _read_recipes() -> list[RecipeSource]:
    entries = sorted(_place("recipes").iterdir(), key=lambda entry: entry.name)
    return [
        read_recipe(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text("utf-8")))
        for entry in entries
        if entry.name.endswith(".toml")
    ]


def _read_connectors(
    workspace: Mapping[str, Any], edits: tuple[Edit, ...], environment: str
) -> dict[str, dict[str, bytes]]:
    connectors = {}
    for entry in workspace["connector"]:
        key = entry["key"]
        source = _place("connectors", f"{key}.rb").read_text("utf-8")
        edited = edit_source(key, source, edits, environment)
        connectors[key] = {"rb": edited.encode(), "png": _place("connectors", f"{key}.png").read_bytes()}
    return connectors


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(_place(name).read_text("utf-8"))


def _place(*names: str) -> Traversable:
    return files("exporter.sandbox.story").joinpath(*names)
