"""Field lists in short: `Amount: Order amount (number) *` becomes the schema node that Workato exports.

One field is one string, `name: Label (type) * | hint`:
  type      string if left out; number, integer, boolean, date, date_time, email, url, phone, text_area,
            select a/b/c
  *         required
  [..] {..} in place of the type: a list of objects, an object. `lines: Lines [netsuite.Line]` takes its fields from
            fields.toml; `lines: Lines []` from the list that follows the string
  +N        after a reference: N more fields, made up like the custom fields of a grown org
A string "@salesforce.Order +40" puts that object's fields in its own place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FieldSpecs = Sequence[Any]  # strings, each perhaps followed by a list with the fields below it

_SPEC = re.compile(
    r"(?P<name>[^:]+):\s*(?P<label>[^(\[{|*]+?)\s*"
    r"(?:\((?P<type>[^)]*)\)|\[(?P<list>[^\]]*)\]|\{(?P<object>[^}]*)\})?"
    r"\s*(?P<required>\*)?\s*(?:\|\s*(?P<hint>.*))?"
)

_CONTROLS = {
    "string": ("string", "text"),
    "text_area": ("string", "text-area"),
    "email": ("string", "email"),
    "url": ("string", "url"),
    "phone": ("string", "phone"),
    "number": ("number", "number"),
    "integer": ("integer", "integer"),
    "boolean": ("boolean", "checkbox"),
    "date": ("date", "date"),
    "date_time": ("date_time", "date_time"),
}

# What a grown org's custom fields are called; every combination gives another field.
_CUSTOM_AREAS = (
    "Billing",
    "Shipping",
    "Contract",
    "Renewal",
    "Partner",
    "Support",
    "Legal",
    "Revenue",
    "Tax",
    "Region",
)
_CUSTOM_NOUNS = (
    "Approver", "Account Owner", "Code", "Comment", "Cost Center", "Currency", "End Date", "External ID", "Last Sync",
    "Manager", "Program", "Reason", "Reference", "Review Required", "Score", "Source System", "Start Date", "Status",
    "Team", "Threshold Amount", "Type", "Version",
)  # fmt: skip
_CUSTOM_TYPES = {
    "Comment": "text_area",
    "End Date": "date",
    "Last Sync": "date_time",
    "Review Required": "boolean",
    "Score": "number",
    "Start Date": "date",
    "Status": "select Open/In progress/On hold/Closed",
    "Threshold Amount": "number",
    "Type": "select Standard/Strategic/Internal",
    "Version": "integer",
}


class FieldLists:
    """The field lists of fields.toml, and the schemas made of them."""

    def __init__(self, objects: Mapping[str, FieldSpecs]) -> None:
        self._objects = objects

    def schema(self, specs: FieldSpecs) -> list[dict[str, Any]]:
        """The schema nodes, keys in the order of a true export."""
        return list(self._nodes(specs))

    def schema_text(self, specs: FieldSpecs) -> str:
        """The schema as the JSON string that `parameters_schema_json`, `schema` and the like hold."""
        return compact_json(self.schema(specs))

    def _nodes(self, specs: FieldSpecs) -> Iterator[dict[str, Any]]:
        for place, spec in enumerate(specs):
            if not isinstance(spec, str):
                continue  # belongs to the string before it
            if spec.startswith("@"):
                yield from self._nodes(self._fields_of(spec[1:]))
                continue
            following = specs[place + 1] if place + 1 < len(specs) else None
            yield self._node(spec, [] if isinstance(following, str) or following is None else following)

    def _node(self, spec: str, below: FieldSpecs) -> dict[str, Any]:
        match = _SPEC.fullmatch(spec)
        if match is None:
            raise ValueError(f"fields: cannot read {spec!r}; a field is written 'name: Label (type)'")
        name, label, required = match["name"], match["label"], bool(match["required"])
        if match["list"] is None and match["object"] is None:
            node = _leaf(name, label, match["type"] or "string", required)
        else:
            reference = match["list"] or match["object"] or ""
            children = self.schema(self._fields_of(reference) if reference else below)
            node = _branch(name, label, children, required, is_list=match["list"] is not None)
        return node | {"hint": match["hint"]} if match["hint"] else node

    def _fields_of(self, reference: str) -> list[Any]:
        name, _, more = reference.partition(" +")
        return [*self._objects[name], *custom_fields(int(more or 0))]


def custom_fields(count: int) -> list[str]:
    """The first `count` made-up custom fields: `Billing_Approver__c: Billing Approver`, …"""
    combinations = (
        f"{area}_{noun.replace(' ', '_')}{'' if serial == 1 else f'_{serial}'}__c: {area} {noun}"
        f"{'' if serial == 1 else f' {serial}'}" + (f" ({_CUSTOM_TYPES[noun]})" if noun in _CUSTOM_TYPES else "")
        for serial in range(1, 100)
        for area in _CUSTOM_AREAS
        for noun in _CUSTOM_NOUNS
    )
    return [spec for spec, _ in zip(combinations, range(count), strict=False)]


def compact_json(value: Any) -> str:
    """JSON on one line without spaces, as Workato embeds it in strings."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _leaf(name: str, label: str, type_name: str, required: bool) -> dict[str, Any]:
    kind, _, choices = type_name.partition(" ")
    if kind == "select":
        return _choice(name, label, choices.split("/"), required)
    data_type, control = _CONTROLS[kind]
    node: dict[str, Any] = {"control_type": control, "label": label}
    if kind in ("number", "integer"):
        node["parse_output"] = "float_conversion" if kind == "number" else "integer_conversion"
    elif kind in ("date", "date_time"):
        node["render_input"] = "date_conversion" if kind == "date" else "date_time_conversion"
        node["parse_output"] = node["render_input"]
    elif kind == "boolean":
        node |= {"render_input": {}, "parse_output": {}, "toggle_hint": "Select from option list"}
        node["toggle_field"] = _custom_value(name, label, "boolean", required)
    return node | {"type": data_type, "name": name, "optional": not required}


def _choice(name: str, label: str, choices: list[str], required: bool) -> dict[str, Any]:
    return {
        "control_type": "select",
        "label": label,
        "pick_list": [[choice, choice] for choice in choices],
        "toggle_hint": "Select from list",
        "toggle_field": _custom_value(name, label, "string", required),
        "type": "string",
        "name": name,
        "optional": not required,
    }


def _custom_value(name: str, label: str, data_type: str, required: bool) -> dict[str, Any]:
    return {
        "label": label,
        "control_type": "text",
        "toggle_hint": "Use custom value",
        "type": data_type,
        "name": name,
        "optional": not required,
    }


def _branch(name: str, label: str, children: list[dict[str, Any]], required: bool, *, is_list: bool) -> dict[str, Any]:
    kind = {"type": "array", "of": "object"} if is_list else {"type": "object"}
    return {"label": label, "name": name, "properties": children, **kind, "optional": not required}
