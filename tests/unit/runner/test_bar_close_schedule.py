"""Every close once, in order, with all symbols; what is late, missed or missing follows the policies."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MINUTE, T0, a_bar
from strategy_contracts.runner_config import GapPolicy
from strategy_contracts.timeframe import DAY_MS, Timeframe
from strategy_runner.gaps import Gaps
from strategy_runner.schedule import BarCloseSchedule, Pacing
from strategy_runner.steps import Evaluate, Repair, Skipped, Wait
from strategy_runner.windows import Change, Windows

ALIGN_WAIT_S = 2.0


def close(index: int) -> int:
    """The close time of the index-th bar."""
    return T0 + (index + 1) * MINUTE


@dataclass
class Run:
    """A schedule with its windows, driven by hand."""

    windows: Windows
    schedule: BarCloseSchedule
    now: float = 0.0

    def bars(self, symbol: str, *indices: int) -> None:
        for index in indices:
            bar = a_bar(index)
            self.schedule.pass_over(bar.open_time)
            if self.windows.add(symbol, bar) is Change.NEW:
                self.schedule.gaps.bar_came(symbol)
                self.schedule.bar_closed(close(index), self.now)

    def both(self, *indices: int) -> None:
        for index in indices:
            self.bars("A", index)
            self.bars("B", index)

    def step(self) -> object:
        return self.schedule.next_step(self.now)

    def evaluated(self) -> list[int]:
        """Evaluate all that is due; indices of the bars that closed."""
        found = []
        while isinstance(step := self.step(), Evaluate):
            found.append((step.time_ms - T0) // MINUTE - 1)
            self.schedule.done(step.time_ms)
        return found


def a_run(
    *,
    symbols: tuple[str, ...] = ("A", "B"),
    pacing: Pacing = Pacing.LIVE,
    policy: GapPolicy = GapPolicy.BACKFILL,
    last: int | None = 0,
    not_before: int | None = None,
    lookback: int = 3,
    caught_up: bool = True,
) -> Run:
    """Bar `last` has been evaluated and is the newest; with None it is a new execution."""
    windows = Windows(symbols, Timeframe.M1, lookback, 10_000)
    gaps = Gaps(windows, policy, patience_s=120.0, has_history=pacing is not Pacing.FILE)
    last_ms = None if last is None else close(last)
    not_before_ms = None if not_before is None else close(not_before)
    run = Run(windows, BarCloseSchedule(windows, gaps, pacing, ALIGN_WAIT_S, last_ms, not_before_ms))
    if last is not None:
        for symbol in symbols:
            run.bars(symbol, last)
        if caught_up:
            run.schedule.caught_up(close(last))
    return run


# --- alignment ---------------------------------------------------------------------------------------


def test_a_close_waits_for_the_other_symbol() -> None:
    run = a_run()
    run.bars("A", 1)
    assert run.step() == Wait(ALIGN_WAIT_S)
    run.bars("B", 1)
    assert run.step() == Evaluate(close(1))


def test_a_later_bar_shows_that_the_earlier_one_will_not_come() -> None:
    run = a_run(policy=GapPolicy.SKIP)
    run.bars("A", 1)
    run.bars("B", 2)
    assert run.step() == Evaluate(close(1), missing=("B",))


def test_the_wait_counts_from_the_first_bar_of_the_close() -> None:
    run = a_run(policy=GapPolicy.SKIP)
    run.now = 100.0
    run.bars("A", 1)
    run.now = 101.9
    assert run.step() == Wait(102.0)
    run.now = 102.0
    assert run.step() == Evaluate(close(1), missing=("B",))


def test_a_bar_that_comes_after_its_evaluation_triggers_nothing() -> None:
    run = a_run(policy=GapPolicy.SKIP)
    run.bars("A", 1)
    run.now = 3.0
    assert run.evaluated() == [1]
    run.bars("B", 1)
    assert run.step() == Wait()
    assert run.windows.has_close("B", close(1))


def test_a_close_at_which_no_symbol_has_a_bar_is_none() -> None:
    run = a_run(symbols=("A",), policy=GapPolicy.SKIP)
    run.bars("A", 1, 5)
    assert run.evaluated() == [1, 5]


@pytest.mark.parametrize("pacing", [Pacing.REPLAY, Pacing.FILE])
def test_a_replay_never_uses_the_timer(pacing: Pacing) -> None:
    run = a_run(pacing=pacing, policy=GapPolicy.SKIP)
    run.bars("A", 1)
    run.now = 1000.0
    assert run.step() == Wait()


def test_a_file_that_has_passed_a_bar_over_does_not_have_it() -> None:
    run = a_run(pacing=Pacing.FILE)
    run.bars("A", 1, 2)
    assert run.step() == Evaluate(close(1), missing=("B",))


def test_the_end_of_a_series_ends_all_waiting() -> None:
    run = a_run(pacing=Pacing.REPLAY, policy=GapPolicy.SKIP)
    run.bars("A", 1)
    run.schedule.ended()
    assert run.step() == Evaluate(close(1), missing=("B",))


# --- start and catching up ----------------------------------------------------------------------------


def test_a_new_execution_evaluates_the_last_closed_bar_at_once() -> None:
    run = a_run(last=None)
    run.both(0, 1, 2)
    assert run.step() == Wait()
    run.schedule.caught_up(close(2))
    assert run.evaluated() == [2]


def test_a_new_execution_waits_for_the_symbol_that_is_behind() -> None:
    run = a_run(last=None)
    run.both(0, 1)
    run.bars("A", 2)
    run.schedule.caught_up(close(2))
    assert run.step() == Wait(ALIGN_WAIT_S)


def test_a_long_lookback_of_a_new_execution_is_no_gap() -> None:
    run = a_run(last=None, symbols=("A",))
    run.bars("A", *range(6000))
    run.schedule.caught_up(close(5999))
    assert run.evaluated() == [5999]
    assert run.schedule.skipped == []


def test_missed_closes_are_evaluated_in_order() -> None:
    run = a_run(caught_up=False)
    run.both(1, 2, 3)
    assert run.step() == Wait()
    run.schedule.caught_up(close(3))
    assert run.evaluated() == [1, 2, 3]


def test_nothing_is_evaluated_while_the_feed_starts_again() -> None:
    run = a_run()
    run.both(1)
    run.schedule.interrupted()
    assert run.step() == Wait()
    run.schedule.caught_up(close(1))
    assert run.evaluated() == [1]


def test_closes_up_to_evaluate_after_are_not_caught_up() -> None:
    run = a_run(not_before=2, caught_up=False)
    run.both(1, 2, 3)
    run.schedule.caught_up(close(3))
    assert run.evaluated() == [3]
    assert run.schedule.skipped == []


def test_more_than_5000_missed_closes_are_one_recorded_gap() -> None:
    run = a_run(symbols=("A",), caught_up=False)
    run.bars("A", *range(1, 5003))
    run.schedule.caught_up(close(5002))
    assert run.evaluated() == list(range(3, 5003))
    assert sum(gap.count for gap in run.schedule.skipped) == 2


def test_closes_older_than_seven_days_are_one_recorded_gap() -> None:
    run = a_run(symbols=("A",), caught_up=False)
    run.bars("A", 1, 2, 3)
    run.schedule.caught_up(close(2) + 7 * DAY_MS)
    assert run.schedule.skipped == [Skipped(close(1), close(1), 1, "older than 7 days")]
    assert run.evaluated() == [2, 3]


# --- gap policies -------------------------------------------------------------------------------------


def test_backfill_fetches_what_is_missing_and_evaluates_it_first() -> None:
    run = a_run(symbols=("A",))
    run.bars("A", 3)
    step = run.step()
    assert step == Repair("A", T0 + MINUTE, T0 + 3 * MINUTE)
    run.bars("A", 1, 2)
    run.schedule.gaps.answered(step, run.now)
    assert run.evaluated() == [1, 2, 3]


def test_backfill_accepts_that_a_bar_before_a_known_one_does_not_exist() -> None:
    run = a_run(symbols=("A",))
    run.bars("A", 3)
    step = run.step()
    assert isinstance(step, Repair)
    run.schedule.gaps.answered(step, run.now)
    assert run.evaluated() == [3]


def test_backfill_asks_again_for_a_bar_that_is_only_late() -> None:
    run = a_run()
    run.bars("A", 1)
    run.now = 2.0
    step = run.step()
    assert step == Repair("B", T0 + MINUTE, T0 + 2 * MINUTE)
    run.schedule.gaps.answered(step, run.now)
    assert run.step() == Wait(3.0)
    run.now = 3.0
    assert run.step() == step
    run.bars("B", 1)
    run.schedule.gaps.answered(step, run.now)
    assert run.step() == Evaluate(close(1))


def test_backfill_goes_on_without_a_bar_that_history_does_not_have_for_long() -> None:
    run = a_run()
    run.bars("A", 1)
    run.now = 2.0
    while not isinstance(step := run.step(), Evaluate):
        if isinstance(step, Repair):
            run.schedule.gaps.answered(step, run.now)
        else:
            assert isinstance(step, Wait)
            assert step.until is not None
            run.now = step.until
    assert step == Evaluate(close(1), missing=("B",))
    assert 122.0 <= run.now <= 135.0


def test_backfill_waits_as_long_as_history_does_not_answer() -> None:
    run = a_run()
    run.bars("A", 1)
    run.now = 2.0
    for _ in range(100):
        step = run.step()
        assert isinstance(step, Repair)
        run.schedule.gaps.unavailable(step, run.now)
        run.now += 60.0


def test_a_dead_symbol_costs_its_patience_once() -> None:
    run = a_run()
    run.now = 2.0
    run.bars("A", 1)
    while not isinstance(step := run.step(), Evaluate):
        if isinstance(step, Repair):
            run.schedule.gaps.answered(step, run.now)
        run.now += 1.0
    run.schedule.done(step.time_ms)
    run.bars("A", 2)
    run.now += ALIGN_WAIT_S
    repair = run.step()
    assert isinstance(repair, Repair)
    run.schedule.gaps.answered(repair, run.now)
    assert run.step() == Evaluate(close(2), missing=("B",))


def test_a_symbol_that_has_come_back_is_waited_for_again() -> None:
    run = a_run()
    run.now = 2.0
    run.bars("A", 1)
    while not isinstance(step := run.step(), Evaluate):
        if isinstance(step, Repair):
            run.schedule.gaps.answered(step, run.now)
        run.now += 1.0
    run.schedule.done(step.time_ms)
    run.both(2)
    assert run.evaluated() == [2]
    run.bars("A", 3)
    run.now += ALIGN_WAIT_S
    repair = run.step()
    assert isinstance(repair, Repair)
    run.schedule.gaps.answered(repair, run.now)
    assert isinstance(run.step(), Wait)


def test_hold_evaluates_nothing_until_the_bar_has_come() -> None:
    run = a_run(policy=GapPolicy.HOLD)
    run.both(1)
    assert run.evaluated() == [1]
    run.bars("A", 2, 3)
    run.bars("B", 3)
    assert run.step() == Wait()
    run.bars("B", 2)
    assert run.evaluated() == [2, 3]


def test_hold_goes_on_when_the_hole_has_left_the_window() -> None:
    run = a_run(policy=GapPolicy.HOLD, lookback=3)
    run.both(1)
    assert run.evaluated() == [1]
    run.bars("A", 2, 3, 4, 5)
    run.bars("B", 3, 4, 5)
    assert run.evaluated() == [5]
    assert run.schedule.skipped == [Skipped(close(2), close(4), 3, "bars are missing")]


def test_skip_evaluates_with_the_hole() -> None:
    run = a_run(policy=GapPolicy.SKIP)
    run.bars("A", 1, 2)
    run.bars("B", 2)
    assert run.step() == Evaluate(close(1), missing=("B",))
    assert run.evaluated() == [1, 2]


# --- the promise --------------------------------------------------------------------------------------


@given(st.data())
def test_closes_are_evaluated_once_and_in_order_whatever_the_interleaving(data: st.DataObject) -> None:
    """Bars of three symbols in any order, twice, late and with holes; evaluations and timers in between."""
    policy = data.draw(st.sampled_from([GapPolicy.SKIP, GapPolicy.BACKFILL]))
    run = a_run(symbols=("A", "B", "C"), policy=policy)
    arrivals = data.draw(
        st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 15), st.integers(0, 3)), max_size=60)
    )
    evaluated: list[int] = []
    for symbol, index, seconds in arrivals:
        run.now += seconds
        run.bars(symbol, index)
        for _ in range(data.draw(st.integers(0, 3))):
            match run.step():
                case Evaluate(time_ms):
                    evaluated.append(time_ms)
                    if data.draw(st.booleans()):  # a commit that failed leaves the close to be evaluated
                        run.schedule.done(time_ms)
                    else:
                        evaluated.pop()
                case Repair() as repair:
                    run.schedule.gaps.answered(repair, run.now)
    assert evaluated == sorted(set(evaluated))


@given(st.permutations([(symbol, index) for symbol in "AB" for index in range(1, 8)]))
def test_no_close_is_lost_when_all_bars_come_in_the_end(order: list[tuple[str, int]]) -> None:
    """Per symbol in order, as a feed delivers; across symbols in any order."""
    run = a_run()
    queues = {symbol: [index for index in range(1, 8)] for symbol in "AB"}
    evaluated: list[int] = []
    for symbol, _ in order:
        run.bars(symbol, queues[symbol].pop(0))
        evaluated += run.evaluated()
    assert evaluated == list(range(1, 8))
