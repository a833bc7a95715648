from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.adapters.repository import Repository, RepositoryAccess
from exporter.errors import ConfigurationError, PushRejectedError, RepositoryError
from exporter.snapshot import Index, Project, Snapshot, asset_of, snapshot_of

Build = Callable[..., Snapshot]
Git = Callable[..., str]


@pytest.fixture
def remote(tmp_path: Path, git: Git) -> Path:
    path = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(path))
    return path


@pytest.fixture
def clone(open_repository: Callable[..., Repository], tmp_path: Path, remote: Path) -> Callable[[str], Repository]:
    return lambda name: open_repository(tmp_path / name, remote=str(remote))


def test_a_push_brings_the_commits_and_a_second_one_nothing(
    clone: Callable[[str], Repository], snapshot: Build, git: Git, remote: Path, noon: datetime
) -> None:
    repository = clone("a")
    outcome = repository.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    pushed = repository.push()
    assert (pushed.revision, pushed.is_new, pushed.replayed) == (outcome.revision, True, 0)
    assert git(remote, "rev-parse", "main").strip() == outcome.revision
    assert repository.push().is_new is False


def test_a_first_run_with_a_remote_starts_from_its_history(
    clone: Callable[[str], Repository], snapshot: Build, git: Git, tmp_path: Path, noon: datetime
) -> None:
    first = clone("a")
    first.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    first.push()
    second = clone("b")
    assert second.commit(snapshot("dev", {"P/a": b"1"}), now=noon).is_new is False
    assert (tmp_path / "b/dev/P/a").read_bytes() == b"1"
    assert git(tmp_path / "b", "status", "--porcelain") == ""


def test_a_run_that_lacks_the_others_commits_fetches_them_first(
    clone: Callable[[str], Repository], open_repository: Callable[..., Repository], snapshot: Build, git: Git,
    tmp_path: Path, remote: Path, noon: datetime,
) -> None:  # fmt: skip
    first, second = clone("a"), clone("b")
    first.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    first.push()
    second.commit(snapshot("prod", {"P/a": b"1"}), now=noon)
    second.push()
    later = open_repository(tmp_path / "a", remote=str(remote))
    later.commit(snapshot("dev", {"P/a": b"2"}), now=noon)
    assert later.push().replayed == 0
    assert git(remote, "log", "--format=%s", "main").splitlines() == ["dev: 1 changed", "prod: 1 added", "dev: 1 added"]
    assert git(tmp_path / "a", "status", "--porcelain") == ""


def test_commits_are_made_again_on_top_when_the_remote_moved(
    clone: Callable[[str], Repository], snapshot: Build, git: Git, remote: Path, tmp_path: Path, noon: datetime
) -> None:
    first, second = clone("a"), clone("b")
    first.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    second.commit(snapshot("prod", {"P/a": b"9"}), now=noon, exported_by="second")
    second.commit(snapshot("prod", {"P/a": b"10"}), now=noon + timedelta(hours=1))
    first.push()
    pushed = second.push()
    assert (pushed.is_new, pushed.replayed) == (True, 2)
    assert git(remote, "rev-parse", "main").strip() == pushed.revision
    assert git(remote, "log", "--format=%s %cI", "main").splitlines() == [
        "prod: 1 changed 2026-11-01T13:00:00+00:00",
        "prod: 1 added 2026-11-01T12:00:00+00:00",
        "dev: 1 added 2026-11-01T12:00:00+00:00",
    ]
    assert "Exported-by: second" in git(remote, "log", "-1", "--format=%B", "main~1")
    assert second.read("dev").assets["P/a"].content == b"1"
    assert (tmp_path / "b/dev/P/a").read_bytes() == b"1"
    assert git(tmp_path / "b", "status", "--porcelain") == ""
    git(remote, "fsck", "--strict")


def test_the_same_environment_from_two_machines_keeps_both_in_history(
    clone: Callable[[str], Repository], snapshot: Build, git: Git, remote: Path, noon: datetime
) -> None:
    first, second = clone("a"), clone("b")
    first.commit(snapshot("dev", {"P/a": b"1", "P/only first": b""}), now=noon)
    second.commit(snapshot("dev", {"P/a": b"2"}), now=noon)
    first.push()
    second.push()
    assert git(remote, "show", "main:dev/P/a") == "2"
    assert git(remote, "ls-tree", "-r", "--name-only", "main:dev").splitlines() == ["P/a", "index.json"]
    assert git(remote, "show", "main~1:dev/P/a") == "1"


def test_equal_snapshots_from_two_machines_are_one_commit(
    clone: Callable[[str], Repository], snapshot: Build, git: Git, remote: Path, noon: datetime
) -> None:
    first, second = clone("a"), clone("b")
    first.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    second.commit(snapshot("dev", {"P/a": b"1"}), now=noon + timedelta(days=1))
    first.push()
    assert second.push().replayed == 0
    assert git(remote, "rev-list", "--count", "main") == "1\n"


