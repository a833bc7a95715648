"""YAML text -> plain data, and the line of every key in it.

Keys are always text (YAML 1.1 would read an environment called `on` as true). Aliases are resolved, but the
result is bounded, so that a few hundred bytes cannot unfold into gigabytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from exporter.errors import ConfigurationError
from exporter.render.printable import printable

MAX_NODES = 20_000  # a hundred environments with a hundred globs each are half of this
MAX_DEPTH = 32

KeyPath: TypeAlias = tuple[str | int, ...]
PlainValue: TypeAlias = "None | bool | int | float | str | list[PlainValue] | dict[str, PlainValue]"

_SCALARS = frozenset(
    {
        "tag:yaml.org,2002:null",
        "tag:yaml.org,2002:bool",
        "tag:yaml.org,2002:int",
        "tag:yaml.org,2002:float",
        "tag:yaml.org,2002:str",
        "tag:yaml.org,2002:timestamp",
    }
)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"  # stays the text that was typed


@dataclass(frozen=True, slots=True)
class Document:
    """`data` is the whole file; `lines` has the 1-based line of every key and list item in it."""

    data: PlainValue
    lines: Mapping[KeyPath, int]


def parse_document(text: str, name: str) -> Document:
    """The plain data of one YAML document; `name` is the file's name for messages. An empty text is an empty map.

    Raises: ConfigurationError for a syntax error, a duplicate key, a tag, a second document, a bomb.
    """
    loader = yaml.SafeLoader("")
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return Document({}, {})
        return _Reader(loader, name).read(root)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = mark.line + 1 if mark else 1
        problem = " ".join(part for part in (exc.context, exc.problem) if part)
        raise ConfigurationError(f"{name}:{line}: this is no valid YAML: {printable(problem)}.") from exc
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"{name}: this is no valid YAML: {printable(str(exc))}.") from exc
    except RecursionError as exc:
        raise ConfigurationError(f"{name}: lists or maps are nested too deeply (at most {MAX_DEPTH}).") from exc
    except (ValueError, OverflowError) as exc:
        # PyYAML lets these through for escapes like "\UFFFFFFFF" and for version directives.
        raise ConfigurationError(f"{name}: this is no valid YAML: {printable(str(exc))}.") from exc
    finally:
        loader.dispose()


class _Reader:
    """Turns the graph of nodes into a tree, counting as it goes."""

    def __init__(self, loader: yaml.SafeLoader, name: str) -> None:
        self._loader = loader
        self._name = name
        self._nodes = 0
        self._lines: dict[KeyPath, int] = {}

    def read(self, root: yaml.Node) -> Document:
        return Document(self._value(root, ()), self._lines)

    def _value(self, node: yaml.Node, path: KeyPath) -> PlainValue:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ConfigurationError(f"{self._name}: more than {MAX_NODES} values; aliases may unfold into too much.")
        if len(path) > MAX_DEPTH:
            raise self._error(node, f"lists or maps are nested too deeply (at most {MAX_DEPTH})")
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            items: list[PlainValue] = []
            for place, item in enumerate(node.value):
                self._lines[(*path, place)] = _line(item)
                items.append(self._value(item, (*path, place)))
            return items
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node)
        raise self._error(node, f"the tag {printable(node.tag)!r} is not allowed here")

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, PlainValue]:
        result: dict[str, PlainValue] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, "a key must be a word, not a list or a map")
            key = str(key_node.value)
            if key in result:
                first = self._lines[(*path, key)]
                raise self._error(key_node, f"the key {printable(key)!r} is already there in line {first}")
            self._lines[(*path, key)] = _line(key_node)
            result[key] = self._value(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.ScalarNode) -> PlainValue:
        if node.tag == _TIMESTAMP:
            return str(node.value)
        try:
            value = self._loader.construct_object(node)
        except (ValueError, OverflowError, KeyError) as exc:
            raise self._error(node, "this value cannot be read; put it in quotes if it is text") from exc
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise self._error(node, "this value cannot be read; put it in quotes if it is text")

    def _error(self, node: yaml.Node, problem: str) -> ConfigurationError:
        return ConfigurationError(f"{self._name}:{_line(node)}: {problem}.")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
