"""What is needed to talk to one GitLab, and what a look at it found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GitLabAccess:
    """`url` is the address people use, below a path if GitLab lives there ("https://example.com/gitlab");
    `token_variable` is the environment variable that the token came from, for messages; `project` is where an issue
    given as a bare number is."""

    url: str
    token: str = field(repr=False)
    token_variable: str
    project: str = ""
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was looked at. `fix` says what to do: about a failure, or (`is_ok`) about something that works
    and is worth a look all the same; "" if there is nothing to do."""

    name: str
    is_ok: bool
    detail: str
    fix: str = ""
