"""An issue as people name it: a number, group/project#number, or its address."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from exporter.change.issue import IssueRef
from exporter.errors import UsageError

_IID = r"(?P<iid>[1-9][0-9]{0,9})"
_SEGMENT = "[A-Za-z0-9_.][A-Za-z0-9_.-]*"
_PROJECT = rf"(?P<project>{_SEGMENT}(?:/{_SEGMENT})+)"
_NUMBER = re.compile(f"#?{_IID}")
_FULL = re.compile(f"{_PROJECT}#{_IID}")
# Newer GitLab shows issues as work items; both addresses lead to the same issue.
_PATH = re.compile(f"/{_PROJECT}/-/(?:issues|work_items)/{_IID}/?")
_PORTS = {"http": 80, "https": 443}
_FORMS = "Give an issue as 123, group/project#123, or its address (…/-/issues/123 or …/-/work_items/123)"


def parse_issue_ref(text: str, default_project: str, gitlab_url: str) -> IssueRef:
    """The issue that the text names.

    Raises: UsageError when it names none, when a bare number has no project to be in, or when the address is on
    another GitLab than the configured one.
    """
    given = text.strip()
    if match := _NUMBER.fullmatch(given):
        if not default_project:
            raise UsageError(
                f"Issue {match['iid']} of which project? Set the GitLab project in the configuration, or give the "
                "issue as group/project#123."
            )
        return IssueRef(default_project, int(match["iid"]))
    if match := _FULL.fullmatch(given):
        return IssueRef(match["project"], int(match["iid"]))
    if "://" in given:
        return _parse_address(given, gitlab_url)
    raise UsageError(f"{given!r} names no issue. {_FORMS}.")


def _parse_address(given: str, gitlab_url: str) -> IssueRef:
    if "@" in given:
        # Not repeated in the message: what stands before an @ may be a password.
        raise UsageError(f"The address of the issue holds credentials or an @. {_FORMS}.")
    try:
        address, home = urlsplit(given), urlsplit(gitlab_url)
        is_here = _host(address) == _host(home)
    except ValueError as error:
        raise UsageError(f"{given!r} is no address of an issue. {_FORMS}.") from error
    prefix = home.path.rstrip("/")
    # The scheme may differ: people copy http addresses that are redirected.
    if not is_here or address.scheme not in _PORTS or not address.path.startswith(f"{prefix}/"):
        raise UsageError(f"{given!r} is not on the configured GitLab, {home.scheme}://{home.netloc}{prefix}.")
    match = _PATH.fullmatch(unquote(address.path[len(prefix) :]))
    if not match:
        raise UsageError(f"{given!r} is no address of an issue. {_FORMS}.")
    return IssueRef(match["project"], int(match["iid"]))


def _host(address: SplitResult) -> tuple[str | None, int | None]:
    """Host and port, the port None where it is the scheme's own. Raises: ValueError for an impossible port."""
    port = address.port
    return address.hostname, None if port == _PORTS.get(address.scheme) else port
