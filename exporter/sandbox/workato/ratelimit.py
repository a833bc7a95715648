"""Workato's request limits: so many a minute for each token and group of endpoints.

Which endpoints share a bucket is not documented; the groups follow the table of limits on
docs.workato.com/workato-api.html.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0
UNLIMITED = 0

_GROUPS = {
    "export_manifests": "packages",
    "packages": "packages",
    "projects": "projects",
    "folders": "projects",
    "project_builds": "deployments",
    "deployments": "deployments",
}


def endpoint_group(path: str) -> str:
    """The bucket that a path below /api counts against: "/api/packages/7" -> "packages"."""
    word = path.removeprefix("/api/").partition("/")[0]
    return _GROUPS.get(word, word)


class RateLimiter:
    """A sliding window. `clock` counts seconds from anywhere; `per_minute` 0 means no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._requests: dict[tuple[str, str], deque[float]] = {}

    def admit(self, token: str, group: str) -> int | None:
        """Counts a request. None if it may pass, else the whole seconds (at least 1) until the next one may."""
        if self.per_minute == UNLIMITED:
            return None
        now = self._clock()
        times = self._requests.setdefault((token, group), deque())
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        if len(times) >= self.per_minute:
            return max(1, math.ceil(times[-self.per_minute] + WINDOW_SECONDS - now))
        times.append(now)
        return None
