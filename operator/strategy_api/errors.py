"""Errors of the API, named by what the caller must do.

    ApiError
    |- Refused                400  the request makes sense, the run's state forbids it
    |- Unauthenticated        401  send a valid token
    |- NotFound               404  it does not exist, or belongs to somebody else
    |- Ambiguous              409  say which of several is meant
    |- TooLarge               413  send less
    |- InvalidRequest         422  correct the fields named in `problems`
    |- TooManyRequests        429  wait `retry_after_s`
    |- NotBuilt               501  this version does not have it
    `- DependencyUnavailable  503  try again later

`http_problems` turns them into answers; modules that talk to outside systems raise DependencyUnavailable.
"""

from typing import ClassVar


class ApiError(Exception):
    """Something the caller of the API is told about; `str(error)` is the sentence."""

    status: ClassVar[int]
    title: ClassVar[str]


class Refused(ApiError):
    status = 400
    title = "Refused"


class Unauthenticated(ApiError):
    status = 401
    title = "Not authenticated"


class NotFound(ApiError):
    status = 404
    title = "Not found"


class Ambiguous(ApiError):
    status = 409
    title = "Ambiguous"


class TooLarge(ApiError):
    status = 413
    title = "Too large"


class InvalidRequest(ApiError):
    """Fields of the request are wrong; `problems` maps each field to a sentence."""

    status = 422
    title = "Invalid request"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = problems


class TooManyRequests(ApiError):
    status = 429
    title = "Too many requests"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"Too many requests; try again in {retry_after_s:.2f} s")
        self.retry_after_s = retry_after_s


class NotBuilt(ApiError):
    status = 501
    title = "Not available in this version"


class DependencyUnavailable(ApiError):
    status = 503
    title = "Temporarily unavailable"
