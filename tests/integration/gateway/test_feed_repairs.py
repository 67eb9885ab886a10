"""The runner's feed against a real Redis and a gateway that says exactly what the test wants."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from redis.asyncio import Redis

from builders import T0, a_bar
from exchange.local_market import RedisServer
from strategy_contracts.bar import Bar
from strategy_contracts.market_protocol import (
    BAR_FIELD,
    BarMessage,
    BarsAnswer,
    Channel,
    ChannelRefusal,
    ChannelSnapshot,
    SubscriptionAnswer,
    SubscriptionRequest,
    encode_bar_message,
)
from strategy_contracts.timeframe import Timeframe
from strategy_runner.bar_feed import BarUpdate, CaughtUp
from strategy_runner.bar_feed.gateway_feed import FeedTimes, GatewayFeed
from strategy_runner.errors import ChannelRefused, FeedUnavailable

pytestmark = pytest.mark.timeout(30)

CHANNEL = Channel(provider="binance", symbol="BTCUSDT", timeframe=Timeframe.M1)
MINUTE = 60_000


class ScriptedGateway:
    """Has `bars`, stands at (`epoch`, `seq`); `say` sends a message the ways it is told."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self.bars: list[Bar] = [a_bar(index) for index in range(3)]
        self.epoch, self.seq = 1000, 0
        self.refusal: ChannelRefusal | None = None
        self.status = 200
        self.requests: list[SubscriptionRequest] = []
        self.pages: list[tuple[int, int]] = []

    async def put(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=SubscriptionRequest)
        self.requests.append(asked)
        snapshot = ChannelSnapshot(
            channel=CHANNEL,
            epoch=str(self.epoch),
            seq=self.seq,
            bars=self.bars[-asked.lookback :] if asked.lookback else [],
            server_time_ms=self.bars[-1].open_time + MINUTE,
        )
        answer = SubscriptionAnswer(channels=[self.refusal or snapshot])
        return web.Response(body=msgspec.json.encode(answer), status=self.status)

    async def get(self, request: web.Request) -> web.Response:
        from_ms, to_ms = int(request.query["from"]), int(request.query["to"])
        self.pages.append((from_ms, to_ms))
        bars = [bar for bar in self.bars if from_ms <= bar.open_time < to_ms]
        answer = BarsAnswer(channel=CHANNEL, bars=bars, server_time_ms=self.bars[-1].open_time + MINUTE)
        return web.Response(body=msgspec.json.encode(answer))

    async def say(self, bar: Bar, *, stream: bool = True, pubsub: bool = True) -> None:
        self.seq += 1
        if bar.closed and bar not in self.bars:
            self.bars = sorted([*self.bars, bar], key=lambda one: one.open_time)
        message = BarMessage(
            epoch=str(self.epoch), seq=self.seq, bar=bar, event_time_ms=bar.open_time + MINUTE, receive_time_ms=0
        )
        value = encode_bar_message(message)
        if stream:
            await self._redis.xadd(CHANNEL.redis_stream, {BAR_FIELD: value}, id=f"{self.epoch}-{self.seq}")
        if pubsub:
            await self._redis.publish(CHANNEL.redis_channel, value)


class Listener:
    """The feed's items as short words: indexes of closed bars, `~n` for progress, `rn` for revisions, `=` caught up."""

    def __init__(self, feed: GatewayFeed) -> None:
        self._feed = feed
        self.words: list[str] = []
        self._task: asyncio.Task[None] | None = None

    def start(self, start_ms: int | None = None) -> None:
        self._task = asyncio.create_task(self._read(start_ms))

    async def _read(self, start_ms: int | None) -> None:
        async for item in self._feed.updates(start_ms):
            self.words.append(_word(item))

    async def until(self, *words: str) -> None:
        async with asyncio.timeout(10):
            while len(self.words) < len(words):
                await asyncio.sleep(0.01)
                assert self._task is not None
                if self._task.done():
                    self._task.result()
        assert self.words == list(words)

    async def error(self) -> BaseException | None:
        assert self._task is not None
        async with asyncio.timeout(20):
            await asyncio.wait({self._task})
        return self._task.exception()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._feed.close()


def _word(item: BarUpdate | CaughtUp) -> str:
    if isinstance(item, CaughtUp):
        return "="
    mark = "~" if not item.bar.closed else "r" if item.bar.revision else ""
    return f"{mark}{(item.bar.open_time - T0) // MINUTE}"


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with RedisServer() as server:
        yield server


@pytest.fixture
async def gateway(redis: RedisServer) -> AsyncIterator[ScriptedGateway]:
    async with Redis.from_url(redis.url, protocol=2) as client:
        yield ScriptedGateway(client)


@pytest.fixture
async def listener(redis: RedisServer, gateway: ScriptedGateway) -> AsyncIterator[Listener]:
    app = web.Application()
    app.router.add_put("/v1/subscriptions/{execution_id}", gateway.put)
    app.router.add_get("/v1/bars", gateway.get)
    server = web.AppRunner(app)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    listener = Listener(
        GatewayFeed(
            gateway_url=f"http://127.0.0.1:{server.addresses[0][1]}",
            redis_url=redis.url,
            execution_id="run-1",
            provider="binance",
            symbols=["BTCUSDT"],
            timeframe=Timeframe.M1,
            lookback=3,
            times=FeedTimes(patience=0.5, retry=0.1, renew=0.5, arrival=0.2),
        )
    )
    yield listener
    await listener.stop()
    await server.cleanup()


async def test_history_then_live(listener: Listener, gateway: ScriptedGateway) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    await gateway.say(a_bar(3, closed=False))
    await gateway.say(a_bar(3))
    await listener.until("0", "1", "2", "=", "~3", "3")


