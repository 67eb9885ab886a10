"""Recorded candles from CSV files (columns open_time,open,high,low,close,volume), replayed in order."""

import csv
from bisect import bisect_left
from collections.abc import Collection, Mapping
from itertools import pairwise
from pathlib import Path

from market_gateway.candle_folding import fold, in_progress
from market_gateway.symbols import compact
from strategy_contracts.bar import Bar, check_bar
from strategy_contracts.errors import ContractViolation
from strategy_contracts.timeframe import Timeframe, close_time, open_time


class Recording:
    """A CandleSource: the rows of one file per symbol, and coarser candles made of them."""

    def __init__(self, rows: Mapping[str, list[Bar]]) -> None:
        self._rows = dict(rows)
        self._times = {symbol: [bar.open_time for bar in bars] for symbol, bars in rows.items()}
        self._step = _step(self._times.values())

    @property
    def timeframes(self) -> frozenset[Timeframe]:
        return frozenset(timeframe for timeframe in Timeframe if timeframe.length_ms >= self._step.length_ms)

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(sorted(self._rows))

    @property
    def start_ms(self) -> int:
        return min(times[0] for times in self._times.values())

    @property
    def end_ms(self) -> int:
        return max(close_time(self._step, times[-1]) for times in self._times.values())

    @property
    def step(self) -> Timeframe:
        """The timeframe of the rows."""
        return self._step

    def find(self, symbol: str) -> str | None:
        return symbol if symbol in self._rows else None

    def bars(self, symbol: str, timeframe: Timeframe, from_ms: int, to_ms: int) -> list[Bar]:
        last = close_time(timeframe, open_time(timeframe, to_ms - 1)) if to_ms > from_ms else from_ms
        rows, times = self._rows[symbol], self._times[symbol]
        found = rows[bisect_left(times, open_time(timeframe, from_ms)) : bisect_left(times, last)]
        folded = found if timeframe is self._step else fold(found, timeframe)
        return [bar for bar in folded if from_ms <= bar.open_time < to_ms]

    def open_bar(self, symbol: str, timeframe: Timeframe, at_ms: int) -> Bar | None:
        rows, times = self._rows[symbol], self._times[symbol]
        opened = open_time(timeframe, at_ms)
        index = bisect_left(times, open_time(self._step, at_ms))
        parts = rows[bisect_left(times, opened) : index]
        if index < len(rows) and rows[index].open_time <= at_ms:
            row = rows[index]
            length = close_time(self._step, row.open_time) - row.open_time
            parts = [*parts, in_progress(row, (at_ms - row.open_time) / length)]
        if not parts:
            return None
        whole = fold(parts, timeframe)[0]
        return Bar(whole.open_time, whole.open, whole.high, whole.low, whole.close, whole.volume, closed=False)


def read_recording(files: Mapping[str, Path]) -> Recording:
    """The files by symbol; ContractViolation names the file and line that cannot be."""
    return Recording({compact(symbol): _read(path) for symbol, path in files.items()})


def _read(path: Path) -> list[Bar]:
    bars: list[Bar] = []
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                bar = check_bar(_bar(row))
            except (KeyError, TypeError, ValueError) as error:
                raise ContractViolation(f"{path}:{number}: {error}") from error
            if bars and bar.open_time <= bars[-1].open_time:
                raise ContractViolation(f"{path}:{number}: open_time does not rise")
            bars.append(bar)
    if not bars:
        raise ContractViolation(f"{path}: no rows")
    return bars


def _bar(row: Mapping[str, str]) -> Bar:
    return Bar(
        int(row["open_time"]),
        float(row["open"]),
        float(row["high"]),
        float(row["low"]),
        float(row["close"]),
        float(row["volume"]),
    )


def _step(times: Collection[list[int]]) -> Timeframe:
    """The timeframe of rows: the longest one on whose grid they lie, one row a period at most."""
    pairs = [pair for column in times for pair in pairwise(column)]
    for timeframe in reversed(Timeframe) if pairs else (Timeframe.M1,):
        on_grid = all(open_time(timeframe, time) == time for column in times for time in column)
        if on_grid and all(close_time(timeframe, before) <= after for before, after in pairs):
            return timeframe
    raise ContractViolation("rows do not lie on the grid of any timeframe")
