"""Levels, breakouts, extremes and figures of the chart. A turning point counts once three bars have followed it."""

from collections.abc import Callable, Mapping
from typing import Final

from strategy_sandbox.workflow.conditions.site import Rule, Site
from strategy_sandbox.workflow.figures import peaks, percent, slope, troughs
from strategy_sandbox.workflow.tapes import Undefined, View

_LEVEL_PERCENT: Final = 0.5
"""So near, times the sensitivity, is at a level."""
_TOPS_PERCENT: Final = 1.0
"""So near, times the sensitivity, are two tops or shoulders equal."""
_POLE_PERCENT: Final = 2.0
"""So far, divided by the sensitivity, goes the pole of a flag."""
_OVERSOLD: Final = {"RSI": 30.0, "WILLIAMS": -80.0, "CCI": -100.0, "CMF": -0.2, "BOP": -0.5}
_OVERBOUGHT: Final = {"RSI": 70.0, "WILLIAMS": -20.0, "CCI": 100.0, "CMF": 0.2, "BOP": 0.5}
_STOCHASTIC: Final = frozenset({"STOCH", "STOCHRSI", "KDJ", "MFI"})


def _at_support(site: Site) -> Rule:
    """The bar reaches the lowest low of the n bars before, and closes no further below it than the tolerance."""
    low, close = site.column("low", site.structure() + 1), site.column("close", 1)
    tolerance = _LEVEL_PERCENT / 100 * site.sensitivity

    def rule() -> bool:
        *earlier, newest = low()
        level = min(earlier)
        return newest <= level * (1 + tolerance) and close()[0] >= level * (1 - tolerance)

    return rule


def _at_resistance(site: Site) -> Rule:
    high, close = site.column("high", site.structure() + 1), site.column("close", 1)
    tolerance = _LEVEL_PERCENT / 100 * site.sensitivity

    def rule() -> bool:
        *earlier, newest = high()
        level = max(earlier)
        return newest >= level * (1 - tolerance) and close()[0] <= level * (1 + tolerance)

    return rule


def _breakout(*, upwards: bool) -> Callable[[Site], Rule]:
    """Beyond the extreme of the n bars before (of a wired level: beyond that), at this bar and its confirmations."""

    def make(site: Site) -> Rule:
        after = 1 + site.confirmation
        before = site.span(20)
        data = site.data(before + after)
        limit: View
        if site.level_is_wired:
            limit = site.level(before + after)
        elif site.data_code is None:
            limit = site.column("high" if upwards else "low", before + after)
        else:
            limit = data
        sign = 1 if upwards else -1
        margin = 1 + sign * site.number("percentageThreshold", 0.0) / 100

        def rule() -> bool:
            values, limits = data(), limit()
            extreme = (max if upwards else min)(limits[:before]) * margin
            inside = sign * (values[before - 1] - extreme) <= 0
            return inside and all(sign * (value - extreme) > 0 for value in values[before:])

        return rule

    return make


def _extreme(usual: Mapping[str, float], stochastic: float, direction: int) -> Callable[[Site], Rule]:
    def make(site: Site) -> Rule:
        code = site.data_code or "RSI"
        default = stochastic if code in _STOCHASTIC else usual.get(code, usual["RSI"])
        wanted = site.value or default
        data = site.data(1) if site.data_code else site.indicator("RSI", {"period": site.span(14)}, "value", 1)
        return lambda: direction * (data()[0] - wanted) >= 0

    return make


def _near(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance * abs(other)


def _double(*, top: bool) -> Callable[[Site], Rule]:
    """The last two tops are equal, and the close is below the lowest low between them: the neckline."""

    def make(site: Site) -> Rule:
        extremes, others, close = _turned(site, top=top)
        tolerance = _TOPS_PERCENT / 100 * site.sensitivity

        def rule() -> bool:
            tops, lows = extremes(), others()
            places = peaks(tops)
            if len(places) < 2:
                return False
            first, second = places[-2:]
            return _near(tops[second], tops[first], tolerance) and close()[0] < min(lows[first : second + 1])

        return rule

    return make


def _head_and_shoulders(*, top: bool) -> Callable[[Site], Rule]:
    """Three tops, the middle one highest, the outer two equal within twice the tolerance; below both lows between."""

    def make(site: Site) -> Rule:
        extremes, others, close = _turned(site, top=top)
        tolerance = 2 * _TOPS_PERCENT / 100 * site.sensitivity

        def rule() -> bool:
            tops, lows = extremes(), others()
            places = peaks(tops)
            if len(places) < 3:
                return False
            left, head, right = places[-3:]
            if tops[head] <= max(tops[left], tops[right]) or not _near(tops[right], tops[left], tolerance):
                return False
            return close()[0] < min(lows[left : right + 1])

        return rule

    return make


def _turned(site: Site, *, top: bool) -> tuple[View, View, View]:
    """Highs, lows and close; for a bottom all of it upside down."""
    count = site.structure()
    names = ("high", "low") if top else ("low", "high")
    views = [site.column(name, count) for name in names] + [site.column("close", 1)]
    if top:
        return views[0], views[1], views[2]
    upside_down = [lambda view=view: [-value for value in view()] for view in views]
    return upside_down[0], upside_down[1], upside_down[2]


def _sides(site: Site, count: int) -> Callable[[], tuple[float, float]]:
    high, low = site.column("high", count), site.column("low", count)
    return lambda: (slope(high()), slope(low()))


def _triangle(site: Site) -> Rule:
    """Over the pattern's bars the highs fall and the lows rise."""
    sides = _sides(site, site.whole("patternMinBars", 10))
    return lambda: (found := sides())[0] < 0 < found[1]


def _wedge(site: Site) -> Rule:
    """Both sides go the same way and come together."""
    sides = _sides(site, site.whole("patternMinBars", 10))
    return lambda: (found := sides())[0] * found[1] > 0 and found[0] < found[1]


def _flag(site: Site, *, pennant: bool) -> Rule:
    """A pole of so many bars, then a rest of half as many that takes back less than half of it."""
    pole = site.whole("patternMinBars", 10)
    rest = max(3, pole // 2)
    close = site.column("close", pole + rest + 1)
    high, low = site.column("high", rest), site.column("low", rest)
    wanted = _POLE_PERCENT / site.sensitivity

    def rule() -> bool:
        closes, highs, lows = close(), high(), low()
        start, end = closes[0], closes[pole]
        if abs(percent(start, end)) < wanted or max(highs) - min(lows) > abs(end - start) / 2:
            return False
        return not pennant or slope(highs) < 0 < slope(lows)

    return rule


def last_turn(values: list[float], *, top: bool) -> float:
    """The newest confirmed turning point; undefined while there is none in the window."""
    places = peaks(values) if top else troughs(values)
    if not places:
        raise Undefined
    return values[places[-1]]


CHART_PATTERNS: Final[Mapping[str, Callable[[Site], Rule]]] = {
    "support_level": _at_support,
    "resistance_level": _at_resistance,
    "breakout_up": _breakout(upwards=True),
    "breakout_down": _breakout(upwards=False),
    "oversold": _extreme(_OVERSOLD, 20.0, -1),
    "overbought": _extreme(_OVERBOUGHT, 80.0, 1),
    "double_top": _double(top=True),
    "double_bottom": _double(top=False),
    "head_shoulders": _head_and_shoulders(top=True),
    "inverse_head_shoulders": _head_and_shoulders(top=False),
    "triangle_pattern": _triangle,
    "flag_pattern": lambda site: _flag(site, pennant=False),
    "pennant_pattern": lambda site: _flag(site, pennant=True),
    "wedge_pattern": _wedge,
}
