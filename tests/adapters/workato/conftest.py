"""A Workato of a few lines for tests: a table of answers, a clock that nobody waits for."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.adapters.workato.access import WorkatoAccess
from exporter.adapters.workato.client import Pace
from exporter.adapters.workato.workato import Workato
from exporter.sandbox.seed import SeedAsset, WorkspaceSeed
from exporter.snapshot import Snapshot

TOKEN = "wrkprod-secret-0123"
BASE_URL = "https://app.eu.workato.com"
STORAGE_URL = "https://storage.example/packages"


@dataclass
class Clock:
    """Seconds that pass only when somebody sleeps."""

    seconds: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds

    def pace(self) -> Pace:
        return Pace(clock=self, sleep=self.sleep, now=lambda: datetime(2026, 11, 2, tzinfo=UTC), jitter=lambda: 1.0)


@dataclass
class Notes:
    """A Progress that remembers."""

    notes: list[str] = field(default_factory=list)
    advanced: list[str] = field(default_factory=list)
    started: list[tuple[str, int | None]] = field(default_factory=list)

    def start(self, task: str, total: int | None = None) -> None:
        self.started.append((task, total))

    def advance(self, task: str, detail: str = "") -> None:
        self.advanced.append(detail)

    def finish(self, task: str, summary: str = "") -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)


def make_zip(members: Mapping[str, bytes]) -> bytes:
    """A package as Workato makes it: deflated, UTF-8 names without the flag that says so."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(member_info(name), content)
        offsets = [info.header_offset for info in archive.infolist()]
        directory = archive.start_dir
    content = bytearray(buffer.getvalue())
    for offset in offsets:
        content[offset + 7] &= ~0x08  # bit 11 of the flags in the member's own header ...
        content[directory + 9] &= ~0x08  # ... and in the archive's directory
        directory += 46 + sum(struct.unpack_from("<HHH", content, directory + 28))
    return bytes(content)


def member_info(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


@dataclass
class FakeWorkato:
    """Answers like a small workspace. `answers` replaces what "METHOD /path" answers: a response, an exception, or
    a list of them that is used up from the front; then the usual answer comes."""

    projects: dict[str, dict[str, bytes]] = field(default_factory=dict)
    home: dict[str, bytes] = field(default_factory=dict)
    recipes: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, list[httpx.Response | Exception]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    manifests: dict[int, str] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)
    extra_rows: list[dict[str, Any]] = field(default_factory=list)
    root_folders: list[dict[str, Any]] = field(default_factory=list)

    def asked(self, method: str = "", path: str = "") -> list[httpx.Request]:
        return [r for r in self.requests if r.method.startswith(method) and path in r.url.path]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def folder_id(self, project: str) -> int:
        return 100 + list(self.projects).index(project)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        queue = self.answers.get(f"{request.method} {request.url.path}", [])
        if queue:
            answer = queue.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return self.usual(request)

    def usual(self, request: httpx.Request) -> httpx.Response:
        method, path, query = request.method, request.url.path, request.url.params
        if request.url.host == "storage.example":
            return httpx.Response(200, content=self.package(int(path.rpartition("/")[2])))
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        match path.removeprefix("/api").strip("/").split("/"):
            case ["users", "me"]:
                return httpx.Response(200, json={"id": 7, "name": "Acme (DEV)", "root_folder_id": 1})
            case ["projects"]:
                return httpx.Response(200, json=self.project_list())
            case ["folders"]:
                return httpx.Response(200, json=self.root_folders)
            case ["recipes"]:
                below = int(query.get("since_id", 10**12))
                return httpx.Response(200, json={"items": [row for row in self.recipes if row["id"] < below]})
            case ["export_manifests", "folder_assets"]:
                rows = self.rows(int(query["folder_id"]) if "folder_id" in query else None)
                return httpx.Response(200, json={"result": {"assets": rows}})
            case ["export_manifests"]:
                return self.create_manifest(json.loads(request.content)["export_manifest"])
            case ["export_manifests", number] if method == "DELETE":
                self.deleted.append(int(number))
                return httpx.Response(200, json={"result": {"id": int(number), "status": "archived"}})
            case ["packages", "export", number]:
                return httpx.Response(200, json={"id": int(number) + 1000, "status": "in_progress"})
            case ["packages", number]:
                link = f"{STORAGE_URL}/{number}?X-Amz-Signature=very-secret"
                return httpx.Response(200, json={"id": int(number), "status": "completed", "download_url": link})
            case ["packages", number, "download"]:
                return httpx.Response(302, headers={"Location": f"{STORAGE_URL}/{number}?X-Amz-Signature=other-secret"})
        return httpx.Response(404, json={"message": "Not found"})

    def project_list(self) -> list[dict[str, Any]]:
        return [
            {"id": 500 + number, "name": name, "folder_id": self.folder_id(name)}
            for number, name in enumerate(self.projects)
        ]

    def create_manifest(self, manifest: dict[str, Any]) -> httpx.Response:
        number = 1 + len(self.manifests)
        folder = manifest.get("folder_id")
        names = [name for name in self.projects if self.folder_id(name) == folder]
        self.manifests[number] = names[0] if names else ""
        return httpx.Response(201, json={"result": {"id": number, "status": "working"}})

    def package(self, number: int) -> bytes:
        project = self.manifests[number - 1000]
        return make_zip(self.projects[project] if project else self.home)

    def rows(self, folder_id: int | None) -> list[dict[str, Any]]:
        """Each project's own files, named as members of the package of the folder that was asked for."""
        rows = list(self.extra_rows)
        for project, files in self.projects.items():
            if folder_id not in (None, self.folder_id(project)):
                continue
            base = "" if folder_id else f"{project}/"
            rows += [_row(f"{project}/{name}", base + name) for name in files if name.count(".") > 1]
        return rows + [_row(name, name) for name in self.home]


