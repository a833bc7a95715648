"""Runs that are killed, and runs that meet: the repository is whole and the next run needs no hand."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exporter.adapters.repository import Repository, RepositoryAccess
from exporter.adapters.repository.program import GitProgram
from exporter.adapters.repository.worktree import INDEX_LOCK_MARK
from exporter.snapshot import Index, Project, Snapshot, asset_of, snapshot_of

Build = Callable[..., Snapshot]
Git = Callable[..., str]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
BEFORE = {"P/a": b"1", "P/b": b"2", "P/gone/c": b"3", "P/gone/d": b"4"} | {f"Q/{n}": b"" for n in range(10)}
AFTER = {"P/a": b"changed", "P/b": b"2", "P/new/c": b"5", "P/gone": b"6"} | {f"Q/{n}": b"" for n in range(10)}
# Children of a server that has loaded everything once: a fresh program for each kill would take most of the time.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([__name__])


def make(environment: str, files: dict[str, bytes]) -> Snapshot:
    index = Index(environment, workspace_id=7, projects=(Project("P", 1, 11), Project("Q", 2, 12)))
    return snapshot_of(index, [asset_of(path, content) for path, content in files.items()])


def die_at_step(home: Path, step: int) -> None:
    """Commits AFTER, and is killed with SIGKILL at the given step; a step is a git call or a change of a file."""
    steps = 0

    def count(function: Any) -> Any:
        def counted(*arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return counted

    GitProgram.start = count(GitProgram.start)  # type: ignore[method-assign]
    for owner, name in ((os, "replace"), (os, "unlink"), (os, "link"), (os, "mkdir"), (os, "rmdir"), (os, "rename")):
        setattr(owner, name, count(getattr(owner, name)))
    Repository(RepositoryAccess(home)).commit(make("dev", AFTER), now=NOON)
    os._exit(99)  # there was no such step any more


def run(target: Callable[..., None], *arguments: Any) -> int | None:
    process = SERVER.Process(target=target, args=arguments)
    process.start()
    process.join(60)
    return process.exitcode


def assert_whole(git: Git, home: Path, files: dict[str, bytes]) -> None:
    git(home, "fsck", "--strict")
    assert git(home, "status", "--porcelain", "--ignored") == ""
    on_disk = {
        path.relative_to(home / "dev").as_posix(): path.read_bytes()
        for path in (home / "dev").rglob("*")
        if path.is_file() and path.name != "index.json"
    }
    assert on_disk == files
    left = {path.name for path in (home / ".git/wexport").iterdir()}
    assert left <= {"lock", "seen.json"}


def test_a_run_killed_at_any_step_is_finished_by_the_next(
    open_repository: Callable[..., Repository], git: Git, tmp_path: Path
) -> None:
    origin = tmp_path / "origin"
    open_repository(origin).commit(make("dev", BEFORE), now=NOON)
    before = git(origin, "rev-parse", "main").strip()
    step, results = 0, set()
    while True:
        step += 4
        home = tmp_path / f"home{step}"
        shutil.copytree(origin, home, symlinks=True)
        status = run(die_at_step, home, step)
        if status == 99:
            break
        assert status == -signal.SIGKILL
        git(home, "fsck", "--strict")
        killed_at = git(home, "rev-parse", "main").strip()
        outcome = open_repository(home).commit(make("dev", AFTER), now=NOON)
        assert outcome.is_new is (killed_at == before)
        results.add(outcome.is_new)
        assert_whole(git, home, AFTER)
        shutil.rmtree(home)
    assert results == {True, False}, "kills before and after the branch moved were tried"
    assert step > 20


def test_a_run_killed_while_the_repository_is_made_is_finished_by_the_next(
    open_repository: Callable[..., Repository], git: Git, tmp_path: Path
) -> None:
    for step in (2, 4, 6, 8, 11, 14):
        home = tmp_path / f"home{step}"
        assert run(die_at_step, home, step) == -signal.SIGKILL
        open_repository(home).commit(make("dev", AFTER), now=NOON)
        assert_whole(git, home, AFTER)


def test_files_edited_after_a_kill_are_not_overwritten(
    open_repository: Callable[..., Repository], git: Git, home: Path, notes: Any
) -> None:
    repository = open_repository()
    first = repository.commit(make("dev", BEFORE), now=NOON).revision
    second = repository.commit(make("dev", AFTER), now=NOON).revision
    # As a run leaves it that was killed right after the branch moved.
    git(home, "read-tree", "-u", "--reset", first)
    (home / ".git/wexport/unfinished.json").write_text(f'{{"before": "{first}", "after": "{second}"}}')
    (home / "dev/P/a").write_bytes(b"mine")
    with pytest.raises(Exception, match="edited by hand: 'dev/P/a'"):
        repository.commit(make("dev", AFTER), now=NOON)
    assert (home / "dev/P/a").read_bytes() == b"mine"
    assert (home / "dev/P/new/c").read_bytes() == b"5"
    repository.commit(make("dev", AFTER), now=NOON, discard=True)
    assert_whole(git, home, AFTER)


def test_an_index_lock_of_a_killed_run_of_ours_is_removed(
    open_repository: Callable[..., Repository], git: Git, home: Path
) -> None:
    repository = open_repository()
    repository.commit(make("dev", BEFORE), now=NOON)
    (home / ".git/index.lock").write_bytes(INDEX_LOCK_MARK)
    repository.commit(make("dev", AFTER), now=NOON)
    assert_whole(git, home, AFTER)


def test_downloads_of_a_killed_run_are_removed_and_those_of_a_living_one_kept(
    open_repository: Callable[..., Repository], home: Path
) -> None:
    repository = open_repository()
    with repository.scratch() as living:
        (living / "a.zip").touch()
        abandoned = living.parent / "abandoned"
        abandoned.mkdir()
        (abandoned / "b.zip").touch()
        with open_repository().scratch() as other:
            assert other != living
            assert sorted(path.name for path in other.iterdir()) == []
        assert not abandoned.exists()
        assert (living / "a.zip").exists()
    assert list((home / ".git/wexport/scratch").iterdir()) == []


def commit_rounds(home: Path, environment: str) -> None:
    repository = Repository(RepositoryAccess(home))
    for number in range(3):
        repository.commit(make(environment, BEFORE | {"P/a": f"{environment} {number}".encode()}), now=NOON)
    repository.close()


def test_runs_at_once_on_one_repository_take_turns(git: Git, home: Path) -> None:
    processes = [SERVER.Process(target=commit_rounds, args=(home, name)) for name in ("dev", "test", "prod")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    for name in ("dev", "test", "prod"):
        commits = git(home, "log", "--reverse", "--format=%H", "main", "--", name).split()
        contents = [git(home, "show", f"{commit}:{name}/P/a") for commit in commits]
        assert contents == [f"{name} {number}" for number in range(3)]
    git(home, "fsck", "--strict")
    assert git(home, "status", "--porcelain") == ""
