"""The marker finds a note again, and only where it has to be."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.change.marker import (
    AssetMark,
    Marker,
    NoteKind,
    format_marker,
    read_marker,
    text_fingerprint,
    with_marker,
)

MARKER = Marker(NoteKind.DIFF, "dev", "test", "b71c" * 16, 3, datetime(2026, 11, 23, 17, 0, 5, tzinfo=UTC))


def test_a_marker_is_one_readable_line() -> None:
    assert format_marker(MARKER) == (
        f"<!-- wexport:1 kind=diff source=dev target=test digest={'b71c' * 16} sequence=3 made-at=20261123T170005Z -->"
    )


@given(st.text(), st.text(), st.lists(st.builds(AssetMark, st.text(), st.text(), st.text(max_size=12)), max_size=5))
def test_whatever_it_carries_a_marker_is_read_back_and_ends_only_at_its_end(
    source: str, target: str, assets: list[AssetMark]
) -> None:
    marker = replace(MARKER, source=source, target=target, assets=tuple(assets), before=None)
    line = format_marker(marker)
    assert line.count("-->") == 1
    assert "\n" not in line
    assert read_marker(with_marker("heading\n\nbody", marker)) == marker


def test_the_times_of_the_snapshots_are_read_back() -> None:
    marker = replace(MARKER, source_stored_at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert "source-stored-at=20261101T120000Z" in format_marker(marker)
    assert read_marker(with_marker("heading\n\nbody", marker)) == marker


def test_a_marker_counts_on_the_third_line_only() -> None:
    line = format_marker(MARKER)
    assert read_marker(f"heading\n\n{line}\n\nbody") == MARKER
    assert read_marker(f"heading\r\n\r\n{line}\r\n\r\nbody") == MARKER
    assert read_marker(f"{line}\n\nbody") is None
    assert read_marker(f"heading\n\nbody\n\n{line}") is None
    assert read_marker(f"heading\n\n{line} more\n") is None
    assert read_marker(f"heading\n\n `{line}`\n") is None
    assert read_marker("") is None


@pytest.mark.parametrize(
    "damage",
    [
        ("kind=diff", "kind=other"),
        ("sequence=3", "sequence=x"),
        ("made-at=20261123T170005Z", "made-at=yesterday"),
        ("b71cb71c", ""),
        (" -->", " assets=AAAA -->"),
        (" -->", f" assets={base64.urlsafe_b64encode(zlib.compress(b'[' * 100_000)).decode().rstrip('=')} -->"),
        (" -->", f" assets={base64.urlsafe_b64encode(zlib.compress(b'[[1]]')).decode().rstrip('=')} -->"),
    ],
)
def test_a_damaged_marker_is_none(damage: tuple[str, str]) -> None:
    assert read_marker(f"heading\n\n{format_marker(MARKER).replace(*damage, 1)}\n\nbody") is None


def test_a_marker_of_a_later_version_is_recognised_as_such() -> None:
    marker = read_marker(f"heading\n\n{format_marker(replace(MARKER, version=2))}\n\nbody")
    assert marker is not None
    assert marker.version == 2


def test_a_pair_of_environments_is_matched_whole_and_in_its_direction() -> None:
    assert MARKER.is_for("dev", "test")
    assert not MARKER.is_for("test", "dev")
    assert not MARKER.is_for("non-dev", "test")


def test_a_list_too_long_to_carry_is_unknown_rather_than_cut() -> None:
    assets = tuple(AssetMark(f"Project {number * 7919}/{number}", f"{number**3}", "") for number in range(3_000))
    marker = replace(MARKER, assets=assets)
    assert len(format_marker(marker)) < 1_000
    read = read_marker(with_marker("heading\n\nbody", marker))
    assert read is not None
    assert read.assets is None


def test_the_fingerprint_of_a_text_ignores_its_marker_and_what_gitlab_trims() -> None:
    text = "heading\n\nbody\n- last"
    expected = text_fingerprint(text)
    assert text_fingerprint(with_marker(text, MARKER)) == expected
    assert text_fingerprint(with_marker(text, MARKER).replace("\n", "\r\n") + "\n\n") == expected
    assert text_fingerprint(with_marker(text + " edited", MARKER)) != expected
