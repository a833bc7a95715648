"""Single-line JSON laid out in lines, so that Git can show what changed in it. Pure.

Only whitespace between tokens changes: key order, digits, escapes and duplicate keys stay as they are, which
parsing and writing again would not promise. The style is that of Workato's own files: two spaces, no final
line end, `{` and `}` of an empty object on lines of their own, an empty line inside an empty array.
"""

from __future__ import annotations

import json
import re

MAX_DEPTH = 200  # beyond it the indentation would outgrow the content; recipes nest about 60 deep
_TOKEN = re.compile(rb'[ \t\r\n]+|"(?:[^"\\]+|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_INDENT = b"  "


def is_single_line(content: bytes) -> bool:
    """Whether this is one line that begins like a JSON object or array."""
    return content[:1] in (b"{", b"[") and b"\n" not in content and b"\r" not in content


def lay_out_json(content: bytes) -> bytes:
    """The same JSON with line ends and two-space indentation; the bytes as they were if they are no JSON."""
    if not _is_json(content):
        return content
    pieces: list[bytes] = []
    depth = 0
    opened = b""  # the bracket that was opened by the token before, if it was one
    for match in _TOKEN.finditer(content):
        token = match.group()
        if token[:1] in b" \t\r\n":
            continue
        if token in (b"}", b"]"):
            depth -= 1
            empty_line = b"\n" if opened == b"[" else b""
            pieces += (empty_line, b"\n", _INDENT * depth, token)
            opened = b""
            continue
        if opened:
            pieces += (b"\n", _INDENT * depth)
            opened = b""
        if token in (b"{", b"["):
            depth += 1
            if depth > MAX_DEPTH:
                return content
            opened = token
        pieces.append(token)
        if token == b",":
            pieces += (b"\n", _INDENT * depth)
        elif token == b":":
            pieces.append(b" ")
    return b"".join(pieces)


def _is_json(content: bytes) -> bool:
    try:
        # Digits stay text: Python refuses to convert very long ones.
        json.loads(content.decode("utf-8"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True
