"""The gateway's only client of Redis: live messages out, and what a standby needs to take over.

Errors of the driver become BusUnavailable here.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Self

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from market_gateway.errors import BusUnavailable
from market_gateway.publisher import Outgoing
from market_gateway.subscriptions import SubscriptionRecord
from strategy_contracts.market_protocol import BAR_FIELD, STREAM_LENGTH

log = structlog.get_logger(__name__)

SUBSCRIPTIONS_KEY = "market-gateway:subscriptions"
SILENCE_KEY = "market-gateway:silence:{name}"
ANCHOR_KEY = "market-gateway:anchor:{name}"
STREAM_TTL_SECONDS = 3600


class RedisBus:
    """One pool; commands are not repeated by the driver, because the publisher knows when repeating is harmless.

    `prefix` stands before every name, so that installations that share a Redis do not hear each other.
    """

    def __init__(self, client: "Redis", prefix: str, timeout_s: float) -> None:
        self._client, self._prefix, self._timeout_s = client, prefix, timeout_s
        self._subscriptions = prefix + SUBSCRIPTIONS_KEY

    @classmethod
    def open(cls, url: str, prefix: str = "", timeout_s: float = 5.0) -> Self:
        # The driver's own timeout goes through asyncio.wait_for, which on Python 3.11 can swallow a cancellation:
        # the deadline is ours.
        client = Redis.from_url(
            url, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=None, socket_connect_timeout=timeout_s
        )
        return cls(client, prefix, timeout_s)

    async def send(self, batch: Sequence[Outgoing]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for outgoing in batch:
            # The stream first: who hears the message finds it there, and all before it.
            pipeline.xadd(
                self._prefix + outgoing.stream,
                {BAR_FIELD: outgoing.value},
                id=outgoing.entry_id,
                maxlen=STREAM_LENGTH,
                approximate=True,
            )
            pipeline.publish(self._prefix + outgoing.pubsub, outgoing.value)
        results = await self._do(pipeline.execute(raise_on_error=False))
        for outgoing, result in zip(batch, results[::2], strict=True):
            if isinstance(result, ResponseError) and "equal or smaller" in str(result):
                # A repeated write after a lost answer, or a successor has begun a newer epoch.
                log.info("stream_entry_refused", stream=outgoing.stream, entry=outgoing.entry_id)
            elif isinstance(result, Exception):
                raise BusUnavailable(_reason(result)) from result

    async def newest_epoch(self, streams: Sequence[str]) -> int:
        """The highest epoch written to any of the streams; 0 when they are empty."""
        newest = 0
        for stream in streams:
            for entry_id, _ in await self._do(self._client.xrevrange(self._prefix + stream, count=1)):
                newest = max(newest, int(entry_id.split(b"-")[0]))
        return newest

    async def keep_streams(self, streams: Sequence[str]) -> None:
        """Put off the time when Redis forgets the streams; those of dead channels go by themselves."""
        pipeline = self._client.pipeline(transaction=False)
        for stream in streams:
            pipeline.expire(self._prefix + stream, STREAM_TTL_SECONDS)
        await self._do(pipeline.execute())

    async def save_subscription(self, execution_id: str, record: SubscriptionRecord) -> None:
        await self._do(self._client.hset(self._subscriptions, execution_id, msgspec.json.encode(record)))

    async def delete_subscriptions(self, execution_ids: Sequence[str]) -> None:
        if execution_ids:
            await self._do(self._client.hdel(self._subscriptions, *execution_ids))

    async def load_subscriptions(self) -> dict[str, SubscriptionRecord]:
        stored = await self._do(self._client.hgetall(self._subscriptions))
        records = {}
        for execution_id, value in stored.items():
            try:
                records[execution_id.decode()] = msgspec.json.decode(value, type=SubscriptionRecord)
            except msgspec.MsgspecError as error:
                log.warning("subscription_unreadable", execution_id=execution_id.decode(), reason=str(error))
        return records

    async def save_silence(self, provider: str, seconds: float) -> None:
        """Note for the next gateway that a provider has told us to wait."""
        key = self._prefix + SILENCE_KEY.format(name=provider)
        await self._do(self._client.set(key, b"1", px=max(1, int(seconds * 1000))))

    async def silence_left_s(self, provider: str) -> float:
        """Seconds for which a provider is still to be left alone; 0 when it may be asked."""
        left_ms = await self._do(self._client.pttl(self._prefix + SILENCE_KEY.format(name=provider)))
        return max(0, int(left_ms)) / 1000

    async def anchor(self, name: str, wall_ms: int) -> int:
        """The wall clock when a simulated exchange first started; later gateways continue from the same."""
        key = self._prefix + ANCHOR_KEY.format(name=name)
        await self._do(self._client.set(key, wall_ms, nx=True))
        return int(await self._do(self._client.get(key)))

    async def close(self) -> None:
        await self._client.aclose()

    async def _do(self, command: Any) -> Any:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await command
        except (RedisError, OSError) as error:
            raise BusUnavailable(_reason(error)) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
