"""A provider that has what the test gives it, and clocks that the test moves."""

import asyncio
from collections.abc import Sequence

from builders import T0
from market_gateway.errors import ProviderUnavailable
from market_gateway.provider import History, ProviderLimits, Receipt, Series, StreamListener, StreamUpdate
from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time

SERIES = Series("memory", "BTCUSDT", Timeframe.M1)
RECEIPT = Receipt(wall_ms=1, monotonic_ns=1)
MINUTE = 60_000


def an_update(bar: Bar) -> StreamUpdate:
    """The update that an exchange sends at the bar's close, or half way through it."""
    closed = close_time(Timeframe.M1, bar.open_time)
    return StreamUpdate(bar, closed if bar.closed else closed - MINUTE // 2, RECEIPT)


class MemoryProvider:
    """A Provider. Bars that close by `now_ms` are its history; `failures` are raised first."""

    def __init__(self, bars: Sequence[Bar], now_ms: int = T0 + 10**9) -> None:
        self.bars, self.now_ms = list(bars), now_ms
        self.failures: list[ProviderUnavailable] = []
        self.asked: list[tuple[int, int]] = []
        self.answer = asyncio.Event()
        self.answer.set()

    @property
    def timeframes(self) -> frozenset[Timeframe]:
        return frozenset({Timeframe.M1})

    async def resolve(self, symbol: str) -> str:
        return symbol

    async def history(self, series: Series, from_ms: int, to_ms: int) -> History:
        self.asked.append((from_ms, to_ms))
        await self.answer.wait()
        if self.failures:
            raise self.failures.pop(0)
        complete_to = min(to_ms, self.now_ms)
        closed = [bar for bar in self.bars if close_time(series.timeframe, bar.open_time) <= self.now_ms]
        return History([bar for bar in closed if from_ms <= bar.open_time < to_ms], complete_to)

    async def server_time(self) -> int:
        return self.now_ms

    def clock_ms(self) -> int:
        return self.now_ms

    def follow(self, series: Series) -> None: ...

    def unfollow(self, series: Series) -> None: ...

    async def stream(self, listener: StreamListener) -> None:
        await asyncio.Event().wait()

    def hold_off(self, seconds: float) -> None: ...

    def limits(self) -> ProviderLimits:
        return ProviderLimits(0.0, 0.0)

    async def close(self) -> None: ...
