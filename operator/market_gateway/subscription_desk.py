"""Runners' subscriptions carried out: answered from the live market, kept in Redis for the standby, let go in time.

Times of records are the wall clock's, because another process must be able to read them.
"""

import asyncio
from collections.abc import Callable

import structlog

from market_gateway import metrics
from market_gateway.errors import BusUnavailable
from market_gateway.live_market import LiveMarket
from market_gateway.redis_bus import RedisBus
from market_gateway.subscriptions import Subscriptions
from strategy_contracts.market_protocol import (
    Channel,
    ChannelRefusal,
    ChannelSnapshot,
    SubscriptionAnswer,
    SubscriptionRequest,
)

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 1.0
KEEP_STREAMS_EVERY_S = 60.0
REOPEN_EVERY_S = 2.0


class SubscriptionDesk:
    """Call `restore` once and `run` for as long as the gateway serves."""

    def __init__(self, market: LiveMarket, bus: RedisBus, now_s: Callable[[], float]) -> None:
        self._market, self._bus, self._now_s = market, bus, now_s
        self._subscriptions = Subscriptions()

    async def put(self, execution_id: str, request: SubscriptionRequest) -> SubscriptionAnswer:
        """Serve or renew a runner. Channels that can never be served are not kept."""
        self._subscriptions.put(execution_id, request.channels, self._now_s())
        answers = await asyncio.gather(
            *(self._market.snapshot(channel, request.lookback) for channel in request.channels)
        )
        kept = tuple(answer.channel for answer in answers if not _is_refused(answer))
        record = self._subscriptions.put(execution_id, kept, self._now_s())
        try:
            await self._bus.save_subscription(execution_id, record)
        except BusUnavailable as error:
            # The runner renews in 20 s; until then only a takeover would miss the record.
            log.warning("subscription_not_saved", execution_id=execution_id, reason=str(error))
        return SubscriptionAnswer(channels=answers)

    async def delete(self, execution_id: str) -> None:
        """A runner has ended."""
        self._subscriptions.delete(execution_id, self._now_s())
        await self._forget([execution_id])

    async def restore(self) -> None:
        """Take over what an earlier gateway has served, so that its channels go on before their runners renew."""
        try:
            records = await self._bus.load_subscriptions()
        except BusUnavailable as error:
            log.warning("subscriptions_not_restored", reason=str(error))
            return
        self._subscriptions.restore(records)
        await self._forget(self._subscriptions.expire(self._now_s()))
        log.info("subscriptions_restored", runners=len(self._subscriptions))

    async def run(self) -> None:
        """Open what was restored, then let go of runners and channels whose time is over."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._reopen(self._subscriptions.wanted(self._now_s())))
            tasks.create_task(self._keep_streams())
            while True:
                await asyncio.sleep(SWEEP_EVERY_S)
                await self._sweep()

    async def _sweep(self) -> None:
        await self._forget(self._subscriptions.expire(self._now_s()))
        await self._market.close_unwanted(self._subscriptions.wanted(self._now_s()))
        metrics.RUNNERS.set(len(self._subscriptions))
        try:
            for provider, seconds in self._market.blocked().items():
                await self._bus.save_silence(provider, seconds)
        except BusUnavailable as error:
            log.warning("silence_not_saved", reason=str(error))

    async def _reopen(self, channels: set[Channel]) -> None:
        while channels := channels & self._subscriptions.wanted(self._now_s()):
            answers = await asyncio.gather(*(self._market.snapshot(channel, 0) for channel in channels))
            channels = {
                answer.channel for answer in answers if isinstance(answer, ChannelRefusal) and not answer.permanent
            }
            if channels:
                await asyncio.sleep(REOPEN_EVERY_S)

    async def _keep_streams(self) -> None:
        while True:
            await asyncio.sleep(KEEP_STREAMS_EVERY_S)
            try:
                await self._bus.keep_streams([channel.redis_stream for channel in self._market.channels()])
            except BusUnavailable as error:
                log.warning("streams_not_kept", reason=str(error))

    async def _forget(self, execution_ids: list[str]) -> None:
        try:
            await self._bus.delete_subscriptions(execution_ids)
        except BusUnavailable as error:
            # The record carries its own end: whoever reads it later finds it expired.
            log.warning("subscriptions_not_deleted", executions=execution_ids, reason=str(error))


def _is_refused(answer: ChannelSnapshot | ChannelRefusal) -> bool:
    return isinstance(answer, ChannelRefusal) and answer.permanent
