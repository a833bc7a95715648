"""The way of a package from its signed link to a file, in exports of a small workspace."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from exporter.snapshot import Snapshot

ALL = ["Orders/Recipes/sync.recipe.json", "Orders/project.json", "Shared/crm.connection.json", "mail.connection.json"]
PACKAGE = "GET /api/packages/1001"


def _package(status: str, **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": 1001, "status": status, **more})


def _reasons(snapshot: Snapshot) -> dict[str, str]:
    return {failure.project: failure.reason for failure in snapshot.failures}


@pytest.mark.parametrize("link", [None, "", "null"])
def test_without_a_link_the_download_is_asked_for(rig: Any, link: str | None) -> None:
    rig.service.answers[PACKAGE] = [_package("completed", download_url=link)]
    assert sorted(rig.export().assets) == ALL
    assert len(rig.service.asked("GET", "/api/packages/1001/download")) == 1


def test_a_download_may_come_directly_from_the_api(rig: Any, tools: Any) -> None:
    rig.service.answers[PACKAGE] = [_package("completed", download_url=None)]
    body = tools.zip(rig.service.projects["Orders"])
    rig.service.answers["GET /api/packages/1001/download"] = [httpx.Response(200, content=body)]
    assert sorted(rig.export().assets) == ALL


def test_the_storage_never_sees_the_token(rig: Any) -> None:
    rig.export()
    stored = [request for request in rig.service.requests if request.url.host == "storage.example"]
    assert len(stored) == 3
    assert all("authorization" not in request.headers for request in stored)


def test_a_redirect_of_the_storage_is_followed_without_the_token(rig: Any) -> None:
    moved = httpx.Response(307, headers={"Location": "https://storage.example/packages/1001?region=2"})
    rig.service.answers["GET /packages/1001"] = [moved]
    assert sorted(rig.export().assets) == ALL
    assert all("authorization" not in request.headers for request in rig.service.asked("GET", "/packages/1001")[2:])


@pytest.mark.parametrize("status", [400, 403])
def test_an_expired_link_is_renewed(rig: Any, status: int) -> None:
    fresh = "https://storage.example/packages/1001?Signature=fresh"
    rig.service.answers["GET /packages/1001"] = [httpx.Response(status)]
    old = "https://storage.example/packages/1001?Signature=old"
    rig.service.answers[PACKAGE] = [_package("completed", download_url=link) for link in (old, fresh)]
    assert sorted(rig.export().assets) == ALL
    queries = [request.url.query for request in rig.service.requests if request.url.path == "/packages/1001"]
    assert queries == [b"Signature=old", b"Signature=fresh"]


def test_when_the_package_keeps_its_expired_link_the_download_is_asked_for(rig: Any) -> None:
    rig.service.answers["GET /packages/1001"] = [httpx.Response(403)]
    assert sorted(rig.export().assets) == ALL
    assert len(rig.service.asked("GET", "/api/packages/1001/download")) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(200, content=b"PK", headers={"Content-Length": "99"}),
        httpx.Response(503),
        httpx.ReadError("cut"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    ],
)
def test_a_cut_download_is_begun_again(rig: Any, trouble: httpx.Response | Exception) -> None:
    rig.service.answers["GET /packages/1001"] = [trouble]
    assert sorted(rig.export().assets) == ALL


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"PK\x03\x04 damaged"])
def test_a_download_that_is_no_package_is_begun_again_once(rig: Any, body: bytes) -> None:
    rig.service.answers["GET /packages/1001"] = [httpx.Response(200, content=body)]
    assert sorted(rig.export().assets) == ALL
    assert any("downloading package 1001 again" in note for note in rig.notes.notes)


def test_a_download_that_never_works_fails_the_project_only(rig: Any) -> None:
    rig.service.answers["GET /packages/1001"] = [httpx.Response(503) for _ in range(99)]
    snapshot = rig.export()
    assert "could not be downloaded: HTTP 503" in "".join(_reasons(snapshot).values())
    assert len(snapshot.failures) == 1
    assert not [path for path in rig.archive_dir.iterdir() if path.suffix == ".part"]
