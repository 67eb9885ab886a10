"""The application: every route on one screen, every loop in one list. Building it opens nothing."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import StatefulLifespan

from strategy_api.auth import Authenticator
from strategy_api.background import Background, Loop
from strategy_api.cluster import StrategyCluster
from strategy_api.dependency_checks import Check, DependencyChecks
from strategy_api.errors import ApiError, DependencyUnavailable
from strategy_api.event_stream import EventStream
from strategy_api.gate import Gate
from strategy_api.history_writer import HistoryWriter
from strategy_api.hub import Hub
from strategy_api.log_reader import GroupReader, LogTail
from strategy_api.metrics import LiveFigures, Metrics, RequestMetrics
from strategy_api.rate_limit import RateLimit
from strategy_api.redis_mirror import Mirror, mirror_signals
from strategy_api.rest.answers import answer_api_error, answer_http_error, answer_unexpected
from strategy_api.rest.service import ServiceEndpoints
from strategy_api.rest.signals import SignalEndpoints
from strategy_api.rest.strategies import StrategyEndpoints
from strategy_api.settings import ApiSettings
from strategy_api.signal_history import SignalStore
from strategy_api.signal_pump import beat, pump_signals
from strategy_api.status_board import StatusBoard, follow_reports
from strategy_api.strategy_catalogue import StrategyCatalogue
from strategy_api.strategy_runs import StrategyRuns
from strategy_api.stream import SignalStream
from strategy_sources.errors import SourceUnavailable
from strategy_sources.listing import StrategyArchive

VERSION: Final = "1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The outside world, real or in memory. The application starts and closes them."""

    hub: Hub
    signals: LogTail
    reports: LogTail
    history: GroupReader
    store: SignalStore
    mirrored: GroupReader
    mirror: Mirror | None
    cluster: StrategyCluster
    authenticator: Authenticator
    archives: Sequence[StrategyArchive] = ()
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic


class LifespanState(TypedDict):
    """What requests find in their state."""

    background: Background


def create_app(settings: ApiSettings, parts: Parts, on_death: Callable[[], None]) -> Starlette:
    """The ASGI application. `on_death` is called when one of its loops ends by itself."""
    board, metrics = StatusBoard(), Metrics()
    history = HistoryWriter(parts.history, parts.store)
    loops: dict[str, Loop] = {
        "signals": lambda: pump_signals(parts.signals, parts.hub),
        "heartbeat": lambda: beat(parts.hub, settings.stream_heartbeat_seconds),
        "history": history.run,
        "reports": lambda: follow_reports(parts.reports, board),
    }

    async def measure_lag() -> None:
        metrics.lag.set(await parts.signals.lag())

    checks: dict[str, Check] = {
        "kafka": measure_lag,
        "signal_database": parts.store.check,
        "cluster": parts.cluster.check,
    }
    checks |= {f"database_{archive.source}": partial(_answers, archive) for archive in parts.archives}
    mirror = parts.mirror
    if mirror is not None:
        loops["mirror"] = lambda: mirror_signals(parts.mirrored, mirror)
        checks["redis"] = mirror.check
    dependencies = DependencyChecks(checks)
    loops["dependencies"] = dependencies.run
    background = Background(loops, on_death)
    gate = Gate(
        parts.authenticator,
        RateLimit(settings.rate_limit_per_second, settings.rate_limit_burst, parts.monotonic),
    )
    service = ServiceEndpoints(
        version=VERSION,
        hub=parts.hub,
        board=board,
        background=background,
        checks=dependencies,
        metrics=metrics,
        clock=parts.clock,
        monotonic=parts.monotonic,
    )
    metrics.registry.register(LiveFigures(parts.hub, history, service.uptime_s))
    runs = StrategyRuns(parts.cluster, board, namespace=settings.default_strategy_namespace, clock=parts.clock)
    return Starlette(
        routes=_routes(
            service,
            StrategyEndpoints(
                runs,
                StrategyCatalogue(parts.archives, runs),
                gate,
                parts.clock,
                max_body_bytes=settings.max_body_bytes,
            ),
            SignalEndpoints(parts.hub.ring, parts.store, gate, parts.clock),
            SignalStream(
                parts.hub,
                parts.authenticator,
                origins=settings.websocket_origins,
                max_clients=settings.max_websocket_connections,
            ),
            EventStream(parts.hub, gate, max_clients=settings.max_websocket_connections),
        ),
        middleware=_middleware(settings, metrics, parts.monotonic),
        exception_handlers={
            ApiError: answer_api_error,
            HTTPException: answer_http_error,
            Exception: answer_unexpected,
        },
        lifespan=_lifespan(parts, background),
    )


async def _answers(archive: StrategyArchive) -> None:
    try:
        await archive.check()
    except SourceUnavailable as error:
        raise DependencyUnavailable(str(error)) from error


def _routes(
    service: ServiceEndpoints,
    strategies: StrategyEndpoints,
    signals: SignalEndpoints,
    stream: SignalStream,
    events: EventStream,
) -> list[BaseRoute]:
    """Literal paths come first. A strategy id may hold a slash: `<namespace>/<name>` for runs that kubectl made."""
    strategy = "/api/strategies/{strategy_id:path}"
    return [
        Route("/", service.root),
        Route("/health", service.health),
        Route("/health/", service.health),
        Route("/health/live", service.live),
        Route("/health/ready", service.ready),
        Route("/health/status", service.status),
        Route("/health/metrics", service.metrics),
        Route("/metrics", service.metrics),
        Route("/api/strategies", strategies.list),
        Route("/api/strategies/list", strategies.list),
        Route("/api/strategies/active/list", strategies.list_active),
        Route("/api/strategies/start", strategies.start, methods=["POST"]),
        Route(f"{strategy}/stop", strategies.stop, methods=["POST"]),
        Route(f"{strategy}/status", strategies.status),
        Route(f"{strategy}/configure", strategies.not_built, methods=["POST"]),
        Route(f"{strategy}/metrics", strategies.not_built),
        Route(strategy, strategies.get),
        Route(strategy, strategies.delete, methods=["DELETE"]),
        WebSocketRoute("/api/signals/stream", stream.serve),
        Route("/api/signals/stream", events.serve),
        Route("/api/signals/list", signals.list),
        Route("/api/signals/latest/{symbol:path}", signals.latest),
        Route("/api/signals/analytics/summary", signals.not_built),
        Route("/api/signals/test", signals.not_built, methods=["POST"]),
        Route("/api/signals/{signal_id}/performance", signals.not_built),
        Route("/api/signals/{signal_id}", signals.get),
        Route("/api/signals/{signal_id}", signals.not_built, methods=["DELETE"]),
    ]


def _middleware(settings: ApiSettings, metrics: Metrics, monotonic: Callable[[], float]) -> list[Middleware]:
    middleware = [Middleware(RequestMetrics, metrics=metrics, monotonic=monotonic)]
    if settings.cors_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.cors_origins),
                allow_methods=["*"],
                allow_headers=["*"],
                allow_credentials="*" not in settings.cors_origins,
            )
        )
    return middleware


def _lifespan(parts: Parts, background: Background) -> StatefulLifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with AsyncExitStack() as stack:
            opened = (
                parts.signals,
                parts.reports,
                parts.history,
                parts.mirrored,
                parts.store,
                parts.cluster,
                parts.mirror,
                *parts.archives,
            )
            for part in opened:
                if part is not None:
                    stack.push_async_callback(part.close)
            await stack.enter_async_context(background.running())
            yield LifespanState(background=background)

    return lifespan
