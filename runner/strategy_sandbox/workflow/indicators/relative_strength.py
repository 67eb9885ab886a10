"""Gains against losses: RSI RMI STOCHRSI IFT_RSI QQE INERTIA."""

import math
from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Chain, Definition, Filter, Formula, OfValue, Reads, ratio
from strategy_sandbox.workflow.indicators.momentum import Momentum
from strategy_sandbox.workflow.indicators.moving_averages import wma
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import Change
from strategy_sandbox.workflow.indicators.rolling import Variance, highest, lowest, regression_end, sma
from strategy_sandbox.workflow.indicators.signal_lines import WithSignal
from strategy_sandbox.workflow.indicators.smoothing import ema, wilder

RMI_MOMENTUM = 5
QQE_SMOOTHING = 5
QQE_FACTOR = 4.236
IFT_SMOOTHING = 9
RSI_NOISE = 1e-9
RVI_DEVIATION, RVI_PERIOD = 10, 14


class RelativeStrength(Filter):
    """The share of the gains in all moves over `momentum` bars, Wilder-smoothed."""

    memory = ("momentum", "gains", "losses")

    def __init__(self, period: int, momentum: int = 1) -> None:
        self.warm_up = period + momentum
        self.momentum = Momentum(momentum)
        self.gains, self.losses = wilder(period), wilder(period)

    def take(self, value: float) -> float:
        move = self.momentum.step(value)
        gains, losses = self.gains.step(max(move, 0.0)), self.losses.step(max(-move, 0.0))
        return 100 * ratio(gains, gains + losses)


class Position(Filter):
    """Where an RSI is between the lowest (0) and the highest (100) of the window; 0 if it did not move."""

    memory = ("high", "low")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.high, self.low = highest(period), lowest(period)

    def take(self, value: float) -> float:
        high, low = self.high.step(value), self.low.step(value)
        # While the price stands still the RSI only rounds to and fro: that is no range.
        return 100 * ratio(value - low, 0.0 if high - low <= RSI_NOISE else high - low)


class InverseFisher(Filter):
    """The hyperbolic tangent of a smoothed RSI that was brought to -5 … 5."""

    memory = ("rsi", "smoothing")

    def __init__(self, period: int) -> None:
        self.rsi = RelativeStrength(period)
        self.smoothing = wma(IFT_SMOOTHING)
        self.warm_up = self.rsi.warm_up + IFT_SMOOTHING - 1

    def take(self, value: float) -> float:
        return math.tanh(self.smoothing.step(0.1 * (self.rsi.step(value) - 50)))


class Qqe(Formula):
    """A smoothed RSI and a line that trails it by a multiple of its own smoothed moves."""

    memory = ("rsi", "change", "moves", "before", "trail")

    def __init__(self, period: int) -> None:
        self.rsi = Chain(RelativeStrength(period), ema(QQE_SMOOTHING))
        self.change = Change()
        self.moves = Chain(ema(2 * period - 1), ema(2 * period - 1))
        self.before = math.nan
        self.trail = 0.0
        self.warm_up = self.rsi.warm_up + self.moves.warm_up

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        rsi = self.rsi.step(value)
        before, self.before = self.before, rsi
        moves = self.moves.step(abs(self.change.step(rsi)))
        if math.isnan(moves):
            return (rsi, math.nan)
        self.trail = self._follow(before, rsi, QQE_FACTOR * moves)
        return (rsi, self.trail)

    def _follow(self, before: float, rsi: float, distance: float) -> float:
        """The line only moves towards the RSI while the RSI stays on its side."""
        if rsi < self.trail:
            above = rsi + distance
            return min(above, self.trail) if before < self.trail else above
        if rsi > self.trail:
            below = rsi - distance
            return max(below, self.trail) if before > self.trail else below
        return self.trail


class RelativeVolatility(Filter):
    """The RSI of standard deviations: those of rising bars against all."""

    memory = ("change", "variance", "rising", "falling")

    def __init__(self) -> None:
        self.change = Change()
        self.variance = Variance(RVI_DEVIATION)
        self.rising, self.falling = wilder(RVI_PERIOD), wilder(RVI_PERIOD)
        self.warm_up = RVI_DEVIATION + RVI_PERIOD - 1

    def take(self, value: float) -> float:
        change, variance = self.change.step(value), self.variance.step(value)
        if math.isnan(variance):
            return math.nan
        deviation = math.sqrt(variance)
        rising = self.rising.step(deviation if change > 0 else 0.0)
        falling = self.falling.step(deviation if change < 0 else 0.0)
        return 50.0 if rising + falling == 0 else 100 * rising / (rising + falling)


def _stochastic_rsi(given: Parameters) -> Formula:
    rsi = RelativeStrength(given.period(least=2))
    k_period, slowing, d_period = given.stochastic_periods()
    return WithSignal(Chain(rsi, Position(k_period), sma(slowing)), sma(d_period))


def _of_period(of: Callable[[int], Filter]) -> Definition:
    return Definition(("value",), Reads.VALUE, lambda given: OfValue(of(given.period(least=2))))


FAMILY: Mapping[str, Definition] = {
    "RSI": _of_period(RelativeStrength),
    "STOCHRSI": Definition(("k", "d"), Reads.VALUE, _stochastic_rsi),
    "RMI": _of_period(lambda period: RelativeStrength(period, RMI_MOMENTUM)),
    "IFT_RSI": _of_period(InverseFisher),
    "QQE": Definition(("value", "signal"), Reads.VALUE, lambda given: Qqe(given.period(least=2))),
    "INERTIA": _of_period(lambda period: Chain(RelativeVolatility(), regression_end(period))),
}
