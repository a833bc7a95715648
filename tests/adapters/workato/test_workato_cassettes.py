"""Every call of the adapter, replayed from its cassette. The claims also hold for a real workspace, so that
`WEXPORT_LIVE=1` can record there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from exporter.adapters.workato import Workato
from exporter.adapters.workato.client import Pace
from exporter.errors import WorkatoAccessError
from exporter.sandbox import start_sandbox
from exporter.snapshot import HOME, blob_id

Open = Callable[[str], AbstractContextManager[Any]]


@pytest.fixture
def cassette(replay: Any, tools: Any) -> Open:
    """`cassette("export")`: the service that a cassette of this folder was recorded from."""

    @contextmanager
    def sandbox() -> Iterator[Any]:
        with start_sandbox(seeds=[tools.small_seed()]) as running:
            yield tools.recorded_from(running.url, running.tokens["WEXPORT_DEV_TOKEN"])

    return lambda name: replay(f"workato/{name}", sandbox=sandbox)


def _workato(service: Any, tools: Any, **access: Any) -> Workato:
    values = {"base_url": service.url, "token": service.token} | access
    return Workato(tools.access(**values), pace=tools.clock().pace() if service.is_replayed else Pace())


def test_the_workspace(cassette: Open, tools: Any) -> None:
    with cassette("workspace") as service:
        workspace = _workato(service, tools).fetch_workspace()
    assert workspace.id > 0
    assert workspace.name


def test_a_refused_token(cassette: Open, tools: Any) -> None:
    with cassette("refused_token") as service, pytest.raises(WorkatoAccessError, match="HTTP 401"):
        _workato(service, tools, token="a-token-that-nobody-has").fetch_workspace()


def test_an_export(cassette: Open, tools: Any, tmp_path: Path) -> None:
    with cassette("export") as service:
        snapshot = _workato(service, tools).export(tmp_path)
    names = {project.name for project in snapshot.index.projects}
    assert snapshot.failures == ()
    assert {asset.project for asset in snapshot.assets.values()} <= names | {HOME}
    assert all(blob_id(asset.content) == asset.blob for asset in snapshot.assets.values())
    assert any(snapshot.index.info(path).author_name for path in snapshot.assets if path.endswith(".recipe.json"))


def test_an_export_with_table_data_and_without_home(cassette: Open, tools: Any, tmp_path: Path) -> None:
    with cassette("export_with_table_data") as service:
        snapshot = _workato(service, tools, with_table_data=True, with_home_assets=False).export(tmp_path)
    assert snapshot.failures == ()
    assert all(asset.project != HOME for asset in snapshot.assets.values())


def test_the_probes(cassette: Open, tools: Any) -> None:
    with cassette("probe") as service:
        probes = _workato(service, tools).probe()
    assert [probe.name for probe in probes if not probe.is_ok] == []
    assert len(probes) == 10
