"""The history of an environment, and git's own diffs in the words of the listing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from exporter.adapters.repository import Repository
from exporter.errors import RevisionNotFoundError
from exporter.snapshot import Snapshot


def recipe(name: str) -> bytes:
    return json.dumps({"name": name, "code": {"keyword": "trigger", "provider": "clock", "name": "timer"}}).encode()


@pytest.fixture
def stored(repository: Repository, snapshot: Callable[..., Snapshot], noon: datetime) -> Repository:
    """dev twice with test in between."""
    for place, (environment, name) in enumerate([("dev", "One"), ("test", "Other"), ("dev", "Two")]):
        taken = snapshot(environment, {"P/a.recipe.json": recipe(name)}, workspace_id=ord(environment[0]))
        repository.commit(taken, now=noon + timedelta(hours=place), exported_by="kim", prune=True)
    return repository


def test_history_lists_the_commits_of_one_environment_newest_first(stored: Repository, noon: datetime) -> None:
    found = stored.history("dev")
    assert [commit.stored_at for commit in found] == [noon + timedelta(hours=2), noon]
    assert {commit.exported_by for commit in found} == {"kim"}
    assert found[0].revision == stored.read("dev").revision


def test_history_can_end_earlier(stored: Repository, noon: datetime) -> None:
    assert [commit.stored_at for commit in stored.history("dev", "2026-11-01T12:30")] == [noon]


def test_an_unknown_environment_has_no_history(stored: Repository) -> None:
    with pytest.raises(RevisionNotFoundError, match="it holds 'dev', 'test'"):
        stored.history("prod")


@pytest.fixture
def command(tmp_path: Path) -> str:
    """A text conversion of its own: says TRIGGER and the recipe's name."""
    script = tmp_path / "con vert.py"
    script.write_text("import json, sys\nprint('TRIGGER', json.load(open(sys.argv[1]))['name'])\n")
    return f"'{sys.executable}' '{script}'"


def test_git_shows_what_the_driver_writes_even_if_nobody_said_who_they_are(
    stored: Repository, command: str, git: Callable[..., str]
) -> None:
    stored.install_diff_driver(command)
    shown = git(stored.path, "log", "-p", "-1", "--format=", "--", "dev")
    assert "-TRIGGER One\n+TRIGGER Two\n" in shown
    assert git(stored.path, "status", "--porcelain") == ""
    assert "diff: wexport" in git(stored.path, "check-attr", "diff", "--", "dev/P/a.recipe.json")
    assert "text: unset" in git(stored.path, "check-attr", "text", "--", "dev/P/a.recipe.json")


def test_the_driver_goes_without_a_trace_and_leaves_other_people_s_lines(
    stored: Repository, command: str, git: Callable[..., str]
) -> None:
    git(stored.path, "config", "user.name", "Kim")
    git(stored.path, "config", "user.email", "kim@acme.example")
    attributes = stored.path / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.rb diff=ruby\n")
    stored.install_diff_driver(command)
    stored.install_diff_driver(command)
    assert attributes.read_text().count("wexport\n") == 1
    git(stored.path, "log", "-p", "-1", "--format=", "--", "dev")
    assert "refs/notes/textconv/wexport" in git(stored.path, "for-each-ref")
    assert stored.remove_diff_driver()
    assert not stored.remove_diff_driver()
    assert attributes.read_text() == "*.rb diff=ruby\n"
    assert "wexport" not in git(stored.path, "config", "--local", "--list")
    assert git(stored.path, "for-each-ref", "refs/notes") == ""
    assert '+{"name"' in git(stored.path, "log", "-p", "-1", "--format=", "--", "dev")


def test_a_driver_needs_a_repository(repository: Repository) -> None:
    with pytest.raises(RevisionNotFoundError, match="no snapshot repository"):
        repository.install_diff_driver("cat")
