"""The operator process: `python -m strategy_operator`. Reads settings, waits for the Lease, leads, stops in order."""

import asyncio
import os
import sys
import time
from collections.abc import Coroutine
from typing import Any, Final

import structlog

from strategy_operator.leadership import Leadership
from strategy_operator.settings import Settings
from strategy_operator.tenancy import NamespacePolicy, read_policies
from strategy_process.health import HealthServer
from strategy_process.kafka_topics import TopicMismatch
from strategy_process.kubernetes_api import KubernetesApi
from strategy_process.kubernetes_lease import KubernetesLeaseStore
from strategy_process.lease import LeaderLease, LeaseLost
from strategy_process.logs import configure_logging
from strategy_process.settings import describe, read_settings
from strategy_process.shutdown import stop_on_signals

log = structlog.get_logger("strategy_operator")

_EXIT_BAD_SETTINGS: Final = 2
_EXIT_LEASE_LOST: Final = 3
_EXIT_TOPICS_UNUSABLE: Final = 4


async def run(settings: Settings, policies: dict[str, NamespacePolicy]) -> None:
    """Until a signal, or until the Lease is lost."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    leadership: Leadership | None = None
    health = HealthServer(
        settings.health_host, settings.health_port, live=lambda: None if leadership is None else leadership.stuck()
    )
    api = await KubernetesApi.connect()
    store = KubernetesLeaseStore(api, settings.pod_namespace, settings.lease_name)
    lease = LeaderLease(store, settings.pod_name, monotonic=time.monotonic)
    await health.start()
    try:
        if not await _before(stop, lease.acquire()):
            return
        leadership = Leadership(settings, policies, api)
        await _before(stop, _lead(lease, leadership))
        await lease.release()
    finally:
        await health.close()
        await api.close()


async def _lead(lease: LeaderLease, leadership: Leadership) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(lease.hold())
        group.create_task(leadership.run())


async def _before(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Run the work until it ends or the process is to stop; whether it ended by itself."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task.done():
        await task
        return True
    task.cancel()
    await asyncio.wait((task,))
    return False


def main() -> int:
    """Exit 0 after a signal; see the codes above for the rest."""
    try:
        settings = read_settings(Settings, os.environ)
        policies = read_policies(settings.strategy_namespaces)
    except ValueError as error:
        configure_logging()
        log.error("settings_invalid", reason=str(error))
        return _EXIT_BAD_SETTINGS
    configure_logging(settings.log_level, settings.log_format)
    log.info("starting", **describe(settings))
    exit_code = 0
    try:
        asyncio.run(run(settings, policies))
    except* LeaseLost as lost:
        log.error("lease_lost", reason=str(lost.exceptions[0]))
        exit_code = _EXIT_LEASE_LOST
    except* TopicMismatch as mismatch:
        log.error("topics_unusable", reason=str(mismatch.exceptions[0]))
        exit_code = _EXIT_TOPICS_UNUSABLE
    log.info("stopped", exit_code=exit_code)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
