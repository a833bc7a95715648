"""`wexport diff` with paths: which word means what, and what each needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exporter.cli.completion import complete_side
from exporter.cli.main import run

UUIDS = [f"{letter * 8}-0000-4000-8000-{letter * 12}" for letter in "abc"]
CONFIGURATION = "environments:\n  dev: {data_center: us}\n  test: {data_center: us}\n"


def recipe(limit: str) -> bytes:
    step = {"keyword": "action", "provider": "crm", "name": "find", "uuid": UUIDS[1], "input": {"limit": limit}}
    code = {"keyword": "trigger", "provider": "clock", "name": "tick", "uuid": UUIDS[0], "block": [step]}
    return json.dumps({"name": "Sync", "version": 1, "code": code, "config": []}).encode()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two versions of a recipe, and no configuration."""
    (tmp_path / "after.recipe.json").write_bytes(recipe("20"))
    (tmp_path / "before.recipe.json").write_bytes(recipe("10"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def configured(here: Path) -> Path:
    (here / "wexport.yaml").write_text(CONFIGURATION)
    return here


def test_two_files_need_no_configuration_no_repository_and_no_token(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", "after.recipe.json", "before.recipe.json", "--exit-code"]) == 3
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "after.recipe.json would change in before.recipe.json" in captured.out
    assert "10 → 20" in captured.out
    assert sorted(path.name for path in here.iterdir()) == ["after.recipe.json", "before.recipe.json"]


def test_two_files_do_not_load_git(here: Path) -> None:
    program = (
        "import sys; from exporter.cli.main import run; "
        "code = run(['diff', 'after.recipe.json', 'before.recipe.json']); "
        "sys.exit(code or ('git' in sys.modules) * 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=here, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_broken_configuration_does_not_matter_to_two_files(configured: Path) -> None:
    (configured / "wexport.yaml").write_text("environments: nonsense")
    assert run(["diff", "after.recipe.json", "./before.recipe.json"]) == 0


def test_the_name_of_an_environment_wins_over_a_file(configured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (configured / "dev").write_bytes(recipe("30"))
    assert run(["diff", "dev", "before.recipe.json"]) == 2
    assert "snapshot" in capsys.readouterr().err
    assert run(["diff", "./dev", "before.recipe.json"]) == 0
    assert "10 → 30" in capsys.readouterr().out


def test_a_bare_word_is_a_path_where_there_is_no_configuration(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dev").write_bytes(recipe("30"))
    assert run(["diff", "dev", "before.recipe.json"]) == 0
    assert "10 → 30" in capsys.readouterr().out


def test_standard_input_is_a_side(here: Path) -> None:
    command = [sys.executable, "-m", "exporter", "diff", "-", "before.recipe.json"]
    done = subprocess.run(command, input=recipe("40"), cwd=here, capture_output=True, check=True)
    assert b"What bringing standard input would change in before.recipe.json" in done.stdout
    assert "10 → 40".encode() in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize("output_format", ["text", "markdown", "json"])
def test_every_format_takes_paths(here: Path, output_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "after.recipe.json", "before.recipe.json", "--format", output_format]) == 0
    assert "before.recipe.json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (
            "diff dve before.recipe.json",
            2,
            "Did you mean 'dev'? Known: dev, test. There is no file or folder 'dve' either.",
        ),
        ("diff gone.zip before.recipe.json", 2, "There is no file or folder 'gone.zip'."),
        ("diff before.recipe.json ../gone/", 2, "There is no file or folder '../gone/'."),
        ("diff - -", 2, "Only one side can be '-'"),
        ("diff after.recipe.json before.recipe.json --post 1", 2, "--post compares stored snapshots"),
        ("diff after.recipe.json before.recipe.json --post 1 --dry-run", 2, "'after.recipe.json' is a path"),
        ("diff after.recipe.json before.recipe.json --project Sales", 2, "--project says which project"),
        ("diff wexport.yaml before.recipe.json", 1, "Give a recipe, a package (.zip) or a folder."),
        ("diff after.recipe.json before.recipe.json --only nothing-like-it", 2, "names no asset"),
    ],
)
def test_wrong_words_are_one_message_and_a_code(
    configured: Path, command: str, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command.split()) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


@pytest.mark.parametrize("word", ["a\nb", "\x1b[31mred", "a/\nb.zip", "./\x1b[2J"])
def test_a_word_cannot_write_into_the_terminal(configured: Path, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", word, "before.recipe.json"]) == 2
    error = capsys.readouterr().err
    assert (error.count("\n"), "\x1b" in error) == (1, False)


def test_a_word_that_is_nothing_says_how_to_get_a_configuration(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "before.recipe.json"]) == 2
    error = capsys.readouterr().err
    assert "There is no file or folder 'dev'" in error
    assert "wexport init" in error


def test_the_shell_offers_environments_and_paths(configured: Path) -> None:
    (configured / "deep").mkdir()
    (configured / "deep" / "mine.zip").write_bytes(b"")
    (configured / ".hidden").write_bytes(b"")
    assert complete_side("de") == ["dev", "deep/"]
    assert complete_side("deep/") == ["deep/mine.zip"]
    assert complete_side("") == [
        "dev", "test", "after.recipe.json", "before.recipe.json", "deep/", "wexport.yaml",
    ]  # fmt: skip
    assert complete_side("nowhere/x") == []
    assert complete_side("~nobody-here/x") == []
    assert os.sep not in "".join(complete_side("be"))
