"""Binance's combined WebSocket: follows series on as few connections as its rules allow, through every reconnect.

The rules: 5 messages a second to the server (pongs count), 1024 streams and 24 hours a connection, 300 attempts
in 5 minutes. Frames go from the socket to the listener in one step.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import msgspec
import structlog

from market_gateway import metrics
from market_gateway.market_clock import MarketClock
from market_gateway.provider import Receipt, Series, StreamListener, StreamUpdate
from market_gateway.providers.binance_wire import Frame, control, decode_frame, stream_name

log = structlog.get_logger(__name__)

NAME = "binance"
MAX_STREAMS = 1000
STREAMS_PER_REQUEST = 100
REQUEST_EVERY_S = 0.4
"""Leaves half of five messages a second to pongs, and to messages that arrive closer together than they were sent."""
ANSWER_WITHIN_S = 10.0
SILENCE_S = 65.0
"""The server pings every 20 s: a connection that says nothing for so long is dead."""
STABLE_AFTER_S = 10.0
FIRST_DELAY_S, MAX_DELAY_S = 0.125, 30.0
MAX_FRAME = 1 << 22
SHUTDOWN = "serverShutdown"


class BinanceStream:
    """One connection and the series it follows; `BinanceStreams` opens more when one is full."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        clock: MarketClock,
        *,
        receipt: Callable[[], Receipt],
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
    ) -> None:
        self._session, self._url, self._clock = session, url.rstrip("/") + "/stream", clock
        self._receipt, self._sleep, self._jitter = receipt, sleep, jitter
        self._followed: dict[str, Series] = {}
        self._subscribed: set[str] = set()
        self._asked: _Asked | None = None
        self._last_id = 0
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._followed)

    def __contains__(self, name: str) -> bool:
        return name in self._followed

    def follow(self, name: str, series: Series) -> None:
        self._followed[name] = series
        self._changed.set()

    def unfollow(self, name: str) -> None:
        self._followed.pop(name, None)
        self._changed.set()

    async def run(self, listener: StreamListener) -> None:
        """Connect, follow, deliver; again after each loss, at growing distance while it does not last."""
        failures = 0
        while True:
            while not self._followed:
                self._changed.clear()
                await self._changed.wait()
            started_ns = self._receipt().monotonic_ns
            try:
                async with self._session.ws_connect(self._url, compress=0, max_msg_size=MAX_FRAME) as socket:
                    metrics.CONNECTIONS.labels(NAME, "opened").inc()
                    await self._serve(socket, listener)
                reason = f"closed with {socket.close_code}"
            except (aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError) as error:
                reason = str(error) or type(error).__name__
            lasted_s = (self._receipt().monotonic_ns - started_ns) / 1e9
            failures = 0 if lasted_s >= STABLE_AFTER_S else failures + 1
            delay_s = self._jitter() * min(MAX_DELAY_S, FIRST_DELAY_S * 2**failures)
            metrics.CONNECTIONS.labels(NAME, "lost").inc()
            log.warning(
                "stream_lost", provider=NAME, reason=reason, series=len(self), lasted_s=lasted_s, retry_in_s=delay_s
            )
            await self._sleep(delay_s)

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse, listener: StreamListener) -> None:
        """Read until the connection ends or the server says goodbye."""
        self._subscribed.clear()
        self._asked = None
        requests = asyncio.create_task(self._keep_subscribed(socket))
        try:
            while True:
                message = await socket.receive(timeout=SILENCE_S)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                receipt = self._receipt()
                if self._deliver(decode_frame(message.data), receipt, listener):
                    return
        finally:
            requests.cancel()
            await asyncio.gather(requests, return_exceptions=True)

    def _deliver(self, frame: Frame, receipt: Receipt, listener: StreamListener) -> bool:
        """Hand a frame on; True when the connection is of no more use."""
        event = frame.data
        if event is None:
            return self._answered(frame, listener)
        if event.kind == SHUTDOWN:
            return True
        self._clock.observe(event.time_ms)
        series = self._followed.get(frame.stream or "")
        if series is not None and event.kline is not None:
            listener.on_update(series, StreamUpdate(event.kline.bar(), event.time_ms, receipt))
        return False

    def _answered(self, frame: Frame, listener: StreamListener) -> bool:
        if frame.code is not None or frame.error is not None:
            log.error("stream_request_refused", provider=NAME, code=frame.code, reason=frame.msg, error=frame.error)
            return True
        if self._asked is not None and frame.id == self._asked.identity:
            for name in self._asked.names:
                if (series := self._followed.get(name)) is not None:
                    listener.on_started(series)
            self._asked.answered.set()
        return False

    async def _keep_subscribed(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Keep the server's list of streams equal to ours, a few messages a second."""
        while True:
            self._changed.clear()
            wanted = set(self._followed)
            missing, unwanted = wanted - self._subscribed, self._subscribed - wanted
            names = sorted(missing or unwanted)[:STREAMS_PER_REQUEST]
            if not names:
                await self._changed.wait()
                continue
            self._last_id += 1
            self._asked = _Asked(self._last_id, names if missing else [], asyncio.Event())
            self._subscribed.symmetric_difference_update(names)
            await socket.send_str(control("SUBSCRIBE" if missing else "UNSUBSCRIBE", names, self._last_id))
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await self._asked.answered.wait()
            except TimeoutError:
                log.warning("stream_request_unanswered", provider=NAME, streams=len(names))
                await socket.close()
                return
            await self._sleep(REQUEST_EVERY_S)


@dataclass(frozen=True)
class _Asked:
    """The request the server has not answered yet, and the streams that begin with its answer."""

    identity: int
    names: list[str]
    answered: asyncio.Event


class BinanceStreams:
    """As many connections as the followed series need."""

    def __init__(self, new_stream: Callable[[], BinanceStream]) -> None:
        self._new_stream = new_stream
        self._streams: list[BinanceStream] = []
        self._added = asyncio.Event()

    def follow(self, series: Series) -> None:
        name = stream_name(series.symbol, series.timeframe)
        if any(name in stream for stream in self._streams):
            return
        stream = next((stream for stream in self._streams if len(stream) < MAX_STREAMS), None)
        if stream is None:
            stream = self._new_stream()
            self._streams.append(stream)
            self._added.set()
        stream.follow(name, series)

    def unfollow(self, series: Series) -> None:
        name = stream_name(series.symbol, series.timeframe)
        for stream in self._streams:
            stream.unfollow(name)

    async def run(self, listener: StreamListener) -> None:
        """Run every connection, those that are added later too."""
        started = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._added.clear()
                for stream in self._streams[started:]:
                    tasks.create_task(stream.run(listener))
                started = len(self._streams)
                await self._added.wait()
