"""JSON text laid out for reading: what fits stays on a line, the rest has a line an item.

Works on the letters of the text, so that a repeated key, a number's digits and the order of keys stay what they are.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

LINE_CHARS = 72  # a list or map that is shorter stays on one line
MAX_LEVELS = 60  # text that is nested deeper is left as it is: its margins would be most of it
_INDENT = "  "
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_ENDS = {"[": "]", "{": "}"}


@dataclass(slots=True)
class _Block:
    """A list or map: its items, each of them words and blocks in a row, and how long it is on one line."""

    opening: str
    items: list[list[_Piece]] = field(default_factory=lambda: [[]])
    length: int = 0

    def text(self) -> str:
        items = ("".join(piece if isinstance(piece, str) else piece.text() for piece in item) for item in self.items)
        return self.opening + ", ".join(items) + _ENDS[self.opening]


_Piece: TypeAlias = str | _Block


def laid_out(text: str) -> str:
    """JSON text over several lines, 2 spaces a level; unchanged if it is not JSON of a list or map, is nested more
    than 60 levels deep, or fits on a line."""
    if text[:1] not in _ENDS or len(text) <= LINE_CHARS:
        return text
    try:
        json.loads(text, parse_int=str)  # as text: Python refuses to read very big ints
    except (ValueError, RecursionError):
        return text
    block = _parse(text)
    return text if block is None else "\n".join(_lines("", block, "", 0))


def _parse(text: str) -> _Block | None:
    """The blocks of a text that is JSON, None if it is nested too deeply."""
    around: list[_Block] = []
    block = _Block("[")
    item = block.items[-1]
    for sign in _TOKEN.findall(text):
        if sign == ",":
            item = []
            block.items.append(item)
        elif sign == ":":
            item.append(": ")
            block.length += 1
        elif sign in _ENDS:
            if len(around) >= MAX_LEVELS:
                return None
            around.append(block)
            block = _Block(sign)
            item = block.items[-1]
        elif sign == "]" or sign == "}":
            inner, block = block, around.pop()
            inner.length += 2 * len(inner.items)
            item = block.items[-1]
            item.append(inner)
            block.length += inner.length
        else:
            item.append(sign)
            block.length += len(sign)
    root = block.items[0][0]
    return root if isinstance(root, _Block) else None


def _lines(lead: str, block: _Block, tail: str, level: int) -> list[str]:
    """The block's lines; `lead` stands before its first bracket, `tail` after the one that closes it."""
    margin = _INDENT * level
    if len(margin) + len(lead) + block.length <= LINE_CHARS or not block.items[0]:
        return [f"{margin}{lead}{block.text()}{tail}"]
    lines = [f"{margin}{lead}{block.opening}"]
    for place, item in enumerate(block.items):
        comma = "," if place < len(block.items) - 1 else ""
        words = "".join([piece for piece in item if isinstance(piece, str)])
        inner = item[-1]  # what is behind a key comes last
        if isinstance(inner, str):
            lines.append(f"{margin}{_INDENT}{words}{comma}")
        else:
            lines += _lines(words, inner, comma, level + 1)
    return [*lines, f"{margin}{_ENDS[block.opening]}{tail}"]
