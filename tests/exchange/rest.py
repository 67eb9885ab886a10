"""The REST half of the test exchange: ping, time, exchangeInfo, klines, with weights and refusals."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

from exchange.candles import INTERVALS_MS, Candle, Recording, interval_close, interval_open
from exchange.exchange_clock import ExchangeClock
from exchange.request_weight import RequestWeight
from exchange.wire import ApiError, dumps, error_body, exchange_info, kline_row

DEFAULT_LIMIT, MAX_LIMIT = 500, 1000
FAR_FUTURE_MS = 10**15
KLINE_PARAMETERS = {"symbol", "interval", "startTime", "endTime", "timeZone", "limit"}
WARNING = (
    "Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
    "Please use WebSocket Streams for live updates to avoid polling the API."
)
BANNED = (
    "Way too much request weight used; IP banned until {until}. "
    "Please use WebSocket Streams for live updates to avoid bans."
)


class Rest:
    """Handlers; `failures` makes the next requests fail with a status, `requests` counts what was asked."""

    def __init__(self, recordings: dict[str, Recording], clock: ExchangeClock, weight: RequestWeight) -> None:
        self._recordings, self._clock, self.weight = recordings, clock, weight
        self.requests: Counter[str] = Counter()
        self.failures: list[int] = []

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/api/v3/ping", self._route(1, self._ping))
        app.router.add_get("/api/v3/time", self._route(1, self._time))
        app.router.add_get("/api/v3/exchangeInfo", self._route(20, self._exchange_info))
        app.router.add_get("/api/v3/klines", self._route(2, self._klines))

    def _route(
        self, weight: int, handle: Callable[[web.Request], str]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.Response:
            self.requests[request.path] += 1
            used, refusal = self.weight.charge(request.remote or "", weight)
            headers = {"X-MBX-USED-WEIGHT": str(used), "X-MBX-USED-WEIGHT-1M": str(used)}
            if refusal is not None:
                self.requests[str(refusal.status)] += 1
                headers["Retry-After"] = str(refusal.retry_after_s)
                until = self._clock.now_ms() + refusal.retry_after_s * 1000
                text = WARNING.format(limit=self.weight.limit) if refusal.status == 429 else BANNED.format(until=until)
                return _json(error_body(-1003, text), refusal.status, headers)
            if self.failures:
                status = self.failures.pop(0)
                self.requests[str(status)] += 1
                return web.Response(text="<html>bad gateway</html>", content_type="text/html", status=status)
            try:
                return _json(handle(request), 200, headers)
            except ApiError as error:
                return _json(error_body(error.code, error.message), error.status, headers)

        return answer

    def _ping(self, _: web.Request) -> str:
        return "{}"

    def _time(self, _: web.Request) -> str:
        return dumps({"serverTime": self._clock.now_ms()})

    def _exchange_info(self, request: web.Request) -> str:
        symbols = sorted(self._recordings)
        if (asked := request.query.get("symbol")) is not None:
            symbols = [self._symbol(asked)]
        elif (listed := request.query.get("symbols")) is not None:
            symbols = [self._symbol(name) for name in re.findall(r'"([^"]+)"', listed)]
        return dumps(exchange_info(symbols, self._clock.now_ms(), self.weight.limit))

    def _klines(self, request: web.Request) -> str:
        query = request.query
        if unread := set(query) - KLINE_PARAMETERS:
            sent = len(set(query))
            raise ApiError(
                -1104,
                f"Not all sent parameters were read; read '{sent - len(unread)}' parameter(s) but was sent '{sent}'.",
            )
        symbol = self._symbol(_mandatory(query.get("symbol"), "symbol"))
        interval = _mandatory(query.get("interval"), "interval")
        if interval not in INTERVALS_MS:
            raise ApiError(-1120, "Invalid interval.")
        limit = min(_number(query.get("limit"), "limit", DEFAULT_LIMIT), MAX_LIMIT)
        start = _number(query.get("startTime"), "startTime", -1)
        end = _number(query.get("endTime"), "endTime", FAR_FUTURE_MS)
        rows = self._rows(symbol, interval, start, end, limit)
        return dumps([kline_row(candle, interval) for candle in rows])

    def _rows(self, symbol: str, interval: str, start: int, end: int, limit: int) -> list[Candle]:
        recording, now_ms = self._recordings[symbol], self._clock.now_ms()
        if start >= 0:
            # The oldest `limit` rows from `start`: no need to look further than that many intervals.
            reach = interval_open(interval, max(start, recording.start_ms))
            for _ in range(limit + 1):
                reach = interval_close(interval, reach)
            to_ms = min(end + 1, reach) if recording.is_dense else end + 1
            return recording.rows(interval, start, to_ms, now_ms)[:limit]
        return recording.rows(interval, 0, min(end, now_ms) + 1, now_ms)[-limit:]

    def _symbol(self, name: str) -> str:
        if not re.fullmatch(r"[A-Z0-9-_.]{1,20}", name):
            raise ApiError(
                -1100,
                "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.",
            )
        if name not in self._recordings:
            raise ApiError(-1121, "Invalid symbol.")
        return name


def _json(text: str, status: int, headers: dict[str, str]) -> web.Response:
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def _mandatory(value: str | None, name: str) -> str:
    if not value:
        raise ApiError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return value


def _number(text: str | None, name: str, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise ApiError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
    return int(text)
