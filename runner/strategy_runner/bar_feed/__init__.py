"""Where bars come from: one ordered stream from a start point, history first, then live.

A feed repairs what its transport loses. Per symbol, closed bars come in order of open time and never twice
unless their `revision` rose; across symbols, history is merged by open time. The run loop owns windows,
alignment and gaps in the data itself.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from strategy_contracts.bar import Bar


@dataclass(frozen=True, slots=True)
class BarUpdate:
    """A new, provisional or revised bar. `event_time_ms` (exchange time) drives the market clock."""

    symbol: str
    bar: Bar
    event_time_ms: int
    sent_ns: int = 0
    """Carried through from `BarMessage.sent_ns`, for latency figures."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """All closed bars up to `server_time_ms` (exchange time) have been delivered; what follows is live.

    A feed that had to resynchronise says it again after the missed bars.
    """

    server_time_ms: int


class BarFeed(Protocol):
    """The bars of one run: all its symbols, one timeframe."""

    def updates(self, start_ms: int | None) -> AsyncIterator[BarUpdate | CaughtUp]:
        """Bars with open time >= `start_ms`, or the newest `lookback` bars where it is None.

        Ends when the series ends (a file), raises FeedUnavailable or ChannelRefused.
        """

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        """Closed bars with `from_ms` <= open time < `to_ms` as far as the provider has them, in order."""

    async def close(self) -> None:
        """Let go of connections; safe to call twice."""
