"""The test's own API, under /control: moves the clock and causes faults. No exchange has it.

Every request is POST with query parameters and answers the clock; GET /control/time only reads it.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from exchange.candles import MINUTE_MS, Recording
from exchange.exchange_clock import ExchangeClock
from exchange.rest import Rest
from exchange.streams import Streams
from exchange.wire import kline_event


class Control:
    """One method per fault."""

    def __init__(self, recordings: dict[str, Recording], clock: ExchangeClock, rest: Rest, streams: Streams) -> None:
        self._recordings, self._clock, self._rest, self._streams = recordings, clock, rest, streams

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/control/time", self._time)
        app.router.add_get("/control/counts", self._counts)
        for name, action in {
            "advance": self._advance,
            "pause": self._pause,
            "run": self._run,
            "disconnect": self._disconnect,
            "refuse": self._refuse,
            "shutdown": self._shutdown,
            "throttle": self._throttle,
            "ban": self._ban,
            "weight_limit": self._weight_limit,
            "fail": self._fail,
            "mute": self._mute,
            "swallow": self._swallow,
            "repeat": self._repeat,
            "revise": self._revise,
        }.items():
            app.router.add_post(f"/control/{name}", self._route(action))

    def _route(
        self, action: Callable[[web.Request], Awaitable[None]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            await action(request)
            return await self._time(request)

        return handle

    async def _time(self, _: web.Request) -> web.Response:
        now_ms = self._clock.now_ms()
        return web.json_response(
            {
                "now": now_ms,
                "end": self._clock.end_ms,
                "ended": now_ms >= self._clock.end_ms,
                "running": self._clock.running,
                "speed": self._clock.speed,
            }
        )

    async def _counts(self, _: web.Request) -> web.Response:
        """How often each path was asked and each status given; connections, pings, requests of the streams."""
        return web.json_response({"rest": dict(self._rest.requests), "streams": dict(self._streams.counts)})

    async def _advance(self, request: web.Request) -> None:
        """`bars` minutes or `ms` forward, with every event of the way. The clock stands still afterwards."""
        self._clock.pause()
        forward = int(request.query.get("bars", "0")) * MINUTE_MS + int(request.query.get("ms", "0"))
        await self._streams.advance_to(self._clock.now_ms() + forward)

    async def _pause(self, _: web.Request) -> None:
        self._clock.pause()

    async def _run(self, request: web.Request) -> None:
        """`speed` times real time."""
        self._clock.run(float(request.query["speed"]))

    async def _disconnect(self, _: web.Request) -> None:
        """Drop all WebSockets without a closing handshake."""
        self._streams.disconnect()

    async def _refuse(self, request: web.Request) -> None:
        """`on`=1: new WebSockets are refused with 503; 0: accepted again."""
        self._streams.refuse_connections = request.query["on"] == "1"

    async def _shutdown(self, _: web.Request) -> None:
        """serverShutdown and close on every WebSocket."""
        self._streams.shut_down_all()

    async def _throttle(self, request: web.Request) -> None:
        """429 for every REST request during `seconds`."""
        self._rest.weight.force(429, float(request.query["seconds"]))

    async def _ban(self, request: web.Request) -> None:
        """418 for every REST request during `seconds`."""
        self._rest.weight.force(418, float(request.query["seconds"]))

    async def _weight_limit(self, request: web.Request) -> None:
        self._rest.weight.limit = int(request.query["limit"])

    async def _fail(self, request: web.Request) -> None:
        """The next `count` REST requests answer `status`."""
        self._rest.failures = [int(request.query.get("status", "503"))] * int(request.query.get("count", "1"))

    async def _mute(self, request: web.Request) -> None:
        """`stream` sends nothing (`on`=1) or again (0) though the connection is well."""
        change = self._streams.muted.add if request.query["on"] == "1" else self._streams.muted.discard
        change(request.query["stream"])

    async def _swallow(self, request: web.Request) -> None:
        """The next closing event of `stream` is not sent."""
        self._streams.swallow.add(request.query["stream"])

    async def _repeat(self, request: web.Request) -> None:
        """The next closing event of `stream` is sent twice and followed by the one before it."""
        self._streams.repeat.add(request.query["stream"])

    async def _revise(self, request: web.Request) -> None:
        """Minute `open_time` of `symbol` gets another `close`, and its closing event is sent again."""
        symbol = request.query["symbol"]
        candle = self._recordings[symbol].revise(int(request.query["open_time"]), float(request.query["close"]))
        event = kline_event(symbol, "1m", candle, self._clock.now_ms(), closed=True)
        self._streams.broadcast(f"{symbol.lower()}@kline_1m", event)
        await self._streams.drain()
