"""JSON as Workato's exporter lays it out: two spaces, no final newline, empty containers over several lines.

Source: public packages; it is what Ruby's JSON.pretty_generate printed before json 2.10.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_TAGS = re.compile(rb',\n  "tags": \[(?:\s*"(?:[^"\\]|\\.)*",?)*\s*\]')  # a top-level key, never the first


def lay_out(value: object) -> bytes:
    """The value as a file of a package."""
    return "".join(_pieces(value, "\n")).encode()


def without_final_newline(content: bytes) -> bytes:
    """Files kept in Git end with a newline; Workato's do not."""
    return content.rstrip(b"\r\n")


def without_tags(content: bytes) -> bytes:
    """A laid-out file without its top-level "tags"; every other byte stays."""
    return _TAGS.sub(b"", content, count=1)


def _pieces(value: object, newline: str) -> Iterator[str]:
    inner = newline + "  "
    if isinstance(value, dict):
        yield "{"
        for position, (key, item) in enumerate(value.items()):
            yield f"{',' if position else ''}{inner}{json.dumps(key, ensure_ascii=False)}: "
            yield from _pieces(item, inner)
        yield newline + "}"
    elif isinstance(value, list):
        yield "["
        for position, item in enumerate(value):
            yield ("," if position else "") + inner
            yield from _pieces(item, inner)
        yield (newline if value else "\n" + newline) + "]"
    else:
        yield json.dumps(value, ensure_ascii=False)
