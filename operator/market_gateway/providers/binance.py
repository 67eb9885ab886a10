"""Binance spot, public data only: symbols, REST and streams put together."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress

import aiohttp

from market_gateway.budget import Budget
from market_gateway.errors import ProviderUnavailable, SeriesRefused
from market_gateway.market_clock import MarketClock
from market_gateway.provider import History, ProviderLimits, Receipt, Series, StreamListener
from market_gateway.providers.binance_rest import NAME, BinanceRest
from market_gateway.providers.binance_stream import BinanceStream, BinanceStreams
from market_gateway.symbols import compact, nearest
from strategy_contracts.timeframe import Timeframe

WEIGHT_PER_MINUTE = 6000
SYMBOLS_FRESH_S = 3600.0
ASK_AGAIN_S = 60.0
"""A symbol that is not known may be new; but do not ask for megabytes at every mistake."""
TRADING = "TRADING"
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=10.0)


class Binance:
    """A Provider."""

    def __init__(
        self,
        rest_url: str,
        ws_url: str,
        *,
        monotonic: Callable[[], float],
        receipt: Callable[[], Receipt],
        jitter: Callable[[], float],
    ) -> None:
        self._monotonic = monotonic
        self._session = aiohttp.ClientSession(timeout=REQUEST_TIMEOUT)
        self._clock = MarketClock(monotonic)
        self._budget = Budget(WEIGHT_PER_MINUTE, monotonic=monotonic, sleep=asyncio.sleep)
        self._rest = BinanceRest(self._session, rest_url, self._budget, self._clock, sleep=asyncio.sleep, jitter=jitter)
        self._streams = BinanceStreams(
            lambda: BinanceStream(
                self._session, ws_url, self._clock, receipt=receipt, sleep=asyncio.sleep, jitter=jitter
            )
        )
        self._symbols: dict[str, str] = {}
        self._symbols_read_at = float("-inf")
        self._reading_symbols = asyncio.Lock()

    @property
    def timeframes(self) -> frozenset[Timeframe]:
        return frozenset(Timeframe)

    async def resolve(self, symbol: str) -> str:
        wanted = compact(symbol)
        async with self._reading_symbols:
            age = self._monotonic() - self._symbols_read_at
            if wanted not in self._symbols:
                if age > ASK_AGAIN_S:
                    await self._read_symbols()
            elif age > SYMBOLS_FRESH_S:
                # An old list serves where a new one cannot be had.
                with suppress(ProviderUnavailable):
                    await self._read_symbols()
        status = self._symbols.get(wanted)
        if status is None:
            near = nearest(symbol, self._symbols)
            hint = f"; near are {', '.join(near)}" if near else ""
            raise SeriesRefused("symbol_unknown", f"{NAME} has no symbol {symbol!r}{hint}", nearest=near)
        if status != TRADING:
            raise SeriesRefused(
                "symbol_not_trading", f"{NAME} does not trade {symbol!r} now: {status}", permanent=False
            )
        return wanted

    async def _read_symbols(self) -> None:
        info = await self._rest.exchange_info()
        self._symbols = {entry.symbol: entry.status for entry in info.symbols}
        self._symbols_read_at = self._monotonic()

    async def history(self, series: Series, from_ms: int, to_ms: int) -> History:
        return await self._rest.history(series, from_ms, to_ms)

    async def server_time(self) -> int:
        return await self._rest.server_time()

    def clock_ms(self) -> int:
        return self._clock.now_ms()

    def follow(self, series: Series) -> None:
        self._streams.follow(series)

    def unfollow(self, series: Series) -> None:
        self._streams.unfollow(series)

    async def stream(self, listener: StreamListener) -> None:
        await self._streams.run(listener)

    def hold_off(self, seconds: float) -> None:
        self._budget.block(seconds)

    def limits(self) -> ProviderLimits:
        return ProviderLimits(self._budget.used_ratio, self._budget.blocked_for_s)

    async def close(self) -> None:
        await self._session.close()


def open_binance(rest_url: str, ws_url: str) -> Binance:
    """Binance with this machine's clocks and randomness."""
    return Binance(rest_url, ws_url, monotonic=time.monotonic, receipt=receive_now, jitter=random.random)


def receive_now() -> Receipt:
    return Receipt(time.time_ns() // 1_000_000, time.monotonic_ns())
