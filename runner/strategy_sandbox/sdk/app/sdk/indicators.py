"""Indicators on lists of prices, oldest first: the newest value, or None while there are too few prices."""

from typing import Any

from strategy_sandbox.sdk import formulas
from strategy_sandbox.sdk.formulas import Series, last


def sma(prices: Series, period: int = 20) -> float | None:
    """Simple moving average."""
    return last(formulas.sma(prices, period))


def ema(prices: Series, period: int = 20) -> float | None:
    """Exponential moving average over all the prices given."""
    return last(formulas.ema(prices, period))


def rsi(prices: Series, period: int = 14) -> float | None:
    """Relative strength index (Wilder)."""
    return last(formulas.rsi(prices, period))


def macd(
    prices: Series, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9
) -> dict[str, float] | None:
    """{macd, signal, histogram}."""
    line, trigger, histogram = (last(part) for part in formulas.macd(prices, fast_period, slow_period, signal_period))
    if line is None or trigger is None or histogram is None:
        return None
    return {"macd": line, "signal": trigger, "histogram": histogram}


def bollinger_bands(prices: Series, period: int = 20, std_dev: float = 2.0) -> dict[str, float] | None:
    """{upper, middle, lower, bandwidth}; the bandwidth is the width of the band over its middle."""
    upper, middle, lower = (last(part) for part in formulas.bollinger(prices, period, std_dev))
    if upper is None or middle is None or lower is None:
        return None
    bandwidth = (upper - lower) / middle if middle else 0.0
    return {"upper": upper, "middle": middle, "lower": lower, "bandwidth": bandwidth}


def stochastic(
    high: Series, low: Series, close: Series, k_period: int = 14, d_period: int = 3
) -> dict[str, float] | None:
    """{k, d}."""
    k, d = (last(part) for part in formulas.stochastic(high, low, close, k_period, d_period))
    return {"k": k, "d": d} if k is not None and d is not None else None


def atr(high: Series, low: Series, close: Series, period: int = 14) -> float | None:
    """Average true range (Wilder)."""
    return last(formulas.atr(high, low, close, period))


def williams_r(high: Series, low: Series, close: Series, period: int = 14) -> float | None:
    """Williams %R, between -100 and 0."""
    return last(formulas.williams_r(high, low, close, period))


class TechnicalIndicators:
    """The same functions under one name."""

    sma = staticmethod(sma)
    ema = staticmethod(ema)
    rsi = staticmethod(rsi)
    macd = staticmethod(macd)
    bollinger_bands = staticmethod(bollinger_bands)
    stochastic = staticmethod(stochastic)
    atr = staticmethod(atr)
    williams_r = staticmethod(williams_r)


class Indicator:
    """Base of an author's own indicators: override `calculate`."""

    def __init__(self, name: str | None = None, period: int = 14, **parameters: Any) -> None:
        self.name = name or type(self).__name__
        self.period = period
        self.parameters = parameters

    def calculate(self, prices: Series) -> Any:
        """The newest value of the indicator."""
        raise NotImplementedError(f"{type(self).__name__} must define calculate(prices)")
