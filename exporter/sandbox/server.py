"""The sandbox's web server: one address on this machine for Workato, GitLab and its own control."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Protocol

from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from exporter.sandbox.control import PREFIX as CONTROL_PREFIX
from exporter.sandbox.control import Control
from exporter.sandbox.faults import Fault, altered_answer, replaced_answer
from exporter.sandbox.gitlab import GitLab
from exporter.sandbox.request_log import LoggedRequest
from exporter.sandbox.seed import WorkspaceSeed
from exporter.sandbox.story import load_story
from exporter.sandbox.workato import Workato, token_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
ENVIRONMENTS = ("dev", "test", "prod")
GITLAB_TOKEN_VARIABLE = "WEXPORT_GITLAB_TOKEN"  # noqa: S105 - the name of a variable
GITLAB_TOKEN = "sandbox-gitlab-wexport-token"  # noqa: S105 - a made-up one that opens nothing else
ISSUE_PATH = "/enterprise-apps/integrations/platypus/-/issues/123"


class Service(Protocol):
    """What answers requests: the emulated Workato or GitLab."""

    def respond(self, request: Request) -> Response: ...


class Sandbox:
    """A running sandbox. Usable as a context manager; `stop` may be called more than once.

    `url` is the base of both services, `tokens` maps the variables that wexport reads to tokens, `control` sets
    faults, reads the request log and changes what the emulated workspaces hold, `gitlab` is the emulated GitLab.
    """

    def __init__(
        self, url: str, control: Control, gitlab: GitLab, server: BaseWSGIServer, stopping: threading.Event
    ) -> None:
        self.url = url
        self.control = control
        self.gitlab = gitlab
        self.issue_url = url + ISSUE_PATH
        self.tokens: Mapping[str, str] = MappingProxyType(
            {f"WEXPORT_{name.upper()}_TOKEN": token_of(name) for name in control.workato.environments}
            | {GITLAB_TOKEN_VARIABLE: GITLAB_TOKEN}
        )
        self._server = server
        self._stopping = stopping
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="sandbox", daemon=True)
        self._thread.start()

    def requests(self) -> list[dict[str, object]]:
        """What was asked so far; see LoggedRequest."""
        return self.control.requests()

    def stop(self) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            self._server.shutdown()
            self._thread.join()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_sandbox(
    port: int = 0,
    *,
    latency_ms: int = 0,
    rate_limit: int | None = None,
    generated_recipes: int = 0,
    log: Callable[[str], None] | None = None,
    seeds: Sequence[WorkspaceSeed] | None = None,
) -> Sandbox:
    """Starts the sandbox on 127.0.0.1 in a thread of its own.

    `port` 0 takes a free one. `latency_ms` delays every answer. `rate_limit` is in requests a minute for each
    Workato token and group of endpoints; None is Workato's own 60, 0 is no limit. `generated_recipes` come on top
    of the story. `log` gets a line for each request. `seeds` replace the story.

    Raises: OSError if the port is taken.
    """
    listener = socket.create_server((HOST, port))
    try:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        workato = Workato(url, _story(generated_recipes) if seeds is None else seeds, now=_now)
        control = Control(workato, clock=time.monotonic)
        control.configure(latency_ms=latency_ms)
        if rate_limit is not None:
            control.configure(rate_limit=rate_limit)
        gitlab = GitLab(url, now=_now)
        stopping = threading.Event()
        application = _Application(url, control, gitlab, stopping, log)
        server = make_server(
            HOST, port, application, threaded=True, request_handler=_QuietHandler, fd=listener.fileno()
        )
    finally:
        listener.close()  # the server has its own copy
    return Sandbox(url, control, gitlab, server, stopping)


def print_env_lines(sandbox: Sandbox) -> str:
    """Lines for a shell: wexport's tokens, and what Workato's own command line reads (for the first environment)."""
    first = next(iter(sandbox.tokens.values()))
    variables = {
        **sandbox.tokens,
        "WEXPORT_SANDBOX_URL": sandbox.url,
        "WORKATO_HOST": sandbox.url,
        "WORKATO_API_TOKEN": first,
    }
    return "".join(f"export {name}={value}\n" for name, value in variables.items())


class _Application:
    """The WSGI application: picks the service, lets faults happen, keeps the log."""

    def __init__(
        self,
        url: str,
        control: Control,
        gitlab: Service,
        stopping: threading.Event,
        log: Callable[[str], None] | None,
    ) -> None:
        self._url = url
        self._control = control
        self._gitlab = gitlab
        self._stopping = stopping
        self._log = log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith(CONTROL_PREFIX):
            return self._control.respond(request)(environ, start_response)
        service, responder = self._service(request.path)
        environment = self._control.workato.environment_of(request) if service == "workato" else None
        logged = self._control.log.begin(request, service, environment.name if environment else "")
        status: int | None = None
        try:
            answer, sent_bytes = self._answer(request, responder, logged.environment)
            status = answer.status_code
        finally:
            self._finish(logged, status)
        if sent_bytes is None:
            return answer(environ, start_response)
        answer.headers["Content-Length"] = str(len(answer.get_data()))
        start_response(answer.status, answer.headers.to_wsgi_list())
        return [answer.get_data()[:sent_bytes]]  # then the server closes, as after every answer

    def _answer(self, request: Request, responder: Service, environment: str) -> tuple[Response, int | None]:
        """The answer, and how many bytes of it are sent (None: all).

        Raises: ConnectionResetError if the client gets no answer.
        """
        self._stopping.wait(self._control.latency_ms / 1000)
        fault = self._control.faults.take(request.method, request.path, environment)
        if fault is None:
            return responder.respond(request), None
        if fault.action in ("reset", "timeout"):
            self._stopping.wait(fault.seconds)
            _cut_connection(request.environ)
        if fault.action == "slow":
            self._stopping.wait(fault.seconds)
        return self._faulty_answer(request, responder, fault)

    def _faulty_answer(self, request: Request, responder: Service, fault: Fault) -> tuple[Response, int | None]:
        replaced = replaced_answer(fault, _now())
        if replaced is not None:
            return replaced, None
        answer = altered_answer(fault, responder.respond(request))
        if fault.action == "lost_answer":
            _cut_connection(request.environ)
        return answer, fault.bytes if fault.action == "truncate" else None

    def _service(self, path: str) -> tuple[str, Service]:
        if path == "/":
            return "sandbox", _IndexPage(self._url, self._control)
        is_workato_api = path.startswith("/api/") and path != "/api/v4" and not path.startswith("/api/v4/")
        if is_workato_api or path.startswith(("/storage/", "/recipes/")):
            return "workato", self._control.workato
        return "gitlab", self._gitlab

    def _finish(self, logged: LoggedRequest, status: int | None) -> None:
        self._control.log.finish(logged, status)
        if self._log is not None:
            place = logged.environment or logged.service
            self._log(f"{place} {logged.method} {logged.path} -> {status or 'cut'}")


class _IndexPage:
    """The front page: where everything is."""

    def __init__(self, url: str, control: Control) -> None:
        self._url = url
        self._control = control

    def respond(self, request: Request) -> Response:
        rows = [
            ("Workato API", f"{self._url}/api/"),
            ("GitLab API", f"{self._url}/api/v4/"),
            ("Change issue", self._url + ISSUE_PATH),
            ("Requests so far", f"{self._url}{CONTROL_PREFIX}requests"),
            ("Faults", f"{self._url}{CONTROL_PREFIX}faults"),
        ]
        links = "".join(f'<li>{escape(name)}: <a href="{escape(url)}">{escape(url)}</a>' for name, url in rows)
        tokens = [(f"Workato, {name}", token_of(name)) for name in self._control.workato.environments]
        lines = "".join(
            f"<li>{escape(name)}: <code>{escape(token)}</code>" for name, token in [*tokens, ("GitLab", GITLAB_TOKEN)]
        )
        body = (
            "<!doctype html><meta charset=utf-8><title>wexport sandbox</title><h1>wexport sandbox</h1>"
            f"<h2>Addresses</h2><ul>{links}</ul><h2>Tokens</h2><ul>{lines}</ul>"
        )
        return Response(body, content_type="text/html; charset=utf-8")


class _QuietHandler(WSGIRequestHandler):
    """Says nothing by itself, and sends small answers at once."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        pass


def _cut_connection(environ: Mapping[str, object]) -> None:
    """Ends the connection with a reset. Raises: ConnectionResetError, which makes the server drop the request."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):  # the client may have gone first
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("the sandbox was told to cut this connection")


def _now() -> datetime:
    return datetime.now(UTC)


def _story(generated_recipes: int) -> list[WorkspaceSeed]:
    return [load_story(environment, generated_recipes) for environment in ENVIRONMENTS]
