"""The file storage beside Workato: signed links that work for a while, without a token.

Answers as S3 does: 400 to a request that carries an Authorization header on top of the signature, 403 when the
link has expired or was changed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

from werkzeug import Request, Response

from exporter.sandbox.workato.package import Archive

PREFIX = "/storage/"


class Storage:
    """Archives by name. `link_seconds` is how long a fresh link works."""

    def __init__(self, base_url: str, now: Callable[[], datetime], link_seconds: Callable[[], float]) -> None:
        # Another origin than the API's, as in reality: clients then drop the token when they follow the redirect.
        self._base_url = f"http://localhost:{urlsplit(base_url).port}"
        self._now = now
        self._link_seconds = link_seconds
        self._key = secrets.token_bytes(32)
        self._archives: dict[str, Archive] = {}

    def keep(self, name: str, archive: Archive) -> None:
        self._archives[name] = archive

    def content(self, name: str) -> bytes:
        """The bytes of a kept archive."""
        return self._archives[name]()

    def sign(self, name: str) -> str:
        """A link to the archive."""
        expires = str(self._now().timestamp() + self._link_seconds())
        query = urlencode({"X-Amz-Expires": expires, "X-Amz-Signature": self._signature(name, expires)})
        return f"{self._base_url}{PREFIX}{quote(name)}?{query}"

    def respond(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX)
        expires = request.args.get("X-Amz-Expires", "")
        signature = request.args.get("X-Amz-Signature", "")
        if "Authorization" in request.headers:
            return storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        if not hmac.compare_digest(signature.encode(), self._signature(name, expires).encode()):
            return storage_error(403, "SignatureDoesNotMatch", "The request signature does not match")
        if float(expires) < self._now().astimezone(UTC).timestamp():
            return expired_link()
        archive = self._archives.get(name)
        if archive is None:
            return storage_error(404, "NoSuchKey", "The specified key does not exist.")
        return Response(archive(), content_type="application/zip")

    def _signature(self, name: str, expires: str) -> str:
        return hmac.new(self._key, f"{name}\n{expires}".encode(), hashlib.sha256).hexdigest()


def expired_link() -> Response:
    return storage_error(403, "AccessDenied", "Request has expired")


def storage_error(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(body, status, content_type="application/xml")
