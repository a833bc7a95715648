"""Failures that are switched on: each does what it says, as often as it says."""

from __future__ import annotations

import base64
from email.utils import parsedate_to_datetime

import httpx
import pytest

from exporter.sandbox import Sandbox


def post_fault(sandbox: Sandbox, **fault: object) -> httpx.Response:
    return httpx.post(f"{sandbox.url}/__sandbox__/faults", json=fault)


def test_a_fault_happens_after_and_times_as_asked(sandbox: Sandbox, dev: httpx.Client) -> None:
    fault = {"action": "status", "method": "GET", "path": "/api/proj*", "status": 503, "after": 1, "times": 2}
    assert post_fault(sandbox, **fault).status_code == 204
    assert [dev.get("/api/projects").status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    (described,) = httpx.get(f"{sandbox.url}/__sandbox__/faults").json()
    assert (described["matched"], described["happened"]) == (5, 2)


def test_a_fault_with_times_zero_happens_until_it_is_cleared(sandbox: Sandbox, dev: httpx.Client) -> None:
    post_fault(sandbox, action="status", status=500, times=0)
    assert [dev.get("/api/users/me").status_code for _ in range(3)] == [500, 500, 500]
    httpx.delete(f"{sandbox.url}/__sandbox__/faults")
    assert dev.get("/api/users/me").status_code == 200


def test_a_fault_may_take_one_environment_only(sandbox: Sandbox, dev: httpx.Client) -> None:
    post_fault(sandbox, action="status", environment="test", times=0)
    assert dev.get("/api/users/me").status_code == 200


def test_retry_after_comes_in_seconds_or_as_a_date(sandbox: Sandbox, dev: httpx.Client) -> None:
    post_fault(sandbox, action="status", status=429, retry_after=3)
    assert dev.get("/api/projects").headers["Retry-After"] == "3"
    post_fault(sandbox, action="status", status=429, retry_after="date:5")
    assert parsedate_to_datetime(dev.get("/api/projects").headers["Retry-After"]).tzinfo is not None
    post_fault(sandbox, action="status", status=429, retry_after="soon")
    assert dev.get("/api/projects").headers["Retry-After"] == "soon"


def test_status_can_carry_any_body_and_headers(sandbox: Sandbox, dev: httpx.Client) -> None:
    body = base64.b64encode(b"PK\x00").decode()
    post_fault(sandbox, action="status", status=200, body_base64=body, headers={"X-Odd": "1"}, content_type="a/b")
    answer = dev.get("/api/projects")
    assert (answer.content, answer.headers["X-Odd"], answer.headers["Content-Type"]) == (b"PK\x00", "1", "a/b")


@pytest.mark.parametrize("action", ["reset", "timeout"])
def test_a_cut_connection_gives_no_answer_and_is_not_carried_out(
    sandbox: Sandbox, dev: httpx.Client, action: str
) -> None:
    post_fault(sandbox, action=action, method="POST")
    with pytest.raises(httpx.TransportError):
        dev.post("/api/folders", json={"name": "New"})
    assert "New" not in [project["name"] for project in dev.get("/api/projects").json()]


def test_a_lost_answer_is_carried_out(sandbox: Sandbox, dev: httpx.Client) -> None:
    post_fault(sandbox, action="lost_answer", method="POST")
    with pytest.raises(httpx.TransportError):
        dev.post("/api/folders", json={"name": "New"})
    assert "New" in [project["name"] for project in dev.get("/api/projects").json()]


def test_a_truncated_answer_promises_more_than_it_sends(sandbox: Sandbox, dev: httpx.Client) -> None:
    post_fault(sandbox, action="truncate", bytes=10)
    with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes"):
        dev.get("/api/projects")


def test_the_slow_answer_is_the_true_one(sandbox: Sandbox, dev: httpx.Client) -> None:
    post_fault(sandbox, action="slow", seconds=0.01)
    assert dev.get("/api/users/me").json()["id"] == 101


def test_answers_that_look_well_and_are_not(sandbox: Sandbox, dev: httpx.Client) -> None:
    truth = dev.get("/api/projects").content
    post_fault(sandbox, action="malformed_json")
    assert dev.get("/api/projects").content == truth[: len(truth) // 2]
    post_fault(sandbox, action="garble")
    garbled = dev.get("/api/projects").content
    assert len(garbled) == len(truth)
    assert sum(before != after for before, after in zip(truth, garbled, strict=True)) == 1
    post_fault(sandbox, action="empty")
    assert dev.get("/api/projects").content == b""
    post_fault(sandbox, action="html")
    assert dev.get("/api/projects").headers["Content-Type"].startswith("text/html")
    post_fault(sandbox, action="success_false", body="No")
    assert dev.get("/api/projects").json() == {"success": False, "errors": {"base": ["No"]}}
    post_fault(sandbox, action="expired_link")
    assert dev.get("/api/projects").status_code == 403
    post_fault(sandbox, action="merge", merge={"id": None, "odd": 1})
    user = dev.get("/api/users/me").json()
    assert (user["id"], user["odd"], user["name"]) == (None, 1, "Acme (dev)")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"action": "explode"}, "unknown action 'explode'"),
        ({"action": "reset", "pathh": "/"}, "unknown key 'pathh'"),
        ({"action": "status", "times": "2"}, "'times' has the wrong type: str"),
        ({"action": "status", "times": True}, "'times' has the wrong type: bool"),
        ({"action": "status", "headers": {"a": 1}}, "'headers' has the wrong type: dict"),
        ({"action": "status", "body_base64": "%"}, "'body_base64' is not Base64"),
        ({"path": "/"}, "'action' is missing"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, fault: dict[str, object], message: str) -> None:
    answer = post_fault(sandbox, **fault)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(message)
