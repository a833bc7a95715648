from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from exporter.adapters.repository import CommitOutcome, Repository, RepositoryAccess
from exporter.errors import (
    ConfigurationError,
    ShrunkenExportError,
    WexportError,
    WorkatoAccessError,
    WrongWorkspaceError,
)
from exporter.operations.snapshot import take_snapshots
from exporter.snapshot import Asset, Index, Project, ProjectFailure, Snapshot, blob_id, snapshot_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
EU = "https://app.eu.workato.com"


@dataclass(frozen=True)
class Access:
    environment: str
    base_url: str = EU

    @property
    def token_variable(self) -> str:
        return f"WEXPORT_{self.environment.upper()}_TOKEN"


@dataclass(frozen=True)
class Workspace:
    id: int
    name: str = "Acme"


@dataclass
class FakeWorkato:
    """An environment whose export is one file per entry, read from the archive folder as the real one's are."""

    environment: str
    workspace_id: int
    files: dict[str, bytes] = field(default_factory=lambda: {"P/a": b"1"})
    base_url: str = EU
    error: Exception | None = None
    failures: tuple[ProjectFailure, ...] = ()
    barrier: Barrier | None = None
    archive_dirs: list[Path] = field(default_factory=list)

    @property
    def access(self) -> Access:
        return Access(self.environment, self.base_url)

    def fetch_workspace(self) -> Workspace:
        return Workspace(self.workspace_id)

    def export(self, archive_dir: Path) -> Snapshot:
        self.archive_dirs.append(archive_dir)
        if self.barrier is not None:
            self.barrier.wait(20)
        if self.error is not None:
            raise self.error
        assets = []
        for number, (path, content) in enumerate(self.files.items()):
            file = archive_dir / str(number)
            file.write_bytes(content)
            assets.append(Asset(path, blob_id(content), file.read_bytes))
        index = Index(self.environment, self.base_url, self.workspace_id, "Acme", (Project("P", 1, 11),))
        return snapshot_of(index, assets, failures=self.failures)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(RepositoryAccess(tmp_path / "snapshots"))
    yield repository
    repository.close()


def store(workato: FakeWorkato, repository: Repository, *, prune: bool = False) -> CommitOutcome:
    """What became of the only environment of a run. Raises its error."""
    (result,) = take_snapshots([workato], repository, now=NOON, prune=prune).results
    if result.error is not None:
        raise result.error
    assert result.outcome is not None
    return result.outcome


def test_a_snapshot_is_stored_and_its_archives_are_gone(repository: Repository) -> None:
    workato = FakeWorkato("dev", 11)
    outcome = store(workato, repository)
    assert outcome.added == ("P/a",)
    assert repository.read("dev").assets["P/a"].content == b"1"
    assert workato.archive_dirs
    assert not workato.archive_dirs[0].exists()
    assert store(workato, repository).is_new is False


def test_archives_are_gone_after_a_failure_too(repository: Repository) -> None:
    workato = FakeWorkato("dev", 11, error=WorkatoAccessError("HTTP 401"))
    with pytest.raises(WorkatoAccessError):
        store(workato, repository)
    assert not workato.archive_dirs[0].exists()


def test_environments_are_exported_side_by_side(repository: Repository) -> None:
    barrier = Barrier(3)
    workatos = [FakeWorkato(name, n, barrier=barrier) for n, name in enumerate(("dev", "test", "prod"), 11)]
    report = take_snapshots(workatos, repository, now=NOON)
    assert [result.environment for result in report.results] == ["dev", "test", "prod"]
    assert report.is_complete
    assert tuple(repository.read_indexes()) == ("dev", "prod", "test")


def test_one_environment_that_fails_does_not_stop_the_others(repository: Repository) -> None:
    error = WorkatoAccessError("HTTP 401")
    workatos = [FakeWorkato("dev", 11, error=error), FakeWorkato("prod", 13)]
    report = take_snapshots(workatos, repository, now=NOON)
    assert report.errors == (error,)
    assert not report.is_complete
    assert report.results[0].outcome is None
    assert report.results[1].outcome is not None
    assert tuple(repository.read_indexes()) == ("prod",)


