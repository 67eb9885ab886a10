"""Comparisons of the data with a level, with their own past, or with a band around it."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from strategy_sandbox.workflow.conditions.site import Rule, Site
from strategy_sandbox.workflow.figures import deviation, mean, percent, quotient

_RELATIVE: Final = 1e-9
_ABSOLUTE: Final = 1e-12


def _compare(holds: Callable[[float, float], bool]) -> Callable[[Site], Rule]:
    def make(site: Site) -> Rule:
        data, level = site.data(1), site.level(1)
        return lambda: holds(data()[0], level()[0])

    return make


def _equal(value: float, level: float) -> bool:
    return math.isclose(value, level, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)


def _range(site: Site, *, inside: bool) -> Rule:
    data, one, other = site.data(1), site.level(1), site.aux(1) if site.aux else None
    second = site.number("value2", 100.0)

    def rule() -> bool:
        bounds = (one()[0], other()[0] if other else second)
        return (min(bounds) <= data()[0] <= max(bounds)) is inside

    return rule


def _beyond(figure: float, level: float) -> bool:
    """Above a level, or below a negative one: a drop of more than 2 % is drawn as -2."""
    return figure > level if level >= 0 else figure < level


def _percentage_change(site: Site) -> Rule:
    data, level = site.data(site.lookback + 1), site.level(1)
    threshold = site.number("percentageThreshold", 5.0)

    def rule() -> bool:
        values, wanted = data(), level()[0]
        change = percent(values[0], values[-1])
        if wanted == 0:
            return abs(change) >= threshold
        return change >= wanted if wanted > 0 else change <= wanted

    return rule


def _rate_of_change(site: Site) -> Rule:
    data, level = site.data(site.lookback + 1), site.level(1)
    return lambda: _beyond(percent((values := data())[0], values[-1]), level()[0])


def _absolute_change(site: Site) -> Rule:
    data, level = site.data(site.lookback + 1), site.level(1)
    return lambda: abs((values := data())[-1] - values[0]) > level()[0]


def _z_score(site: Site) -> Rule:
    data, level = site.data(site.span(20)), site.level(1)
    return lambda: _beyond(quotient((values := data())[-1] - mean(values), deviation(values)), level()[0])


def _percentile_rank(site: Site) -> Rule:
    """Percent of the earlier values in the window that are below the newest."""
    data, level = site.data(site.span(20) + 1), site.level(1)

    def rule() -> bool:
        *earlier, newest = data()
        return 100 * sum(value < newest for value in earlier) / len(earlier) > level()[0]

    return rule


def _average_deviation(site: Site) -> Rule:
    data, level = site.data(site.span(20)), site.level(1)
    return lambda: _beyond(percent(mean(values := data()), values[-1]), level()[0])


def _deviation_multiple(site: Site) -> Rule:
    data, level = site.data(site.span(20)), site.level(1)
    return lambda: abs((values := data())[-1] - mean(values)) >= level()[0] * deviation(values)


def _band_position(code: str, multiplier: float) -> Callable[[Site], Rule]:
    """Where the data stand between the lower band (0) and the upper one (1)."""

    def make(site: Site) -> Rule:
        settings = {"period": site.span(20), "multiplier": multiplier}
        upper, lower = (site.indicator(code, settings, name, 1) for name in ("upper", "lower"))
        data, level = site.data(1), site.level(1)
        return lambda: quotient(data()[0] - lower()[0], upper()[0] - lower()[0]) > level()[0]

    return make


COMPARISONS: Final[Mapping[str, Callable[[Site], Rule]]] = {
    "greater_than": _compare(lambda value, level: value > level),
    "less_than": _compare(lambda value, level: value < level),
    "greater_equal": _compare(lambda value, level: value >= level),
    "less_equal": _compare(lambda value, level: value <= level),
    "equal_to": _compare(_equal),
    "not_equal": _compare(lambda value, level: not _equal(value, level)),
    "range": lambda site: _range(site, inside=True),
    "outside_range": lambda site: _range(site, inside=False),
    "percentage_change": _percentage_change,
    "rate_of_change": _rate_of_change,
    "absolute_change": _absolute_change,
    "z_score": _z_score,
    "percentile_rank": _percentile_rank,
    "moving_average_deviation": _average_deviation,
    "standard_deviation_multiple": _deviation_multiple,
    "bollinger_position": _band_position("BB", 2.0),
    "keltner_position": _band_position("KC", 2.0),
}
