"""Running totals of what was traded: OBV VWAP AD NVI PVI PVT.

Their level depends on where history begins (VWAP: on the UTC day), their moves do not.
"""

import math
from collections.abc import Callable, Mapping

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import SMALLEST, Definition, Formula, Reads, ratio
from strategy_sandbox.workflow.indicators.ranges import typical

DAY_MS = 86_400_000
INDEX_START = 1_000.0


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


def _single(of: Callable[[], Formula]) -> Definition:
    return Definition(("value",), Reads.PRICES, lambda given: of())


FAMILY: Mapping[str, Definition] = {
    "OBV": _single(OnBalance),
    "VWAP": _single(VolumeWeightedPrice),
    "AD": _single(AccumulationDistribution),
    "NVI": _single(lambda: VolumeIndex(-1)),
    "PVI": _single(lambda: VolumeIndex(1)),
    "PVT": _single(PriceVolumeTrend),
}
