"""The bars of one symbol as the strategy sees them: a window that slides over preallocated arrays.

The worker keeps it, so that only new bars cross the socket. Every frame is a copy: a strategy that writes into
its data, or keeps it, changes nothing here.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from strategy_contracts.bar import Bar

_COLUMNS: Final = pd.Index(["open", "high", "low", "close", "volume"])
_INDEX_TYPE: Final = pd.DatetimeTZDtype("ns", "UTC")
_NANOSECONDS: Final = 1_000_000
"""In a millisecond, the unit of `Bar.open_time`."""


class BarWindow:
    """The last `capacity` bars in order of open time; at most one bar an open time."""

    def __init__(self, capacity: int) -> None:
        # Twice the room: bars are appended, and moved to the front only once in `capacity` bars.
        self._times = np.zeros(2 * capacity, dtype=np.int64)
        self._values = np.zeros((len(_COLUMNS), 2 * capacity), dtype=np.float64)
        self._capacity = capacity
        self._start = 0
        self._end = 0

    def __len__(self) -> int:
        return self._end - self._start

    def add(self, bars: Sequence[Bar]) -> None:
        """Append bars; one of an open time that is there replaces it, a late one takes its place in the order."""
        if len(bars) > 1 and _rising(bars) and self._is_news(bars[0].open_time):
            self._append_all(bars[-self._capacity :])
            return
        for bar in bars:
            self._add_one(bar)

    def frame(self) -> pd.DataFrame:
        """A copy as a DataFrame: columns open, high, low, close, volume; index the open times in UTC."""
        rows = slice(self._start, self._end)
        index = pd.DatetimeIndex(self._times[rows], dtype=_INDEX_TYPE, name="timestamp", copy=True)
        # One block of rows per column is how pandas keeps it: the transpose is not copied again.
        return pd.DataFrame(self._values[:, rows].copy().T, columns=_COLUMNS, index=index, copy=False)

    def newest(self, count: int | None = None) -> tuple[list[int], NDArray[np.float64]]:
        """Open times in ms and a copy of the rows (open, high, low, close, volume) of the newest `count` bars."""
        start = self._start if count is None else max(self._start, self._end - max(count, 0))
        rows = slice(start, self._end)
        return (self._times[rows] // _NANOSECONDS).tolist(), self._values[:, rows].T.copy()

    def _is_news(self, open_time: int) -> bool:
        return len(self) == 0 or bool(open_time * _NANOSECONDS > self._times[self._end - 1])

    def _add_one(self, bar: Bar) -> None:
        if self._is_news(bar.open_time):
            self._make_room(1)
            self._write(self._end, bar)
            self._end += 1
            self._start = max(self._start, self._end - self._capacity)
            return
        time = bar.open_time * _NANOSECONDS
        place = self._start + int(np.searchsorted(self._times[self._start : self._end], time))
        if self._times[place] == time:
            self._write(place, bar)
        elif place > self._start or len(self) < self._capacity:
            self._insert(place, bar)

    def _insert(self, place: int, bar: Bar) -> None:
        """A late bar: those after it move by one, and a full window forgets its oldest."""
        before = self._start
        self._make_room(1)
        place += self._start - before
        self._times[place + 1 : self._end + 1] = self._times[place : self._end].copy()
        self._values[:, place + 1 : self._end + 1] = self._values[:, place : self._end].copy()
        self._write(place, bar)
        self._end += 1
        self._start = max(self._start, self._end - self._capacity)

    def _append_all(self, bars: Sequence[Bar]) -> None:
        count = len(bars)
        self._make_room(count)
        rows = slice(self._end, self._end + count)
        self._times[rows] = np.array([bar.open_time for bar in bars], dtype=np.int64) * _NANOSECONDS
        for row, column in enumerate(zip(*((b.open, b.high, b.low, b.close, b.volume) for b in bars), strict=True)):
            self._values[row, rows] = column
        self._end += count
        self._start = max(self._start, self._end - self._capacity)

    def _write(self, place: int, bar: Bar) -> None:
        self._times[place] = bar.open_time * _NANOSECONDS
        self._values[:, place] = (bar.open, bar.high, bar.low, bar.close, bar.volume)

    def _make_room(self, count: int) -> None:
        """Move the window to the front when `count` more bars would not fit behind it."""
        if self._end + count <= self._times.size:
            return
        kept = min(len(self), self._times.size - count)
        rows = slice(self._end - kept, self._end)
        self._times[:kept] = self._times[rows].copy()
        self._values[:, :kept] = self._values[:, rows].copy()
        self._start, self._end = 0, kept


def _rising(bars: Sequence[Bar]) -> bool:
    return all(earlier.open_time < later.open_time for earlier, later in pairwise(bars))
