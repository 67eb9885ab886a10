"""The SDKs' indicators against TA-Lib, and what they say while they are undefined."""

import numpy as np
import pandas as pd
import pytest
import talib

from strategy_sandbox.sdk import formulas
from strategy_sandbox.sdk.alphintra import indicators as documented
from strategy_sandbox.sdk.app import sdk

random = np.random.default_rng(7)
CLOSE = 100 + np.cumsum(random.normal(0, 1, 300))
HIGH, LOW = CLOSE + random.uniform(0, 1, 300), CLOSE - random.uniform(0, 1, 300)
VOLUME = random.uniform(1, 9, 300)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(formulas.sma(CLOSE, 20), talib.SMA(CLOSE, 20), id="SMA"),
        pytest.param(formulas.ema(CLOSE, 20), talib.EMA(CLOSE, 20), id="EMA"),
        pytest.param(formulas.rsi(CLOSE, 14), talib.RSI(CLOSE, 14), id="RSI"),
        pytest.param(formulas.macd(CLOSE)[0], talib.MACD(CLOSE)[0], id="MACD line"),
        pytest.param(formulas.macd(CLOSE)[1], talib.MACD(CLOSE)[1], id="MACD signal"),
        pytest.param(formulas.macd(CLOSE)[2], talib.MACD(CLOSE)[2], id="MACD histogram"),
        pytest.param(formulas.bollinger(CLOSE, 20)[0], talib.BBANDS(CLOSE, 20)[0], id="upper band"),
        pytest.param(formulas.bollinger(CLOSE, 20)[2], talib.BBANDS(CLOSE, 20)[2], id="lower band"),
        pytest.param(formulas.atr(HIGH, LOW, CLOSE), talib.ATR(HIGH, LOW, CLOSE), id="ATR"),
        pytest.param(formulas.williams_r(HIGH, LOW, CLOSE), talib.WILLR(HIGH, LOW, CLOSE), id="Williams %R"),
        pytest.param(formulas.cci(HIGH, LOW, CLOSE), talib.CCI(HIGH, LOW, CLOSE), id="CCI"),
        pytest.param(formulas.mfi(HIGH, LOW, CLOSE, VOLUME), talib.MFI(HIGH, LOW, CLOSE, VOLUME), id="MFI"),
        pytest.param(formulas.obv(CLOSE, VOLUME), talib.OBV(CLOSE, VOLUME), id="OBV"),
    ],
)
def test_a_formula_is_talibs(ours: formulas.Values, theirs: formulas.Values) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, equal_nan=True)


def test_the_stochastic_is_talibs() -> None:
    k, d = formulas.stochastic(HIGH, LOW, CLOSE, 14, 3)
    fast_k, fast_d = talib.STOCHF(HIGH, LOW, CLOSE, 14, 3)
    np.testing.assert_allclose(k[15:], fast_k[15:], rtol=1e-9)
    np.testing.assert_allclose(d[15:], fast_d[15:], rtol=1e-9)


def test_the_functions_of_app_sdk_say_the_newest_value_or_none() -> None:
    prices = CLOSE.tolist()
    assert sdk.sma(prices, 20) == pytest.approx(talib.SMA(CLOSE, 20)[-1])
    assert sdk.TechnicalIndicators.rsi(prices) == pytest.approx(talib.RSI(CLOSE)[-1])
    assert sdk.sma(prices[:19], 20) is None and sdk.rsi(prices[:14]) is None and sdk.macd(prices[:33]) is None
    assert sdk.ema([], 5) is None and sdk.bollinger_bands([], 5) is None
    bands = sdk.bollinger_bands(prices)
    assert bands is not None and bands["lower"] < bands["middle"] < bands["upper"]
    assert bands["bandwidth"] == pytest.approx((bands["upper"] - bands["lower"]) / bands["middle"])
    assert set(sdk.macd(prices) or {}) == {"macd", "signal", "histogram"}
    assert set(sdk.stochastic(HIGH, LOW, CLOSE) or {}) == {"k", "d"}
    assert sdk.atr(HIGH, LOW, CLOSE) and sdk.williams_r(HIGH, LOW, CLOSE)


def test_the_objects_of_alphintra_keep_the_index() -> None:
    index = pd.date_range("2023-03-01", periods=300, freq="min", tz="UTC")
    frame = pd.DataFrame({"high": HIGH, "low": LOW, "close": CLOSE, "volume": VOLUME}, index=index)
    for indicator in (documented.SMA(5), documented.EMA(5), documented.RSI(5)):
        series = indicator.calculate(frame["close"])
        assert series.index.equals(index) and series.isna().sum() >= 4
    for ranged in (documented.ATR(), documented.Williams(), documented.CCI()):
        given = ranged.calculate(frame["high"], frame["low"], frame["close"])
        pd.testing.assert_series_equal(given, ranged.calculate(frame))
    assert len(documented.MACD().calculate(frame["close"])) == 3
    upper, middle, lower = documented.BollingerBands(20, 2.0).calculate(frame["close"])
    assert (upper.iloc[-1] > middle.iloc[-1]) and (middle.iloc[-1] > lower.iloc[-1])
    assert len(documented.Stochastic().calculate(frame)) == 2
    assert documented.MFI().calculate(frame).iloc[-1] > 0 and len(documented.OBV().calculate(frame)) == 300


def test_what_cannot_be_reckoned_is_refused() -> None:
    with pytest.raises(ValueError, match="period must be at least 1"):
        documented.SMA(0)
    with pytest.raises(ValueError, match="period must be at least 1"):
        formulas.sma([1.0], 0)
    with pytest.raises(TypeError, match="calculate takes high, low, close"):
        documented.ATR().calculate([1.0])
    with pytest.raises(NotImplementedError, match="must define calculate"):
        documented.BaseIndicator().calculate([1.0])