async def test_a_message_lost_on_pubsub_is_read_from_the_stream_without_a_new_snapshot(
    listener: Listener, gateway: ScriptedGateway
) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    await gateway.say(a_bar(3), pubsub=False)
    await gateway.say(a_bar(4), pubsub=False)
    await gateway.say(a_bar(5))
    await listener.until("0", "1", "2", "=", "3", "4", "5")
    assert all(request.lookback == 0 for request in gateway.requests[1:])


async def test_a_message_the_stream_has_lost_too_costs_a_new_snapshot(
    listener: Listener, gateway: ScriptedGateway
) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    await gateway.say(a_bar(3), pubsub=False, stream=False)
    await gateway.say(a_bar(4))
    await listener.until("0", "1", "2", "=", "3", "4", "=")


async def test_a_gap_longer_than_the_lookback_is_filled_from_history(
    listener: Listener, gateway: ScriptedGateway
) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    for index in range(3, 9):
        await gateway.say(a_bar(index), pubsub=False, stream=False)
    await gateway.say(a_bar(9))
    await listener.until("0", "1", "2", "=", *"3456789", "=")
    assert gateway.pages == [(T0 + 2 * MINUTE + 1, T0 + 7 * MINUTE)]


async def test_a_new_epoch_is_a_gap(listener: Listener, gateway: ScriptedGateway) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    gateway.bars.append(a_bar(3))
    gateway.epoch, gateway.seq = 2000, 0
    await gateway.say(a_bar(4, closed=False))
    await listener.until("0", "1", "2", "=", "3", "=")


async def test_a_gateway_that_was_replaced_is_not_heard(listener: Listener, gateway: ScriptedGateway) -> None:
    gateway.epoch = 2000
    listener.start()
    await listener.until("0", "1", "2", "=")
    gateway.epoch, gateway.seq = 1000, 40
    await gateway.say(a_bar(3, close=1.5, low=1.0))
    gateway.bars.pop()
    gateway.epoch, gateway.seq = 2000, 0
    await gateway.say(a_bar(3, closed=False))
    await listener.until("0", "1", "2", "=", "~3")


async def test_repeated_and_reordered_messages_are_dropped(
    listener: Listener, gateway: ScriptedGateway, redis: RedisServer
) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    await gateway.say(a_bar(3))
    async with Redis.from_url(redis.url, protocol=2) as client:
        entries: Any = await client.xrange(CHANNEL.redis_stream)
        ((_, fields),) = entries
        await client.publish(CHANNEL.redis_channel, fields[BAR_FIELD.encode()])
    await gateway.say(a_bar(4))
    await listener.until("0", "1", "2", "=", "3", "4")


async def test_a_revision_in_a_gap_is_not_lost(listener: Listener, gateway: ScriptedGateway) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    gateway.bars[1] = a_bar(1, close=100.5, revision=1)
    await gateway.say(a_bar(1, close=100.5, revision=1), pubsub=False, stream=False)
    await gateway.say(a_bar(3, closed=False))
    await listener.until("0", "1", "2", "=", "r1", "=")


async def test_a_message_that_cannot_be_read_is_a_hole(
    listener: Listener, gateway: ScriptedGateway, redis: RedisServer
) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    async with Redis.from_url(redis.url, protocol=2) as client:
        await client.publish(CHANNEL.redis_channel, b"{nonsense")
    gateway.seq += 1
    gateway.bars.append(a_bar(3))
    await gateway.say(a_bar(4))
    await listener.until("0", "1", "2", "=", "3", "4", "=")


async def test_the_last_message_of_a_quiet_channel_is_missed_at_the_next_renewal(
    listener: Listener, gateway: ScriptedGateway
) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    await gateway.say(a_bar(3), pubsub=False)
    await listener.until("0", "1", "2", "=", "3")


async def test_bars_of_a_start_before_the_snapshot_come_first(listener: Listener, gateway: ScriptedGateway) -> None:
    gateway.bars = [a_bar(index) for index in range(10)]
    listener.start(T0 + 2 * MINUTE)
    await listener.until(*"23456789", "=")


async def test_a_start_within_the_snapshot_needs_no_history(listener: Listener, gateway: ScriptedGateway) -> None:
    listener.start(T0 + MINUTE)
    await listener.until("1", "2", "=")
    assert gateway.pages == []


async def test_a_permanent_refusal_carries_the_providers_words(listener: Listener, gateway: ScriptedGateway) -> None:
    gateway.refusal = ChannelRefusal(channel=CHANNEL, reason="symbol_unknown", message="no such symbol; near are X")
    listener.start()
    error = await listener.error()
    assert isinstance(error, ChannelRefused)
    assert str(error) == "no such symbol; near are X"


@pytest.mark.parametrize("how", ["refusal", "status"])
async def test_a_gateway_that_cannot_serve_is_unavailable_after_patience(
    listener: Listener, gateway: ScriptedGateway, how: str
) -> None:
    if how == "status":
        gateway.status = 503
    else:
        gateway.refusal = ChannelRefusal(channel=CHANNEL, reason="unavailable", message="banned", permanent=False)
    listener.start()
    assert isinstance(await listener.error(), FeedUnavailable)


async def test_a_redis_that_stays_away_is_unavailable_after_patience(
    listener: Listener, gateway: ScriptedGateway, redis: RedisServer
) -> None:
    listener.start()
    await listener.until("0", "1", "2", "=")
    redis.kill()
    assert isinstance(await listener.error(), FeedUnavailable)


async def test_closing_twice_and_without_a_start_is_nothing(listener: Listener) -> None:
    await listener.stop()
    await listener.stop()
