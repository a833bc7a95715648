"""A recipe as the story writes it, and the export that is made of it.

A source file holds the recipe's settings, a `[trigger]` and a flat list of `[[step]]`s; a step says in `in` which
block it stands in. `do` is a keyword or "provider.operation". A table with a single key that starts with "@" stands
for what the platform writes there: a reference to another asset, an embedded JSON string, a variable.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.sandbox.story.fields import FieldLists, compact_json
from exporter.sandbox.story.pills import RESERVED_HEADS, PillSource, PillWriter
from exporter.sandbox.story.pretty import print_json

TRIGGER = "trigger"
CONTROL = ("if", "elsif", "else", "foreach", "repeat", "while_condition", "try", "catch", "stop")
_WITH_BLOCK = ("if", "elsif", "else", "foreach", "repeat", "try", "catch")
_WITH_ALIAS = ("foreach", "repeat", "catch")
# What a step may say beside id, do and in; a mistyped word is an error, never ignored.
_STEP_WORDS = frozenset(
    [
        "accepts",
        "alias",
        "batch_size",
        "clear_scope",
        "comment",
        "filter",
        "format_version",
        "headline",
        "input",
        "job_report",
        "join",
        "mask_data",
        "param",
        "parameters_schema",
        "picks",
        "returns",
        "skip",
        "source",
        "title",
        "toggles",
        "unfinished",
        "wizardFinished",
        "collapsed_conditions",
        "when",
    ]
)
_SETTINGS = frozenset(
    [
        "author",
        "concurrency",
        "connections",
        "description",
        "drift",
        "runs_in",
        "origin",
        "personalization",
        "pills",
        "private",
        "tags",
        "titles",
        "version",
    ]
)
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "story.wexport.invalid")

# The field that a connector's next release brings: what a refreshed schema differs in, with the same input.
_DRIFT = {
    "control_type": "text",
    "label": "Data cloud sync key",
    "type": "string",
    "name": "DataCloudSyncKey",
    "optional": True,
}


@dataclass(frozen=True, slots=True)
class StepSource:
    """One step as written. `inside` is the id of the block around it ("trigger" at the top level)."""

    id: str
    do: str
    inside: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecipeSource:
    """One recipe as written; `steps[0]` is the trigger. `settings` is all else of the file."""

    key: str
    name: str
    folder: tuple[str, ...]
    steps: tuple[StepSource, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a recipe's export needs of its environment.

    `reference(kind, key)` is {zip_name, name, folder}; `connection(recipe, provider)` the account_id of a provider,
    None for what needs no connection; `provider_slug` the environment's slug of a custom connector; `foreign_id` the
    number of an asset that the export cannot pack; `column_id` the uuid of "$table:column".
    """

    fields: FieldLists
    reference: Callable[[str, str], dict[str, Any]]
    connection: Callable[[RecipeSource, str], dict[str, Any] | None]
    provider_slug: Callable[[str], str]
    foreign_id: Callable[[str], str]
    column_id: Callable[[str], str]


