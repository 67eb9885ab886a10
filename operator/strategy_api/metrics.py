"""Prometheus metrics of the API: the platform's names where it measured the same thing, no label without a bound."""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from strategy_api.history_writer import HistoryWriter
from strategy_api.hub import Hub

_UNKNOWN: Final = "unmatched"


class Metrics:
    """One registry per application, so that two in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "inference_service_http_requests",
            "Requests by route and status",
            ("method", "endpoint", "status"),
            registry=self.registry,
        )
        self.durations = Histogram(
            "inference_service_http_request_duration_seconds",
            "Time to the end of the answer",
            ("method", "endpoint"),
            registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.lag = Gauge(
            "inference_service_stream_lag_offsets",
            "Offsets of the log that the stream has not read yet",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


class LiveFigures(Collector):
    """Figures that others count, read when they are scraped."""

    def __init__(self, hub: Hub, history: HistoryWriter, uptime_s: Callable[[], float]) -> None:
        self._hub, self._history, self._uptime_s = hub, history, uptime_s

    def collect(self) -> Iterator[Metric]:
        prefix = "inference_service_"
        yield GaugeMetricFamily(f"{prefix}websocket_connections", "Open streams", self._hub.clients)
        yield CounterMetricFamily(
            f"{prefix}websocket_messages_sent", "Signals handed to open streams", self._hub.delivered
        )
        yield CounterMetricFamily(
            f"{prefix}signals_stored", "Signals this replica wrote to the history", self._history.stored
        )
        yield GaugeMetricFamily(f"{prefix}uptime_seconds", "Since this process started", self._uptime_s())


class RequestMetrics:
    """ASGI middleware that counts and times requests by route template."""

    def __init__(self, app: ASGIApp, metrics: Metrics, monotonic: Callable[[], float]) -> None:
        self._app, self._metrics, self._monotonic = app, metrics, monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._monotonic()
        status = 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observed)
        finally:
            method, endpoint = scope["method"], getattr(scope.get("route"), "path", _UNKNOWN)
            self._metrics.requests.labels(method, endpoint, status).inc()
            self._metrics.durations.labels(method, endpoint).observe(self._monotonic() - started)
