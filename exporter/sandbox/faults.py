"""Failures that can be switched on, request by request.

    POST /__sandbox__/faults  {"method": "GET", "path": "/api/packages/*", "action": "status", "status": 429,
                               "retry_after": 2, "times": 3, "after": 1}

A fault takes the requests that match `method`, `path` (a glob over the whole path) and `environment`; it lets
the first `after` of them pass and then happens `times` times (0: from then on always).

| action | what the client sees |
| --- | --- |
| `status` | an answer with `status`, `body` or `body_base64`, `content_type`, `headers`, `retry_after` |
| `reset` | the connection is cut before any answer |
| `slow` | the true answer, `seconds` later |
| `timeout` | nothing for `seconds`, then the connection is cut; the request is not carried out |
| `lost_answer` | the request is carried out, then the connection is cut |
| `truncate` | the true answer's length and only its first `bytes` bytes |
| `garble` | the true answer with a byte in its middle changed |
| `malformed_json` | the first half of the true answer as if that were all |
| `empty` | HTTP 200 without a body |
| `html` | HTTP 200 and a page of HTML, as proxies send in maintenance |
| `success_false` | HTTP 200 and {"success": false, …} |
| `expired_link` | HTTP 403, as the storage answers to an old link |
| `merge` | the true answer, a JSON object, with the keys of `merge` put over it |
| `never_ending` | `merge` of a package that stays in progress |
| `failed` | `merge` of a package that failed, with the error `body` |

`retry_after` becomes the header: a number of seconds, "date:5" for the HTTP date in five seconds, or any text.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from werkzeug import Response
from werkzeug.http import http_date

ACTIONS = frozenset(
    {
        "status",
        "reset",
        "slow",
        "timeout",
        "lost_answer",
        "truncate",
        "garble",
        "malformed_json",
        "empty",
        "html",
        "success_false",
        "expired_link",
        "merge",
        "never_ending",
        "failed",
    }
)
ALWAYS = 0

_HTML = "<!doctype html><title>Maintenance</title><h1>We'll be back soon</h1>"
_EXPIRED = '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure; see the module for what each action uses. Times are seconds, `times` 0 means always."""

    action: str
    method: str = "*"
    path: str = "*"
    environment: str = "*"
    times: int = 1
    after: int = 0
    status: int = 500
    body: str = ""
    body_base64: str = ""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: str | int | float | None = None
    seconds: float = 0.0
    bytes: int = 0
    merge: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action!r}; one of {', '.join(sorted(ACTIONS))}")

    def matches(self, method: str, path: str, environment: str) -> bool:
        return (
            self.method in ("*", method)
            and fnmatchcase(path, self.path)
            and (self.environment == "*" or self.environment == environment)
        )