def stable_uuid(*parts: str) -> str:
    """A version 5 uuid: the same in every environment and on every run, as after a promotion."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def read_recipe(key: str, document: Mapping[str, Any]) -> RecipeSource:
    """The recipe of one parsed source file."""
    trigger = read_step({"id": TRIGGER, "in": "", **document[TRIGGER]})
    steps = tuple(read_step(step) for step in document.get("step", ()))
    repeated = [name for name, count in Counter(step.id for step in steps).items() if count > 1]
    if repeated:
        raise ValueError(f"recipe {key}: two steps are called {repeated[0]!r}; ids are unique in a recipe")
    taken = [step.id for step in steps if step.id in RESERVED_HEADS]
    if taken:
        raise ValueError(f"recipe {key}: no step can be called {taken[0]!r}; datapills use the word")
    settings = {name: value for name, value in document.items() if name not in (TRIGGER, "step", "name", "folder")}
    _refuse_unknown(f"recipe {key}", settings, _SETTINGS)
    return RecipeSource(key, document["name"], tuple(document["folder"]), (trigger, *steps), settings)


def read_step(table: Mapping[str, Any]) -> StepSource:
    """The step of one `[[step]]` table."""
    body = {name: value for name, value in table.items() if name not in ("id", "do", "in")}
    _refuse_unknown(f"step {table['id']}", body, _STEP_WORDS)
    if "." not in table["do"] and table["do"] not in CONTROL:
        raise ValueError(f"step {table['id']}: {table['do']!r} is no keyword and no provider.operation")
    return StepSource(table["id"], table["do"], table.get("in", TRIGGER), body)


def build_recipe(recipe: RecipeSource, version: int, surroundings: Surroundings) -> bytes:
    """The very bytes that Workato would export."""
    builder = _Builder(recipe, surroundings)
    settings = recipe.settings
    code = builder.step(recipe.steps[0])
    document: dict[str, Any] = {
        "name": recipe.name,
        "description": settings.get("description", "When there is a new event, do action"),
        "version": version,
        "private": settings.get("private", True),
        "concurrency": settings.get("concurrency", 1),
    }
    if "tags" in settings:
        document["tags"] = sorted(settings["tags"])
    return print_json(document | {"code": code, "config": builder.config()})


def _refuse_unknown(owner: str, table: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(table.keys() - known)
    if unknown:
        raise ValueError(f"{owner}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


class _Builder:
    """Builds one recipe. Holds the running number, which counts depth first over the whole tree."""

    def __init__(self, recipe: RecipeSource, surroundings: Surroundings) -> None:
        self._recipe = recipe
        self._surroundings = surroundings
        self._is_dotted = recipe.settings.get("pills", "json") == "dotted"
        sources = {step.id: PillSource(self._pill_provider(step), self._alias(step)) for step in recipe.steps}
        self._pills = PillWriter(sources, self._is_dotted, surroundings.column_id)
        self._number = 0

    def step(self, step: StepSource) -> dict[str, Any]:
        """The step's node with all below it."""
        node: dict[str, Any] = {"number": self._number}
        self._number += 1
        node |= self._head(step)
        node |= {"dynamicPickListSelection": self._value(step.body.get("picks", {})), "toggleCfg": _toggles(step)}
        node["input"] = self._input(step)
        if "filter" in step.body:
            group = self._conditions(step, "filter")
            node["filter"] = {name: group[name] for name in ("conditions", "operand", "type")}
        node |= self._schemas(step)
        node |= {name: self._value(step.body[name]) for name in ("parameters_schema", "param") if name in step.body}
        if step.inside == "" or step.do in _WITH_BLOCK:
            node["block"] = [self.step(child) for child in self._recipe.steps if child.inside == step.id]
        return node | self._tail(step)

    def config(self) -> list[dict[str, Any]]:
        """One entry per provider, in the order of first use."""
        providers = dict.fromkeys(self._provider(step)[0] for step in self._recipe.steps if step.do not in CONTROL)
        personal = self._recipe.settings.get("personalization", ())
        return [
            {
                "keyword": "application",
                "provider": self._surroundings.provider_slug(provider),
                "skip_validation": False,
                **({"personalization": True} if provider in personal else {}),
                "account_id": self._surroundings.connection(self._recipe, provider),
            }
            for provider in providers
        ]

    def _provider(self, step: StepSource) -> tuple[str, str]:
        provider, _, operation = step.do.partition(".")
        return provider, operation

    def _pill_provider(self, step: StepSource) -> str:
        return step.do if step.do in CONTROL else self._surroundings.provider_slug(self._provider(step)[0])

    def _alias(self, step: StepSource) -> str:
        seed = f"{self._recipe.settings.get('origin', self._recipe.key)}/{step.body.get('alias', step.id)}"
        return hashlib.sha256(seed.encode()).hexdigest()[:8]

    def _uuid(self, step: StepSource) -> str:
        return stable_uuid(self._recipe.settings.get("origin", self._recipe.key), step.id)

    def _head(self, step: StepSource) -> dict[str, Any]:
        if step.do in CONTROL:
            alias = {"as": self._alias(step)} if step.do in _WITH_ALIAS else {}
            return alias | {"keyword": step.do} | self._loop(step)
        provider, operation = self._provider(step)
        head: dict[str, Any] = {"provider": self._surroundings.provider_slug(provider), "name": operation}
        head["as"] = self._alias(step)
        if self._recipe.settings.get("titles", self._is_dotted):
            head |= {"title": step.body.get("title"), "description": step.body.get("headline")}
        return head | {"keyword": TRIGGER if step.inside == "" else "action"}

    def _loop(self, step: StepSource) -> dict[str, Any]:
        if step.do != "foreach":
            return {}
        loop = {"source": self._value(step.body["source"]), "clear_scope": step.body.get("clear_scope", "false")}
        if "batch_size" in step.body:
            return loop | {"repeat_mode": "batch", "batch_size": step.body["batch_size"]}
        return loop | {"repeat_mode": "simple"}

    def _input(self, step: StepSource) -> Any:
        if "when" in step.body:
            return self._conditions(step, "when")
        if step.do == "catch":
            return {"max_retry_count": "0", "retry_interval": "2", **step.body.get("input", {})}
        return self._value(step.body.get("input", {}))

    def _conditions(self, step: StepSource, name: str) -> dict[str, Any]:
        # Workato has written condition ids both ways; which one stays with the step for good.
        prefix = "condition-" if int(self._uuid(step)[0], 16) % 2 else ""
        conditions = [
            {
                "operand": row[1],
                "lhs": self._value(row[0]),
                "rhs": self._value(row[2]) if len(row) > 2 else "",
                "uuid": prefix + stable_uuid(self._uuid(step), name, str(place)),
            }
            for place, row in enumerate(step.body[name])
        ]
        return {"type": "compound", "operand": step.body.get("join", "and"), "conditions": conditions}

    def _schemas(self, step: StepSource) -> dict[str, Any]:
        schemas = {}
        for name, key in (("returns", "extended_output_schema"), ("accepts", "extended_input_schema")):
            if name in step.body:
                schemas[key] = self._schema(step, step.body[name])
        if "accepts" in step.body:
            shown = [*_paths(self._value(step.body.get("input", {}))), *_schema_paths(schemas["extended_input_schema"])]
            return schemas | {"visible_config_fields": list(dict.fromkeys(shown))}
        return schemas

    def _schema(self, step: StepSource, specs: Sequence[Any]) -> list[dict[str, Any]]:
        schema = self._surroundings.fields.schema(self._columns(specs))
        return [*schema, _DRIFT] if self._recipe.settings.get("drift") == self._provider(step)[0] else schema

    def _columns(self, specs: Sequence[Any]) -> list[Any]:
        """The specs with `$table:column` names replaced by the columns' uuids."""
        column_id = self._surroundings.column_id
        return [self._columns(spec) if not isinstance(spec, str) else _with_column(spec, column_id) for spec in specs]

    def _tail(self, step: StepSource) -> dict[str, Any]:
        tail: dict[str, Any] = {}
        report = step.body.get("job_report", {})
        if report:
            columns = [f"custom_column_{place}" for place in range(1, len(report) + 1)]
            tail["job_report_schema"] = [{"name": c, "label": label} for c, label in zip(columns, report, strict=True)]
            tail["job_report_config"] = dict(zip(columns, self._value(list(report.values())), strict=True))
        if "comment" in step.body:
            tail["comment"] = step.body["comment"]
        tail["uuid"] = self._uuid(step)
        for name in ("skip", "mask_data", "format_version", "wizardFinished", "unfinished", "collapsed_conditions"):
            if name in step.body:
                tail[name] = step.body[name]
        return tail

    def _value(self, value: Any) -> Any:
        """The value as exported: pills written out, instructions carried out, column names as uuids."""
        if isinstance(value, str):
            return self._pills.expand(value)
        if isinstance(value, Mapping):
            names = list(value)
            if len(names) == 1 and names[0].startswith("@"):
                return self._instruction(names[0][1:], value[names[0]])
            return {self._key(name): self._value(item) for name, item in value.items()}
        return [self._value(item) for item in value] if isinstance(value, list) else value

    def _key(self, name: str) -> str:
        return self._surroundings.column_id(name) if name.startswith("$") else name

    def _instruction(self, name: str, argument: Any) -> Any:
        if name == "fields":
            return self._surroundings.fields.schema_text(argument)
        if name == "json":
            return compact_json(argument)
        if name == "column":
            return self._surroundings.column_id(argument)
        if name == "foreign":
            return self._surroundings.foreign_id(argument)
        if name == "variable":
            return self._variables([argument] if isinstance(argument, str) else argument)
        return self._surroundings.reference(name, argument)

    def _variables(self, names: Sequence[str]) -> str:
        """`declare.total` as "<uuid>:<alias>:total", several joined with ":"."""
        steps = {step.id: step for step in self._recipe.steps}
        parts = []
        for name in names:
            step_id, _, variable = name.partition(".")
            parts += [self._uuid(steps[step_id]), self._alias(steps[step_id]), *([variable] if variable else [])]
        return ":".join(parts)


def _with_column(spec: str, column_id: Callable[[str], str]) -> str:
    if not spec.startswith("$"):
        return spec
    name, _, rest = spec.partition(": ")
    return f"{column_id(name)}: {rest}"


def _toggles(step: StepSource) -> dict[str, bool]:
    return dict.fromkeys(step.body.get("picks", {}), True) | dict(step.body.get("toggles", {}))


def _paths(value: Any, prefix: str = "") -> Iterator[str]:
    """The dotted paths of an input's fields, parents first."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in ("____source", "zip_name", "folder"):
                yield prefix + name
                yield from _paths(item, f"{prefix}{name}.")


def _schema_paths(schema: Sequence[Mapping[str, Any]], prefix: str = "") -> Iterator[str]:
    for node in schema:
        yield f"{prefix}{node['name']}"
        yield from _schema_paths(node.get("properties", ()), f"{prefix}{node['name']}.")
