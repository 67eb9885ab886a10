"""Figures of a few numbers: means, deviations, slopes, correlation, turning points. Pure, and exact as documented."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from strategy_sandbox.workflow.tapes import Undefined

Numbers = Sequence[float]


def mean(values: Numbers) -> float:
    return fmean(values)


def deviation(values: Numbers) -> float:
    """Of the population, as Bollinger's bands use it."""
    middle = fmean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / len(values))


def quotient(numerator: float, denominator: float) -> float:
    """Undefined where the denominator is 0."""
    if denominator == 0:
        raise Undefined
    return numerator / denominator


def percent(before: float, after: float) -> float:
    return (quotient(after, before) - 1) * 100


def returns(values: Numbers) -> list[float]:
    """Relative changes; one fewer than values."""
    return [quotient(after, before) - 1 for before, after in pairwise(values)]


def slope(values: Numbers) -> float:
    """Of the least-squares line, per bar."""
    count = len(values)
    middle_x, middle_y = (count - 1) / 2, fmean(values)
    over = math.fsum((x - middle_x) * (y - middle_y) for x, y in enumerate(values))
    return over / (count * (count**2 - 1) / 12)


def end_slope_of_parabola(values: Numbers) -> float:
    """The derivative, at the newest bar, of the least-squares parabola, per bar."""
    count = len(values)
    half = (count - 1) / 2
    xs = [x - half for x in range(count)]
    squares = math.fsum(x * x for x in xs)
    fourths = math.fsum(x**4 for x in xs)
    linear = math.fsum(x * y for x, y in zip(xs, values, strict=True)) / squares
    bent = math.fsum(x * x * y for x, y in zip(xs, values, strict=True))
    curve = quotient(count * bent - squares * math.fsum(values), count * fourths - squares * squares)
    return linear + 2 * curve * half


def correlation(left: Numbers, right: Numbers) -> float:
    """Pearson's; undefined where one of the two does not move."""
    middle_left, middle_right = fmean(left), fmean(right)
    over = math.fsum((a - middle_left) * (b - middle_right) for a, b in zip(left, right, strict=True))
    spread = math.fsum((a - middle_left) ** 2 for a in left) * math.fsum((b - middle_right) ** 2 for b in right)
    return quotient(over, math.sqrt(spread))


def efficiency(values: Numbers) -> float:
    """Kaufman's ratio: the way gained over the way gone, 0 to 1."""
    gone = math.fsum(abs(after - before) for before, after in pairwise(values))
    return quotient(abs(values[-1] - values[0]), gone)


PIVOT_WING = 3
"""Bars on each side that a turning point stands out from; it is known that many bars later."""


def peaks(values: Numbers) -> list[int]:
    """Indices of values above the three before and not below the three after."""
    wing = PIVOT_WING
    return [
        place
        for place in range(wing, len(values) - wing)
        if values[place] > max(values[place - wing : place])
        and values[place] >= max(values[place + 1 : place + wing + 1])
    ]


def troughs(values: Numbers) -> list[int]:
    return peaks([-value for value in values])
