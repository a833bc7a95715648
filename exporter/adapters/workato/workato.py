"""One Workato environment, for callers that know nothing of asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx

from exporter.adapters.workato.access import Probe, WorkatoAccess, Workspace
from exporter.adapters.workato.assembly import assemble_snapshot
from exporter.adapters.workato.budget import Budget
from exporter.adapters.workato.client import Client, Pace, open_http, silence_request_logs
from exporter.adapters.workato.export import Export
from exporter.adapters.workato.journal import Journal
from exporter.adapters.workato.probe import ask_all
from exporter.adapters.workato.service import fetch_workspace
from exporter.errors import PackageError
from exporter.progress import Progress, Silent
from exporter.snapshot import Snapshot

Value = TypeVar("Value")


class Workato:
    """One environment. Every method runs its own event loop, so several environments work in threads side by side.

    `journal` is a file of this environment that remembers export manifests not yet deleted; without one, those of
    a killed run stay in Workato's list. The request budget is shared by all calls of one object. `transport` and
    `pace` replace the network and the time in tests.
    """

    def __init__(
        self,
        access: WorkatoAccess,
        progress: Progress | None = None,
        *,
        journal: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        pace: Pace | None = None,
    ) -> None:
        silence_request_logs()
        self.access = access
        self._progress = progress or Silent()
        self._transport = transport
        self._pace = pace or Pace()
        self._budget = Budget(
            access.requests_per_minute,
            clock=self._pace.clock,
            sleep=self._pace.sleep,
            note=lambda text: self._progress.note(f"{access.environment}: {text}"),
        )
        self._journal = (
            Journal(journal, base_url=access.base_url, environment=access.environment) if journal is not None else None
        )

    def fetch_workspace(self) -> Workspace:
        """Whose token it is. Raises: WrongWorkspaceError if the pinned workspace is another, WorkatoError."""
        return self._run(fetch_workspace)

    def export(self, archive_dir: Path) -> Snapshot:
        """Everything there is. The packages stay in `archive_dir`, and the assets read from there.

        A project that could not be exported is one of the snapshot's failures; what concerns the whole
        environment raises.

        Raises: WrongWorkspaceError, WorkatoAccessError, WorkatoUnavailableError and the other WorkatoErrors;
        PackageError when `archive_dir` cannot be made.
        """
        try:
            archive_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PackageError(f"Packages cannot be stored in {archive_dir}: {error.strerror}.") from error

        async def export(client: Client) -> Snapshot:
            async with open_http(self.access, self._transport, with_token=False) as storage:
                work = Export(client, storage, self._progress, archive_dir, self._journal)
                return assemble_snapshot(self.access, await work.run())

        return self._run(export)

    def probe(self) -> tuple[Probe, ...]:
        """For the doctor: what the token may do. Only reads."""
        return self._run(ask_all)

    def _run(self, work: Callable[[Client], Awaitable[Value]]) -> Value:
        async def with_client() -> Value:
            async with open_http(self.access, self._transport, with_token=True) as http:
                return await work(Client(self.access, http, self._budget, self._pace, self._progress))

        return asyncio.run(with_client())
