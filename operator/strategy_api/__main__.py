"""The process: settings from the environment, real parts, uvicorn until a signal or the death of a loop."""

import asyncio
import os
import sys
import warnings
from datetime import UTC, datetime
from functools import partial

import structlog
import uvicorn
import uvloop
from jwt.warnings import InsecureKeyLengthWarning

from strategy_api.app import Parts, create_app
from strategy_api.auth import Authenticator, OpenToEverybody, TokenAuthenticator, decode_secret
from strategy_api.cluster import KubernetesCluster, StrategyCluster
from strategy_api.hub import Hub
from strategy_api.log_reader import Lookback
from strategy_api.memory_cluster import MemoryCluster
from strategy_api.redis_mirror import RedisMirror
from strategy_api.server import Server, server_config
from strategy_api.settings import ApiSettings
from strategy_api.signal_feed import KafkaGroup, KafkaTail
from strategy_api.signal_ring import SignalRing
from strategy_api.signal_store import PostgresStore
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.status_report import FRESH_SECONDS
from strategy_contracts.topics import STRATEGY_STATUS, TRADING_SIGNALS
from strategy_process.kubernetes_api import KubernetesApi
from strategy_process.logs import configure_logging
from strategy_process.settings import InvalidSettings, describe, read_settings
from strategy_process.shutdown import stop_on_signals
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.listing import StrategyArchive
from strategy_sources.no_code import NoCodeDatabase

log = structlog.get_logger(__name__)

_QUIET_PARTITION_RECORDS = 200
_ARCHIVE_CONNECTIONS = 4


def main() -> int:
    """Returns the exit code."""
    try:
        settings = read_settings(ApiSettings, os.environ)
        configure_logging(settings.log_level, settings.log_format)
        authenticator = open_authenticator(settings)
    except InvalidSettings as error:
        sys.stderr.write(f"strategy-api: {error}\n")
        return ExitCode.INVALID_CONFIG
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(settings, authenticator))


async def serve(settings: ApiSettings, authenticator: Authenticator) -> int:
    """Serve until SIGTERM (0), or until a loop dies (1)."""
    log.info("api_starting", **describe(settings))
    parts = await open_parts(settings, authenticator)
    stop, died = asyncio.Event(), asyncio.Event()
    app = create_app(settings, parts, on_death=died.set)
    server = Server(server_config(app, settings))
    stop_on_signals(stop)
    ending = asyncio.create_task(_end(server, parts.hub, stop, died))
    log.info("api_serving", port=settings.service_port)
    await server.serve()
    ending.cancel()
    log.info("api_stopped")
    return 1 if died.is_set() or not server.started else ExitCode.OK


async def _end(server: uvicorn.Server, hub: Hub, *reasons: asyncio.Event) -> None:
    """When there is a reason to stop: clients first, they need the time to go elsewhere."""
    waiting = [asyncio.create_task(reason.wait()) for reason in reasons]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        hub.drain()
        server.should_exit = True
    finally:
        for task in waiting:
            task.cancel()


async def open_parts(settings: ApiSettings, authenticator: Authenticator) -> Parts:
    """The real outside world. Nothing is connected yet, so nothing has to be there."""
    brokers = settings.kafka_bootstrap_servers
    clock = partial(datetime.now, UTC)
    lookback = Lookback(
        seconds=settings.stream_lookback_seconds,
        max_records=settings.stream_ring_size,
        min_records=_QUIET_PARTITION_RECORDS,
    )
    reports = Lookback(seconds=FRESH_SECONDS, max_records=100_000)
    return Parts(
        hub=Hub(SignalRing(settings.stream_ring_size), queue_size=settings.stream_queue_size, clock=clock),
        signals=KafkaTail(brokers, TRADING_SIGNALS, lookback),
        reports=KafkaTail(brokers, STRATEGY_STATUS, reports),
        history=KafkaGroup(brokers, TRADING_SIGNALS, f"{settings.group_prefix}-history"),
        store=await PostgresStore.open(settings.signal_database_url.reveal()),
        mirrored=KafkaGroup(brokers, TRADING_SIGNALS, f"{settings.group_prefix}-redis"),
        mirror=RedisMirror(settings.redis_url.reveal()) if settings.redis_url is not None else None,
        cluster=await open_cluster(settings),
        authenticator=authenticator,
        archives=open_archives(settings),
        clock=clock,
    )


def open_archives(settings: ApiSettings) -> list[StrategyArchive]:
    """The strategy databases that are configured; connected when they are first asked."""
    archives: list[StrategyArchive] = []
    if settings.no_code_database_url is not None:
        archives.append(NoCodeDatabase(settings.no_code_database_url.reveal(), connections=_ARCHIVE_CONNECTIONS))
    if settings.ai_ml_database_url is not None:
        archives.append(AiMlDatabase(settings.ai_ml_database_url.reveal(), connections=_ARCHIVE_CONNECTIONS))
    return archives


async def open_cluster(settings: ApiSettings) -> StrategyCluster:
    """The cluster the settings name."""
    match settings.cluster:
        case "memory":
            log.warning("cluster_in_memory", meaning="no strategy will run")
            return MemoryCluster()
        case _:
            api = await KubernetesApi.connect()
            return KubernetesCluster(api, settings.default_strategy_namespace, settings.strategy_namespaces)


def open_authenticator(settings: ApiSettings) -> Authenticator:
    """How callers prove who they are."""
    if settings.auth_mode == "disabled" or settings.jwt_secret_key is None:
        log.warning("authentication_disabled", meaning="everybody sees and does everything; for development only")
        return OpenToEverybody()
    # Shorter secrets than HS512 wants are the platform's choice; it is told once, here.
    warnings.simplefilter("ignore", InsecureKeyLengthWarning)
    try:
        secret = decode_secret(settings.jwt_secret_key.reveal())
        if len(secret) < 64:
            log.warning("jwt_secret_short", bytes=len(secret), wanted=64)
        return TokenAuthenticator(secret)
    except ValueError as error:
        raise InvalidSettings(f"JWT_SECRET_KEY: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
