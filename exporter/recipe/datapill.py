"""Datapills: the references to other steps' output inside a text or a formula.

Two generations of notation live side by side and mean the same (measured on steps exported twice):

    _dp('{"pill_type":"output","provider":"salesforce","line":"a1b2c3d4","path":["Id"]}')
    _('data.salesforce.a1b2c3d4.Id')

`split_text` takes a string apart into plain text and Pills, whichever notation it is in. What cannot be read
stays text, so nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue


class PillKind(StrEnum):
    """Where a pill takes its value from."""

    OUTPUT = "output"
    FOREACH_META = "foreach_meta"
    JOB_CONTEXT = "job_context"
    ACCOUNT_PROPERTY = "account_property"
    PROJECT_PROPERTY = "project_property"
    # The older notation does not say which of the two stores a property is in.
    PROPERTY = "property"
    OTHER = "other"


class PathStep(StrEnum):
    """The path elements that are no field name."""

    ITEM = "current_item"
    SIZE = "size"
    INDEX = "current_index"


@dataclass(frozen=True, slots=True)
class Join:
    """A path element that looks a related object up: `key` is its canonical text, `target` what is looked up,
    `source` the field that refers to it ("" if unknown)."""

    key: str
    target: str
    source: str = ""


PathElement: TypeAlias = "str | PathStep | Join"


@dataclass(frozen=True, slots=True)
class Pill:
    """One datapill. `line` is the alias of the step it refers to ("" for job context and properties); a property's
    name and a foreach key stand in `path`. `extra` is canonical text of keys that wexport does not know."""

    kind: PillKind
    provider: str = ""
    line: str = ""
    path: tuple[PathElement, ...] = ()
    extra: str = ""


# `foo_('…')` is somebody's method, not a pill: no word character may stand before.
_OPENING = re.compile(r"(?<![\w.])_(?:dp)?\(\s*(?=['\"])")
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_BETWEEN = re.compile(r"\s*(,|\))\s*")
_ESCAPED_SINGLE = re.compile(r"\\(['\\])")
_ESCAPED_DOUBLE = re.compile(r"\\([\"\\])")
_JOIN = re.compile(r"^(\w+)\((.*)\)$", re.DOTALL)
_JOIN_KEYS = re.compile(r"^\s*([^,>]+)>([^,]+?)\s*(?:,(.*))?$", re.DOTALL)

# What people and other tools add to a pill; Workato ignores it.
_KNOWN_KEYS: Final = frozenset(
    {"pill_type", "provider", "line", "path", "recipe_step", "action", "label", "value_type", "property_name", "key"}
)
_PATH_STEPS: Final = [str(step) for step in PathStep]
_JOB_CONTEXT = "data.workato.job_context."
MAX_REMEMBERED = 10_000  # texts, of up to
MAX_REMEMBERED_CHARS = 500
_OUTPUT_PARTS = 3  # data, provider, alias


def split_text(text: str) -> tuple[str | Pill, ...]:
    """The string as plain text and pills in turn. Joined again with each pill's own notation it is the string."""
    if "_(" not in text and "_dp(" not in text:
        return (text,) if text else ()
    return _split_short(text) if len(text) <= MAX_REMEMBERED_CHARS else tuple(_parts(text))


def pills_in(text: str) -> tuple[Pill, ...]:
    return tuple(part for part in split_text(text) if isinstance(part, Pill))


@lru_cache(maxsize=MAX_REMEMBERED)  # a diff reads each text several times, and most are the same on both sides
def _split_short(text: str) -> tuple[str | Pill, ...]:
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[str | Pill]:
    done = position = 0
    while opening := _OPENING.search(text, position):
        found = _call(text, opening.end())
        if found is None:
            position = opening.end()
            continue
        arguments, end = found
        pill = _pill(arguments, is_json="dp" in opening.group())
        if pill is None:
            position = opening.end()
            continue
        if opening.start() > done:
            yield text[done : opening.start()]
        yield pill
        done = position = end
    if done < len(text):
        yield text[done:]


def _call(text: str, position: int) -> tuple[list[str], int] | None:
    """The string arguments of a call whose first argument starts here, and where the call ends."""
    arguments: list[str] = []
    while literal := _LITERAL.match(text, position):
        single, double = literal.groups()
        escaped = _ESCAPED_DOUBLE if single is None else _ESCAPED_SINGLE
        arguments.append(escaped.sub(r"\1", double if single is None else single))
        between = _BETWEEN.match(text, literal.end())
        if between is None:
            return None
        position = between.end()
        if between.group(1) == ")":
            return arguments, between.end(1)
    return None


def _pill(arguments: list[str], *, is_json: bool) -> Pill | None:
    first = arguments[0]
    if is_json and len(arguments) == 1 and first.lstrip().startswith("{"):
        return _json_pill(first)
    return _dotted_pill(arguments)


