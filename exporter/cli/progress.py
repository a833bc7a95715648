"""Progress for whoever waits: bars on a terminal, plain lines for cron and CI. Always on stderr, never an error."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from exporter.cli.output import is_terminal, wants_color
from exporter.progress import Progress as ProgressReceiver
from exporter.progress import Silent
from exporter.render.printable import printable


@contextlib.contextmanager
def show_progress() -> Iterator[ProgressReceiver]:
    """A receiver for the length of a walk: bars if stderr is a terminal, lines otherwise, nothing if it is closed."""
    if sys.stderr is None:
        yield Silent()
    elif is_terminal(sys.stderr):
        with Bars(sys.stderr) as bars:
            yield bars
    else:
        yield Lines(sys.stderr)


class Lines:
    """One plain line for each beginning, end and note. Single units are not told: a log is read by people."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._done: dict[str, int] = {}

    def start(self, task: str, total: int | None = None) -> None:
        with self._lock:
            is_known = task in self._done
            self._done.setdefault(task, 0)
        if not is_known:
            self._write(f"{task} ...")

    def advance(self, task: str, detail: str = "") -> None:
        with self._lock:
            self._done[task] = self._done.get(task, 0) + 1

    def finish(self, task: str, summary: str = "") -> None:
        with self._lock:
            number = self._done.pop(task, 0)
        self._write(f"{task}: {summary or (f'done ({number})' if number else 'done')}")

    def note(self, text: str) -> None:
        self._write(text)

    def _write(self, text: str) -> None:
        # A closed stderr must not end an export that works.
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(printable(text) + "\n")
            self._stream.flush()


class Bars:
    """A bar for each task, and notes above them. rich's Progress locks for itself."""

    def __init__(self, stream: TextIO) -> None:
        console = Console(file=stream, no_color=not wants_color(stream), highlight=False, markup=False, emoji=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            console=console,
            transient=True,
        )
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, task: str, total: int | None = None) -> None:
        with self._lock:
            known = self._tasks.get(task)
            if known is None:
                self._tasks[task] = self._progress.add_task(printable(task), total=total, detail="")
            elif total is not None:
                self._progress.update(known, total=total)

    def advance(self, task: str, detail: str = "") -> None:
        with self._lock:
            known = self._tasks.get(task)
            if known is not None:
                self._progress.update(known, advance=1, detail=printable(detail))

    def finish(self, task: str, summary: str = "") -> None:
        with self._lock:
            known = self._tasks.pop(task, None)
            if known is not None:
                self._progress.remove_task(known)
        self.note(f"{task}: {summary or 'done'}")

    def note(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._progress.console.print(Text(printable(text)))
