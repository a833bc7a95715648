"""Progress: plain lines for a log, bars for a terminal, harmless text in both, and never an error."""

from __future__ import annotations

import io
import threading

import pytest

from exporter.cli.progress import Bars, Lines, show_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_tell_the_beginning_the_end_and_notes_but_not_every_unit() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.start("dev")
    lines.start("dev", 3)
    lines.advance("dev", "a")
    lines.advance("dev", "b")
    lines.note("waiting 10 s for the rate limit")
    lines.finish("dev")
    lines.start("test")
    lines.finish("test", "nothing to do")
    assert stream.getvalue().splitlines() == [
        "dev ...",
        "waiting 10 s for the rate limit",
        "dev: done (2)",
        "test ...",
        "test: nothing to do",
    ]


@pytest.mark.parametrize("kind", [Lines, Bars])
def test_hostile_names_reach_no_terminal(kind: type[Lines | Bars]) -> None:
    stream = io.StringIO()
    progress = kind(stream)
    progress.start("a\x1b[31m[bold]b[/bold]")
    progress.advance("a\x1b[31m[bold]b[/bold]", "\x1b]0;x\x07")
    progress.finish("a\x1b[31m[bold]b[/bold]", "\u202edone")
    progress.note("[red]x[/red]\x9b")
    text = stream.getvalue()
    assert "a\\x1b[31m[bold]b[/bold]: \\u202edone" in text
    assert "[red]x[/red]\\x9b" in text
    assert not set(text) & set("\x1b\x07\x9b\u202e")


@pytest.mark.parametrize("kind", [Lines, Bars])
def test_a_closed_stream_is_no_error(kind: type[Lines | Bars]) -> None:
    stream = io.StringIO()
    progress = kind(stream)
    stream.close()
    progress.start("dev", 1)
    progress.advance("dev")
    progress.advance("unknown")
    progress.note("x")
    progress.finish("dev")
    progress.finish("unknown")


def test_bars_show_tasks_while_they_run_and_keep_their_ends() -> None:
    stream = Terminal()
    with Bars(stream) as bars:
        bars.start("dev", 2)
        bars.start("dev", 4)
        bars.advance("dev", "Order to Cash")
        bars.finish("dev", "4 exported")
    assert "dev: 4 exported" in stream.getvalue()


def test_many_threads_may_report_at_once() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.start("dev", 800)

    def work() -> None:
        for _ in range(100):
            lines.advance("dev")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines.finish("dev")
    assert stream.getvalue() == "dev ...\ndev: done (800)\n"


def test_what_is_shown_depends_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with show_progress() as progress:
        assert isinstance(progress, Lines)
    monkeypatch.setattr("sys.stderr", Terminal())
    with show_progress() as progress:
        assert isinstance(progress, Bars)
