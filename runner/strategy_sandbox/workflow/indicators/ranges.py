"""What a bar is against the one before: true range, change, direction. The first bar has none."""

import math

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.formula import Filter
from strategy_sandbox.workflow.indicators.memory import Remembers


class Change(Filter):
    """The difference to the value before."""

    memory = ("before",)
    warm_up = 2

    def __init__(self) -> None:
        self.before = math.nan

    def take(self, value: float) -> float:
        change = value - self.before
        self.before = value
        return change


ROUNDING = 1e-14


def difference(after: float, before: float) -> float:
    """Between prices that were calculated: 0 where the two differ by their rounding only, as in TA-Lib."""
    found = after - before
    return 0.0 if abs(found) <= ROUNDING * (abs(after) + abs(before)) else found


class TrueRange(Remembers):
    memory = ("close",)

    def __init__(self) -> None:
        self.close = math.nan

    def step(self, bar: PriceBar) -> float:
        close, self.close = self.close, bar.close
        # NaN first: max() then keeps it.
        return max(abs(bar.high - close), abs(bar.low - close), bar.high - bar.low)


def typical(bar: PriceBar) -> float:
    return (bar.high + bar.low + bar.close) / 3


def median(bar: PriceBar) -> float:
    return (bar.high + bar.low) / 2
