"""Candles of the test exchange: recorded or random one-minute rows, coarser intervals, and the candle in progress.

Pure. A candle in progress is drawn from the recorded one along a fixed path (open, one extreme, the other,
close), so that two runs show the same partial candles and the closed candle equals the recording.
"""

import csv
import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

MINUTE_MS = 60_000
DAY_MS = 86_400_000
T0_MS = 1_677_628_800_000
"""2023-03-01 00:00 UTC, where random candles start."""

INTERVALS_MS = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "2h": 120 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "6h": 360 * MINUTE_MS,
    "8h": 480 * MINUTE_MS,
    "12h": 720 * MINUTE_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": 7 * DAY_MS,
    "1M": 0,
}


@dataclass(frozen=True, slots=True)
class Candle:
    """One row; `open_time` in ms."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def interval_open(interval: str, at_ms: int) -> int:
    """The open time of the candle that contains `at_ms`."""
    if interval == "1M":
        moment = datetime.fromtimestamp(at_ms // 1000, UTC)
        return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1000
    origin = 4 * DAY_MS if interval == "1w" else 0
    return at_ms - (at_ms - origin) % INTERVALS_MS[interval]


def interval_close(interval: str, open_ms: int) -> int:
    """The open time of the next candle."""
    if interval == "1M":
        return interval_open(interval, open_ms + 31 * DAY_MS)
    return open_ms + INTERVALS_MS[interval]


def read_candles(path: Path) -> list[Candle]:
    """Rows of a CSV file with columns open_time,open,high,low,close,volume."""
    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        return [
            Candle(int(row["open_time"]), *(float(row[name]) for name in ("open", "high", "low", "close", "volume")))
            for row in rows
        ]


def random_candles(seed: str, count: int, start_ms: int = T0_MS, price: float = 100.0) -> list[Candle]:
    """A walk that depends on its arguments alone; numbers have at most eight decimals, as on the wire."""
    source = random.Random(seed)
    candles = []
    for index in range(count):
        close = price * math.exp(source.gauss(0.0, 0.001))
        high = max(price, close) * (1 + abs(source.gauss(0.0, 0.0004)))
        low = min(price, close) * (1 - abs(source.gauss(0.0, 0.0004)))
        numbers = (round(value, 8) for value in (price, high, low, close, source.uniform(0.1, 5.0)))
        candles.append(Candle(start_ms + index * MINUTE_MS, *numbers))
        price = candles[-1].close
    return candles


class Recording:
    """The one-minute candles of one symbol, seen at any time and interval."""

    def __init__(self, candles: Sequence[Candle]) -> None:
        self._candles = list(candles)
        self._times = [candle.open_time for candle in candles]

    @property
    def is_dense(self) -> bool:
        """Whether no minute is missing."""
        return len(self._times) == (self.end_ms - self.start_ms) // MINUTE_MS

    @property
    def start_ms(self) -> int:
        return self._times[0]

    @property
    def end_ms(self) -> int:
        return self._times[-1] + MINUTE_MS

    def rows(self, interval: str, from_ms: int, to_ms: int, now_ms: int) -> list[Candle]:
        """Candles with `from_ms` <= open time < `to_ms` as the exchange shows them at `now_ms`, open one included."""
        first = bisect_left(self._times, interval_open(interval, from_ms))
        last = bisect_left(self._times, min(now_ms, interval_close(interval, to_ms)))
        minutes = [_so_far(candle, now_ms) for candle in self._candles[first:last]]
        merged = [
            _merge(open_ms, list(group))
            for open_ms, group in groupby(minutes, key=lambda candle: interval_open(interval, candle.open_time))
        ]
        return [candle for candle in merged if from_ms <= candle.open_time < to_ms]

    def at(self, interval: str, open_ms: int, now_ms: int) -> Candle | None:
        """The candle that opens at `open_ms` as seen at `now_ms`."""
        rows = self.rows(interval, open_ms, open_ms + 1, now_ms)
        return rows[0] if rows else None

    def revise(self, open_ms: int, close: float) -> Candle:
        """Change a minute's close after the fact, as exchanges sometimes do."""
        index = self._times.index(open_ms)
        old = self._candles[index]
        new = Candle(open_ms, old.open, max(old.high, close), min(old.low, close), close, old.volume)
        self._candles[index] = new
        return new


def _so_far(candle: Candle, now_ms: int) -> Candle:
    progress = (now_ms - candle.open_time) / MINUTE_MS
    if progress >= 1:
        return candle
    extremes = (candle.low, candle.high) if candle.close >= candle.open else (candle.high, candle.low)
    path = (candle.open, *extremes, candle.close)
    leg = int(progress * 3)
    here = round(path[leg] + (path[leg + 1] - path[leg]) * (progress * 3 - leg), 8)
    seen = (*path[: leg + 1], here)
    return Candle(candle.open_time, candle.open, max(seen), min(seen), here, round(candle.volume * progress, 8))


def _merge(open_ms: int, parts: list[Candle]) -> Candle:
    if len(parts) == 1:
        part = parts[0]
        return part if part.open_time == open_ms else Candle(open_ms, *_numbers(part))
    high, low = max(part.high for part in parts), min(part.low for part in parts)
    volume = round(sum(part.volume for part in parts), 8)
    return Candle(open_ms, parts[0].open, high, low, parts[-1].close, volume)


def _numbers(candle: Candle) -> tuple[float, float, float, float, float]:
    return candle.open, candle.high, candle.low, candle.close, candle.volume
