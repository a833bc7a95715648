"""The sandbox's GitLab on a real port, whose answers a test can replace one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from exporter.adapters.gitlab import GitLab, GitLabAccess
from exporter.change.issue import IssueRef
from exporter.sandbox.gitlab import GitLab as SandboxGitLab

PROJECT = "enterprise-apps/integrations/platypus"
TOKEN = "sandbox-gitlab-wexport-token"
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
Answer = Callable[[Request], "Response | None"]


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...


@dataclass
class Served:
    """A GitLab that is served. `answers` are asked first, each request takes one; None leaves it to the sandbox.
    `asked` are the requests so far."""

    url: str
    sandbox: SandboxGitLab
    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    token: str = TOKEN

    def connect(self, token: str = TOKEN, *, timeout_seconds: float = 10.0) -> GitLab:
        """An adapter whose waits are only written down."""
        access = GitLabAccess(self.url, token, "WEXPORT_GITLAB_TOKEN", PROJECT, timeout_seconds)
        return GitLab(access, _Notes(self.notes), sleep=self.waits.append)

    def posts(self) -> int:
        return sum(1 for request in self.asked if request.startswith("POST"))


class _Notes:
    def __init__(self, notes: list[str]) -> None:
        self._notes = notes

    def start(self, task: str, total: int | None = None) -> None: ...

    def advance(self, task: str, detail: str = "") -> None: ...

    def finish(self, task: str, summary: str = "") -> None: ...

    def note(self, text: str) -> None:
        self._notes.append(text)


@contextmanager
def serve() -> Iterator[Served]:
    """The sandbox's GitLab on a free port, with a clock that gains a second with each look."""
    moment = NOW

    def clock() -> datetime:
        nonlocal moment
        moment += timedelta(seconds=1)
        return moment

    def answer(environ: dict[str, object], start: Callable[..., object]) -> object:
        request = Request(environ)
        gitlab.asked.append(f"{request.method} {request.path}")
        replaced = gitlab.answers.pop(0)(request) if gitlab.answers else None
        response = replaced or gitlab.sandbox.respond(request)
        response.call_on_close(request.close)  # an uploaded file stays open otherwise
        return response(environ, start)  # type: ignore[arg-type]

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)  # type: ignore[arg-type]
    url = f"http://127.0.0.1:{server.server_port}"
    gitlab = Served(url, SandboxGitLab(url, now=clock))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield gitlab
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def start_gitlab() -> Callable[[], AbstractContextManager[Served]]:
    """What a cassette is recorded from."""
    return serve


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as gitlab:
        yield gitlab


@pytest.fixture
def issue() -> IssueRef:
    return IssueRef(PROJECT, 123)
