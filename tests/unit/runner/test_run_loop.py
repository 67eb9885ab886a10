"""The run as a whole, in one process: what is published, what is remembered, and what survives what."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import MINUTE, T0, a_bundle, a_checkpoint
from in_process_sandbox import WindowsSeen
from run_harness import SYMBOL, Harness, caught_up, close, closed, stored, talkative
from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.runner_config import GapPolicy, MarketDataPolicy, RepeatPolicy, Schedule, SignalRules
from strategy_contracts.signal import Action, Signal, SignalStatus
from strategy_contracts.status_report import Fault, RunPhase
from strategy_contracts.worker_protocol import Candidate
from strategy_runner.bar_feed.memory_feed import MemoryFeed
from strategy_runner.errors import (
    ChannelRefused,
    FeedUnavailable,
    LogUnavailable,
    StrategyFailed,
    Superseded,
    WardenUnresponsive,
    WorkerLost,
)
from strategy_runner.schedule import Pacing
from strategy_runner.signal_sinks.memory_sink import MemoryLog, MemorySink
from strategy_runner.stretch import TooManyFaults

ALWAYS = SignalRules(cooldown_seconds=0, repeat=RepeatPolicy.ALWAYS)


def bars_seen(harness: Harness) -> list[int]:
    return [signal.metadata["bar"] for signal in harness.signals]


async def test_a_new_execution_speaks_at_the_last_closed_bar_and_then_at_each() -> None:
    harness = Harness(signals=ALWAYS).start()
    harness.feed.put(closed(0), closed(1), closed(2), caught_up(2))
    await harness.until_evaluated(2)
    harness.feed.put(closed(3), closed(4))
    await harness.until_evaluated(4)
    assert (await harness.end()).code is ExitCode.OK
    assert bars_seen(harness) == [2, 3, 4]
    assert [signal.action for signal in harness.signals] == [Action.BUY, Action.SELL, Action.BUY]
    assert [signal.sequence for signal in harness.signals] == [1, 2, 3]
    assert {signal.metadata["bars"] for signal in harness.signals} == {3}
    assert harness.feed.closed
    assert harness.sandbox.closed
    assert harness.writer.reports[-1].phase is RunPhase.STOPPED


async def test_a_restart_goes_on_where_the_checkpoint_says() -> None:
    log = MemoryLog()
    first = Harness(log=log, stateful=True, signals=ALWAYS).start()
    first.feed.put(closed(0), closed(1), closed(2), caught_up(2), closed(3))
    await first.until_evaluated(3)
    await first.kill()
    second = Harness(log=log, stateful=True, signals=ALWAYS).start()
    second.feed.put(*(closed(index) for index in range(7)), caught_up(6))
    await second.until_evaluated(6)
    await second.end()
    assert second.feed.starts[0] is not None
    assert second.feed.starts[0] <= T0 + MINUTE
    assert bars_seen(second) == [2, 3, 4, 5, 6]
    assert [signal.metadata["calls"] for signal in second.signals] == [1, 2, 3, 4, 5]
    assert [signal.sequence for signal in second.signals] == [1, 2, 3, 4, 5]


async def test_new_code_keeps_the_sequence_and_drops_the_state() -> None:
    checkpoint = a_checkpoint(
        evaluation_time_ms=close(1), sequence=9, strategy_state={"calls": 7}, bundle_digest="sha256:old"
    )
    harness = Harness(log=MemoryLog(checkpoints=[checkpoint]), stateful=True, signals=ALWAYS).start()
    harness.feed.put(closed(0), closed(1), closed(2), caught_up(2))
    await harness.until_evaluated(2)
    await harness.end()
    (signal,) = harness.signals
    assert (signal.sequence, signal.metadata["calls"]) == (10, 1)


async def test_after_a_restore_windows_are_filled_up_beyond_hours_without_trading() -> None:
    checkpoint = a_checkpoint(evaluation_time_ms=close(20))
    feed = MemoryFeed([closed(20), closed(21), caught_up(21)], stored=stored(6))
    harness = Harness(log=MemoryLog(checkpoints=[checkpoint]), feed=feed, signals=ALWAYS).start()
    await harness.until_evaluated(21)
    await harness.end()
    assert harness.signals[0].metadata["bars"] == 3


# --- the log ------------------------------------------------------------------------------------------


class UnreliableSink(MemorySink):
    """Loses commits: `losses` maps the number of a commit to whether it had been written before it was lost."""

    def __init__(self, losses: dict[int, bool], log: MemoryLog, *, closed_doors: int = 0) -> None:
        super().__init__(1, log)
        self._losses, self._commits, self.closed_doors = losses, 0, closed_doors
        self.opened = 0

    async def open(self) -> Checkpoint | None:
        self.opened += 1
        if self.closed_doors:
            self.closed_doors -= 1
            raise LogUnavailable("no broker")
        return await super().open()

    async def commit(self, signals: Sequence[Signal], checkpoint: Checkpoint) -> None:
        self._commits += 1
        written = self._losses.get(self._commits)
        if written is not False:
            await super().commit(signals, checkpoint)
        if written is not None:
            await self.close()
            raise LogUnavailable("the result of the commit is unknown")


class WholeHistory(MemoryFeed):
    """A feed that delivers all bars from the start it is asked for, each time, and then waits."""

    def __init__(self, count: int, newest_history: int) -> None:
        super().__init__(stored=stored(count))
        self._newest = newest_history

    async def updates(self, start_ms: int | None) -> Any:
        self.starts.append(start_ms)
        for bar in self.stored[SYMBOL]:
            index = (bar.open_time - T0) // MINUTE
            if start_ms is None or bar.open_time >= start_ms:
                yield closed(index)
            if index == self._newest:
                yield caught_up(index)
        async for item in super().updates(start_ms):
            yield item


@pytest.mark.parametrize("written", [pytest.param(True, id="written"), pytest.param(False, id="not written")])
async def test_a_commit_of_unknown_result_is_neither_lost_nor_doubled(written: bool) -> None:
    log = MemoryLog()
    harness = Harness(
        log=log, sink=UnreliableSink({3: written}, log), feed=WholeHistory(8, 2), stateful=True, signals=ALWAYS
    ).start()
    await harness.until_evaluated(7)
    await harness.end()
    assert bars_seen(harness) == [2, 3, 4, 5, 6, 7]
    assert [signal.metadata["calls"] for signal in harness.signals] == [1, 2, 3, 4, 5, 6]
    assert [signal.sequence for signal in harness.signals] == [1, 2, 3, 4, 5, 6]


async def test_while_the_log_is_away_nothing_is_evaluated_and_it_is_said_so() -> None:
    log = MemoryLog()
    sink = UnreliableSink({}, log, closed_doors=2)
    harness = Harness(log=log, sink=sink, feed=WholeHistory(4, 3)).start()
    await harness.until(lambda: sink.opened == 1)
    reason = harness.journal.not_ready_because()
    assert reason is not None
    assert "LogUnavailable: no broker" in reason
    assert not harness.sandbox.requests
    await harness.until_evaluated(3)
    assert (await harness.end()).code is ExitCode.OK


async def test_a_higher_incarnation_ends_the_run() -> None:
    log = MemoryLog()
    harness = Harness(log=log).start()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until_evaluated(0)
    log.claimed = 2
    harness.feed.put(closed(1))
    ending = await harness.ended()
    assert ending.code is ExitCode.SUPERSEDED
    assert "incarnation 2" in ending.reason
    assert harness.evaluated == [0]


async def test_a_superseded_run_stays_out_from_the_start() -> None:
    assert (await Harness(log=MemoryLog(claimed=5)).start().ended()).code is ExitCode.SUPERSEDED


@settings(max_examples=25, deadline=None)
@given(
    losses=st.dictionaries(st.integers(1, 12), st.booleans(), max_size=4), kills=st.sets(st.integers(1, 14), max_size=3)
)
async def test_whatever_is_lost_the_published_signals_are_the_same(losses: dict[int, bool], kills: set[int]) -> None:
    """Commits lost before or after they were written, and workers killed, in any combination."""
    log = MemoryLog()
    harness = Harness(
        log=log, sink=UnreliableSink(losses, log), feed=WholeHistory(12, 2), stateful=True, signals=ALWAYS
    )
    harness.sandbox.faults.extend(WorkerLost("killed") if number in kills else None for number in range(1, 15))
    doubled = any(number + 1 in kills for number in kills)
    harness.start()
    await harness.until_evaluated(11)
    await harness.end()
    if not doubled:  # two kills of one evaluation are held against the strategy
        assert bars_seen(harness) == list(range(2, 12))
        assert [signal.metadata["calls"] for signal in harness.signals] == list(range(1, 11))
    assert [signal.sequence for signal in harness.signals] == list(range(1, len(harness.signals) + 1))


# --- the strategy -------------------------------------------------------------------------------------


async def test_a_failed_evaluation_counts_as_evaluated_without_a_signal() -> None:
    harness = Harness(signals=ALWAYS).start()
    harness.sandbox.faults.extend([None, StrategyFailed(Fault.TIMEOUT, "too slow")])
    harness.feed.put(closed(0), caught_up(0), closed(1), closed(2))
    await harness.until_evaluated(2)
    await harness.end()
    assert harness.evaluated == [0, 1, 2]
    assert bars_seen(harness) == [0, 2]
    report = harness.writer.reports[-1]
    assert report.counters.faults == 1
    assert report.last_error is not None
    assert (report.last_error.reason, report.last_error.message) == (Fault.TIMEOUT, "too slow")


class BusySink(MemorySink):
    """Commits when it may; loses the commit that waits when it is told to."""

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(1, log)
        self.may_commit = asyncio.Event()
        self.may_commit.set()
        self.loses = False

    async def commit(self, signals: Sequence[Signal], checkpoint: Checkpoint) -> None:
        await self.may_commit.wait()
        if self.loses:
            self.loses = False
            await self.close()
            raise LogUnavailable("the result of the commit is unknown")
        await super().commit(signals, checkpoint)


async def a_fault_while_the_log_is_busy(sink: BusySink) -> Harness:
    """At the second bar, of a strategy with a state, which is not kept in a worker that has failed."""
    harness = Harness(sink=sink, log=sink.log, stateful=True, signals=ALWAYS).start()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until_evaluated(0)
    sink.may_commit.clear()
    harness.sandbox.faults.append(StrategyFailed(Fault.TIMEOUT, "too slow"))
    harness.feed.put(closed(1), closed(2))
    return harness


@pytest.mark.parametrize("loses", [pytest.param(False, id="and commits"), pytest.param(True, id="and is lost")])
async def test_a_lost_worker_is_replaced_while_the_log_is_busy(*, loses: bool) -> None:
    sink = BusySink(MemoryLog())
    harness = await a_fault_while_the_log_is_busy(sink)
    await harness.until(lambda: len(harness.sandbox.loads) == 2 and harness.sandbox.has_worker)
    assert harness.evaluated == [0]
    sink.loses = loses
    sink.may_commit.set()
    if loses:
        await harness.until(lambda: len(harness.feed.starts) == 2)
        harness.feed.put(closed(0), closed(1), caught_up(1), closed(2))
    await harness.until_evaluated(2)
    await harness.end()
    # Whose commit was lost is evaluated again, and this time it answers.
    assert bars_seen(harness) == ([0, 1, 2] if loses else [0, 2])
    assert {str(load.state) for load in harness.sandbox.loads[1:]} == {"{'calls': 1}"}


async def test_a_stop_does_not_wait_for_the_next_worker() -> None:
    sink = BusySink(MemoryLog())
    harness = await a_fault_while_the_log_is_busy(sink)
    forever = asyncio.Event()
    began = asyncio.Event()

    async def start(*_: Any) -> Any:
        began.set()
        await forever.wait()

    harness.sandbox.start = start  # type: ignore[method-assign]
    await harness.until(began.is_set)
    harness.stop.set()
    await asyncio.sleep(0.01)
    sink.may_commit.set()
    assert (await harness.ended()).code is ExitCode.OK
    assert harness.evaluated == [0, 1]


async def test_the_next_worker_may_fail_to_load_while_the_log_is_busy() -> None:
    sink = BusySink(MemoryLog())
    harness = await a_fault_while_the_log_is_busy(sink)
    harness.sandbox.load_faults.append(StrategyFailed(Fault.LOAD_FAILED, "loading took longer than 10 s"))
    await harness.until(lambda: harness.journal.state.faults == 2)
    sink.may_commit.set()
    await harness.until_evaluated(2)
    await harness.end()
    assert bars_seen(harness) == [0, 2]
    assert len(harness.sandbox.loads) == 3


async def test_a_wrong_decision_publishes_nothing_of_its_evaluation() -> None:
    def confused(windows: WindowsSeen, state: dict[str, Any]) -> list[Candidate]:
        return [*talkative(windows, state), Candidate(symbol="DOGE", action="BUY")]

    harness = Harness(confused).start()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until_evaluated(0)
    await harness.end()
    assert harness.signals == []
    error = harness.writer.reports[-1].last_error
    assert error is not None
    assert error.reason is Fault.CONTRACT_VIOLATION
    assert "signal 2 of 2: symbol 'DOGE' is not subscribed" in error.message


async def test_a_strategy_that_does_not_load_evaluates_nothing_and_keeps_the_close() -> None:
    harness = Harness()
    harness.sandbox.load_faults.extend([StrategyFailed(Fault.LOAD_FAILED, "SyntaxError")] * 2)
    harness.start()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until_evaluated(0)
    await harness.end()
    assert harness.evaluated == [0]
    assert harness.journal.state.faults == 2


async def test_after_three_load_failures_the_run_has_failed_and_goes_on_trying() -> None:
    harness = Harness()
    harness.sandbox.load_faults.extend([StrategyFailed(Fault.LOAD_FAILED, "SyntaxError")] * 4)
    harness.start()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until(lambda: len(harness.sandbox.loads) == 4)
    report = harness.journal.report()
    assert (report.phase, report.reason) == (RunPhase.FAILED, "LoadFailed")
    await harness.until_evaluated(0)
    assert harness.journal.report().phase is RunPhase.RUNNING
    await harness.end()


async def test_a_close_whose_worker_cannot_be_replaced_is_not_given_up() -> None:
    harness = Harness(signals=ALWAYS)
    harness.sandbox.faults.append(WorkerLost("killed"))
    harness.start()
    await harness.until(lambda: harness.sandbox.has_worker)
    harness.sandbox.load_faults.append(StrategyFailed(Fault.LOAD_FAILED, "loading took longer than 10 s"))
    harness.feed.put(closed(0), caught_up(0), closed(1))
    await harness.until_evaluated(1)
    await harness.end()
    assert bars_seen(harness) == [0, 1]
    assert harness.journal.state.faults == 1


async def test_a_file_gives_up_on_a_strategy_that_does_not_load() -> None:
    harness = Harness(pacing=Pacing.FILE)
    harness.sandbox.load_faults.append(StrategyFailed(Fault.LOAD_FAILED, "SyntaxError: no"))
    with pytest.raises(TooManyFaults, match="SyntaxError: no"):
        await harness.start().ended()


async def test_a_file_gives_up_after_ten_faults_in_a_row() -> None:
    harness = Harness(pacing=Pacing.FILE)
    harness.sandbox.faults.extend([StrategyFailed(Fault.STRATEGY_ERROR, "no")] * 20)
    harness.feed.put(closed(0), caught_up(0), *(closed(index) for index in range(1, 20)))
    with pytest.raises(TooManyFaults):
        await harness.start().ended()
    assert len(harness.sandbox.requests) == 10


async def test_an_unresponsive_warden_ends_the_run_with_its_code() -> None:
    harness = Harness()

    async def watch() -> None:
        raise WardenUnresponsive("no answer for 30 s")

    harness.sandbox.watch = watch  # type: ignore[method-assign]
    assert (await harness.start().ended()).code is ExitCode.WARDEN_UNRESPONSIVE
    error = harness.writer.reports[-1].last_error
    assert error is not None
    assert error.reason is Fault.WARDEN_UNRESPONSIVE


# --- the market ---------------------------------------------------------------------------------------


async def test_two_symbols_are_evaluated_together() -> None:
    harness = Harness(symbols=("A", "B"), signals=ALWAYS).start()
    harness.feed.put(closed(0, "A"), closed(0, "B"), caught_up(0), closed(1, "A"))
    await harness.until_evaluated(0)
    await asyncio.sleep(0.02)
    assert harness.evaluated == [0]
    harness.feed.put(closed(1, "B"))
    await harness.until_evaluated(1)
    await harness.end()
    assert [(signal.symbol, signal.metadata["bar"]) for signal in harness.signals] == [
        ("A", 0),
        ("B", 0),
        ("A", 1),
        ("B", 1),
    ]


async def test_a_gap_is_fetched_and_evaluated_in_order() -> None:
    harness = Harness(feed=MemoryFeed(stored=stored(5)), signals=ALWAYS).start()
    harness.feed.put(closed(0), caught_up(0), closed(4))
    await harness.until_evaluated(4)
    await harness.end()
    assert harness.evaluated == [0, 1, 2, 3, 4]
    assert harness.feed.asked == [(SYMBOL, T0 + MINUTE, T0 + 4 * MINUTE)]


async def test_a_close_with_a_missing_bar_says_which() -> None:
    policy = MarketDataPolicy(on_gap=GapPolicy.SKIP, align_wait_seconds=0.01)
    harness = Harness(symbols=("A", "B"), market_data=policy, signals=ALWAYS).start()
    harness.feed.put(closed(0, "A"), closed(0, "B"), caught_up(0), closed(1, "A"))
    await harness.until_evaluated(1)
    await harness.end()
    assert harness.signals[-1].metadata["missing_bars"] == ["B"]


async def test_an_evaluation_that_waits_for_bars_says_so() -> None:
    harness = Harness(market_data=MarketDataPolicy(on_gap=GapPolicy.HOLD), signals=ALWAYS).start()
    harness.feed.put(closed(0), caught_up(0), closed(2))
    await harness.until(lambda: "BarsMissing" in harness.journal.report().conditions)
    assert harness.journal.report().conditions["BarsMissing"].endswith(SYMBOL)
    harness.feed.put(closed(1))
    await harness.until_evaluated(2)
    await harness.end()
    assert harness.evaluated == [0, 1, 2]
    assert harness.journal.report().conditions == {}


async def test_wrong_bars_and_other_symbols_bars_are_refused() -> None:
    harness = Harness(signals=ALWAYS).start()
    harness.feed.put(closed(0), caught_up(0), closed(1, "OTHER"), closed(1, high=1.0), closed(1))
    await harness.until_evaluated(1)
    await harness.end()
    assert bars_seen(harness) == [0, 1]
    assert harness.journal.metrics.registry.get_sample_value("runner_bars_total", {"change": "refused"}) == 2


async def test_a_feed_that_breaks_off_is_read_again_and_nothing_is_missed() -> None:
    harness = Harness(signals=ALWAYS).start()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until_evaluated(0)
    harness.feed.put(FeedUnavailable("redis is away"), closed(0), closed(1), closed(2))
    await harness.until(lambda: len(harness.feed.starts) == 2)
    assert harness.evaluated == [0]
    assert harness.journal.report().reason == "MarketDataUnavailable"
    harness.feed.put(caught_up(2))
    await harness.until_evaluated(2)
    await harness.end()
    assert harness.evaluated == [0, 1, 2]


async def test_a_refused_symbol_is_said_in_the_providers_words() -> None:
    harness = Harness().start()
    harness.feed.put(ChannelRefused("no symbol BTCUSD; did you mean BTCUSDT?"))
    await harness.until(lambda: harness.journal.report().phase is RunPhase.FAILED)
    assert harness.journal.report().message == "no symbol BTCUSD; did you mean BTCUSDT?"
    await harness.end()


async def test_a_late_evaluation_is_published_as_expired() -> None:
    rules = replace(ALWAYS, max_lateness_seconds=150)
    harness = Harness(log=MemoryLog(checkpoints=[a_checkpoint(evaluation_time_ms=close(0))]), signals=rules).start()
    harness.feed.put(closed(0), closed(1), closed(2), closed(3), closed(4), caught_up(4))
    await harness.until_evaluated(4)
    await harness.end()
    assert [signal.status for signal in harness.signals] == [SignalStatus.EXPIRED, *[SignalStatus.ACTIVE] * 3]
    assert [signal.sequence for signal in harness.signals] == [1, 2, 3, 4]


async def test_ticks_of_the_market_clock_are_evaluated() -> None:
    schedule = Schedule(interval_seconds=120, provisional_bars=True)
    harness = Harness(pacing=Pacing.REPLAY, schedule=schedule, signals=ALWAYS).start()
    harness.feed.put(closed(0), caught_up(0), closed(1), closed(2), closed(2, closed=False), closed(3, closed=False))
    await harness.until(lambda: len(harness.log.checkpoints) == 3)
    await harness.end()
    assert [checkpoint.evaluation_time_ms for checkpoint in harness.log.checkpoints] == [
        T0 + 1 * MINUTE,
        T0 + 2 * MINUTE,
        T0 + 4 * MINUTE,
    ]
    assert bars_seen(harness) == [0, 1, 3]


# --- the stop -----------------------------------------------------------------------------------------


async def test_a_stop_lets_the_evaluation_in_hand_be_published() -> None:
    harness = Harness().start()
    harness.sandbox.proceed.clear()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until(lambda: bool(harness.sandbox.requests))
    harness.stop.set()
    await asyncio.sleep(0.02)
    harness.sandbox.proceed.set()
    assert (await harness.ended()).code is ExitCode.OK
    assert bars_seen(harness) == [0]


async def test_a_stop_does_not_wait_for_a_worker_that_is_gone() -> None:
    """SIGTERM reaches both containers of a pod: the next pod evaluates what this one could not."""
    harness = Harness().start()
    harness.sandbox.proceed.clear()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until(lambda: bool(harness.sandbox.requests))
    harness.stop.set()
    await harness.sandbox.discard()
    assert (await harness.ended()).code is ExitCode.OK
    assert harness.log.checkpoints == []


async def test_a_tick_whose_commit_failed_is_retried_once() -> None:
    log = MemoryLog()
    sink = UnreliableSink({2: False, 3: False}, log)
    schedule = Schedule(interval_seconds=120)
    harness = Harness(
        log=log, sink=sink, feed=WholeHistory(2, 0), pacing=Pacing.REPLAY, schedule=schedule, signals=ALWAYS
    ).start()
    await harness.until(lambda: sink.opened == 3)
    harness.feed.put(closed(2), closed(3))
    await harness.until(lambda: len(log.checkpoints) == 2)
    await harness.end()
    assert [checkpoint.evaluation_time_ms for checkpoint in log.checkpoints] == [T0 + MINUTE, T0 + 4 * MINUTE]


async def test_a_stop_before_the_log_is_open_is_not_lost() -> None:
    log = MemoryLog()
    harness = Harness(log=log, sink=UnreliableSink({}, log, closed_doors=10**6)).start()
    await asyncio.sleep(0.01)
    assert (await harness.end()).code is ExitCode.OK


async def test_a_stop_while_the_strategy_container_is_not_there_is_immediate() -> None:
    harness = Harness()
    forever = asyncio.Event()

    async def start(*_: Any) -> Any:
        await forever.wait()

    harness.sandbox.start = start  # type: ignore[method-assign]
    harness.start()
    await asyncio.sleep(0.01)
    assert (await harness.end()).code is ExitCode.OK


async def test_the_default_quantity_is_the_parameters() -> None:
    def buys(windows: WindowsSeen, state: dict[str, Any]) -> list[Candidate]:
        return [Candidate(symbol=SYMBOL, action="BUY")]

    harness = Harness(buys, bundle=a_bundle(parameters={"quantity": 3})).start()
    harness.feed.put(closed(0), caught_up(0))
    await harness.until_evaluated(0)
    await harness.end()
    assert harness.signals[0].execution_params.quantity == 3.0


async def test_superseded_at_open_is_reported_with_both_numbers() -> None:
    with pytest.raises(Superseded) as caught:
        await MemorySink(1, MemoryLog(claimed=4)).open()
    assert (caught.value.mine, caught.value.highest) == (1, 4)
