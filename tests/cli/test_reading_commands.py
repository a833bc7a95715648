"""show, log and git install as a user types them, on the sandbox's story."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.cli.main import run
from exporter.cli.textconv import textconv
from exporter.diff.masking.masker import Masker
from exporter.sandbox import start_sandbox

CREDIT = "o2c_func_check_customer_credit"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a configuration and a snapshot of dev, in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("stored here") / "with space"
    folder.mkdir()
    with start_sandbox(rate_limit=0) as sandbox:
        (folder / "wexport.yaml").write_text(
            f"environments:\n  dev: {{base_url: '{sandbox.url}', requests_per_minute: 6000}}\n"
        )
        home = {"HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **sandbox.tokens}
        command = [sys.executable, "-m", "exporter", "snapshot", "dev"]
        subprocess.run(command, cwd=folder, env={**os.environ, **home}, check=True, capture_output=True, timeout=100)
    yield folder


@pytest.fixture
def here(stored: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(stored)
    return stored


def recipe_file(folder: Path) -> Path:
    return next(folder.glob(f"snapshots/dev/*/*/{CREDIT}.recipe.json"))


def test_show_prints_a_recipe_of_a_snapshot(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "dev", "O2C | FUNC | Check customer credit"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("RECIPE O2C | FUNC | Check customer credit\n")
    assert "1  TRIGGER Execute (workato_recipe_function.execute)\n" in captured.out
    assert captured.err == ""


def test_every_recipe_of_the_story_is_listed_without_a_raw_datapill(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["show", "dev", "*"]) == 0
    text = capsys.readouterr().out
    assert text.count("RECIPE ") >= 20
    assert "_dp(" not in text and "_('data" not in text and "missing step" not in text


def test_show_reads_a_file_and_standard_input_without_any_configuration(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recipe_file(here)
    monkeypatch.chdir(tmp_path)
    assert run(["show", str(file)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("RECIPE O2C | FUNC | Check customer credit\n")
    command = [sys.executable, "-m", "exporter", "show", "-"]
    done = subprocess.run(command, input=file.read_bytes(), capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().partition("\n\n")[2] == shown.partition("\n\n")[2]


def test_show_gives_programs_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "dev", CREDIT, "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["path"].endswith(f"{CREDIT}.recipe.json")
    assert found["steps"][0]["operation"] == "workato_recipe_function.execute"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "dev", "check_customer_credit"], "No recipe in dev is called 'check_customer_credit'. Did you mean"),
        (["show", "dev"], "wexport show dev '*'"),
        (["show", "./nothing.recipe.json"], "There is no file or folder './nothing.recipe.json'"),
        (["show", "dve", CREDIT], "Did you mean 'dev'?"),
        (["log", "dve"], "Did you mean 'dev'?"),
        (["log", "dev", "nothing"], "No recipe in dev is called 'nothing'"),
        (["log", "dev", "--patch", "--format", "json"], "--patch is for --format text"),
    ],
)
def test_what_is_not_understood_is_a_usage_error(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_log_tells_the_snapshots_of_an_environment_and_of_a_recipe(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["log", "dev"]) == 0
    assert "  first snapshot: " in capsys.readouterr().out
    assert run(["log", "dev", CREDIT]) == 0
    assert "  + O2C | FUNC | Check customer credit  recipe added, version " in capsys.readouterr().out


def git(folder: Path, *arguments: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder / "snapshots", env=env, capture_output=True, check=True)
    return done.stdout.decode()


def test_git_shows_listings_after_the_installation_and_files_after_its_removal(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recipe_file(here)
    before = file.read_bytes()
    try:
        assert run(["git", "install"]) == 0
        file.write_bytes(before.replace(b'"limit": "1"', b'"limit": "2"'))
        shown = git(here, "diff")
        changed = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        assert changed == ["-    Limit = 1", "+    Limit = 2"]
        assert "@@ ACTION Declare variable (workato_variable.declare_variable)" in shown
        file.write_bytes(b"no recipe")
        assert "+no recipe" in git(here, "diff")
        assert run(["git", "install", "--uninstall"]) == 0
        file.write_bytes(before.replace(b'"limit": "1"', b'"limit": "2"'))
        assert '"limit": "2"' in git(here, "diff")
    finally:
        file.write_bytes(before)
    assert "recipes as listings from now on" in capsys.readouterr().out


def test_no_secret_is_shown_and_a_changed_one_is_seen_to_change(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = recipe_file(here)
    before = file.read_bytes()
    secret = b'"limit": "1", "api_token": "hunter2hunter2"'
    try:
        assert run(["git", "install"]) == 0
        file.write_bytes(before.replace(b'"limit": "1"', secret))
        first = git(here, "diff")
        file.write_bytes(before.replace(b'"limit": "1"', secret.replace(b"hunter2h", b"hunter3h")))
        second = git(here, "diff")
        assert run(["show", str(file)]) == 0
    finally:
        file.write_bytes(before)
        run(["git", "install", "--uninstall"])
    shown = capsys.readouterr().out
    lines = [next(line for line in text.splitlines() if "API token" in line) for text in (first, second, shown)]
    assert all("(14 characters, #" in line for line in lines)
    assert lines[0] != lines[1]
    assert "hunter" not in first + second + shown


def test_a_python_that_is_gone_does_not_break_git(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = recipe_file(here)
    before = file.read_bytes()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    try:
        assert run(["git", "install"]) == 0
        file.write_bytes(before.replace(b'"limit": "1"', b'"limit": "2"'))
        assert '"limit": "2"' in git(here, "diff")
    finally:
        file.write_bytes(before)
        run(["git", "install", "--uninstall"])


def test_a_module_in_the_repository_is_never_run(here: Path) -> None:
    file, trap = recipe_file(here), here / "snapshots" / "json.py"
    before = file.read_bytes()
    try:
        assert run(["git", "install"]) == 0
        trap.write_text("raise SystemExit('trapped')")
        file.write_bytes(before.replace(b'"limit": "1"', b'"limit": "2"'))
        assert "+    Limit = 2" in git(here, "diff")
    finally:
        file.write_bytes(before)
        trap.unlink()
        run(["git", "install", "--uninstall"])


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"code": {"block": 1}}'])
def test_what_is_no_recipe_comes_out_of_textconv_as_it_is(content: bytes) -> None:
    assert textconv(content, Masker(b"k" * 16)) == content
