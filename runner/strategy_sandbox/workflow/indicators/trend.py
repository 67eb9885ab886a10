"""Which way the price goes and how strongly: ADX DMI AROON VORTEX PSAR Ichimoku."""

import math
from collections.abc import Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Definition, Formula, Reads, ratio
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import TrueRange
from strategy_sandbox.workflow.indicators.rolling import Lag, Sum, highest, lowest
from strategy_sandbox.workflow.indicators.smoothing import WilderSum, wilder

ICHIMOKU_PERIODS = (9, 26, 52)
ICHIMOKU_SHIFT = 26


class DirectionalMovement(Formula):
    """Wilder's ADX, +DI and -DI."""

    memory = ("high", "low", "true_range", "ranges", "ups", "downs", "average")

    def __init__(self, period: int) -> None:
        self.warm_up = 2 * period
        self.high = self.low = math.nan
        self.true_range = TrueRange()
        self.ranges, self.ups, self.downs = WilderSum(period), WilderSum(period), WilderSum(period)
        self.average = wilder(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        rise, fall = bar.high - self.high, self.low - bar.low
        self.high, self.low = bar.high, bar.low
        true_range = self.true_range.step(bar)
        if math.isnan(true_range):
            return (math.nan, math.nan, math.nan)
        ranges = self.ranges.step(true_range)
        ups = self.ups.step(rise if rise > max(fall, 0.0) else 0.0)
        downs = self.downs.step(fall if fall > max(rise, 0.0) else 0.0)
        plus, minus = 100 * ratio(ups, ranges), 100 * ratio(downs, ranges)
        return (self.average.step(100 * ratio(abs(plus - minus), plus + minus)), plus, minus)


class DirectionalIndex(DirectionalMovement):
    """The same in the order of the editor's DMI ports."""

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        strength, plus, minus = super().step(bar, value)
        return (plus, minus, strength)


class Aroon(Formula):
    """How new the highest and the lowest of the last period + 1 bars are, in percent."""

    memory = ("high", "low")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.high, self.low = highest(period + 1), lowest(period + 1)
        self._period = period

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        self.low.step(bar.low)
        if math.isnan(self.high.step(bar.high)):
            return (math.nan, math.nan)
        up, down = (100 * (self._period - extreme.age) / self._period for extreme in (self.high, self.low))
        return (up, down)


class Vortex(Formula):
    memory = ("high", "low", "true_range", "ranges", "ups", "downs")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.high = self.low = math.nan
        self.true_range = TrueRange()
        self.ranges, self.ups, self.downs = Sum(period), Sum(period), Sum(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        up, down = abs(bar.high - self.low), abs(bar.low - self.high)
        self.high, self.low = bar.high, bar.low
        ranges = self.ranges.step(self.true_range.step(bar))
        return (ratio(self.ups.step(up), ranges), ratio(self.downs.step(down), ranges))


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


class Middle(Formula):
    """Half way between the highest high and the lowest low."""

    memory = ("high", "low")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.high, self.low = highest(period), lowest(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        return ((self.high.step(bar.high) + self.low.step(bar.low)) / 2,)


class Ichimoku(Formula):
    """The two lines, the cloud that was projected onto this bar 26 bars ago, and the close that lags behind."""

    memory = ("lines", "cloud_a", "cloud_b")

    def __init__(self) -> None:
        self.lines = tuple(Middle(period) for period in ICHIMOKU_PERIODS)
        self.cloud_a, self.cloud_b = Lag(ICHIMOKU_SHIFT), Lag(ICHIMOKU_SHIFT)
        self.warm_up = max(ICHIMOKU_PERIODS) + ICHIMOKU_SHIFT

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        tenkan, kijun, slow = (line.step(bar, value)[0] for line in self.lines)
        return (tenkan, kijun, self.cloud_a.step((tenkan + kijun) / 2), self.cloud_b.step(slow), bar.close)


def _parabolic(given: Parameters) -> Formula:
    acceleration = given.number("acceleration", 0.02, least=0.0001, most=1.0)
    return ParabolicStop(acceleration, given.number("maximum", 0.2, least=0.0001, most=1.0))


FAMILY: Mapping[str, Definition] = {
    "ADX": Definition(
        ("adx", "di_plus", "di_minus"), Reads.PRICES, lambda given: DirectionalMovement(given.period(least=2))
    ),
    "DMI": Definition(
        ("dmi_plus", "dmi_minus", "adx"), Reads.PRICES, lambda given: DirectionalIndex(given.period(least=2))
    ),
    "AROON": Definition(("aroon_up", "aroon_down"), Reads.PRICES, lambda given: Aroon(given.period(least=2))),
    "VORTEX": Definition(("vi_plus", "vi_minus"), Reads.PRICES, lambda given: Vortex(given.period(least=2))),
    "PSAR": Definition(("value", "signal"), Reads.PRICES, _parabolic),
    "Ichimoku": Definition(
        ("tenkan", "kijun", "senkou_a", "senkou_b", "chikou"), Reads.PRICES, lambda given: Ichimoku()
    ),
}
