"""Bars out to the runners: numbered per channel, encoded once, handed to Redis in order and without a needless hop.

Numbers are dense within an epoch. An epoch is the wall clock in ms when the numbering began, so a newer one is
higher: entries of the stream are named `<epoch>-<seq>`, which lets a runner ask for exactly what it misses, makes
a repeated write harmless, and keeps a gateway that was replaced from writing behind its successor.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from market_gateway import metrics
from market_gateway.errors import BusUnavailable
from market_gateway.provider import Receipt
from strategy_contracts.bar import Bar
from strategy_contracts.market_protocol import BarMessage, Channel, encode_bar_message

log = structlog.get_logger(__name__)

CAPACITY = 20_000
BATCH = 500
RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One encoded message for one channel."""

    stream: str
    entry_id: str
    pubsub: str
    value: bytes
    received_ns: int


class Bus(Protocol):
    """Where messages go."""

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """Write each to its stream and publish it, in order. Raises BusUnavailable; sending again is harmless."""


class Numbering:
    """The epoch and the last number given of one series; all spellings of its symbol share it."""

    def __init__(self, epoch_ms: int) -> None:
        self._epoch_ms = epoch_ms
        self.seq = 0

    @property
    def epoch(self) -> str:
        return str(self._epoch_ms)

    def next(self) -> int:
        self.seq += 1
        return self.seq


class Publisher:
    """A queue and the one task that empties it into Redis, so that order is kept and a slow Redis blocks nobody."""

    def __init__(
        self,
        bus: Bus,
        *,
        monotonic_ns: Callable[[], int],
        wall_ms: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        capacity: int = CAPACITY,
    ) -> None:
        self._bus, self._monotonic_ns, self._wall_ms, self._sleep = bus, monotonic_ns, wall_ms, sleep
        self._queue: deque[Outgoing] = deque(maxlen=capacity)
        self._something = asyncio.Event()
        self.failing: str | None = None
        """Why Redis does not take messages; None when it does."""

    def announce(
        self, channels: Iterable[Channel], numbering: Numbering, bar: Bar, event_time_ms: int, receipt: Receipt | None
    ) -> None:
        """Queue one bar for every spelling of its channel. When the queue is full the oldest message is given up:
        runners see a hole and repair it."""
        message = BarMessage(
            epoch=numbering.epoch,
            seq=numbering.next(),
            bar=bar,
            event_time_ms=event_time_ms,
            receive_time_ms=receipt.wall_ms if receipt is not None else self._wall_ms(),
            sent_ns=receipt.monotonic_ns if receipt is not None else 0,
        )
        value, entry_id = encode_bar_message(message), f"{message.epoch}-{message.seq}"
        for channel in channels:
            if len(self._queue) == self._queue.maxlen:
                metrics.DROPPED.inc()
            self._queue.append(Outgoing(channel.redis_stream, entry_id, channel.redis_channel, value, message.sent_ns))
        self._something.set()

    async def run(self) -> None:
        """Send what is queued, until cancelled. Nothing overtakes: a batch is tried until Redis takes it."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                await self._send(batch)

    async def _send(self, batch: Sequence[Outgoing]) -> None:
        failures = 0
        while True:
            try:
                await self._bus.send(batch)
                break
            except BusUnavailable as error:
                if self.failing is None:
                    log.warning("redis_away", reason=str(error), waiting=len(self._queue))
                self.failing = f"Redis does not take messages: {error}"
                metrics.PUBLISH_FAILURES.inc()
                await self._sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
        if self.failing is not None:
            log.info("redis_back", waiting=len(self._queue))
        self.failing = None
        metrics.PUBLISHED.inc(len(batch))
        now = self._monotonic_ns()
        for outgoing in batch:
            if outgoing.received_ns:
                metrics.PUBLISH_LAG.observe((now - outgoing.received_ns) / 1e9)
