"""Bytes -> Recipe, from each of the forms in which Workato hands out a recipe.

The package export has `code` as an object; the REST API (`GET /api/recipes/:id`) has it as a string of JSON and
says `version_no`; the web application's own pull wraps settings and a `config` string in `version`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import MAX_DEPTH, nesting_depth, parse_json
from exporter.recipe.model import Connection, JsonValue, Keyword, Recipe, Step

# Steps that the file holds inside a block and that people see beside it.
_BESIDE_PARENT = frozenset({Keyword.ELSIF, Keyword.ELSE, Keyword.CATCH})
_REST_NAMES = {"version_no": "version", "visibility_private": "private", "worker_concurrency": "concurrency"}


def parse_recipe(content: bytes) -> Recipe:
    """The recipe in these bytes, in whichever of the three forms.

    Raises: RecipeFormatError for anything else, with what is wrong in one sentence.
    """
    document = parse_json(content)
    if not isinstance(document, dict):
        raise RecipeFormatError(f"No recipe: a JSON {_type_name(document)} where an object should be.")
    code = _unwrapped(document.get("code"))
    if not isinstance(code, dict):
        raise RecipeFormatError(f"No recipe: 'code' is {_type_name(code)} where an object should be.")
    settings = _settings(document)
    name = settings.get("name")
    return Recipe(
        name=name if isinstance(name, str) else "",
        trigger=_trigger(code),
        connections=_connections(settings.pop("config", None)),
        settings=MappingProxyType(settings),
    )


def _settings(document: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Every top-level key but `code`, the package's names throughout."""
    settings = {key: value for key, value in document.items() if key != "code"}
    version = settings.get("version")
    if isinstance(version, dict):
        del settings["version"]
        settings = {**settings, **version}
    for rest_name, name in _REST_NAMES.items():
        if rest_name in settings and name not in settings:
            settings[name] = settings.pop(rest_name)
    return settings


def _unwrapped(value: JsonValue) -> JsonValue:
    """The value itself, or what a string of JSON holds."""
    if not isinstance(value, str):
        return value
    content = value.encode("utf-8", errors="surrogatepass")
    if nesting_depth(content) > MAX_DEPTH:
        raise RecipeFormatError(f"JSON nested deeper than {MAX_DEPTH} levels.")
    return parse_json(content)


def _trigger(code: dict[str, JsonValue]) -> Step:
    numbers = [0]
    return _step(code, numbers, depth=0)


def _step(node: dict[str, JsonValue], numbers: list[int], depth: int) -> Step:
    """The step of a node and all below it. `numbers` holds one int: the number given last."""
    numbers[0] += 1
    number = numbers[0]
    block = node.get("block")
    if block is not None and not isinstance(block, list):
        raise RecipeFormatError(f"No recipe: 'block' of step {number} is {_type_name(block)}, not a list of steps.")
    children = []
    for child in block or ():
        if not isinstance(child, dict):
            raise RecipeFormatError(f"No recipe: a {_type_name(child)} stands among the steps of step {number}.")
        children.append(_step(child, numbers, depth if _text(child, "keyword") in _BESIDE_PARENT else depth + 1))
    return Step(
        keyword=_text(node, "keyword"),
        provider=_text(node, "provider"),
        name=_text(node, "name"),
        uuid=_text(node, "uuid"),
        alias=_text(node, "as"),
        number=number,
        depth=depth,
        raw=MappingProxyType({key: value for key, value in node.items() if key != "block"}),
        children=tuple(children),
    )


def _connections(config: JsonValue) -> tuple[Connection, ...]:
    entries = _unwrapped(config)
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise RecipeFormatError(f"No recipe: 'config' is {_type_name(entries)} where a list should be.")
    connections = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise RecipeFormatError(f"No recipe: a {_type_name(entry)} stands among the connections in 'config'.")
        connections.append(Connection(_text(entry, "provider"), _account_name(entry), MappingProxyType(entry)))
    return tuple(connections)


def _account_name(entry: Mapping[str, JsonValue]) -> str:
    """The connection's name with its whitespace made plain: exports carry no-break spaces, people see spaces."""
    account = entry.get("account_id")
    if isinstance(account, dict):
        name = account.get("name")
        return " ".join(name.split()) if isinstance(name, str) else ""
    if isinstance(account, str | int) and not isinstance(account, bool):
        return f"connection {account}"
    return ""


def _text(node: Mapping[str, JsonValue], key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""


def _type_name(value: JsonValue) -> str:
    if isinstance(value, dict | list):
        return "object" if isinstance(value, dict) else "list"
    if value is None:
        return "null"
    return {bool: "true or false", str: "string"}.get(type(value), "number")
