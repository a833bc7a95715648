"""JSON as Workato's exporter prints it.

Source: measured on true platform exports. Ruby's JSON.pretty_generate of the older generator: 2 spaces, an empty
object over two lines, an empty array over three, non-ASCII as it is, no final newline.
"""

from __future__ import annotations

from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any


def print_json(value: Any) -> bytes:
    """The bytes of an exported file. Takes what TOML and the builder make: null, bool, int, str, lists, tables."""
    parts: list[str] = []
    _print(value, "\n", parts)
    return "".join(parts).encode()


def _print(value: Any, newline: str, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif isinstance(value, Mapping):
        _print_object(value, newline, parts)
    elif isinstance(value, list | tuple):
        _print_array(value, newline, parts)
    elif value is None:
        parts.append("null")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    else:
        parts.append(str(value))


def _print_object(value: Mapping[str, Any], newline: str, parts: list[str]) -> None:
    inner = newline + "  "
    parts.append("{")
    separator = inner
    for key, item in value.items():
        parts.append(f"{separator}{encode_basestring(key)}: ")
        _print(item, inner, parts)
        separator = "," + inner
    parts.append(newline + "}")


def _print_array(value: list[Any] | tuple[Any, ...], newline: str, parts: list[str]) -> None:
    inner = newline + "  "
    parts.append("[")
    if not value:
        parts.append("\n")
    separator = inner
    for item in value:
        parts.append(separator)
        _print(item, inner, parts)
        separator = "," + inner
    parts.append(newline + "]")
