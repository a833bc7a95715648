"""One request to one environment: within the budget, repeated where that is harmless, errors that say what to do.

What may be repeated, and when:

EASY     GET, DELETE, packages/export   after 429, 5xx, a timeout or a broken connection. A second export of the
                                        same manifest only makes a second package.
CAREFUL  creating a manifest            after 429, 503, or when no connection was made: then nothing was created.
                                        After a timeout or a 502 there may be a manifest whose id nobody knows,
                                        and repeating would pile up more of those; the project fails instead.
NEVER    imports and the like           a repeated import bumps versions and restarts recipes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import httpx

from exporter import __version__
from exporter.adapters.workato.access import WorkatoAccess
from exporter.adapters.workato.budget import Budget
from exporter.adapters.workato.replies import Json, error_text, one_line, says_failure
from exporter.adapters.workato.retry import MAX_RETRY_AFTER_SECONDS, backoff_seconds, parse_retry_after
from exporter.errors import (
    ConfigurationError,
    WorkatoAccessError,
    WorkatoError,
    WorkatoNotFoundError,
    WorkatoReplyError,
    WorkatoUnavailableError,
)
from exporter.progress import Progress

MAX_ATTEMPTS = 5
MAX_RATE_LIMIT_ATTEMPTS = 12  # other tools share Workato's limit, so a busy minute or two must be outwaited
NOT_FOUND_PATIENCE_SECONDS = 10.0  # a manifest or package may answer 404 for a moment after it was made
MAX_TRICKLE_FACTOR = 3
MAX_REPLY_BYTES = 256 * 1024 * 1024  # far above 5,000 recipes without code, Workato's limit of a workspace


class Repeat(Enum):
    """When a request may be sent a second time; the module's docstring says why."""

    EASY = "easy"
    CAREFUL = "careful"
    NEVER = "never"


class TokenRefusedError(WorkatoAccessError):
    """HTTP 401: unlike a 403 it concerns the environment, not one project."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Time as the adapter sees it; tests pass their own.

    `poll_steps_seconds` are the waits between two looks at a package; the last one repeats. Each look costs one
    request of the budget, hence the growing steps.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    jitter: Callable[[], float] = random.random
    poll_steps_seconds: tuple[float, ...] = (1.0, 2.0, 3.0, 5.0, 8.0, 10.0)


def silence_request_logs() -> None:
    """httpx logs every URL at INFO, and signed links are secrets; httpcore logs headers at DEBUG."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def open_http(
    access: WorkatoAccess, transport: httpx.AsyncBaseTransport | None, *, with_token: bool
) -> httpx.AsyncClient:
    """A client for the API (`with_token`) or for signed links. Redirects are never followed by themselves.

    Proxies come from the environment, except for this machine, which no proxy can reach.

    Raises: ConfigurationError when the environment's proxy or certificates cannot be used.
    """
    headers = {"User-Agent": f"wexport/{__version__}"}
    if with_token:
        headers |= {"Authorization": f"Bearer {access.token}", "Accept": "application/json"}
    else:
        headers |= {"Accept": "*/*"}
    direct: dict[str, httpx.AsyncBaseTransport | None] = {
        "all://127.0.0.1": transport,
        "all://localhost": transport,
        "all://[::1]": transport,
    }
    try:
        return httpx.AsyncClient(
            headers=headers,
            timeout=access.timeout_seconds,
            follow_redirects=False,
            transport=transport,
            mounts=direct,
        )
    except (ImportError, ValueError, httpx.InvalidURL):  # their texts can hold a proxy's password
        raise ConfigurationError(
            "The proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY cannot be used. It must be http:// or https://."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR name cannot be loaded: {error.strerror or 'no PEM'}."
        ) from error