def _json_pill(text: str) -> Pill | None:
    try:
        value = parse_json(text.encode("utf-8", errors="surrogatepass"))
    except RecipeFormatError:
        return None
    if not isinstance(value, dict):
        return None
    path = value.get("path", [])
    elements: list[JsonValue] = path if isinstance(path, list) else [path]
    try:
        kind = PillKind(str(value.get("pill_type", "")))
    except ValueError:
        return Pill(PillKind.OTHER, extra=canonical_text(value))
    extra = {key: item for key, item in value.items() if key not in _KNOWN_KEYS}
    name = value.get("property_name") if "property" in kind else value.get("key")
    return Pill(
        kind=kind,
        provider=str(value.get("provider") or ""),
        line=str(value.get("line") or ""),
        path=_context_path(elements) if kind is PillKind.JOB_CONTEXT else _json_path(elements, name),
        extra=canonical_text(extra) if extra else "",
    )


def _context_path(elements: list[JsonValue]) -> tuple[PathElement, ...]:
    """`["parameters.region"]` and `["parameters", "region"]` both occur."""
    return tuple(".".join(str(element) for element in elements).split("."))


def _json_path(elements: list[JsonValue], name: JsonValue) -> tuple[PathElement, ...]:
    path = tuple(_json_element(element) for element in elements)
    return (*path, name) if isinstance(name, str) else path


def _json_element(element: JsonValue) -> PathElement:
    if not isinstance(element, dict):
        return element if isinstance(element, str) else canonical_text(element)
    kind = element.get("path_element_type")
    if len(element) == 1 and kind in _PATH_STEPS:
        return PathStep(str(kind))
    if kind == "join":
        args = element.get("args")
        pairs = args if isinstance(args, dict) else {}
        return _join(str(element.get("action")), str(element.get("src_key")), str(element.get("dst_key")), pairs)
    return Join(canonical_text(element), str(kind))


def _join(action: str, source_key: str, target_key: str, args: dict[str, JsonValue]) -> Join:
    key = canonical_text([action, source_key, target_key, args])
    target = args.get("sobject_name")
    return Join(key, target, source_key) if isinstance(target, str) and target else Join(key, source_key)


def _dotted_pill(arguments: list[str]) -> Pill | None:
    first = arguments[0]
    if not first.startswith("data."):
        return None
    note = arguments[1] if len(arguments) > 1 else ""
    if first.startswith(_JOB_CONTEXT):
        if note in ("account_property", "project_property") and len(arguments) > 2:
            return Pill(PillKind.PROPERTY, path=(arguments[2],))
        return Pill(PillKind.JOB_CONTEXT, path=tuple(first[len(_JOB_CONTEXT) :].split(".")))
    parts = first.split(".", _OUTPUT_PARTS)
    if len(parts) < _OUTPUT_PARTS:
        return None
    provider, line = parts[1], parts[2]
    segments = tuple(_segments(parts[_OUTPUT_PARTS])) if len(parts) > _OUTPUT_PARTS else ()
    if note == "foreach_meta":
        return Pill(PillKind.FOREACH_META, provider, line, segments)
    path = tuple(_dotted_element(segment) for segment in segments)
    if note == "list_meta" and segments[-1:] == ("____Size",):
        # `<list>.first.____Size` is the size of <list>: the `first` belongs to the notation.
        of_list = path[:-2] if path[-2:-1] == (PathStep.ITEM,) else path[:-1]
        path = (*of_list, PathStep.SIZE)
    return Pill(PillKind.OUTPUT, provider, line, path)


def _segments(text: str) -> Iterator[str]:
    """Split at the dots outside parentheses: a lookup's segment holds commas, spaces and dots."""
    depth = start = 0
    for position, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif character == "." and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _dotted_element(segment: str) -> PathElement:
    if segment == "first":
        return PathStep.ITEM
    call = _JOIN.match(segment)
    keys = _JOIN_KEYS.match(call.group(2)) if call else None
    if call is None or keys is None:
        return segment
    source_key, target_key, rest = keys.groups()
    args: dict[str, JsonValue] = {}
    for pair in (rest or "").split(","):
        key, _, value = pair.partition(":")
        if key.strip():
            args[key.strip()] = value.strip().strip("'\"")
    return _join(call.group(1), source_key.strip(), target_key.strip(), args)


def canonical_text(value: JsonValue | Mapping[str, JsonValue]) -> str:
    """One text for one JSON value: keys sorted, no spaces, numbers with their own digits (a Decimal is told from
    a string that looks like it)."""
    return _CANONICAL.encode(value)


def _tagged_decimal(value: object) -> object:
    return {"\ue000number": str(value)}


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_tagged_decimal)
