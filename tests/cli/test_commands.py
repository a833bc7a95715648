"""What the command line answers, and with which exit code, without any service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exporter import __version__
from exporter.cli import app as app_module
from exporter.cli.main import run

HEAVY = ("httpx", "git", "gitlab", "deepdiff", "pydantic", "yaml", "werkzeug")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wexport(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "exporter", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from exporter.cli.main import run\n"
        f"code = run({arguments!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code, file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stderr == "[] 0\n"


def test_version_is_the_package_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"wexport {__version__}\n"


def test_every_command_has_help_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [[command.callback.__name__.replace("_", " ")] for command in app_module.app.registered_commands]
    for command in [*commands, ["config", "show"]]:
        assert run([*command, "--help"]) == 0
        assert f"wexport {' '.join(command)}" in capsys.readouterr().out.split("Example")[1]


def test_init_writes_a_file_that_config_show_reads(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--data-center", "eu", "--gitlab-project", "a/b"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["config", "show"]) == 0
    out = capsys.readouterr().out
    assert "environments.dev.data_center" in out
    assert "(wexport.yaml:7)" in out


def test_init_does_not_overwrite_without_force(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty_folder / "wexport.yaml").write_text("mine")
    assert run(["init"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (empty_folder / "wexport.yaml").read_text() == "mine"
    assert run(["init", "--force"]) == 0
    assert "environments:" in (empty_folder / "wexport.yaml").read_text()


def test_init_refuses_a_name_that_the_configuration_would_refuse(
    empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "--environment", "My Env"]) == 2
    assert "lower-case" in capsys.readouterr().err
    assert not (empty_folder / "wexport.yaml").exists()


def test_config_show_never_shows_a_token(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEXPORT_DEV_TOKEN", "very-secret-token")
    run(["init"])
    assert run(["config", "show", "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert "very-secret" not in out
    values = {".".join(entry["path"]): entry for entry in json.loads(out)["values"]}
    assert values["environments.dev.token"] == {
        "path": ["environments", "dev", "token"],
        "value": "set",
        "origin": "environment WEXPORT_DEV_TOKEN",
    }
    assert values["environments.test.token"]["value"] == "not set"
    assert values["snapshots.branch"]["origin"] == "default"


def test_config_may_stand_before_and_after_the_command(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", "other.yaml", "init"]) == 0
    assert run(["--config", "other.yaml", "config", "show"]) == 0
    assert run(["config", "show", "--config", "other.yaml"]) == 0
    assert capsys.readouterr().out.count("other.yaml (--config)") == 0
    assert run(["config", "show", "--config", "none.yaml"]) == 2


@pytest.mark.parametrize("arguments", [["confg"], ["init", "--nonsense"], ["config", "show", "--format", "xml"]])
def test_a_wrong_command_line_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err != ""


def test_a_missing_configuration_is_one_line_and_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show"]) == 2
    assert capsys.readouterr().err.startswith("error: There is no wexport.yaml in ")


def test_a_bug_is_told_without_its_text_and_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> int:
        raise ZeroDivisionError("https://signed.example/?secret")

    monkeypatch.setattr("exporter.cli.effective.run_config_show", crash)
    assert run(["config", "show"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: this is a bug in wexport (ZeroDivisionError at test_commands.py:")
    assert "secret" not in err
    monkeypatch.setenv("WEXPORT_DEBUG", "1")
    assert run(["config", "show"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_token_is_cut_out_of_any_message(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WEXPORT_CONFIG", "/nowhere/my-secret-token")
    monkeypatch.setenv("WEXPORT_DEV_TOKEN", "my-secret-token")
    assert run(["config", "show"]) == 2
    assert "/nowhere/[WEXPORT_DEV_TOKEN]" in capsys.readouterr().err


def test_ctrl_c_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("exporter.cli.effective.run_config_show", interrupt)
    assert run(["config", "show"]) == 130


def test_a_reader_that_leaves_early_is_no_failure(empty_folder: Path) -> None:
    run(["init"])
    command = f"{sys.executable} -m exporter config show | true; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("0\n", "")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("config show >&-", "error: The answer has nowhere to go: stdout is closed.\n"),
        ("config show >/dev/full", "error: Cannot write the answer to stdout: No space left on device.\n"),
        ("config show --config none 2>&-", ""),
    ],
)
def test_a_closed_or_full_output_is_a_failure_with_a_message(empty_folder: Path, command: str, message: str) -> None:
    run(["init"])
    result = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m exporter {command}"], capture_output=True, text=True, check=False
    )
    assert result.returncode == (1 if message else 2)
    assert (result.stdout, result.stderr) == ("", message)


def test_an_output_that_cannot_show_a_letter_gets_an_escape(empty_folder: Path) -> None:
    run(["init"])
    file = empty_folder / "wexport.yaml"
    file.write_text(file.read_text().replace("path: snapshots", "path: 写真"))
    result = wexport("config", "show", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert "\\u5199\\u771f" in result.stdout


def test_the_shell_completes_environment_names(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from exporter.cli.completion import complete_environment

    assert complete_environment("") == []
    (empty_folder / "wexport.yaml").write_text("environments: {dev: 1, test: 2, demo: 3}")
    assert complete_environment("") == ["dev", "test", "demo"]
    assert complete_environment("de") == ["dev", "demo"]
    (empty_folder / "wexport.yaml").write_text("environments: [")
    assert complete_environment("") == []
