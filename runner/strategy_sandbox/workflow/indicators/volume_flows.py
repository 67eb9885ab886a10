"""What was traded behind the moves of a period: CMF EMV FI VROC MFI KVO."""

import math
from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Definition, Formula, Reads, ratio
from strategy_sandbox.workflow.indicators.momentum import RateOfChange
from strategy_sandbox.workflow.indicators.ranges import Change, difference, median, typical
from strategy_sandbox.workflow.indicators.rolling import Sum, sma
from strategy_sandbox.workflow.indicators.smoothing import ema
from strategy_sandbox.workflow.indicators.volume_totals import money_flow_volume

EASE_SCALE = 100_000_000
KLINGER_PERIODS = (34, 55, 13)


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


class VolumeRateOfChange(Formula):
    memory = ("rate",)

    def __init__(self, period: int) -> None:
        self.rate = RateOfChange(period)
        self.warm_up = self.rate.warm_up

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        return (self.rate.step(bar.volume),)


class MoneyFlow(Formula):
    """The RSI of typical price times volume, with plain sums."""

    memory = ("price", "rising", "falling")

    def __init__(self, period: int) -> None:
        self.warm_up = period + 1
        self.price = math.nan
        self.rising, self.falling = Sum(period), Sum(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        price = typical(bar)
        change = difference(price, self.price)
        self.price = price
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
        rising = difference(price, self.price) > 0
        self.price, self.range = price, bar.high - bar.low
        if math.isnan(before):
            return (math.nan, math.nan)
        trend = 1 if rising else -1
        self.way = (self.way if trend == self.trend else before) + self.range
        self.trend = trend
        force = 100 * bar.volume * trend * abs(2 * ratio(self.range, self.way) - 1)
        line = self.fast.step(force) - self.slow.step(force)
        return (line, self.signal.step(line))


def _single(of: Callable[[int], Formula], least: int = 1) -> Definition:
    return Definition(("value",), Reads.PRICES, lambda given: of(given.period(least)))


FAMILY: Mapping[str, Definition] = {
    "CMF": _single(ChaikinMoneyFlow, least=2),
    "EMV": _single(EaseOfMovement),
    "FI": _single(Force),
    "VROC": _single(VolumeRateOfChange),
    "MFI": _single(MoneyFlow, least=2),
    "KVO": Definition(("value", "signal"), Reads.PRICES, lambda given: Klinger()),
}
