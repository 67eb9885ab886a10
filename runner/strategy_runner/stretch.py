"""One stretch of a run: from a restored checkpoint to the stop, or to the loss of the log.

Takes what the feed gives, says what to do next, and does it: load, evaluate, repair. When to evaluate is
decided by the schedule, what follows from an answer by `evaluation`; waiting is the run loop's part.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

from strategy_contracts.bar import Bar, check_bar
from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.errors import ContractViolation
from strategy_contracts.status_report import Fault
from strategy_contracts.timeframe import DAY_MS, close_time, open_time
from strategy_runner.bar_feed import BarUpdate, CaughtUp
from strategy_runner.errors import ChannelRefused, FeedUnavailable, StrategyFailed
from strategy_runner.evaluation import Evaluation, Outcome
from strategy_runner.fault_policy import BEFORE_RUNNING, FAILED_AFTER, wait_s
from strategy_runner.feed_reader import FeedItem, Interrupted
from strategy_runner.gaps import Gaps
from strategy_runner.market_clock import MarketClock
from strategy_runner.run_parts import RunParts
from strategy_runner.run_state import Market
from strategy_runner.schedule import MAX_CATCH_UP_CLOSES, BarCloseSchedule, IntervalSchedule, Pacing, Schedule
from strategy_runner.source_books import ASK_AGAIN_S
from strategy_runner.steps import Evaluate, Repair, Wait
from strategy_runner.windows import Change, Windows

Job = Coroutine[Any, Any, None]

HISTORY_RETRY_S: Final = 1.0


class TooManyFaults(Exception):
    """A replay of a file gives up: nobody is there who could repair the strategy while it runs."""


class Stretch:
    """Rebuilt from the checkpoint whenever the log was lost; nothing else survives that."""

    def __init__(self, parts: RunParts, checkpoint: Checkpoint, not_before_ms: int | None) -> None:
        config = parts.config
        self._parts = parts
        self.checkpoint = checkpoint
        self._windows = Windows(
            config.symbols, config.timeframe, config.lookback_bars, config.lookback_bars + MAX_CATCH_UP_CLOSES
        )
        self._clock = parts.journal.clock = MarketClock(extrapolates=parts.pacing is Pacing.LIVE)
        policy = config.market_data
        has_history = parts.pacing is not Pacing.FILE
        self._gaps = Gaps(self._windows, policy.on_gap, policy.max_age_seconds, has_history)
        self._schedule = self._make_schedule(not_before_ms)
        self.evaluating_ms: int | None = None
        """The evaluation that is not committed yet."""
        self.is_asking = False
        """The strategy is at work; afterwards it is the log."""
        self._not_before = 0.0
        self._windows_are_whole = checkpoint.evaluation_time_ms is None
        self._received_ns = 0
        self._market_before: Market | None = None
        """While a drawing's other source is away: how the market stood before that."""

    def _make_schedule(self, not_before_ms: int | None) -> Schedule:
        parts, config, last_ms = self._parts, self._parts.config, self.checkpoint.evaluation_time_ms
        if config.schedule.interval_seconds is None:
            wait_s = config.market_data.align_wait_seconds
            return BarCloseSchedule(self._windows, self._gaps, parts.pacing, wait_s, last_ms, not_before_ms)
        interval_ms = config.schedule.interval_seconds * 1000
        return IntervalSchedule(
            self._windows, self._gaps, parts.pacing, self._clock, interval_ms, last_ms, not_before_ms
        )

    def start_ms(self) -> int | None:
        """From where to read the feed: a whole window before what is to be evaluated next."""
        config, last_ms = self._parts.config, self.checkpoint.evaluation_time_ms
        if last_ms is None:
            return None
        # Months differ in length; a few bars more cost nothing.
        bars = config.lookback_bars + config.lookback_bars // 50 + 1
        return open_time(config.timeframe, last_ms - bars * config.timeframe.length_ms)

    # --- what the feed gives ---------------------------------------------------------------------

    def take(self, item: FeedItem | None) -> bool:
        """Put an item where it belongs; True when the series has ended."""
        match item:
            case BarUpdate():
                self._take_bar(item.symbol, item.bar, item.event_time_ms, item.sent_ns)
            case CaughtUp(server_time_ms):
                self._clock.observe(server_time_ms, self._parts.monotonic())
                self._schedule.caught_up(server_time_ms)
                self._parts.journal.state.market_is(Market.LIVE)
            case Interrupted(message, refused):
                self._schedule.interrupted()
                self._parts.journal.feed_interrupted(message, refused=refused)
            case None:
                self._schedule.ended()
                return True
        return False

    def _take_bar(self, symbol: str, bar: Bar, event_time_ms: int, sent_ns: int = 0) -> None:
        parts, now = self._parts, self._parts.monotonic()
        timeframe = parts.config.timeframe
        try:
            check_bar(bar)
            if symbol not in parts.config.symbols or open_time(timeframe, bar.open_time) != bar.open_time:
                raise ContractViolation(f"bar {bar.open_time} of {symbol} does not belong to this run")
        except ContractViolation as error:
            parts.journal.bar_refused(symbol, error)
            return
        change = self._windows.add(symbol, bar)
        parts.journal.metrics.bars.labels(change.value).inc()
        self._clock.observe(event_time_ms, now)
        self._schedule.pass_over(bar.open_time)
        if change is Change.NEW:
            close_ms = close_time(timeframe, bar.open_time)
            self._gaps.bar_came(symbol)
            self._schedule.bar_closed(close_ms, now)
            self._received_ns = sent_ns
            newest = parts.journal.state.newest_close_ms
            newest[symbol] = max(close_ms, newest.get(symbol, 0))

    # --- what to do ------------------------------------------------------------------------------

    def next_job(self) -> tuple[Job | None, float | None]:
        """(what to do now, else when to look again)."""
        parts, now = self._parts, self._parts.monotonic()
        if now < self._not_before:
            return None, self._not_before
        if not parts.session.loaded:
            return self._load(), None
        step = self._schedule.next_step(now)
        for gap in self._schedule.skipped:
            parts.journal.skipped(gap)
        self._schedule.skipped.clear()
        parts.journal.waiting_for_bars(self._gaps.waits_for if isinstance(step, Wait) else ())
        match step:
            case Wait(until):
                compared_at_ms = self._compare_at()
                if compared_at_ms is not None:
                    return parts.session.compare_earlier_bars(compared_at_ms), None
                return None, until
            case Repair():
                return self._repair(step), None
            case Evaluate(time_ms):
                return self._next_of(step, time_ms), None

    def _compare_at(self) -> int | None:
        """The evaluation time whose full windows are to be compared now, while nothing else is due."""
        parts, last_ms = self._parts, self.checkpoint.evaluation_time_ms
        if parts.pacing is Pacing.FILE or last_ms is None or not parts.session.owes_comparison:
            return None
        lookback = parts.config.lookback_bars
        full = all(len(self._windows.tail(symbol, last_ms, lookback)) == lookback for symbol in parts.config.symbols)
        return last_ms if full else None

    def _next_of(self, step: Evaluate, time_ms: int) -> Job:
        if not self._windows_are_whole:
            return self._make_whole(time_ms)
        if self._parts.sources.lack(time_ms):
            return self._bring_sources(time_ms)
        return self._evaluate(step)

    async def _bring_sources(self, time_ms: int) -> None:
        parts, state = self._parts, self._parts.journal.state
        try:
            await parts.sources.bring(time_ms, parts.monotonic())
        except (FeedUnavailable, ChannelRefused) as error:
            self._market_before = self._market_before or state.market
            parts.journal.feed_interrupted(str(error), refused=isinstance(error, ChannelRefused))
            self._not_before = parts.monotonic() + HISTORY_RETRY_S
            return
        if self._market_before is not None:
            state.market_is(self._market_before)
            self._market_before = None
        if parts.sources.lack(time_ms):
            self._not_before = parts.monotonic() + ASK_AGAIN_S

    async def _load(self) -> None:
        try:
            await self._parts.session.load()
        except StrategyFailed as failure:
            self._strategy_failed(failure)

    async def _make_whole(self, time_ms: int) -> None:
        """After a restore: where markets close, a span of time holds fewer bars than the window."""
        parts, lookback = self._parts, self._parts.config.lookback_bars
        reach_ms = max(4 * lookback * parts.config.timeframe.length_ms, 7 * DAY_MS)
        for symbol in parts.config.symbols:
            have = self._windows.tail(symbol, time_ms, lookback)
            if have and len(have) < lookback:
                oldest = have[0].open_time
                try:
                    earlier = await parts.feed.history(symbol, max(0, oldest - reach_ms), oldest)
                except FeedUnavailable as error:
                    parts.journal.history_unavailable(symbol, error)
                    self._not_before = parts.monotonic() + HISTORY_RETRY_S
                    return
                self._windows.extend_back(symbol, earlier[-lookback:])
        self._windows_are_whole = True

    async def _repair(self, repair: Repair) -> None:
        parts = self._parts
        try:
            bars = await parts.feed.history(repair.symbol, repair.from_ms, repair.to_ms)
        except FeedUnavailable as error:
            parts.journal.history_unavailable(repair.symbol, error)
            self._gaps.unavailable(repair, parts.monotonic())
            return
        for bar in bars:
            self._take_bar(repair.symbol, bar, close_time(parts.config.timeframe, bar.open_time))
        self._gaps.answered(repair, parts.monotonic())
        parts.journal.gap_repaired(repair, len(bars))

    async def _evaluate(self, step: Evaluate) -> None:
        parts = self._parts
        self.evaluating_ms = step.time_ms
        evaluation = Evaluation(parts.config, self.checkpoint, self._windows, step.time_ms, step.missing)
        try:
            outcome, succeeded = await self._ask(evaluation), True
        except StrategyFailed as failure:
            self._strategy_failed(failure)
            if failure.fault in BEFORE_RUNNING:
                self.evaluating_ms = None
                return
            # The close counts as evaluated: what failed once would hold up everything after it.
            outcome, succeeded = evaluation.without_signals(parts.session.state), False
        async with self._loading_meanwhile():
            await self._commit(step.time_ms, outcome, succeeded=succeeded)

    async def _commit(self, time_ms: int, outcome: Outcome, *, succeeded: bool) -> None:
        parts, started = self._parts, time.perf_counter()
        await parts.sink.commit(outcome.signals, outcome.checkpoint)
        parts.journal.metrics.commit_seconds.observe(time.perf_counter() - started)
        self.checkpoint, self.evaluating_ms = outcome.checkpoint, None
        self._schedule.done(time_ms)
        self._windows.forget_before(time_ms)
        parts.sources.forget_before(time_ms)
        parts.journal.committed(time_ms, outcome, succeeded=succeeded, received_ns=self._received_ns)
        self._received_ns = 0

    @asynccontextmanager
    async def _loading_meanwhile(self) -> AsyncIterator[None]:
        """Replace a worker that has just been lost while the log is busy with what follows from that.

        The two have nothing to do with each other: both begin with the state that was committed last.
        """
        parts = self._parts
        due = parts.pacing is not Pacing.FILE and parts.monotonic() >= self._not_before
        if parts.session.loaded or not due:
            yield
            return
        loading = asyncio.create_task(self._load(), name="load")
        try:
            yield
            await loading
        finally:
            if not loading.done():
                loading.cancel()
                await asyncio.wait([loading])

    async def _ask(self, evaluation: Evaluation) -> Outcome:
        parts, started = self._parts, time.perf_counter()
        self.is_asking = True
        try:
            answer = await parts.session.evaluate(
                evaluation.time_ms,
                self._windows,
                provisional=parts.config.schedule.provisional_bars,
                account=evaluation.account_summary(),
            )
        finally:
            self.is_asking = False
            parts.journal.metrics.exec_seconds.observe(time.perf_counter() - started)
        parts.journal.not_restorable(answer.not_restorable)
        market_ms = self._clock.now_ms(parts.monotonic()) if parts.pacing is Pacing.LIVE else None
        try:
            return evaluation.conclude(
                answer.signals, parts.factory, answer.state, generated_at=parts.wall(), market_ms=market_ms
            )
        except ContractViolation as error:
            raise StrategyFailed(Fault.CONTRACT_VIOLATION, str(error)) from None

    def _strategy_failed(self, failure: StrategyFailed) -> None:
        parts = self._parts
        parts.journal.strategy_failed(failure)
        in_a_row = parts.journal.state.faults_in_a_row
        if parts.pacing is not Pacing.FILE:
            self._not_before = parts.monotonic() + wait_s(in_a_row)
        elif failure.fault in BEFORE_RUNNING or in_a_row >= FAILED_AFTER:
            raise TooManyFaults(failure.message)
