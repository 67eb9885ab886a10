"""How wide the price moves: ATR NATR TRANGE STDDEV VAR UI THERMO CHOP."""

import math
from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import SMALLEST, Definition, Filter, Formula, OfValue, Reads, ratio
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import TrueRange
from strategy_sandbox.workflow.indicators.rolling import Sum, Variance, highest, lowest, sma
from strategy_sandbox.workflow.indicators.smoothing import ema, wilder


class TrueRanges(Formula):
    """The true range, smoothed if asked for, as a level or in percent of the close."""

    memory = ("true_range", "smoothing")

    def __init__(self, smoothing: Filter, *, percent: bool = False) -> None:
        self.warm_up = smoothing.warm_up + 1
        self.true_range = TrueRange()
        self.smoothing = smoothing
        self._percent = percent

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        average = self.smoothing.step(self.true_range.step(bar))
        return (100 * ratio(average, bar.close) if self._percent else average,)


class Deviation(Filter):
    memory = ("variance",)

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.variance = Variance(period)

    def take(self, value: float) -> float:
        return math.sqrt(self.variance.step(value))


class Ulcer(Filter):
    """The quadratic mean of the percentages below the highest value."""

    memory = ("high", "squares")

    def __init__(self, period: int) -> None:
        self.warm_up = 2 * period - 1
        self.high = highest(period)
        self.squares = sma(period)

    def take(self, value: float) -> float:
        high = self.high.step(value)
        return math.sqrt(self.squares.step((100 * ratio(value - high, high)) ** 2))


class Thermometer(Formula):
    """How far the bar sticks out of the one before; the signal is its EMA."""

    memory = ("high", "low", "average")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.high = self.low = math.nan
        self.average = ema(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        high, low, self.high, self.low = self.high, self.low, bar.high, bar.low
        out = max(bar.high - high, low - bar.low, 0.0)  # NaN first: max() then keeps it
        return (out, self.average.step(out))


class Choppiness(Formula):
    """The way against the range, on a logarithmic scale; undefined while the window has no range."""

    memory = ("true_range", "way", "high", "low")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.true_range = TrueRange()
        self.way = Sum(period)
        self.high, self.low = highest(period), lowest(period)
        self._scale = 100 / math.log10(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        way = self.way.step(self.true_range.step(bar))
        across = self.high.step(bar.high) - self.low.step(bar.low)
        return (self._scale * math.log10(way / across) if across > SMALLEST and way > 0 else math.nan,)


def _of_prices(of: Callable[[Parameters], Formula], *outputs: str) -> Definition:
    return Definition(outputs or ("value",), Reads.PRICES, of)


def _of_value(of: Callable[[int], Filter], least: int) -> Definition:
    return Definition(("value",), Reads.VALUE, lambda given: OfValue(of(given.period(least))))


FAMILY: Mapping[str, Definition] = {
    "ATR": _of_prices(lambda given: TrueRanges(wilder(given.period()))),
    "NATR": _of_prices(lambda given: TrueRanges(wilder(given.period()), percent=True)),
    "TRANGE": _of_prices(lambda given: TrueRanges(sma(1))),
    "STDDEV": _of_value(Deviation, least=2),
    "VAR": _of_value(Variance, least=2),
    "UI": _of_value(Ulcer, least=2),
    "THERMO": _of_prices(lambda given: Thermometer(given.period()), "value", "signal"),
    "CHOP": _of_prices(lambda given: Choppiness(given.period(least=2))),
}
