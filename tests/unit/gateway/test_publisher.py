"""Bars out: numbered, in order, through a Redis that comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from builders import T0, a_bar
from market_gateway.errors import BusUnavailable
from market_gateway.provider import Receipt
from market_gateway.publisher import Numbering, Outgoing, Publisher
from strategy_contracts.market_protocol import Channel, decode_bar_message
from strategy_contracts.timeframe import Timeframe

BTC = Channel(provider="binance", symbol="BTCUSDT", timeframe=Timeframe.M1)
SLASHED = Channel(provider="binance", symbol="BTC/USDT", timeframe=Timeframe.M1)


class MemoryBus:
    """Keeps what is sent; refuses while `away`."""

    def __init__(self) -> None:
        self.away = False
        self.sent: list[Outgoing] = []
        self.batches = 0

    async def send(self, batch: Sequence[Outgoing]) -> None:
        await asyncio.sleep(0)
        self.batches += 1
        if self.away:
            raise BusUnavailable("connection refused")
        self.sent += batch


async def nap(_: float) -> None:
    await asyncio.sleep(0)


def a_publisher(bus: MemoryBus, capacity: int = 100) -> Publisher:
    return Publisher(bus, monotonic_ns=lambda: 2_000_000, wall_ms=lambda: 77, sleep=nap, capacity=capacity)


@asynccontextmanager
async def running(publisher: Publisher) -> AsyncIterator[Callable[[Callable[[], bool]], Awaitable[None]]]:
    task = asyncio.create_task(publisher.run())

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(1):
            while not condition():
                await asyncio.sleep(0)

    yield until
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def announce(publisher: Publisher, numbering: Numbering, index: int, *channels: Channel) -> None:
    publisher.announce(channels or (BTC,), numbering, a_bar(index), T0, Receipt(wall_ms=5, monotonic_ns=1_000_000))


async def test_numbers_are_dense_and_entries_are_named_by_them() -> None:
    bus = MemoryBus()
    publisher, numbering = a_publisher(bus), Numbering(1000)
    async with running(publisher) as until:
        for index in range(3):
            announce(publisher, numbering, index)
        await until(lambda: len(bus.sent) == 3)
    assert [outgoing.entry_id for outgoing in bus.sent] == ["1000-1", "1000-2", "1000-3"]
    message = decode_bar_message(bus.sent[1].value)
    assert (message.epoch, message.seq, message.bar, message.receive_time_ms) == ("1000", 2, a_bar(1), 5)
    assert bus.batches == 1


async def test_every_spelling_of_a_symbol_gets_the_same_message() -> None:
    bus = MemoryBus()
    publisher = a_publisher(bus)
    async with running(publisher) as until:
        announce(publisher, Numbering(1000), 0, BTC, SLASHED)
        await until(lambda: len(bus.sent) == 2)
    assert [outgoing.pubsub for outgoing in bus.sent] == [BTC.redis_channel, SLASHED.redis_channel]
    assert bus.sent[0].value is bus.sent[1].value


async def test_nothing_is_lost_or_overtaken_while_redis_is_away_for_a_moment() -> None:
    bus = MemoryBus()
    bus.away = True
    publisher, numbering = a_publisher(bus), Numbering(1000)
    async with running(publisher) as until:
        announce(publisher, numbering, 0)
        await until(lambda: publisher.failing is not None)
        announce(publisher, numbering, 1)
        bus.away = False
        await until(lambda: len(bus.sent) == 2)
        assert publisher.failing is None
    assert [outgoing.entry_id for outgoing in bus.sent] == ["1000-1", "1000-2"]


async def test_the_oldest_messages_are_given_up_when_redis_stays_away() -> None:
    bus = MemoryBus()
    publisher, numbering = a_publisher(bus, capacity=2), Numbering(1000)
    for index in range(5):
        announce(publisher, numbering, index)
    async with running(publisher) as until:
        await until(lambda: len(bus.sent) == 2)
    assert [outgoing.entry_id for outgoing in bus.sent] == ["1000-4", "1000-5"]


async def test_a_bar_from_history_has_no_receipt_to_measure_from() -> None:
    bus = MemoryBus()
    publisher = a_publisher(bus)
    async with running(publisher) as until:
        publisher.announce([BTC], Numbering(1000), a_bar(0), T0, None)
        await until(lambda: len(bus.sent) == 1)
    message = decode_bar_message(bus.sent[0].value)
    assert (message.sent_ns, message.receive_time_ms) == (0, 77)
