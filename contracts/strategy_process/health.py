"""The small HTTP server for probes and metrics of processes that serve nothing else.

Liveness never asks a dependency: a process is restarted only for what a restart can mend. Readiness says
in words why it is not ready, because `kubectl describe pod` shows that text.
"""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], str | None]
"""None when all is well, else the reason."""


def _always() -> str | None:
    return None


class HealthServer:
    """Serves /livez, /readyz and /metrics until closed."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        live: Check = _always,
        ready: Check = _always,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._host, self._port = host, port
        self._live, self._ready, self._registry = live, ready, registry
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Bind and serve; returns the port (useful when 0 was asked for)."""
        app = web.Application()
        add_health_routes(app, live=self._live, ready=self._ready, registry=self._registry)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        port: int = self._runner.addresses[0][1]
        return port

    async def close(self) -> None:
        """Stop serving; safe to call twice."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def add_health_routes(
    app: web.Application, *, live: Check = _always, ready: Check = _always, registry: CollectorRegistry = REGISTRY
) -> None:
    """Add the same three routes to an aiohttp application that serves more."""

    def answer(check: Check) -> Callable[[web.Request], "web.Response | object"]:
        async def handle(_: web.Request) -> web.Response:
            reason = check()
            return web.Response(text="ok\n") if reason is None else web.Response(status=503, text=reason + "\n")

        return handle

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/livez", answer(live))  # type: ignore[arg-type]
    app.router.add_get("/readyz", answer(ready))  # type: ignore[arg-type]
    app.router.add_get("/metrics", metrics)
