from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exporter.adapters.workato.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "workato-dev.jsonl"


def _journal(path: Path, environment: str = "dev") -> Journal:
    return Journal(path, base_url="https://app.eu.workato.com", environment=environment)


def _dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _write(path: Path, **entry: object) -> None:
    path.parent.mkdir(exist_ok=True)
    line = {"base_url": "https://app.eu.workato.com", "environment": "dev", **entry}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def test_a_manifest_is_left_over_until_it_is_removed(path: Path) -> None:
    journal = _journal(path)
    journal.add("1")
    journal.add("2")
    journal.remove("1")
    assert _journal(path).leftovers() == ["2"]


def test_no_file_means_nothing_is_left_over(path: Path) -> None:
    assert _journal(path).leftovers() == []


def test_manifests_of_a_killed_run_are_left_over(path: Path) -> None:
    _write(path, manifest="5", process=_dead_process())
    assert _journal(path).leftovers() == ["5"]


def test_manifests_of_a_run_that_is_alive_are_not_touched(path: Path) -> None:
    _write(path, manifest="5", process=os.getppid())
    assert _journal(path).leftovers() == []


def test_another_environments_manifests_are_not_ours(path: Path) -> None:
    _journal(path, "prod").add("9")
    assert _journal(path, "dev").leftovers() == []


def test_a_line_cut_by_a_kill_and_lines_that_are_none_are_passed_over(path: Path) -> None:
    _journal(path).add("3")
    with path.open("a") as file:
        file.write('[]\n{"manifest": "../../x", "base_url": "b", "environment": "e"}\n{"manifest": {}}\n')
        file.write('{"base_url": "https://app')
    assert _journal(path).leftovers() == ["3"]


def test_compacting_keeps_what_is_left_and_removes_an_empty_file(path: Path) -> None:
    journal = _journal(path)
    for number in range(50):
        journal.add(str(number))
        if number:
            journal.remove(str(number))
    journal.compact()
    assert len(path.read_text().splitlines()) == 1
    assert journal.leftovers() == ["0"]
    journal.remove("0")
    journal.compact()
    assert not path.exists()
    assert list(path.parent.iterdir()) == []
