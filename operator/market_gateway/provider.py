"""What the gateway asks of an exchange or data vendor.

A provider knows one outside system and nothing of runners, Redis or numbering. It names series by its own
spelling of the symbol. It may repeat, reorder or lose updates: `live_series` puts them right, so a provider
only has to say when its stream for a series begins anew.
"""

from dataclasses import dataclass
from typing import Protocol

from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Series:
    """One series of candles; `symbol` in the provider's spelling."""

    provider: str
    symbol: str
    timeframe: Timeframe


@dataclass(frozen=True, slots=True)
class Receipt:
    """When a frame reached this process: wall clock for figures across machines, monotonic for one machine."""

    wall_ms: int
    monotonic_ns: int


@dataclass(frozen=True, slots=True)
class StreamUpdate:
    """One candle from a live stream."""

    bar: Bar
    event_time_ms: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class History:
    """Closed bars in order. Every one of the asked range that closed by `complete_to_ms` is among them."""

    bars: list[Bar]
    complete_to_ms: int


@dataclass(frozen=True, slots=True)
class ProviderLimits:
    """How much of the provider's allowance is used; for metrics and readiness."""

    used_ratio: float
    blocked_for_s: float


class StreamListener(Protocol):
    """Who gets live updates. Both calls return at once: they are on the latency path."""

    def on_started(self, series: Series) -> None:
        """Updates follow from now on; some before may be missing."""

    def on_update(self, series: Series, update: StreamUpdate) -> None:
        """A candle in progress or closed."""


class Provider(Protocol):
    """One exchange or vendor. Raises SeriesRefused and ProviderUnavailable, nothing of its transport."""

    @property
    def timeframes(self) -> frozenset[Timeframe]:
        """What `history` and `stream` can serve."""

    async def resolve(self, symbol: str) -> str:
        """The provider's spelling of a symbol in anybody's; SeriesRefused names the nearest."""

    async def history(self, series: Series, from_ms: int, to_ms: int) -> History:
        """Closed bars with `from_ms` <= open time < `to_ms`."""

    async def server_time(self) -> int:
        """The exchange's time now, in ms."""

    def clock_ms(self) -> int:
        """The exchange's time as far as anything received shows, extrapolated; asks nobody."""

    def follow(self, series: Series) -> None:
        """Stream the series from now on; again for one already followed is nothing."""

    def unfollow(self, series: Series) -> None:
        """Stop streaming it."""

    async def stream(self, listener: StreamListener) -> None:
        """Deliver updates of all followed series until cancelled, through every reconnect."""

    def hold_off(self, seconds: float) -> None:
        """Ask nothing for so long: an earlier gateway was told so."""

    def limits(self) -> ProviderLimits:
        """The state of the allowance now."""

    async def close(self) -> None:
        """Let go of connections; safe to call twice."""
