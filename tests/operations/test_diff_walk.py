from __future__ import annotations

from typing import Any, cast

import pytest

from exporter.adapters.repository import Repository
from exporter.errors import UsageError
from exporter.operations.diff import Revision, Sources, diff_sides, parse_revision
from exporter.operations.sides import Scope
from exporter.snapshot import Index, Snapshot, asset_of, snapshot_of


@pytest.mark.parametrize(
    ("text", "revision"),
    [
        ("dev", Revision("dev")),
        ("prod@2026-11-01", Revision("prod", "2026-11-01")),
        (" prod@3f9a2c1 ", Revision("prod", "3f9a2c1")),
        ("prod@2026-11-01@x", Revision("prod", "2026-11-01@x")),
    ],
)
def test_a_revision_is_an_environment_and_perhaps_a_time(text: str, revision: Revision) -> None:
    assert parse_revision(text) == revision


@pytest.mark.parametrize("text", ["", "@2026-11-01", "prod@", " @ "])
def test_half_a_revision_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="prod@2026-11-01"):
        parse_revision(text)


def test_a_revision_is_labelled_as_it_was_typed() -> None:
    assert [parse_revision(text).label for text in ("dev", "prod@2026-11-01")] == ["dev", "prod@2026-11-01"]


class Shelf:
    """Stands for the repository: remembers what was read."""

    def __init__(self) -> None:
        self.read_calls: list[tuple[str, str | None]] = []

    def read(self, environment: str, at: str | None = None) -> Snapshot:
        self.read_calls.append((environment, at))
        content = b'{"name": "%s"}' % environment.encode()
        return snapshot_of(Index(environment), [asset_of("P/a.connection.json", content)], revision="c0ffee")


def test_the_walk_reads_both_sides_and_compares_them() -> None:
    shelf: Any = Shelf()
    sources = Sources(cast(Repository, shelf))
    diff = diff_sides(sources, parse_revision("dev"), parse_revision("prod@2026-11-01"), scope=Scope(only=("P",)))
    assert shelf.read_calls == [("dev", None), ("prod", "2026-11-01")]
    assert (diff.source.label, diff.target.label, diff.target.revision) == ("dev", "prod@2026-11-01", "c0ffee")
    (field,) = diff.changes[0].fields
    assert (field.before, field.after) == ("prod", "dev")
