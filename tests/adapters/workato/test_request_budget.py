from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.adapters.workato.budget import Budget
from exporter.adapters.workato.retry import backoff_seconds, parse_retry_after

NOW = datetime(2026, 11, 2, 12, 0, 0, tzinfo=UTC)


def _starts(budget: Budget, clock: Callable[[], float], count: int) -> list[float]:
    async def take_all() -> list[float]:
        starts = []
        for _ in range(count):
            await budget.take()
            starts.append(clock())
        return starts

    return asyncio.run(take_all())


def test_a_small_workspace_never_waits(tools: Any) -> None:
    clock = tools.clock()
    _starts(Budget(50, clock=clock, sleep=clock.sleep), clock, 50)
    assert clock.sleeps == []


def test_the_request_after_the_last_of_a_minute_waits_until_the_first_is_a_minute_old(tools: Any) -> None:
    clock = tools.clock(seconds=0.0)
    assert _starts(Budget(2, clock=clock, sleep=clock.sleep), clock, 5) == [0.0, 0.0, 60.0, 60.0, 120.0]


@given(limit=st.integers(1, 7), gaps=st.lists(st.floats(0, 90), min_size=1, max_size=40))
def test_no_sixty_seconds_hold_more_requests_than_the_budget(limit: int, gaps: list[float]) -> None:
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    async def take_all() -> list[float]:
        nonlocal now
        starts = []
        for gap in gaps:
            now += gap
            await budget.take()
            starts.append(now)
        return starts

    budget = Budget(limit, clock=lambda: now, sleep=sleep)
    starts = asyncio.run(take_all())
    assert all(later - earlier >= 60 - 1e-6 for earlier, later in zip(starts, starts[limit:], strict=False))


def test_zero_means_no_limit(tools: Any) -> None:
    clock = tools.clock()
    _starts(Budget(0, clock=clock, sleep=clock.sleep), clock, 500)
    assert clock.sleeps == []


def test_a_pause_holds_everybody_back(tools: Any) -> None:
    clock = tools.clock(seconds=0.0)
    budget = Budget(0, clock=clock, sleep=clock.sleep)
    budget.pause(7.0)
    assert _starts(budget, clock, 2) == [7.0, 7.0]


def test_a_long_wait_is_noted_once(tools: Any) -> None:
    clock, notes = tools.clock(), []
    _starts(Budget(1, clock=clock, sleep=clock.sleep, note=notes.append), clock, 4)
    assert notes == ["the budget of 1 requests a minute is used up, waiting 60 s"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("Mon, 02 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 02 Nov 2026 11:00:00 GMT", 0.0),
        ("Monday, soon", None),
        ("-5", None),
        ("inf", None),
        ("nan", None),
        ("", None),
        (None, None),
        ("Mon, 99 Nov 99999999 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_breaks_anything(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds < float("inf")


def test_backoff_doubles_up_to_half_a_minute() -> None:
    assert [backoff_seconds(attempt, 1.0) for attempt in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff_seconds(3, 0.25) == 2.0
    assert backoff_seconds(10_000, 1.0) == 30


def test_a_pause_is_news_once_for_all_that_were_refused_together(tools: Any) -> None:
    clock = tools.clock(seconds=0.0)
    budget = Budget(50, clock=clock, sleep=clock.sleep)
    assert [budget.pause(9.0), budget.pause(9.0), budget.pause(9.5), budget.pause(4.0), budget.pause(43.0)] == [
        True, False, False, False, True,
    ]  # fmt: skip


def test_a_wait_for_workato_is_not_said_to_be_one_for_the_budget(tools: Any) -> None:
    clock, notes = tools.clock(seconds=0.0), []
    budget = Budget(50, clock=clock, sleep=clock.sleep, note=notes.append)
    budget.pause(30.0)
    assert _starts(budget, clock, 1) == [30.0]
    assert notes == []
