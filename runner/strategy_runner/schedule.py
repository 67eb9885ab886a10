"""When to evaluate, decided without a clock of its own, a feed or a worker.

A schedule is told about bars and about the passing of time, and answers one question: what is the next step?
A bar-close schedule evaluates every close once and in order; an interval schedule evaluates ticks of the
market clock. What to do about missing bars is the gap policy's part (`gaps`).
"""

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

from strategy_contracts.timeframe import DAY_MS, close_time, open_time
from strategy_runner.gaps import Gaps, SkipTo
from strategy_runner.market_clock import MarketClock
from strategy_runner.steps import Evaluate, Skipped, Step, Wait
from strategy_runner.windows import Windows

MAX_CATCH_UP_CLOSES: Final = 5000
MAX_CATCH_UP_MS: Final = 7 * DAY_MS


class Pacing(Enum):
    """What may be concluded from time passing and from the order of bars."""

    LIVE = "live"
    """Time passes by itself: a bar that does not come in time is late."""
    REPLAY = "replay"
    """Time moves with the data: nothing is ever late, timers are off."""
    FILE = "file"
    """A replay that is merged by open time across symbols: what was passed over does not exist."""


class Schedule(Protocol):
    """The two schedules, as the run loop sees them. `now` is the monotonic clock in seconds."""

    skipped: list[Skipped]
    """Recorded gaps that nobody has taken note of yet; the run loop empties it."""

    def bar_closed(self, time_ms: int, now: float) -> None:
        """Some symbol has got its bar that closes at `time_ms`."""

    def pass_over(self, open_ms: int) -> None:
        """Bars are merged: every bar that opens before `open_ms` has come or does not exist."""

    def caught_up(self, server_time_ms: int) -> None:
        """History is complete up to `server_time_ms`: what was missed can be evaluated."""

    def interrupted(self) -> None:
        """The feed starts again with history: hold everything until it has caught up."""

    def ended(self) -> None:
        """There will be no more bars."""

    def next_step(self, now: float) -> Step:
        """What to do now."""

    def done(self, time_ms: int) -> None:
        """The evaluation is committed."""


@dataclass(slots=True)
class BarCloseSchedule:
    """One evaluation per close time with all symbols: when each has its bar, or the alignment wait is over."""

    windows: Windows
    gaps: Gaps
    pacing: Pacing
    align_wait_s: float
    last_ms: int | None
    """The last committed evaluation; None for a new execution."""
    not_before_ms: int | None = None
    """Closes up to this time are not caught up."""
    skipped: list[Skipped] = field(default_factory=list)
    _pending: list[int] = field(default_factory=list)
    _first_seen: dict[int, float] = field(default_factory=dict)
    _passed_over_ms: int = 0
    _in_history: bool = True
    _has_ended: bool = False

    def bar_closed(self, time_ms: int, now: float) -> None:
        if (self.last_ms is not None and time_ms <= self.last_ms) or time_ms in self._first_seen:
            return
        self._first_seen[time_ms] = now
        insort(self._pending, time_ms)
        surplus = self._pending[:-MAX_CATCH_UP_CLOSES]
        if surplus and self.last_ms is None and self._in_history:
            self._forget(surplus)
        else:
            self._drop(surplus, "too many closes to catch up")

    def pass_over(self, open_ms: int) -> None:
        self._passed_over_ms = max(self._passed_over_ms, open_ms)

    def caught_up(self, server_time_ms: int) -> None:
        self._in_history = False
        if self.last_ms is None:
            # A new execution evaluates the last closed bar at once; what lies before it is only history.
            self._forget([time_ms for time_ms in self._pending if time_ms <= server_time_ms][:-1])
            return
        floor_ms = self.not_before_ms
        if floor_ms is not None:
            self._forget([time_ms for time_ms in self._pending if time_ms <= floor_ms])
        oldest_ms = server_time_ms - MAX_CATCH_UP_MS
        self._drop([time_ms for time_ms in self._pending if time_ms < oldest_ms], "older than 7 days")

    def interrupted(self) -> None:
        self._in_history = True

    def ended(self) -> None:
        self._has_ended = True
        self._in_history = False

    def next_step(self, now: float) -> Step:
        while self._pending and not self._in_history:
            ready_at = self._ready_at(self._pending[0])
            if ready_at > now:
                return Wait(None if ready_at == math.inf else ready_at)
            action = self.gaps.look(self._pending, now)
            if action is None:
                time_ms = self._pending[0]
                windows = self.windows
                return Evaluate(time_ms, tuple(s for s in windows.symbols if not windows.has_close(s, time_ms)))
            if not isinstance(action, SkipTo):
                return action
            self._drop([item for item in self._pending if item < action.time_ms], "bars are missing")
        return Wait()

    def done(self, time_ms: int) -> None:
        self.last_ms = time_ms
        self._forget([item for item in self._pending if item <= time_ms])

    def _ready_at(self, time_ms: int) -> float:
        """When, on the monotonic clock, the close need not wait for more bars; inf: only data can tell."""
        if self._has_ended or all(self.windows.reaches(symbol, time_ms) for symbol in self.windows.symbols):
            return -math.inf
        if self.pacing is Pacing.FILE and time_ms <= self._passed_over_ms:
            return -math.inf
        return self._first_seen[time_ms] + self.align_wait_s if self.pacing is Pacing.LIVE else math.inf

    def _forget(self, times: Sequence[int]) -> None:
        for time_ms in times:
            self._pending.remove(time_ms)
            del self._first_seen[time_ms]

    def _drop(self, times: Sequence[int], reason: str) -> None:
        if times:
            self.skipped.append(Skipped(times[0], times[-1], len(times), reason))
            self._forget(list(times))


