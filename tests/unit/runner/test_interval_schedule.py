"""Ticks at multiples of the interval on the market clock; missed ones are skipped and counted."""

from dataclasses import dataclass, field

from builders import MINUTE, T0, a_bar
from strategy_contracts.runner_config import GapPolicy
from strategy_contracts.timeframe import Timeframe
from strategy_runner.gaps import Gaps
from strategy_runner.market_clock import MarketClock
from strategy_runner.schedule import IntervalSchedule, Pacing
from strategy_runner.steps import Evaluate, Repair, Skipped, Wait
from strategy_runner.windows import Windows

INTERVAL_S = 300
INTERVAL = INTERVAL_S * 1000


@dataclass
class Run:
    pacing: Pacing = Pacing.LIVE
    last: int | None = T0
    not_before: int | None = None
    policy: GapPolicy = GapPolicy.SKIP
    now: float = 0.0
    windows: Windows = field(init=False)
    clock: MarketClock = field(init=False)
    schedule: IntervalSchedule = field(init=False)

    def __post_init__(self) -> None:
        self.windows = Windows(("A",), Timeframe.M1, 3, 100)
        self.clock = MarketClock(extrapolates=self.pacing is Pacing.LIVE)
        gaps = Gaps(self.windows, self.policy, 120.0, has_history=self.pacing is not Pacing.FILE)
        self.schedule = IntervalSchedule(
            self.windows, gaps, self.pacing, self.clock, INTERVAL, self.last, self.not_before
        )

    def bar(self, index: int) -> None:
        bar = a_bar(index)
        self.windows.add("A", bar)
        self.clock.observe(bar.open_time + MINUTE, self.now)
        self.schedule.pass_over(bar.open_time)
        self.schedule.bar_closed(bar.open_time + MINUTE, self.now)

    def caught_up(self, at_ms: int) -> None:
        self.clock.observe(at_ms, self.now)
        self.schedule.caught_up(at_ms)

    def step(self) -> object:
        return self.schedule.next_step(self.now)


def test_a_tick_comes_when_the_market_clock_reaches_it() -> None:
    run = Run()
    run.bar(0)
    run.caught_up(T0 + 60_000)
    assert run.step() == Wait(240.0)
    run.now = 240.0
    assert run.step() == Evaluate(T0 + INTERVAL)


def test_a_tick_is_evaluated_once() -> None:
    run = Run()
    run.bar(0)
    run.caught_up(T0 + INTERVAL + 5000)
    assert run.step() == Evaluate(T0 + INTERVAL)
    run.schedule.done(T0 + INTERVAL)
    assert run.step() == Wait(295.0)


def test_missed_ticks_are_skipped_and_the_present_one_is_evaluated() -> None:
    run = Run()
    run.bar(0)
    run.caught_up(T0 + 3 * INTERVAL + 7000)
    assert run.step() == Evaluate(T0 + 3 * INTERVAL)
    assert run.schedule.skipped == [Skipped(T0 + INTERVAL, T0 + 2 * INTERVAL, 2, "missed ticks")]
    run.schedule.skipped.clear()
    assert run.step() == Evaluate(T0 + 3 * INTERVAL)
    assert run.schedule.skipped == []


def test_a_given_up_tick_is_not_tried_again() -> None:
    run = Run(not_before=T0 + INTERVAL)
    run.bar(0)
    run.caught_up(T0 + INTERVAL + 1000)
    assert run.step() == Wait(299.0)


def test_a_new_execution_evaluates_the_last_closed_bar_at_once() -> None:
    run = Run(last=None)
    run.bar(0)
    run.bar(1)
    assert run.step() == Wait()
    run.caught_up(T0 + 130_000)
    assert run.step() == Evaluate(T0 + 2 * MINUTE)
    run.schedule.done(T0 + 2 * MINUTE)
    assert run.step() == Wait(170.0)


def test_nothing_is_evaluated_in_history() -> None:
    run = Run()
    run.bar(0)
    run.clock.observe(T0 + 2 * INTERVAL, 0.0)
    assert run.step() == Wait()


def test_a_hole_before_the_newest_bar_is_fetched_first() -> None:
    run = Run(policy=GapPolicy.BACKFILL)
    run.bar(0)
    run.bar(4)
    run.caught_up(T0 + INTERVAL)
    assert run.step() == Repair("A", T0 + MINUTE, T0 + 4 * MINUTE)


def test_a_bar_that_has_not_come_yet_does_not_hold_a_tick_up() -> None:
    run = Run(policy=GapPolicy.BACKFILL)
    run.bar(0)
    run.caught_up(T0 + INTERVAL)
    assert run.step() == Evaluate(T0 + INTERVAL)


def test_a_file_evaluates_every_tick_with_all_bars_up_to_it() -> None:
    run = Run(pacing=Pacing.FILE, last=None)
    run.bar(0)
    run.caught_up(T0 + MINUTE)
    seen: list[tuple[int, int | None]] = []
    for index in range(1, 12):
        run.bar(index)
        while isinstance(step := run.step(), Evaluate):
            newest = run.windows.tail("A", step.time_ms, 1)[0].open_time
            seen.append(((step.time_ms - T0) // MINUTE, (newest - T0) // MINUTE))
            run.schedule.done(step.time_ms)
    assert seen == [(1, 0), (5, 4), (10, 9)]


def test_the_last_tick_of_a_file_is_evaluated_at_its_end() -> None:
    run = Run(pacing=Pacing.FILE)
    for index in range(5):
        run.bar(index)
    run.caught_up(T0 + MINUTE)
    assert run.step() == Wait(None)
    run.schedule.ended()
    assert run.step() == Evaluate(T0 + INTERVAL)
