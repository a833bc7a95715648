"""One request at a time: what is repeated, what is not, and what the errors say."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.adapters.workato.client import Client, Repeat, open_http
from exporter.adapters.workato.workato import Workato
from exporter.errors import (
    ConfigurationError,
    WexportError,
    WorkatoAccessError,
    WorkatoError,
    WorkatoNotFoundError,
    WorkatoReplyError,
    WorkatoUnavailableError,
    WrongWorkspaceError,
)

ME = "GET /api/users/me"


def _workspace(rig: Any, *answers: httpx.Response | Exception, **access: Any) -> Any:
    rig.service.answers[ME] = list(answers)
    return rig.workato(**access).fetch_workspace()


def _error(rig: Any, *answers: httpx.Response | Exception, **access: Any) -> WexportError:
    with pytest.raises(WexportError) as caught:
        _workspace(rig, *answers, **access)
    return caught.value


def _send(rig: Any, repeat: Repeat, *answers: httpx.Response | Exception) -> Any:
    """One POST with this rule of repeating, through the parts that Workato puts together."""
    rig.service.answers["POST /api/thing"] = list(answers)
    workato = rig.workato()
    return workato._run(lambda client: client.send("POST", "/thing", body={"a": 1}, repeat=repeat))


def test_the_workspace_says_whose_token_it_is(rig: Any) -> None:
    workspace = _workspace(rig)
    assert (workspace.id, workspace.name, workspace.root_folder_id) == (7, "Acme (DEV)", 1)
    assert rig.service.requests[0].headers["user-agent"].startswith("wexport/")


def test_a_minimal_answer_is_enough(rig: Any) -> None:
    workspace = _workspace(rig, httpx.Response(200, json={"id": "7"}))
    assert (workspace.id, workspace.name, workspace.root_folder_id) == (7, "", None)


def test_the_pinned_workspace_passes_and_another_does_not(rig: Any) -> None:
    assert _workspace(rig, workspace_id=7).id == 7
    error = _error(rig, workspace_id=8)
    assert isinstance(error, WrongWorkspaceError)
    assert re.search(r"WEXPORT_DEV_TOKEN.*'dev'.*workspace 7 \(Acme \(DEV\)\).*but 8 is pinned", str(error))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_names_environment_token_host_and_privilege(rig: Any, status: int) -> None:
    error = _error(rig, httpx.Response(status, json={"message": "Unauthorized"}))
    assert isinstance(error, WorkatoAccessError)
    for part in ("'dev'", "WEXPORT_DEV_TOKEN", "app.eu.workato.com", "privilege", "token", "Unauthorized"):
        assert part in str(error)
    assert len(rig.service.requests) == 1


def test_a_missing_thing_is_not_asked_for_again(rig: Any) -> None:
    error = _error(rig, httpx.Response(404, json={"message": "API not found"}))
    assert isinstance(error, WorkatoNotFoundError)
    assert "data center" in str(error)
    assert len(rig.service.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500, json={"message": "Oops", "id": "support-1"}),
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(503),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_a_passing_trouble_is_outwaited_with_growing_steps(rig: Any, trouble: httpx.Response | Exception) -> None:
    assert _workspace(rig, trouble, trouble).id == 7
    assert rig.clock.sleeps == [1.0, 2.0]
    assert len(rig.notes.notes) == 2
    assert all(note.startswith("dev: GET /api/users/me: ") for note in rig.notes.notes)


def test_a_trouble_that_stays_is_an_error_after_five_tries(rig: Any) -> None:
    error = _error(rig, *[httpx.Response(500, json={"message": "Oops", "id": "support-1"})] * 9)
    assert isinstance(error, WorkatoUnavailableError)
    assert "support-1" in str(error)
    assert len(rig.service.requests) == 5


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [("7", 7.0), ("Mon, 02 Nov 2026 00:00:09 GMT", 9.0), ("86400", 120.0), ("rubbish", 2.0), (None, 2.0)],
)
def test_a_rate_limit_is_waited_for_as_it_says(rig: Any, retry_after: str | None, wait: float) -> None:
    headers = {"Retry-After": retry_after} if retry_after else {}
    assert _workspace(rig, httpx.Response(429, headers=headers)).id == 7
    assert rig.clock.sleeps == [wait]
    assert "waiting" in rig.notes.notes[0]


def test_a_rate_limit_that_never_ends_is_an_error(rig: Any) -> None:
    error = _error(rig, *[httpx.Response(429, headers={"Retry-After": "1"})] * 99)
    assert isinstance(error, WorkatoUnavailableError)
    assert "429" in str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, json={"success": False, "errors": {"base": ["is running"]}}), "base: is running"),
        (httpx.Response(200, text="<!doctype html><p>Maintenance"), "(an HTML page)"),
        (httpx.Response(200, text='{"id": 7, "na'), "something else than JSON"),
        (httpx.Response(200, json=[]), "no object"),
        (httpx.Response(200), "no object"),
        (httpx.Response(200, json={"name": "no id"}), "whose token"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example/?t=1"}), "redirect"),
    ],
)
def test_an_answer_that_cannot_be_meant_is_an_error(rig: Any, answer: httpx.Response, words: str) -> None:
    error = _error(rig, answer, answer)
    assert isinstance(error, WorkatoReplyError)
    assert words in str(error)


@pytest.mark.parametrize("text", ["", '{"id": 7, "na', "<html>maintenance</html>"])
def test_an_answer_that_is_no_json_is_asked_for_once_more(rig: Any, text: str) -> None:
    assert _workspace(rig, httpx.Response(200, text=text)).id == 7


def test_a_validation_error_is_told_and_not_repeated(rig: Any) -> None:
    error = _error(rig, httpx.Response(422, json={"message": "Invalid", "errors": {"name": ["is too long"]}}))
    assert type(error) is WorkatoError
    assert "name: is too long" in str(error)
    assert len(rig.service.requests) == 1


def test_nothing_that_is_shown_holds_the_token(rig: Any, tools: Any) -> None:
    echo = httpx.Response(400, text=f"bad header Bearer {tools.token}")
    error = _error(rig, echo)
    assert tools.token not in str(error)
    assert "bad header" in str(error)
    assert tools.token not in repr(rig.workato().access)


def test_an_exception_of_the_network_does_not_come_along(rig: Any) -> None:
    error = _error(rig, *[httpx.LocalProtocolError("Illegal header value b'Bearer x'")] * 9)
    assert error.__cause__ is None
    assert "Illegal header" not in str(error)


@pytest.mark.parametrize(
    ("repeat", "trouble", "tries"),
    [
        (Repeat.EASY, httpx.ReadTimeout("slow"), 2),
        (Repeat.EASY, httpx.Response(502), 2),
        (Repeat.CAREFUL, httpx.ConnectError("refused"), 2),
        (Repeat.CAREFUL, httpx.ConnectTimeout("slow"), 2),
        (Repeat.CAREFUL, httpx.Response(503), 2),
        (Repeat.CAREFUL, httpx.Response(429), 2),
        (Repeat.CAREFUL, httpx.ReadTimeout("slow"), 1),
        (Repeat.CAREFUL, httpx.Response(502), 1),
        (Repeat.CAREFUL, httpx.ReadError("cut"), 1),
        (Repeat.NEVER, httpx.ConnectError("refused"), 1),
        (Repeat.NEVER, httpx.Response(503), 1),
    ],
)
def test_only_what_may_be_repeated_is(
    rig: Any, repeat: Repeat, trouble: httpx.Response | Exception, tries: int
) -> None:
    done = httpx.Response(200, json={"id": 1})
    if tries == 1:
        with pytest.raises(WorkatoUnavailableError):
            _send(rig, repeat, trouble, done)
    else:
        assert _send(rig, repeat, trouble, done) == {"id": 1}
    assert len(rig.service.requests) == tries


def test_requests_stay_within_the_budget(rig: Any) -> None:
    workato = rig.workato(requests_per_minute=3)
    for _ in range(7):
        workato.fetch_workspace()
    assert rig.clock.sleeps == [60.0, 60.0]


def test_an_answer_without_end_is_cut(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.adapters.workato.client.MAX_REPLY_BYTES", 10)
    assert "more than 10 bytes" in str(_error(rig, httpx.Response(200, json={"id": 7, "name": "x" * 100})))


def test_httpx_does_not_log_links(rig: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        rig.export()
    assert "Signature" not in caplog.text


def test_proxies_are_used_except_for_this_machine(monkeypatch: pytest.MonkeyPatch, tools: Any) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")

    async def used(url: str) -> bool:
        async with open_http(tools.access(), None, with_token=True) as http:
            return http._transport_for_url(httpx.URL(url)) is http._transport

    assert not asyncio.run(used("https://app.eu.workato.com/api"))
    for url in ("http://127.0.0.1:8000/api", "http://localhost:1/", "http://[::1]:8000/"):
        assert asyncio.run(used(url))


@pytest.mark.parametrize("proxy", ["socks5://me:secret@proxy.example", "gopher://proxy.example"])
def test_a_proxy_that_cannot_be_used_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, tools: Any, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        Workato(tools.access()).fetch_workspace()
    assert "secret" not in str(caught.value)


def test_certificates_that_cannot_be_loaded_are_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, tools: Any, tmp_path: Path
) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "no.pem"))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        Workato(tools.access()).fetch_workspace()


def test_only_the_api_client_carries_the_token(tools: Any) -> None:
    async def headers(with_token: bool) -> str:
        async with open_http(tools.access(), None, with_token=with_token) as http:
            return str(dict(http.headers))

    assert tools.token in asyncio.run(headers(True))
    assert tools.token not in asyncio.run(headers(False))


def test_the_face_is_synchronous_and_the_client_is_not() -> None:
    assert asyncio.iscoroutinefunction(Client.send)
    assert not asyncio.iscoroutinefunction(Workato.export)
