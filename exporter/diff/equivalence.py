"""What is meant to differ between two environments: the same connection under another name, another host.

A row has one name per environment: `{dev: "NetSuite DEV", prod: "NetSuite"}`. A name is at home in the environments
whose column holds it. Where SOURCE uses its own name and TARGET uses its own name of the same row, nothing differs.
A name that stands where it is not at home is against the mapping, and is shouted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

Row: TypeAlias = Mapping[str, str]  # environment -> name

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """A mapped name that stands in a text. `meant` is the target's name for it; None where the name is not at home
    on that side, and is only characters there."""

    name: str
    meant: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """How one side speaks. `values` and `connections` map each of its own names to the target's name for the same;
    `known` are all mapped values of whatever environment, `pattern` finds them."""

    values: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    connections: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    known: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    def __bool__(self) -> bool:
        return bool(self.known or self.connections)

    def split(self, text: str) -> Iterator[str | Known]:
        """The text as plain parts and mapped names in turn; joined again it is the text."""
        if self.pattern is None or not any(name in text for name in self.known):
            yield text
            return
        done = 0
        for match in self.pattern.finditer(text):
            if match.start() > done:
                yield text[done : match.start()]
            yield Known(match.group(), self.values.get(match.group()))
            done = match.end()
        if done < len(text):
            yield text[done:]

    def connection(self, name: str) -> tuple[str, bool]:
        """The connection as the target calls it, and whether the mapping says so. The two sides use what is meant
        to be the same connection if both give the same."""
        meant = self.connections.get(name)
        return (name, False) if meant is None else (meant, True)


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Stranger:
    """A name where it does not belong. `homes` are the environments that it belongs to; `meant` says what the source
    and the target have instead: (environment, name)."""

    name: str
    homes: tuple[str, ...]
    meant: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The mapping as it applies to one pair of environments: the rows that say something about one of the two."""

    source: str = ""
    target: str = ""
    connections: tuple[Row, ...] = ()
    values: tuple[Row, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.connections or self.values)

    def terms(self, *, is_source: bool) -> Terms:
        """How one side speaks, in the target's words."""
        side = self.source if is_source else self.target
        known = tuple(sorted(self.names(is_connection=False), key=lambda name: (-len(name), name)))
        return Terms(
            values=self._own_names(self.values, side),
            connections=self._own_names(self.connections, side),
            known=known,
            pattern=re.compile("|".join(map(_as_word, known))) if known else None,
        )

    def stranger(self, name: str, *, is_connection: bool) -> Stranger | None:
        """What is wrong with this name in SOURCE: the mapping gives it to other environments. None if nothing is;
        the target's own name is right where the mapping has no other for the source."""
        rows = self._rows(name, is_connection)
        homes = _homes(rows, name)
        if not homes or self.source in homes:
            return None
        if self.target in homes and not any(self.source in row for row in rows):
            return None
        return Stranger(name, homes, self._meant(rows))

    def leftover(self, name: str, *, is_connection: bool) -> Stranger | None:
        """What is wrong with this name of SOURCE if it stands in TARGET already: the target has its own name for it.
        None if nothing is."""
        rows = self._rows(name, is_connection)
        homes = _homes(rows, name)
        if self.source not in homes or self.target in homes:
            return None
        telling = [row for row in rows if row.get(self.source) == name and self.target in row]
        return Stranger(name, homes, self._meant(telling)) if telling else None

    def names(self, *, is_connection: bool) -> frozenset[str]:
        """Every name that the mapping knows, of whatever environment."""
        return frozenset(name for row in self._all(is_connection) for name in row.values())

    def with_connections_as_values(self) -> Equivalence:
        """For the connections themselves, which carry their names as values."""
        return replace(self, values=(*self.connections, *self.values))

    def _own_names(self, rows: Sequence[Row], side: str) -> Mapping[str, str]:
        both = (row for row in rows if self.source in row and self.target in row)
        return MappingProxyType({row[side]: row[self.target] for row in both})

    def _all(self, is_connection: bool) -> tuple[Row, ...]:
        return self.connections if is_connection else self.values

    def _rows(self, name: str, is_connection: bool) -> list[Row]:
        return [row for row in self._all(is_connection) if name in row.values()]

    def _meant(self, rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
        sides = (self.source, self.target)
        return tuple(dict.fromkeys((side, row[side]) for row in rows for side in sides if side in row))


NO_EQUIVALENCE = Equivalence()


@dataclass(frozen=True, slots=True)
class Equivalences:
    """All rows of the configuration, for whichever pair of environments is compared."""

    connections: tuple[Row, ...] = ()
    values: tuple[Row, ...] = ()

    def between(self, source: str, target: str) -> Equivalence:
        """The mapping for one pair. An environment compared with itself at another time has none."""
        if source == target:
            return NO_EQUIVALENCE
        connections, values = (
            tuple(row for row in rows if source in row or target in row) for rows in (self.connections, self.values)
        )
        return Equivalence(source, target, connections, values)


def _homes(rows: Sequence[Row], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(side for row in rows for side, held in row.items() if held == name))


def _as_word(name: str) -> str:
    """Finds the name as a whole word. Letters, digits and "_" go on with a word, and so does a dot or hyphen with more
    of them behind: "C012" is not in "C0123", nor "example.com" in "dev.example.com" or "example.com.evil.org"."""
    start = r"(?<!\w)(?<!\w[.\-])" if re.match(r"\w", name) else ""
    end = r"(?!\w)(?![.\-]\w)" if re.search(r"\w\Z", name) else ""
    return start + re.escape(name) + end
