"""A recipe's listing as text, made to be read and to be compared line by line.

    1  TRIGGER New order in Salesforce (salesforce.new_order)
         Object = Order
    2  IF [Step 1 · New order in Salesforce ▸ Amount] is greater than 100
    3    ACTION Search accounts in Salesforce (salesforce.search_sobjects)
           Account ID = [Step 1 · New order in Salesforce ▸ Account ID]

Each line says in itself what it is about, so it makes sense alone in a diff; no line depends on the width of a
terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporter.recipe.fields import ListedField
from exporter.recipe.listing import ListedStep, Listing
from exporter.recipe.model import JsonValue
from exporter.render.difference import shown_value
from exporter.render.json import dump_json
from exporter.render.printable import printable

INDENT = "  "
_BAR = "│ "


def render_listing(listing: Listing, about: Iterable[str] = ()) -> str:
    """The listing as lines. `about` stands below the recipe's name: its path, who saved it."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(listing, about))


def render_listing_json(listings: Iterable[tuple[str, Listing]]) -> str:
    """Listings with their paths ("" for none) as one JSON document, for programs."""
    return dump_json([_listing_value(path, listing) for path, listing in listings], indent=2) + "\n"


def _lines(listing: Listing, about: Iterable[str]) -> Iterator[str]:
    yield f"RECIPE {printable(listing.name) or '(no name)'}"
    for text in about:
        yield INDENT + printable(text)
    for field in listing.settings:
        yield from _field(field, INDENT)
    if listing.connections:
        yield f"{INDENT}Connections:"
        for field in listing.connections:
            yield from _field(field, INDENT * 2)
    yield ""
    width = len(str(listing.steps[-1].number)) if listing.has_numbers and listing.steps else 0
    for step in listing.steps:
        yield from _step(step, width)


def _step(step: ListedStep, number_width: int) -> Iterator[str]:
    number = f"{step.number:>{number_width}}  " if number_width else ""
    margin = " " * len(number)
    indent = INDENT * max(step.depth - 1, 0)
    yield number + indent + _heading(step)
    inner = f"{margin}{indent}{INDENT * 2}"
    for text in step.conditions:
        yield inner + printable(text)
    for line in _text_lines(step.comment) if step.comment else ():
        yield f"{inner}# {line}"
    for field in step.fields:
        yield from _field(field, inner)


def _heading(step: ListedStep) -> str:
    words = ["DISABLED"] if step.is_skipped else []
    words += [printable(step.word), printable(step.title + step.mark)]
    if step.operation:
        words.append(f"({printable(step.operation)})")
    return " ".join(word for word in words if word)


def _field(field: ListedField, indent: str) -> Iterator[str]:
    label = printable(field.label)
    if field.lines:
        yield f"{indent}{label}:"
        for line in field.lines:
            yield f"{indent}{INDENT}{printable(line)}"
    elif field.items:
        yield f"{indent}{label}:" if label else f"{indent}list:"
        for item in field.items:
            yield from _item(item, indent + INDENT)
    else:
        yield from _value(label, field.value, indent)


def _item(fields: tuple[ListedField, ...], indent: str) -> Iterator[str]:
    """The fields of a list's item, the first behind a dash."""
    lines = [line for field in fields for line in _field(field, "")]
    for place, line in enumerate(lines):
        yield f"{indent}{INDENT if place else '- '}{line}"


def _value(label: str, value: JsonValue, indent: str) -> Iterator[str]:
    """`Label = value`; a text with lines stands below its label, behind a bar."""
    is_document = isinstance(value, dict | list)
    shown = dump_json(value, indent=2) if is_document else shown_value(value)
    if "\n" not in shown:
        yield f"{indent}{label} = {shown}" if label else f"{indent}{shown}"
        return
    yield f"{indent}{label or 'text'}:"
    for line in shown.split("\n"):
        yield f"{indent}{INDENT}{_BAR}{line}"


def _text_lines(text: str) -> Iterator[str]:
    for line in text.replace("\r\n", "\n").split("\n"):
        yield printable(line)


def _listing_value(path: str, listing: Listing) -> JsonValue:
    return {
        "name": listing.name,
        "path": path,
        "version": listing.version,
        "settings": _field_values(listing.settings),
        "connections": _field_values(listing.connections),
        "steps": [_step_value(step) for step in listing.steps],
    }


def _step_value(step: ListedStep) -> JsonValue:
    return {
        "number": step.number,
        "depth": step.depth,
        "kind": step.word,
        "title": step.title,
        "operation": step.operation,
        "conditions": list(step.conditions),
        "disabled": step.is_skipped,
        "comment": step.comment,
        "fields": _field_values(step.fields),
    }


def _field_values(fields: Iterable[ListedField]) -> list[JsonValue]:
    return [_field_value(field) for field in fields]


def _field_value(field: ListedField) -> JsonValue:
    if field.lines:
        return {"label": field.label, "lines": list(field.lines)}
    if field.items:
        return {"label": field.label, "items": [_field_values(item) for item in field.items]}
    return {"label": field.label, "value": field.value}
