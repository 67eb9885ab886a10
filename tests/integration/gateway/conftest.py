"""A test exchange, a private Redis, a gateway process and a feed that collects, for the tests of this folder."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from exchange.driver import TestExchange
from exchange.local_market import GatewayProcess, RedisServer
from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe
from strategy_runner.bar_feed import BarUpdate, CaughtUp
from strategy_runner.bar_feed.gateway_feed import GatewayFeed

SYMBOLS = ("BTCUSDT", "ETHUSDT")


class Market:
    """Everything between an exchange and a run. `exchange`, `redis` and `gateway` may be hurt."""

    def __init__(self, exchange: TestExchange, redis: RedisServer, gateway: GatewayProcess) -> None:
        self.exchange, self.redis, self.gateway = exchange, redis, gateway

    def feed(
        self,
        *symbols: str,
        lookback: int = 200,
        provider: str = "binance",
        timeframe: str = "1m",
        redis_prefix: str = "",
    ) -> GatewayFeed:
        return GatewayFeed(
            gateway_url=self.gateway.url,
            redis_url=self.redis.url,
            redis_prefix=redis_prefix,
            execution_id="3f1c0d9e-0000-4000-8000-000000000001",
            provider=provider,
            symbols=symbols or SYMBOLS,
            timeframe=Timeframe(timeframe),
            lookback=lookback,
        )


class Collector:
    """Reads a feed in the background and keeps what it said."""

    def __init__(self, feed: GatewayFeed, start_ms: int | None = None) -> None:
        self._feed, self._start_ms = feed, start_ms
        self.closed: dict[str, list[Bar]] = {}
        self.items: list[BarUpdate | CaughtUp] = []
        self._moved = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    @property
    def caught_up(self) -> int:
        return sum(isinstance(item, CaughtUp) for item in self.items)

    async def _read(self) -> None:
        async for item in self._feed.updates(self._start_ms):
            self.items.append(item)
            if isinstance(item, BarUpdate) and item.bar.closed:
                self.closed.setdefault(item.symbol, []).append(item.bar)
            async with self._moved:
                self._moved.notify_all()

    async def until(self, condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Return when the condition holds; an error of the feed comes out here."""
        async with asyncio.timeout(timeout_s), self._moved:
            while not condition():
                waiting = asyncio.ensure_future(self._moved.wait())
                await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
                if self._task.done():
                    waiting.cancel()
                    await asyncio.gather(waiting, return_exceptions=True)
                    self._task.result()
                    raise AssertionError("the feed has ended")

    async def until_closed(self, count: int, timeout_s: float = 30.0) -> None:
        """Return when every symbol has `count` closed bars."""
        await self.until(lambda: all(len(self.closed.get(symbol, ())) >= count for symbol in SYMBOLS), timeout_s)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._feed.close()


@pytest.fixture
async def open_market(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """`await open_market("--speed", "0", SILENCE_SECONDS="1")`: arguments of the exchange, settings of the gateway."""
    if shutil.which("redis-server") is None:
        message = "redis-server is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    async with AsyncExitStack() as stack:

        async def open_(*arguments: str, **settings: str) -> Market:
            exchange = await stack.enter_async_context(TestExchange(*arguments))
            redis = await stack.enter_async_context(RedisServer())
            gateway = GatewayProcess(
                tmp_path / "gateway.log",
                REDIS_URL=redis.url,
                BINANCE_REST_URL=exchange.url,
                BINANCE_WS_URL=exchange.ws_url,
                **settings,
            )
            return Market(exchange, redis, await stack.enter_async_context(gateway))

        yield open_


@pytest.fixture
async def collect() -> AsyncIterator[Callable[..., Collector]]:
    collectors: list[Collector] = []

    def start(feed: GatewayFeed, start_ms: int | None = None) -> Collector:
        collectors.append(Collector(feed, start_ms))
        return collectors[-1]

    yield start
    for collector in collectors:
        await collector.stop()