@dataclass(slots=True)
class IntervalSchedule:
    """One evaluation per tick: a multiple of the interval on the market clock. Missed ticks are skipped."""

    windows: Windows
    gaps: Gaps
    pacing: Pacing
    clock: MarketClock
    interval_ms: int
    last_ms: int | None
    not_before_ms: int | None = None
    skipped: list[Skipped] = field(default_factory=list)
    _at_once_ms: int | None = None
    _known_ms: int = 0
    """In a file: ticks up to here see all the bars they should."""
    _in_history: bool = True

    def bar_closed(self, time_ms: int, now: float) -> None:
        if self.last_ms is None and (self._in_history or self._at_once_ms is None):
            self._at_once_ms = max(time_ms, self._at_once_ms or time_ms)

    def pass_over(self, open_ms: int) -> None:
        # At the close of the bar that passes, bars of other symbols may still follow.
        self._known_ms = max(self._known_ms, close_time(self.windows.timeframe, open_ms) - 1)

    def caught_up(self, server_time_ms: int) -> None:
        self._in_history = False

    def interrupted(self) -> None:
        self._in_history = True

    def ended(self) -> None:
        self._in_history = False
        self._known_ms += 1

    def next_step(self, now: float) -> Step:
        if self._in_history:
            return Wait()
        tick = self._due_tick(now)
        if tick is None:
            return Wait(self._next_tick_at())
        action = self.gaps.look([open_time(self.windows.timeframe, tick)], now, to_newest=True)
        if action is None:
            return Evaluate(tick, tuple(s for s in self.windows.symbols if not self.windows.tail(s, tick, 1)))
        if isinstance(action, SkipTo):  # a single time is never skipped to a later one
            return Wait(self._next_tick_at())
        return action

    def done(self, time_ms: int) -> None:
        self.last_ms = time_ms
        self._at_once_ms = None

    def _due_tick(self, now: float) -> int | None:
        if self.last_ms is None:
            return self._at_once_ms
        first = self._tick_after(max(self.last_ms, self.not_before_ms or self.last_ms))
        if self.pacing is Pacing.FILE:
            return first if first <= self._known_ms else None
        market_ms = self.clock.now_ms(now)
        if market_ms is None or market_ms < first:
            return None
        tick = market_ms - market_ms % self.interval_ms
        if tick > first:
            self.skipped.append(
                Skipped(first, tick - self.interval_ms, (tick - first) // self.interval_ms, "missed ticks")
            )
            self.not_before_ms = tick - self.interval_ms
        return tick

    def _next_tick_at(self) -> float | None:
        if self.last_ms is None:
            return None
        return self.clock.monotonic_at(self._tick_after(max(self.last_ms, self.not_before_ms or self.last_ms)))

    def _tick_after(self, time_ms: int) -> int:
        return time_ms - time_ms % self.interval_ms + self.interval_ms
