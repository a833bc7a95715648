"""One request to GitLab at a time, through python-gitlab: timeouts, bounded waits, errors in our own words.

python-gitlab's own retries are off: they wait as long as a server tells them to, and repeat a POST after a timeout,
which doubles notes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from exporter.adapters.gitlab.access import GitLabAccess
from exporter.errors import (
    ConfigurationError,
    GitLabAccessError,
    GitLabError,
    GitLabNotFoundError,
    GitLabReplyError,
    GitLabUnavailableError,
)
from exporter.progress import Progress

if TYPE_CHECKING:
    import gitlab
    from gitlab.exceptions import GitlabError

MAX_ATTEMPTS = 4
MAX_WAIT_SECONDS = 120.0  # for one wait; GitLab may ask for a day
RATE_LIMIT_WAIT_SECONDS = 60.0  # GitLab's limit on notes says no time; it counts per minute
FIRST_WAIT_SECONDS = 1.0  # doubled with each attempt
PAGE_SIZE = 100  # GitLab's maximum
MAX_PAGES = 1_000
MAX_MESSAGE_CHARS = 200  # of GitLab's own words in a message of ours
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TRANSIENT = frozenset({408, 500, 502, 503, 504, *range(520, 531)})


class NoAnswerError(GitLabUnavailableError):
    """The request was sent and no usable answer came: it may have been carried out, or not."""


class _TryAgainError(Exception):
    """One attempt failed in a way that may pass. `error` is what to tell if it does not; `was_refused` is True when
    GitLab certainly did nothing; `seconds` is the wait that GitLab asked for, 0 if it did not."""

    def __init__(self, error: GitLabError, reason: str, *, was_refused: bool = False, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.was_refused = was_refused
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer: `data` is its JSON, None if it has no body."""

    status: int
    headers: Mapping[str, str]
    data: object


class Transport:
    """Sends requests with the token of one access."""

    def __init__(self, access: GitLabAccess, progress: Progress, *, sleep: Callable[[float], None]) -> None:
        _check_access(access)
        self._access = access
        self._progress = progress
        self._sleep = sleep
        self._client: gitlab.Gitlab | None = None
        self._last: Any = None  # requests' last answer: python-gitlab's errors lack its headers

    def get(self, what: str, path: str, **query: str | int) -> Reply:
        """`what` names the thing for messages: "Issue group/project#123"."""
        return self._send(what, is_repeatable=True, verb="get", path=path, query_data=query)

    def get_all(self, what: str, path: str, **query: str | int) -> Iterator[object]:
        """Every row of a list, page by page. A page may be short, or empty, and not be the last: GitLab hides rows
        after it has counted them off. Only the absence of a next page is the end."""
        question: dict[str, str | int] = {**query, "page": 1, "per_page": PAGE_SIZE}
        for _ in range(MAX_PAGES):
            reply = self.get(what, path, **question)
            if not isinstance(reply.data, list):
                raise GitLabReplyError(f"{what}: GitLab was asked for a list and answered with something else.")
            yield from reply.data
            following = _next_question(reply.headers)
            if not following:
                return
            if following == question:
                break
            question = following
        raise GitLabReplyError(f"{what}: GitLab's list does not end. Nothing was done with it.")

    def put(self, what: str, path: str, body: Mapping[str, object]) -> Reply:
        """Repeated when no answer comes: the same PUT twice leaves the same behind."""
        return self._send(what, is_repeatable=True, verb="put", path=path, post_data=dict(body))

    def post(self, what: str, path: str, body: Mapping[str, object]) -> Reply:
        """Repeated only when GitLab says that it did nothing. Raises: NoAnswerError when that is not known."""
        return self._send(what, is_repeatable=False, verb="post", path=path, post_data=dict(body))

    def post_file(self, what: str, path: str, name: str, content: bytes, media_type: str) -> Reply:
        files = {"file": (name, content, media_type)}
        return self._send(what, is_repeatable=False, verb="post", path=path, files=files)

    def pause(self, seconds: float, reason: str) -> None:
        """Wait, and say why."""
        self._progress.note(f"{reason}; next attempt in {seconds:.0f} s")
        self._sleep(seconds)

    def _send(self, what: str, *, is_repeatable: bool, **request: Any) -> Reply:
        attempt = 1
        while True:
            try:
                return self._send_once(what, request)
            except _TryAgainError as failure:
                if attempt == MAX_ATTEMPTS or not (is_repeatable or failure.was_refused):
                    raise failure.error from failure.__cause__
                wait = failure.seconds or FIRST_WAIT_SECONDS * 2 ** (attempt - 1)
                self.pause(min(MAX_WAIT_SECONDS, wait), failure.reason)
            attempt += 1

    def _send_once(self, what: str, request: Mapping[str, Any]) -> Reply:
        import requests
        from gitlab.exceptions import GitlabError

        client = self._connect()
        self._last = None
        where = f"GitLab at {self._access.url}"
        try:
            response = client.http_request(
                **request, obey_rate_limit=False, retry_transient_errors=False, max_retries=0
            )
            data = response.json() if response.content else None
        except GitlabError as error:
            raise self._translate(what, error) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            reason = "did not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
            message = f"{what}: {where} {reason}. Check the address and the network."
            raise _TryAgainError(NoAnswerError(message), f"GitLab {reason}") from error
        except (requests.RequestException, ValueError, RecursionError) as error:
            message = f"{what}: {where} sent an answer that cannot be read. Check that the address is GitLab's."
            raise _TryAgainError(NoAnswerError(message), "GitLab sent an unreadable answer") from error
        return Reply(response.status_code, response.headers, data)

    def _connect(self) -> gitlab.Gitlab:
        """python-gitlab takes a quarter of a second to import, so it waits until it is needed."""
        if self._client is None:
            import gitlab
            import requests

            session = requests.Session()
            session.hooks["response"].append(self._remember)
            # As "Authorization: Bearer", which requests drops when a redirect leaves the host; a PRIVATE-TOKEN header
            # would be sent along.
            self._client = gitlab.Gitlab(
                self._access.url,
                oauth_token=self._access.token,
                timeout=self._access.timeout_seconds,
                session=session,
                user_agent="wexport",
            )
        return self._client

    def _remember(self, response: Any, *_: object, **__: object) -> None:
        self._last = response

    def _translate(self, what: str, error: GitlabError) -> Exception:
        """python-gitlab's error in our words: an error to raise, or _TryAgainError."""
        status, said = error.response_code, _shorten(error.error_message)
        variable = self._access.token_variable
        result: Exception
        if status == 401:
            result = GitLabAccessError(
                f"GitLab refused the token (HTTP 401). Check {variable}: it may be wrong, expired or revoked."
            )
        elif status == 403:
            result = GitLabAccessError(
                f"{what}: GitLab does not allow this (HTTP 403{said}). The token in {variable} needs the scope "
                "'api' and at least the role Reporter in the project."
            )
        elif status == 404:
            result = GitLabNotFoundError(
                f"{what} does not exist, or the token in {variable} may not see it: GitLab says 404 for both."
            )
        elif status == 409 and "lock" in f"{getattr(self._last, 'reason', '')} {said}".casefold():
            # Another request holds the issue for a moment.
            unavailable = GitLabUnavailableError(f"{what}: GitLab keeps it locked (HTTP 409). Try again later.")
            result = _TryAgainError(unavailable, "GitLab holds a lock", was_refused=True)
        elif status == 429:
            unavailable = GitLabUnavailableError(f"{what}: GitLab limits the rate (HTTP 429). Try again later.")
            seconds = _wanted_wait(getattr(self._last, "headers", {}))
            result = _TryAgainError(unavailable, "GitLab limits the rate", was_refused=True, seconds=seconds)
        elif status in _TRANSIENT:
            result = _TryAgainError(
                NoAnswerError(f"{what}: GitLab failed (HTTP {status})."), f"GitLab failed ({status})"
            )
        elif status is None:  # python-gitlab's RedirectError: it only follows for reading
            result = GitLabReplyError(f"{what}: GitLab redirects elsewhere. Set the address or path it moved to.")
        else:
            result = GitLabReplyError(f"{what}: GitLab answered HTTP {status}{said}.")
        return result


