"""Bands around the price: BB BBWIDTH KC DC SQUEEZE."""

import math
from collections.abc import Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Definition, Formula, Reads, ratio
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import TrueRange, typical
from strategy_sandbox.workflow.indicators.rolling import Variance, highest, lowest, regression_end, sma
from strategy_sandbox.workflow.indicators.smoothing import Delayed, ema, wilder

KELTNER_RANGE_PERIOD = 10
SQUEEZE_RANGES = 1.5


class Bollinger(Formula):
    memory = ("average", "variance")

    def __init__(self, period: int, deviations: float) -> None:
        self.warm_up = period
        self.average = sma(period)
        self.variance = Variance(period)
        self._deviations = deviations

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        middle = self.average.step(value)
        reach = self._deviations * math.sqrt(self.variance.step(value))
        return (middle + reach, middle, middle - reach, ratio(2 * reach, middle))


class BollingerWidth(Bollinger):
    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        return super().step(bar, value)[3:]


class Keltner(Formula):
    """An EMA of the typical price and average true ranges around it; both seeds end on the same bar, as in TA-Lib."""

    memory = ("true_range", "average", "reach")

    def __init__(self, period: int, ranges: float) -> None:
        self.warm_up = max(period, KELTNER_RANGE_PERIOD + 1)
        self.true_range = TrueRange()
        self.average = Delayed(self.warm_up - period, ema(period))
        self.reach = Delayed(self.warm_up - 1 - KELTNER_RANGE_PERIOD, wilder(KELTNER_RANGE_PERIOD))
        self._ranges = ranges

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        middle = self.average.step(typical(bar))
        reach = self._ranges * self.reach.step(self.true_range.step(bar))
        return (middle + reach, middle, middle - reach)


class Donchian(Formula):
    memory = ("high", "low")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.high, self.low = highest(period), lowest(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        high, low = self.high.step(bar.high), self.low.step(bar.low)
        return (high, (high + low) / 2, low)


class Squeeze(Formula):
    """Momentum against the middle of channel and average; the signal is 1 while Bollinger is inside Keltner."""

    memory = ("channel", "bands", "true_range", "reach", "momentum")

    def __init__(self, period: int, deviations: float) -> None:
        self.warm_up = 2 * period - 1
        self.channel = Donchian(period)
        self.bands = Bollinger(period, deviations)
        self.true_range = TrueRange()
        self.reach = sma(period)
        self.momentum = regression_end(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        true_range = self.true_range.step(bar)
        reach = self.reach.step(bar.high - bar.low if math.isnan(true_range) else true_range)
        upper, average, _, _ = self.bands.step(bar, bar.close)
        _, middle, _ = self.channel.step(bar, value)
        if math.isnan(average):
            return (math.nan, math.nan)
        momentum = self.momentum.step(bar.close - (middle + average) / 2)
        return (momentum, float(upper - average < SQUEEZE_RANGES * reach))


def _multiplier(given: Parameters) -> float:
    return given.number("multiplier", 2.0, least=0.01, most=100.0)


FAMILY: Mapping[str, Definition] = {
    "BB": Definition(
        ("upper", "middle", "lower", "width"),
        Reads.VALUE,
        lambda given: Bollinger(given.period(least=2), _multiplier(given)),
    ),
    "BBWIDTH": Definition(
        ("value",), Reads.VALUE, lambda given: BollingerWidth(given.period(least=2), _multiplier(given))
    ),
    "KC": Definition(
        ("upper", "middle", "lower"), Reads.PRICES, lambda given: Keltner(given.period(), _multiplier(given))
    ),
    "DC": Definition(("upper", "middle", "lower"), Reads.PRICES, lambda given: Donchian(given.period(least=2))),
    "SQUEEZE": Definition(
        ("value", "signal"), Reads.PRICES, lambda given: Squeeze(given.period(least=2), _multiplier(given))
    ),
}
