"""Datapills in short: `⟦search.Account.*.Id⟧` becomes the datapill that Workato writes, in either generation.

The first word says where the value comes from:
  a step's id          its output; for a loop, the item; for a catch, the error; for a repeat, `index`
  loop.ID.index        a loop's index, size, is_first, is_last
  job.job_id           the job
  property.NAME        a project property; account.NAME an account property (the name is all the rest)
In a path `*` is the current item of a list, `#` its size, `~get_…(…)` a looked-up related record, and `$table:column`
a data table's column. In text a pill is written `#{…}`; in a formula (a string that starts with "=") it stands bare;
`⟦a.b|.upcase⟧` in text puts an expression around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from exporter.sandbox.story.fields import compact_json

RESERVED_HEADS = ("loop", "job", "property", "account")

_PILL = re.compile(r"⟦([^|⟧]+)(?:\|([^⟧]*))?⟧")
_DOT = re.compile(r"\.(?![^(]*\))")  # not inside the brackets of a join


@dataclass(frozen=True, slots=True)
class PillSource:
    """A step that pills can refer to: its provider, or its keyword if it is a loop or a catch; its alias."""

    provider: str
    alias: str


@dataclass(frozen=True, slots=True)
class PillWriter:
    """Writes the pills of one recipe. `column_id` gives the uuid of `$table:column`."""

    sources: Mapping[str, PillSource]
    is_dotted: bool
    column_id: Callable[[str], str]

    def expand(self, text: str) -> str:
        """The text with its short pills replaced by Workato's."""
        is_formula = text.startswith("=")

        def replace(match: re.Match[str]) -> str:
            pill = self._pill(match[1]) + (match[2] or "")
            return pill if is_formula else f"#{{{pill}}}"

        return _PILL.sub(replace, text)

    def _pill(self, short: str) -> str:
        head, _, rest = short.partition(".")
        if head == "job":
            return self._job(rest)
        if head in ("property", "account"):
            return self._property(head, rest)
        if head == "loop":
            return self._loop(rest)
        if head not in self.sources:
            raise ValueError(f"pills: ⟦{short}⟧ names no step of this recipe")
        source = self.sources[head]
        path = [self._element(part) for part in _DOT.split(rest)] if rest else []
        return self._dotted(source, path) if self.is_dotted else _json_pill(source, path)

    def _element(self, part: str) -> str | dict[str, Any]:
        if part == "*":
            return {"path_element_type": "current_item"}
        if part == "#":
            return {"path_element_type": "size"}
        if part.startswith("~"):
            return _join(part[1:])
        return self.column_id(part).replace("-", "_") if part.startswith("$") else part

    def _dotted(self, source: PillSource, path: list[str | dict[str, Any]]) -> str:
        segments = [_dotted_segment(element) for element in path]
        if segments and segments[-1] == "____Size":
            whole = ".".join(["data", source.provider, source.alias, *segments[:-1]])
            return f"_('{whole}.first.____Size', 'list_meta', '____Size', '{whole}')"
        return "_('" + ".".join(["data", source.provider, source.alias, *segments]) + "')"

    def _job(self, name: str) -> str:
        if self.is_dotted:
            return f"_('data.workato.job_context.{name}')"
        return _quoted({"pill_type": "job_context", "path": name.split(".")})

    def _property(self, scope: str, name: str) -> str:
        if self.is_dotted:
            mangled = re.sub(r"\W+", "_", name.lower())
            return f"_('data.workato.job_context.account_properties.{mangled}', 'account_property', '{name}')"
        kind = "project_property" if scope == "property" else "account_property"
        return _quoted({"pill_type": kind, "property_name": name})

    def _loop(self, rest: str) -> str:
        step, _, key = rest.partition(".")
        alias = self.sources[step].alias
        if self.is_dotted:
            return f"_('data.foreach.{alias}.{key}', 'foreach_meta')"
        return _quoted({"pill_type": "foreach_meta", "provider": "foreach", "line": alias, "key": key})


def _json_pill(source: PillSource, path: list[str | dict[str, Any]]) -> str:
    return _quoted({"pill_type": "output", "provider": source.provider, "line": source.alias, "path": path})


def _quoted(pill: Mapping[str, Any]) -> str:
    return "_dp('" + compact_json(pill).replace("'", "\\'") + "')"


def _join(text: str) -> dict[str, Any]:
    """`get_custom_object(Owner__c>id, sobject_name: User)` as a path element."""
    action, _, arguments = text.rstrip(")").partition("(")
    keys, _, pair = arguments.partition(", ")
    source_key, _, target_key = keys.partition(">")
    name, _, value = pair.partition(": ")
    return {
        "path_element_type": "join",
        "action": action,
        "src_key": source_key,
        "dst_key": target_key,
        "args": {name: value},
    }


def _dotted_segment(element: str | dict[str, Any]) -> str:
    if isinstance(element, str):
        return element
    kind = element["path_element_type"]
    if kind == "join":
        ((name, value),) = element["args"].items()
        return f"{element['action']}({element['src_key']}>{element['dst_key']}, {name}: {value})"
    return "____Size" if kind == "size" else "first"
