"""JSON answers as Workato sends them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from werkzeug import Response

JSON_TYPE = "application/json; charset=utf-8"


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, headers, content_type=JSON_TYPE)
