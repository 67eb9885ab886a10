"""The market gateway over HTTP: subscriptions and history. The feed's only importer of aiohttp."""

from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
import msgspec

from strategy_contracts.bar import Bar
from strategy_contracts.market_protocol import (
    BarsAnswer,
    Channel,
    ChannelRefusal,
    ChannelSnapshot,
    SubscriptionAnswer,
    SubscriptionRequest,
)
from strategy_runner.errors import ChannelRefused, FeedUnavailable

PAGE_BARS: Final = 1000
TIMEOUT_S: Final = 20.0
"""Longer than the gateway waits for its turn at a provider."""

T = TypeVar("T")


class _Problem(msgspec.Struct):
    detail: str = ""


class GatewayClient:
    """Raises FeedUnavailable and ChannelRefused. Opens its connections at the first request."""

    def __init__(self, url: str, execution_id: str) -> None:
        self._url, self._execution_id = url.rstrip("/"), execution_id
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def subscribe(self, channels: Sequence[Channel], lookback: int) -> list[ChannelSnapshot]:
        """Set or renew the subscription; one snapshot per channel, in their order."""
        request = SubscriptionRequest(channels=tuple(channels), lookback=lookback)
        url = f"{self._url}/v1/subscriptions/{self._execution_id}"
        answer = await self._ask("PUT", url, SubscriptionAnswer, body=msgspec.json.encode(request))
        snapshots, away = [], []
        for found in answer.channels:
            if isinstance(found, ChannelSnapshot):
                snapshots.append(found)
            elif found.permanent:
                raise ChannelRefused(found.message)
            else:
                away.append(found)
        if away or len(snapshots) != len(channels):
            raise FeedUnavailable(_sentence(away) or "the gateway did not answer for every channel")
        return snapshots

    async def bars(self, channel: Channel, from_ms: int, to_ms: int) -> AsyncIterator[Bar]:
        """Closed bars with `from_ms` <= open time < `to_ms`, asked for page by page as they are read."""
        span = PAGE_BARS * channel.timeframe.length_ms
        for start in range(from_ms, to_ms, span):
            query = {
                "provider": channel.provider,
                "symbol": channel.symbol,
                "timeframe": str(channel.timeframe),
                "from": str(start),
                "to": str(min(to_ms, start + span)),
            }
            answer = await self._ask("GET", f"{self._url}/v1/bars", BarsAnswer, query=query)
            for bar in answer.bars:
                yield bar
            if answer.server_time_ms <= start:
                return  # what follows has not happened yet

    async def close(self) -> None:
        """Let go of connections for good; safe to call twice."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(
        self, method: str, url: str, kind: type[T], *, body: bytes | None = None, query: dict[str, str] | None = None
    ) -> T:
        if self._closed:
            raise FeedUnavailable("the feed is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        try:
            async with self._session.request(method, url, data=body, params=query) as answer:
                text = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise FeedUnavailable(f"market gateway: {str(error) or type(error).__name__}") from error
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            raise ChannelRefused(_detail(text) or f"market gateway: HTTP {answer.status}")
        if answer.status != HTTPStatus.OK:
            raise FeedUnavailable(_detail(text) or f"market gateway: HTTP {answer.status}")
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.MsgspecError as error:
            raise FeedUnavailable(f"market gateway: an answer that cannot be read: {error}") from error


def _sentence(refusals: Sequence[ChannelRefusal]) -> str:
    return "; ".join(f"{refusal.channel.name}: {refusal.message}" for refusal in refusals)


def _detail(text: bytes) -> str:
    try:
        return msgspec.json.decode(text, type=_Problem).detail
    except msgspec.MsgspecError:
        return ""
