"""Whole exports of a small workspace, with every quirk that Workato is known for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.errors import (
    WexportError,
    WorkatoAccessError,
    WorkatoReplyError,
    WorkatoUnavailableError,
    WrongWorkspaceError,
)
from exporter.snapshot import HOME, AssetInfo, Project, Snapshot, blob_id

ALL = ["Orders/Recipes/sync.recipe.json", "Orders/project.json", "Shared/crm.connection.json", "mail.connection.json"]
EXPORT_ORDERS = "POST /api/packages/export/1"
PACKAGE = "GET /api/packages/1001"


def _package(status: str, **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": 1001, "status": status, **more})


def _reasons(snapshot: Snapshot) -> dict[str, str]:
    return {failure.project: failure.reason for failure in snapshot.failures}


def _only_orders(rig: Any) -> None:
    del rig.service.projects["Shared"]
    rig.service.home.clear()


def test_everything_is_in_the_snapshot_at_its_place(rig: Any) -> None:
    snapshot = rig.export()
    assert sorted(snapshot.assets) == ALL
    assert snapshot.failures == ()
    assert snapshot.revision is None
    assert snapshot.assets["mail.connection.json"].content == b'{\n  "name": "Mail"\n}'
    assert all(blob_id(asset.content) == asset.blob for asset in snapshot.assets.values())
    assert snapshot.index.projects == (Project("Orders", 500, 100), Project("Shared", 501, 101))
    assert (snapshot.index.workspace_id, snapshot.index.workspace_name) == (7, "Acme (DEV)")
    assert snapshot.index.base_url == "https://app.eu.workato.com"


def test_every_manifest_asks_for_all_and_is_deleted(rig: Any) -> None:
    rig.export()
    bodies = [
        json.loads(request.content)["export_manifest"] for request in rig.service.asked("POST", "export_manifests")
    ]
    assert sorted(rig.service.deleted) == [1, 2, 3]
    assert [body for body in bodies if body.get("folder_id") == 100] == [
        {
            "name": "wexport Orders",
            "folder_id": 100,
            "auto_generate_assets": True,
            "include_test_cases": True,
            "include_tags": True,
            "include_data": False,
        }
    ]
    (home,) = [body for body in bodies if "assets" in body]
    assert [asset["zip_name"] for asset in home["assets"]] == ["mail.connection.json"]


def test_table_data_comes_by_option(rig: Any) -> None:
    rig.export(with_table_data=True)
    bodies = [
        json.loads(request.content)["export_manifest"] for request in rig.service.asked("POST", "export_manifests")
    ]
    assert all(body["include_data"] is True for body in bodies)


def test_progress_counts_projects_and_home(rig: Any) -> None:
    rig.export()
    assert rig.notes.started == [("dev: exporting", 3)]
    assert sorted(rig.notes.advanced) == ["Home", "Orders", "Shared"]


def test_single_line_json_is_laid_out_and_everything_else_is_verbatim(rig: Any) -> None:
    rig.service.projects = {
        "P": {
            "line.recipe.json": b'{"a":1.0,"b":[]}',
            "crlf.recipe.json": b'{\r\n"a":1}',
            "broken.recipe.json": b'{"a":',
            "logo.custom_adapter.png": b"{\x00",
            "empty.recipe.json": b"",
        }
    }
    snapshot = rig.export()
    assert {path: asset.content for path, asset in snapshot.assets.items() if path.startswith("P/")} == {
        "P/line.recipe.json": b'{\n  "a": 1.0,\n  "b": [\n\n  ]\n}',
        "P/crlf.recipe.json": b'{\r\n"a":1}',
        "P/broken.recipe.json": b'{"a":',
        "P/logo.custom_adapter.png": b"{\x00",
        "P/empty.recipe.json": b"",
    }
    assert all(blob_id(asset.content) == asset.blob for asset in snapshot.assets.values())


def test_recipes_bring_versions_authors_and_running_state(rig: Any) -> None:
    row = rig.service.rows(None)[0]
    rig.service.recipes = [
        {"id": 1, "version_no": 9, "running": False},
        {
            "id": row["id"], "folder_id": 33, "version_no": 4, "running": True, "author_name": "Maker",
            "version_author_name": "Kim", "version_author_email": "kim@acme.example",
        },
    ]  # fmt: skip
    snapshot = rig.export()
    assert snapshot.index.info(ALL[0]) == AssetInfo(row["id"], 33, 4, "Kim", "kim@acme.example", True)
    assert snapshot.index.info("Orders/project.json") == AssetInfo()


def test_recipes_that_may_not_be_listed_only_leave_versions_unknown(rig: Any) -> None:
    rig.service.answers["GET /api/recipes"] = [httpx.Response(403, json={"message": "Forbidden"})]
    snapshot = rig.export()
    assert sorted(snapshot.assets) == ALL
    assert snapshot.index.info(ALL[0]).version is None
    assert any("may not list recipes" in note for note in rig.notes.notes)


def test_all_recipes_are_walked_through_newest_first(rig: Any) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        below = int(request.url.params.get("since_id", 10**9))
        rows = [{"id": number, "version_no": number} for number in range(250, 0, -1) if number < below]
        return httpx.Response(200, json={"items": rows[:100]})

    usual = rig.service.usual
    rig.service.usual = lambda request: page(request) if request.url.path == "/api/recipes" else usual(request)
    rig.export()
    assert [request.url.params.get("since_id") for request in rig.service.asked("GET", "/recipes")] == [
        None, "151", "51", "1",
    ]  # fmt: skip


def test_where_since_id_is_ignored_pages_are_walked_by_number(rig: Any) -> None:
    row = rig.service.rows(None)[0]
    rows = [{"id": 10**10 + number, "version_no": 1} for number in range(100)] + [{"id": row["id"], "version_no": 8}]

    def page(request: httpx.Request) -> httpx.Response:
        start = (int(request.url.params.get("page", 1)) - 1) * 100
        return httpx.Response(200, json={"items": rows[start : start + 100]})

    usual = rig.service.usual
    rig.service.usual = lambda request: page(request) if request.url.path == "/api/recipes" else usual(request)
    assert rig.export().index.info(ALL[0]).version == 8


def test_a_project_list_that_shifts_between_pages_loses_no_project(rig: Any) -> None:
    rig.service.projects = {f"P{number:03}": {"a.recipe.json": b"{\n}"} for number in range(150)}
    walks = []

    def page(request: httpx.Request) -> httpx.Response:
        walks.append(int(request.url.params["page"]))
        rows = rig.service.project_list()
        if len(walks) == 2:
            rows = rows[1:]  # the first one was deleted meanwhile: number 100 moves to page 1
        start = (walks[-1] - 1) * 100
        return httpx.Response(200, json=rows[start : start + 100])

    usual = rig.service.usual
    rig.service.usual = lambda request: page(request) if request.url.path == "/api/projects" else usual(request)
    assert len(rig.export().index.projects) == 150


def test_without_the_whole_workspaces_assets_each_project_is_asked(rig: Any) -> None:
    path = "GET /api/export_manifests/folder_assets"
    rig.service.answers[path] = [httpx.Response(504, text="<html>")] * 3
    snapshot = rig.export()
    assert sorted(snapshot.assets) == ALL[:3]
    assert set(_reasons(snapshot)) == {HOME}
    assert snapshot.index.info(ALL[0]).id is not None
    rig.service.answers[path] = [httpx.Response(504, text="<html>")] * 3
    assert rig.export(with_home_assets=False).failures == ()


def test_a_root_listing_that_knows_only_home_is_completed_project_by_project(rig: Any) -> None:
    rows = rig.service.rows
    rig.service.rows = lambda folder: [row for row in rows(folder) if folder is not None or row["root_folder"]]
    snapshot = rig.export()
    assert sorted(snapshot.assets) == ALL
    assert snapshot.failures == ()
    assert snapshot.index.info(ALL[0]).id is not None


def test_home_is_left_out_by_option(rig: Any) -> None:
    rig.service.projects["Orders"]["mail.connection.json"] = b"copy"
    rig.service.projects["Orders"].pop("Recipes/sync.recipe.json")
    rig.service.projects["Orders"]["a.recipe.json"] = b"{\n}"
    snapshot = rig.export(with_home_assets=False)
    assert "mail.connection.json" not in snapshot.assets


def test_only_chosen_projects_are_exported_and_copies_of_others_stay_out(rig: Any) -> None:
    rig.service.projects["Orders"]["Shared/crm.connection.json"] = b"copy"
    usual = rig.service.rows
    rig.service.rows = lambda folder: [row for row in usual(folder) if "Orders/Shared" not in row["absolute_path"]]
    snapshot = rig.export(exclude=("Shared",), with_home_assets=False)
    assert sorted(snapshot.assets) == ALL[:2]
    assert [project.name for project in snapshot.index.projects] == ["Orders"]


def test_a_copy_from_a_place_outside_the_tokens_scope_is_kept(rig: Any) -> None:
    rig.service.extra_rows = [
        {"id": 4, "type": "connection", "absolute_path": "All projects/Hidden", "zip_name": "Hidden/x.connection.json"}
    ]
    for name in ("Orders", "Shared"):
        rig.service.projects[name]["Hidden/x.connection.json"] = f"copy in {name}".encode()
    usual = rig.service.rows
    rig.service.rows = lambda folder: [row for row in usual(folder) if "s/Hidden" not in row["absolute_path"][13:]]
    snapshot = rig.export()
    assert snapshot.assets["Hidden/x.connection.json"].content == b"copy in Orders"
    assert snapshot.index.info("Hidden/x.connection.json").id == 4


def test_an_empty_project_is_empty_and_no_failure(rig: Any) -> None:
    rig.service.projects["Nothing yet"] = {}
    snapshot = rig.export()
    assert snapshot.failures == ()
    assert "Nothing yet" in [project.name for project in snapshot.index.projects]
    assert len(rig.service.manifests) == 3


def test_a_project_whose_listing_cannot_be_understood_is_not_taken_for_empty(rig: Any) -> None:
    rows = rig.service.rows
    rig.service.rows = lambda folder: [
        row | {"absolute_path": None, "zip_name": row["zip_name"]} for row in rows(folder)
    ]
    snapshot = rig.export(with_home_assets=False)
    assert sorted(rig.service.manifests.values()) == ["Orders", "Shared"]
    assert snapshot.failures == ()


def test_folders_of_the_root_that_are_no_projects_are_exported_too(rig: Any) -> None:
    rig.service.projects = {"Orders": rig.service.projects["Orders"], "Old stuff": {"b.recipe.json": b"{\n}"}}
    rig.service.project_list = lambda: [{"id": 500, "name": "Orders", "folder_id": 100}]
    rig.service.root_folders = [
        {"id": 100, "name": "Orders", "parent_id": None, "is_project": True, "project_id": 500},
        {"id": 101, "name": "Old stuff", "parent_id": 1, "is_project": False},
        {"id": 1, "name": "Home", "parent_id": None, "is_project": False},
        {"id": 900, "name": "deeper", "parent_id": 100, "is_project": False},
    ]
    snapshot = rig.export()
    assert snapshot.index.projects == (Project("Old stuff", None, 101), Project("Orders", 500, 100))
    assert "Old stuff/b.recipe.json" in snapshot.assets


@pytest.mark.parametrize("name", [".", "..", " ", "a/b", "受注 🚀 | x", "C:", "x" * 255])
def test_no_name_of_a_project_breaks_anything(rig: Any, name: str) -> None:
    rig.service.projects = {name: {"a.recipe.json": b"{\n}"}}
    rig.service.home.clear()
    snapshot = rig.export()
    assert snapshot.failures == ()
    (asset,) = snapshot.assets.values()
    (project,) = snapshot.index.projects
    assert asset.project == project.name
    assert asset.folder == project.name != ""


def test_a_project_without_a_name_does_not_harm_the_others(rig: Any) -> None:
    rig.service.projects[""] = {"a.recipe.json": b"{\n}"}
    snapshot = rig.export()
    assert set(ALL) <= set(snapshot.assets)
    assert "unnamed (102)" in [project.name for project in snapshot.index.projects]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({PACKAGE: [_package("failed", error="Recipe 5 is broken")]}, "Recipe 5 is broken"),
        ({PACKAGE: [_package("error")]}, "without a reason"),
        ({EXPORT_ORDERS: [httpx.Response(422, json={"message": "Nothing to export"})]}, "Nothing to export"),
        ({EXPORT_ORDERS: [httpx.Response(200, json={"success": False, "errors": ["no"]})]}, "refused"),
        ({"POST /api/export_manifests": [httpx.Response(403)]}, "HTTP 403"),
        ({PACKAGE: [httpx.Response(200, json=[])]}, "no object"),
        ({PACKAGE: [_package("completed", download_url="http://10.0.0.1/x?Signature=s")]}, "not https"),
        ({PACKAGE: [_package("completed", download_url="file:///etc/passwd")]}, "not https"),
        ({PACKAGE: [_package("completed", download_url="http://[")]}, "not https"),
        ({"GET /packages/1001": [httpx.Response(200, html="<html>sorry</html>")] * 2}, "a web page"),
        ({"GET /packages/1001": [httpx.Response(200, content=b"")] * 2}, "no zip archive"),
    ],
)
def test_a_project_that_fails_is_a_failure_with_a_reason_and_no_empty_project(
    rig: Any, answers: dict[str, list[httpx.Response | Exception]], reason: str
) -> None:
    _only_orders(rig)
    rig.service.projects["Zebra"] = {"z.recipe.json": b"{\n}"}
    rig.service.answers = answers
    snapshot = rig.export()
    assert reason in _reasons(snapshot)["Orders"]
    assert sorted(snapshot.assets) == ["Zebra/z.recipe.json"]
    assert [project.name for project in snapshot.index.projects] == ["Orders", "Zebra"]
    assert sorted(rig.service.deleted) == sorted(rig.service.manifests)
    assert "Signature" not in _reasons(snapshot)["Orders"]


def test_a_project_that_never_ends_fails_at_the_deadline(rig: Any) -> None:
    _only_orders(rig)
    rig.service.answers[PACKAGE] = [_package("warming_up") for _ in range(999)]
    snapshot = rig.export(export_deadline_seconds=60.0)
    assert "did not end within 60 s (package 1001, state 'warming_up')" in _reasons(snapshot)["Orders"]
    assert rig.clock.sleeps == [1, 2, 3, 5, 8, 10, 10, 10, 10]
    assert rig.service.deleted == [1]


def test_an_unknown_state_is_waited_for(rig: Any) -> None:
    rig.service.answers[PACKAGE] = [_package("processing"), _package("quantum"), _package("")]
    assert sorted(rig.export().assets) == ALL


def test_a_package_that_is_completed_at_once_is_not_asked_for_again(rig: Any) -> None:
    _only_orders(rig)
    link = "https://storage.example/packages/1001?sig=1"
    rig.service.answers[EXPORT_ORDERS] = [_package("completed", download_url=link)]
    assert sorted(rig.export().assets) == ALL[:2]
    assert rig.service.asked("GET", "/api/packages") == []


def test_a_manifest_or_package_that_is_not_there_yet_is_waited_for(rig: Any) -> None:
    rig.service.answers[EXPORT_ORDERS] = [httpx.Response(404), httpx.Response(404)]
    rig.service.answers[PACKAGE] = [httpx.Response(404)]
    assert sorted(rig.export().assets) == ALL


def test_one_that_stays_away_fails_the_project_after_ten_seconds(rig: Any) -> None:
    _only_orders(rig)
    rig.service.answers[EXPORT_ORDERS] = [httpx.Response(404) for _ in range(99)]
    assert "HTTP 404" in _reasons(rig.export())["Orders"]
    assert rig.clock.sleeps == [1.0] * 10


def test_a_manifest_whose_creation_is_unknown_is_not_made_twice(rig: Any) -> None:
    _only_orders(rig)
    rig.service.answers["POST /api/export_manifests"] = [httpx.ReadTimeout("slow")]
    assert "did not answer" in _reasons(rig.export())["Orders"]
    assert len(rig.service.asked("POST", "/api/export_manifests")) == 1


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        ("GET /api/users/me", httpx.Response(401), WorkatoAccessError),
        ("GET /api/projects", httpx.Response(403), WorkatoAccessError),
        ("GET /api/projects", httpx.Response(200, json={"message": "odd"}), WorkatoReplyError),
        ("GET /api/folders", httpx.Response(403), WorkatoAccessError),
        ("GET /api/projects", httpx.Response(500), WorkatoUnavailableError),
        ("POST /api/export_manifests", httpx.Response(401), WorkatoAccessError),
        ("POST /api/export_manifests", httpx.Response(403), WorkatoAccessError),
    ],
)
def test_what_concerns_the_whole_environment_raises(
    rig: Any, path: str, answer: httpx.Response, error: type[WexportError]
) -> None:
    rig.service.answers[path] = [answer] * 20
    with pytest.raises(error):
        rig.export()
    assert sorted(rig.service.deleted) == sorted(rig.service.manifests)


def test_a_token_of_another_workspace_exports_nothing(rig: Any) -> None:
    with pytest.raises(WrongWorkspaceError):
        rig.export(workspace_id=8)
    assert len(rig.service.requests) == 1


def test_a_token_refused_midway_ends_the_export_and_deletes_all_manifests(rig: Any) -> None:
    rig.service.projects |= {f"P{number}": {"a.recipe.json": b"{\n}"} for number in range(40)}
    rig.service.answers["POST /api/packages/export/9"] = [httpx.Response(401)]
    with pytest.raises(WorkatoAccessError):
        rig.export()
    assert sorted(rig.service.deleted) == sorted(rig.service.manifests)


def test_a_manifest_that_cannot_be_deleted_is_noted_and_left_to_the_next_run(rig: Any, tmp_path: Path) -> None:
    _only_orders(rig)
    journal = tmp_path / "journal"
    rig.service.answers["DELETE /api/export_manifests/1"] = [httpx.Response(500) for _ in range(5)]
    assert rig.workato(journal=journal).export(rig.archive_dir).failures == ()
    assert rig.service.deleted == []
    assert any("could not be deleted" in note for note in rig.notes.notes)
    rig.workato(journal=journal).export(rig.archive_dir)
    assert rig.service.deleted == [1, 2]
    assert not journal.exists()


def test_manifests_of_a_killed_run_are_deleted_by_the_next(rig: Any, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    entry = {"base_url": "https://app.eu.workato.com", "environment": "dev", "manifest": "77", "process": 0}
    journal.write_text(json.dumps(entry) + "\n")
    rig.service.answers["DELETE /api/export_manifests/77"] = [httpx.Response(404)]
    rig.workato(journal=journal).export(rig.archive_dir)
    assert len(rig.service.asked("DELETE", "/api/export_manifests/77")) == 1
    assert not journal.exists()


def test_a_journal_that_cannot_be_written_is_noted(rig: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    rig.workato(journal=tmp_path / "file" / "journal").export(rig.archive_dir)
    assert any("journal of export manifests cannot be written" in note for note in rig.notes.notes)


def test_what_a_failed_project_has_does_not_come_in_through_a_copy(rig: Any) -> None:
    rig.service.projects["Orders"]["Shared/crm.connection.json"] = b"copy"
    usual = rig.service.rows
    rig.service.rows = lambda folder: [row for row in usual(folder) if "Orders/Shared" not in row["absolute_path"]]
    rig.service.answers["POST /api/packages/export/2"] = [httpx.Response(422)]
    snapshot = rig.export(with_home_assets=False)
    assert set(_reasons(snapshot)) == {"Shared"}
    assert sorted(snapshot.assets) == ALL[:2]


def test_many_projects_are_exported_side_by_side_but_not_all_at_once(rig: Any) -> None:
    rig.service.projects = {f"P{number:02}": {"a.recipe.json": b"{\n}"} for number in range(40)}
    most = 0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal most
        most = max(most, len(rig.service.manifests) - len(rig.service.deleted))
        return usual(request)

    usual = rig.service.usual
    rig.service.usual = handle
    assert len(rig.export(with_home_assets=False).assets) == 40
    assert 2 <= most <= 16


def test_the_same_workspace_gives_the_same_snapshot(rig: Any, tmp_path: Path) -> None:
    first = rig.export()
    rig.service.manifests.clear()
    second = rig.workato().export(tmp_path / "again")
    assert {path: asset.blob for path, asset in first.assets.items()} == {
        path: asset.blob for path, asset in second.assets.items()
    }
    assert first.index == second.index


def test_an_archive_folder_that_cannot_be_made_is_an_error(rig: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WexportError, match="cannot be stored"):
        rig.workato().export(tmp_path / "file" / "archives")
