"""Which way the price goes and how strongly: ADX DMI AROON VORTEX Ichimoku."""

import math
from collections.abc import Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Definition, Formula, Reads, ratio
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


FAMILY: Mapping[str, Definition] = {
    "ADX": Definition(
        ("adx", "di_plus", "di_minus"), Reads.PRICES, lambda given: DirectionalMovement(given.period(least=2))
    ),
    "DMI": Definition(
        ("dmi_plus", "dmi_minus", "adx"), Reads.PRICES, lambda given: DirectionalIndex(given.period(least=2))
    ),
    "AROON": Definition(("aroon_up", "aroon_down"), Reads.PRICES, lambda given: Aroon(given.period(least=2))),
    "VORTEX": Definition(("vi_plus", "vi_minus"), Reads.PRICES, lambda given: Vortex(given.period(least=2))),
    "Ichimoku": Definition(
        ("tenkan", "kijun", "senkou_a", "senkou_b", "chikou"), Reads.PRICES, lambda given: Ichimoku()
    ),
}
