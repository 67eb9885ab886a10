"""Exponential smoothing with TA-Lib's seeds: the first value is the plain mean of the first `period` inputs."""

import math

from strategy_sandbox.workflow.indicators.formula import Filter


class Smoothed(Filter):
    memory = ("count", "level")

    def __init__(self, period: int, weight: float) -> None:
        self.warm_up = period
        self.count = 0
        self.level = 0.0
        self._weight = weight

    def take(self, value: float) -> float:
        if self.count < self.warm_up:
            self.count += 1
            self.level += (value - self.level) / self.count
            return self.level if self.count == self.warm_up else math.nan
        self.level += self._weight * (value - self.level)
        return self.level


def ema(period: int) -> Smoothed:
    return Smoothed(period, 2 / (period + 1))


def wilder(period: int) -> Smoothed:
    return Smoothed(period, 1 / period)


class WilderSum(Filter):
    """Wilder's smoothed sum of directional movement: period - 1 inputs added up, then sum - sum / period + input."""

    memory = ("count", "total")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.count = 0
        self.total = 0.0

    def take(self, value: float) -> float:
        self.count += 1
        if self.count < self.warm_up:
            self.total += value
            return math.nan
        self.count = self.warm_up
        self.total += value - self.total / self.warm_up
        return self.total


class Delayed(Filter):
    """A filter that leaves out the first inputs, so that its seed ends where a longer one's does."""

    memory = ("left", "filter")

    def __init__(self, bars: int, of: Filter) -> None:
        self.warm_up = bars + of.warm_up
        self.left = bars
        self.filter = of

    def take(self, value: float) -> float:
        if self.left:
            self.left -= 1
            return math.nan
        return self.filter.step(value)
