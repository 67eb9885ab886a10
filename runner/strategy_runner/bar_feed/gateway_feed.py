"""Bars from the market gateway: history over HTTP, live over Redis, one ordered series out of both.

Subscribe, then snapshot, drop what the snapshot has; a hole is read from the channel's stream, and what that has
lost (a flushed Redis, a gateway that started anew) from a new snapshot and the history. It never looks at a clock
but to pace itself.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import structlog

from strategy_contracts.bar import Bar
from strategy_contracts.market_protocol import RENEW_SECONDS, TTL_SECONDS, BarMessage, Channel, ChannelSnapshot
from strategy_contracts.timeframe import Timeframe, close_time
from strategy_runner.bar_feed import BarUpdate, CaughtUp
from strategy_runner.bar_feed.bar_merge import merge_bars
from strategy_runner.bar_feed.gap_repair import Position, Step, SymbolOrder, bridge, judge, position_of
from strategy_runner.bar_feed.gateway_client import GatewayClient
from strategy_runner.bar_feed.live_channels import Heard, LiveChannels, Standing, open_live_channels
from strategy_runner.errors import ChannelRefused, FeedUnavailable

log = structlog.get_logger(__name__)

Updates = AsyncGenerator[BarUpdate | CaughtUp, None]


@dataclass(frozen=True)
class FeedTimes:
    """Seconds."""

    patience: float = 10.0
    """So long a broken connection is mended in silence; then FeedUnavailable."""
    retry: float = 0.5
    renew: float = RENEW_SECONDS
    renew_again: float = 2.0
    arrival: float = 1.0
    """A message the gateway has sent is missing when it has not come in this time."""
    close_enough: float = 1.0
    """History that took longer to deliver is followed by what closed meanwhile before it counts as caught up."""


class GatewayFeed:
    """A BarFeed."""

    def __init__(
        self,
        *,
        gateway_url: str,
        redis_url: str,
        redis_prefix: str = "",
        execution_id: str,
        provider: str,
        symbols: Sequence[str],
        timeframe: Timeframe,
        lookback: int,
        times: FeedTimes = FeedTimes(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._times = times
        self._redis_url, self._redis_prefix = redis_url, redis_prefix
        self._timeframe, self._lookback = timeframe, lookback
        self._channels = {symbol: Channel(provider=provider, symbol=symbol, timeframe=timeframe) for symbol in symbols}
        self._client = GatewayClient(gateway_url, execution_id)
        self._monotonic = monotonic

    async def updates(self, start_ms: int | None) -> Updates:
        """Mends what breaks for `patience` at a time; every mending that needed history ends in CaughtUp."""
        orders = {symbol: SymbolOrder(start_ms) for symbol in self._channels}
        broken_at: float | None = None
        while True:
            try:
                async with self._stay() as live, aclosing(self._follow(live, orders)) as items:
                    async for item in items:
                        if isinstance(item, CaughtUp):
                            broken_at = None
                        yield item
            except FeedUnavailable as error:
                now = self._monotonic()
                broken_at = now if broken_at is None else broken_at
                if now - broken_at >= self._times.patience:
                    raise
                log.warning("feed_interrupted", reason=str(error))
            await asyncio.sleep(self._times.retry)

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        return [bar async for bar in self._client.bars(self._channels[symbol], from_ms, to_ms)]

    async def close(self) -> None:
        await self._client.close()

    # One stay: from subscribing until the connection breaks.

    @asynccontextmanager
    async def _stay(self) -> AsyncIterator[LiveChannels]:
        async with open_live_channels(self._redis_url, self._redis_prefix, self._channels) as live:
            renewing = asyncio.create_task(self._renew(live))
            try:
                yield live
            finally:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, live: LiveChannels) -> None:
        """Keep the subscription alive and learn where its channels stand; a reader that is slow needs it most."""
        renewed_at, delay_s = self._monotonic(), self._times.renew
        while True:
            await asyncio.sleep(delay_s)
            try:
                snapshots = await self._client.subscribe(tuple(self._channels.values()), 0)
            except ChannelRefused as error:
                live.fail(error)
                return
            except FeedUnavailable as error:
                if self._monotonic() - renewed_at > TTL_SECONDS:
                    live.fail(error)
                    return
                log.warning("subscription_not_renewed", reason=str(error))
                delay_s = self._times.renew_again
            else:
                renewed_at, delay_s = self._monotonic(), self._times.renew
                for symbol, snapshot in zip(self._channels, snapshots, strict=True):
                    live.put(Standing(symbol, position_of(snapshot.epoch, snapshot.seq)))

    async def _follow(self, live: LiveChannels, orders: dict[str, SymbolOrder]) -> Updates:
        while True:
            positions: dict[str, Position] = {}
            async with aclosing(self._synchronise(orders, positions)) as history:
                async for item in history:
                    yield item
            async with aclosing(self._live(live, orders, positions)) as updates:
                async for update in updates:
                    yield update
            log.info("feed_synchronising_again")

    # History up to a snapshot.

    async def _synchronise(self, orders: dict[str, SymbolOrder], positions: dict[str, Position]) -> Updates:
        while True:
            started = self._monotonic()
            snapshots = await self._client.subscribe(tuple(self._channels.values()), self._lookback)
            series = {}
            for symbol, snapshot in zip(self._channels, snapshots, strict=True):
                positions[symbol] = position_of(snapshot.epoch, snapshot.seq)
                series[symbol] = self._up_to(snapshot, orders[symbol].next_open)
            async for symbol, bar in merge_bars(series):
                if orders[symbol].admits(bar):
                    yield BarUpdate(symbol, bar, close_time(self._timeframe, bar.open_time))
            if self._monotonic() - started < self._times.close_enough:
                break
        yield CaughtUp(min(snapshot.server_time_ms for snapshot in snapshots))

    async def _up_to(self, snapshot: ChannelSnapshot, from_ms: int | None) -> AsyncIterator[Bar]:
        """The snapshot's bars, and before them those from `from_ms` on that it does not reach back to."""
        first = snapshot.bars[0].open_time if snapshot.bars else snapshot.server_time_ms
        if from_ms is not None and from_ms < first:
            async for bar in self._client.bars(snapshot.channel, from_ms, first):
                yield bar
        for bar in snapshot.bars:
            yield bar

    # Live.

    async def _live(
        self, live: LiveChannels, orders: dict[str, SymbolOrder], positions: dict[str, Position]
    ) -> AsyncGenerator[BarUpdate, None]:
        """Live updates without a hole; ends when only a new snapshot helps."""
        while True:
            item = await live.next()
            messages = await self._take(live, item, positions[item.symbol])
            if messages is None:
                return
            for message in messages:
                positions[item.symbol] = position_of(message.epoch, message.seq)
                if orders[item.symbol].admits(message.bar):
                    yield BarUpdate(item.symbol, message.bar, message.event_time_ms, message.sent_ns)

    async def _take(
        self, live: LiveChannels, item: Heard | Standing, position: Position
    ) -> Sequence[BarMessage] | None:
        """The messages that lead from `position` to `item`; None when some of them cannot be had."""
        if isinstance(item, Standing):
            heard, found = None, item.position
        else:
            heard, found = item.message, position_of(item.message.epoch, item.message.seq)
        match judge(position, found):
            case Step.OLD:
                return ()
            case Step.NEW_EPOCH:
                return None
            case Step.NEXT if heard is not None:
                return (heard,)
        if isinstance(item, Standing) and not item.final:
            later = Standing(item.symbol, item.position, final=True)
            asyncio.get_running_loop().call_later(self._times.arrival, live.put, later)
            return ()
        log.info("feed_hole", symbol=item.symbol, after=position.seq, found=found.seq)
        return bridge(position, found, await live.stored(item.symbol, position))
