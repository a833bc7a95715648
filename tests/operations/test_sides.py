"""Sides that are paths, from the file on the disk to the diff."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from exporter.adapters.repository import Repository
from exporter.diff.changes import SnapshotDiff
from exporter.diff.equivalence import Equivalences
from exporter.errors import UsageError, WexportError
from exporter.operations.diff import Revision, Side, Sources, diff_sides
from exporter.operations.sides import REPLY_NOTE, LocalPath, Scope
from exporter.snapshot import Asset, AssetInfo, Index, Snapshot, asset_of, snapshot_of

URL = "https://www.workato.com"


def recipe(name: str = "Sync", limit: str = "10", uuids: str = "abcd") -> bytes:
    """A recipe with a step for each letter; the last one is set to the limit."""
    ids = [f"{letter * 8}-0000-4000-8000-{letter * 12}" for letter in uuids]
    steps = [
        {"keyword": "action", "provider": "crm", "name": "find", "as": uuid[:8], "uuid": uuid, "input": {}}
        for uuid in ids[1:]
    ]
    steps[-1]["input"] = {"limit": limit}
    code = {"keyword": "trigger", "provider": "clock", "name": "tick", "as": "t", "uuid": ids[0], "block": steps}
    return json.dumps({"name": name, "version": 1, "code": code, "config": []}).encode()


OTHER = recipe("Else", uuids="efgh")
TEST = {
    "Sales/Recipes/sync.recipe.json": recipe(),
    "Sales/Recipes/else.recipe.json": OTHER,
    "Stock/Recipes/count.recipe.json": recipe("Count", uuids="ijkl"),
}


class Shelf:
    """Stands for the repository: one environment, called test."""

    def __init__(self, files: dict[str, bytes]) -> None:
        infos = {path: AssetInfo(id=number) for number, path in enumerate(sorted(files), start=1)}
        assets = [asset_of(path, content) for path, content in files.items()]
        self._snapshot = snapshot_of(Index("test", base_url=URL, assets=infos), assets, revision="c0ffee")

    def read(self, environment: str, at: str | None = None) -> Snapshot:
        assert environment == "test"
        return self._snapshot

    def find_once(
        self, name: str, version: int, assets: Sequence[Asset], find: Callable[[Asset], tuple[str, ...]]
    ) -> dict[str, tuple[str, ...]]:
        return {asset.blob: find(asset) for asset in assets}


class Notes:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def start(self, task: str, total: int | None = None) -> None: ...

    def advance(self, task: str, detail: str = "") -> None: ...

    def finish(self, task: str, summary: str = "") -> None: ...

    def note(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def package(here: Path) -> Callable[..., str]:
    def make(name: str, members: dict[str, bytes]) -> str:
        with zipfile.ZipFile(here / name, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return name

    return make


@pytest.fixture
def folder(here: Path) -> Callable[..., str]:
    def make(name: str, members: dict[str, bytes]) -> str:
        for member, content in members.items():
            path = here / name / member
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return name

    return make


def side_of(text: str) -> Side:
    return Revision("test") if text == "test" else LocalPath(text)


def compared(
    source: str,
    target: str,
    *,
    only: tuple[str, ...] = (),
    project: str = "",
    stdin: bytes | None = None,
    equivalences: Equivalences | None = None,
) -> tuple[SnapshotDiff, list[str]]:
    shelf: Any = Shelf(TEST)
    notes = Notes()
    sources = Sources(cast(Repository, shelf), io.BytesIO(stdin) if stdin is not None else None)
    ends, scope = (side_of(source), side_of(target)), Scope(only, project)
    diff = diff_sides(sources, *ends, scope=scope, progress=notes, equivalences=equivalences)
    return diff, notes.texts


def summary(diff: SnapshotDiff) -> list[tuple[str, str]]:
    return sorted((change.path, "+".join(change.kinds)) for change in diff.changes)


def test_two_recipe_files_are_one_recipe_whatever_they_are_called(here: Path) -> None:
    (here / "after.recipe.json").write_bytes(recipe(limit="20"))
    (here / "before.json").write_bytes(recipe(limit="10"))
    diff, notes = compared("after.recipe.json", "before.json")
    assert summary(diff) == [("after.recipe.json", "changed")]
    assert (diff.source.label, diff.target.label) == ("after.recipe.json", "before.json")
    (field,) = diff.changes[0].steps[0].fields
    assert (field.before, field.after) == ("10", "20")
    assert notes == []


def test_two_files_of_different_kinds_are_not_compared(here: Path) -> None:
    (here / "a.recipe.json").write_bytes(recipe())
    (here / "b.connection.json").write_bytes(b"{}")
    with pytest.raises(UsageError, match="not of one kind: recipe and connection"):
        compared("a.recipe.json", "b.connection.json")


def test_a_recipe_file_is_compared_with_its_like_in_the_environment(here: Path) -> None:
    (here / "sync.recipe.json").write_bytes(recipe(limit="20"))
    diff, notes = compared("sync.recipe.json", "test")
    assert summary(diff) == [("Sales/Recipes/sync.recipe.json", "changed")]
    assert notes == [
        "sync.recipe.json is compared with 'Sales/Recipes/sync.recipe.json' of test, found by its file name and steps."
    ]


def test_a_recipe_file_is_no_asset_of_an_environment_so_nothing_links_to_one(here: Path) -> None:
    (here / "sync.recipe.json").write_bytes(recipe(limit="20"))
    diff, _ = compared("sync.recipe.json", "test")
    assert (diff.source.environment, diff.source.revision) == ("", None)
    assert (diff.target.environment, diff.target.revision) == ("test", "c0ffee")
    assert diff.changes[0].info_after == AssetInfo()
    assert diff.changes[0].info_before.id == 2


def test_a_recipe_file_without_a_like_would_be_added(here: Path) -> None:
    (here / "fresh.recipe.json").write_bytes(recipe("Fresh", uuids="wxyz"))
    diff, notes = compared("fresh.recipe.json", "test")
    assert summary(diff) == [("fresh.recipe.json", "added")]
    assert notes == ["test has nothing like fresh.recipe.json, neither by file name nor by steps or name."]
    assert summary(compared("fresh.recipe.json", "test", project="Stock")[0]) == [("Stock/fresh.recipe.json", "added")]


def test_the_other_way_round_it_would_be_removed(here: Path) -> None:
    (here / "fresh.recipe.json").write_bytes(recipe("Fresh", uuids="wxyz"))
    assert summary(compared("test", "fresh.recipe.json")[0]) == [("fresh.recipe.json", "removed")]


def test_only_says_which_recipe_a_file_is_compared_with(here: Path) -> None:
    (here / "fresh.recipe.json").write_bytes(recipe("Fresh", uuids="wxyz"))
    diff, notes = compared("fresh.recipe.json", "test", only=("count",))
    assert [change.path for change in diff.changes] == ["Stock/Recipes/count.recipe.json"]
    assert notes == [
        "fresh.recipe.json is compared with 'Stock/Recipes/count.recipe.json' of test, "
        "which --only names; it has other steps and another name."
    ]
    with pytest.raises(UsageError, match=r"None of the 2 recipes that --only names is like 'fresh\.recipe\.json'"):
        compared("fresh.recipe.json", "test", only=("Sales",))


def reply(content: bytes, account: int = 4711) -> bytes:
    """The recipe as the API replies it."""
    recipe = json.loads(content)
    config = [{**entry, "account_id": account} for entry in recipe["config"]]
    counters = {
        "id": 7,
        "user_id": 1,
        "running": True,
        "job_failed_count": 2,
        "version_author_name": "Kim",
        "parameters": {},
    }
    return json.dumps(
        {**counters, "name": recipe["name"], "code": json.dumps(recipe["code"]), "config": config}
    ).encode()


def test_a_reply_of_the_api_is_the_same_recipe_as_the_package(here: Path) -> None:
    exported = json.loads(recipe())
    account = {"zip_name": "crm.connection.json", "name": "CRM", "folder": ""}
    exported["config"] = [{"keyword": "application", "provider": "crm", "account_id": account}]
    exported |= {"private": True, "concurrency": 5}
    content = json.dumps(exported).encode()
    (here / "exported.recipe.json").write_bytes(content)
    diff, notes = compared("-", "exported.recipe.json", stdin=reply(content))
    assert diff.is_empty
    assert diff.source.label == "standard input"
    assert notes == [REPLY_NOTE]
    assert compared("exported.recipe.json", "-", stdin=reply(content))[0].is_empty
    changed, notes = compared("-", "test", stdin=reply(recipe(limit="20")))
    assert summary(changed) == [("Sales/Recipes/sync.recipe.json", "changed")]
    assert changed.changes[0].settings == ()
    assert notes == [
        "standard input is compared with 'Sales/Recipes/sync.recipe.json' of test, found by its steps.",
        REPLY_NOTE,
    ]


def test_a_key_of_a_reply_that_nobody_knows_is_compared(here: Path) -> None:
    (here / "exported.recipe.json").write_bytes(recipe())
    answer = json.dumps({**json.loads(reply(recipe())), "retention": 30}).encode()
    diff, _ = compared("-", "exported.recipe.json", stdin=answer)
    assert [(setting.label, setting.after) for setting in diff.changes[0].settings] == [("Retention", 30)]


def test_two_replies_of_the_api_are_compared_as_they_are(here: Path) -> None:
    exported = json.loads(recipe())
    exported["config"] = [{"keyword": "application", "provider": "crm"}]
    content = json.dumps(exported).encode()
    (here / "before.json").write_bytes(reply(content, account=1))
    (here / "after.json").write_bytes(reply(content, account=2))
    diff, notes = compared("after.json", "before.json")
    assert notes == []
    assert [(switch.before, switch.after) for switch in diff.changes[0].connections] == [
        ("connection 1", "connection 2")
    ]


def test_standard_input_cannot_be_both_sides() -> None:
    with pytest.raises(UsageError, match="Only one side can be '-'"):
        compared("-", "-", stdin=recipe())


def test_a_package_changes_and_adds_and_removes_nothing(package: Callable[..., str]) -> None:
    mine = package(
        "mine.zip",
        {"Recipes/sync.recipe.json": recipe(limit="20"), "Recipes/fresh.recipe.json": recipe("Fresh", uuids="wxyz")},
    )
    diff, notes = compared(mine, "test")
    assert summary(diff) == [
        ("Sales/Recipes/fresh.recipe.json", "added"),
        ("Sales/Recipes/sync.recipe.json", "changed"),
    ]
    assert notes == [
        "mine.zip is compared with 'Sales' of test, which has 1 of its 2 files.",
        "1 more file there stays, since an import removes nothing.",
    ]


def test_swapping_a_package_and_an_environment_swaps_added_and_removed(package: Callable[..., str]) -> None:
    mine = package("mine.zip", {"Recipes/sync.recipe.json": recipe(), "Recipes/x.recipe.json": recipe(uuids="wxyz")})
    assert summary(compared(mine, "test")[0]) == [("Sales/Recipes/x.recipe.json", "added")]
    assert summary(compared("test", mine)[0]) == [("Sales/Recipes/x.recipe.json", "removed")]


def test_a_folder_is_as_good_as_the_package_it_was_unpacked_from(
    package: Callable[..., str], folder: Callable[..., str]
) -> None:
    members = {"Recipes/sync.recipe.json": recipe(limit="20"), "project.json": b"{}"}
    mine, unpacked = package("mine.zip", members), folder("unpacked", members)
    assert compared(mine, "test")[0].changes == compared(unpacked, "test")[0].changes
    assert compared(mine, unpacked)[0].is_empty


def test_two_packages_are_compared_both_ways(package: Callable[..., str]) -> None:
    one = package("one.zip", {"a.recipe.json": recipe(limit="20"), "b.recipe.json": OTHER})
    other = package("other.zip", {"a.recipe.json": recipe(), "c.recipe.json": recipe(uuids="wxyz")})
    assert summary(compared(one, other)[0]) == [
        ("a.recipe.json", "changed"),
        ("b.recipe.json", "added"),
        ("c.recipe.json", "removed"),
    ]


def test_a_package_that_was_wrapped_in_a_folder_is_the_same_package(package: Callable[..., str]) -> None:
    members = {"Recipes/a.recipe.json": recipe(), "project.json": b"{}"}
    plain = package("plain.zip", members)
    wrapped = package("wrapped.zip", {f"plain/{name}": content for name, content in members.items()})
    assert compared(plain, wrapped)[0].is_empty


def test_a_recipe_file_finds_its_like_in_a_package(here: Path, package: Callable[..., str]) -> None:
    (here / "now.json").write_bytes(recipe(limit="20"))
    mine = package("mine.zip", {"Recipes/sync.recipe.json": recipe(), "Recipes/else.recipe.json": OTHER})
    diff, notes = compared("now.json", mine)
    assert summary(diff) == [("Recipes/sync.recipe.json", "changed")]
    assert notes == ["now.json is compared with 'Recipes/sync.recipe.json' of mine.zip, found by its steps."]


def test_the_project_of_a_package_can_be_said(package: Callable[..., str]) -> None:
    mine = package("mine.zip", {"Recipes/sync.recipe.json": recipe()})
    assert summary(compared(mine, "test", project="stock")[0]) == [("Stock/Recipes/sync.recipe.json", "added")]
    with pytest.raises(UsageError, match=r"no project 'Slaes'.*Did you mean 'Sales'"):
        compared(mine, "test", project="Slaes")


def test_a_project_means_nothing_between_two_of_a_kind(package: Callable[..., str]) -> None:
    mine = package("mine.zip", {"Recipes/sync.recipe.json": recipe()})
    for source, target in ((mine, mine), ("test", "test")):
        with pytest.raises(UsageError, match="--project says which project"):
            compared(source, target, project="Sales")


def test_a_scope_without_any_of_the_package_is_refused(package: Callable[..., str]) -> None:
    mine = package("mine.zip", {"Recipes/sync.recipe.json": recipe(limit="20")})
    assert summary(compared(mine, "test", only=("Sales",))[0]) == [("Sales/Recipes/sync.recipe.json", "changed")]
    with pytest.raises(UsageError, match=r"mine\.zip has nothing of that scope: --only 'Stock' names no asset"):
        compared(mine, "test", only=("Stock",))


def test_a_recipe_that_a_package_would_make_twice_is_told(package: Callable[..., str]) -> None:
    mine = package("mine.zip", {"Recipes/renamed.recipe.json": recipe(), "Recipes/else.recipe.json": OTHER})
    diff, notes = compared(mine, "test")
    assert summary(diff) == [("Sales/Recipes/renamed.recipe.json", "added")]
    assert notes[-1] == (
        "'Sales/Recipes/renamed.recipe.json' has the steps of 'Sales/Recipes/sync.recipe.json': "
        "an import makes a second recipe, it renames none."
    )


def stored(environment: str = "dev", workspace: int = 7) -> bytes:
    """index.json as wexport writes it."""
    return json.dumps(
        {
            "format": 1,
            "environment": environment,
            "base_url": URL,
            "workspace": {"id": workspace, "name": "W"},
            "projects": [{"name": "Sales", "id": 1, "folder_id": 2}],
            "assets": {"Sales/Recipes/sync.recipe.json": {"id": 44}},
            "shortened": {},
        }
    ).encode()


def test_a_stored_environment_is_compared_as_a_whole(folder: Callable[..., str]) -> None:
    dev = folder("dev", {"index.json": stored(), "Sales/Recipes/sync.recipe.json": recipe(limit="20")})
    diff, notes = compared(dev, "test")
    assert summary(diff) == [
        ("Sales/Recipes/else.recipe.json", "removed"),
        ("Sales/Recipes/sync.recipe.json", "changed"),
        ("Stock/Recipes/count.recipe.json", "removed"),
    ]
    assert notes == []
    assert (diff.source.label, diff.source.environment) == ("dev", "dev")
    assert next(change.url for change in diff.changes if "sync" in change.path) == f"{URL}/recipes/44"


def test_what_is_meant_to_differ_does_so_for_a_stored_environment_and_for_no_file(folder: Callable[..., str]) -> None:
    mapping = Equivalences(values=({"dev": "20", "test": "10"},))
    changed = recipe(limit="20")
    dev = folder("dev", {"index.json": stored(), "Sales/Recipes/sync.recipe.json": changed})
    loose = folder("loose", {"Recipes/sync.recipe.json": changed})
    path = "Sales/Recipes/sync.recipe.json"
    assert path not in dict(summary(compared(dev, "test", equivalences=mapping)[0]))
    assert dict(summary(compared(loose, "test", equivalences=mapping)[0])) == {path: "changed"}


def test_names_in_a_stored_environment_are_read_as_what_they_stand_for(folder: Callable[..., str]) -> None:
    dev = folder("dev", {"index.json": stored(), "Sales/A %7C B/sync.recipe.json": recipe()})
    assert "Sales/A | B/sync.recipe.json" in dict(summary(compared(f"./{dev}", "test")[0]))


def test_a_part_of_a_stored_environment_lies_where_it_lies(folder: Callable[..., str]) -> None:
    folder(
        "dev",
        {
            "index.json": stored(),
            "Sales/Recipes/sync.recipe.json": recipe(limit="20"),
            "Sales/A %7C/x.recipe.json": OTHER,
        },
    )
    assert summary(compared("dev/Sales/Recipes", "test")[0]) == [("Sales/Recipes/sync.recipe.json", "changed")]
    diff, notes = compared("dev/Sales", "test")
    assert summary(diff) == [("Sales/A |/x.recipe.json", "added"), ("Sales/Recipes/sync.recipe.json", "changed")]
    assert notes[0] == "dev/Sales is compared with 'Sales' of test, which has 1 of its 2 files."


def test_a_file_of_a_stored_environment_is_compared_with_what_is_at_its_place(folder: Callable[..., str]) -> None:
    path = "Stock/Recipes/count.recipe.json"
    folder("dev", {"index.json": stored(), path: recipe(limit="20")})
    diff, notes = compared(f"dev/{path}", "test")
    assert [change.path for change in diff.changes] == [path]
    assert notes == [f"dev/{path} is compared with '{path}' of test, found by its place."]


def test_an_archive_of_all_environments_asks_to_be_unpacked(package: Callable[..., str]) -> None:
    package("all.zip", {"dev/index.json": stored(), "test/index.json": stored("test"), "dev/a.recipe.json": recipe()})
    with pytest.raises(UsageError, match=r"holds the environments dev, test\. Unpack it"):
        compared("all.zip", "test")


def test_an_archive_of_one_environment_is_that_environment(package: Callable[..., str]) -> None:
    package("dev.zip", {"dev/index.json": stored(), "dev/Sales/Recipes/sync.recipe.json": recipe()})
    assert compared("dev.zip", "test")[0].source.environment == "dev"


def test_the_folder_of_all_environments_asks_for_one(folder: Callable[..., str]) -> None:
    folder("snapshots", {"dev/index.json": stored(), "test/index.json": stored("test"), "dev/a.recipe.json": recipe()})
    with pytest.raises(UsageError, match=r"holds the environments dev, test\. Name one of them: 'snapshots/dev'"):
        compared("snapshots", "test")


def test_a_stored_environment_with_a_broken_index_is_an_error(folder: Callable[..., str]) -> None:
    dev = folder("dev", {"index.json": b'{"format": 1, "environment": "dev"', "a.recipe.json": recipe()})
    with pytest.raises(WexportError, match=r"dev/index\.json cannot be used"):
        compared(dev, "test")
