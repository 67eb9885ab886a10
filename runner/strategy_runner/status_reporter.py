"""Tells operator and API how the run is: on every change, and every 15 s so that silence means something.

Builds the report from the run's state; a `StatusWriter` carries it. A report that cannot be written is logged and
superseded by the next one: it must never hold up an evaluation.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import structlog

from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.signal import utc
from strategy_contracts.status_report import REPORT_INTERVAL_SECONDS, Counters, Freshness, StatusReport
from strategy_runner.errors import LogUnavailable
from strategy_runner.run_state import RunState

log = structlog.get_logger(__name__)

LEAST_INTERVAL_S: Final = 0.25
"""Changes that come faster than this share a report. A fault is told so much later: what a report sets going in
the cluster would take the processor from the worker that is being replaced."""


class StatusWriter(Protocol):
    """Where reports go."""

    async def write(self, report: StatusReport) -> None:
        """Raises LogUnavailable."""

    async def close(self) -> None:
        """Let go of connections; safe to call twice."""


class MemoryStatusWriter:
    """Keeps the reports; for local runs and tests."""

    def __init__(self) -> None:
        self.reports: list[StatusReport] = []

    async def write(self, report: StatusReport) -> None:
        self.reports[:-99] = []
        self.reports.append(report)

    async def close(self) -> None:
        """Nothing to let go of."""


def build_report(
    config: RunnerConfig, state: RunState, *, now: float, market_ms: int | None, reported_at: datetime
) -> StatusReport:
    """The report of this moment. `now` is the monotonic clock, `market_ms` the market clock."""
    condition = state.condition(now)
    return StatusReport(
        execution_id=config.execution_id,
        incarnation=config.incarnation,
        phase=condition.phase,
        reported_at=reported_at,
        bundle_digest=config.bundle_digest,
        ready=condition.ready,
        reason=condition.reason,
        message=condition.message,
        last_error=state.last_error,
        last_evaluation=utc(state.last_evaluation_ms) if state.last_evaluation_ms is not None else None,
        counters=Counters(
            evaluations=state.evaluations, signals=state.signals, faults=state.faults, rejected=dict(state.rejected)
        ),
        freshness={
            symbol: freshness(config, state.newest_close_ms.get(symbol), market_ms) for symbol in config.symbols
        },
        isolation=state.isolation,
        conditions=dict(state.conditions),
    )


def freshness(config: RunnerConfig, close_ms: int | None, market_ms: int | None) -> Freshness:
    """How old a symbol's newest closed bar is; stale when its successor is overdue by more than `maxAgeSeconds`."""
    if close_ms is None:
        return Freshness(stale=True)
    age_s = None if market_ms is None else max(0, market_ms - close_ms) / 1000
    overdue_s = config.timeframe.length_ms / 1000 + config.market_data.max_age_seconds
    return Freshness(last_bar=utc(close_ms), age_seconds=age_s, stale=age_s is not None and age_s > overdue_s)


class StatusReporter:
    """Writes what `report` builds whenever `state` changes."""

    def __init__(
        self,
        state: RunState,
        report: Callable[[], StatusReport],
        writer: StatusWriter,
        interval_s: float = REPORT_INTERVAL_SECONDS,
    ) -> None:
        self._state, self._report, self._writer, self._interval_s = state, report, writer, interval_s
        self._failing = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._state.changed.clear()
            told, started = self._state.faults, time.monotonic()
            await self.write_once()
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._state.changed.wait()
            except TimeoutError:
                continue
            since = started if self._state.faults == told else time.monotonic()
            await asyncio.sleep(max(0.0, since + LEAST_INTERVAL_S - time.monotonic()))

    async def write_once(self) -> None:
        """Write the report of this moment."""
        try:
            await self._writer.write(self._report())
        except LogUnavailable as error:
            if not self._failing:
                log.warning("status_report_not_written", cause=str(error))
            self._failing = True
        else:
            self._failing = False
