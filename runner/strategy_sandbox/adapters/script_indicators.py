"""The small `ta` that scripts of the backtest service find: SMA, EMA and RSI of a series."""

import pandas as pd

from strategy_sandbox.sdk import formulas


class ScriptIndicators:
    """Functions of a series of prices; undefined (NaN) until there are enough of them."""

    @staticmethod
    def SMA(prices: pd.Series, timeperiod: int = 20) -> pd.Series:
        return _as_series(formulas.sma(prices, timeperiod), prices)

    @staticmethod
    def EMA(prices: pd.Series, timeperiod: int = 20) -> pd.Series:
        return _as_series(formulas.ema(prices, timeperiod), prices)

    @staticmethod
    def RSI(prices: pd.Series, timeperiod: int = 14) -> pd.Series:
        return _as_series(formulas.rsi(prices, timeperiod), prices)


def _as_series(values: formulas.Values, prices: pd.Series) -> pd.Series:
    return pd.Series(values, index=getattr(prices, "index", None))