def test_hand_edits_stay_when_others_commits_arrive(
    clone: Callable[[str], Repository], snapshot: Build, tmp_path: Path, noon: datetime, notes: Any
) -> None:
    first, second = clone("a"), clone("b")
    first.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    first.push()
    second.commit(snapshot("prod", {"P/a": b"1"}), now=noon)
    second.push()
    first.commit(snapshot("dev", {"P/a": b"2"}), now=noon)
    (tmp_path / "a/dev/P/a").write_bytes(b"mine")
    (tmp_path / "a/prod/P").mkdir(parents=True)
    (tmp_path / "a/prod/P/a").write_bytes(b"mine too")
    assert first.push().replayed == 1
    assert (tmp_path / "a/dev/P/a").read_bytes() == b"mine"
    assert (tmp_path / "a/prod/P/a").read_bytes() == b"mine too"
    assert (tmp_path / "a/prod/index.json").exists()
    assert any("edited by hand and stay" in note for note in notes.notes)


def test_a_file_that_hands_changed_on_both_sides_is_left_to_hands(
    clone: Callable[[str], Repository], snapshot: Build, git: Git, tmp_path: Path, noon: datetime
) -> None:
    first, second = clone("a"), clone("b")
    first.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    first.push()
    second.commit(snapshot("prod", {"P/a": b"1"}), now=noon)
    for name in ("a", "b"):
        (tmp_path / name / "README.md").write_text(name)
        git(tmp_path / name, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-am", "by hand")
    first.push()
    with pytest.raises(PushRejectedError, match=r"both changed 'README\.md' by hand"):
        second.push()


def test_a_remote_that_refuses_is_told_apart_from_one_that_moved(
    clone: Callable[[str], Repository], snapshot: Build, remote: Path, noon: datetime
) -> None:
    hook = remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'protected \033[31mbranch' >&2\nexit 1\n")
    hook.chmod(0o755)
    repository = clone("a")
    repository.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    with pytest.raises(PushRejectedError, match=r"refused the branch 'main': .*protected") as caught:
        repository.push()
    assert "\033" not in str(caught.value)


def test_a_remote_that_keeps_moving_is_given_up(
    clone: Callable[[str], Repository], snapshot: Build, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exporter.adapters.repository.program import GitResult
    from exporter.adapters.repository.remote import Remote

    repository = clone("a")
    repository.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    moved = GitResult(1, b"To x\n!\tmain:main\t[rejected] (fetch first)\n", "")
    monkeypatch.setattr(Remote, "push", lambda self, commit: moved)
    with pytest.raises(PushRejectedError, match="moved during each of 12 pushes"):
        repository.push()


def test_an_unreachable_remote_stores_locally_and_hides_credentials(
    open_repository: Callable[..., Repository], snapshot: Build, noon: datetime, notes: Any, home: Path
) -> None:
    repository = open_repository(home, remote="http://kim:s3cret@127.0.0.1:1/x.git")
    assert repository.commit(snapshot("dev", {"P/a": b"1"}), now=noon).is_new
    with pytest.raises(RepositoryError, match="cannot be reached") as caught:
        repository.push()
    for text in (str(caught.value), *notes.notes):
        assert "127.0.0.1" in text
        assert "s3cret" not in text
    assert "s3cret" not in (home / ".git/config").read_text()


def test_a_push_without_a_remote_is_a_matter_of_configuration(repository: Repository) -> None:
    with pytest.raises(ConfigurationError, match="no remote to push to"):
        repository.push()


def test_a_remote_that_looks_like_an_option_is_none(
    open_repository: Callable[..., Repository], snapshot: Build, noon: datetime, home: Path, tmp_path: Path
) -> None:
    repository = open_repository(home, remote=f"--upload-pack=touch {tmp_path}/owned")
    repository.commit(snapshot("dev", {"P/a": b"1"}), now=noon)
    with pytest.raises(RepositoryError):
        repository.push()
    assert not (tmp_path / "owned").exists()


ROUNDS = 2
WRITERS = 3


def write_rounds(folder: Path, remote: Path, environment: str, rounds: int, noon: datetime) -> None:
    """A writer on a machine of its own: another snapshot in each round, pushed."""
    for number in range(rounds):
        repository = Repository(RepositoryAccess(folder, remote=str(remote)))
        files = [asset_of("P/a", f"{environment} {number}".encode())]
        index = Index(environment, projects=(Project("P", 1, 1),))
        repository.commit(snapshot_of(index, files), now=noon + timedelta(hours=number))
        repository.push()
        repository.close()


def test_writers_on_one_remote_lose_nothing(git: Git, remote: Path, tmp_path: Path, noon: datetime) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = [(tmp_path / f"w{n}", remote, f"env{n}", ROUNDS, noon) for n in range(WRITERS)]
    processes = [context.Process(target=write_rounds, args=each) for each in arguments]
    random.Random(1).shuffle(processes)
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * WRITERS
    for n in range(WRITERS):
        log = git(remote, "log", "--reverse", "--format=%H", "main", "--", f"env{n}").split()
        contents = [git(remote, "show", f"{commit}:env{n}/P/a") for commit in log]
        assert contents == [f"env{n} {number}" for number in range(ROUNDS)]
    git(remote, "fsck", "--strict")
