"""Where the price stands in its own range: STOCH KDJ WILLIAMS CCI UO AO AC BOP FISHER."""

import math
from collections import deque
from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Definition, Filter, Formula, Reads, ratio
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import TrueRange, difference, median, typical
from strategy_sandbox.workflow.indicators.rolling import Sum, highest, lowest, mean, sma
from strategy_sandbox.workflow.indicators.smoothing import wilder

CCI_SCALE = 0.015
ULTIMATE_PERIODS = (7, 14, 28)
ULTIMATE_WEIGHTS = (4, 2, 1)
AWESOME_PERIODS = (5, 34)
ACCELERATOR_PERIOD = 5
FISHER_WEIGHT, FISHER_LIMIT, FISHER_CLAMP = 0.33, 0.99, 0.999


class Stochastic(Formula):
    """%K and %D; both smoothed by means, or by Wilder's smoothing for KDJ."""

    memory = ("high", "low", "k", "d")

    def __init__(self, period: int, k: Filter, d: Filter) -> None:
        self.warm_up = period + k.warm_up + d.warm_up - 2
        self.high, self.low = highest(period), lowest(period)
        self.k, self.d = k, d

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        high, low = self.high.step(bar.high), self.low.step(bar.low)
        k = self.k.step(100 * ratio(bar.close - low, high - low))
        return k, self.d.step(k)


class Kdj(Stochastic):
    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        k, d = super().step(bar, value)
        return k, d, 3 * k - 2 * d


class WilliamsR(Formula):
    memory = ("high", "low")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.high, self.low = highest(period), lowest(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        high, low = self.high.step(bar.high), self.low.step(bar.low)
        return (100 * ratio(bar.close - high, high - low),)


class CommodityChannel(Formula):
    memory = ("window",)

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.window: deque[float] = deque(maxlen=period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        price = typical(bar)
        self.window.append(price)
        if len(self.window) < self.warm_up:
            return (math.nan,)
        centre = mean(self.window)
        deviation = math.fsum([abs(each - centre) for each in self.window]) / self.warm_up
        return (ratio(difference(price, centre), CCI_SCALE * deviation),)


class Ultimate(Formula):
    """Buying pressure against true range over three periods."""

    memory = ("close", "true_range", "pressures", "ranges")

    def __init__(self) -> None:
        self.warm_up = max(ULTIMATE_PERIODS) + 1
        self.close = math.nan
        self.true_range = TrueRange()
        self.pressures = tuple(Sum(period) for period in ULTIMATE_PERIODS)
        self.ranges = tuple(Sum(period) for period in ULTIMATE_PERIODS)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        close, self.close = self.close, bar.close
        true_range = self.true_range.step(bar)
        pressure = bar.close - min(close, bar.low)  # NaN first: min() then keeps it
        shares = [
            (pressures.step(pressure), ranges.step(true_range))
            for pressures, ranges in zip(self.pressures, self.ranges, strict=True)
        ]
        weighted = sum(
            weight * ratio(part, total) for weight, (part, total) in zip(ULTIMATE_WEIGHTS, shares, strict=True)
        )
        return (100 * weighted / sum(ULTIMATE_WEIGHTS),)


class Awesome(Formula):
    memory = ("fast", "slow")

    def __init__(self) -> None:
        fast, slow = AWESOME_PERIODS
        self.warm_up = slow
        self.fast, self.slow = sma(fast), sma(slow)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        price = median(bar)
        return (self.fast.step(price) - self.slow.step(price),)


class Accelerator(Formula):
    memory = ("awesome", "average")

    def __init__(self) -> None:
        self.awesome = Awesome()
        self.average = sma(ACCELERATOR_PERIOD)
        self.warm_up = self.awesome.warm_up + ACCELERATOR_PERIOD - 1

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        (awesome,) = self.awesome.step(bar, value)
        return (awesome - self.average.step(awesome),)


class BalanceOfPower(Formula):
    warm_up = 1

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        return (ratio(bar.close - bar.open, bar.high - bar.low),)


class Fisher(Formula):
    """The place in the window, smoothed, made Gaussian; the signal is the value of the bar before."""

    memory = ("high", "low", "place", "fisher")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.high, self.low = highest(period), lowest(period)
        self.place = 0.0
        self.fisher = math.nan

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        high, low = self.high.step(value), self.low.step(value)
        if math.isnan(high):
            return (math.nan, math.nan)
        # A window without a range is in its own middle.
        centred = (value - low) / (high - low) - 0.5 if high > low else 0.0
        place = 2 * FISHER_WEIGHT * centred + (1 - FISHER_WEIGHT) * self.place
        self.place = math.copysign(FISHER_CLAMP, place) if abs(place) > FISHER_LIMIT else place
        signal = self.fisher
        self.fisher = math.atanh(self.place) + (0.0 if math.isnan(signal) else 0.5 * signal)
        return (self.fisher, signal)


def _stochastic(given: Parameters) -> Formula:
    k_period, slowing, d_period = given.stochastic_periods()
    return Stochastic(k_period, sma(slowing), sma(d_period))


def _kdj(given: Parameters) -> Formula:
    k_period, slowing, d_period = given.stochastic_periods()
    return Kdj(k_period, wilder(slowing), wilder(d_period))


def _of_prices(of: Callable[[Parameters], Formula]) -> Definition:
    return Definition(("value",), Reads.PRICES, of)


FAMILY: Mapping[str, Definition] = {
    "STOCH": Definition(("k", "d"), Reads.PRICES, _stochastic),
    "KDJ": Definition(("k", "d", "j"), Reads.PRICES, _kdj),
    "WILLIAMS": _of_prices(lambda given: WilliamsR(given.period(least=2))),
    "CCI": _of_prices(lambda given: CommodityChannel(given.period(least=2))),
    "UO": _of_prices(lambda given: Ultimate()),
    "AO": _of_prices(lambda given: Awesome()),
    "AC": _of_prices(lambda given: Accelerator()),
    "BOP": _of_prices(lambda given: BalanceOfPower()),
    "FISHER": Definition(("value", "signal"), Reads.VALUE, lambda given: Fisher(given.period(least=2))),
}
