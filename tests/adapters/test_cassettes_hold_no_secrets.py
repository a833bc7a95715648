"""A cassette is committed, so nothing in one may open anything or tell where it was recorded."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

CASSETTES = sorted((Path(__file__).parents[2] / "cassettes").rglob("*.yaml"))
SECRET = re.compile(
    r"sandbox-(?:workato|gitlab)-[a-z]+-token"  # the sandbox's own
    r"|\bwrk[a-z]+-[\w.-]{6,}"  # Workato's
    r"|\bgl[a-z]{2,5}-[\w.-]{10,}"  # GitLab's
    r"|\b(?:Bearer|Basic)\s+[\w.~+/-]{8,}"
    r"|X-Amz-(?:Signature|Credential|Security-Token)"
    r"|[?&](?:private_token|user_token|access_token)=",
    re.IGNORECASE,
)
SECRET_HEADERS = {"authorization", "private-token", "x-user-token", "x-user-email", "job-token", "cookie", "set-cookie"}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
        yield from _members(value)
    elif isinstance(value, str):
        yield value


def _members(content: bytes) -> Iterator[str]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("utf-8", "replace")


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_no_cassette_holds_a_secret_or_an_address(path: Path) -> None:
    requests, responses = FilesystemPersister.load_cassette(path, serializer=yamlserializer)
    assert requests
    for request, response in zip(requests, responses, strict=True):
        assert request.uri.startswith("http://127.0.0.1:1/")
        names = {name.lower() for name in (*request.headers, *response["headers"])}
        assert not names & (SECRET_HEADERS | {"host", "date"})
        body = request.body.read() if hasattr(request.body, "read") else request.body
        for text in _texts([request.uri, dict(request.headers), body, response]):
            assert not SECRET.search(text)
            assert not re.search(r"(?:localhost|127\.0\.0\.1):(?!1/|1\b)\d+", text)


def test_there_are_cassettes() -> None:
    assert CASSETTES


@pytest.mark.parametrize(
    "text",
    [
        "sandbox-workato-dev-token",
        "sandbox-gitlab-wexport-token",
        "wrkprod-eyJhbGciOi",
        "glpat-abcdefghij0123456789",
        "Authorization: Bearer abcdefghijk",
        "/storage/x.zip?X-Amz-Signature=1",
    ],
)
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert SECRET.search(text)
