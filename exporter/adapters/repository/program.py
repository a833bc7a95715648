"""The git program, run through GitPython: always the same settings, whoever calls and whatever they configured.

A snapshot must be the very bytes of the export. So hooks, filters, line-ending conversion, signatures and the
variables that Git sets for its own children (wexport may run inside a hook) are kept out of every call.
Credential helpers, SSH and proxy settings stay as the user has them.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exporter.errors import GitMissingError, RepositoryError

if TYPE_CHECKING:
    from git import Git

MIN_GIT = (2, 30)  # `git init -b` is 2.28, `fetch --no-write-fetch-head` 2.29, `--end-of-options` everywhere 2.30
LOCAL_SECONDS = 1_800.0  # no local call of a sane repository takes this long; a hanging disk must not hang the night
MAX_REASON_CHARS = 600

_OPTIONS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.attributesFile=",
    "core.quotePath=false",
    "core.longpaths=true",
    "core.splitIndex=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=no",
    "fetch.prune=false",
    "log.showSignature=false",
    "i18n.commitEncoding=utf-8",
    "gc.autoDetach=true",
)
_NEUTRAL: Mapping[str, str] = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
    "GIT_NAMESPACE": "",
    "GIT_PREFIX": "",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TRACE": "0",
    "GIT_FLUSH": "1",
}
_CREDENTIALS = re.compile(r"(://)[^\s'\"]*@")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class GitResult:
    """How one call of git ended. `reason` is what it said on stderr, fit for a message."""

    status: int
    stdout: bytes
    reason: str

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="surrogateescape").strip()


class GitProgram:
    """Runs git in one repository. Safe to use from several threads.

    Raises, on every call: GitMissingError; RepositoryError when git fails and `check` is on.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._git = _load_git(folder)
        self._git.update_environment(**_NEUTRAL, **_own_places(folder))

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def git_dir(self) -> Path:
        return self._folder / ".git"

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        check: bool = True,
        timeout_seconds: float = LOCAL_SECONDS,
    ) -> GitResult:
        """Runs `git ARGUMENTS` to its end."""
        process = self.start(*arguments, env=env)
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout_seconds)
        except subprocess.TimeoutExpired as exc:
            process.kill()
            process.communicate()
            raise RepositoryError(
                f"git {arguments[0]} in {self._folder} did not end within {timeout_seconds:.0f} s and was stopped."
                " Check the disk, or the network if there is a remote."
            ) from exc
        result = GitResult(process.returncode, stdout, describe_stderr(stderr))
        if check and result.status != 0:
            raise self.failed(arguments[0], result)
        return result

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Any:
        """Starts `git ARGUMENTS` with pipes at both ends: GitPython's process, which ends with its last reference."""
        from git.exc import GitCommandNotFound

        options = [part for option in _OPTIONS for part in ("-c", option)]
        command = [self._git.GIT_PYTHON_GIT_EXECUTABLE or "git", *options, *arguments]
        try:
            return self._git.execute(command, istream=subprocess.PIPE, as_process=True, env=dict(env or {}))
        except GitCommandNotFound as exc:
            raise _git_missing() from exc

    def failed(self, command: str, result: GitResult) -> RepositoryError:
        """The error that says that, where and why a command failed."""
        if "dubious ownership" in result.reason:
            return RepositoryError(
                f"Git refuses the snapshot repository {self._folder}: another user owns it."
                f" Run wexport as its owner, or allow it: git config --global --add safe.directory '{self._folder}'"
            )
        reason = result.reason or f"it ended with status {result.status} and said nothing"
        return RepositoryError(f"git {command} failed in the snapshot repository {self._folder}: {reason}")


def require_version(program: GitProgram) -> str:
    """What `git version` says. Raises: GitMissingError if git is older than wexport needs."""
    said = program.run("version").text
    found = re.search(r"(\d+)\.(\d+)", said)
    if not found or (int(found[1]), int(found[2])) < MIN_GIT:
        raise GitMissingError(
            f"This git is too old for snapshots ({said[:80]}): wexport needs {MIN_GIT[0]}.{MIN_GIT[1]} or newer."
            " Update git."
        )
    return said


def without_credentials(text: str) -> str:
    """The text with every `user:password@` of a URL left out."""
    return _CREDENTIALS.sub(r"\1", text)


def describe_stderr(stderr: bytes) -> str:
    """What git said, as one line without credentials, terminal escapes or hints."""
    lines = _CONTROL.sub("", stderr.decode(errors="replace")).splitlines()
    # Without the full stops of git's lines: they would stand before a semicolon, or before our own.
    text = "; ".join(line.strip().rstrip(".") for line in lines if line.strip() and not line.startswith("hint:"))
    return without_credentials(text)[:MAX_REASON_CHARS]


def _load_git(folder: Path) -> Git:
    # GitPython takes 0.1 s to import and raises ImportError if there is no git program.
    try:
        from git import Git
    except ImportError as exc:
        raise _git_missing() from exc
    return Git(folder)


def _git_missing() -> GitMissingError:
    return GitMissingError(
        f"No git program was found on the PATH. Install git {MIN_GIT[0]}.{MIN_GIT[1]} or newer; snapshots need it."
    )


def _own_places(folder: Path) -> dict[str, str]:
    """Variables that keep git inside this folder.

    A variable can be overridden but not unset, and git skips its ownership check where GIT_DIR is set: so the
    places are named only if the caller's environment names others.
    """
    if "GIT_QUARANTINE_PATH" in os.environ:
        raise RepositoryError("wexport cannot store snapshots from within a Git receive hook. Start it afterwards.")
    git_dir = folder / ".git"
    places = {
        "GIT_DIR": git_dir,
        "GIT_WORK_TREE": folder,
        "GIT_COMMON_DIR": git_dir,
        "GIT_INDEX_FILE": git_dir / "index",
        "GIT_OBJECT_DIRECTORY": git_dir / "objects",
        "GIT_GRAFT_FILE": git_dir / "info" / "grafts",
        "GIT_SHALLOW_FILE": git_dir / "shallow",
    }
    own = {name: str(place) for name, place in places.items() if name in os.environ}
    if own:
        own["GIT_DIR"], own["GIT_WORK_TREE"] = str(git_dir), str(folder)
    return {**own, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
