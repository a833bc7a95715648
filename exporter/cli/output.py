"""The answer goes to stdout, all else to stderr; no token and no terminal escape of others' gets to either."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import shutil
import sys
from pathlib import Path
from typing import TextIO

from exporter.config.tokens import without_tokens
from exporter.errors import WexportError
from exporter.render.printable import printable

PIPE_WIDTH = 100  # columns of an answer that no terminal receives: the same on every machine
PLAIN_SIGNS = "wexport-plain-signs"  # the name of our way to write what a stream's character set lacks
_PLAIN = {
    "…": "...",
    "▸": ">",
    "›": ">",
    "·": "-",
    "•": "*",
    "–": "-",
    "→": "->",
    "✓": "+",
    "✗": "x",
    "│": "|",
    "┊": "|",
    "┆": "|",
}


def write_signs_plainly() -> None:
    """From now on, a terminal that lacks a letter gets ASCII for our own signs and an escape for any other."""
    codecs.register_error(PLAIN_SIGNS, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN_SIGNS)


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign = _PLAIN.get(error.object[error.start])
    return (sign, error.start + 1) if sign else codecs.backslashreplace_errors(error)


def tell(text: str) -> None:
    """One message on stderr, for people."""
    if sys.stderr is None:  # closed by whoever started us; print would take stdout instead
        return
    with contextlib.suppress(OSError, ValueError):  # nobody listens any more; the exit code still says it
        print(printable(without_tokens(text, os.environ), keep="\n"), file=sys.stderr)  # noqa: T201


def write_answer(text: str) -> None:
    """The answer on stdout. A reader that has gone (`| head`) is no failure.

    Raises: WexportError if stdout is closed or cannot take it (a full disk).
    """
    if sys.stdout is None:
        raise WexportError("The answer has nowhere to go: stdout is closed.")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        detach_stdout()
    except OSError as exc:
        detach_stdout()
        raise WexportError(f"Cannot write the answer to stdout: {exc.strerror}.") from exc


def detach_stdout() -> None:
    """Points stdout at nothing, so that Python's flush at the end does not fail on a closed pipe."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, text: str) -> None:
    """The text as a file, whole or not at all. A pipe or a device is written to as it is.

    Raises: WexportError if that is impossible.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8", errors="backslashreplace")
            return
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            partial.write_text(text, encoding="utf-8", errors="backslashreplace")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "no valid path"
        raise WexportError(f"Cannot write {path}: {reason}.") from exc


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person watches this stream; a closed one has nobody."""
    return stream is not None and not stream.closed and stream.isatty()


def wants_color(stream: TextIO | None) -> bool:
    """Colour on a terminal that can show it, unless NO_COLOR is set (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO | None) -> int:
    """Columns of the terminal behind the stream; PIPE_WIDTH where there is none."""
    return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if is_terminal(stream) else PIPE_WIDTH
