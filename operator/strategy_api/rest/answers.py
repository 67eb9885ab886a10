"""JSON in and out: times as RFC 3339 with Z, errors as RFC 9457 problems that carry the platform's `detail`.

A WebSocket that is refused before it was accepted gets the same answers as a request.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from strategy_api.errors import ApiError, InvalidRequest, TooManyRequests, Unauthenticated

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The value as JSON."""
    return Response(msgspec.json.encode(body), status, headers, JSON)


def problem(status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """An error as every client can read it: by status, by type, or by the platform's `detail`."""
    kind = "/problems/" + title.lower().replace(" ", "-")
    body = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    return Response(msgspec.json.encode(body), status, headers, PROBLEM)


async def answer_api_error(_: HTTPConnection, error: Exception) -> Response:
    """Our own errors, by their class."""
    assert isinstance(error, ApiError)
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    match error:
        case Unauthenticated():
            headers["WWW-Authenticate"] = "Bearer"
        case TooManyRequests():
            headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
        case InvalidRequest():
            more["errors"] = [{"loc": field, "msg": sentence} for field, sentence in error.problems.items()]
    return problem(error.status, error.title, str(error), headers=headers, **more)


async def answer_http_error(_: HTTPConnection, error: Exception) -> Response:
    """Errors of the framework: no such path, wrong method, body too large."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, error.detail, headers=error.headers)


async def answer_unexpected(_: HTTPConnection, __: Exception) -> Response:
    """A defect: the server logs it, the caller learns nothing from it."""
    return problem(500, "Internal server error", "Internal server error")
