"""The market gateway: reads its settings, puts the parts together, serves until told to stop or not leading."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

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

EXIT_BAD_SETTINGS: Final = 2
EXIT_LEASE_LOST: Final = 3
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """Environment of the process; defaults are right for a cluster with Binance reachable."""

    redis_url: Secret
    market_redis_prefix: str = ""
    """Stands before every name in Redis; runners have the same setting."""
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


async def serve(settings: Settings) -> None:
    """Serve until a signal; raises LeaseLost (in a group) when another gateway has taken over."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with AsyncExitStack() as stack:
        gateway = Gateway()
        server = await _listen(settings, gateway)
        stack.push_async_callback(server.cleanup)
        lease = await _open_lease(settings, stack)
        bus = RedisBus.open(settings.redis_url.reveal(), settings.market_redis_prefix)
        stack.push_async_callback(bus.close)
        leading = asyncio.create_task(_lead(settings, lease, bus, gateway))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({leading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        # Requests first, so that none finds its provider closed.
        await server.cleanup()
        leading.cancel()
        with suppress(asyncio.CancelledError):
            await leading


async def _lead(settings: Settings, lease: LeaderLease | None, bus: RedisBus, gateway: Gateway) -> None:
    """What only one gateway may do, from getting the lease until losing it."""
    if lease is not None:
        await lease.acquire()
    async with asyncio.TaskGroup() as tasks:
        if lease is not None:
            tasks.create_task(lease.hold())
        await _run_market(settings, bus, gateway)


async def _run_market(settings: Settings, bus: RedisBus, gateway: Gateway) -> None:
    async with AsyncExitStack() as stack:
        providers = await _open_providers(settings, bus, stack)
        stack.callback(gateway.close)
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
        await desk.restore()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(publisher.run())
            market.start(tasks)
            tasks.create_task(desk.run())
            gateway.open(market, desk)


async def _open_providers(settings: Settings, bus: RedisBus, stack: AsyncExitStack) -> dict[str, Provider]:
    async def until_answered(ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except BusUnavailable as error:
                log.warning("redis_away", reason=str(error))
                await asyncio.sleep(1.0)

    async def anchor(name: str, wall_ms: int) -> int:
        return await until_answered(lambda: bus.anchor(name, wall_ms))

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
            provider.hold_off(await until_answered(partial(bus.silence_left_s, name)))
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


async def _listen(settings: Settings, gateway: Gateway) -> web.AppRunner:
    server = web.AppRunner(gateway.app(), access_log=None, shutdown_timeout=2.0)
    await server.setup()
    await web.TCPSite(server, settings.http_host, settings.http_port).start()
    log.info("gateway_listening", port=server.addresses[0][1])
    return server


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def main() -> int:
    """Exit 0 after a signal; see the codes above for the rest."""
    try:
        settings = read_settings(Settings, os.environ)
    except InvalidSettings as error:
        configure_logging()
        log.error("settings_invalid", reason=str(error))
        return EXIT_BAD_SETTINGS
    configure_logging(settings.log_level, settings.log_format)
    log.info("gateway_starting", **describe(settings))
    exit_code = 0
    try:
        asyncio.run(serve(settings))
    except* LeaseLost as lost:
        log.error("lease_lost", reason=str(lost.exceptions[0]))
        exit_code = EXIT_LEASE_LOST
    except* (InvalidSettings, ContractViolation, OSError) as wrong:
        log.error("gateway_cannot_start", reason=str(wrong.exceptions[0]))
        exit_code = EXIT_BAD_SETTINGS
    log.info("gateway_stopped", exit_code=exit_code)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