def test_a_failed_project_makes_the_run_incomplete(repository: Repository) -> None:
    workato = FakeWorkato("dev", 11, failures=(ProjectFailure("Q", "HTTP 500"),))
    report = take_snapshots([workato], repository, now=NOON)
    assert report.errors == ()
    assert not report.is_complete


def test_two_tokens_of_one_workspace_store_nothing_of_both(repository: Repository) -> None:
    workatos = [FakeWorkato("dev", 11), FakeWorkato("test", 11), FakeWorkato("prod", 13)]
    report = take_snapshots(workatos, repository, now=NOON)
    assert [type(error) for error in report.errors] == [WrongWorkspaceError, WrongWorkspaceError]
    assert "environments 'dev' and 'test' lead to the same workspace 11" in str(report.errors[0])
    assert "WEXPORT_DEV_TOKEN and WEXPORT_TEST_TOKEN" in str(report.errors[0])
    assert tuple(repository.read_indexes()) == ("prod",)
    assert not workatos[0].archive_dirs


def test_equal_ids_in_different_data_centers_are_different_workspaces(repository: Repository) -> None:
    workatos = [FakeWorkato("dev", 11), FakeWorkato("prod", 11, base_url="https://www.workato.com")]
    assert take_snapshots(workatos, repository, now=NOON).is_complete


def test_a_token_that_leads_to_another_workspace_than_before_is_refused(repository: Repository) -> None:
    store(FakeWorkato("dev", 11), repository)
    other = FakeWorkato("dev", 12)
    with pytest.raises(WrongWorkspaceError, match=r"leads to workspace 12 .* are of workspace 11 .*WEXPORT_DEV_TOKEN"):
        store(other, repository)
    assert not other.archive_dirs
    assert store(other, repository, prune=True).is_new


def test_a_token_of_another_stored_environment_is_refused(repository: Repository) -> None:
    store(FakeWorkato("prod", 13), repository)
    with pytest.raises(WrongWorkspaceError, match="which is stored as environment 'prod'"):
        store(FakeWorkato("dev", 13), repository)
    assert tuple(repository.read_indexes()) == ("prod",)


def test_an_export_that_lost_too_much_is_refused_until_told(repository: Repository) -> None:
    store(FakeWorkato("dev", 11), repository)
    with pytest.raises(ShrunkenExportError):
        store(FakeWorkato("dev", 11, files={}), repository)
    assert store(FakeWorkato("dev", 11, files={}), repository, prune=True).removed == ("P/a",)


def test_a_push_that_fails_leaves_the_snapshots_and_is_told(repository: Repository) -> None:
    report = take_snapshots([FakeWorkato("dev", 11)], repository, now=NOON, push=True)
    assert isinstance(report.push_error, ConfigurationError)
    assert report.errors == (report.push_error,)
    assert tuple(repository.read_indexes()) == ("dev",)


def test_a_run_is_pushed_once(tmp_path: Path) -> None:
    import subprocess

    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    repository = Repository(RepositoryAccess(tmp_path / "snapshots", remote=str(remote)))
    report = take_snapshots([FakeWorkato("dev", 11), FakeWorkato("prod", 13)], repository, now=NOON, push=True)
    assert report.is_complete
    assert report.pushed is not None
    assert report.pushed.is_new
    repository.close()


def test_nothing_is_pushed_when_nothing_was_stored(repository: Repository) -> None:
    workato = FakeWorkato("dev", 11, error=WorkatoAccessError("HTTP 401"))
    report = take_snapshots([workato], repository, now=NOON, push=True)
    assert report.pushed is None
    assert report.push_error is None


def test_a_bug_in_one_environment_is_not_taken_for_an_answer(repository: Repository) -> None:
    with pytest.raises(KeyError):
        take_snapshots([FakeWorkato("dev", 11, error=KeyError("bug"))], repository, now=NOON)
    assert not issubclass(KeyError, WexportError)