def _row(place: str, zip_name: str) -> dict[str, Any]:
    folder, _, file_name = place.rpartition("/")
    return {
        "id": zlib.crc32(place.encode()),
        "name": file_name,
        "type": file_name.split(".")[-2],
        "absolute_path": f"All projects/{folder}".rstrip("/"),
        "root_folder": not folder,
        "zip_name": zip_name,
    }


def make_access(**changes: Any) -> WorkatoAccess:
    values: dict[str, Any] = {
        "environment": "dev",
        "base_url": BASE_URL,
        "token": TOKEN,
        "token_variable": "WEXPORT_DEV_TOKEN",
        "requests_per_minute": 0,
    }
    return WorkatoAccess(**(values | changes))


def small_seed() -> WorkspaceSeed:
    """A workspace as small as it can be and still have everything: two projects, Home, Unicode, three-file assets."""

    def asset(kind: str, name: str, folder: tuple[str, ...], files: dict[str, bytes]) -> SeedAsset:
        return SeedAsset(kind, name, folder, files, version=3, author_name="Kim", author_email="kim@acme.example")

    mail = b'{\n  "zip_name": "mail.connection.json",\n  "name": "Mail",\n  "folder": ""\n}'
    recipe = b'{\n  "name": "\xe5\x90\x8c\xe6\x9c\x9f",\n  "version": 3,\n  "config": [\n    ' + mail + b"\n  ]\n}"
    connector = {".custom_adapter.json": b'{"title":"Acme","x":[]}', ".custom_adapter.rb": b"{ title: 'Acme' }\n"}
    return WorkspaceSeed(
        environment="dev",
        workspace_id=4711,
        workspace_name="Acme (DEV)",
        projects=("HR / Orders", "Shared", "Empty"),
        folders=(("HR / Orders", "同期 | sync"), ("Old folder",)),
        assets=(
            asset("recipe", "同期", ("HR / Orders", "同期 | sync"), {".recipe.json": recipe}),
            asset("connection", "CRM", ("Shared", "Connections"), {".connection.json": b'{\n  "name": "CRM"\n}'}),
            asset("custom_adapter", "Acme", ("Shared",), connector | {".custom_adapter.png": b"\x89PNG"}),
            asset("connection", "Mail", (), {".connection.json": b'{\n  "name": "Mail"\n}'}),
        ),
    )


@dataclass(frozen=True)
class Recorded:
    """The sandbox as a service to record a cassette from."""

    url: str
    token: str
    is_replayed: bool = False


class Tools:
    token = TOKEN
    base_url = BASE_URL
    clock = Clock
    notes = Notes
    service = FakeWorkato
    zip = staticmethod(make_zip)
    access = staticmethod(make_access)
    small_seed = staticmethod(small_seed)
    recorded_from = Recorded


@dataclass
class Rig:
    """A Workato adapter on a fake service."""

    service: FakeWorkato
    clock: Clock
    notes: Notes
    archive_dir: Path

    def workato(self, journal: Path | None = None, **access: Any) -> Workato:
        return Workato(
            make_access(**access),
            self.notes,
            journal=journal,
            transport=self.service.transport(),
            pace=self.clock.pace(),
        )

    def export(self, **access: Any) -> Snapshot:
        return self.workato(**access).export(self.archive_dir)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """Two projects and Home."""
    service = FakeWorkato(
        projects={
            "Orders": {"Recipes/sync.recipe.json": b'{\n  "name": "Sync"\n}', "project.json": b"{\n}"},
            "Shared": {"crm.connection.json": b'{\n  "name": "CRM"\n}'},
        },
        home={"mail.connection.json": b'{\n  "name": "Mail"\n}'},
    )
    return Rig(service, Clock(), Notes(), tmp_path / "archives")


@pytest.fixture
def tools() -> Tools:
    """The pieces of this file for tests that build their own case (test files cannot import a conftest)."""
    return Tools()
