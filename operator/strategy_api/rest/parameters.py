"""What comes in: query parameters, each with its rule and all problems named together, and bounded bodies."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from starlette.requests import Request

from strategy_api.errors import InvalidRequest, Refused, TooLarge

E = TypeVar("E", bound=StrEnum)
_UNESCAPED_PLUS: Final = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:?\d\d)$")
"""In a query a plus sign before the zone arrives as a space unless it was escaped."""


async def bounded_body(request: Request, most_bytes: int) -> bytes:
    """The request's body; TooLarge as soon as it is known to be more."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise TooLarge(f"The body is larger than {most_bytes} bytes")
    return bytes(body)


class Parameters:
    """Reads one request's parameters; `check` raises InvalidRequest with everything that was wrong."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._problems: dict[str, str] = {}

    def check(self) -> None:
        """Call it when all parameters have been read."""
        if self._problems:
            raise InvalidRequest(self._problems)

    def given(self, name: str) -> bool:
        """Whether it stands in the request."""
        return name in self._given

    def refuse(self, name: str, problem: str) -> None:
        """Something is wrong with it that no rule here knows."""
        self._problems[name] = problem

    def integer(self, name: str, default: int, *, least: int, most: int | None = None) -> int:
        try:
            value = int(self._given.get(name, default))
        except ValueError:
            self._problems[name] = "a whole number is expected"
            return default
        if value < least or (most is not None and value > most):
            self._problems[name] = f"at least {least}" + (f" and at most {most}" if most is not None else "")
        return value

    def fraction(self, name: str) -> float | None:
        if name not in self._given:
            return None
        try:
            value = float(self._given[name])
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            self._problems[name] = "a number from 0 to 1 is expected"
        return value

    def moment(self, name: str) -> datetime | None:
        """An ISO 8601 time; without a zone it is UTC, as the platform writes it."""
        if name not in self._given:
            return None
        try:
            value = datetime.fromisoformat(_UNESCAPED_PLUS.sub(r"\1+\2", self._given[name]))
        except ValueError:
            self._problems[name] = "an ISO 8601 time is expected, for example 2026-01-02T03:04:05Z"
            return None
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    def text(self, name: str, *, most: int) -> str | None:
        """A text without control characters; None when absent or empty."""
        value = self._given.get(name) or None
        if value is not None and (len(value) > most or not value.isprintable()):
            self._problems[name] = f"at most {most} characters that can be shown"
            return None
        return value

    def texts(self, name: str) -> list[str] | None:
        """A comma list; None when absent or empty."""
        return [part.strip() for part in self._given.get(name, "").split(",") if part.strip()] or None

    def words(self, name: str, kind: type[E]) -> list[E] | None:
        """A comma list of an enum's values; the platform answers 400 to an unknown one."""
        texts = self.texts(name)
        try:
            return None if texts is None else [kind(text) for text in texts]
        except ValueError as error:
            raise Refused(f"Invalid parameter value: {error}") from None

    def word(self, name: str, kind: type[E]) -> E | None:
        """One value of an enum."""
        return self.one_of(name, self._given[name], kind) if name in self._given else None

    def one_of(self, name: str, value: str, kind: type[E]) -> E | None:
        """The value of an enum that was read out of a parameter."""
        try:
            return kind(value)
        except ValueError:
            self._problems[name] = f"one of {', '.join(kind)} is expected"
            return None
