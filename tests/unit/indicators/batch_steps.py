"""The building blocks of the batch formulas: whole columns at once, leading NaN where nothing is defined yet."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Column = np.ndarray


@dataclass(frozen=True)
class History:
    """The columns of a history, oldest first, and the source that was chosen."""

    day: Column
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column
    value: Column

    def __getitem__(self, bars: slice) -> "History":
        return History(*(column[bars] for column in vars(self).values()))

    def __len__(self) -> int:
        return len(self.close)

    @property
    def typical(self) -> Column:
        return (self.high + self.low + self.close) / 3

    @property
    def median(self) -> Column:
        return (self.high + self.low) / 2

    @property
    def true_range(self) -> Column:
        before = shift(self.close, 1)
        return np.maximum(self.high, before) - np.minimum(self.low, before)


def shift(column: Column, bars: int) -> Column:
    return np.concatenate([np.full(bars, math.nan), column])[: len(column)]


def change(column: Column, bars: int = 1) -> Column:
    return column - shift(column, bars)


def windows(column: Column, bars: int, of: Callable[[Column], float]) -> Column:
    """`of` every window; NaN where a window has one."""
    result = np.full(len(column), math.nan)
    for end in range(bars, len(column) + 1):
        window = column[end - bars : end]
        if not np.isnan(window).any():
            result[end - 1] = of(window)
    return result


def sma(column: Column, bars: int) -> Column:
    return windows(column, bars, lambda window: math.fsum(window) / bars)


def total(column: Column, bars: int) -> Column:
    return windows(column, bars, math.fsum)


def weighted(column: Column, weights: Sequence[float]) -> Column:
    return windows(column, len(weights), lambda window: float(np.dot(window, weights)) / math.fsum(weights))


def wma(column: Column, bars: int) -> Column:
    return weighted(column, range(1, bars + 1))


def top(column: Column, bars: int) -> Column:
    return windows(column, bars, max)


def bottom(column: Column, bars: int) -> Column:
    return windows(column, bars, min)


def variance(column: Column, bars: int) -> Column:
    return windows(column, bars, lambda window: float(np.mean((window - math.fsum(window) / bars) ** 2)))


def line_end(column: Column, bars: int) -> Column:
    """The least-squares line of each window at its last bar."""
    places = np.arange(bars) - (bars - 1) / 2
    return windows(
        column,
        bars,
        lambda window: math.fsum(window) / bars + float(np.dot(places, window) / np.dot(places, places)) * places[-1],
    )


def smoothed(column: Column, bars: int, weight: float) -> Column:
    """Exponential smoothing from the mean of the first `bars` defined values."""
    result = np.full(len(column), math.nan)
    first = int(np.argmax(~np.isnan(column))) if len(column) else 0
    if first + bars > len(column) or np.isnan(column[first : first + bars]).any():
        return result
    level = math.fsum(column[first : first + bars]) / bars
    for at in range(first + bars - 1, len(column)):
        if at >= first + bars:
            level = weight * column[at] + (1 - weight) * level
        result[at] = level
    return result


def ema(column: Column, bars: int) -> Column:
    return smoothed(column, bars, 2 / (bars + 1))


def wilder(column: Column, bars: int) -> Column:
    return smoothed(column, bars, 1 / bars)


def over(numerator: Column, denominator: Column) -> Column:
    """A quotient, 0 where the denominator is 0."""
    safe = np.where(denominator == 0, 1.0, denominator)
    return np.where(denominator == 0, 0.0 * numerator, numerator / safe)


def gains(moves: Column) -> Column:
    return np.where(np.isnan(moves), math.nan, np.maximum(moves, 0.0))


def recursion(length: int, start: int, of: Callable[[int, float], float], seed: float) -> Column:
    """Each value from the one before, from bar `start` on."""
    result = np.full(length, math.nan)
    for at in range(start, length):
        seed = result[at] = of(at, seed)
    return result
