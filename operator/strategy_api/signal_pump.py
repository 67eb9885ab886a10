"""Carries signals from the log to the hub, and keeps the heartbeat.

Each loop runs until cancelled; an error ends it, and with it the process.
"""

import asyncio

import structlog

from strategy_api.hub import Hub
from strategy_api.log_reader import LogTail
from strategy_api.published_signal import read_signal
from strategy_contracts.errors import ContractViolation

log = structlog.get_logger(__name__)


async def pump_signals(tail: LogTail, hub: Hub) -> None:
    """Every committed signal, in log order, to every client that wants it."""
    start = await tail.start()
    hub.ring.start(start.floor, start.since_ms)
    _announce(hub, start.caught_up)
    while True:
        batch = await tail.read()
        for record in batch.records:
            try:
                hub.publish(read_signal(record))
            except ContractViolation as error:
                log.error("signal_unreadable", partition=record.partition, offset=record.offset, error=str(error))
        hub.advance(batch.position)
        _announce(hub, batch.caught_up)


def _announce(hub: Hub, caught_up: bool) -> None:
    if caught_up and not hub.caught_up:
        hub.caught_up = True
        log.info("stream_caught_up")


async def beat(hub: Hub, interval_s: float) -> None:
    """A heartbeat for all clients."""
    while True:
        await asyncio.sleep(interval_s)
        hub.beat()