def parse_fault(value: object) -> Fault:
    """A fault as it was posted. Raises: ValueError naming the key that is wrong."""
    if not isinstance(value, dict):
        raise ValueError("a fault is a JSON object")
    known = {item.name: item for item in fields(Fault)}
    for key, item in value.items():
        if key not in known:
            raise ValueError(f"unknown key {key!r}; known are {', '.join(known)}")
        if not _has_type(key, item):
            raise ValueError(f"{key!r} has the wrong type: {type(item).__name__}")
    if "action" not in value:
        raise ValueError("'action' is missing")
    if "body_base64" in value:
        try:
            base64.b64decode(value["body_base64"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"'body_base64' is not Base64: {error}") from error
    return Fault(**value)


def _has_type(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return False
    if key in ("times", "after", "status", "bytes"):
        return isinstance(value, int) and value >= 0
    if key == "seconds":
        return isinstance(value, (int, float)) and value >= 0
    if key == "retry_after":
        return isinstance(value, (int, float, str))
    if key == "headers":
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    if key == "merge":
        return isinstance(value, dict)
    return isinstance(value, str)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    happened: int = 0

    def takes(self) -> bool:
        """Counts a matching request and says whether the fault happens to it."""
        self.seen += 1
        if self.seen <= self.fault.after or self._is_used_up():
            return False
        self.happened += 1
        return True

    def _is_used_up(self) -> bool:
        return self.fault.times != ALWAYS and self.happened >= self.fault.times


@dataclass(slots=True)
class FaultBook:
    """The faults that are set, in the order in which they were."""

    _armed: list[_Armed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def take(self, method: str, path: str, environment: str) -> Fault | None:
        """The first fault that happens to this request. Every fault that matches counts it."""
        with self._lock:
            taken = [
                armed.fault for armed in self._armed if armed.fault.matches(method, path, environment) and armed.takes()
            ]
        return taken[0] if taken else None

    def describe(self) -> list[dict[str, object]]:
        """What is set, with how often it matched and happened so far."""
        with self._lock:
            return [
                {
                    "action": armed.fault.action,
                    "method": armed.fault.method,
                    "path": armed.fault.path,
                    "environment": armed.fault.environment,
                    "times": armed.fault.times,
                    "after": armed.fault.after,
                    "matched": armed.seen,
                    "happened": armed.happened,
                }
                for armed in self._armed
            ]


def replaced_answer(fault: Fault, now: datetime) -> Response | None:
    """The answer that stands in for the true one; None for faults that need the true one, or no answer at all."""
    if fault.action == "status":
        return _status_answer(fault, now)
    if fault.action == "empty":
        return Response(b"", 200)
    if fault.action == "html":
        return Response(_HTML, 200, content_type="text/html; charset=utf-8")
    if fault.action == "success_false":
        body = {"success": False, "errors": {"base": [fault.body or "The sandbox was told to refuse this"]}}
        return Response(json.dumps(body), 200, content_type="application/json; charset=utf-8")
    if fault.action == "expired_link":
        return Response(_EXPIRED, 403, content_type="application/xml")
    return None


def altered_answer(fault: Fault, answer: Response) -> Response:
    """The true answer after what `garble`, `malformed_json` and the kinds of `merge` do to it."""
    content = answer.get_data()
    if fault.action == "garble" and content:
        middle = len(content) // 2
        answer.set_data(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    elif fault.action == "malformed_json":
        answer.set_data(content[: len(content) // 2])
    elif fault.action in ("merge", "never_ending", "failed"):
        answer.set_data(_merged(content, _changes(fault)))
    return answer


def _status_answer(fault: Fault, now: datetime) -> Response:
    body = base64.b64decode(fault.body_base64) if fault.body_base64 else fault.body.encode()
    if not body and fault.status >= 400:
        body = json.dumps({"message": f"The sandbox was told to answer {fault.status}"}).encode()
    answer = Response(body, fault.status, content_type=fault.content_type or "application/json; charset=utf-8")
    for name, value in fault.headers.items():
        answer.headers[name] = value
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = _retry_after(str(fault.retry_after), now)
    return answer


def _retry_after(text: str, now: datetime) -> str:
    """ "date:5" -> the HTTP date in five seconds; anything else as it is, since servers send nonsense as well."""
    word, colon, seconds = text.partition(":")
    if word == "date" and colon and seconds.isdecimal():
        return http_date(now.astimezone(UTC) + timedelta(seconds=int(seconds)))
    return text


def _changes(fault: Fault) -> Mapping[str, object]:
    if fault.action == "never_ending":
        return {"status": "in_progress", "download_url": None}
    if fault.action == "failed":
        return {"status": "failed", "download_url": None, "error": fault.body or "The sandbox was told to fail this"}
    return fault.merge


def _merged(content: bytes, changes: Mapping[str, object]) -> bytes:
    try:
        value = json.loads(content)
    except ValueError:
        return content
    return json.dumps({**value, **changes}, ensure_ascii=False).encode() if isinstance(value, dict) else content