def _check_access(access: GitLabAccess) -> None:
    """Raises: ConfigurationError for an address or a token that can't be one."""
    try:
        address = urlsplit(access.url)
        is_address = address.scheme in ("http", "https") and bool(address.hostname) and "@" not in address.netloc
    except ValueError:
        is_address = False
    if not is_address:
        raise ConfigurationError("The GitLab address is not one. Write it as https://gitlab.example.com.")
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        raise ConfigurationError(
            f"The GitLab address {access.url} would send the token unencrypted. Write it with https://."
        )
    if not re.fullmatch("[!-~]+", access.token):
        state = "holds characters that no token has" if access.token else "is not set"
        raise ConfigurationError(f"{access.token_variable} {state}. Set it to a GitLab token with the scope 'api'.")


def _next_question(headers: Mapping[str, str]) -> dict[str, str | int]:
    """The query of the next page, empty after the last. Only the query is taken from the Link header: the token goes
    nowhere but to the configured address, whatever host a header names."""
    for part in headers.get("Link", "").split(","):
        match = re.fullmatch(r'\s*<([^>]*)>\s*;.*\brel="?next"?.*', part)
        if match:
            return dict(parse_qsl(match[1].partition("?")[2]))
    return {}


def _wanted_wait(headers: Mapping[str, str]) -> float:
    """How long GitLab wants us to wait. Its limit on notes gives no time in any header."""
    wanted = headers.get("Retry-After", "")
    return float(wanted) if re.fullmatch("[0-9]{1,9}", wanted) else RATE_LIMIT_WAIT_SECONDS


def _shorten(message: object) -> str:
    """GitLab's own words for a message of ours, on one line and without odd characters; "" if it said nothing."""
    text = message if isinstance(message, str) else json.dumps(message, default=str)
    text = " ".join(re.sub(r"[^ -~]+", " ", re.sub("<[^>]*>", " ", text)).split())[:MAX_MESSAGE_CHARS]
    return f": {text}" if text else ""
