"""Real repositories in temporary folders, and snapshots written by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exporter.adapters.repository import Repository, RepositoryAccess
from exporter.snapshot import AssetInfo, Index, Project, ProjectFailure, Snapshot, asset_of, snapshot_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Notes:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def start(self, task: str, total: int | None = None) -> None: ...

    def advance(self, task: str, detail: str = "") -> None: ...

    def finish(self, task: str, summary: str = "") -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)


def build_snapshot(
    environment: str,
    files: Mapping[str, bytes],
    *,
    infos: Mapping[str, AssetInfo] | None = None,
    projects: tuple[Project, ...] | None = None,
    failures: tuple[str, ...] = (),
    workspace_id: int = 7,
) -> Snapshot:
    """A fresh snapshot: projects are numbered in the order of their names unless given."""
    names = sorted({path.partition("/")[0] for path in files if "/" in path})
    index = Index(
        environment=environment,
        base_url="https://app.eu.workato.com",
        workspace_id=workspace_id,
        workspace_name="Acme",
        projects=projects if projects is not None else tuple(Project(n, k, 10 + k) for k, n in enumerate(names, 1)),
        assets=dict(infos or {}),
    )
    assets = [asset_of(path, content) for path, content in files.items()]
    return snapshot_of(index, assets, failures=[ProjectFailure(name, "HTTP 500") for name in failures])


def run_git(folder: Path, *arguments: str) -> str:
    """What git answers in a folder. Fails the test if git fails."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def snapshot() -> Callable[..., Snapshot]:
    return build_snapshot


@pytest.fixture
def git() -> Callable[..., str]:
    return run_git


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the repository will be."""
    return tmp_path / "snapshots"


@pytest.fixture
def open_repository(home: Path, notes: Notes) -> Iterator[Callable[..., Repository]]:
    """Opens a repository; keywords go to RepositoryAccess. All are closed at the end of the test."""
    opened: list[Repository] = []

    def open_one(path: Path = home, **access: Any) -> Repository:
        repository = Repository(RepositoryAccess(path, **access), notes, lock_seconds=20, sleep=lambda seconds: None)
        opened.append(repository)
        return repository

    yield open_one
    for repository in opened:
        repository.close()


@pytest.fixture
def repository(open_repository: Callable[..., Repository]) -> Repository:
    return open_repository()
