"""What travels: parameters in, pages of JSON out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from werkzeug import Request, Response

from exporter.sandbox.gitlab import errors

DEFAULT_PER_PAGE, MAX_PER_PAGE = 20, 100  # GitLab, REST API pagination
MAX_COUNTED_ROWS = 10_000  # beyond it the x-total headers are missing

Row = TypeVar("Row")


def json_response(payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return Response(body, status, headers, content_type="application/json")


def timestamp(moment: datetime | None) -> str | None:
    """GitLab's form: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def parse_timestamp(name: str, text: str) -> datetime:
    """Raises: ApiError when it is no ISO 8601 date."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise errors.invalid(name) from exc


@dataclass(frozen=True, slots=True)
class Params:
    """Query and body in one mapping, as GitLab reads them; `name[]` is a list under `name`."""

    values: dict[str, Any]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str | None = None) -> str | None:
        value = self.values.get(name, default)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (int, float)):
            return str(value)
        if value is not None and not isinstance(value, str):
            raise errors.invalid(name)
        return value

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise errors.missing(name)
        return value

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self.text(name)
        if value in (None, ""):
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", value or ""):
            raise errors.invalid(name)
        return int(value or 0)

    def required_number(self, name: str) -> int:
        value = self.number(name)
        if value is None:
            raise errors.missing(name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in ("true", "false", "1", "0", "t", "f", "yes", "no", "on", "off"):
            raise errors.invalid(name)
        return value.lower() in ("true", "1", "t", "yes", "on")

    def words(self, name: str) -> list[str]:
        """A list or a string with commas: GitLab takes both, so no value can hold a comma."""
        value = self.values.get(name)
        parts = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(part, (str, int)) for part in parts):
            raise errors.invalid(name)
        return [word.strip() for part in parts for word in str(part).split(",") if word.strip()]

    def numbers(self, name: str) -> list[int]:
        words = self.words(name)
        if not all(re.fullmatch(r"[0-9]{1,18}", word) for word in words):
            raise errors.invalid(name)
        return [int(word) for word in words]

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.text(name) or default
        if value not in allowed:
            raise errors.no_valid_value(name)
        return value


def read_params(request: Request) -> Params:
    """Raises: ApiError for a body that is not the JSON it says it is, and for NUL characters."""
    values: dict[str, Any] = {}
    for source in (request.args, request.form):
        for name, found in source.lists():
            is_list = name.endswith("[]")
            values[name.removesuffix("[]")] = found if is_list else found[-1]
    if request.mimetype == "application/json" and request.get_data():
        try:
            body = json.loads(request.get_data())
        except (ValueError, RecursionError) as exc:
            raise errors.ApiError(400, {"message": "400 Bad Request"}) from exc
        if not isinstance(body, dict):
            raise errors.ApiError(400, {"message": "400 Bad Request"})
        values.update(body)
    if any(isinstance(value, str) and "\x00" in value for value in values.values()):
        raise errors.ApiError(400, {"message": "400 Bad Request"})
    return Params(values)


def paginate(
    request: Request,
    params: Params,
    rows: Sequence[Row],
    shape: Callable[[Row], Any],
    *,
    is_visible: Callable[[Row], bool] = lambda _row: True,
    base_url: str,
) -> Response:
    """One page with GitLab's headers. Hidden rows are taken out after paging, so a page can be short or empty
    although more pages follow."""
    page = max(1, params.number("page", 1) or 1)
    per_page = params.number("per_page", DEFAULT_PER_PAGE) or DEFAULT_PER_PAGE
    if per_page < 1:
        raise errors.no_valid_value("per_page")
    per_page = min(per_page, MAX_PER_PAGE)
    total_pages = max(1, math.ceil(len(rows) / per_page))
    shown = [shape(row) for row in rows[(page - 1) * per_page : page * per_page] if is_visible(row)]
    following = page + 1 if page < total_pages else None
    preceding = page - 1 if 1 < page <= total_pages + 1 else None
    headers = {
        "Link": _links(request, base_url, per_page, preceding, following, total_pages),
        "x-next-page": str(following or ""),
        "x-page": str(page),
        "x-per-page": str(per_page),
        "x-prev-page": str(preceding or ""),
    }
    if len(rows) <= MAX_COUNTED_ROWS:
        headers |= {"x-total": str(len(rows)), "x-total-pages": str(total_pages)}
    return json_response(shown, headers=headers)


def _links(
    request: Request, base_url: str, per_page: int, preceding: int | None, following: int | None, total_pages: int
) -> str:
    path = str(request.environ.get("REQUEST_URI") or request.path).partition("?")[0]
    others = [(name, value) for name, value in request.args.items(multi=True) if name not in ("page", "per_page")]
    last = total_pages
    targets = [("prev", preceding), ("next", following), ("first", 1), ("last", last)]
    return ", ".join(
        f'<{base_url}{path}?{urlencode([*others, ("page", page), ("per_page", per_page)])}>; rel="{name}"'
        for name, page in targets
        if page is not None
    )
