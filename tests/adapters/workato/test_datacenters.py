from __future__ import annotations

import subprocess
import sys

import pytest

from exporter.adapters.workato import DATA_CENTERS, WorkatoAccess, resolve_base_url
from exporter.errors import ConfigurationError, WexportError


@pytest.mark.parametrize(
    ("value", "base_url"),
    [
        ("us", "https://www.workato.com"),
        ("EU", "https://app.eu.workato.com"),
        (" jp ", "https://app.jp.workato.com"),
        ("cn", "https://app.workatoapp.cn"),
        ("https://app.eu.workato.com/", "https://app.eu.workato.com"),
        ("https://app.eu.workato.com/api", "https://app.eu.workato.com"),
        ("https://app.eu.workato.com/api/", "https://app.eu.workato.com"),
        ("HTTPS://Workato.Acme.example:8443", "https://workato.acme.example:8443"),
        ("https://acme.example/workato", "https://acme.example/workato"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_word_or_an_address_means_a_base_url(value: str, base_url: str) -> None:
    assert resolve_base_url(value) == base_url


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("eux", "'eu'"),
        ("trail", "'trial'"),
        ("", "Known are us, eu"),
        ("app.eu.workato.com", "https://"),
        ("http://app.eu.workato.com", "plain http"),
        ("http://127.0.0.1.evil.example", "plain http"),
        ("ftp://app.eu.workato.com", "https://"),
        ("https://", "no host"),
        ("https://user:secret@app.eu.workato.com", "user name"),
        ("https://app.eu.workato.com?x=1", "'?'"),
        ("https://app.eu.workato.com/#a", "'#'"),
        ("https://[bad", "not a valid URL"),
        ("https://a b.example", "no host"),
        ("https://app.eu.workato.com:port", "not a valid URL"),
    ],
)
def test_anything_else_is_a_configuration_error_with_a_hint(value: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve_base_url(value)
    assert hint in str(caught.value)
    assert "secret" not in str(caught.value)


def test_every_known_data_center_is_https_and_its_own_base_url() -> None:
    assert all(resolve_base_url(url) == url for url in DATA_CENTERS.values())


@pytest.mark.parametrize("token", ["", "two words", "line\nend", "umläut"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(WexportError) as caught:
        WorkatoAccess("dev", "eu", token, "WEXPORT_DEV_TOKEN")
    assert "WEXPORT_DEV_TOKEN" in str(caught.value)
    assert not token or token not in str(caught.value)


def test_access_shows_no_token_and_resolves_its_address() -> None:
    access = WorkatoAccess("dev", "eu", "secret-1", "WEXPORT_DEV_TOKEN")
    assert access.base_url == "https://app.eu.workato.com"
    assert access.host == "app.eu.workato.com"
    assert "secret-1" not in repr(access)


def test_include_and_exclude_choose_projects_by_glob() -> None:
    access = WorkatoAccess("dev", "eu", "t", "T", include=("O2C*", "Shared"), exclude=("* old",))
    assert [name for name in ("O2C", "O2C old", "Shared", "HR") if access.wants(name)] == ["O2C", "Shared"]


def test_addresses_are_resolved_without_loading_httpx() -> None:
    program = (
        "import sys; from exporter.adapters.workato import resolve_base_url\n"
        "resolve_base_url('eu'); print('httpx' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
