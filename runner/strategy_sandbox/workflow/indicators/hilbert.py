"""MAMA: Ehlers' adaptive average, its speed from the phase of the dominant cycle (a discrete Hilbert transform)."""

import math
from collections import deque

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Formula
from strategy_sandbox.workflow.indicators.memory import Remembers
from strategy_sandbox.workflow.indicators.moving_averages import wma

FAST_LIMIT, SLOW_LIMIT = 0.5, 0.05
SHORTEST_CYCLE, LONGEST_CYCLE = 6.0, 50.0
QUIET_BARS = 12
"""Bars that only fill the price smoother, and 20 more that only fill the transforms: TA-Lib's 32."""


def _silence(bars: int) -> deque[float]:
    return deque([0.0] * bars, maxlen=bars)


class Transform(Remembers):
    """A quarter-cycle shift of the last seven values."""

    memory = ("window",)

    def __init__(self) -> None:
        self.window = _silence(7)

    def step(self, value: float, cycle: float) -> float:
        window = self.window
        window.append(value)
        shifted = 0.0962 * (window[6] - window[0]) + 0.5769 * (window[4] - window[2])
        return shifted * (0.075 * cycle + 0.54)


class Cycle(Remembers):
    """The phase of the cycle at each smoothed price, and the cycle's length for the next."""

    memory = ("detrender", "quadrature", "ahead_i", "ahead_q", "delayed", "i2", "q2", "re", "im", "length")

    def __init__(self) -> None:
        self.detrender, self.quadrature = Transform(), Transform()
        self.ahead_i, self.ahead_q = Transform(), Transform()
        self.delayed = _silence(4)
        self.i2 = self.q2 = self.re = self.im = self.length = 0.0

    def phase(self, price: float) -> float:
        """In degrees."""
        detrended = self.detrender.step(price, self.length)
        q1 = self.quadrature.step(detrended, self.length)
        self.delayed.append(detrended)
        i1 = self.delayed[0]
        i2 = 0.2 * (i1 - self.ahead_q.step(q1, self.length)) + 0.8 * self.i2
        q2 = 0.2 * (q1 + self.ahead_i.step(i1, self.length)) + 0.8 * self.q2
        self.re = 0.2 * (i2 * self.i2 + q2 * self.q2) + 0.8 * self.re
        self.im = 0.2 * (i2 * self.q2 - q2 * self.i2) + 0.8 * self.im
        self.i2, self.q2 = i2, q2
        self.length = self._next_length()
        return math.degrees(math.atan(q1 / i1)) if i1 else 0.0

    def _next_length(self) -> float:
        turn = math.degrees(math.atan(self.im / self.re)) if self.im and self.re else 0.0
        length = 360 / turn if turn else self.length
        length = max(min(length, 1.5 * self.length), 0.67 * self.length)
        return 0.2 * min(max(length, SHORTEST_CYCLE), LONGEST_CYCLE) + 0.8 * self.length


class Mesa(Formula):
    """MAMA and, half as fast, FAMA."""

    memory = ("smoother", "cycle", "count", "before", "mama", "fama")

    def __init__(self) -> None:
        self.warm_up = QUIET_BARS + 21
        self.smoother = wma(4)
        self.cycle = Cycle()
        self.count = 0
        self.before = self.mama = self.fama = 0.0

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        price = self.smoother.step(value)
        self.count = min(self.count + 1, self.warm_up)
        if self.count <= QUIET_BARS:
            return (math.nan, math.nan)
        phase = self.cycle.phase(price)
        turn, self.before = max(self.before - phase, 1.0), phase
        weight = max(FAST_LIMIT / turn, SLOW_LIMIT)
        self.mama += weight * (value - self.mama)
        self.fama += weight / 2 * (self.mama - self.fama)
        return (self.mama, self.fama) if self.count == self.warm_up else (math.nan, math.nan)
