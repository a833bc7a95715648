"""The server itself: who answers what, the request log, settings, the front page."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import pytest

from exporter.sandbox import Sandbox, print_env_lines, start_sandbox

Wait = Callable[[Callable[[], bool]], None]


def test_tokens_are_named_as_wexport_reads_them(sandbox: Sandbox) -> None:
    assert dict(sandbox.tokens) == {
        "WEXPORT_DEV_TOKEN": "sandbox-workato-dev-token",
        "WEXPORT_TEST_TOKEN": "sandbox-workato-test-token",
        "WEXPORT_PROD_TOKEN": "sandbox-workato-prod-token",
        "WEXPORT_GITLAB_TOKEN": "sandbox-gitlab-wexport-token",
    }


def test_environment_lines_serve_wexport_and_workatos_own_cli(sandbox: Sandbox) -> None:
    lines = print_env_lines(sandbox).splitlines()
    assert "export WEXPORT_PROD_TOKEN=sandbox-workato-prod-token" in lines
    assert f"export WORKATO_HOST={sandbox.url}" in lines
    assert "export WORKATO_API_TOKEN=sandbox-workato-dev-token" in lines


def test_front_page_names_the_addresses_the_tokens_and_the_issue(sandbox: Sandbox) -> None:
    page = httpx.get(sandbox.url).text
    assert sandbox.issue_url in page
    assert "sandbox-workato-test-token" in page
    assert f"{sandbox.url}/api/v4/" in page


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/roles"), ("DELETE", "/api/projects"), ("PATCH", "/api/recipes/1"), ("GET", "/__sandbox__/nothing")],
)
def test_what_is_not_emulated_answers_501_and_names_it(sandbox: Sandbox, method: str, path: str) -> None:
    answer = httpx.request(method, sandbox.url + path)
    assert answer.status_code == 501
    assert answer.json()["method"] == method
    assert answer.json()["path"] == path


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "sandbox"),
        ("/api/projects", "workato"),
        ("/storage/1/2/x.zip", "workato"),
        ("/recipes/7", "workato"),
        ("/api/v4/projects", "gitlab"),
        ("/api/v4x", "workato"),
        ("/enterprise-apps/integrations/platypus", "gitlab"),
    ],
)
def test_every_path_has_its_service(sandbox: Sandbox, path: str, service: str) -> None:
    httpx.get(sandbox.url + path)
    assert [logged["service"] for logged in sandbox.requests()] == [service]


def test_the_change_issue_is_there(sandbox: Sandbox) -> None:
    token = {"PRIVATE-TOKEN": sandbox.tokens["WEXPORT_GITLAB_TOKEN"]}
    project = "enterprise-apps%2Fintegrations%2Fplatypus"
    assert httpx.get(f"{sandbox.url}/api/v4/projects/{project}/issues/123", headers=token).json()["iid"] == 123
    assert httpx.get(sandbox.issue_url).status_code == 200


def test_request_log_says_who_asked_what_without_the_token(sandbox: Sandbox, dev: httpx.Client) -> None:
    dev.get("/api/projects", params={"page": "1", "user_token": "hush-hush"})
    (logged,) = sandbox.requests()
    assert logged["method"] == "GET"
    assert logged["path"] == "/api/projects"
    assert logged["query"] == {"page": ["1"], "user_token": ["…"]}
    assert logged["status"] == 200
    assert logged["service"] == "workato"
    assert logged["environment"] == "dev"
    assert logged["in_flight"] == 1
    assert "token" not in str({**logged, "query": ""}).lower()


def test_request_log_can_be_read_and_cleared_from_outside(sandbox: Sandbox, dev: httpx.Client) -> None:
    dev.get("/api/users/me")
    assert [logged["path"] for logged in httpx.get(f"{sandbox.url}/__sandbox__/requests").json()] == ["/api/users/me"]
    assert httpx.delete(f"{sandbox.url}/__sandbox__/requests").status_code == 204
    assert sandbox.requests() == []


def test_requests_side_by_side_are_counted_in_flight(sandbox: Sandbox, dev: httpx.Client, wait_until: Wait) -> None:
    sandbox.control.set_fault("slow", path="/api/projects", seconds=60)
    waiting = threading.Thread(target=lambda: _ignore_errors(lambda: dev.get("/api/projects", timeout=90)))
    waiting.start()
    wait_until(lambda: len(sandbox.requests()) == 1)
    httpx.get(f"{sandbox.url}/api/users/me")
    assert [logged["in_flight"] for logged in sandbox.requests()] == [1, 2]
    sandbox.stop()
    waiting.join()


def test_a_broken_setting_is_refused_by_name(sandbox: Sandbox) -> None:
    address = f"{sandbox.url}/__sandbox__/settings"
    assert httpx.put(address, json={"latency": 1}).json()["message"].startswith("unknown setting 'latency'")
    assert httpx.put(address, json={"export_polls": -1}).status_code == 400
    assert httpx.put(address, content=b"{").status_code == 400
    assert httpx.put(address, json={"export_polls": 4}).json()["export_polls"] == 4


def test_the_limit_is_workatos_own_unless_told_otherwise() -> None:
    with start_sandbox(seeds=[]) as sandbox:
        assert sandbox.control.settings()["rate_limit"] == 60


def test_more_requests_than_the_limit_get_429_with_the_time_to_wait(sandbox: Sandbox, dev: httpx.Client) -> None:
    sandbox.control.configure(rate_limit=2)
    answers = [dev.get("/api/projects") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert dev.get("/api/recipes").status_code == 200  # another group of endpoints


def test_a_taken_port_is_an_os_error(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        start_sandbox(int(sandbox.url.rpartition(":")[2]), seeds=[])


def test_the_log_gets_a_line_a_request() -> None:
    lines: list[str] = []
    with start_sandbox(seeds=[], log=lines.append) as sandbox:
        httpx.get(f"{sandbox.url}/api/users/me")
    assert lines == ["workato GET /api/users/me -> 401"]


def test_stopping_twice_is_harmless(sandbox: Sandbox) -> None:
    sandbox.stop()
    sandbox.stop()


def _ignore_errors(action: Callable[[], object]) -> None:
    try:
        action()
    except httpx.HTTPError:
        return
