"""A package's signed link -> a file.

The link goes to a storage service of another host and is a secret of its own: it is fetched by a client that
carries no token, follows redirects only to https, and never appears in a message. It lives for minutes only; an
expired one answers 400 or 403 and is asked for anew.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from exporter.adapters.workato.client import Client
from exporter.adapters.workato.datacenters import is_loopback
from exporter.adapters.workato.replies import PackageRow
from exporter.adapters.workato.retry import backoff_seconds
from exporter.adapters.workato.service import fetch_package
from exporter.errors import PackageError, WorkatoReplyError, WorkatoUnavailableError

MAX_DOWNLOAD_ATTEMPTS = 5
MAX_REDIRECTS = 3
MAX_DOWNLOAD_BYTES = 2 * 1024 * 1024 * 1024  # imports end at 100 MB; the limit of exports is not documented
_EXPIRED = (400, 401, 403, 404, 410)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one try came to: saved, or sent elsewhere, or refused with a status, or cut."""

    is_saved: bool = False
    location: str | None = None
    status: int | None = None
    problem: str = ""


async def download_package(client: Client, storage: httpx.AsyncClient, package: PackageRow, path: Path) -> None:
    """Writes the completed package's archive to `path`; the file appears only when it is whole.

    Raises: WorkatoUnavailableError when no try got it, PackageError when it is beyond any size, WorkatoReplyError
    for a link that must not be followed.
    """
    link = package.download_url
    outcome = _Outcome()
    for attempt in range(MAX_DOWNLOAD_ATTEMPTS):
        if attempt:
            client.note(f"download of package {package.id}: {outcome.problem}, trying again")
            await client.pace.sleep(backoff_seconds(attempt - 1, client.pace.jitter()))
        if link is None:
            outcome = await _ask_for_download(client, package.id, path)
            link = outcome.location
        if link is not None:
            outcome = await _follow(client, storage, link, path)
        if outcome.is_saved:
            return
        if outcome.status in _EXPIRED:
            link = await _renewed_link(client, package.id, link)
    raise WorkatoUnavailableError(
        f"The package {package.id} of environment '{client.access.environment}' could not be downloaded: "
        f"{outcome.problem}, also after retries. Try again later; the storage host must be reachable from here."
    )


async def _ask_for_download(client: Client, package: str, path: Path) -> _Outcome:
    """/packages/:id/download redirects to a signed link; some installations send the archive itself."""
    try:
        async with client.stream(f"/packages/{package}/download") as response:
            if response.has_redirect_location:
                return _Outcome(location=response.headers["location"])
            return await _save(response, path)
    except httpx.TransportError as problem:
        return _Outcome(problem=type(problem).__name__)


async def _renewed_link(client: Client, package: str, expired: str | None) -> str | None:
    """A fresh link; None if the package still shows the expired one, so that /download is asked."""
    link = (await fetch_package(client, package)).download_url
    return None if link == expired else link


async def _follow(client: Client, storage: httpx.AsyncClient, link: str, path: Path) -> _Outcome:
    url = _checked_link(client, client.access.base_url + "/", link)
    for _ in range(MAX_REDIRECTS + 1):
        try:
            async with storage.stream("GET", url) as response:
                if not response.has_redirect_location:
                    return await _save(response, path)
                location = response.headers["location"]
        except httpx.TransportError as problem:
            return _Outcome(problem=type(problem).__name__)
        url = _checked_link(client, url, location)
    return _Outcome(problem="too many redirects")


def _checked_link(client: Client, base: str, link: str) -> str:
    """The absolute link. It must be https; plain http is for a service on this machine only."""
    access = client.access
    try:
        url = urljoin(base, link)
        parts = httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        parts = httpx.URL("")
    is_local = parts.scheme == "http" and is_loopback(parts.host) and is_loopback(urlsplit(access.base_url).hostname)
    if parts.host and (parts.scheme == "https" or is_local):
        return url
    raise WorkatoReplyError(
        f"Workato at {access.host} gave a download link for environment '{access.environment}' that is not https. "
        "It was not followed."
    )


async def _save(response: httpx.Response, path: Path) -> _Outcome:
    """Streams the body beside `path` and moves it there when all of it came."""
    if response.status_code != 200:
        return _Outcome(status=response.status_code, problem=f"HTTP {response.status_code}")
    draft = path.with_name(path.name + ".part")
    try:
        received = await _write(response, draft)
        announced = response.headers.get("content-length", "")
        is_encoded = "content-encoding" in response.headers  # then the length is that of the encoded bytes
        if announced.isdecimal() and not is_encoded and int(announced) != received:
            return _Outcome(problem=f"{received} of {announced} bytes came")
        draft.replace(path)
    except httpx.DecodingError:
        return _Outcome(problem="broken compression")
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return _Outcome(is_saved=True)


async def _write(response: httpx.Response, draft: Path) -> int:
    received = 0
    try:
        with draft.open("wb") as file:
            async for piece in response.aiter_bytes():
                received += len(piece)
                if received > MAX_DOWNLOAD_BYTES:
                    raise PackageError(f"A package is larger than {MAX_DOWNLOAD_BYTES} bytes; its download was ended.")
                file.write(piece)
    except OSError as error:
        raise PackageError(f"The package cannot be written to {draft.parent}: {error.strerror}.") from error
    return received
