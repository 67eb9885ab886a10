"""Reports on change and at intervals, and what is in them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from builders import DIGEST, EXECUTION_ID, MINUTE, T0, a_runner_config
from strategy_contracts.signal import utc
from strategy_contracts.status_report import Fault, Freshness, RunError, RunPhase, StatusReport
from strategy_runner.errors import LogUnavailable
from strategy_runner.run_state import Log, Market, RunState
from strategy_runner.status_reporter import (
    LEAST_INTERVAL_S,
    MemoryStatusWriter,
    StatusReporter,
    build_report,
    freshness,
)

CONFIG = a_runner_config(symbols=("A", "B"))


def a_state() -> RunState:
    state = RunState()
    state.log_is(Log.OPEN)
    state.loaded(("rlimits", "seccomp"))
    state.market_is(Market.LIVE)
    return state


def report_of(state: RunState) -> StatusReport:
    return build_report(CONFIG, state, now=0.0, market_ms=T0 + 5 * MINUTE, reported_at=utc(T0))


@asynccontextmanager
async def running(reporter: StatusReporter) -> AsyncIterator[None]:
    task = asyncio.create_task(reporter.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(writer: MemoryStatusWriter, count: int) -> list[StatusReport]:
    async with asyncio.timeout(2):
        while len(writer.reports) < count:
            await asyncio.sleep(0.005)
    return writer.reports


def test_a_report_tells_the_state() -> None:
    state = a_state()
    state.newest_close_ms["A"] = T0 + 4 * MINUTE
    state.evaluated(T0 + 4 * MINUTE, 2, {"repeat": 1}, succeeded=True)
    state.failed(RunError(reason=Fault.TIMEOUT, message="slow", time=utc(T0)))
    report = report_of(state)
    assert (report.execution_id, report.incarnation, report.bundle_digest) == (EXECUTION_ID, 1, DIGEST)
    assert (report.phase, report.ready, report.isolation) == (RunPhase.RUNNING, True, ("rlimits", "seccomp"))
    assert report.last_evaluation == utc(T0 + 4 * MINUTE)
    counters = report.counters
    assert (counters.evaluations, counters.signals, counters.faults, counters.rejected) == (1, 2, 1, {"repeat": 1})
    assert report.freshness == {
        "A": Freshness(last_bar=utc(T0 + 4 * MINUTE), age_seconds=60.0),
        "B": Freshness(stale=True),
    }


@pytest.mark.parametrize(
    ("age_s", "stale"),
    [
        pytest.param(179, False, id="the next bar is late, but not too late"),
        pytest.param(181, True, id="the next bar is overdue by more than two minutes"),
    ],
)
def test_staleness(age_s: int, stale: bool) -> None:
    assert freshness(CONFIG, T0, T0 + age_s * 1000).stale is stale


async def test_a_change_is_reported_at_once() -> None:
    state, writer = a_state(), MemoryStatusWriter()
    async with running(StatusReporter(state, lambda: report_of(state), writer, interval_s=60)):
        await until(writer, 1)
        state.log_is(Log.UNAVAILABLE, "no broker")
        reports = await until(writer, 2)
    assert [report.reason for report in reports] == [None, "LogUnavailable"]


async def test_a_fault_is_told_together_with_what_follows_from_it_at_once() -> None:
    state, writer = a_state(), MemoryStatusWriter()
    async with running(StatusReporter(state, lambda: report_of(state), writer, interval_s=60)):
        await until(writer, 1)
        state.changed.set()
        await until(writer, 2)
        # So long after the last report that a change of another kind would be told at once.
        await asyncio.sleep(LEAST_INTERVAL_S)
        state.failed(RunError(reason=Fault.TIMEOUT, message="slow", time=utc(T0)))
        await asyncio.sleep(0.02)
        state.log_is(Log.UNAVAILABLE, "no broker")
        reports = await until(writer, 3)
    assert [(report.counters.faults, report.reason) for report in reports] == [
        (0, None),
        (0, None),
        (1, "LogUnavailable"),
    ]


async def test_silence_is_filled() -> None:
    state, writer = a_state(), MemoryStatusWriter()
    async with running(StatusReporter(state, lambda: report_of(state), writer, interval_s=0.01)):
        await until(writer, 3)


async def test_a_report_that_cannot_be_written_is_followed_by_the_next() -> None:
    class Unreliable(MemoryStatusWriter):
        failures = 2

        async def write(self, report: StatusReport) -> None:
            if self.failures:
                self.failures -= 1
                raise LogUnavailable("no broker")
            await super().write(report)

    state, writer = a_state(), Unreliable()
    async with running(StatusReporter(state, lambda: report_of(state), writer, interval_s=0.01)):
        await until(writer, 1)
    assert writer.failures == 0
