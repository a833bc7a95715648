"""The `wexport` command: runs the command line and turns whatever happens into a message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from exporter.cli.app import app
from exporter.cli.output import detach_stdout, tell, write_signs_plainly
from exporter.errors import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, WexportError

DEBUG_VARIABLE = "WEXPORT_DEBUG"
ISSUES_HINT = "Please report it with the command and, if you can, the output under WEXPORT_DEBUG=1."


def main() -> NoReturn:
    """The `wexport` command."""
    code = run(sys.argv[1:])
    if code == EXIT_INTERRUPTED:
        tell("Interrupted.")
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code; the one place where errors become messages."""
    write_signs_plainly()
    try:
        app(args=list(arguments), prog_name="wexport")
    except SystemExit as stop:  # typer ends every command that way, usage errors (2) included
        return _exit_code(stop)
    except WexportError as error:
        tell(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        detach_stdout()
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a user never sees a bare traceback
        _report_bug(error)
        return EXIT_FAILED
    return EXIT_DONE


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return EXIT_DONE
    return stop.code if isinstance(stop.code, int) else EXIT_FAILED


def _report_bug(error: Exception) -> None:
    """Where and what, but not the exception's own text: it may hold other people's data or a signed URL."""
    if os.environ.get(DEBUG_VARIABLE):
        tell("".join(traceback.format_exception(error)))
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {os.path.basename(last[0].filename)}:{last[0].lineno}" if last else ""  # noqa: PTH119 - a plain name
    tell(f"error: this is a bug in wexport ({type(error).__name__}{place}). {ISSUES_HINT}")
