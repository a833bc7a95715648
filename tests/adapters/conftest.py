"""Cassettes: recorded answers of a service, replayed without it.

    def test_x(replay):
        with replay("gitlab/issue", sandbox=start) as service:
            GitLabAccess(url=service.url, token=service.token, ...)

Replaying is the normal way: the service is off, the address another one, and a request that was not recorded
fails. `WEXPORT_RECORD=1` records anew from the sandbox that the test names; `WEXPORT_LIVE=1` records from the
real service at `WEXPORT_LIVE_GITLAB_URL` with `WEXPORT_LIVE_GITLAB_TOKEN` (`…_WORKATO_…` likewise).
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import vcr  # type: ignore[import-untyped]
from vcr.request import Request  # type: ignore[import-untyped]

CASSETTES = Path(__file__).parents[2] / "cassettes"
REPLAY_ORIGIN = "http://127.0.0.1:1"  # nothing listens on port 1
REPLAY_TOKEN = "replayed-token"
SECRET_HEADERS = ("authorization", "private-token", "x-user-token", "cookie", "x-correlation-id")
VOLATILE_RESPONSE_HEADERS = ("date", "server", "set-cookie", "content-encoding", "transfer-encoding", "connection")
SIGNED_QUERY = re.compile(r"\?[^\s\"'<>\\]*(?:signature|credential|x-amz-|sig=|expires)[^\s\"'<>\\]*", re.IGNORECASE)
# The fixture that isolates HOME removes these variables, so they are read when this file is loaded.
RECORDING = {name: value for name, value in os.environ.items() if name.startswith(("WEXPORT_LIVE", "WEXPORT_RECORD"))}


@dataclass(frozen=True)
class Service:
    """Where a cassette test finds its service. While replaying, `token` is a made-up one and nothing needs time."""

    url: str
    token: str
    is_replayed: bool = False


StartSandbox = Callable[[], AbstractContextManager[Service]]
Replay = Callable[..., AbstractContextManager[Service]]


def _without_secrets(text: str, service: Service) -> str:
    """Without the token, the service's address and the query of signed links (whose host varies, too)."""
    text = re.sub(r"https?://[^\s\"'<>\\?]+" + SIGNED_QUERY.pattern, _unsigned, text, flags=re.IGNORECASE)
    return text.replace(service.url, REPLAY_ORIGIN).replace(service.token, REPLAY_TOKEN)


def _unsigned(link: re.Match[str]) -> str:
    return REPLAY_ORIGIN + urlsplit(link.group()).path + "?signature=scrubbed"


def _scrub_request(service: Service) -> Callable[[Any], Any]:
    def scrub(request: Any) -> Any:
        parts = urlsplit(request.uri)
        query = SIGNED_QUERY.sub("?signature=scrubbed", f"?{parts.query}" if parts.query else "")
        uri = REPLAY_ORIGIN + parts.path + query.replace(service.token, REPLAY_TOKEN)
        dropped = (*SECRET_HEADERS, "host", "user-agent", "content-length")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
        body = request.body.read() if hasattr(request.body, "read") else request.body  # an upload is read once
        return Request(request.method, uri, body, headers)

    return scrub


def _scrub_response(service: Service) -> Callable[[Any], Any]:
    def scrub(response: Any) -> Any:
        headers, body = response["headers"], response["body"]
        kept = {name: values for name, values in headers.items() if name.lower() not in VOLATILE_RESPONSE_HEADERS}
        content = body["string"]
        if any("gzip" in value for name in headers if name.lower() == "content-encoding" for value in headers[name]):
            content = gzip.decompress(content)
        with suppress(UnicodeDecodeError):  # an archive, which holds no address
            content = _without_secrets(content.decode(), service).encode()
        for name in kept:
            length = [str(len(content))] if name.lower() == "content-length" else kept[name]
            kept[name] = [_without_secrets(value, service) for value in length]
        return {**response, "headers": kept, "body": {"string": content}}

    return scrub


@pytest.fixture
def replay() -> Replay:
    """`replay("gitlab/issue", sandbox=start)`: the service of the cassette of that name, for a `with` block."""

    @contextmanager
    def use(name: str, *, sandbox: StartSandbox) -> Iterator[Service]:
        kind = name.partition("/")[0].upper()
        is_recording = bool(RECORDING)
        with ExitStack() as stack:
            if RECORDING.get("WEXPORT_LIVE") == "1":
                live = Service(RECORDING[f"WEXPORT_LIVE_{kind}_URL"], RECORDING[f"WEXPORT_LIVE_{kind}_TOKEN"])
                service = live
            elif is_recording:
                service = stack.enter_context(sandbox())
            else:
                service = Service(REPLAY_ORIGIN, REPLAY_TOKEN, is_replayed=True)
            path = CASSETTES / f"{name}.yaml"
            if is_recording:
                path.unlink(missing_ok=True)
            recorder = vcr.VCR(
                record_mode=vcr.mode.ONCE if is_recording else vcr.mode.NONE,
                match_on=["method", "path", "query", "body"],
                before_record_request=_scrub_request(service),
                before_record_response=_scrub_response(service),
            )
            stack.enter_context(recorder.use_cassette(str(path)))
            yield service

    return use
