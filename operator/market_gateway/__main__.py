"""The market gateway: reads its settings, puts the parts together, serves until told to stop or not leading."""

import asyncio
import os
import socket
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog
from aiohttp import web

from market_gateway.bar_store import BarStore
from market_gateway.errors import BusUnavailable
from market_gateway.history import HistoryReader
from market_gateway.http import Gateway
from market_gateway.live_market import LiveMarket
from market_gateway.live_series import RepairTimes
from market_gateway.provider import Provider
from market_gateway.provider_choice import REFUSALS, ProviderSettings, open_provider
from market_gateway.publisher import Publisher
from market_gateway.redis_bus import RedisBus
from market_gateway.subscription_desk import SubscriptionDesk
from strategy_contracts.errors import ContractViolation
from strategy_process.lease import LeaderLease, LeaseLost
from strategy_process.logs import configure_logging
from strategy_process.settings import InvalidSettings, Secret, describe, read_settings
from strategy_process.shutdown import stop_on_signals

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Settings:
    """Environment of the process; defaults are right for a cluster with Binance reachable."""

    redis_url: Secret
    providers: tuple[str, ...] = ("binance", "replay", "mock")
    binance_rest_url: str = "https://data-api.binance.vision"
    binance_ws_url: str = "wss://data-stream.binance.vision"
    replay_files: tuple[str, ...] = ()
    """SYMBOL=FILE, separated by commas."""
    replay_speed: float = 60.0
    """Times real time."""
    replay_history_bars: int = 500
    """Bars of the recording that have passed when the replay starts."""
    mock_seed: str = "mock"
    mock_speed: float = 1.0
    cached_bars: int = 1_000_000
    silence_seconds: float = 10.0
    """A stream that says nothing for so long is helped out by REST."""
    http_host: str = "0.0.0.0"  # noqa: S104 - runners come from other pods
    http_port: int = 8090
    lease_namespace: str | None = None
    """Set to elect one active gateway among several by a Lease."""
    lease_name: str = "market-gateway"
    pod_name: str | None = None
    log_level: str = "INFO"
    log_format: str = "json"


async def serve(settings: Settings) -> int:
    """Run until SIGTERM (0) or until the lease is lost (1)."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with AsyncExitStack() as stack:
        bus = RedisBus.open(settings.redis_url.reveal())
        stack.push_async_callback(bus.close)
        providers = await _open_providers(settings, bus, stack)
        store = BarStore(settings.cached_bars)
        publisher = Publisher(bus, monotonic_ns=time.monotonic_ns, wall_ms=_wall_ms)
        market = LiveMarket(
            providers,
            REFUSALS,
            store,
            HistoryReader(providers, store),
            publisher,
            newest_epoch=bus.newest_epoch,
            wall_ms=_wall_ms,
            monotonic=time.monotonic,
            times=RepairTimes(silence=settings.silence_seconds),
        )
        desk = SubscriptionDesk(market, bus, time.time)
        await _listen(settings, Gateway(market, desk, lambda: None if market.is_running else "standby"), stack)
        lease = await _open_lease(settings, stack)
        leading = asyncio.create_task(_lead(lease, desk, publisher, market))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({leading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        return await _end(leading)


async def _lead(lease: LeaderLease | None, desk: SubscriptionDesk, publisher: Publisher, market: LiveMarket) -> None:
    """Everything that only one gateway may do."""
    if lease is not None:
        await lease.acquire()
    await desk.restore()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(publisher.run())
        tasks.create_task(market.run())
        tasks.create_task(desk.run())
        if lease is not None:
            tasks.create_task(lease.hold())


async def _end(leading: asyncio.Task[None]) -> int:
    leading.cancel()
    try:
        await leading
    except asyncio.CancelledError:
        return 0
    except BaseExceptionGroup as group:
        lost, others = group.split(LeaseLost)
        if others is not None:
            raise others from None
        log.warning("lease_lost", reason=str(lost))
    return 1


async def _open_providers(settings: Settings, bus: RedisBus, stack: AsyncExitStack) -> dict[str, Provider]:
    async def anchor(name: str, wall_ms: int) -> int:
        while True:
            try:
                return await bus.anchor(name, wall_ms)
            except BusUnavailable as error:
                log.warning("redis_away", reason=str(error))
                await asyncio.sleep(1.0)

    wanted = ProviderSettings(
        binance_rest_url=settings.binance_rest_url,
        binance_ws_url=settings.binance_ws_url,
        replay_files=settings.replay_files,
        replay_speed=settings.replay_speed,
        replay_history_bars=settings.replay_history_bars,
        mock_seed=settings.mock_seed,
        mock_speed=settings.mock_speed,
    )
    providers: dict[str, Provider] = {}
    for name in settings.providers:
        provider = await open_provider(name, wanted, anchor)
        if provider is not None:
            stack.push_async_callback(provider.close)
            providers[name] = provider
    return providers


async def _open_lease(settings: Settings, stack: AsyncExitStack) -> LeaderLease | None:
    if settings.lease_namespace is None:
        return None
    # Only a gateway in a cluster has the Kubernetes client installed.
    from strategy_process.kubernetes_api import KubernetesApi  # noqa: PLC0415
    from strategy_process.kubernetes_lease import KubernetesLeaseStore  # noqa: PLC0415

    api = await KubernetesApi.connect()
    stack.push_async_callback(api.close)
    store = KubernetesLeaseStore(api, settings.lease_namespace, settings.lease_name)
    lease = LeaderLease(store, settings.pod_name or socket.gethostname(), monotonic=time.monotonic)
    stack.push_async_callback(lease.release)
    return lease


async def _listen(settings: Settings, gateway: Gateway, stack: AsyncExitStack) -> None:
    runner = web.AppRunner(gateway.app(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, settings.http_host, settings.http_port).start()
    log.info("gateway_listening", port=runner.addresses[0][1])


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def main() -> int:
    configure_logging(os.environ.get("LOG_LEVEL", "INFO"), os.environ.get("LOG_FORMAT", "json"))
    try:
        settings = read_settings(Settings, os.environ)
        log.info("gateway_starting", **describe(settings))
        return asyncio.run(serve(settings))
    except (InvalidSettings, ContractViolation, OSError) as error:
        log.error("gateway_cannot_start", reason=str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
