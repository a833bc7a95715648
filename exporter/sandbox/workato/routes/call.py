"""What a handler is given: the caller's environment, the request, and its parameters, read with care."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from werkzeug import Request

from exporter.sandbox.workato.errors import bad_request, not_found
from exporter.sandbox.workato.state import Environment

if TYPE_CHECKING:
    from exporter.sandbox.workato.service import Workato

T = TypeVar("T")
MAX_PAGE_SIZE = 100  # larger values are capped silently, as Workato does


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request. `arguments` are the parts of the path."""

    workato: Workato
    environment: Environment
    request: Request
    arguments: Mapping[str, int | str]

    @property
    def now(self) -> datetime:
        return self.workato.now()

    def id(self, name: str = "id") -> int:
        return int(self.arguments[name])

    def text(self, name: str) -> str | None:
        return self.request.args.get(name)

    def flag(self, name: str) -> bool:
        return self.request.args.get(name, "").lower() in ("true", "1")

    def number(self, name: str, default: int | None = None) -> int | None:
        """A whole number of the query; the default where it is absent or empty. Raises: ApiError 400."""
        text = self.request.args.get(name, "")
        if not text:
            return default
        try:
            return int(text)
        except ValueError:
            raise bad_request(f"{name} must be an Integer") from None

    def page_of(self, items: list[T]) -> list[T]:
        """The page that the query asks for."""
        page = self.number("page", 1) or 1
        size = min(self.number("per_page", MAX_PAGE_SIZE) or MAX_PAGE_SIZE, MAX_PAGE_SIZE)
        if page < 1 or size < 1:
            raise bad_request("page and per_page must be greater than 0")
        return items[(page - 1) * size : page * size]

    def body(self) -> dict[str, object]:
        """The JSON object that was sent. Raises: ApiError 400 for anything else."""
        try:
            value = json.loads(self.request.get_data() or b"{}")
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is valid JSON and no text
        except (ValueError, RecursionError):
            raise bad_request("The request body is not valid JSON") from None
        if not isinstance(value, dict):
            raise bad_request("The request body must be a JSON object")
        return value


def found(values: Mapping[int, T], key: int) -> T:
    """The value with this id. Raises: ApiError 404."""
    if key not in values:
        raise not_found()
    return values[key]
