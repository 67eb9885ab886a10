"""What to do about bars that are missing before an evaluation: fetch, hold, or go on with the hole.

Pure: it looks at the windows, is told the time and what history answered, and never fetches by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from strategy_contracts.runner_config import GapPolicy
from strategy_contracts.timeframe import close_time, open_time
from strategy_runner.steps import Repair, Wait
from strategy_runner.windows import Hole, Windows

FIRST_RETRY_S: Final = 1.0
LAST_RETRY_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class SkipTo:
    """Evaluations before `time_ms` cannot be made under the policy any more."""

    time_ms: int


@dataclass(slots=True)
class _Asked:
    """An empty answer of history: since when, and when to ask again."""

    since: float
    again_at: float
    delay_s: float


@dataclass(slots=True)
class Gaps:
    """The gap policy of one run.

    `patience_s` bounds how long Backfill waits for the newest bar of a symbol that history does not have
    either; it counts from the first such answer until the symbol gets a bar. Without an answer it waits on.
    """

    windows: Windows
    policy: GapPolicy
    patience_s: float
    has_history: bool = True
    """False where the feed has no more than it delivers (a file)."""
    waits_for: tuple[str, ...] = ()
    """Symbols whose missing bars hold up the next evaluation."""
    _asked: dict[str, _Asked] = field(default_factory=dict)

    def look(self, times: Sequence[int], now: float, *, to_newest: bool = False) -> Repair | Wait | SkipTo | None:
        """What must happen before `times[0]` is evaluated; None when nothing. The other times are those that wait.

        `to_newest`: only holes before each symbol's newest bar count (ticks see the windows as they are).
        """
        if self.policy is GapPolicy.HOLD:
            self._accept_before(times[0])
        holes = self._holes(times[0], to_newest)
        self.waits_for = ()
        if not holes:
            return None
        if self.policy is GapPolicy.HOLD:
            self.waits_for = tuple(holes)
            return self._hold(times, max(found[-1].to_ms for found in holes.values()))
        if self.policy is GapPolicy.SKIP or not self.has_history:
            for symbol in holes:
                self.windows.settle(symbol, self._until(symbol, times[0], to_newest))
            return None
        self.waits_for, waiting = tuple(holes), []
        for symbol, found in holes.items():
            asked = self._asked.get(symbol)
            if asked is None or asked.again_at <= now:
                return Repair(symbol, found[0].from_ms, found[-1].to_ms)
            waiting.append(asked.again_at)
        return Wait(min(waiting))

    def bar_came(self, symbol: str) -> None:
        """The symbol has a new bar: its series lives."""
        self._asked.pop(symbol, None)

    def answered(self, repair: Repair, now: float) -> None:
        """History has answered and its bars are in the windows: decide about what is still missing."""
        newest = self.windows.newest_open(repair.symbol)
        if newest is not None:
            # What lies before a bar that exists and is not in history does not exist.
            self.windows.settle(repair.symbol, min(repair.to_ms, close_time(self.windows.timeframe, newest)))
        if not self.windows.holes(repair.symbol, repair.to_ms):
            return
        asked = self._again(repair.symbol, now)
        if now - asked.since >= self.patience_s:
            self.windows.settle(repair.symbol, repair.to_ms)
            asked.again_at = now  # the next close need not wait to be asked for

    def unavailable(self, repair: Repair, now: float) -> None:
        """History did not answer: ask again later, for as long as it takes."""
        self._again(repair.symbol, now).since = now

    def _again(self, symbol: str, now: float) -> _Asked:
        asked = self._asked.get(symbol)
        if asked is None:
            asked = self._asked[symbol] = _Asked(now, now, FIRST_RETRY_S / 2)
        asked.delay_s = min(LAST_RETRY_S, asked.delay_s * 2)
        asked.again_at = now + asked.delay_s
        return asked

    def _holes(self, time_ms: int, to_newest: bool) -> dict[str, list[Hole]]:
        found = {s: self.windows.holes(s, self._until(s, time_ms, to_newest)) for s in self.windows.symbols}
        return {symbol: holes for symbol, holes in found.items() if holes}

    def _until(self, symbol: str, time_ms: int, to_newest: bool) -> int:
        newest = self.windows.newest_open(symbol)
        if not to_newest or newest is None:
            return time_ms
        return min(time_ms, close_time(self.windows.timeframe, newest))

    def _hold(self, times: Sequence[int], hole_end_ms: int) -> Wait | SkipTo:
        """Wait for the bars; when the hole has left the newest window, go on with the first window without it."""
        whole = (time_ms for time_ms in times if self._window_start(time_ms) >= hole_end_ms)
        first = next(whole, None)
        return Wait() if first is None else SkipTo(first)

    def _accept_before(self, time_ms: int) -> None:
        for symbol in self.windows.symbols:
            if self.windows.newest_open(symbol) is not None:
                self.windows.settle(symbol, self._window_start(time_ms))

    def _window_start(self, time_ms: int) -> int:
        timeframe = self.windows.timeframe
        return open_time(timeframe, time_ms - self.windows.lookback * timeframe.length_ms)
