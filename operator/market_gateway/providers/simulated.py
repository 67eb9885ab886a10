"""An exchange that exists only here: its clock runs at a chosen speed and its candles come from a source.

Replay (files) and mock (a random walk) are sources. Exchange time is computed from the wall clock and an anchor
that outlives this process, so that a restarted gateway continues instead of beginning again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from market_gateway.errors import SeriesRefused
from market_gateway.provider import History, ProviderLimits, Receipt, Series, StreamListener, StreamUpdate
from market_gateway.symbols import compact, nearest
from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time, open_time

UPDATE_EVERY_MS = 2000
SHORTEST_SLEEP_S, LONGEST_SLEEP_S = 0.005, 2.0


class CandleSource(Protocol):
    """Candles by time; pure."""

    @property
    def timeframes(self) -> frozenset[Timeframe]: ...

    def find(self, symbol: str) -> str | None:
        """The source's spelling, or None."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """What exists, for hints."""

    def bars(self, symbol: str, timeframe: Timeframe, from_ms: int, to_ms: int) -> list[Bar]:
        """All closed bars with `from_ms` <= open time < `to_ms`, whatever the clock says."""

    def open_bar(self, symbol: str, timeframe: Timeframe, at_ms: int) -> Bar | None:
        """The bar in progress at `at_ms`."""


class SimulatedClock:
    """Exchange time: `origin_ms` when the wall clock showed `anchor_ms`, then `speed` times as fast."""

    def __init__(
        self, *, origin_ms: int, anchor_ms: int, speed: float, end_ms: int | None, wall_ms: Callable[[], int]
    ) -> None:
        self._origin_ms, self._anchor_ms, self.speed, self._end_ms = origin_ms, anchor_ms, speed, end_ms
        self._wall_ms = wall_ms

    def now_ms(self) -> int:
        now = self._origin_ms + int((self._wall_ms() - self._anchor_ms) * self.speed)
        return now if self._end_ms is None else min(now, self._end_ms)


class SimulatedExchange:
    """A Provider over a source and a clock."""

    def __init__(
        self,
        name: str,
        source: CandleSource,
        clock: SimulatedClock,
        *,
        receipt: Callable[[], Receipt],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._name, self._source, self._clock = name, source, clock
        self._receipt, self._sleep = receipt, sleep
        self._followed: dict[Series, int] = {}
        self._new: list[Series] = []

    @property
    def timeframes(self) -> frozenset[Timeframe]:
        return self._source.timeframes

    async def resolve(self, symbol: str) -> str:
        found = self._source.find(compact(symbol))
        if found is None:
            near = nearest(symbol, self._source.symbols) or self._source.symbols[:5]
            message = f"{self._name} has no symbol {symbol!r}; it has {', '.join(near)}"
            raise SeriesRefused("symbol_unknown", message, nearest=near)
        return found

    async def history(self, series: Series, from_ms: int, to_ms: int) -> History:
        now_ms = self._clock.now_ms()
        complete_to = min(to_ms, now_ms)
        bars = self._source.bars(series.symbol, series.timeframe, from_ms, complete_to)
        closed = [bar for bar in bars if close_time(series.timeframe, bar.open_time) <= now_ms]
        return History(closed, complete_to)

    async def server_time(self) -> int:
        return self._clock.now_ms()

    def clock_ms(self) -> int:
        return self._clock.now_ms()

    def follow(self, series: Series) -> None:
        if series not in self._followed:
            self._followed[series] = open_time(series.timeframe, self._clock.now_ms())
            self._new.append(series)

    def unfollow(self, series: Series) -> None:
        self._followed.pop(series, None)

    async def stream(self, listener: StreamListener) -> None:
        while True:
            while self._new:
                listener.on_started(self._new.pop())
            now_ms = self._clock.now_ms()
            for series in tuple(self._followed):
                self._update(series, now_ms, listener)
            await self._sleep(self._pause_s(now_ms))

    def _update(self, series: Series, now_ms: int, listener: StreamListener) -> None:
        """Everything that closed since the last round, then the bar in progress."""
        from_ms = self._followed[series]
        for bar in self._source.bars(series.symbol, series.timeframe, from_ms, now_ms):
            closed_ms = close_time(series.timeframe, bar.open_time)
            if closed_ms > now_ms:
                break
            self._followed[series] = closed_ms
            listener.on_update(series, StreamUpdate(bar, closed_ms, self._receipt()))
        bar_now = self._source.open_bar(series.symbol, series.timeframe, now_ms)
        if bar_now is not None and bar_now.open_time < now_ms:
            listener.on_update(series, StreamUpdate(bar_now, now_ms, self._receipt()))

    def _pause_s(self, now_ms: int) -> float:
        closes = [
            close_time(series.timeframe, open_time(series.timeframe, now_ms)) - now_ms for series in self._followed
        ]
        pause_ms = min([UPDATE_EVERY_MS, *closes])
        return min(LONGEST_SLEEP_S, max(SHORTEST_SLEEP_S, pause_ms / 1000 / self._clock.speed))

    def hold_off(self, seconds: float) -> None:
        """Nobody is asked anything."""

    def limits(self) -> ProviderLimits:
        return ProviderLimits(0.0, 0.0)

    async def close(self) -> None:
        """Nothing to let go of."""