class Client:
    """Sends requests to one environment's API. Lives inside one event loop; the budget outlives it."""

    def __init__(
        self, access: WorkatoAccess, http: httpx.AsyncClient, budget: Budget, pace: Pace, progress: Progress
    ) -> None:
        self.access = access
        self.pace = pace
        self._http = http
        self._budget = budget
        self._progress = progress

    async def fetch(
        self,
        path: str,
        query: Mapping[str, str | int] | None = None,
        *,
        attempts: int = MAX_ATTEMPTS,
        not_found_patience_seconds: float = 0.0,
    ) -> Json:
        """The JSON that GET answers."""
        return await self.send(
            "GET", path, query=query, attempts=attempts, not_found_patience_seconds=not_found_patience_seconds
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Json = None,
        repeat: Repeat = Repeat.EASY,
        attempts: int = MAX_ATTEMPTS,
        not_found_patience_seconds: float = 0.0,
    ) -> Json:
        """The JSON of the answer; None for an empty one. `path` begins after "/api".

        Raises: WorkatoAccessError, WorkatoNotFoundError, WorkatoUnavailableError, WorkatoReplyError, or
        WorkatoError for another refusal.
        """
        request = self._http.build_request(
            method, f"{self.access.base_url}/api{path}", params=query, json=body if body is not None else None
        )
        label = f"{method} /api{path}"
        give_up_at = self.pace.clock() + not_found_patience_seconds
        failures = limits = 0
        while True:
            await self._budget.take()
            response, problem = await self._exchange(request)
            if response is not None and response.status_code == 429 and limits < MAX_RATE_LIMIT_ATTEMPTS:
                self._pause_for_rate_limit(response, limits)
                limits += 1
                continue
            if response is not None and response.status_code == 404 and self.pace.clock() < give_up_at:
                await self.pace.sleep(1.0)
                continue
            is_cut = method == "GET" and failures == 0 and _looks_cut(response)
            if failures + 1 < attempts and (is_cut or _may_repeat(repeat, response, problem)):
                await self._wait_after_failure(label, response, problem, failures)
                failures += 1
                continue
            if response is None:
                raise self._no_answer(label, problem)
            return self._json_of(label, response)

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[httpx.Response]:
        """One GET whose body is read by the caller; nothing is repeated, no redirect followed."""
        await self._budget.take()
        request = self._http.build_request("GET", f"{self.access.base_url}/api{path}", headers={"Accept": "*/*"})
        response = await self._http.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    def note(self, text: str) -> None:
        self._progress.note(f"{self.access.environment}: {text}")

    async def _exchange(self, request: httpx.Request) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            # httpx's timeout is for each piece; an answer that trickles would never end.
            async with asyncio.timeout(MAX_TRICKLE_FACTOR * self.access.timeout_seconds):
                response = await self._http.send(request, stream=True)
                try:
                    return await self._read(response), None
                finally:
                    await response.aclose()
        except httpx.TransportError as problem:
            return None, problem
        except TimeoutError:
            return None, httpx.ReadTimeout("the answer did not end")
        except httpx.DecodingError:
            raise WorkatoReplyError(f"{self._who()} sent an answer whose compression is broken.") from None

    async def _read(self, response: httpx.Response) -> httpx.Response:
        """The response with its body. Raises: WorkatoReplyError for a body beyond all reason."""
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MAX_REPLY_BYTES:
                raise WorkatoReplyError(f"{self._who()} sent an answer of more than {MAX_REPLY_BYTES} bytes.")
        headers = [(name, text) for name, text in response.headers.multi_items() if name.lower() != "content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=bytes(body))

    def _pause_for_rate_limit(self, response: httpx.Response, limits: int) -> None:
        """Holds everybody back, and says so once, however many requests were refused together."""
        wanted = parse_retry_after(response.headers.get("retry-after"), self.pace.now())
        wait = backoff_seconds(limits + 1, 0.5 + self.pace.jitter() / 2) if wanted is None else wanted
        capped = min(wait, MAX_RETRY_AFTER_SECONDS)
        if not self._budget.pause(capped):
            return
        if wait > capped:
            self.note(
                f"Workato asks for a wait of {wait:.0f} s, more than any limit of it needs; waiting {capped:.0f} s"
            )
        else:
            self.note(f"Workato's request limit is reached, waiting {wait:.0f} s")

    async def _wait_after_failure(
        self, label: str, response: httpx.Response | None, problem: httpx.TransportError | None, failures: int
    ) -> None:
        wait = backoff_seconds(failures, self.pace.jitter())
        if response is not None:
            wanted = parse_retry_after(response.headers.get("retry-after"), self.pace.now())
            wait = min(wanted, MAX_RETRY_AFTER_SECONDS) if wanted is not None else wait
        reason = type(problem).__name__
        if response is not None:
            reason = "an answer that is no JSON" if response.is_success else f"HTTP {response.status_code}"
        self.note(f"{label}: {reason}, trying again")
        await self.pace.sleep(wait)

    def _who(self) -> str:
        return f"Workato at {self.access.host} for environment '{self.access.environment}'"

    def clean(self, text: str) -> str:
        """Text from outside for a message: one line, without the token."""
        return one_line(text.replace(self.access.token, "…"))

    def _no_answer(self, label: str, problem: httpx.TransportError | None) -> WorkatoError:
        # httpx's texts can quote headers, so only the kind of problem and the plain reason are passed on.
        kind = type(problem).__name__
        reason = self.clean(str(problem)) if isinstance(problem, httpx.ConnectError) else ""
        return WorkatoUnavailableError(
            f"{self._who()} did not answer {label} ({kind}{': ' + reason if reason else ''}). "
            "Check the address, the network and the proxy; Workato's status page is status.workato.com."
        )

    def _json_of(self, label: str, response: httpx.Response) -> Json:
        status = response.status_code
        if 200 <= status < 300:
            return self._good_reply(label, response)
        text = self.clean(error_text(_parsed(response)))
        said = f" It says: {text}." if text else ""
        raise self._refusal(label, status, said)

    def _good_reply(self, label: str, response: httpx.Response) -> Json:
        if not response.content.strip():
            return None
        reply = _parsed(response)
        if isinstance(reply, str):
            raise WorkatoReplyError(
                f"{self._who()} answered {label} with something else than JSON: "
                f"{self.clean(reply)[:80] or 'nothing readable'}. Check the base URL; a proxy may have answered."
            )
        if says_failure(reply):
            raise WorkatoReplyError(f"{self._who()} refused {label}: {self.clean(error_text(reply)) or 'no reason'}.")
        return reply

    def _refusal(self, label: str, status: int, said: str) -> WorkatoError:
        access = self.access
        if status == 401:
            return TokenRefusedError(
                f"{self._who()} refused the token for {label} (HTTP 401).{said} Check {access.token_variable}: the "
                "token may be wrong, revoked or of another data center; or the API client's role lacks this privilege."
            )
        if status == 403:
            return WorkatoAccessError(
                f"{self._who()} does not permit {label} (HTTP 403).{said} Check the token in {access.token_variable}: "
                "its API client's role needs this privilege, its project scope and its IP allow list must let it in."
            )
        if status == 404:
            return WorkatoNotFoundError(
                f"{self._who()} knows no {label} (HTTP 404).{said} It is not in this environment, outside the "
                f"project scope of the token in {access.token_variable}, or the data center is another one."
            )
        if status == 429 or status >= 500:
            return WorkatoUnavailableError(
                f"{self._who()} could not answer {label} (HTTP {status}), also after retries.{said} Try again later."
            )
        if 300 <= status < 400:
            return WorkatoReplyError(
                f"{self._who()} answered {label} with a redirect (HTTP {status}), which is not followed with a token. "
                "Check the base URL."
            )
        return WorkatoError(f"{self._who()} refused {label} (HTTP {status}).{said}")


def _may_repeat(repeat: Repeat, response: httpx.Response | None, problem: Any) -> bool:
    if repeat is Repeat.NEVER:
        return False
    if response is not None:
        return response.status_code == 503 or (response.status_code >= 500 and repeat is Repeat.EASY)
    never_arrived = isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return never_arrived or (repeat is Repeat.EASY and not isinstance(problem, httpx.UnsupportedProtocol))


def _looks_cut(response: httpx.Response | None) -> bool:
    """Whether a good answer cannot be whole JSON: cut, empty, or a page that something on the way put in its place.
    Worth one more try, not five: a wrong base URL answers like this every time."""
    return response is not None and response.is_success and response.content.rstrip()[-1:] not in (b"}", b"]")


def _parsed(response: httpx.Response) -> Json:
    """The body as JSON; its text as a string when it is none."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        text = response.content[:2000].decode("utf-8", "replace")
        is_html = "<html" in text.lower() or "<!doctype" in text.lower()
        return "(an HTML page)" if is_html else text
