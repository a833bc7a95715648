"""References between assets: the objects {zip_name, name, folder} that stand where Workato has ids.

An export rewrites them in the text, so that every other byte stays as it was saved. An import reads foreign
files, whose keys may come in any order, and therefore works on parsed values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_STRING = rb'"(?:[^"\\]|\\.)*"'
_REFERENCE = re.compile(
    rb'("zip_name":\s*)(' + _STRING + rb')(,\s*"name":\s*' + _STRING + rb',\s*"folder":\s*)(' + _STRING + rb")"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reference points: the member name and its folder, both from the same root."""

    zip_name: str
    folder: str


def find_references(content: bytes) -> tuple[str, ...]:
    """The member names that a file refers to, in the order of the text, each once."""
    return tuple(dict.fromkeys(json.loads(match[2]) for match in _REFERENCE.finditer(content)))


def rewrite_references(content: bytes, translate: Callable[[Place], Place]) -> bytes:
    """The same bytes with every reference pointing to its translated place."""

    def rewritten(match: re.Match[bytes]) -> bytes:
        place = translate(Place(json.loads(match[2]), json.loads(match[4])))
        return match[1] + _quoted(place.zip_name) + match[3] + _quoted(place.folder)

    return _REFERENCE.sub(rewritten, content)


def rewrite_value(value: object, translate: Callable[[Place], Place]) -> object:
    """A parsed file with every reference pointing to its translated place."""
    if isinstance(value, list):
        return [rewrite_value(item, translate) for item in value]
    if not isinstance(value, dict):
        return value
    if is_reference(value):
        place = translate(Place(value["zip_name"], value["folder"]))
        return {**value, "zip_name": place.zip_name, "folder": place.folder}
    return {key: rewrite_value(item, translate) for key, item in value.items()}


def replace_references(value: object, replacement: Callable[[str], object]) -> object:
    """A parsed file with every reference replaced: `replacement` gets its member name."""
    if isinstance(value, list):
        return [replace_references(item, replacement) for item in value]
    if not isinstance(value, dict):
        return value
    if is_reference(value):
        return replacement(value["zip_name"])
    return {key: replace_references(item, replacement) for key, item in value.items()}


def is_reference(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in ("zip_name", "name", "folder"))


def objects(value: object) -> list[dict[str, object]]:
    """The objects of a JSON array; [] for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def walk_steps(step: object) -> Iterator[dict[str, object]]:
    """Every step of a recipe's code, the trigger first, in the order of the listing."""
    pending = [step]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            yield current
            children = current.get("block")
            pending.extend(reversed(children) if isinstance(children, list) else ())


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()
