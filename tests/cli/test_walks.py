"""The commands on the sandbox, as a user types them: answers on stdout, the rest on stderr, the exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.cli.main import run
from exporter.sandbox import Sandbox, start_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start_sandbox(rate_limit=0) as running:
        yield running


@pytest.fixture(scope="module")
def stored(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration for the sandbox and snapshots of dev and test."""
    folder = tmp_path_factory.mktemp("stored")
    write_configuration(folder, sandbox)
    # A process of its own: fixtures of this scope come before those that isolate a test.
    home = {"HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **sandbox.tokens}
    command = [sys.executable, "-m", "exporter", "snapshot", "dev", "test"]
    subprocess.run(command, cwd=folder, env={**os.environ, **home}, check=True, capture_output=True, timeout=100)
    return folder


def write_configuration(folder: Path, sandbox: Sandbox) -> None:
    environments = "".join(
        f"  {name}: {{base_url: '{sandbox.url}', requests_per_minute: 6000}}\n" for name in ("dev", "test", "prod")
    )
    gitlab = f"gitlab: {{url: '{sandbox.url}', project: enterprise-apps/integrations/platypus}}\n"
    (folder / "wexport.yaml").write_text(f"environments:\n{environments}{gitlab}")


@pytest.fixture
def here(sandbox: Sandbox, stored: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, token in sandbox.tokens.items():
        monkeypatch.setenv(name, token)
    monkeypatch.chdir(stored)
    return stored


@pytest.fixture
def empty(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and no snapshot."""
    for name, token in sandbox.tokens.items():
        monkeypatch.setenv(name, token)
    write_configuration(tmp_path, sandbox)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_second_snapshot_stores_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["snapshot", "dev"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("dev: nothing changed since ")
    assert "dev: exporting" in captured.err


def test_a_diff_goes_to_stdout_without_colour(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "test"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("What promoting dev would change in test\n")
    assert "\x1b" not in captured.out
    assert captured.err == ""


def test_the_exit_code_says_whether_there_are_differences(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "test", "--exit-code", "--summary"]) == 3
    assert run(["diff", "dev", "dev", "--exit-code"]) == 0
    assert "No differences" in capsys.readouterr().out


def test_the_same_diff_has_the_same_bytes_under_any_hash_seed(
    here: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    command = ["diff", "dev", "test", "--format", "json"]
    assert run(command) == 0  # under the seed of this very process
    texts = {capfdbinary.readouterr().out} | {
        subprocess.run(
            [sys.executable, "-m", "exporter", *command],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(texts) == 1


def test_json_of_the_story_is_valid_by_the_schema(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import jsonschema

    schema = json.loads((Path(__file__).parents[2] / "docs" / "diff.schema.json").read_text(encoding="utf-8"))
    assert run(["diff", "dev", "test", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schema).validate(data)
    assert len(data["changes"]) > 5


def test_output_writes_a_file_and_nothing_to_stdout(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "test", "--output", "diff.txt"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Wrote diff.txt.\n"
    text = (here / "diff.txt").read_text(encoding="utf-8")
    assert text.startswith("What promoting dev would change in test\n")
    assert [path.name for path in here.glob(".diff*")] == []


def test_only_keeps_to_what_matches(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "test", "--only", "HR*", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["only"] == ["HR*"]
    assert {change["path"].split("/")[0] for change in data["changes"]} == {"HR ∕ Onboarding"}


def test_markdown_counts_what_is_no_behaviour_unless_verbose(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "test", "--format", "markdown"]) == 0
    brief = capsys.readouterr().out
    assert run(["diff", "dev", "test", "--format", "markdown", "--verbose"]) == 0
    assert 0 < len(brief) < len(capsys.readouterr().out)


def test_post_posts_once_and_then_finds_nothing_to_do(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "test", "--post", "123", "--dry-run"]) == 0
    assert "promoting dev to test" in capsys.readouterr().out
    assert run(["diff", "dev", "test", "--post", "123"]) == 0
    first = capsys.readouterr().out
    assert first.startswith("Posted the comment: http://127.0.0.1:")
    assert run(["diff", "dev", "test", "--post", "123"]) == 0
    assert capsys.readouterr().out.startswith("The comment is up to date; nothing was sent: http://127.0.0.1:")


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("diff dve test", 2, "There is no environment 'dve'"),
        ("diff dve test", 2, "Did you mean 'dev'? Known: dev, test, prod."),
        ("diff dev@ test", 2, "'dev@' names no snapshot"),
        ("diff dev@2020-01-01 test", 2, "no snapshot of environment 'dev'"),
        ("diff dev prod", 2, "wexport snapshot"),
        ("diff dev test --only nothing-like-it", 2, "names no asset"),
        ("diff dev test --dry-run", 2, "--dry-run belongs to --post"),
        ("diff dev test --summary --format json", 2, "is for --format text"),
        ("diff dev test --verbose --format json", 2, "JSON always has everything"),
        ("diff dev test --verbose --summary", 2, "give one of them"),
        ("diff dev test --post 123 --format json", 2, "do not apply"),
        ("diff dev test --post 123 --output x", 2, "needs --dry-run"),
        ("diff dev test --post abc", 2, "'abc' names no issue"),
        ("diff dev test --post 99999", 1, "does not exist, or the token"),
        ("diff dev test --output no/such/folder/x", 1, "Cannot write no/such/folder/x: No such file or directory."),
        ("snapshot", 2, "or give --all"),
        ("snapshot dev --all", 2, "or give --all"),
        ("snapshot prdo", 2, "Did you mean 'prod'?"),
        ("snapshot dev --push", 2, "set snapshots.remote"),
    ],
)
def test_wrong_input_is_one_message_and_a_code(
    here: Path, command: str, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command.split()) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_a_missing_token_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WEXPORT_DEV_TOKEN")
    assert run(["snapshot", "dev"]) == 2
    assert "The environment variable WEXPORT_DEV_TOKEN is not set." in capsys.readouterr().err
    monkeypatch.delenv("WEXPORT_GITLAB_TOKEN")
    assert run(["diff", "dev", "test", "--post", "123"]) == 2
    assert "The environment variable WEXPORT_GITLAB_TOKEN is not set." in capsys.readouterr().err


def test_a_refused_token_is_a_failure_that_names_its_variable(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEXPORT_DEV_TOKEN", "wrong-token")
    assert run(["snapshot", "dev"]) == 1
    err = capsys.readouterr().err
    assert "error: dev: Workato" in err
    assert "WEXPORT_DEV_TOKEN" in err
    assert "wrong-token" not in err
    monkeypatch.setenv("WEXPORT_GITLAB_TOKEN", "wrong-token")
    assert run(["diff", "dev", "test", "--post", "123"]) == 1
    assert "error: GitLab refused the token" in capsys.readouterr().err


def test_one_refused_environment_does_not_stop_the_other(
    empty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEXPORT_DEV_TOKEN", "wrong-token")
    assert run(["snapshot", "dev", "prod"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("prod: ")
    assert "error: dev: " in captured.err


def test_a_diff_before_any_snapshot_says_what_to_run(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "dev", "test"]) == 2
    assert "wexport snapshot" in capsys.readouterr().err
    assert not (empty / "snapshots").exists()


def test_without_git_the_message_says_so(empty: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "exporter", "snapshot", "dev"],
        env={**os.environ, "PATH": str(empty)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr.startswith("error: No git program was found on the PATH.")


def test_doctor_prints_the_id_to_pin_and_finds_a_swapped_token(
    empty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["doctor", "--format", "json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    pin = next(check for check in checks if check["area"] == "dev" and check["name"] == "pin")
    assert "workspace_id: " in pin["fix"]
    assert [check for check in checks if check["area"] in ("dev", "test", "prod") and check["status"] == "failed"] == []
    monkeypatch.setenv("WEXPORT_DEV_TOKEN", "sandbox-workato-test-token")
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "✗ failed   token: the token leads to the same workspace" in out
    assert "what to fix: " in out
    assert not (empty / "snapshots").exists()


def test_doctor_fails_on_a_token_that_is_not_set(
    empty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WEXPORT_PROD_TOKEN")
    assert run(["doctor"]) == 1
    assert "The environment variable WEXPORT_PROD_TOKEN is not set." in capsys.readouterr().out


def test_sandbox_prints_exports_and_ends_quietly(tmp_path: Path) -> None:
    import signal

    command = [sys.executable, "-m", "exporter", "sandbox", "--print-env"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert line == "export WEXPORT_DEV_TOKEN=sandbox-workato-dev-token\n"
    assert process.returncode == 0
    assert err.endswith("The sandbox has stopped.\n")


def test_sandbox_without_its_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Hidden:
        def find_spec(self, name: str, *_: object) -> None:
            if name.split(".")[0] == "werkzeug":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    for name in [name for name in sys.modules if name.startswith(("werkzeug", "exporter.sandbox"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
    assert run(["sandbox"]) == 2
    assert "pip install 'wexport[sandbox]'" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    port = sandbox.url.rpartition(":")[2]
    assert run(["sandbox", "--port", port]) == 2
    assert capsys.readouterr().err == (
        f"error: Port {port} cannot be used (Address already in use). Give another --port, or none.\n"
    )
