"""Averages with fixed weights: SMA EMA WMA VWMA HMA DEMA TEMA ZLEMA ALMA T3 TRIMA LSMA."""

import math
from collections.abc import Callable, Mapping, Sequence

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import SMALLEST, Chain, Definition, Filter, Formula, OfValue, Reads
from strategy_sandbox.workflow.indicators.rolling import Lag, Sum, Weighted, regression_end, sma
from strategy_sandbox.workflow.indicators.smoothing import ema

T3_VOLUME_FACTOR = 0.7
ALMA_OFFSET = 0.85
ALMA_SIGMA = 6.0


def wma(period: int) -> Weighted:
    return Weighted([float(place + 1) for place in range(period)])


def trima(period: int) -> Weighted:
    """Weights rise to the middle of the window and fall again."""
    return Weighted([float(min(place + 1, period - place)) for place in range(period)])


def alma(period: int) -> Weighted:
    """A Gaussian over the window, its centre at 85 % towards the newest value."""
    centre, width = ALMA_OFFSET * (period - 1), period / ALMA_SIGMA
    return Weighted([math.exp(-((place - centre) ** 2) / (2 * width**2)) for place in range(period)])


class Cascade(Filter):
    """A combination of an EMA, the EMA of that EMA, and so on; the coefficients add up to 1."""

    memory = ("stages",)

    def __init__(self, period: int, coefficients: Sequence[float]) -> None:
        self.stages = tuple(ema(period) for _ in coefficients)
        self.warm_up = len(coefficients) * (period - 1) + 1
        self._coefficients = tuple(coefficients)

    def take(self, value: float) -> float:
        levels = []
        for stage in self.stages:
            value = stage.step(value)
            levels.append(value)
        return value + sum(factor * (level - value) for factor, level in zip(self._coefficients, levels, strict=True))


def dema(period: int) -> Cascade:
    return Cascade(period, (2, -1))


def tema(period: int) -> Cascade:
    return Cascade(period, (3, -3, 1))


def t3(period: int) -> Cascade:
    v = T3_VOLUME_FACTOR
    return Cascade(period, (0, 0, (1 + v) ** 3, -3 * v * (1 + v) ** 2, 3 * v**2 * (1 + v), -(v**3)))


class Faster(Filter):
    """Twice the fast average less the slow one."""

    memory = ("fast", "slow")

    def __init__(self, fast: Filter, slow: Filter) -> None:
        self.warm_up = max(fast.warm_up, slow.warm_up)
        self.fast = fast
        self.slow = slow

    def take(self, value: float) -> float:
        fast, slow = self.fast.step(value), self.slow.step(value)
        return fast + (fast - slow)


def hma(period: int) -> Filter:
    return Chain(Faster(wma(period // 2), wma(period)), wma(math.isqrt(period)))


def zlema(period: int) -> Filter:
    """The EMA of the value and its gain over half a period."""
    return Chain(Faster(Lag(0), Lag((period - 1) // 2)), ema(period))


class VolumeWeighted(Formula):
    """Undefined while the window has no volume."""

    memory = ("traded", "volume")

    def __init__(self, period: int) -> None:
        self.warm_up = period
        self.traded = Sum(period)
        self.volume = Sum(period)

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        traded, volume = self.traded.step(value * bar.volume), self.volume.step(bar.volume)
        return (traded / volume if volume > SMALLEST else math.nan,)


def _average(of: Callable[[int], Filter], least: int = 1) -> Definition:
    return Definition(("value",), Reads.VALUE, lambda given: OfValue(of(given.period(least))))


FAMILY: Mapping[str, Definition] = {
    "SMA": _average(sma),
    "EMA": _average(ema),
    "WMA": _average(wma),
    "VWMA": Definition(("value",), Reads.BOTH, lambda given: VolumeWeighted(given.period())),
    "HMA": _average(hma, least=2),
    "DEMA": _average(dema),
    "TEMA": _average(tema),
    "ZLEMA": _average(zlema),
    "ALMA": _average(alma),
    "T3": _average(t3),
    "TRIMA": _average(trima),
    "LSMA": _average(regression_end, least=2),
}
