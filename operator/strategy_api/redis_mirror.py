"""The platform's Redis channels and keys, after the log: `signals:{SYMBOL}`, `signals:all`, `signal:{id}` for an hour.

At least once, and never before the log: Redis cannot show a signal that was not committed. Its own group, so that
a database that is down does not hold it up. The only module of the API that knows Redis' client.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from strategy_api.errors import DependencyUnavailable
from strategy_api.log_reader import GroupReader
from strategy_api.published_signal import LogRecord, PublishedSignal, read_signal
from strategy_contracts.errors import ContractViolation
from strategy_contracts.topics import (
    REDIS_ALL_SIGNALS,
    REDIS_SIGNAL_TTL_SECONDS,
    redis_signal_key,
    redis_symbol_channel,
)

log = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 5.0


class Mirror(Protocol):
    """Where mirrored signals go; both methods may raise DependencyUnavailable."""

    async def publish(self, signals: Sequence[PublishedSignal]) -> None: ...

    async def check(self) -> None: ...

    async def close(self) -> None: ...


class RedisMirror:
    """Mirror on a Redis server. Opening it connects to nothing: the server may come later."""

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)

    async def publish(self, signals: Sequence[PublishedSignal]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for signal in signals:
            pipeline.publish(redis_symbol_channel(signal.symbol), signal.body)
            pipeline.publish(REDIS_ALL_SIGNALS, signal.body)
            pipeline.setex(redis_signal_key(signal.signal_id), REDIS_SIGNAL_TTL_SECONDS, signal.body)
        try:
            await pipeline.execute()
        except (RedisError, OSError) as error:
            raise DependencyUnavailable(f"Redis does not answer: {type(error).__name__}") from error

    async def check(self) -> None:
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise DependencyUnavailable(f"Redis does not answer: {type(error).__name__}") from error

    async def close(self) -> None:
        await self._redis.aclose()


class MemoryMirror:
    """Mirror in this process, for development and tests."""

    def __init__(self) -> None:
        self.available = True
        self.published: list[PublishedSignal] = []

    async def publish(self, signals: Sequence[PublishedSignal]) -> None:
        await self.check()
        self.published.extend(signals)

    async def check(self) -> None:
        if not self.available:
            raise DependencyUnavailable("Redis does not answer")

    async def close(self) -> None:
        pass


async def mirror_signals(
    reader: GroupReader, mirror: Mirror, *, retry_s: float = 1.0, wall_clock: Callable[[], float] = time.time
) -> None:
    """Carry this replica's share of the log to Redis until cancelled.

    Signals older than their key's life are passed over: a new group does not replay a year into the channels.
    """
    await reader.start()
    while True:
        for partition, records in (await reader.read()).items():
            oldest_ms = (wall_clock() - REDIS_SIGNAL_TTL_SECONDS) * 1000
            signals = [s for record in records if record.timestamp_ms >= oldest_ms and (s := _signal(record))]
            if signals:
                await _persist(mirror, signals, retry_s)
            await _remember(reader, partition, records[-1].next_offset)


async def _persist(mirror: Mirror, signals: Sequence[PublishedSignal], retry_s: float) -> None:
    said = False
    while True:
        try:
            return await mirror.publish(signals)
        except DependencyUnavailable as error:
            if not said:
                log.warning("mirror_unavailable", error=str(error))
            said = True
            await asyncio.sleep(retry_s)


async def _remember(reader: GroupReader, partition: int, following: int) -> None:
    try:
        await reader.commit({partition: following})
    except DependencyUnavailable as error:
        # The partition moved: its next reader publishes these signals again.
        log.info("mirror_commit_lost", partition=partition, error=str(error))


def _signal(record: LogRecord) -> PublishedSignal | None:
    try:
        return read_signal(record)
    except ContractViolation as error:
        log.error("signal_unreadable", partition=record.partition, offset=record.offset, error=str(error))
        return None
