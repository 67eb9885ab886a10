"""`/`, `/health*` and `/metrics`: what the service is, whether it can work, what it has done.

Ready means: this replica has read the log up to the present and its loops run. Outside systems are checked and
reported, but do not decide: a replica without Postgres still streams, and taking all replicas out of service
because of one outage would make it two.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from strategy_api.background import Background
from strategy_api.dependency_checks import DependencyChecks
from strategy_api.hub import Hub
from strategy_api.metrics import Metrics
from strategy_api.rest.answers import answer
from strategy_api.status_board import StatusBoard

SERVICE: Final = "inference-service"
"""The name the platform knows this service by."""


class ServiceEndpoints:
    """Handlers that need no token."""

    def __init__(
        self,
        *,
        version: str,
        hub: Hub,
        board: StatusBoard,
        background: Background,
        checks: DependencyChecks,
        metrics: Metrics,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._version, self._hub, self._board = version, hub, board
        self._background, self._checks, self._metrics = background, checks, metrics
        self._clock, self._monotonic = clock, monotonic
        self._started = monotonic()

    def uptime_s(self) -> float:
        """Since this process began to serve."""
        return self._monotonic() - self._started

    async def root(self, _: Request) -> Response:
        endpoints = {
            "health": "/health",
            "strategies": "/api/strategies",
            "signals": "/api/signals",
            "docs": "disabled",
        }
        return answer({"service": SERVICE, "version": self._version, "status": "operational", "endpoints": endpoints})

    async def health(self, _: Request) -> Response:
        identity = {"service": SERVICE, "timestamp": self._clock(), "version": self._version}
        return answer({"status": "healthy", **identity})

    async def live(self, _: Request) -> Response:
        """A restart mends a process whose loops have ended, and nothing else."""
        return answer(
            {"alive": self._background.alive, "timestamp": self._clock()}, 200 if self._background.alive else 503
        )

    async def ready(self, _: Request) -> Response:
        ready = self._background.alive and self._hub.caught_up and not self._hub.draining
        checks = {"stream": self._hub.caught_up, **self._checks.answers}
        return answer({"ready": ready, "checks": checks, "timestamp": self._clock()}, 200 if ready else 503)

    async def status(self, _: Request) -> Response:
        """The platform's overview; loader and market data are other processes and not spoken for here."""
        running = self._board.running(self._clock())
        checks = self._checks.answers
        return answer(
            {
                "service": SERVICE,
                "version": self._version,
                "status": "operational" if all(checks.values()) and self._hub.caught_up else "degraded",
                "timestamp": self._clock(),
                "components": {
                    "inference_engine": {
                        "status": "operational",
                        "active_strategies": len(running),
                        "signals_generated": sum(report.counters.signals for report in running),
                    },
                    "signal_distributor": {
                        "status": "operational" if self._hub.caught_up else "starting",
                        "signals_distributed": self._hub.delivered,
                        "websocket_connections": self._hub.clients,
                    },
                    **{
                        name: {"status": "operational" if answers else "unavailable"}
                        for name, answers in checks.items()
                    },
                },
                "metrics": {
                    "uptime_seconds": round(self.uptime_s(), 3),
                    "memory_usage_mb": round(_resident_bytes() / 1_048_576, 1),
                    "cpu_usage_percent": round(100 * time.process_time() / max(self.uptime_s(), 0.001), 1),
                },
            }
        )

    async def metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
