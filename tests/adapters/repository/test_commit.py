from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporter.adapters.repository import Repository
from exporter.errors import (
    ConfigurationError,
    RepositoryBusyError,
    RepositoryError,
    ShrunkenExportError,
)
from exporter.snapshot import AssetInfo, Project, Snapshot, blob_id

Build = Callable[..., Snapshot]
Git = Callable[..., str]
FILES = {
    "Orders/sync.recipe.json": b'{"a": 1}\r\n',
    "Orders/CON | x/.git/y": b"\x00\xff",
    "Orders/crm.connection.json": b"{}",
    "Billing/bill.recipe.json": b"{}",
    "home.recipe.json": b"",
}


def page_archive(year: int, content: bytes = b"{}") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("page.json", (year, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


def test_a_first_snapshot_makes_the_repository(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    outcome = repository.commit(snapshot("dev", FILES), now=noon, exported_by="kim")
    assert outcome.is_new
    assert outcome.added == tuple(sorted(FILES))
    assert git(home, "rev-parse", "main").strip() == outcome.revision
    assert git(home, "ls-tree", "-r", "-z", "--name-only", "main").split("\0")[:-1] == [
        ".gitattributes",
        "README.md",
        "dev/Billing/bill.recipe.json",
        "dev/Orders/CON %7C x/%2Egit/y",
        "dev/Orders/crm.connection.json",
        "dev/Orders/sync.recipe.json",
        "dev/home.recipe.json",
        "dev/index.json",
    ]
    assert git(home, "status", "--porcelain", "--ignored") == ""
    assert git(home, "log", "-1", "--format=%an <%ae> %aI %cI") == (
        "wexport <wexport@localhost> 2026-11-01T12:00:00+00:00 2026-11-01T12:00:00+00:00\n"
    )
    assert (home / "dev/Orders/sync.recipe.json").read_bytes() == b'{"a": 1}\r\n'
    git(home, "fsck", "--strict")


def test_an_unchanged_environment_makes_no_commit(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    first = repository.commit(snapshot("dev", FILES), now=noon)
    repository.commit(snapshot("prod", FILES), now=noon)
    again = repository.commit(snapshot("dev", FILES), now=noon + timedelta(days=1))
    assert (again.is_new, again.revision) == (False, first.revision)
    assert (again.added, again.changed, again.removed) == ((), (), ())
    assert git(home, "rev-list", "--count", "main") == "2\n"


def test_a_change_is_one_commit_of_that_environment(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    repository.commit(snapshot("prod", FILES), now=noon)
    changed = FILES | {"Orders/sync.recipe.json": b"2", "Orders/new.recipe.json": b"3"}
    del changed["home.recipe.json"]
    outcome = repository.commit(snapshot("dev", changed), now=noon)
    assert (outcome.added, outcome.changed, outcome.removed) == (
        ("Orders/new.recipe.json",),
        ("Orders/sync.recipe.json",),
        ("home.recipe.json",),
    )
    assert git(home, "log", "-1", "--format=%s") == "dev: 1 added, 1 changed, 1 removed\n"
    assert git(home, "show", "--name-status", "--format=", "main").splitlines() == [
        "A\tdev/Orders/new.recipe.json",
        "M\tdev/Orders/sync.recipe.json",
        "D\tdev/home.recipe.json",
    ]
    assert git(home, "status", "--porcelain") == ""
    assert not (home / "dev/home.recipe.json").exists()


def test_a_started_recipe_is_a_commit_of_the_index_alone(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    path = "home.recipe.json"
    repository.commit(snapshot("dev", FILES, infos={path: AssetInfo(is_running=False)}), now=noon)
    outcome = repository.commit(snapshot("dev", FILES, infos={path: AssetInfo(is_running=True)}), now=noon)
    assert outcome.is_new
    assert outcome.changed == ()
    assert git(home, "log", "-1", "--format=%B").startswith("dev: details changed\n\n. home.recipe.json (started)\n")


def test_folders_that_became_empty_disappear_and_a_file_may_become_a_folder(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", {"P/x": b"1", "P/deep/er/y": b"2"}), now=noon)
    repository.commit(snapshot("dev", {"P/x/z": b"1", "P/deep": b"2"}), now=noon)
    assert (home / "dev/P/x/z").read_bytes() == b"1"
    assert (home / "dev/P/deep").read_bytes() == b"2"
    assert git(home, "status", "--porcelain") == ""


def test_an_archive_that_was_only_packed_anew_keeps_its_stored_bytes(
    repository: Repository, snapshot: Build, home: Path, noon: datetime
) -> None:
    path = "P/a.lcap_page.zip"
    repository.commit(snapshot("dev", {path: page_archive(2025)}), now=noon)
    assert not repository.commit(snapshot("dev", {path: page_archive(2026)}), now=noon).is_new
    outcome = repository.commit(snapshot("dev", {path: page_archive(2026), "P/b": b""}), now=noon)
    assert outcome.added == ("P/b",)
    assert (home / "dev" / path).read_bytes() == page_archive(2025)
    assert repository.commit(snapshot("dev", {path: page_archive(2026, b"[]"), "P/b": b""}), now=noon).changed == (
        path,
    )


def test_a_shrunken_export_stores_nothing_until_it_is_told_to(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    first = repository.commit(snapshot("dev", FILES), now=noon)
    with pytest.raises(ShrunkenExportError):
        repository.commit(snapshot("dev", {}), now=noon)
    assert git(home, "rev-parse", "main").strip() == first.revision
    assert (home / "dev/home.recipe.json").exists()
    assert repository.commit(snapshot("dev", {}), now=noon, prune=True).removed == tuple(sorted(FILES))


def test_a_failed_project_keeps_its_stored_files(
    repository: Repository, snapshot: Build, home: Path, noon: datetime
) -> None:
    projects = (Project("Billing", 1, 11), Project("Orders", 2, 12))
    repository.commit(snapshot("dev", FILES, projects=projects), now=noon)
    files = {"Billing/bill.recipe.json": b"new", "home.recipe.json": b""}
    outcome = repository.commit(snapshot("dev", files, projects=projects, failures=("Orders",)), now=noon)
    assert outcome.changed == ("Billing/bill.recipe.json",)
    assert outcome.removed == ()
    assert [failure.project for failure in outcome.failures] == ["Orders"]
    assert (home / "dev/Orders/sync.recipe.json").exists()


def test_another_programs_index_lock_delays_the_index_only(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime, notes: Any
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    lock = home / ".git/index.lock"
    lock.touch()
    outcome = repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon)
    assert outcome.is_new
    assert (home / "dev/home.recipe.json").read_bytes() == b"new"
    assert f"{lock} exists" in notes.notes[0]
    repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"newer"}), now=noon)
    lock.unlink()
    assert not repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"newer"}), now=noon).is_new
    assert git(home, "status", "--porcelain") == ""


def test_a_branch_lock_that_a_killed_git_left_is_removed(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    (home / ".git/refs/heads/main.lock").touch()
    (home / ".git/HEAD.lock").touch()
    monkeypatch.setattr("exporter.adapters.repository.store.STALE_LOCK_SECONDS", 0.01)
    assert repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon).is_new


def test_a_run_that_cannot_get_the_lock_says_so(
    open_repository: Callable[..., Repository], snapshot: Build, home: Path, noon: datetime
) -> None:
    from filelock import FileLock

    repository = open_repository()
    repository._lock_seconds = 0.05
    with (
        FileLock(repository.state_dir / "lock"),
        pytest.raises(RepositoryBusyError, match="Another run of wexport"),
    ):
        repository.commit(snapshot("dev", FILES), now=noon)


def test_another_branch_in_the_work_tree_is_left_alone(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    git(home, "switch", "-q", "-c", "mine")
    outcome = repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon)
    assert git(home, "rev-parse", "main").strip() == outcome.revision
    assert (home / "dev/home.recipe.json").read_bytes() == b""
    git(home, "switch", "-q", "main")
    assert (home / "dev/home.recipe.json").read_bytes() == b"new"
    assert not repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon).is_new


def test_the_users_configuration_and_hooks_do_not_disturb(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime, isolated_home: Path
) -> None:
    hooks = isolated_home / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    (isolated_home / "attributes").write_text("* text eol=crlf filter=lfs\n")
    (isolated_home / ".gitconfig").write_text(
        f"[core]\n autocrlf = true\n eol = crlf\n safecrlf = true\n hooksPath = {hooks}\n fsmonitor = true\n"
        f" attributesFile = {isolated_home}/attributes\n quotePath = true\n"
        "[commit]\n gpgSign = true\n[init]\n defaultBranch = trunk\n templateDir = /nowhere\n"
        "[user]\n useConfigOnly = true\n[index]\n version = 4\n"
        '[filter "lfs"]\n clean = false\n required = true\n'
    )
    repository.commit(snapshot("dev", FILES), now=noon)
    outcome = repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"a\nb\r\n"}), now=noon)
    assert repository.read("dev").assets["home.recipe.json"].content == b"a\nb\r\n"
    assert (home / "dev/home.recipe.json").read_bytes() == b"a\nb\r\n"
    assert git(home, "cat-file", "-p", outcome.revision).splitlines()[2].startswith("author wexport")


