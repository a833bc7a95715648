"""How work that takes a while tells the person who waits. Adapters and operations speak, cli/ shows."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Where a walk reports to. Calls may come from several threads at once; none of them may raise."""

    def start(self, task: str, total: int | None = None) -> None:
        """A named piece of work begins, of `total` units if that is known (call again to set it)."""

    def advance(self, task: str, detail: str = "") -> None:
        """One unit of the task is done; `detail` names it."""

    def finish(self, task: str, summary: str = "") -> None:
        """The task is over."""

    def note(self, text: str) -> None:
        """One line worth knowing now: a wait for a rate limit, a retry, a degraded feature."""


class Silent:
    """Reports to nobody."""

    def start(self, task: str, total: int | None = None) -> None: ...

    def advance(self, task: str, detail: str = "") -> None: ...

    def finish(self, task: str, summary: str = "") -> None: ...

    def note(self, text: str) -> None: ...
