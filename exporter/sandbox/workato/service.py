"""The emulated Workato: several environments behind one address, told apart by their tokens."""

from __future__ import annotations

import hmac
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from exporter.sandbox.seed import WorkspaceSeed
from exporter.sandbox.workato.errors import ApiError, not_emulated, too_many_requests, unauthorized
from exporter.sandbox.workato.ratelimit import RateLimiter, endpoint_group
from exporter.sandbox.workato.routes import HANDLERS, route_map
from exporter.sandbox.workato.routes.call import Call
from exporter.sandbox.workato.state import Environment
from exporter.sandbox.workato.storage import PREFIX, Storage

_ID = re.compile("[0-9]{1,18}")
REQUESTS_PER_MINUTE = 60  # Workato's default for nearly every group of endpoints


@dataclass(slots=True)
class Settings:
    """What tests turn. Polls: how often a package is seen in progress before it is done."""

    export_polls: int = 1
    import_polls: int = 1
    link_seconds: float = 300.0


def token_of(environment: str) -> str:
    """The API client's token for an environment of the sandbox."""
    return f"sandbox-workato-{environment}-token"


class Workato:
    """Answers every request of Workato's API and its storage."""

    def __init__(
        self,
        base_url: str,
        seeds: Sequence[WorkspaceSeed],
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        requests_per_minute: int = REQUESTS_PER_MINUTE,
    ) -> None:
        self.now = now
        self.settings = Settings()
        self.lock = threading.RLock()
        self.limiter = RateLimiter(requests_per_minute, clock)
        self.storage = Storage(base_url, now, lambda: self.settings.link_seconds)
        self.environments = {seed.environment: Environment(seed, number) for number, seed in enumerate(seeds, 1)}
        self._routes = route_map()

    def environment_of(self, request: Request) -> Environment | None:
        """The environment that the request's token belongs to."""
        sent = request.headers.get("Authorization", "").encode()
        for name, environment in self.environments.items():
            if hmac.compare_digest(sent, f"Bearer {token_of(name)}".encode()):
                return environment
        return None

    def respond(self, request: Request) -> Response:
        if request.path.startswith(PREFIX):
            return self.storage.respond(request)
        if request.path.startswith("/recipes/"):
            return self._recipe_page(request)
        try:
            with self.lock:
                return self._call(request)
        except ApiError as error:
            return error.response()

    def _call(self, request: Request) -> Response:
        try:
            endpoint, arguments = self._routes.bind("127.0.0.1").match(request.path, request.method)
        except (HTTPException, ValueError):  # ValueError: an id of more digits than Python reads
            raise not_emulated(request.method, request.path) from None
        environment = self.environment_of(request)
        if environment is None:
            raise unauthorized()
        retry_after = self.limiter.admit(environment.name, endpoint_group(request.path))
        if retry_after is not None:
            raise too_many_requests(retry_after)
        return HANDLERS[endpoint](Call(self, environment, request, arguments))

    def _recipe_page(self, request: Request) -> Response:
        """Where links of reports lead: just enough to see that it is the right recipe."""
        word = request.path.removeprefix("/recipes/").partition("/")[0]
        with self.lock:
            for environment in self.environments.values():
                recipe = environment.assets.get(int(word)) if _ID.fullmatch(word) else None
                if recipe is not None and recipe.type == "recipe":
                    place = " / ".join(environment.folder_path(recipe.folder_id))
                    return _page(recipe.name, f"{environment.name}: {place}, version {recipe.version.number}")
        response = _page("Not found", "There is no such recipe in this sandbox.")
        response.status_code = 404
        return response


def _page(title: str, text: str) -> Response:
    body = f"<!doctype html><meta charset=utf-8><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}"
    return Response(body, content_type="text/html; charset=utf-8")
