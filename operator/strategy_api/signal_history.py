"""The history of signals, whoever keeps it: PostgreSQL (`signal_store`) or memory (`memory_store`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from strategy_api.cursor import Vector
from strategy_api.published_signal import PublishedSignal
from strategy_api.signal_filter import SignalFilter


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the history, newest first, as JSON; `total` and `position` belong to the same moment."""

    bodies: Sequence[bytes]
    total: int
    position: Vector


class SignalStore(Protocol):
    """Where signals are kept for good. Every method may raise DependencyUnavailable."""

    async def prepare(self) -> None:
        """Bring the schema up to date; safe to repeat and to run from several replicas."""
        ...

    async def position(self, partition: int) -> int:
        """The offset the next record to store has at least."""
        ...

    async def append(self, partition: int, expected: int, following: int, signals: Sequence[PublishedSignal]) -> bool:
        """Store the signals and move the position from `expected` to `following`, both or neither.

        False: the position is not `expected`, somebody else has stored these records.
        """
        ...

    async def page(self, wanted: SignalFilter, *, offset: int, limit: int, now: datetime) -> Page: ...

    async def get(self, owner: str | None, signal_id: str, now: datetime) -> bytes | None: ...

    async def count(self, owner: str | None) -> tuple[int, Vector]:
        """How many signals the owner has, and up to where in the log."""
        ...

    async def check(self) -> None:
        """Returns if the store answers."""
        ...

    async def close(self) -> None: ...
