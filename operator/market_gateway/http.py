"""The gateway over HTTP: subscriptions, history, probes and metrics. It decodes, asks and encodes; no more.

Errors are RFC 9457 problems. A standby answers 503 to everything but probes and metrics.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
from aiohttp import web

from market_gateway.errors import GatewayError, ProviderUnavailable, SeriesRefused
from market_gateway.live_market import LiveMarket
from market_gateway.subscription_desk import SubscriptionDesk
from strategy_contracts.market_protocol import (
    MAX_BARS_PER_REQUEST,
    BarsAnswer,
    Channel,
    SubscriptionRequest,
)
from strategy_contracts.timeframe import Timeframe
from strategy_process.health import add_health_routes

STANDBY = "standby: another gateway serves, or this one is starting"
MAX_CHANNELS = 200
MAX_BODY_BYTES = 64 * 1024
JSON, PROBLEM = "application/json", "application/problem+json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gateway:
    """The handlers; a standby until `open` gives it something to serve."""

    def __init__(self) -> None:
        self._serving: tuple[LiveMarket, SubscriptionDesk] | None = None

    def open(self, market: LiveMarket, desk: SubscriptionDesk) -> None:
        """Answer from these from now on."""
        self._serving = market, desk

    def close(self) -> None:
        """Be a standby again."""
        self._serving = None

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._answer_errors], client_max_size=MAX_BODY_BYTES)
        app.router.add_put("/v1/subscriptions/{execution_id}", self._put_subscription)
        app.router.add_delete("/v1/subscriptions/{execution_id}", self._delete_subscription)
        app.router.add_get("/v1/bars", self._get_bars)
        add_health_routes(app, ready=lambda: STANDBY if self._serving is None else None)
        return app

    @web.middleware
    async def _answer_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except (msgspec.MsgspecError, ValueError) as error:
            return _problem(HTTPStatus.BAD_REQUEST, "bad-request", str(error))
        except SeriesRefused as error:
            nearest = list(error.nearest)
            return _problem(HTTPStatus.NOT_FOUND, error.reason, error.message, nearest=nearest)
        except ProviderUnavailable as error:
            seconds = max(1, round(error.retry_after_s))
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", error.message, retry_after_s=seconds)
        except _Standby:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "standby", STANDBY, retry_after_s=1)
        except GatewayError as error:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", str(error), retry_after_s=1)

    def _parts(self) -> tuple[LiveMarket, SubscriptionDesk]:
        if self._serving is None:
            raise _Standby
        return self._serving

    async def _put_subscription(self, request: web.Request) -> web.Response:
        _, desk = self._parts()
        wanted = msgspec.json.decode(await request.read(), type=SubscriptionRequest)
        if not 0 <= wanted.lookback <= MAX_BARS_PER_REQUEST:
            raise ValueError(f"lookback must be 0 to {MAX_BARS_PER_REQUEST}")
        if not 1 <= len(wanted.channels) <= MAX_CHANNELS:
            raise ValueError(f"1 to {MAX_CHANNELS} channels are allowed")
        answer = await desk.put(request.match_info["execution_id"], wanted)
        return web.Response(body=msgspec.json.encode(answer), content_type=JSON)

    async def _delete_subscription(self, request: web.Request) -> web.Response:
        _, desk = self._parts()
        await desk.delete(request.match_info["execution_id"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _get_bars(self, request: web.Request) -> web.Response:
        market, _ = self._parts()
        query = request.query
        try:
            channel = Channel(
                provider=query["provider"], symbol=query["symbol"], timeframe=Timeframe(query["timeframe"])
            )
            from_ms, to_ms = int(query["from"]), int(query["to"])
        except KeyError as error:
            raise ValueError(f"parameter {error} is missing") from error
        if not 0 <= from_ms <= to_ms:
            raise ValueError("0 <= from <= to must hold")
        if to_ms - from_ms > MAX_BARS_PER_REQUEST * channel.timeframe.length_ms:
            raise ValueError(f"from and to may lie {MAX_BARS_PER_REQUEST} periods of {channel.timeframe} apart")
        bars, server_time_ms = await market.bars(channel, from_ms, to_ms)
        answer = BarsAnswer(channel=channel, bars=bars, server_time_ms=server_time_ms)
        return web.Response(body=msgspec.json.encode(answer), content_type=JSON)


class _Standby(Exception):
    """This process does not serve."""


def _problem(
    status: HTTPStatus, kind: str, detail: str, *, nearest: list[str] | None = None, retry_after_s: int | None = None
) -> web.Response:
    body: dict[str, object] = {
        "type": f"urn:market-gateway:{kind}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
    }
    if nearest is not None:
        body["nearest"] = nearest
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return web.Response(status=status, body=msgspec.json.encode(body), content_type=PROBLEM, headers=headers)
