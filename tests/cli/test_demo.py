"""The newcomer's first minute: the demo runs everything, twice, and never takes over a folder of somebody else."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter.cli.main import run


def demo(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "exporter", "demo", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=90, check=False)


@contextmanager
def kept_demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo with --keep, which runs until it is interrupted."""
    command = [sys.executable, "-W", "error", "-m", "exporter", "demo", "--dir", "play", "--keep"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


def address_of_issue(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    found = (re.search(r"Look at the change issue with the posted comment: (\S+)", line) for line in process.stdout)
    return next(match.group(1) for match in found if match)


def test_the_demo_does_the_whole_job_and_a_second_run_that_stays_open_finds_nothing_new(tmp_path: Path) -> None:
    first = demo("--dir", "play", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    commands = re.findall(r"^\$ wexport (.*)$", first.stdout, re.M)
    assert commands == ["snapshot --all", "diff dev test", "diff dev test --post 123"]
    assert "What promoting dev would change in test" in first.stdout
    assert "NetSuite → NetSuite UAT" in first.stdout

    page = (tmp_path / "play" / "issue-123.html").read_text(encoding="utf-8")
    assert "Order to cash: credit check before invoicing" in page
    assert "NetSuite UAT" in page, "the comment is on the page"

    tokens = tmp_path / "play" / "sandbox.env"
    assert tokens.stat().st_mode & 0o077 == 0

    with kept_demo(tmp_path) as second:
        with urllib.request.urlopen(address_of_issue(second), timeout=10) as reply:
            assert "NetSuite UAT" in reply.read().decode(), "the issue stays open to look at"
        assert second.poll() is None
    log = subprocess.run(
        ["git", "-C", str(tmp_path / "play" / "snapshots"), "log", "--format=%s"],
        capture_output=True,
        text=True,
        check=True,
    )
    environments = [subject.split(":")[0] for subject in log.stdout.splitlines()]
    assert sorted(name for name in environments if name in ("dev", "test", "prod")) == ["dev", "prod", "test"]


def test_the_demo_leaves_a_folder_of_somebody_else_alone(tmp_path: Path) -> None:
    (tmp_path / "wexport.yaml").write_text("environments: {}\n", encoding="utf-8")
    result = demo("--dir", ".", cwd=tmp_path)
    assert result.returncode == 2
    assert "Name another folder with --dir" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["wexport.yaml"]


def test_the_demo_in_a_folder_that_is_gone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run(["demo"]) == 2
    assert "The working directory does not exist any more" in capsys.readouterr().err
