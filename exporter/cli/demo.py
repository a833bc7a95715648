"""`wexport demo`: the main job on the embedded sandbox, by the very commands that a user types."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
import threading
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.cli.main import run
from exporter.cli.output import tell, wants_color, write_answer
from exporter.cli.sandbox import require_sandbox
from exporter.config.load import working_directory
from exporter.errors import EXIT_DONE, UsageError, WexportError

if TYPE_CHECKING:
    from exporter.sandbox import Sandbox

DEFAULT_FOLDER = "wexport-playground"
MARK = "# Written by `wexport demo`, which overwrites it at every run."
ISSUE = "123"
PAGE_NAME = f"issue-{ISSUE}.html"
TOKENS_NAME = "sandbox.env"


def run_demo(directory: Path | None, *, keep: bool, port: int, open_browser: bool) -> int:
    """Runs the demo in a playground folder and returns the exit code of the first command that fails, or 0.

    `directory` None is a folder named wexport-playground here. With `keep`, or with `open_browser`, the sandbox
    runs until Ctrl-C.

    Raises: UsageError if the folder holds something else or the port is taken, ConfigurationError if there is no
    working directory.
    """
    start_sandbox = require_sandbox()
    playground = (working_directory() / (directory or DEFAULT_FOLDER)).resolve()
    _check_playground(playground)
    sandbox = _start(start_sandbox, port, _earlier_port(playground))
    with sandbox:
        configuration = _write_playground(playground, sandbox.url, sandbox.tokens)
        _say(
            f"A Workato with three environments and a GitLab are running on {sandbox.url}; nothing leaves this machine."
        )
        _say(f"The playground is {playground}.")
        with _environment(sandbox.tokens):
            for words in _commands():
                write_answer(f"\n{_strong('$ wexport ' + shlex.join(words))}\n")
                code = run(["--config", str(configuration), *words])
                if code != EXIT_DONE:
                    return code
        page = playground / PAGE_NAME
        _save_page(sandbox.issue_url, page)
        _say_goodbye(playground, page, sandbox.issue_url, stays=keep or open_browser)
        if open_browser:
            webbrowser.open(sandbox.issue_url)
        if keep or open_browser:
            _wait_for_interrupt()
    return EXIT_DONE


def _start(start_sandbox: Callable[..., Sandbox], port: int, earlier_port: int) -> Sandbox:
    """The sandbox on the port that was asked for; without one on the port of the playground's last demo if it is
    free, so that the links in its snapshots stay true, else on any free one. Raises: UsageError."""
    try:
        # Nobody else shares this Workato, so its rate limit would only make a newcomer wait.
        return start_sandbox(port or earlier_port, rate_limit=0)
    except OSError as exc:
        if not port and earlier_port:
            return _start(start_sandbox, 0, 0)
        raise UsageError(f"Port {port} is not free ({exc.strerror}). Give another --port, or none.") from exc


def _earlier_port(playground: Path) -> int:
    """The sandbox's port in the playground's configuration, 0 if there is none."""
    try:
        found = re.search(r"base_url: http://127\.0\.0\.1:(\d{1,5})$", _configuration_text(playground), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def _configuration_text(playground: Path) -> str:
    return (playground / "wexport.yaml").read_text(encoding="utf-8", errors="replace")


def _commands() -> Iterator[list[str]]:
    """What the demo types, in this order. Snapshots first, since a diff only reads what is stored."""
    yield ["snapshot", "--all"]
    yield ["diff", "dev", "test"]
    yield ["diff", "dev", "test", "--post", ISSUE]


def _check_playground(playground: Path) -> None:
    """Raises: UsageError if the folder exists and is not a playground that an earlier demo made."""
    try:
        if not playground.exists() or (playground.is_dir() and not any(playground.iterdir())):
            return
        if (playground / "wexport.yaml").is_file() and _configuration_text(playground).startswith(MARK):
            return
    except OSError as exc:
        raise UsageError(f"{playground} cannot be read. Name another folder with --dir.") from exc
    raise UsageError(f"{playground} is not empty and no playground of an earlier demo. Name another folder with --dir.")


def _write_playground(playground: Path, url: str, tokens: Mapping[str, str]) -> Path:
    """Writes wexport.yaml and the file with the sandbox's tokens; returns the first."""
    environments = "".join(
        f"  {name}:\n    base_url: {url}\n    requests_per_minute: 600\n" for name in ("dev", "test", "prod")
    )
    configuration = playground / "wexport.yaml"
    try:
        playground.mkdir(parents=True, exist_ok=True)
        configuration.write_text(
            f"{MARK}\nenvironments:\n{environments}"
            f"gitlab:\n  url: {url}\n  project: enterprise-apps/integrations/platypus\n",
            encoding="utf-8",
        )
        secrets = playground / TOKENS_NAME
        secrets.unlink(missing_ok=True)
        descriptor = os.open(secrets, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"export {name}={value}\n" for name, value in tokens.items())
    except OSError as exc:
        raise WexportError(
            f"Cannot write to the playground {playground}: {exc.strerror}. Choose one with --dir."
        ) from exc
    return configuration


@contextlib.contextmanager
def _environment(tokens: Mapping[str, str]) -> Iterator[None]:
    """The sandbox's tokens in the environment, and no proxy between this machine and itself."""
    wanted = {**tokens, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _save_page(url: str, page: Path) -> None:
    """Keeps the issue's page as a file, to be looked at when the sandbox is gone."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as reply:
            page.write_bytes(reply.read())
    except OSError as exc:
        raise WexportError(f"The sandbox's page {url} could not be saved as {page}.") from exc


def _say_goodbye(playground: Path, page: Path, issue_url: str, *, stays: bool) -> None:
    write_answer("\n")
    if not stays:
        _say(f"Done. The change issue with the posted comment was {issue_url}; its page is kept: {page}")
        _say("`wexport demo --keep` leaves the sandbox running, so that you can try every command on it.")
        return
    _say(f"Done. Look at the change issue with the posted comment: {issue_url}")
    _say("The sandbox runs until you press Ctrl-C here. In another terminal, try for example:")
    _say(f"  cd {shlex.quote(str(playground))} && . ./{TOKENS_NAME}")
    for example in ("doctor", "diff test prod", f"diff dev test --post {ISSUE}", "snapshot --all"):
        _say(f"  wexport {example}")


def _wait_for_interrupt() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    tell("The sandbox has stopped.")


def _say(line: str) -> None:
    write_answer(line + "\n")


def _strong(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if wants_color(sys.stdout) else text
