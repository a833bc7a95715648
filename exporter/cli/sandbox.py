"""`wexport sandbox`: the emulated Workato and GitLab, alone, until Ctrl-C."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from exporter.cli.output import tell, write_answer
from exporter.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from exporter.sandbox import Sandbox

_EXTRA_MODULES = ("werkzeug", "markdown_it", "nh3")


def require_sandbox() -> Callable[..., Sandbox]:
    """The function that starts a sandbox. Raises: UsageError if the extra packages are not installed."""
    try:
        from exporter.sandbox import start_sandbox
    except ModuleNotFoundError as exc:
        if exc.name is not None and exc.name.split(".")[0] in _EXTRA_MODULES:
            raise UsageError(
                "The sandbox needs packages that are not installed. Install them: pip install 'wexport[sandbox]'"
            ) from exc
        raise
    return start_sandbox


def run_sandbox(port: int, *, print_env: bool, latency_ms: int, rate_limit: int | None, recipes: int) -> int:
    """Runs until Ctrl-C. Raises: UsageError if the port is taken or the extra packages are not installed."""
    start_sandbox = require_sandbox()
    try:
        sandbox = start_sandbox(port, latency_ms=latency_ms, rate_limit=rate_limit, generated_recipes=recipes)
    except OSError as exc:
        reason = os.strerror(exc.errno) if exc.errno else "no reason given"
        raise UsageError(f"Port {port} cannot be used ({reason}). Give another --port, or none.") from exc
    with sandbox:
        try:
            write_answer(_exports(sandbox) if print_env else _addresses(sandbox))
            tell("The sandbox runs until you press Ctrl-C.")
            threading.Event().wait()
        except KeyboardInterrupt:
            tell("The sandbox has stopped.")
    return EXIT_DONE


def _exports(sandbox: Sandbox) -> str:
    from exporter.sandbox import print_env_lines

    return print_env_lines(sandbox)


def _addresses(sandbox: Sandbox) -> str:
    lines = [
        f"Workato       {sandbox.url}  (base_url of dev, test and prod)",
        f"GitLab        {sandbox.url}",
        f"change issue  {sandbox.issue_url}",
        *(f"{name}={token}" for name, token in sandbox.tokens.items()),
    ]
    return "\n".join(lines) + "\n"
