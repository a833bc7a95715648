"""`wexport diff` masks what it shows and knows what is meant to differ, from the configuration to the output."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.adapters.repository import Repository, RepositoryAccess
from exporter.cli.diff import DiffOptions, run_diff
from exporter.cli.wiring import make_masker
from exporter.errors import ConfigurationError
from exporter.snapshot import Index, asset_of, snapshot_of

CONFIGURATION = """\
environments: {dev: {data_center: eu}, test: {data_center: eu}}
equivalent:
  values:
    - {dev: dev.example.com, test: test.example.com}
"""


def recipe(**values: str) -> bytes:
    step = {"keyword": "action", "provider": "rest", "name": "send", "as": "a1", "uuid": "u1", "input": values}
    trigger = {"keyword": "trigger", "uuid": "u0", "block": [step]}
    return json.dumps({"name": "A", "version": 1, "code": trigger, "config": []}).encode()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and a stored snapshot of each environment."""
    (tmp_path / "wexport.yaml").write_text(CONFIGURATION)
    repository = Repository(RepositoryAccess(path=tmp_path / "snapshots"))
    for environment, secret in (("dev", "hunter2"), ("test", "swordfish")):
        content = recipe(url=f"https://{environment}.example.com/x", password=secret)
        snapshot = snapshot_of(Index(environment), [asset_of("P/a.recipe.json", content)])
        repository.commit(snapshot, now=datetime(2026, 11, 1, tzinfo=UTC))
    repository.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], source: str = "dev", target: str = "test") -> str:
    assert run_diff(DiffOptions(source, target), None) == 0
    return capsys.readouterr().out


def test_a_secret_is_masked_and_a_mapped_host_is_no_change(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    assert "hunter2" not in text and "swordfish" not in text
    assert "(7 characters, #" in text and "(9 characters, #" in text
    assert "example.com" not in text
    assert shown(capsys) == text


def test_the_key_stays_out_of_the_commits(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown(capsys)
    assert [file.parent.parent.name for file in here.rglob("mask.key")] == [".git"]


def test_a_given_key_makes_the_same_masks_on_every_machine(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shown(capsys)
    monkeypatch.setenv("WEXPORT_MASK_KEY", "0123456789abcdef")
    given = shown(capsys)
    assert given != own
    assert make_masker(None).mask_text("password", "hunter2") in given


def test_a_short_key_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEXPORT_MASK_KEY", "short-key")
    with pytest.raises(ConfigurationError, match="holds 9 characters; at least 16") as caught:
        make_masker(None)
    assert "short-key" not in str(caught.value)


def test_two_files_are_masked_without_a_repository_and_without_a_mapping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, host in (("after", "dev"), ("before", "test")):
        content = recipe(url=f"https://{host}.example.com/x", password=f"{name}-secret")
        (tmp_path / f"{name}.recipe.json").write_bytes(content)
    text = shown(capsys, "after.recipe.json", "before.recipe.json")
    assert "-secret" not in text
    assert "dev.example.com" in text
