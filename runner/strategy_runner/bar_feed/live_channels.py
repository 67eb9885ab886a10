"""Live messages of some channels from Redis: pub/sub for what comes, the capped streams for what was missed.

One connection per stay: when it breaks, the stay is over and whoever reads synchronises again, because what
was published meanwhile is lost on pub/sub. The feed's only importer of the Redis client.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from strategy_contracts.errors import ContractViolation
from strategy_contracts.market_protocol import (
    BAR_FIELD,
    STREAM_LENGTH,
    BarMessage,
    Channel,
    decode_bar_message,
)
from strategy_runner.bar_feed.gap_repair import Position
from strategy_runner.errors import FeedUnavailable

log = structlog.get_logger(__name__)

INBOX: Final = 4096
TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A live message of a symbol."""

    symbol: str
    message: BarMessage


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a symbol's channel stands at the gateway; `final` when there was time for the message to arrive."""

    symbol: str
    position: Position
    final: bool = False


class LiveChannels:
    """What arrives, in order. A reader that is too slow loses the oldest messages and finds a hole."""

    def __init__(self, redis: "Redis", prefix: str, channels: Mapping[str, Channel]) -> None:
        self._redis = redis
        self._streams = {symbol: prefix + channel.redis_stream for symbol, channel in channels.items()}
        self._symbols = {(prefix + channel.redis_channel).encode(): symbol for symbol, channel in channels.items()}
        self._inbox: deque[Heard | Standing] = deque(maxlen=INBOX)
        self._arrived = asyncio.Event()
        self._failure: Exception | None = None

    async def next(self) -> Heard | Standing:
        """The next message or standing. Raises FeedUnavailable when the connection is gone."""
        while not self._inbox:
            if self._failure is not None:
                raise self._failure
            self._arrived.clear()
            await self._arrived.wait()
        return self._inbox.popleft()

    def put(self, item: Standing) -> None:
        """Have `next` say where a channel stands, after all that has arrived."""
        self._inbox.append(item)
        self._arrived.set()

    def fail(self, error: Exception) -> None:
        """End the stay: `next` raises `error` when everything that arrived is read."""
        self._failure = error
        self._arrived.set()

    async def stored(self, symbol: str, after: Position) -> list[BarMessage]:
        """The messages of the symbol's stream after a position, as far as Redis still has them."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                entries: Any = await self._redis.xrange(
                    self._streams[symbol], min=f"({after.epoch}-{after.seq}", count=2 * STREAM_LENGTH
                )
        except (RedisError, OSError) as error:
            raise FeedUnavailable(f"redis: {str(error) or type(error).__name__}") from error
        found = (self._decode(symbol, fields[BAR_FIELD.encode()]) for _, fields in entries)
        return [message for message in found if message is not None]

    async def listen(self, pubsub: PubSub) -> None:
        """Fill the inbox until the connection breaks."""
        try:
            while True:
                received = await pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
                if received is None or (symbol := self._symbols.get(received["channel"])) is None:
                    continue
                message = self._decode(symbol, received["data"])
                if message is not None:
                    self._inbox.append(Heard(symbol, message))
                    self._arrived.set()
        except (RedisError, OSError) as error:
            self.fail(FeedUnavailable(f"redis: {str(error) or type(error).__name__}"))

    def _decode(self, symbol: str, value: bytes) -> BarMessage | None:
        try:
            return decode_bar_message(value)
        except ContractViolation as error:
            # Its number will be missing, and the hole is repaired like any other.
            log.warning("bar_message_unreadable", symbol=symbol, reason=str(error))
            return None


@asynccontextmanager
async def open_live_channels(
    redis_url: str, prefix: str, channels: Mapping[str, Channel]
) -> AsyncIterator[LiveChannels]:
    """Subscribed when it yields: everything published from then on is heard or is a hole. Raises FeedUnavailable."""
    # The driver's own timeout goes through asyncio.wait_for, which on Python 3.11 can swallow a cancellation.
    redis = Redis.from_url(
        redis_url, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=None, socket_connect_timeout=TIMEOUT_S
    )
    pubsub = redis.pubsub()
    try:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await pubsub.subscribe(*(prefix + channel.redis_channel for channel in channels.values()))
                for _ in channels:
                    await pubsub.get_message(timeout=None)  # one answer for each
        except (RedisError, OSError) as error:
            raise FeedUnavailable(f"redis: {str(error) or type(error).__name__}") from error
        live = LiveChannels(redis, prefix, channels)
        listening = asyncio.create_task(live.listen(pubsub))
        try:
            yield live
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
    finally:
        await pubsub.aclose()  # type: ignore[no-untyped-call]
        await redis.aclose()
