"""The two forms of a calculation: a filter (one number in, one out) and a formula (a bar in, all outputs out).

A filter returns NaN until it is defined, and passes NaN on without taking it in: so the warm-up of one filter
is no input of the next. Formulas are run by `Restarting`, which answers for undefined input: what comes after a
hole is calculated as if the hole were the beginning of history.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from strategy_sandbox.workflow.indicators.bars import PriceBar
from strategy_sandbox.workflow.indicators.memory import Remembers
from strategy_sandbox.workflow.indicators.parameters import Parameters

LARGEST = 1e75
SMALLEST = 1e-75
"""Larger numbers are no prices and count as undefined; smaller divisors count as 0. Between them nothing overflows."""


def ratio(numerator: float, denominator: float) -> float:
    """A quotient that is 0 where the denominator is: the rule of TA-Lib's oscillators."""
    if abs(denominator) > SMALLEST:
        return numerator / denominator
    return math.nan if math.isnan(numerator) or math.isnan(denominator) else 0.0


class Filter(Remembers, ABC):
    warm_up: int
    """Inputs until the first defined output."""

    def step(self, value: float) -> float:
        return math.nan if math.isnan(value) else self.take(value)

    @abstractmethod
    def take(self, value: float) -> float:
        """The output at this defined input."""


class Chain(Filter):
    """Filters one after the other, each fed with the defined outputs of the one before."""

    memory = ("filters",)

    def __init__(self, *filters: Filter) -> None:
        self.filters = filters
        self.warm_up = sum(each.warm_up for each in filters) - len(filters) + 1

    def take(self, value: float) -> float:
        for each in self.filters:
            value = each.step(value)
        return value


class Formula(Remembers, ABC):
    warm_up: int
    """Bars until the first defined value of every output."""

    @abstractmethod
    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        """The outputs at this bar."""


class OfValue(Formula):
    """A filter over the chosen source."""

    memory = ("filter",)

    def __init__(self, of: Filter) -> None:
        self.filter = of
        self.warm_up = of.warm_up

    def step(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        return (self.filter.step(value),)


class Reads(Enum):
    VALUE = "the chosen source"
    PRICES = "the bar's own prices and volume"
    BOTH = "the chosen source and the bar"


@dataclass(frozen=True, slots=True)
class Definition:
    outputs: tuple[str, ...]
    reads: Reads
    open: Callable[[Parameters], Formula]


class Indicator(Protocol):
    outputs: tuple[str, ...]
    """In the order of the editor's ports output-1, output-2, …"""
    warm_up: int
    """Bars until the first defined value of every output."""

    def update(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        """The outputs at the close of this bar; NaN where not defined. `value` is the chosen source at this bar."""

    def snapshot(self) -> list[Any]: ...

    def restore(self, state: list[Any]) -> None: ...


class Restarting:
    """An `Indicator` over a formula that starts anew after a bar with an undefined input."""

    def __init__(self, definition: Definition, formula: Formula) -> None:
        self.outputs = definition.outputs
        self.warm_up = formula.warm_up
        self._formula = formula
        self._fresh = formula.snapshot()
        self._undefined = (math.nan,) * len(definition.outputs)
        self._of_value = definition.reads is not Reads.PRICES
        self._of_prices = definition.reads is not Reads.VALUE

    def update(self, bar: PriceBar, value: float) -> tuple[float, ...]:
        if (self._of_value and not -LARGEST <= value <= LARGEST) or (self._of_prices and not _whole(bar)):
            return self._restart()
        outputs = self._formula.step(bar, value)
        # Only a level that multiplies for ever (NVI, PVI) can still grow out of the numbers.
        return self._restart() if any(map(math.isinf, outputs)) else outputs

    def _restart(self) -> tuple[float, ...]:
        self._formula.restore(self._fresh)
        return self._undefined

    def snapshot(self) -> list[Any]:
        return self._formula.snapshot()

    def restore(self, state: list[Any]) -> None:
        self._formula.restore(state)


def _whole(bar: PriceBar) -> bool:
    return all(-LARGEST <= number <= LARGEST for number in (bar.open, bar.high, bar.low, bar.close, bar.volume))
