"""How many requests a minute one environment gets, however many workers ask for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

WINDOW_SECONDS = 60.0
NOTED_WAIT_SECONDS = 5.0  # a shorter wait is not worth a line
SAME_PAUSE_SECONDS = 1.0  # answers to requests that were under way together name the same pause


class Budget:
    """At most `per_minute` requests in any 60 seconds; 0 or less means no limit.

    A small workspace never waits: the first `per_minute` requests go at once. After that each request waits for
    the one `per_minute` places before it to be a minute old. Counting a sliding minute instead of refilling
    a bucket keeps the promise also in the first minute, where a full bucket and its refill would make twice as
    many. `pause` holds everybody back, for an answer 429 that meant the environment and not one request.

    Belongs to one event loop at a time. `clock` gives seconds that only grow; `note` gets one line a long wait.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._sleep = sleep
        self._note = note
        self._starts: deque[float] = deque(maxlen=max(per_minute, 1))
        self._paused_until = float("-inf")
        self._is_wait_noted = False

    async def take(self) -> None:
        """Returns when one more request may be sent."""
        start = self._reserve()
        while True:
            wait = max(start, self._paused_until) - self._clock()
            if wait <= 0:
                return
            own_wait = start - self._clock()
            if own_wait >= NOTED_WAIT_SECONDS and not self._is_wait_noted:
                self._is_wait_noted = True
                self._note(f"the budget of {self._per_minute} requests a minute is used up, waiting {own_wait:.0f} s")
            await self._sleep(wait)

    def pause(self, seconds: float) -> bool:
        """Nobody gets a request for so long. Whether that is news: not what another worker was told a moment ago."""
        until = self._clock() + seconds
        is_news = until > self._paused_until + SAME_PAUSE_SECONDS
        self._paused_until = max(self._paused_until, until)
        return is_news

    def _reserve(self) -> float:
        now = self._clock()
        if self._per_minute <= 0:
            return now
        start = now
        if len(self._starts) == self._per_minute:
            start = max(now, self._starts[0] + WINDOW_SECONDS)
        self._starts.append(start)
        return start
