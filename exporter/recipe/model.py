"""A recipe as its author sees it.

Measured facts behind the choices: a package's recipe has `code` as an object whose root is the trigger; every
step has a `uuid` that survives saves and promotions, an `as` (here `alias`) that datapills refer to, and a
`number` that shifts with every insertion and therefore means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

# What parse_json gives. A number with a fraction or an exponent is a Decimal and keeps its digits.
JsonValue: TypeAlias = "None | bool | int | Decimal | str | list[JsonValue] | dict[str, JsonValue]"


class Keyword(StrEnum):
    """Workato's own words for the kinds of step. An unknown word is kept in `Step.keyword` as it came."""

    TRIGGER = "trigger"
    ACTION = "action"
    IF = "if"
    ELSIF = "elsif"
    ELSE = "else"
    FOREACH = "foreach"
    REPEAT = "repeat"
    WHILE = "while_condition"
    TRY = "try"
    CATCH = "catch"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `raw` is the step's own object without `block`, nothing dropped; `children` are the steps of
    `block` in their order. `number` is the place in Workato's numbering that people see: the trigger is 1,
    counted depth first, whatever the file says.

    `depth` is the indent that people see: 0 for the trigger, 1 for the steps under it, 2 for the steps of an IF
    there. An ELSE, ELSE IF or ON ERROR is a child of its IF or HANDLE ERRORS in the file and stands beside it
    here: it has the same depth, and its own steps one more.
    """

    keyword: str
    provider: str
    name: str
    uuid: str
    alias: str
    number: int
    depth: int
    raw: Mapping[str, JsonValue]
    children: tuple[Step, ...] = ()

    @property
    def is_skipped(self) -> bool:
        return self.raw.get("skip") is True

    def walk(self) -> Iterator[Step]:
        """This step and all below it, in the order of the recipe. Does not recurse."""
        pending = [self]
        while pending:
            step = pending.pop()
            yield step
            pending.extend(reversed(step.children))


@dataclass(frozen=True, slots=True)
class Connection:
    """An entry of `config`: the connection that a recipe uses for one provider. `name` is "" where the
    provider needs none."""

    provider: str
    name: str
    raw: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Recipe:
    """A parsed recipe. `settings` holds every top-level key but `code` and `config`, nothing dropped."""

    name: str
    trigger: Step
    connections: tuple[Connection, ...]
    settings: Mapping[str, JsonValue]

    def steps(self) -> tuple[Step, ...]:
        """All steps in the order of the recipe; the trigger is first."""
        return tuple(self.trigger.walk())
