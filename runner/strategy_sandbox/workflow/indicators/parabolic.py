"""A stop that follows the trend and turns with it: PSAR."""

import math
from collections.abc import Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Definition, Formula, Reads
from strategy_sandbox.workflow.indicators.parameters import Parameters


class ParabolicStop(Formula):
    """Wilder's stop and reverse; the signal is 1 while long and -1 while short."""

    memory = ("before", "long", "stop", "extreme", "speed")

    warm_up = 2

    def __init__(self, acceleration: float, maximum: float) -> None:
        self.before: tuple[float, float] = (math.nan, math.nan)
        self.long = True
        self.stop = self.extreme = math.nan
        self.speed = self._acceleration = min(acceleration, maximum)
        self._maximum = maximum

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        high, low = self.before
        self.before = (bar.high, bar.low)
        if math.isnan(high):
            return (math.nan, math.nan)
        if math.isnan(self.stop):
            self._begin(high, low, bar)
            high, low = bar.high, bar.low
        nearest = min(low, bar.low) if self.long else max(high, bar.high)
        if bar.low <= self.stop if self.long else bar.high >= self.stop:
            farthest = max(high, bar.high) if self.long else min(low, bar.low)
            stop = self._reverse(bar, farthest)
        else:
            stop = self.stop
            self._follow(bar, nearest)
        return (stop, 1.0 if self.long else -1.0)

    def _begin(self, high: float, low: float, bar: PriceBar) -> None:
        fall = low - bar.low
        self.long = not fall > max(bar.high - high, 0.0)
        self.stop, self.extreme = (low, bar.high) if self.long else (high, bar.low)

    def _reverse(self, bar: PriceBar, farthest: float) -> float:
        """The stop jumps to the extreme of the trend that ended, never into the last two bars."""
        outside = max if self.long else min
        stop = outside(self.extreme, farthest)
        self.long = not self.long
        self.extreme = bar.high if self.long else bar.low
        self.speed = self._acceleration
        self.stop = outside(stop + self.speed * (self.extreme - stop), farthest)
        return stop

    def _follow(self, bar: PriceBar, nearest: float) -> None:
        further = bar.high > self.extreme if self.long else bar.low < self.extreme
        if further:
            self.extreme = bar.high if self.long else bar.low
            self.speed = min(self.speed + self._acceleration, self._maximum)
        stop = self.stop + self.speed * (self.extreme - self.stop)
        self.stop = min(stop, nearest) if self.long else max(stop, nearest)


def _parabolic(given: Parameters) -> Formula:
    acceleration = given.number("acceleration", 0.02, least=0.0001, most=1.0)
    return ParabolicStop(acceleration, given.number("maximum", 0.2, least=0.0001, most=1.0))


FAMILY: Mapping[str, Definition] = {
    "PSAR": Definition(("value", "signal"), Reads.PRICES, _parabolic),
}
