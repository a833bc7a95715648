"""How long to wait before a request is sent again. Pure arithmetic; who waits is elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_DELAY_SECONDS = 1.0
MAX_DELAY_SECONDS = 30.0
MAX_RETRY_AFTER_SECONDS = 120.0  # Workato's limits are per minute; a longer wish is a broken clock or an outage


def backoff_seconds(attempt: int, jitter: float) -> float:
    """Exponential backoff with full jitter: `jitter` (0 to 1) times 1, 2, 4, … up to 30 seconds.

    `attempt` is 0 for the first failure. Full jitter keeps workers that failed together from returning together.
    """
    return min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(attempt, 10)) * jitter


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for: "7", "1.5" or an HTTP date; None if it says nothing usable.

    A date in the past is 0. Not capped; see MAX_RETRY_AFTER_SECONDS.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text, now)
    return seconds if 0 <= seconds < float("inf") else None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # what the standard library raises for odd dates
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
