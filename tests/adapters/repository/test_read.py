from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.adapters.repository import Repository, RepositoryAccess, probe_repository
from exporter.errors import GitMissingError, RepositoryError, RevisionNotFoundError
from exporter.snapshot import AssetInfo, Snapshot

Build = Callable[..., Snapshot]
Git = Callable[..., str]
LONG = f"P/{'長' * 100}.recipe.json"
FILES = {"P/a.recipe.json": b"{}", "P/CON/.git": b"1", "index.json": b"x", "p/A": b"2", LONG: b"3"}


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.fixture
def history(repository: Repository, snapshot: Build) -> list[str]:
    """dev on the 1st, prod on the 2nd, dev changed on the 3rd; the revisions."""
    return [
        repository.commit(snapshot("dev", FILES, infos={LONG: AssetInfo(id=5)}), now=at(1)).revision,
        repository.commit(snapshot("prod", FILES), now=at(2)).revision,
        repository.commit(snapshot("dev", FILES | {"P/a.recipe.json": b"new"}), now=at(3)).revision,
    ]


def test_a_snapshot_comes_back_as_it_was_stored(repository: Repository, history: list[str]) -> None:
    read = repository.read("dev", history[0])
    assert {path: asset.content for path, asset in read.assets.items()} == FILES
    assert read.index.info(LONG) == AssetInfo(id=5)
    assert (read.index.workspace_id, read.index.base_url) == (7, "https://app.eu.workato.com")
    assert read.revision == history[0]
    assert list(read.assets) == sorted(FILES)


def test_the_latest_snapshot_names_the_commit_that_changed_the_environment(
    repository: Repository, history: list[str]
) -> None:
    assert repository.read("prod").revision == history[1]
    assert repository.read("dev").revision == history[2]
    assert tuple(repository.read_indexes()) == ("dev", "prod")


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("2026-11-01", 0),
        ("2026-11-02", 0),
        ("2026-11-03", 2),
        ("2027-01-01", 2),
        ("2026-11-03T11:59:59", 0),
        ("2026-11-03T12:00", 2),
        ("2026-11-03T12:30+01:00", 0),
        ("2026-11-03T12:00:00Z", 2),
    ],
)
def test_a_date_means_the_last_snapshot_until_then(
    repository: Repository, history: list[str], moment: str, number: int
) -> None:
    assert repository.read("dev", moment).revision == history[number]


def test_a_short_commit_id_is_enough(repository: Repository, history: list[str]) -> None:
    assert repository.read("dev", history[1][:8]).revision == history[0]
    assert repository.read("dev", history[1].upper()).revision == history[0]