def test_the_callers_git_variables_lead_nowhere_else(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", str(other))
    with monkeypatch.context() as patch:
        for name, value in {
            "GIT_DIR": str(other / ".git"),
            "GIT_WORK_TREE": str(other),
            "GIT_INDEX_FILE": str(other / ".git/index"),
            "GIT_OBJECT_DIRECTORY": str(other / ".git/objects"),
            "GIT_NAMESPACE": "x",
            "GIT_CONFIG_PARAMETERS": "'core.autocrlf'='true'",
            "GIT_GLOB_PATHSPECS": "1",
            "GIT_AUTHOR_NAME": "somebody",
            "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
        }.items():
            patch.setenv(name, value)
        repository.commit(snapshot("dev", FILES), now=noon)
        assert repository.read("dev").assets["home.recipe.json"].content == b""
    assert git(home, "log", "--format=%an %cs") == "wexport 2026-11-01\n"
    assert git(home, "status", "--porcelain") == ""
    assert list((other / ".git/objects").glob("??/*")) == []


def test_the_shipped_readme_is_kept(repository: Repository, snapshot: Build, home: Path, noon: datetime) -> None:
    home.mkdir()
    (home / "README.md").write_bytes(b"# shipped\n")
    repository.commit(snapshot("dev", FILES), now=noon)
    assert (home / "README.md").read_bytes() == b"# shipped\n"


def test_a_folder_with_other_files_is_refused(
    repository: Repository, snapshot: Build, home: Path, noon: datetime
) -> None:
    home.mkdir()
    (home / "thesis.txt").touch()
    with pytest.raises(RepositoryError, match=r"not a Git repository and not empty \('thesis.txt' is in it\)"):
        repository.commit(snapshot("dev", FILES), now=noon)
    assert sorted(path.name for path in home.iterdir()) == ["thesis.txt"]


def test_somebodys_project_is_refused(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    (home / "src").mkdir(parents=True)
    (home / "src/main.c").touch()
    git(home, "init", "-q", "-b", "main")
    git(home, "add", ".")
    git(home, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "x")
    with pytest.raises(RepositoryError, match=r"holds something else than snapshots \('src'\)"):
        repository.commit(snapshot("dev", FILES), now=noon)


@pytest.mark.parametrize("kind", ["file", "bare", "worktree", "unwritable"])
def test_a_place_that_cannot_be_a_repository_is_refused(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime, kind: str, tmp_path: Path
) -> None:
    if kind == "file":
        home.touch()
    elif kind == "bare":
        git(tmp_path, "init", "-q", "--bare", str(home))
    elif kind == "worktree":
        home.mkdir()
        (home / ".git").write_text("gitdir: /nowhere\n")
    else:
        home.symlink_to("/proc/nowhere")
    with pytest.raises(RepositoryError):
        repository.commit(snapshot("dev", FILES), now=noon)


def test_a_repository_inside_another_projects_work_tree_is_its_own(
    open_repository: Callable[..., Repository], snapshot: Build, git: Git, tmp_path: Path, noon: datetime
) -> None:
    git(tmp_path, "init", "-q", "-b", "outer")
    repository = open_repository(tmp_path / "snapshots")
    repository.commit(snapshot("dev", FILES), now=noon)
    assert git(tmp_path / "snapshots", "branch", "--show-current") == "main\n"
    assert git(tmp_path, "branch", "--list") == ""


@pytest.mark.parametrize("name", ["with space", "スナップ", 'q"uote', "line\nend", "co:lon", "-dash", "%41"])
def test_the_repository_may_be_anywhere(
    open_repository: Callable[..., Repository], snapshot: Build, git: Git, tmp_path: Path, noon: datetime, name: str
) -> None:
    place = tmp_path / name / "snapshots"
    repository = open_repository(place)
    repository.commit(snapshot("dev", FILES), now=noon)
    assert repository.commit(snapshot("dev", FILES), now=noon).is_new is False
    assert git(place, "status", "--porcelain") == ""


def test_a_users_own_clone_is_used_as_it_is(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    git(home.parent, "init", "-q", "-b", "main", str(home))
    (home / "notes.md").touch()
    repository.commit(snapshot("dev", FILES), now=noon)
    assert repository.commit(snapshot("dev", FILES), now=noon).is_new is False
    assert git(home, "status", "--porcelain") == "?? notes.md\n"


def test_content_that_is_not_what_it_claims_is_not_stored(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    good = snapshot("dev", FILES)
    asset = good.assets["home.recipe.json"]
    object.__setattr__(asset, "blob", blob_id(b"else"))
    with pytest.raises(RepositoryError, match="changed while they were stored"):
        repository.commit(good, now=noon)
    assert git(home, "for-each-ref") == ""


def test_many_files_are_stored_by_few_git_processes(
    repository: Repository, snapshot: Build, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from exporter.adapters.repository.program import GitProgram

    calls: list[str] = []
    start = GitProgram.start

    def counted(self: GitProgram, *arguments: str, **options: Any) -> Any:
        calls.append(arguments[0])
        return start(self, *arguments, **options)

    monkeypatch.setattr(GitProgram, "start", counted)
    files = {f"P/{n:04}.recipe.json": str(n).encode() for n in range(1500)}
    repository.commit(snapshot("dev", files), now=noon)
    assert len(calls) <= 20
    calls.clear()
    repository.commit(snapshot("dev", files), now=noon)
    assert len(calls) <= 6


def test_environments_that_differ_in_case_only_are_refused(
    repository: Repository, snapshot: Build, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    with pytest.raises(RepositoryError, match="'Dev' would share its folder with 'dev'"):
        repository.commit(snapshot("Dev", FILES), now=noon)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_is_explained(
    repository: Repository, open_repository: Callable[..., Repository], snapshot: Build, home: Path, noon: datetime
) -> None:
    repository.commit(snapshot("dev", FILES), now=noon)
    for path in (home, home / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match=r"another user owns it.*safe\.directory"):
        open_repository().read("dev")


def test_paths_too_long_for_a_disk_are_stored_all_the_same(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime
) -> None:
    files = {"P/" + "/".join(["深" * 80] * 30) + f"/{name}.recipe.json": name.encode() for name in "ab"}
    repository.commit(snapshot("dev", files), now=noon)
    assert {path: asset.content for path, asset in repository.read("dev").assets.items()} == files
    assert all(path.name.endswith(".recipe.json") for path in (home / "dev").glob("%=*"))
    assert git(home, "status", "--porcelain") == ""
    assert repository.commit(snapshot("dev", files), now=noon).is_new is False


def test_a_full_disk_stores_nothing(
    repository: Repository, snapshot: Build, git: Git, home: Path, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = repository.commit(snapshot("dev", FILES), now=noon)
    write_bytes = Path.write_bytes

    def full(self: Path, content: Any) -> int:
        if "staging" in self.parts:
            raise OSError(28, "No space left on device", str(self))
        return write_bytes(self, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(RepositoryError, match="No space left on device"):
            repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon)
    assert git(home, "rev-parse", "main").strip() == first.revision
    assert repository.commit(snapshot("dev", FILES | {"home.recipe.json": b"new"}), now=noon).is_new


def test_a_character_set_that_lacks_letters_is_refused_before_anything_is_made(
    repository: Repository, home: Path, monkeypatch: pytest.MonkeyPatch, snapshot: Build, noon: datetime
) -> None:
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: "iso8859-1")
    with pytest.raises(ConfigurationError, match=r"written in iso8859-1 here.*PYTHONUTF8=1"):
        repository.commit(snapshot("dev", FILES), now=noon)
    assert not home.exists()
