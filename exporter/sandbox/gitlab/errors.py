"""GitLab's refusals, in the JSON shapes that its API really uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The application limiter says this and nothing else: no Retry-After, no RateLimit headers.
TOO_MANY_REQUESTS = "This endpoint has been requested too many times. Try again later."


class ApiError(Exception):
    """An answer that is not a success; `payload` is the JSON body."""

    def __init__(self, status: int, payload: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}: {dict(payload)}")
        self.status = status
        self.payload = payload
        self.headers = dict(headers or {})


def unauthorized() -> ApiError:
    return ApiError(401, {"message": "401 Unauthorized"})


def token_expired() -> ApiError:
    description = "Token is expired. You can either do re-authorization or token refresh."
    return ApiError(401, {"error": "invalid_token", "error_description": description})


def insufficient_scope() -> ApiError:
    description = "The request requires higher privileges than provided by the access token."
    return ApiError(403, {"error": "insufficient_scope", "error_description": description, "scope": "api"})


def forbidden() -> ApiError:
    return ApiError(403, {"message": "403 Forbidden"})


def not_found(thing: str = "") -> ApiError:
    return ApiError(404, {"message": f"404 {thing} Not Found" if thing else "404 Not found"})


def missing(parameter: str) -> ApiError:
    return ApiError(400, {"error": f"{parameter} is missing"})


def invalid(parameter: str) -> ApiError:
    return ApiError(400, {"error": f"{parameter} is invalid"})


def no_valid_value(parameter: str) -> ApiError:
    return ApiError(400, {"error": f"{parameter} does not have a valid value"})


def bad_request(reason: str) -> ApiError:
    return ApiError(400, {"message": f"400 Bad request - {reason}"})


def validation_failed(field: str, problem: str) -> ApiError:
    return ApiError(400, {"message": {field: [problem]}})


def conflict(reason: str) -> ApiError:
    return ApiError(409, {"message": reason})


def too_many_requests() -> ApiError:
    return ApiError(429, {"message": {"error": TOO_MANY_REQUESTS}})


def moved_project() -> ApiError:
    return ApiError(405, {"message": "Non GET methods are not allowed for moved projects"})


def not_emulated(method: str, path: str) -> ApiError:
    """501: loud, so that nobody mistakes a gap of the sandbox for an answer of GitLab."""
    reason = f"The sandbox does not emulate {method} {path} of GitLab."
    return ApiError(501, {"message": reason, "method": method, "path": path})