@pytest.mark.parametrize(
    ("environment", "moment", "said"),
    [
        ("test", None, "it holds 'dev', 'prod'. Check the name"),
        ("prod", "2026-11-01", "the first is"),
        ("test", "2026-11-03", "there is none at all"),
        ("dev", "deadbeef", "No commit, or more than one, begins with 'deadbeef'"),
        ("dev", "yesterday", "'yesterday' is no commit id and no date"),
        ("dev", "--all", "is no commit id and no date"),
        ("dev", "HEAD\nmain", "is no commit id and no date"),
        ("dev", "0001-01-01", "no snapshot of environment 'dev' until"),
        ("dev\n../x", None, "it holds 'dev', 'prod'"),
        ("", None, "it holds 'dev', 'prod'"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    repository: Repository, history: list[str], environment: str, moment: str | None, said: str
) -> None:
    with pytest.raises(RevisionNotFoundError) as caught:
        repository.read(environment, moment)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_commit_without_the_environment_says_so(repository: Repository, history: list[str]) -> None:
    with pytest.raises(RevisionNotFoundError, match="it holds 'dev'"):
        repository.read("prod", history[0])


def test_reading_before_the_first_snapshot_makes_nothing(repository: Repository, home: Path) -> None:
    with pytest.raises(RevisionNotFoundError, match="no snapshot repository"):
        repository.read("dev")
    assert tuple(repository.read_indexes()) == ()
    assert not home.exists()


def test_an_empty_repository_has_no_snapshot(repository: Repository) -> None:
    assert repository.state_dir.is_dir()
    with pytest.raises(RevisionNotFoundError, match="is empty"):
        repository.read("dev")


def test_the_work_tree_does_not_matter(repository: Repository, history: list[str], home: Path) -> None:
    (home / "dev/P/a.recipe.json").write_bytes(b"mine")
    assert repository.read("dev").assets["P/a.recipe.json"].content == b"new"


def test_threads_share_the_reader(repository: Repository, snapshot: Build) -> None:
    files = {f"P/{n}": str(n).encode() * n for n in range(200)}
    repository.commit(snapshot("dev", files), now=at(1))
    assets = repository.read("dev").assets
    with ThreadPoolExecutor(8) as pool:
        contents = dict(zip(assets, pool.map(lambda asset: asset.content, assets.values()), strict=True))
    assert contents == files


def test_files_that_a_hand_committed_are_read_as_they_are(
    repository: Repository, history: list[str], home: Path, git: Git
) -> None:
    (home / "dev/100% mine").write_bytes(b"x")
    (home / "dev/link").symlink_to("nowhere")
    git(home, "add", ".")
    git(home, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "by hand")
    read = repository.read("dev")
    assert read.assets["100% mine"].content == b"x"
    assert "link" not in read.assets


def test_an_index_that_a_hand_broke_is_named(repository: Repository, history: list[str], home: Path, git: Git) -> None:
    (home / "dev/index.json").write_bytes(b"{}")
    git(home, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-am", "by hand")
    with pytest.raises(RepositoryError, match=r"dev/index\.json of commit .* cannot be used"):
        repository.read("dev")


def test_a_missing_blob_is_an_error_with_advice(repository: Repository, history: list[str], home: Path) -> None:
    asset = repository.read("dev").assets["P/a.recipe.json"]
    repository.close()
    (home / f".git/objects/{asset.blob[:2]}/{asset.blob[2:]}").unlink()
    with pytest.raises(RepositoryError, match="lacks the file contents"):
        _ = asset.content


def test_without_git_there_is_one_clear_error(
    open_repository: Callable[..., Repository], home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissingError, match=r"No git program was found on the PATH. Install git 2\.30"):
        _ = open_repository().state_dir
    assert [probe.is_ok for probe in probe_repository(RepositoryAccess(home))] == [False]


def test_without_git_at_the_first_import_the_error_is_the_same(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from exporter.adapters.repository import Repository, RepositoryAccess\n"
        "from exporter.errors import GitMissingError\n"
        "try:\n    Repository(RepositoryAccess(Path('x'))).state_dir\n"
        "except GitMissingError as error:\n    print(error)\n"
    )
    environment = os.environ | {"PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, check=False
    )
    assert done.stdout.startswith(b"No git program was found"), done.stderr.decode()


def test_an_old_git_is_named(
    open_repository: Callable[..., Repository], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\necho git version 2.17.1\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(GitMissingError, match=r"too old for snapshots \(git version 2\.17\.1\).*2\.30"):
        _ = open_repository().state_dir


def test_importing_the_adapter_loads_neither_gitpython_nor_filelock() -> None:
    program = "import sys, exporter.adapters.repository; print({'git', 'filelock', 'gitdb'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"set()\n"


def test_the_doctor_hears_what_there_is(repository: Repository, history: list[str], home: Path, tmp_path: Path) -> None:
    probes = probe_repository(RepositoryAccess(home, remote=str(tmp_path / "nowhere.git")))
    assert [(probe.name, probe.is_ok) for probe in probes] == [("git", True), ("repository", True), ("remote", False)]
    assert probes[1].detail.endswith("snapshots: snapshots of dev, prod")


def test_the_doctor_makes_nothing(home: Path) -> None:
    probes = probe_repository(RepositoryAccess(home))
    assert [probe.is_ok for probe in probes] == [True, True, True]
    assert probes[1].detail.endswith("no snapshot yet; the first `wexport snapshot` makes it")
    assert probes[2].detail == "none is set, so `--push` is not possible"
    assert not home.exists()


def test_the_doctor_notices_a_folder_that_this_user_may_not_write_to(
    home: Path, history: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tests may run as root, whom no mode of a folder stops.
    monkeypatch.setattr("os.access", lambda place, mode: place != home / ".git")
    probes = {probe.name: probe for probe in probe_repository(RepositoryAccess(home))}
    assert probes["rights"].detail == f"this user may not write to {home / '.git'}"
    assert "as the folder's owner" in probes["rights"].fix


def test_a_commit_says_when_it_was_stored(repository: Repository, history: list[str]) -> None:
    assert [repository.stored_at(revision) for revision in history] == [at(1), at(2), at(3)]
    assert repository.stored_at("f" * 40) is None
