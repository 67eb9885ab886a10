"""Bars from CSV files: one symbol a file, or a `symbol` column; merged by open time across symbols.

Files are read and checked whole before the first bar, so that a mistake is told with its line and not in mid-run.
They are kept as plain columns: a year of minutes takes 25 MB.
"""

import csv
from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from pathlib import Path
from typing import Final

from strategy_contracts.bar import Bar, check_bar
from strategy_contracts.errors import ContractViolation
from strategy_contracts.timeframe import Timeframe, close_time, open_time
from strategy_runner.bar_feed import BarUpdate, CaughtUp
from strategy_runner.errors import ChannelRefused

TIME_COLUMNS: Final = ("open_time", "timestamp", "time", "date")
PRICE_COLUMNS: Final = ("open", "high", "low", "close", "volume")
SYMBOL_COLUMN: Final = "symbol"


class UnusableFile(Exception):
    """A sentence that names the file, the line and what is wrong."""


@dataclass(slots=True)
class Series:
    """The bars of one symbol, column by column."""

    times: "array[int]" = field(default_factory=lambda: array("q"))
    columns: "tuple[array[float], ...]" = field(default_factory=lambda: tuple(array("d") for _ in PRICE_COLUMNS))

    def __len__(self) -> int:
        return len(self.times)

    def append(self, bar: Bar) -> None:
        self.times.append(bar.open_time)
        for column, name in zip(self.columns, PRICE_COLUMNS, strict=True):
            column.append(getattr(bar, name))

    def bar(self, index: int) -> Bar:
        opened, high, low, close, volume = (column[index] for column in self.columns)
        return Bar(self.times[index], opened, high, low, close, volume)

    def index_of(self, time_ms: int) -> int:
        """Of the first bar that opens at `time_ms` or later."""
        return bisect_left(self.times, time_ms)


def read_series(path: Path, symbols: Sequence[str], timeframe: Timeframe, symbol: str | None) -> dict[str, Series]:
    """The series in a file. Without a symbol column its bars belong to `symbol`. Raises UnusableFile."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            return _read_rows(csv.DictReader(lines), symbols, timeframe, symbol)
    except (OSError, UnicodeDecodeError, csv.Error, ContractViolation) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnusableFile(f"{path}: {reason}") from None


def _read_rows(
    reader: "csv.DictReader[str]", symbols: Sequence[str], timeframe: Timeframe, symbol: str | None
) -> dict[str, Series]:
    header = [name.strip().lower() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    time_column = next((name for name in TIME_COLUMNS if name in header), None)
    absent = [name for name in PRICE_COLUMNS if name not in header]
    if time_column is None or absent:
        wanted = ", ".join([*([] if time_column else [f"{TIME_COLUMNS[0]} (ms or ISO 8601)"]), *absent])
        raise ContractViolation(f"line 1: no column {wanted}; the header is {','.join(header) or 'empty'}")
    if SYMBOL_COLUMN not in header and symbol is None:
        raise ContractViolation(
            f"line 1: there is no column symbol and several symbols were asked for; "
            f"say which one this is: --bars {symbols[0]}=FILE"
        )
    found: dict[str, Series] = {}
    for row in reader:
        name = row[SYMBOL_COLUMN].strip() if SYMBOL_COLUMN in header else symbol
        if name not in symbols:
            continue
        assert name is not None
        try:
            _append(found.setdefault(name, Series()), _bar(row, time_column), timeframe)
        except ContractViolation as error:
            raise ContractViolation(f"line {reader.line_num}: {error}") from None
    return found


def _append(series: Series, bar: Bar, timeframe: Timeframe) -> None:
    if open_time(timeframe, bar.open_time) != bar.open_time:
        raise ContractViolation(f"open time {bar.open_time} is not the start of a {timeframe} bar")
    if series.times and bar.open_time <= series.times[-1]:
        raise ContractViolation(f"open time {bar.open_time} does not come after the one before it")
    series.append(bar)


def _bar(row: Mapping[str, str | None], time_column: str) -> Bar:
    opened, high, low, close, volume = (_number(name, row[name] or "") for name in PRICE_COLUMNS)
    return check_bar(Bar(_milliseconds(row[time_column] or ""), opened, high, low, close, volume))


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ContractViolation(f"{name} {text!r} is not a number") from None


def _milliseconds(text: str) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ContractViolation(f"open time {text!r} is neither milliseconds nor ISO 8601") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


class CsvFeed:
    """A replay. The first `lookback` bars of each symbol are history; the run starts where they end."""

    def __init__(self, series: Mapping[str, Series], timeframe: Timeframe, lookback: int) -> None:
        self._series = dict(series)
        self._timeframe = timeframe
        self._lookback = lookback

    async def updates(self, start_ms: int | None) -> AsyncIterator[BarUpdate | CaughtUp]:
        if not any(len(series) for series in self._series.values()):
            raise ChannelRefused("the file has no bar of the symbols of this run")
        begin = start_ms or 0
        history_ends = self._history_end(begin)
        caught_up = False
        for time_ms, symbol, index in self._merged(begin):
            close_ms = close_time(self._timeframe, time_ms)
            if not caught_up and close_ms > history_ends:
                caught_up = True
                yield CaughtUp(history_ends)
            yield BarUpdate(symbol, self._series[symbol].bar(index), close_ms)
        if not caught_up:
            yield CaughtUp(history_ends)

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        series = self._series.get(symbol, Series())
        return [series.bar(index) for index in range(series.index_of(from_ms), series.index_of(to_ms))]

    async def close(self) -> None:
        """Nothing to let go of."""

    def _merged(self, begin: int) -> Iterator[tuple[int, str, int]]:
        """(open time, symbol, index) of all bars from `begin`, in order."""
        return merge(*(_entries(symbol, series, begin) for symbol, series in self._series.items()))

    def _history_end(self, begin: int) -> int:
        """When every symbol has a whole window; the end of the file where it is shorter than that."""
        ends = []
        for series in self._series.values():
            first = series.index_of(begin)
            if first < len(series):
                last = min(first + self._lookback, len(series)) - 1
                ends.append(close_time(self._timeframe, series.times[last]))
        return max(ends, default=0)


def _entries(symbol: str, series: Series, begin: int) -> Iterator[tuple[int, str, int]]:
    for index in range(series.index_of(begin), len(series)):
        yield series.times[index], symbol, index
