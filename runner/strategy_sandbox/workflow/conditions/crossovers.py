"""Crossings: true at the one bar at which one series has passed another, or later, when it is confirmed.

With k confirmation bars a crossing counts k bars after it happened, if at each bar since the series stayed beyond.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from strategy_sandbox.workflow.conditions.site import Rule, Site
from strategy_sandbox.workflow.tapes import View

_EXAGGERATED_PERCENT: Final = 0.1
"""Two extremes of price are equal when they differ by less, times the sensitivity."""


def crosses(fast: View, slow: View, *, upwards: bool = True) -> Rule:
    """Both views hold 2 values and one more for each bar of confirmation."""

    def rule() -> bool:
        gaps = [a - b for a, b in zip(fast(), slow(), strict=True)]
        if not upwards:
            gaps = [-gap for gap in gaps]
        return gaps[0] <= 0 and all(gap > 0 for gap in gaps[1:])

    return rule


def _with_level(site: Site, *, upwards: bool) -> Rule:
    count = 2 + site.confirmation
    return crosses(site.data(count), site.level(count), upwards=upwards)


def _averages(*, upwards: bool) -> Callable[[Site], Rule]:
    def make(site: Site) -> Rule:
        if site.level_is_wired:
            return _with_level(site, upwards=upwards)
        count = 2 + site.confirmation
        fast, slow = (site.indicator("SMA", {"period": period}, "value", count) for period in (50, 200))
        return crosses(fast, slow, upwards=upwards)

    return make


def _level_cross(code: str, settings: Mapping[str, Any], output: str) -> Callable[[Site], Rule]:
    """The indicator's own value where the data are one, else the indicator of the data, through the level."""

    def make(site: Site) -> Rule:
        if site.data_code is not None:
            return _with_level(site, upwards=True)
        count = 2 + site.confirmation
        return crosses(site.indicator(code, settings, output, count), site.level(count))

    return make


def _macd_cross(site: Site) -> Rule:
    if site.level_is_wired or site.data_code is not None:
        return _with_level(site, upwards=True)
    count = 2 + site.confirmation
    line, signal = (site.indicator("MACD", {}, output, count) for output in ("macd", "signal"))
    return crosses(line, signal)


def _triple(site: Site) -> Rule:
    count = 2 + site.confirmation
    views = [site.indicator("SMA", {"period": period}, "value", count) for period in (5, 10, 20)]

    def rule() -> bool:
        ordered = [fast > middle > slow for fast, middle, slow in zip(*(view() for view in views), strict=True)]
        return not ordered[0] and all(ordered[1:])

    return rule


def _ichimoku(site: Site) -> Rule:
    """Tenkan (middle of 9 bars) through kijun (middle of 26)."""
    count = 2 + site.confirmation
    high, low = (site.column(name, 25 + count) for name in ("high", "low"))

    def middles(period: int) -> list[float]:
        highs, lows = high(), low()
        ends = range(len(highs) - count + 1, len(highs) + 1)
        return [(max(highs[end - period : end]) + min(lows[end - period : end])) / 2 for end in ends]

    return crosses(lambda: middles(9), lambda: middles(26))


def _envelope(site: Site) -> Rule:
    """Through SMA(20) moved by `value` percent."""
    count = 2 + site.confirmation
    data, average = site.data(count), site.indicator("SMA", {"period": site.span(20)}, "value", count)
    factor = 1 + site.value / 100
    return crosses(data, lambda: [value * factor for value in average()])


def _divergence(*, bullish: bool) -> Callable[[Site], Rule]:
    """Extremes of the price against those of the data, in the newer and the older half of a window."""

    def make(site: Site) -> Rule:
        half = site.span(14)
        data = site.data(2 * half)
        price = site.level(2 * half) if site.level_is_wired else site.column("low" if bullish else "high", 2 * half)
        kind = site.words("divergenceType") or "regular"
        tolerance = _EXAGGERATED_PERCENT / 100 * site.sensitivity
        sign = 1.0 if bullish else -1.0

        def rule() -> bool:
            prices, values = ([sign * value for value in view()] for view in (price, data))
            old_price, new_price = min(prices[:half]), min(prices[half:])
            old_value, new_value = min(values[:half]), min(values[half:])
            if kind == "hidden":
                return new_price > old_price and new_value < old_value
            if kind == "exaggerated":
                return abs(new_price - old_price) <= tolerance * abs(old_price) and new_value > old_value
            return new_price < old_price and new_value > old_value

        return rule

    return make


CROSSOVERS: Final[Mapping[str, Callable[[Site], Rule]]] = {
    "crossover": lambda site: _with_level(site, upwards=True),
    "crossunder": lambda site: _with_level(site, upwards=False),
    "golden_cross": _averages(upwards=True),
    "death_cross": _averages(upwards=False),
    "bullish_divergence": _divergence(bullish=True),
    "bearish_divergence": _divergence(bullish=False),
    "macd_signal_cross": _macd_cross,
    "rsi_level_cross": _level_cross("RSI", {"period": 14}, "value"),
    "stoch_level_cross": _level_cross("STOCH", {}, "k"),
    "cci_level_cross": _level_cross("CCI", {"period": 20}, "value"),
    "williams_r_cross": _level_cross("WILLIAMS", {"period": 14}, "value"),
    "triple_ma_cross": _triple,
    "ichimoku_cross": _ichimoku,
    "price_envelope_cross": _envelope,
}
