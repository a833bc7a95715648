"""What the sandbox was asked. No header, body, token or signature is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from werkzeug import Request

_SECRET_WORDS = ("token", "signature", "secret", "password", "credential", "key")


@dataclass(slots=True)
class LoggedRequest:
    """One request. Offsets are seconds since the sandbox started; `in_flight` counts it and those under way then."""

    method: str
    path: str
    query: dict[str, list[str]]
    service: str
    environment: str
    in_flight: int
    started_seconds: float
    finished_seconds: float | None = None
    status: int | None = None

    def describe(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


class RequestLog:
    """Every request but those to the control address. `clock` counts seconds from anywhere."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._zero = clock()
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []
        self._in_flight = 0

    def begin(self, request: Request, service: str, environment: str) -> LoggedRequest:
        with self._lock:
            self._in_flight += 1
            logged = LoggedRequest(
                method=request.method,
                path=request.path,
                query=_without_secrets(request),
                service=service,
                environment=environment,
                in_flight=self._in_flight,
                started_seconds=round(self._clock() - self._zero, 6),
            )
            self._requests.append(logged)
        return logged

    def finish(self, logged: LoggedRequest, status: int | None) -> None:
        """`status` None: the connection was cut without an answer."""
        with self._lock:
            self._in_flight -= 1
            logged.status = status
            logged.finished_seconds = round(self._clock() - self._zero, 6)

    def describe(self) -> list[dict[str, object]]:
        with self._lock:
            return [logged.describe() for logged in self._requests]

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()


def _without_secrets(request: Request) -> dict[str, list[str]]:
    return {
        name: ["…"] if any(word in name.lower() for word in _SECRET_WORDS) else values
        for name, values in request.args.lists()
    }
