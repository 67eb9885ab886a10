"""Conditions on higher timeframes, volume, market structure, volatility and correlation."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from strategy_sandbox.workflow.conditions.chart_patterns import last_turn
from strategy_sandbox.workflow.conditions.site import Rule, Site
from strategy_sandbox.workflow.figures import correlation, deviation, mean, peaks, quotient, returns, troughs
from strategy_sandbox.workflow.tapes import Undefined, View

_IMPULSE: Final = 1.5
"""So many average bodies is the move that makes the candle before it an order block."""
_SQUEEZE_WINDOWS: Final = 6


def _higher_trend(site: Site) -> Rule:
    """The last closed higher bar closed above the one L before it."""
    close = site.folded(site.words("higherTimeframe") or "1h", "close", site.lookback + 1)
    return lambda: (values := close())[-1] > values[0]


def _alignment(site: Site) -> Rule:
    higher = _higher_trend(site)
    data = site.data(site.lookback + 1)
    return lambda: higher() and (values := data())[-1] > values[0]


def _weekly_monthly(site: Site) -> Rule:
    views = [(site.folded(name, "open", 1), site.folded(name, "close", 1)) for name in ("1w", "1M")]
    return lambda: all(closed()[0] > opened()[0] for opened, closed in views)


def _volume(site: Site) -> tuple[View, float]:
    return site.column("volume", site.whole("volumePeriod", 20) + 1), site.number("volumeThreshold", 2.0)


def _spike(site: Site) -> Rule:
    volume, times = _volume(site)
    return lambda: (values := volume())[-1] > times * mean(values[:-1])


def _dry_up(site: Site) -> Rule:
    volume, times = _volume(site)
    return lambda: (values := volume())[-1] < mean(values[:-1]) / times


def _accumulates(code: str) -> Callable[[Site], Rule]:
    """A running total stands higher than `volumePeriod` bars ago."""

    def make(site: Site) -> Rule:
        count = site.whole("volumePeriod", 20) + 1
        total = site.data(count) if site.data_code == code else site.indicator(code, {}, "value", count)
        return lambda: (values := total())[-1] > values[0]

    return make


def _oscillates(code: str, settings: Mapping[str, Any], neutral: float) -> Callable[[Site], Rule]:
    """The indicator stands above the level; without one above its neutral value."""

    def make(site: Site) -> Rule:
        value = site.data(1) if site.data_code == code else site.indicator(code, settings, "value", 1)
        if site.level_is_wired:
            level = site.level(1)
            return lambda: value()[0] > level()[0]
        wanted = site.value or neutral
        return lambda: value()[0] > wanted

    return make


def _chaikin(site: Site) -> Rule:
    """EMA(3) minus EMA(10) of accumulation/distribution, both begun with its first value, above the level."""
    count = 60
    total, level = site.indicator("AD", {}, "value", count), site.level(1)

    def average(values: list[float], period: int) -> float:
        result = mean(values[:period])
        for value in values[period:]:
            result += (value - result) * 2 / (period + 1)
        return result

    return lambda: average(values := total(), 3) - average(values, 10) > level()[0]


def _turns(site: Site, *, high: bool) -> Rule:
    """The last turning point of the highs (lows) stands above (below) the one before it."""
    column = site.column("high" if high else "low", site.structure())

    def rule() -> bool:
        values = column()
        places = peaks(values) if high else troughs(values)
        if len(places) < 2:
            return False
        before, last = (values[place] for place in places[-2:])
        return last > before if high else last < before

    return rule


def _structure_break(site: Site) -> Rule:
    """The close passes the last turning point: of the highs upwards, with a negative value of the lows downwards."""
    upwards = site.value >= 0
    count = site.structure()
    column, close = site.column("high" if upwards else "low", count), site.column("close", 2 + site.confirmation)

    def rule() -> bool:
        sign = 1 if upwards else -1
        gaps = [sign * (value - last_turn(column(), top=upwards)) for value in close()]
        return gaps[0] <= 0 and all(gap > 0 for gap in gaps[1:])

    return rule


def _sweep(site: Site) -> Rule:
    """Below the last turning point of the lows within the bar, and closed above it; with a negative value mirrored."""
    below = site.value >= 0
    column, close = site.column("low" if below else "high", site.structure()), site.column("close", 1)

    def rule() -> bool:
        *earlier, newest = column()
        turn, closed = last_turn(earlier, top=not below), close()[0]
        return newest < turn < closed if below else newest > turn > closed

    return rule


def _gap(site: Site) -> Rule:
    """The low is above the high of two bars ago; with a negative value the high below the low."""
    high, low = site.column("high", 3), site.column("low", 3)
    return lambda: low()[-1] > high()[0] if site.value >= 0 else high()[-1] < low()[0]


def _order_block(site: Site) -> Rule:
    """A falling candle, then a rise of at least 1.5 average bodies above its high; with a negative value mirrored."""
    count = 21
    opened, high, low, close = (site.column(name, count) for name in ("open", "high", "low", "close"))
    sign = 1 if site.value >= 0 else -1

    def rule() -> bool:
        bodies = [sign * (end - start) for start, end in zip(opened(), close(), strict=True)]
        usual = mean([abs(body) for body in bodies[:-1]])
        limit = high()[-2] if sign > 0 else low()[-2]
        return bodies[-2] < 0 and bodies[-1] >= _IMPULSE * usual and sign * (close()[-1] - limit) > 0

    return rule


def _volatility(site: Site, *, expands: bool) -> Rule:
    """Deviation of returns over the period against that over the period before."""
    period = site.whole("volatilityPeriod", 20)
    close, times = site.column("close", 2 * period + 1), site.number("volatilityMultiplier", 1.5)

    def rule() -> bool:
        changes = returns(close())
        older, newer = deviation(changes[:period]), deviation(changes[period:])
        return newer > times * older if expands else newer * times < older

    return rule


def _atr_multiple(site: Site) -> Rule:
    """The close moved by more than so many ATRs of the bar before."""
    close = site.column("close", 2)
    atr = site.indicator("ATR", {"period": site.whole("volatilityPeriod", 20)}, "value", 2)
    times = site.number("volatilityMultiplier", 1.5)
    return lambda: abs((values := close())[1] - values[0]) > times * atr()[0]


def _bollinger_squeeze(site: Site) -> Rule:
    """The bands are as narrow as never in six periods."""
    period = site.whole("volatilityPeriod", 20)
    data = site.data(_SQUEEZE_WINDOWS * period)

    def rule() -> bool:
        values = data()
        ends = range(period, len(values) + 1)
        widths = [quotient(deviation(part := values[end - period : end]), abs(mean(part))) for end in ends]
        return widths[-1] <= min(widths)

    return rule


def _keltner_squeeze(site: Site) -> Rule:
    """Bollinger's bands lie within Keltner's."""
    period = site.whole("volatilityPeriod", 20)
    bands = {"period": period, "multiplier": 2.0}
    channel = {"period": period, "multiplier": site.number("volatilityMultiplier", 1.5)}
    above, below = (site.indicator("BB", bands, name, 1) for name in ("upper", "lower"))
    upper, lower = (site.indicator("KC", channel, name, 1) for name in ("upper", "lower"))
    return lambda: above()[0] < upper()[0] and below()[0] > lower()[0]


def _correlated(site: Site, count: int) -> Callable[[], list[float]]:
    """Correlations of the returns over the period, now and at `count` - 1 bars before."""
    period = site.whole("correlationPeriod", 50)
    size = period + count
    left = site.data(size)
    right = site.level(size) if site.level_is_wired or site.aux is None else site.aux(size)

    def figures() -> list[float]:
        ours, theirs = returns(left()), returns(right())
        ends = range(period, period + count)
        return [correlation(ours[end - period : end], theirs[end - period : end]) for end in ends]

    return figures


def _correlation_strength(site: Site) -> Rule:
    figures, threshold = _correlated(site, 1), site.number("correlationThreshold", 0.7)
    return lambda: figures()[0] >= threshold if threshold >= 0 else figures()[0] <= threshold


def _correlation_divergence(site: Site) -> Rule:
    """With this bar the correlation fell below the threshold."""
    figures, threshold = _correlated(site, 2), site.number("correlationThreshold", 0.7)
    return lambda: (found := figures())[0] >= threshold > found[1]


def _regime_change(site: Site) -> Rule:
    """With this bar the data passed their own average, upwards or downwards."""
    period = site.whole("correlationPeriod", 50)
    data = site.data(period + 1)

    def rule() -> bool:
        values = data()
        before, now = values[-2] - mean(values[:-1]), values[-1] - mean(values[1:])
        if before == 0 or now == 0:
            raise Undefined
        return before * now < 0

    return rule


MARKETS: Final[Mapping[str, Callable[[Site], Rule]]] = {
    "higher_timeframe_trend": _higher_trend,
    "multi_tf_alignment": _alignment,
    "weekly_monthly_bias": _weekly_monthly,
    "volume_spike": _spike,
    "volume_dry_up": _dry_up,
    "on_balance_volume": _accumulates("OBV"),
    "accumulation_distribution": _accumulates("AD"),
    "volume_price_trend": _accumulates("PVT"),
    "money_flow_index": _oscillates("MFI", {"period": 14}, 50.0),
    "ease_of_movement": _oscillates("EMV", {"period": 14}, 0.0),
    "chaikin_oscillator": _chaikin,
    "higher_high": lambda site: _turns(site, high=True),
    "lower_low": lambda site: _turns(site, high=False),
    "structure_break": _structure_break,
    "liquidity_sweep": _sweep,
    "fair_value_gap": _gap,
    "order_block": _order_block,
    "volatility_expansion": lambda site: _volatility(site, expands=True),
    "volatility_contraction": lambda site: _volatility(site, expands=False),
    "atr_multiple": _atr_multiple,
    "bollinger_squeeze": _bollinger_squeeze,
    "keltner_squeeze": _keltner_squeeze,
    "correlation_strength": _correlation_strength,
    "correlation_divergence": _correlation_divergence,
    "market_regime_change": _regime_change,
}
