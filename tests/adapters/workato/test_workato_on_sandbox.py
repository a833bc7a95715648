"""The adapter against the sandbox over real sockets: undisturbed, and with everything that can go wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporter.adapters.workato import Workato
from exporter.errors import WexportError
from exporter.sandbox import Sandbox, start_sandbox
from exporter.sandbox.story import load_story
from exporter.snapshot import Project, blob_id

FILES = {
    "HR ∕ Orders/project.json",
    "HR ∕ Orders/同期 | sync/同期.recipe.json",
    "Shared/Connections/crm.connection.json",
    "Shared/acme.custom_adapter.json",
    "Shared/acme.custom_adapter.png",
    "Shared/acme.custom_adapter.rb",
    "Shared/project.json",
    "mail.connection.json",
}


@pytest.fixture
def sandbox(tools: Any) -> Iterator[Sandbox]:
    with start_sandbox(seeds=[tools.small_seed()], rate_limit=0) as running:
        yield running


@pytest.fixture
def workato(sandbox: Sandbox, tools: Any) -> Workato:
    access = tools.access(base_url=sandbox.url, token=sandbox.tokens["WEXPORT_DEV_TOKEN"])
    return Workato(access, pace=tools.clock().pace())


def _left_manifests(sandbox: Sandbox) -> int:
    return sandbox.control.state()["dev"]["manifests"]


def test_the_whole_workspace_is_exported(workato: Workato, sandbox: Sandbox, tmp_path: Path) -> None:
    snapshot = workato.export(tmp_path)
    assert set(snapshot.assets) == FILES
    assert snapshot.failures == ()
    assert [project.name for project in snapshot.index.projects] == ["Empty", "HR ∕ Orders", "Old folder", "Shared"]
    assert all(blob_id(asset.content) == asset.blob for asset in snapshot.assets.values())
    assert snapshot.assets["Shared/acme.custom_adapter.json"].content == b'{\n  "title": "Acme",\n  "x": [\n\n  ]\n}'
    info = snapshot.index.info("HR ∕ Orders/同期 | sync/同期.recipe.json")
    assert (info.version, info.author_name, info.author_email, info.is_running) == (3, "Kim", "kim@acme.example", False)
    assert _left_manifests(sandbox) == 0


def test_every_asset_of_the_story_is_exported_to_its_folder(tools: Any, tmp_path: Path) -> None:
    seed = load_story("dev")
    with start_sandbox(seeds=[seed], rate_limit=0) as sandbox:
        access = tools.access(base_url=sandbox.url, token=sandbox.tokens["WEXPORT_DEV_TOKEN"])
        snapshot = Workato(access, pace=tools.clock().pace()).export(tmp_path)
    expected = Counter(
        ("/".join((asset.folder[0].replace("/", "∕"), *asset.folder[1:])) if asset.folder else "", ending)
        for asset in seed.assets
        for ending in asset.files
    )
    found = Counter(
        (asset.folder, "." + asset.path.rpartition("/")[2].partition(".")[2])
        for asset in snapshot.assets.values()
        if not asset.path.endswith(("project.json", "tags.json", "properties.json", "project_properties.json"))
    )
    assert snapshot.failures == ()
    assert found == Counter(
        {key: count for key, count in expected.items() if key[1] != ".json" and "properties" not in key[1]}
    )


def test_an_export_again_gives_the_same_snapshot(workato: Workato, tmp_path: Path) -> None:
    first, second = workato.export(tmp_path / "a"), workato.export(tmp_path / "b")
    assert first.assets == second.assets
    assert first.index == second.index


def test_one_file_name_in_home_and_in_a_project_is_two_assets(tools: Any, tmp_path: Path) -> None:
    seed = tools.small_seed()
    mail = seed.assets[-1]
    own = replace(mail, folder=("HR / Orders",), files={".connection.json": b'{\n  "name": "Mail",\n  "own": 1\n}'})
    with start_sandbox(seeds=[replace(seed, assets=(own, *seed.assets))], rate_limit=0) as sandbox:
        access = tools.access(base_url=sandbox.url, token=sandbox.tokens["WEXPORT_DEV_TOKEN"])
        snapshot = Workato(access, pace=tools.clock().pace()).export(tmp_path)
    assert set(snapshot.assets) == FILES | {"HR ∕ Orders/mail.connection.json"}
    assert b"own" in snapshot.assets["HR ∕ Orders/mail.connection.json"].content
    assert b"own" not in snapshot.assets["mail.connection.json"].content


@pytest.mark.parametrize(("signal_number", "left_after"), [(signal.SIGKILL, 3), (signal.SIGINT, 0)])
def test_manifests_of_an_ended_run_are_deleted_now_or_by_the_next(
    sandbox: Sandbox, tools: Any, tmp_path: Path, signal_number: int, left_after: int
) -> None:
    sandbox.control.configure(export_polls=1000)
    token, journal = sandbox.tokens["WEXPORT_DEV_TOKEN"], tmp_path / "journal"
    program = (
        "import pathlib, sys; from exporter.adapters.workato import Workato, WorkatoAccess\n"
        "access = WorkatoAccess('dev', sys.argv[1], sys.argv[2], 'T')\n"
        "Workato(access, journal=pathlib.Path(sys.argv[3])).export(pathlib.Path(sys.argv[4]))"
    )
    arguments = [sandbox.url, token, str(journal), str(tmp_path)]
    run = subprocess.Popen([sys.executable, "-c", program, *arguments], stderr=subprocess.DEVNULL)
    while run.poll() is None and _packages_asked_for(sandbox) < 3:
        time.sleep(0.02)
    run.send_signal(signal_number)
    assert run.wait(timeout=30) != 0
    assert _left_manifests(sandbox) == left_after
    sandbox.control.configure(export_polls=1)
    access = tools.access(base_url=sandbox.url, token=token)
    snapshot = Workato(access, journal=journal, pace=tools.clock().pace()).export(tmp_path)
    assert set(snapshot.assets) == FILES
    assert _left_manifests(sandbox) == 0
    assert not journal.exists()


def _packages_asked_for(sandbox: Sandbox) -> int:
    paths = {str(request["path"]) for request in sandbox.requests()}
    return len([path for path in paths if path.startswith("/api/packages/") and "export" not in path])


def test_two_environments_are_exported_side_by_side(tools: Any, tmp_path: Path) -> None:
    other = replace(tools.small_seed(), environment="prod", workspace_id=4712)
    with start_sandbox(seeds=[tools.small_seed(), other], rate_limit=0) as sandbox:
        workatos = [
            Workato(
                tools.access(
                    environment=name, base_url=sandbox.url, token=sandbox.tokens[f"WEXPORT_{name.upper()}_TOKEN"]
                ),
                pace=tools.clock().pace(),
            )
            for name in ("dev", "prod")
        ]
        with ThreadPoolExecutor() as threads:
            dev, prod = threads.map(lambda workato: workato.export(tmp_path), workatos)
    assert set(dev.assets) == set(prod.assets) == FILES
    assert (dev.index.workspace_id, prod.index.workspace_id) == (4711, 4712)
    assert all(asset.content for asset in dev.assets.values())


def test_assets_are_read_by_many_threads_at_once(workato: Workato, tmp_path: Path) -> None:
    assets = list(workato.export(tmp_path).assets.values()) * 25
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda asset: blob_id(asset.content) == asset.blob, assets))


@pytest.mark.parametrize("path", ["/api/*", "/storage/*"])
@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 429, "retry_after": 2},
        {"action": "status", "status": 429, "retry_after": "date:2"},
        {"action": "status", "status": 429},
        {"action": "status", "status": 503, "body": "<html>maintenance</html>", "content_type": "text/html"},
    ],
)
def test_a_busy_service_changes_nothing_in_the_snapshot(
    workato: Workato, sandbox: Sandbox, tmp_path: Path, path: str, fault: dict[str, Any]
) -> None:
    sandbox.control.set_fault(path=path, after=1, times=2, **fault)
    snapshot = workato.export(tmp_path)
    assert snapshot.failures == ()
    assert set(snapshot.assets) == FILES
    assert _left_manifests(sandbox) == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "reset", "method": "GET", "path": "/api/*", "times": 3},
        {"action": "reset", "path": "/api/packages/export/*"},
        {"action": "lost_answer", "path": "/api/packages/export/*"},
        {"action": "lost_answer", "method": "DELETE", "path": "/api/export_manifests/*"},
        {"action": "status", "method": "DELETE", "path": "/api/*", "status": 502},
        {"action": "truncate", "method": "GET", "path": "/api/*", "bytes": 9},
        {"action": "malformed_json", "method": "GET", "path": "/api/*"},
        {"action": "empty", "method": "GET", "path": "/api/projects"},
        {"action": "html", "method": "GET", "path": "/api/packages/*"},
        {"action": "reset", "path": "/storage/*", "times": 2},
        {"action": "truncate", "path": "/storage/*", "bytes": 40, "times": 2},
        {"action": "garble", "path": "/storage/*"},
        {"action": "html", "path": "/storage/*"},
        {"action": "empty", "path": "/storage/*"},
        {"action": "expired_link", "path": "/storage/*", "times": 2},
        {"action": "merge", "method": "GET", "path": "/api/packages/*", "merge": {"download_url": "null"}, "times": 0},
        {"action": "merge", "method": "GET", "path": "/api/packages/*", "merge": {"status": "brewing"}, "times": 3},
        {"action": "slow", "path": "/storage/*", "seconds": 0.2},
    ],
)  # fmt: skip
def test_a_passing_trouble_changes_nothing_in_the_snapshot(
    workato: Workato, sandbox: Sandbox, tmp_path: Path, fault: dict[str, Any]
) -> None:
    sandbox.control.set_fault(**fault)
    snapshot = workato.export(tmp_path)
    assert snapshot.failures == ()
    assert set(snapshot.assets) == FILES
    assert _left_manifests(sandbox) == 0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"action": "failed", "method": "GET", "path": "/api/packages/*", "body": "broken recipe"}, "broken recipe"),
        ({"action": "never_ending", "method": "GET", "path": "/api/packages/*", "times": 0}, "did not end"),
        ({"action": "success_false", "method": "POST", "path": "/api/packages/export/*"}, "refused"),
        ({"action": "garble", "path": "/storage/*", "times": 0}, "damaged"),
        ({"action": "expired_link", "path": "/storage/*", "times": 0}, "could not be downloaded: HTTP 403"),
        ({"action": "status", "path": "/storage/*", "status": 302, "times": 0}, "could not be downloaded: HTTP 302"),
        ({"action": "lost_answer", "method": "POST", "path": "/api/export_manifests"}, "did not answer"),
        ({"action": "status", "path": "/api/packages/export/*", "status": 404, "times": 0}, "HTTP 404"),
    ],
)
def test_a_trouble_that_stays_is_a_failure_of_its_projects(
    workato: Workato, sandbox: Sandbox, tmp_path: Path, fault: dict[str, Any], reason: str
) -> None:
    sandbox.control.set_fault(**fault)
    snapshot = workato.export(tmp_path)
    assert snapshot.failures
    assert all(reason in failure.reason for failure in snapshot.failures)
    assert Project("Empty", snapshot.index.projects[0].id, snapshot.index.projects[0].folder_id) in (
        snapshot.index.projects
    )
    shown = json.dumps([failure.reason for failure in snapshot.failures])
    assert "token" not in shown.replace("the token", "")
    assert "signature" not in shown.lower()


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "html", "path": "/api/projects", "times": 0},
        {"action": "reset", "path": "/api/users/me", "times": 0},
        {"action": "status", "path": "/api/users/me", "status": 401},
        {"action": "success_false", "path": "/api/projects", "times": 0},
        {"action": "status", "method": "POST", "path": "/api/export_manifests", "status": 401, "times": 0},
    ],
)
def test_a_trouble_of_the_environment_is_one_clear_error(
    workato: Workato, sandbox: Sandbox, tmp_path: Path, fault: dict[str, Any]
) -> None:
    sandbox.control.set_fault(**fault)
    with pytest.raises(WexportError) as caught:
        workato.export(tmp_path)
    assert "'dev'" in str(caught.value)
    assert sandbox.tokens["WEXPORT_DEV_TOKEN"] not in str(caught.value)
    assert _left_manifests(sandbox) == 0


def test_a_service_that_is_gone_is_one_clear_error(workato: Workato, sandbox: Sandbox) -> None:
    sandbox.stop()
    with pytest.raises(WexportError, match=r"did not answer GET /api/users/me \(ConnectError.*Check the address"):
        workato.fetch_workspace()


def test_the_token_reaches_the_api_only(workato: Workato, sandbox: Sandbox, tmp_path: Path) -> None:
    workato.export(tmp_path)
    assert any(str(request["path"]).startswith("/storage/") for request in sandbox.requests())
    assert all(
        ("authorization" in json.dumps(request).lower()) is False or str(request["path"]).startswith("/api/")
        for request in sandbox.requests()
    )


def test_every_probe_passes(workato: Workato) -> None:
    assert [probe for probe in workato.probe() if not probe.is_ok] == []
