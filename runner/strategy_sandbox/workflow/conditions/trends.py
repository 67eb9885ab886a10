"""Direction and strength of what has been going on. `L` is the lookback, `n` the lookback where it is 2 or more."""

from collections.abc import Callable, Mapping
from typing import Final

from strategy_sandbox.workflow.conditions.site import STRENGTHS, Rule, Site
from strategy_sandbox.workflow.figures import efficiency, end_slope_of_parabola, mean, slope

_ADX_STRENGTHS: Final = {"weak": 15.0, "moderate": 20.0, "strong": 25.0, "very_strong": 40.0}


def _moves(direction: int) -> Callable[[Site], Rule]:
    """Beyond where it was L bars ago; with a drawn trend strength, that efficiently too."""

    def make(site: Site) -> Rule:
        strength = site.words("trendStrength")
        data = site.data((site.lookback if strength is None else site.span(14)) + 1)

        def rule() -> bool:
            values = data()
            if direction * (values[-1] - values[0]) <= 0:
                return False
            return strength is None or efficiency(values) >= STRENGTHS[strength]

        return rule

    return make


def _sideways(site: Site) -> Rule:
    data = site.data(site.span(20))
    widest = site.value if site.value > 0 else site.sensitivity
    return lambda: max(values := data()) - min(values) <= widest / 100 * abs(mean(values))


def _strength(site: Site) -> Rule:
    data = site.data(site.span(14) + 1)
    wanted = STRENGTHS[site.words("trendStrength") or "moderate"]
    return lambda: efficiency(data()) >= wanted


def _momentum_change(site: Site) -> Rule:
    """The change over L bars has turned its sign with this bar."""
    lookback = site.lookback
    data = site.data(lookback + 2)

    def rule() -> bool:
        values = data()
        return (values[-1] - values[-1 - lookback]) * (values[-2] - values[-2 - lookback]) < 0

    return rule


def _adx(site: Site) -> Rule:
    wanted = site.value if site.value > 0 else _ADX_STRENGTHS[site.words("trendStrength") or "moderate"]
    own = site.data_code in ("ADX", "DMI")
    adx = site.data(1) if own else site.indicator("ADX", {"period": site.span(14)}, "adx", 1)
    return lambda: adx()[0] >= wanted


def _parabolic(site: Site) -> Rule:
    stop = site.data(1) if site.data_code == "PSAR" else site.indicator("PSAR", {}, "value", 1)
    close = site.column("close", 1)
    return lambda: close()[0] > stop()[0]


def _aroon(site: Site) -> Rule:
    up, down = (site.indicator("AROON", {"period": site.span(14)}, name, 1) for name in ("aroon_up", "aroon_down"))
    return lambda: up()[0] > down()[0]


def _slope(site: Site) -> Rule:
    data, level = site.data(site.span(14)), site.level(1)
    return lambda: slope(data()) > level()[0]


def _parabola(site: Site) -> Rule:
    data, level = site.data(max(site.span(14), 3)), site.level(1)
    return lambda: end_slope_of_parabola(data()) > level()[0]


def _acceleration(site: Site) -> Rule:
    """Up over the last n bars, and by more than over the n before."""
    span = site.span(5)
    data = site.data(2 * span + 1)

    def rule() -> bool:
        values = data()
        newer, older = values[-1] - values[span], values[span] - values[0]
        return newer > 0 and newer > older

    return rule


def _exhaustion(site: Site) -> Rule:
    """Still the same way as over the n bars before, but not half as far."""
    span = site.span(5)
    data = site.data(2 * span + 1)

    def rule() -> bool:
        values = data()
        newer, older = values[-1] - values[span], values[span] - values[0]
        return newer * older > 0 and abs(newer) < abs(older) / 2

    return rule


TRENDS: Final[Mapping[str, Callable[[Site], Rule]]] = {
    "rising": _moves(1),
    "falling": _moves(-1),
    "sideways": _sideways,
    "trend_strength": _strength,
    "momentum_change": _momentum_change,
    "adx_trend": _adx,
    "parabolic_sar": _parabolic,
    "aroon_trend": _aroon,
    "linear_regression_slope": _slope,
    "polynomial_trend": _parabola,
    "trend_acceleration": _acceleration,
    "trend_exhaustion": _exhaustion,
}
