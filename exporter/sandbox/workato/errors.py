"""The refusals of Workato's API, in the shapes that it uses."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug import Response

from exporter.sandbox.workato.reply import json_reply


class ApiError(Exception):
    """An answer that is not what was asked for. `payload` is the JSON body."""

    def __init__(self, status: int, payload: Mapping[str, object], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.payload = payload
        self.headers = headers or {}

    def response(self) -> Response:
        return json_reply(self.payload, self.status, self.headers)


def bad_request(message: str) -> ApiError:
    return ApiError(400, {"message": message})


def unauthorized() -> ApiError:
    return ApiError(401, {"message": "Unauthorized"})


def forbidden(message: str) -> ApiError:
    return ApiError(403, {"message": message})


def not_found() -> ApiError:
    return ApiError(404, {"message": "Not Found"})


def conflict(message: str) -> ApiError:
    return ApiError(409, {"message": message})


def unprocessable(message: str, errors: Mapping[str, object]) -> ApiError:
    return ApiError(422, {"message": message, "errors": errors})


def too_many_requests(retry_after_seconds: int) -> ApiError:
    return ApiError(429, {"message": "Too Many Requests"}, {"Retry-After": str(retry_after_seconds)})


def not_emulated(method: str, path: str, detail: str = "") -> ApiError:
    """The sandbox's own answer to what it does not know: never a silent wrong one."""
    message = f"The sandbox does not emulate {method} {path}" + (f": {detail}" if detail else "") + "."
    return ApiError(501, {"message": message, "method": method, "path": path})
