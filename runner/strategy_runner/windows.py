"""The bars a strategy sees: per symbol the newest closed bars, the open one, and what is missing on the grid.

Pure bookkeeping. The worker keeps windows of its own; these say what it has not seen yet, what a fresh worker
must be given, and where a series has holes. It does not know why a bar is missing nor what to do about it.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time, previous_open


class Change(Enum):
    """What a bar did to its window."""

    NEW = "new"
    REVISED = "revised"
    PROVISIONAL = "provisional"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Hole:
    """Bars that are missing: open times on the grid with `from_ms` <= open time < `to_ms`."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a worker's windows reach: all bars closed by `time_ms`, all amendments up to `version`."""

    time_ms: int
    version: int


def _open_of(bar: Bar) -> int:
    return bar.open_time


@dataclass(slots=True)
class _Series:
    closed: list[Bar] = field(default_factory=list)
    provisional: Bar | None = None
    amended: list[tuple[int, int]] = field(default_factory=list)
    """(version, open time) of bars that were revised or came late."""
    settled_ms: int | None = None
    """Up to this open time every bar is here or known not to exist."""


class Windows:
    """All series of one run. `capacity` bars are kept per symbol: the lookback and what may have to be caught up."""

    def __init__(
        self, symbols: Sequence[str], timeframe: Timeframe, lookback: int, capacity: int | None = None
    ) -> None:
        self.symbols = tuple(symbols)
        self.timeframe = timeframe
        self.lookback = lookback
        self._capacity = max(lookback, capacity or lookback)
        self._series = {symbol: _Series() for symbol in symbols}
        self._version = 0
        self._marked_ms = 0

    def add(self, symbol: str, bar: Bar) -> Change:
        """Put a bar into its window; an older or equal revision of a closed bar changes nothing."""
        series = self._series[symbol]
        if not bar.closed:
            if series.closed and bar.open_time <= series.closed[-1].open_time:
                return Change.NOTHING
            series.provisional = bar
            return Change.PROVISIONAL
        if series.provisional is not None and series.provisional.open_time <= bar.open_time:
            series.provisional = None
        closed = series.closed
        if not closed or bar.open_time > closed[-1].open_time:
            closed.append(bar)
            if close_time(self.timeframe, bar.open_time) <= self._marked_ms:
                self._note_amended(series, bar)
            if series.settled_ms is None:
                series.settled_ms = bar.open_time
            if len(closed) > self._capacity:
                del closed[: len(closed) - self._capacity]
            return Change.NEW
        return self._amend(series, bar)

    def _amend(self, series: _Series, bar: Bar) -> Change:
        index = bisect_left(series.closed, bar.open_time, key=_open_of)
        known = series.closed[index]
        if known.open_time == bar.open_time and bar.revision <= known.revision:
            return Change.NOTHING
        self._note_amended(series, bar)
        if known.open_time == bar.open_time:
            series.closed[index] = bar
            return Change.REVISED
        insort(series.closed, bar, key=_open_of)
        return Change.NEW

    def _note_amended(self, series: _Series, bar: Bar) -> None:
        """A worker may have been given this time already, without or with another bar."""
        self._version += 1
        series.amended.append((self._version, bar.open_time))

    def extend_back(self, symbol: str, bars: Sequence[Bar]) -> None:
        """Put older closed bars, in order, before the ones that are here."""
        closed = self._series[symbol].closed
        self._series[symbol].closed[:0] = [bar for bar in bars if not closed or bar.open_time < closed[0].open_time]

    def newest_open(self, symbol: str) -> int | None:
        """Open time of the newest closed bar."""
        closed = self._series[symbol].closed
        return closed[-1].open_time if closed else None

    def reaches(self, symbol: str, time_ms: int) -> bool:
        """Whether the symbol has the bar that closes at `time_ms` or a later one."""
        newest = self.newest_open(symbol)
        return newest is not None and newest >= previous_open(self.timeframe, time_ms)

    def has_close(self, symbol: str, time_ms: int) -> bool:
        """Whether the symbol has the very bar that closes at `time_ms`."""
        last = self.tail(symbol, time_ms, 1)
        return bool(last) and last[0].open_time == previous_open(self.timeframe, time_ms)

    def tail(self, symbol: str, time_ms: int, count: int) -> list[Bar]:
        """The newest `count` bars of the symbol that are closed by `time_ms`."""
        end = self._end(symbol, time_ms)
        return self._series[symbol].closed[max(0, end - count) : end]

    def full(self, time_ms: int, *, provisional: bool = False) -> dict[str, list[Bar]]:
        """The windows at `time_ms`: per symbol the last `lookback` closed bars, and the open one if asked for."""
        return {
            symbol: self.tail(symbol, time_ms, self.lookback) + (self._open_bar(symbol, time_ms) if provisional else [])
            for symbol in self.symbols
        }

    def news(self, time_ms: int, since: Mark, *, provisional: bool = False) -> dict[str, list[Bar]]:
        """What a worker whose windows reach `since` needs to have the windows at `time_ms`; no empty lists."""
        result = {}
        for symbol in self.symbols:
            fresh = [*self._amended(symbol, since, time_ms), *self._after(symbol, since.time_ms, time_ms)]
            if provisional:
                fresh += self._open_bar(symbol, time_ms)
            if fresh:
                result[symbol] = fresh
        return result

    def mark(self, time_ms: int) -> Mark:
        """The mark of a worker that has just been given the windows at `time_ms`."""
        self._marked_ms = max(self._marked_ms, time_ms)
        return Mark(time_ms, self._version)

    def input_revision(self, time_ms: int) -> int:
        """The highest revision among the bars of the windows at `time_ms`."""
        bars = (self._shown(s, opened, time_ms) for s in self.symbols for _, opened in self._series[s].amended)
        return max((bar.revision for bar in bars if bar is not None), default=0)

    def holes(self, symbol: str, time_ms: int) -> list[Hole]:
        """What is missing between the settled part of the series and the bar that closes at `time_ms`."""
        series = self._series[symbol]
        last_ms = previous_open(self.timeframe, time_ms)
        if series.settled_ms is None:
            return [Hole(last_ms, time_ms)]
        start = bisect_right(series.closed, series.settled_ms, key=_open_of)
        opens = [bar.open_time for bar in series.closed[start : self._end(symbol, time_ms)]]
        found: list[Hole] = []
        for before, after in pairwise([series.settled_ms, *opens, time_ms]):
            expected = close_time(self.timeframe, before)
            if expected < after:
                found.append(Hole(expected, after))
            elif not found and after != time_ms:
                series.settled_ms = after
        return found

    def settle(self, symbol: str, time_ms: int) -> None:
        """Accept that bars closing up to `time_ms` which are not here do not exist."""
        series = self._series[symbol]
        last_ms = previous_open(self.timeframe, time_ms)
        series.settled_ms = max(last_ms, series.settled_ms or last_ms)

    def forget_before(self, time_ms: int) -> None:
        """Let go of bars that no window from `time_ms` on shows."""
        for symbol, series in self._series.items():
            surplus = self._end(symbol, time_ms) - self.lookback
            if surplus > 0:
                del series.closed[:surplus]
                oldest = series.closed[0].open_time
                series.amended = [item for item in series.amended if item[1] >= oldest]

    def _end(self, symbol: str, time_ms: int) -> int:
        """Index after the last bar closed by `time_ms` (which need not lie on the grid)."""
        closed = self._series[symbol].closed
        if not closed or close_time(self.timeframe, closed[-1].open_time) <= time_ms:
            return len(closed)
        return bisect_right(closed, time_ms, key=lambda bar: close_time(self.timeframe, bar.open_time))

    def _after(self, symbol: str, since_ms: int, time_ms: int) -> list[Bar]:
        end = self._end(symbol, time_ms)
        return self._series[symbol].closed[max(self._end(symbol, since_ms), end - self.lookback) : end]

    def _amended(self, symbol: str, since: Mark, time_ms: int) -> Iterable[Bar]:
        for version, opened in self._series[symbol].amended:
            bar = self._shown(symbol, opened, time_ms) if version > since.version else None
            if bar is not None and close_time(self.timeframe, opened) <= since.time_ms:
                yield bar

    def _shown(self, symbol: str, open_ms: int, time_ms: int) -> Bar | None:
        """The closed bar that opens at `open_ms`, if the window at `time_ms` shows it."""
        closed = self._series[symbol].closed
        end = self._end(symbol, time_ms)
        index = bisect_left(closed, open_ms, lo=max(0, end - self.lookback), hi=end, key=_open_of)
        return closed[index] if index < end and closed[index].open_time == open_ms else None

    def _open_bar(self, symbol: str, time_ms: int) -> list[Bar]:
        series = self._series[symbol]
        if series.provisional is None or self._end(symbol, time_ms) < len(series.closed):
            return []
        return [series.provisional]
