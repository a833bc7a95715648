"""The walk of `wexport diff` adds the warnings, and looks for callers once per file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from exporter.adapters.repository import Repository
from exporter.diff.changes import SnapshotDiff, WarningKind
from exporter.diff.equivalence import Equivalences
from exporter.operations.diff import Revision, Sources, diff_sides
from exporter.operations.sides import LocalPath
from exporter.snapshot import Asset, Index, Snapshot, asset_of, snapshot_of

CALLED, CALLER = "P/credit.recipe.json", "P/invoice.recipe.json"
REFERENCE = {"zip_name": "credit.recipe.json", "name": "Check credit", "folder": ""}


def recipe(name: str, **step: Any) -> bytes:
    block = [{"keyword": "action", "provider": "p", "uuid": name, "as": "a1", **step}]
    trigger = {"keyword": "trigger", "uuid": f"{name} trigger", "as": "t1", "block": block}
    return json.dumps({"name": name, "code": trigger, "config": []}).encode()


CREDIT = recipe("Check credit")
INVOICE = recipe("Create invoice", input={"flow_id": REFERENCE})


class Shelf:
    """Stands for the repository: holds environments, and counts what was looked into."""

    def __init__(self, environments: Mapping[str, Mapping[str, bytes]]):
        self._environments = environments
        self.seen: list[str] = []

    def read(self, environment: str, at: str | None = None) -> Snapshot:
        files = self._environments[environment]
        return snapshot_of(Index(environment), [asset_of(path, content) for path, content in files.items()])

    def find_once(
        self, name: str, version: int, assets: Sequence[Asset], find: Callable[[Asset], tuple[str, ...]]
    ) -> Mapping[str, tuple[str, ...]]:
        self.seen.extend(asset.path for asset in assets)
        return {asset.blob: find(asset) for asset in assets}


def walked(shelf: Shelf, source: Revision | LocalPath, target: Revision | LocalPath) -> SnapshotDiff:
    return diff_sides(Sources(cast(Repository, shelf)), source, target)


def test_the_callers_of_a_removed_recipe_come_with_the_diff() -> None:
    shelf = Shelf({"dev": {CALLER: INVOICE}, "test": {CALLER: INVOICE, CALLED: CREDIT}})
    (warning,) = walked(shelf, Revision("dev"), Revision("test")).warnings
    assert (warning.kind, warning.path) == (WarningKind.CALLED_BY, CALLED)
    assert warning.text == (
        "'Create invoice' in test still calls 'Check credit', which this diff removes; change it first."
    )
    assert shelf.seen == [CALLER]


def test_the_mapping_says_which_connection_the_target_has_instead() -> None:
    account = {"zip_name": "netsuite_dev.connection.json", "name": "NetSuite DEV", "folder": ""}
    document = json.loads(INVOICE) | {"config": [{"provider": "netsuite", "account_id": account}]}
    dev = {
        CALLER: json.dumps(document).encode(),
        CALLED: CREDIT,
        "P/netsuite_dev.connection.json": b'{"name": "NetSuite DEV"}',
    }
    shelf = Shelf({"dev": dev, "test": {CALLED: CREDIT, "P/netsuite.connection.json": b"{}"}})
    mapping = Equivalences(connections=({"dev": "NetSuite DEV", "test": "NetSuite"},))
    sources, sides = Sources(cast(Repository, shelf)), (Revision("dev"), Revision("test"))
    kinds = [
        [warning.kind for warning in diff_sides(sources, *sides, equivalences=rows).warnings]
        for rows in (None, mapping)
    ]
    assert kinds == [[WarningKind.MISSING_CONNECTION], []]


def test_a_file_against_an_environment_says_what_that_lacks(tmp_path: Path) -> None:
    (tmp_path / "invoice.recipe.json").write_bytes(INVOICE)
    shelf = Shelf({"dev": {CALLER: recipe("Create invoice")}})
    (warning,) = walked(shelf, LocalPath(str(tmp_path / "invoice.recipe.json")), Revision("dev")).warnings
    assert warning.kind is WarningKind.MISSING_REFERENCE


def test_of_two_files_nobody_knows_what_lies_around_them(tmp_path: Path) -> None:
    for folder, content in (("after", INVOICE), ("before", recipe("Create invoice"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "invoice.recipe.json").write_bytes(content)
    sides = [LocalPath(str(tmp_path / folder / "invoice.recipe.json")) for folder in ("after", "before")]
    diff = diff_sides(Sources(), *sides)
    assert not diff.is_empty
    assert diff.warnings == ()
