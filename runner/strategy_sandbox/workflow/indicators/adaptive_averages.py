"""Averages that choose their own speed: KAMA MAMA FRAMA VIDYA."""

import math
from collections import deque
from collections.abc import Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Definition, Filter, Formula, OfValue, Reads, ratio
from strategy_sandbox.workflow.indicators.hilbert import Mesa
from strategy_sandbox.workflow.indicators.ranges import Change
from strategy_sandbox.workflow.indicators.rolling import Sum, highest, lowest, path_length

KAMA_FASTEST, KAMA_SLOWEST = 2 / (2 + 1), 2 / (30 + 1)
FRAMA_DECAY = -4.6
FRAMA_SLOWEST = 0.01


class Kaufman(Filter):
    """Speed: how direct the way of the last `period` changes was."""

    memory = ("window", "level")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.window: deque[float] = deque(maxlen=period + 1)
        self.level = math.nan

    def take(self, value: float) -> float:
        self.window.append(value)
        if len(self.window) < self.warm_up:
            return math.nan
        if math.isnan(self.level):
            self.level = self.window[-2]
        way = path_length(self.window)
        # No movement at all is the straightest way, as in TA-Lib.
        directness = abs(value - self.window[0]) / way if way else 1.0
        speed = (directness * (KAMA_FASTEST - KAMA_SLOWEST) + KAMA_SLOWEST) ** 2
        self.level += speed * (value - self.level)
        return self.level


class Vidya(Filter):
    """Speed: the share of the net change in all changes (the absolute Chande momentum)."""

    memory = ("change", "gains", "losses", "before", "level")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.change = Change()
        self.gains = Sum(period)
        self.losses = Sum(period)
        self.before = math.nan
        self.level = math.nan
        self._weight = 2 / (period + 1)

    def take(self, value: float) -> float:
        before, self.before = self.before, value
        change = self.change.step(value)
        gains, losses = self.gains.step(max(change, 0.0)), self.losses.step(max(-change, 0.0))
        if math.isnan(gains):
            return math.nan
        if math.isnan(self.level):
            self.level = before
        self.level += self._weight * abs(ratio(gains - losses, gains + losses)) * (value - self.level)
        return self.level


class Fractal(Formula):
    """Speed: the fractal dimension of the window, from the ranges of its halves and of the whole."""

    memory = ("new_high", "new_low", "high", "low", "halves", "dimension", "count", "level")

    def __init__(self, period: int) -> None:
        self._half = (period + 1) // 2
        self.warm_up = 2 * self._half + 1
        self.new_high, self.new_low = highest(self._half), lowest(self._half)
        self.high, self.low = highest(2 * self._half), lowest(2 * self._half)
        self.halves: deque[float] = deque(maxlen=self._half + 1)
        self.dimension = 0.0  # until there is one: the fastest speed
        self.count = 0
        self.level = math.nan

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        new_range = self.new_high.step(bar.high) - self.new_low.step(bar.low)
        whole_range = self.high.step(bar.high) - self.low.step(bar.low)
        self.halves.append(new_range)
        self.count = min(self.count + 1, self.warm_up)
        if self.count < self.warm_up:
            self.level = value
            return (math.nan,)
        self.level += self._speed(new_range, self.halves[0], whole_range) * (value - self.level)
        return (self.level,)

    def _speed(self, new_range: float, old_range: float, whole_range: float) -> float:
        if new_range > 0 and old_range > 0 and whole_range > 0:
            self.dimension = math.log2(2 * (new_range + old_range) / whole_range)
        return min(1.0, max(FRAMA_SLOWEST, math.exp(FRAMA_DECAY * (self.dimension - 1))))


FAMILY: Mapping[str, Definition] = {
    "KAMA": Definition(("value",), Reads.VALUE, lambda given: OfValue(Kaufman(given.period(least=2)))),
    "MAMA": Definition(("value", "signal"), Reads.VALUE, lambda given: Mesa()),
    "FRAMA": Definition(("value",), Reads.BOTH, lambda given: Fractal(given.period(least=2))),
    "VIDYA": Definition(("value",), Reads.VALUE, lambda given: OfValue(Vidya(given.period()))),
}
