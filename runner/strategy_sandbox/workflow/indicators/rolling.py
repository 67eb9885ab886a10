"""Windows of the last n values. Each bar is calculated from the window itself: no running sum that could drift.

Sums are taken around the newest value, so a constant series has exactly its own mean and exactly no variance.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import mul

from strategy_sandbox.workflow.indicators.formula import Filter


class Lag(Filter):
    """The value of `bars` bars ago."""

    memory = ("window",)

    def __init__(self, bars: int) -> None:
        self.warm_up = bars + 1
        self.window: deque[float] = deque(maxlen=bars + 1)

    def take(self, value: float) -> float:
        self.window.append(value)
        return self.window[0] if len(self.window) == self.warm_up else math.nan


class Weighted(Filter):
    """The weighted mean of the last values, weights given oldest first."""

    memory = ("window",)

    def __init__(self, weights: Sequence[float]) -> None:
        self.warm_up = len(weights)
        self.window: deque[float] = deque(maxlen=len(weights))
        self._weights = tuple(weights)
        self._total = math.fsum(weights)

    def take(self, value: float) -> float:
        self.window.append(value)
        if len(self.window) < self.warm_up:
            return math.nan
        return value + math.fsum(map(mul, self._weights, [each - value for each in self.window])) / self._total


def sma(period: int) -> Weighted:
    return Weighted([1.0] * period)


def regression_end(period: int) -> Weighted:
    """The last point of the least-squares line through the window (its weights in closed form)."""
    return Weighted([3.0 * (place + 1) - period - 1 for place in range(period)])


def mean(values: Sequence[float] | deque[float]) -> float:
    newest = values[-1]
    return newest + math.fsum([each - newest for each in values]) / len(values)


class Sum(Filter):
    memory = ("window",)

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.window: deque[float] = deque(maxlen=period)

    def take(self, value: float) -> float:
        self.window.append(value)
        return math.fsum(self.window) if len(self.window) == self.warm_up else math.nan


class Variance(Filter):
    """Of the population, as TA-Lib's."""

    memory = ("window",)

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.window: deque[float] = deque(maxlen=period)

    def take(self, value: float) -> float:
        self.window.append(value)
        if len(self.window) < self.warm_up:
            return math.nan
        offsets = [each - value for each in self.window]
        centre = math.fsum(offsets) / self.warm_up
        return math.fsum([(offset - centre) ** 2 for offset in offsets]) / self.warm_up


class Extreme(Filter):
    """The highest (sign 1) or lowest (sign -1) of the last values, and how long ago it was; of equals the latest."""

    memory = ("count", "places", "candidates")

    def __init__(self, period: int, sign: int) -> None:
        self.warm_up = period
        self.count = 0
        self.places: deque[int] = deque()
        self.candidates: deque[float] = deque()
        self._sign = sign

    def take(self, value: float) -> float:
        signed = self._sign * value
        self.count += 1
        while self.candidates and self.candidates[-1] <= signed:
            self.candidates.pop()
            self.places.pop()
        self.candidates.append(signed)
        self.places.append(self.count)
        if self.places[0] <= self.count - self.warm_up:
            self.candidates.popleft()
            self.places.popleft()
        return self._sign * self.candidates[0] if self.count >= self.warm_up else math.nan

    @property
    def age(self) -> int:
        """Bars since the extreme: 0 is the newest."""
        return self.count - self.places[0]


def highest(period: int) -> Extreme:
    return Extreme(period, 1)


def lowest(period: int) -> Extreme:
    return Extreme(period, -1)


def path_length(values: Iterable[float]) -> float:
    return math.fsum(abs(after - before) for before, after in pairwise(values))
