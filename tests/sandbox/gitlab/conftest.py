"""The sandbox's GitLab without a server, on a clock that stands still until a test moves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug import Request
from werkzeug.test import Client, TestResponse

from exporter.sandbox.gitlab import GitLab
from exporter.sandbox.gitlab.state import Issue

BASE_URL = "http://gitlab.test"
PLATYPUS = "enterprise-apps/integrations/platypus"


@dataclass
class Clock:
    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Desk:
    """One user's access to the API: `desk.get("projects/21")`; `issue` is the path of change issue 123."""

    issue = f"projects/{quote(PLATYPUS, safe='')}/issues/123"

    def __init__(self, client: Client, username: str) -> None:
        self._client = client
        self._token = f"sandbox-gitlab-{username}-token"

    def _send(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        if body is not None:
            options["json"] = body
        headers = {"PRIVATE-TOKEN": self._token}
        return self._client.open(f"/api/v4/{path}", method=method, headers=headers, base_url=BASE_URL, **options)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self._send("GET", path, query_string=query or None)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self._send("POST", path, body, **options)

    def put(self, path: str, body: Any) -> TestResponse:
        return self._send("PUT", path, body)

    def delete(self, path: str) -> TestResponse:
        return self._send("DELETE", path)

    def say(self, body: str) -> TestResponse:
        return self.post(f"{self.issue}/notes", {"body": body})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gitlab(clock: Clock) -> GitLab:
    return GitLab(BASE_URL, now=clock)


@pytest.fixture
def browser(gitlab: GitLab) -> Client:
    return Client(Request.application(gitlab.respond))


@pytest.fixture
def sign_in(browser: Client) -> Callable[[str], Desk]:
    return lambda username: Desk(browser, username)


@pytest.fixture
def bot(sign_in: Callable[[str], Desk]) -> Desk:
    return sign_in("wexport-bot")


@pytest.fixture
def issue(gitlab: GitLab) -> Issue:
    """Change issue 123 as the server holds it."""
    project = gitlab.state.project_at(PLATYPUS)
    assert project is not None
    return project.issues[123]
