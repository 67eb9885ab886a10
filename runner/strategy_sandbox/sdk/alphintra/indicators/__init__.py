"""The documented indicators: objects with `calculate(series…)`, undefined (NaN) until there are enough values."""

from typing import Any

import pandas as pd

from strategy_sandbox.sdk import formulas
from strategy_sandbox.sdk.alphintra.indicators.base import BaseIndicator, as_series, columns

__all__ = [
    "ATR",
    "CCI",
    "EMA",
    "MACD",
    "MFI",
    "OBV",
    "RSI",
    "SMA",
    "BaseIndicator",
    "BollingerBands",
    "Stochastic",
    "Williams",
]

_HLC = ("high", "low", "close")


class SMA(BaseIndicator):
    """Simple moving average."""

    def calculate(self, *series: Any) -> pd.Series:
        (close,) = columns(series, ("close",))
        return as_series(formulas.sma(close, self.period), close)


class EMA(BaseIndicator):
    """Exponential moving average, which starts with a simple one."""

    def calculate(self, *series: Any) -> pd.Series:
        (close,) = columns(series, ("close",))
        return as_series(formulas.ema(close, self.period), close)


class RSI(BaseIndicator):
    """Relative strength index (Wilder)."""

    def calculate(self, *series: Any) -> pd.Series:
        (close,) = columns(series, ("close",))
        return as_series(formulas.rsi(close, self.period), close)


class MACD(BaseIndicator):
    """(line, signal, histogram)."""

    def __init__(self, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9) -> None:
        super().__init__(slow_period)
        self.fast_period, self.slow_period, self.signal_period = fast_period, slow_period, signal_period

    def calculate(self, *series: Any) -> tuple[pd.Series, pd.Series, pd.Series]:
        (close,) = columns(series, ("close",))
        line, trigger, histogram = formulas.macd(close, self.fast_period, self.slow_period, self.signal_period)
        return as_series(line, close), as_series(trigger, close), as_series(histogram, close)


class BollingerBands(BaseIndicator):
    """(upper, middle, lower)."""

    def __init__(self, period: int = 20, std_dev: float = 2.0) -> None:
        super().__init__(period)
        self.std_dev = std_dev

    def calculate(self, *series: Any) -> tuple[pd.Series, pd.Series, pd.Series]:
        (close,) = columns(series, ("close",))
        upper, middle, lower = formulas.bollinger(close, self.period, self.std_dev)
        return as_series(upper, close), as_series(middle, close), as_series(lower, close)


class ATR(BaseIndicator):
    """Average true range (Wilder)."""

    def calculate(self, *series: Any) -> pd.Series:
        high, low, close = columns(series, _HLC)
        return as_series(formulas.atr(high, low, close, self.period), close)


class Stochastic(BaseIndicator):
    """(%K, %D)."""

    def __init__(self, k_period: int = 14, d_period: int = 3) -> None:
        super().__init__(k_period)
        self.k_period, self.d_period = k_period, d_period

    def calculate(self, *series: Any) -> tuple[pd.Series, pd.Series]:
        high, low, close = columns(series, _HLC)
        k, d = formulas.stochastic(high, low, close, self.k_period, self.d_period)
        return as_series(k, close), as_series(d, close)


class Williams(BaseIndicator):
    """Williams %R, between -100 and 0."""

    def calculate(self, *series: Any) -> pd.Series:
        high, low, close = columns(series, _HLC)
        return as_series(formulas.williams_r(high, low, close, self.period), close)


class CCI(BaseIndicator):
    """Commodity channel index."""

    def calculate(self, *series: Any) -> pd.Series:
        high, low, close = columns(series, _HLC)
        return as_series(formulas.cci(high, low, close, self.period), close)


class MFI(BaseIndicator):
    """Money flow index."""

    def calculate(self, *series: Any) -> pd.Series:
        high, low, close, volume = columns(series, (*_HLC, "volume"))
        return as_series(formulas.mfi(high, low, close, volume, self.period), close)


class OBV(BaseIndicator):
    """On-balance volume."""

    def __init__(self) -> None:
        super().__init__(1)

    def calculate(self, *series: Any) -> pd.Series:
        close, volume = columns(series, ("close", "volume"))
        return as_series(formulas.obv(close, volume), close)
