"""The benchmark runs: its numbers are for people, that it works is for this test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_diff_benchmark_runs_and_reports_one_change_for_one_inserted_step(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    run_benchmark("--size", "small", "--json", str(results))
    large, compared, warned = json.loads(results.read_text(encoding="utf-8"))
    assert large["facts"].endswith("changes reported: 1.")
    assert compared["facts"] == "60 recipes; 6 reported as changed."
    assert {large["limit"], compared["limit"], warned["limit"]} == {5, 2, None}


def test_pairs_of_recipes_give_a_table_of_what_is_said_about_them(tmp_path: Path) -> None:
    recipe = {"name": "R", "version": 1, "code": {"keyword": "trigger", "uuid": "t", "block": []}}
    step = {"keyword": "action", "provider": "logger", "name": "log", "uuid": "a", "input": {"message": "Hi"}}
    for name, after in (
        ("001_noise", {**recipe, "version": 2}),
        ("002_step", {**recipe, "code": {**recipe["code"], "block": [step]}}),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "before.recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
        (tmp_path / name / "after.recipe.json").write_text(json.dumps(after), encoding="utf-8")
    lines = run_benchmark("--pairs", str(tmp_path)).splitlines()
    assert lines[2].startswith("| 001_noise | 2 | 0 | 0 | 0 | – |")
    assert lines[3].startswith("| 002_step | 12 | 1 | 0 |")
    assert lines[-1] == "Nothing reported: 1 (001_noise)."


def run_benchmark(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.diff", *arguments]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
