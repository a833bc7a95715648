"""Task items of a description, counted as GitLab counts them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Quote marks, one or more list markers, a box, white space and some text; `[~]` is inapplicable and never counted.
_ITEM = re.compile(r"^(?:>\s{0,4})*(?:\s*(?:[-+*]|\d+[.)]))+\s+\[(?P<mark>[xX]|\s)\](?P<text>\s.+)$")
_FENCE = re.compile(r"^(?:>\s{0,4})*\s*(?P<fence>`{3,}|~{3,})(?P<rest>.*)$")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TaskItem:
    text: str
    is_done: bool


def parse_tasks(description: str) -> tuple[TaskItem, ...]:
    """The items that count, in order; what stands in fenced code or HTML comments does not."""
    items: list[TaskItem] = []
    fence = ""
    for line in _COMMENT.sub("", description).split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark["fence"].startswith(fence) and not mark["rest"].strip():
                fence = ""
            continue
        if mark:
            fence = mark["fence"]
            continue
        item = _ITEM.match(line)
        if item:
            items.append(TaskItem(item["text"].strip(), item["mark"] in "xX"))
    return tuple(items)
