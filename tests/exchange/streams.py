"""The WebSocket half: connections with their rules (5 messages a second, 1024 streams, pings, 24 hours) and the
ticker that sends every kline event of a moment to all of them before the next moment begins."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from exchange.candles import INTERVALS_MS, MINUTE_MS, Recording, interval_open
from exchange.connection import MAX_MESSAGES_PER_SECOND, Connection, answer_request
from exchange.exchange_clock import ExchangeClock
from exchange.wire import dumps, kline_event

MAX_ATTEMPTS = 300
ATTEMPT_WINDOW_S = 300.0
LIFETIME_MS = 24 * 3600 * 1000
KLINE_STREAM = re.compile(r"^([a-z0-9]+)@kline_(\w+)$")


@dataclass(frozen=True)
class StreamRules:
    """Cadences; event cadence in exchange time, pings in real time."""

    update_every_ms: int = 2000
    ping_every_s: float = 20.0
    pong_within_s: float = 60.0


class Streams:
    """All connections. `muted`, `swallow` and `repeat` are faults that the control API sets per stream."""

    def __init__(
        self,
        recordings: dict[str, Recording],
        clock: ExchangeClock,
        rules: StreamRules,
        monotonic: Callable[[], float],
    ) -> None:
        self._recordings, self._clock, self._rules, self._monotonic = recordings, clock, rules, monotonic
        self._connections: set[Connection] = set()
        self._attempts: deque[float] = deque(maxlen=MAX_ATTEMPTS)
        self._emitted_ms = clock.now_ms()
        self._emitting = asyncio.Lock()
        self.refuse_connections = False
        self.muted: set[str] = set()
        self.swallow: set[str] = set()
        self.repeat: set[str] = set()
        self.counts: Counter[str] = Counter()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/ws", self._handle)
        app.router.add_get("/ws/{streams:.+}", self._handle)
        app.router.add_get("/stream", self._handle)

    # The ticker.

    async def run(self) -> None:
        """Send events as the exchange clock reaches their times."""
        while True:
            if not self._clock.running:
                await asyncio.sleep(0.01)
                continue
            await asyncio.sleep(self._clock.seconds_until(self._next_moment(self._emitted_ms)))
            await self._emit_until(self._clock.now_ms())

    async def advance_to(self, at_ms: int) -> None:
        """Move the standing clock to `at_ms`; returns when every event up to then is written."""
        target = min(at_ms, self._clock.end_ms)
        while self._emitted_ms < target:
            moment = min(target, self._next_moment(self._emitted_ms))
            self._clock.move_to(moment)
            await self._emit_until(moment)
        await self.drain()

    async def drain(self) -> None:
        """Wait until every queued frame is written."""
        await asyncio.gather(*(connection.outbox.join() for connection in tuple(self._connections)))

    def _next_moment(self, after_ms: int) -> int:
        every = self._rules.update_every_ms
        return min(after_ms + every - after_ms % every, after_ms + MINUTE_MS - after_ms % MINUTE_MS)

    async def _emit_until(self, now_ms: int) -> None:
        async with self._emitting:
            while (moment := self._next_moment(self._emitted_ms)) <= now_ms:
                late = now_ms - moment > MINUTE_MS
                if not late or moment % MINUTE_MS == 0:
                    self._emit(moment)
                self._emitted_ms = moment
                await asyncio.sleep(0)

    def _emit(self, moment: int) -> None:
        wanted = {name for connection in self._connections for name in connection.streams}
        for name in sorted(wanted - self.muted):
            for event in self._events(name, moment):
                self.broadcast(name, event)
        for connection in tuple(self._connections):
            if moment - connection.opened_ms >= LIFETIME_MS:
                self.shut_down(connection)

    def _events(self, name: str, moment: int) -> list[dict[str, Any]]:
        match = KLINE_STREAM.match(name)
        if match is None or match[2] not in INTERVALS_MS or (symbol := match[1].upper()) not in self._recordings:
            return []
        interval, recording = match[2], self._recordings[symbol]
        open_ms = interval_open(interval, moment)
        closing = open_ms == moment
        if closing:
            open_ms = interval_open(interval, moment - 1)
        candle = recording.at(interval, open_ms, moment)
        if candle is None:
            return []
        event = kline_event(symbol, interval, candle, moment, closed=closing)
        if not closing:
            return [event]
        if name in self.swallow:
            self.swallow.discard(name)
            return []
        if name in self.repeat:
            self.repeat.discard(name)
            before = recording.at(interval, interval_open(interval, open_ms - 1), moment)
            late = [kline_event(symbol, interval, before, moment, closed=True)] if before is not None else []
            return [event, event, *late]
        return [event]

    def broadcast(self, name: str, event: dict[str, Any]) -> None:
        """Send one event to every connection that follows the stream."""
        raw, wrapped = dumps(event), dumps({"stream": name, "data": event})
        for connection in self._connections:
            if name in connection.streams:
                connection.send(wrapped if connection.combined else raw)

    # Faults.

    def disconnect(self) -> int:
        """Drop every connection at once; returns how many."""
        dropped = tuple(self._connections)
        for connection in dropped:
            connection.abort()
        return len(dropped)

    def shut_down(self, connection: Connection) -> None:
        """Announce and close, as at the end of 24 hours."""
        if connection.socket.closed:
            return
        event = {"e": "serverShutdown", "E": self._clock.now_ms()}
        connection.send(dumps({"stream": "!serverShutdown", "data": event} if connection.combined else event))
        connection.send("")

    def shut_down_all(self) -> int:
        for connection in tuple(self._connections):
            self.shut_down(connection)
        return len(self._connections)

    # One connection.

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        now = self._monotonic()
        if self.refuse_connections:
            return web.Response(status=503)
        if len(self._attempts) == MAX_ATTEMPTS and now - self._attempts[0] < ATTEMPT_WINDOW_S:
            return web.Response(status=429)
        self._attempts.append(now)
        names = [name for name in re.split("/", request.match_info.get("streams", "")) if name]
        names += [name for name in request.query.get("streams", "").split("/") if name]
        socket = web.WebSocketResponse(autoping=False, compress=False)
        await socket.prepare(request)
        connection = Connection(
            socket, request.transport, request.path == "/stream", self._clock.now_ms(), dict.fromkeys(names)
        )
        self._connections.add(connection)
        self.counts["connections"] += 1
        tasks = [asyncio.create_task(self._write(connection)), asyncio.create_task(self._ping(connection))]
        try:
            await self._read(connection)
        finally:
            self._connections.discard(connection)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            while not connection.outbox.empty():
                connection.outbox.get_nowait()
                connection.outbox.task_done()
        return socket

    async def _write(self, connection: Connection) -> None:
        while True:
            text = await connection.outbox.get()
            try:
                if text:
                    await connection.socket.send_str(text)
                else:
                    await connection.socket.close(code=WSCloseCode.GOING_AWAY)
            except ConnectionError:
                return
            finally:
                connection.outbox.task_done()

    async def _ping(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self._rules.ping_every_s)
            now = self._monotonic()
            if any(now - sent > self._rules.pong_within_s for sent in connection.unanswered_pings.values()):
                await connection.socket.close(code=WSCloseCode.POLICY_VIOLATION)
                return
            payload = str(self._clock.now_ms()).encode()
            connection.unanswered_pings[payload] = now
            await connection.socket.ping(payload)
            self.counts["pings"] += 1

    async def _read(self, connection: Connection) -> None:
        async for message in connection.socket:
            now = self._monotonic()
            connection.received_at.append(now)
            if len(connection.received_at) > MAX_MESSAGES_PER_SECOND and now - connection.received_at[0] < 1.0:
                self.counts["kicked"] += 1
                await connection.socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Too many requests")
                return
            if message.type is WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                if connection.unanswered_pings.pop(bytes(message.data), None) is not None:
                    self.counts["pongs"] += 1
            elif message.type is WSMsgType.TEXT:
                self.counts["requests"] += 1
                connection.send(answer_request(connection, message.data))
