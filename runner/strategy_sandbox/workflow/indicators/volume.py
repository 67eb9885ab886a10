"""What was traded behind the price: OBV VWAP AD CMF EMV FI NVI PVI PVT VROC MFI KVO.

OBV, AD, NVI, PVI and PVT are running totals: their level depends on where history begins, their moves do not.
"""

import math
from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import SMALLEST, Definition, Formula, Reads, ratio
from strategy_sandbox.workflow.indicators.momentum import RateOfChange
from strategy_sandbox.workflow.indicators.parameters import Parameters
from strategy_sandbox.workflow.indicators.ranges import Change, median, typical
from strategy_sandbox.workflow.indicators.rolling import Sum, sma
from strategy_sandbox.workflow.indicators.smoothing import ema

DAY_MS = 86_400_000
EASE_SCALE = 100_000_000
INDEX_START = 1_000.0
KLINGER_PERIODS = (34, 55, 13)


def money_flow_volume(bar: PriceBar) -> float:
    """The volume, weighed from -1 (close at the low) to 1 (close at the high)."""
    return ratio((bar.close - bar.low) - (bar.high - bar.close), bar.high - bar.low) * bar.volume


class OnBalance(Formula):
    memory = ("close", "total")
    warm_up = 1

    def __init__(self) -> None:
        self.close = math.nan
        self.total = 0.0

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        if bar.close < self.close:
            self.total -= bar.volume
        elif bar.close != self.close:  # also on the first bar, as in TA-Lib
            self.total += bar.volume
        self.close = bar.close
        return (self.total,)


class VolumeWeightedPrice(Formula):
    """Since the beginning of the UTC day; undefined while nothing was traded."""

    memory = ("day", "traded", "volume")
    warm_up = 1

    def __init__(self) -> None:
        self.day = -1
        self.traded = self.volume = 0.0

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        day = bar.open_time_ms // DAY_MS
        if day != self.day:
            self.day, self.traded, self.volume = day, 0.0, 0.0
        self.traded += typical(bar) * bar.volume
        self.volume += bar.volume
        return (self.traded / self.volume if self.volume > SMALLEST else math.nan,)


class AccumulationDistribution(Formula):
    memory = ("total",)
    warm_up = 1

    def __init__(self) -> None:
        self.total = 0.0

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        self.total += money_flow_volume(bar)
        return (self.total,)


class ChaikinMoneyFlow(Formula):
    memory = ("flow", "volume")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.flow, self.volume = Sum(period), Sum(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        flow, volume = self.flow.step(money_flow_volume(bar)), self.volume.step(bar.volume)
        return (ratio(flow, volume),)


class EaseOfMovement(Formula):
    """The mean of the moves of the bar's middle, each by its range and against its volume."""

    memory = ("change", "average")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.change = Change()
        self.average = sma(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        change = self.change.step(median(bar))
        return (self.average.step(ratio(change * (bar.high - bar.low), bar.volume / EASE_SCALE)),)


class Force(Formula):
    memory = ("change", "average")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.change = Change()
        self.average = ema(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        change = self.change.step(bar.close)
        return (self.average.step(change * bar.volume),)


class VolumeIndex(Formula):
    """An index that moves with the price only on bars of rising (sign 1) or falling (sign -1) volume."""

    memory = ("close", "volume", "level")
    warm_up = 1

    def __init__(self, sign: int) -> None:
        self.close = self.volume = math.nan
        self.level = INDEX_START
        self._sign = sign

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        if self._sign * (bar.volume - self.volume) > 0:
            self.level += self.level * ratio(bar.close - self.close, self.close)
        self.close, self.volume = bar.close, bar.volume
        return (self.level,)


class PriceVolumeTrend(Formula):
    memory = ("close", "total")
    warm_up = 1

    def __init__(self) -> None:
        self.close = math.nan
        self.total = 0.0

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        if not math.isnan(self.close):
            self.total += bar.volume * ratio(bar.close - self.close, self.close)
        self.close = bar.close
        return (self.total,)


class VolumeRateOfChange(Formula):
    memory = ("rate",)

    def __init__(self, period: int) -> None:
        self.rate = RateOfChange(period)
        self.warm_up = self.rate.warm_up

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        return (self.rate.step(bar.volume),)


class MoneyFlow(Formula):
    """The RSI of typical price times volume, with plain sums."""

    memory = ("change", "rising", "falling")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.change = Change()
        self.rising, self.falling = Sum(period), Sum(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        price = typical(bar)
        change = self.change.step(price)
        if math.isnan(change):
            return (math.nan,)
        rising = self.rising.step(price * bar.volume if change > 0 else 0.0)
        falling = self.falling.step(price * bar.volume if change < 0 else 0.0)
        return (100 * ratio(rising, rising + falling),)


class Klinger(Formula):
    """Volume force: the volume, signed by the trend of high + low + close and weighed by how much
    of the range of this trend so far the bar alone makes up; fast less slow EMA of it, and a signal line."""

    memory = ("price", "range", "trend", "way", "fast", "slow", "signal")

    def __init__(self) -> None:
        fast, slow, signal = KLINGER_PERIODS
        self.price = self.range = math.nan
        self.trend = 0
        self.way = 0.0
        self.fast, self.slow, self.signal = ema(fast), ema(slow), ema(signal)
        self.warm_up = slow + signal

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        price, before = bar.high + bar.low + bar.close, self.range
        rising, self.price, self.range = price > self.price, price, bar.high - bar.low
        if math.isnan(before):
            return (math.nan, math.nan)
        trend = 1 if rising else -1
        self.way = (self.way if trend == self.trend else before) + self.range
        self.trend = trend
        force = 100 * bar.volume * trend * abs(2 * ratio(self.range, self.way) - 1)
        line = self.fast.step(force) - self.slow.step(force)
        return (line, self.signal.step(line))


def _single(of: Callable[[Parameters], Formula]) -> Definition:
    return Definition(("value",), Reads.PRICES, of)


FAMILY: Mapping[str, Definition] = {
    "OBV": _single(lambda given: OnBalance()),
    "VWAP": _single(lambda given: VolumeWeightedPrice()),
    "AD": _single(lambda given: AccumulationDistribution()),
    "CMF": _single(lambda given: ChaikinMoneyFlow(given.period(least=2))),
    "EMV": _single(lambda given: EaseOfMovement(given.period())),
    "FI": _single(lambda given: Force(given.period())),
    "NVI": _single(lambda given: VolumeIndex(-1)),
    "PVI": _single(lambda given: VolumeIndex(1)),
    "PVT": _single(lambda given: PriceVolumeTrend()),
    "VROC": _single(lambda given: VolumeRateOfChange(given.period())),
    "MFI": _single(lambda given: MoneyFlow(given.period(least=2))),
    "KVO": Definition(("value", "signal"), Reads.PRICES, lambda given: Klinger()),
}
