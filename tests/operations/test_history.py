"""The history of an environment and of one recipe, on a real repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.adapters.repository import Repository, RepositoryAccess
from exporter.diff.changes import ChangeKind
from exporter.diff.history import FirstSnapshot, History
from exporter.errors import UsageError
from exporter.operations.diff import Revision
from exporter.operations.history import read_history
from exporter.render.history import render_history, render_history_json, render_patches
from exporter.snapshot import AssetInfo, Index, Project, asset_of, snapshot_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ORDERS, BILLS = "P/orders.recipe.json", "P/Sub/bills.recipe.json"
OTHER = "P/other.recipe.json"


def uuid(kind: str, place: int) -> str:
    return f"00000000-0000-4000-8000-{ord(kind):010d}{place:02d}"


def recipe(name: str, limit: str, kind: str = "a") -> bytes:
    steps = [
        {
            "keyword": "action",
            "provider": "crm",
            "name": f"search_{kind}{place}",
            "as": f"{kind}{place}",
            "uuid": uuid(kind, place),
            "input": {"limit": limit if place == 1 else "5"},
        }
        for place in range(1, 4)
    ]
    trigger = {"keyword": "trigger", "provider": "clock", "name": "timer", "uuid": uuid(kind, 0), "as": f"{kind}0"}
    return json.dumps({"name": name, "code": {**trigger, "block": steps}}).encode()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Five snapshots: all new; a field changes; the recipe is renamed and moved; it is stopped; another one changes."""
    found = Repository(RepositoryAccess(tmp_path_factory.mktemp("history") / "snapshots"), lock_seconds=20)
    other = recipe("Other", "1", "b")
    story: list[tuple[dict[str, bytes], dict[str, Any]]] = [
        ({ORDERS: recipe("Orders", "1"), OTHER: other}, {ORDERS: AssetInfo(version=1, author_name="Kim")}),
        ({ORDERS: recipe("Orders", "2"), OTHER: other}, {ORDERS: AssetInfo(version=2, author_name="Lee")}),
        ({BILLS: recipe("Bills", "2"), OTHER: other}, {BILLS: AssetInfo(version=3, author_name="Kim")}),
        (
            {BILLS: recipe("Bills", "2"), OTHER: other},
            {BILLS: AssetInfo(version=3, author_name="Kim", is_running=False)},
        ),
        (
            {BILLS: recipe("Bills", "2"), OTHER: recipe("Other", "9", "b")},
            {BILLS: AssetInfo(version=3, author_name="Kim", is_running=False)},
        ),
    ]
    for place, (files, infos) in enumerate(story):
        index = Index("dev", workspace_id=7, projects=(Project("P", 1, 2),), assets=infos)
        taken = snapshot_of(index, [asset_of(path, content) for path, content in files.items()])
        found.commit(taken, now=NOON + timedelta(days=place), prune=True)
    yield found
    found.close()


def days(history: History) -> list[int]:
    return [entry.stored_at.day for entry in history.entries]


def test_an_environment_tells_every_snapshot_newest_first(repository: Repository) -> None:
    history = read_history(repository, Revision("dev"))
    assert days(history) == [5, 4, 3, 2, 1]
    assert history.entries[-1].first == FirstSnapshot(recipes=2, others=0)
    kinds = [set(change.kinds) for entry in history.entries if entry.diff for change in entry.diff.changes]
    moved = {ChangeKind.MOVED, ChangeKind.RENAMED, ChangeKind.CHANGED}
    assert kinds == [{ChangeKind.CHANGED}, moved, {ChangeKind.CHANGED}]
    assert not history.has_more


def test_a_recipe_is_followed_through_its_renames_until_it_was_added(repository: Repository) -> None:
    history = read_history(repository, Revision("dev"), "bills")
    assert days(history) == [4, 3, 2, 1]
    assert [detail.after.is_running for detail in history.entries[0].details] == [False]
    paths = [(change.path_before, change.path_after) for entry in history.entries[1:] for change in entry.diff.changes]  # type: ignore[union-attr]
    assert paths == [(ORDERS, BILLS), (ORDERS, ORDERS), (None, ORDERS)]


def test_a_limit_says_that_there_is_more(repository: Repository) -> None:
    history = read_history(repository, Revision("dev"), limit=2)
    assert (days(history), history.has_more) == ([5, 4], True)
    assert not read_history(repository, Revision("dev"), limit=5).has_more


def test_history_can_end_earlier_under_the_name_of_that_time(repository: Repository) -> None:
    assert days(read_history(repository, Revision("dev", "2026-11-02"), "Orders")) == [2, 1]


def test_the_history_is_that_of_one_recipe(repository: Repository) -> None:
    with pytest.raises(UsageError, match="names 2 recipes"):
        read_history(repository, Revision("dev"), "*")


def test_it_reads_in_the_words_of_the_diff_with_who_saved_what(repository: Repository) -> None:
    entries = read_history(repository, Revision("dev")).entries
    ids = [entry.revision[:10] for entry in entries]
    assert render_history(entries) == (
        f"2026-11-05 12:00 UTC  {ids[0]}\n"
        "  ~ Other  recipe changed: 1 step changed  in P\n"
        "\n"
        f"2026-11-04 12:00 UTC  {ids[1]}\n"
        "  . bills  recipe stopped  in P/Sub\n"
        "\n"
        f"2026-11-03 12:00 UTC  {ids[2]}\n"
        f"  ~ Bills  recipe moved, renamed, changed: 1 setting, version 3 by Kim, was {ORDERS}  in P/Sub\n"
        "\n"
        f"2026-11-02 12:00 UTC  {ids[3]}\n"
        "  ~ Orders  recipe changed: 1 step changed, version 2 by Lee  in P\n"
        "\n"
        f"2026-11-01 12:00 UTC  {ids[4]}\n"
        "  first snapshot: 2 recipes, 0 other assets\n"
    )


def test_a_patch_is_the_whole_diff_without_words_of_a_promotion(repository: Repository) -> None:
    text = render_patches(read_history(repository, Revision("dev")).entries, width=100, color=False)
    assert "Limit: 1 → 9" in text
    assert "promoting" not in text


def test_programs_get_it_as_json(repository: Repository) -> None:
    found = json.loads(render_history_json(read_history(repository, Revision("dev")).entries))
    assert [entry["stored_at"][:10] for entry in found][:2] == ["2026-11-05", "2026-11-04"]
    assert found[3]["changes"][0]["author"] == "Lee"
    assert found[4]["first"] == {"recipes": 2, "others": 0}


def test_nothing_is_written_by_reading(repository: Repository) -> None:
    assert {path.name for path in Path(repository.path).iterdir()} == {".git", ".gitattributes", "README.md", "dev"}
