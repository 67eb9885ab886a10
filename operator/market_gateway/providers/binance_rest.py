"""Binance spot over REST: one client, one budget for this address, refusals translated.

Every answer corrects the budget by the exchange's own counter; 429 and 418 silence every caller for as long as
the exchange says.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

import aiohttp
import msgspec
import structlog

from market_gateway import metrics
from market_gateway.budget import Budget
from market_gateway.errors import ProviderUnavailable, SeriesRefused
from market_gateway.market_clock import MarketClock
from market_gateway.provider import History, Series
from market_gateway.providers.binance_wire import (
    INVALID_SYMBOL,
    ExchangeInfo,
    KlineRow,
    ServerTime,
    decode_error,
    decode_rows,
)

log = structlog.get_logger(__name__)

NAME = "binance"
USED_WEIGHT = "X-MBX-USED-WEIGHT-1M"
KLINES_WEIGHT, EXCHANGE_INFO_WEIGHT, TIME_WEIGHT = 2, 20, 1
PAGE = 1000
ATTEMPTS = 3
DEFAULT_RETRY_AFTER_S = 60.0
TOO_MANY, BANNED = 429, 418
T = TypeVar("T")


class BinanceRest:
    """Raises SeriesRefused and ProviderUnavailable only."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        budget: Budget,
        clock: MarketClock,
        *,
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
    ) -> None:
        self._session, self._url, self.budget, self._clock = session, url.rstrip("/"), budget, clock
        self._sleep, self._jitter = sleep, jitter

    async def server_time(self) -> int:
        body = await self._get("/api/v3/time", {}, TIME_WEIGHT)
        server_ms = _decode(body, ServerTime).serverTime
        self._clock.observe(server_ms)
        return server_ms

    async def exchange_info(self) -> ExchangeInfo:
        """All symbols; some MB on the real exchange, so ask seldom."""
        body = await self._get("/api/v3/exchangeInfo", {"showPermissionSets": "false"}, EXCHANGE_INFO_WEIGHT)
        info = _decode(body, ExchangeInfo)
        self.budget.learn_limit(info.weight_per_minute())
        return info

    async def history(self, series: Series, from_ms: int, to_ms: int) -> History:
        """Closed bars, page by page, oldest first.

        The last row may be the open candle: whether it has closed is judged by a time the exchange showed *before*
        it answered, never by an extrapolation.
        """
        known_ms = self._clock.seen_ms
        if to_ms > known_ms:
            known_ms = await self.server_time()
        bars = []
        start = from_ms
        while start < to_ms:
            rows = await self._klines(series, start, to_ms)
            bars += [row.bar() for row in rows if row.close_time < known_ms]
            if len(rows) < PAGE:
                break
            start = rows[-1].close_time + 1
        return History(bars, min(to_ms, known_ms))

    async def _klines(self, series: Series, from_ms: int, to_ms: int) -> list[KlineRow]:
        query = {
            "symbol": series.symbol,
            "interval": str(series.timeframe),
            "startTime": str(from_ms),
            "endTime": str(to_ms - 1),
            "limit": str(PAGE),
        }
        body = await self._get("/api/v3/klines", query, KLINES_WEIGHT)
        try:
            return decode_rows(body)
        except msgspec.MsgspecError as error:
            raise ProviderUnavailable(f"klines that cannot be read: {error}") from error

    async def _get(self, path: str, query: Mapping[str, str], weight: int) -> bytes:
        for attempt in range(1, ATTEMPTS + 1):
            # Waits its turn, also out of a short silence; refuses where that would take too long.
            await self.budget.spend(weight)
            try:
                return await self._ask(path, query)
            except _Failed as error:
                reason = error.reason
                log.info("provider_request_failed", provider=NAME, path=path, reason=reason, attempt=attempt)
            if attempt < ATTEMPTS and self.budget.blocked_for_s == 0:
                await self._sleep((0.25 + self._jitter() * 0.25) * 2**attempt)
        raise ProviderUnavailable(f"binance: {reason}", retry_after_s=max(1.0, self.budget.blocked_for_s))

    async def _ask(self, path: str, query: Mapping[str, str]) -> bytes:
        try:
            async with self._session.get(self._url + path, params=query) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            metrics.REQUESTS.labels(NAME, "failed").inc()
            raise _Failed(str(error) or type(error).__name__) from error
        if (used := answer.headers.get(USED_WEIGHT, "")).isdecimal():
            self.budget.observe_used(int(used))
        if answer.status == HTTPStatus.OK:
            metrics.REQUESTS.labels(NAME, "ok").inc()
            return body
        refusal = decode_error(body)
        if answer.status in (TOO_MANY, BANNED):
            self._silence(answer.status, answer.headers.get("Retry-After", ""))
            raise _Failed(f"HTTP {answer.status}: {refusal.msg}")
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or refusal.code == 0:
            metrics.REQUESTS.labels(NAME, "failed").inc()
            raise _Failed(f"HTTP {answer.status}")
        metrics.REQUESTS.labels(NAME, "refused").inc()
        reason = "symbol_unknown" if refusal.code == INVALID_SYMBOL else "request_refused"
        raise SeriesRefused(reason, f"binance answers {refusal.code}: {refusal.msg}")

    def _silence(self, status: int, retry_after: str) -> None:
        seconds = float(retry_after) if retry_after.isdecimal() else DEFAULT_RETRY_AFTER_S
        self.budget.block(seconds)
        metrics.REQUESTS.labels(NAME, "throttled" if status == TOO_MANY else "banned").inc()
        log.warning("provider_silence", provider=NAME, status=status, seconds=seconds)


class _Failed(Exception):
    """Worth another attempt."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error
