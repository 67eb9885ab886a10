"""Where TA-Lib has the function, ours gives the same numbers bar by bar: seeds, warm-up and all."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from strategy_sandbox.workflow.indicators import PriceBar, open_indicator

TOLERANCE = 1e-9
MINUTE = 60_000
RMA = 13
Columns = tuple[np.ndarray, ...]


class Market:
    """A random walk of one UTC day of one-minute bars."""

    def __init__(self, seed: int, length: int = 1_200) -> None:
        chance = np.random.default_rng(seed)
        self.close = 100 * np.exp(np.cumsum(chance.normal(scale=0.01, size=length)))
        self.open = self.close * np.exp(chance.normal(scale=0.004, size=length))
        self.high = np.maximum(self.open, self.close) * (1 + chance.uniform(0, 0.01, length))
        self.low = np.minimum(self.open, self.close) * (1 - chance.uniform(0, 0.01, length))
        self.volume = chance.uniform(1, 1_000, length)

    def run(self, code: str, **parameters: Any) -> np.ndarray:
        indicator = open_indicator(code, parameters)
        columns = zip(self.open, self.high, self.low, self.close, self.volume, strict=True)
        bars = (PriceBar(at * MINUTE, *map(float, row)) for at, row in enumerate(columns))
        return np.array([indicator.update(bar, bar.close) for bar in bars]).T


def after(bars: int, values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.full(bars, math.nan), values])


def typical(m: Market) -> np.ndarray:
    return (m.high + m.low + m.close) / 3


def stochastic_rsi(m: Market) -> Columns:
    rsi = talib.RSI(m.close, 14)[14:]
    return tuple(after(14, line) for line in talib.STOCH(rsi, rsi, rsi, 14, 3, 0, 3, 0))


def percentage(m: Market) -> Columns:
    line = talib.PPO(m.close, 12, 26, 1)
    signal = after(25, talib.EMA(line[25:], 9))
    return line, signal, line - signal


def true_strength(m: Market) -> Columns:
    line = talib.TSI(m.close, 26, 12)
    return line, after(37, talib.EMA(line[37:], 9))


def bollinger(m: Market) -> Columns:
    upper, middle, lower = talib.BBANDS(m.close, 20, 2.0, 2.0, 0)
    return upper, middle, lower, (upper - lower) / middle


def directional(m: Market) -> Columns:
    prices = m.high, m.low, m.close
    return talib.ADX(*prices, 14), talib.PLUS_DI(*prices, 14), talib.MINUS_DI(*prices, 14)


def inertia(m: Market) -> Columns:
    return (after(22, talib.LINEARREG(talib.RVI(m.close, 14, 10)[22:], 20)),)


def one(of: Callable[..., np.ndarray], *columns: str, **parameters: float) -> Callable[[Market], Columns]:
    return lambda m: (of(*(getattr(m, column) for column in columns), **parameters),)


HLC = ("high", "low", "close")
PAIRS: list[tuple[str, dict[str, Any], Callable[[Market], Columns], str]] = [
    *[
        (code, {"period": period}, one(of, "close", timeperiod=period), f"{of.__name__}({period})")
        for period in (2, 5, 14, 50)
        for code, of in {
            "SMA": talib.SMA,
            "EMA": talib.EMA,
            "WMA": talib.WMA,
            "HMA": talib.HMA,
            "DEMA": talib.DEMA,
            "TEMA": talib.TEMA,
            "ZLEMA": talib.ZLEMA,
            "KAMA": talib.KAMA,
            "T3": talib.T3,
            "TRIMA": talib.TRIMA,
            "LSMA": talib.LINEARREG,
            "RSI": talib.RSI,
            "ROC": talib.ROC,
            "MOM": talib.MOM,
            "STDDEV": talib.STDDEV,
            "VAR": talib.VAR,
            "DPO": talib.DPO,
        }.items()
    ],
    *[
        (code, {"period": period}, one(of, *HLC, timeperiod=period), f"{of.__name__}({period})")
        for period in (2, 5, 14, 50)
        for code, of in {"WILLIAMS": talib.WILLR, "CCI": talib.CCI, "ATR": talib.ATR, "NATR": talib.NATR}.items()
    ],
    ("VWMA", {"period": 14}, one(talib.VWMA, "close", "volume", timeperiod=14), "VWMA"),
    ("VROC", {"period": 14}, one(talib.ROC, "volume", timeperiod=14), "ROC of volume"),
    ("MAMA", {}, lambda m: talib.MAMA(m.close, 0.5, 0.05), "MAMA"),
    ("MACD", {}, lambda m: talib.MACD(m.close, 12, 26, 9), "MACD"),
    ("PPO", {}, percentage, "PPO"),
    ("TSI", {}, true_strength, "TSI"),
    ("STOCHRSI", {"period": 14}, stochastic_rsi, "STOCH of RSI"),
    (
        "STOCHRSI",
        {"period": 14, "kPeriod": 5, "slowing": 1},
        lambda m: talib.STOCHRSI(m.close, 14, 5, 3, 0),
        "STOCHRSI",
    ),
    ("INERTIA", {}, inertia, "LINEARREG of RVI"),
    ("STOCH", {}, lambda m: talib.STOCH(m.high, m.low, m.close, 14, 3, 0, 3, 0), "STOCH"),
    ("KDJ", {"kPeriod": 9}, lambda m: talib.KDJ(m.high, m.low, m.close, 9, 3, RMA, 3, RMA), "KDJ"),
    ("UO", {}, one(talib.ULTOSC, *HLC), "ULTOSC"),
    ("AO", {}, one(talib.AO, "high", "low"), "AO"),
    ("AC", {}, one(talib.AC, "high", "low"), "AC"),
    ("BOP", {}, one(talib.BOP, "open", *HLC), "BOP"),
    ("TRANGE", {}, one(talib.TRANGE, *HLC), "TRANGE"),
    ("BB", {}, bollinger, "BBANDS"),
    ("BBWIDTH", {}, lambda m: (bollinger(m)[3],), "BBANDS width"),
    ("KC", {}, lambda m: talib.KC(m.high, m.low, m.close, 20, 10, 2.0), "KC"),
    ("KC", {"period": 5}, lambda m: talib.KC(m.high, m.low, m.close, 5, 10, 2.0), "KC with a short average"),
    ("DC", {}, lambda m: talib.DONCHIAN(m.high, m.low, 20), "DONCHIAN"),
    ("OBV", {}, one(talib.OBV, "close", "volume"), "OBV"),
    ("VWAP", {}, one(talib.VWAP, *HLC, "volume"), "VWAP of one day"),
    ("AD", {}, one(talib.AD, *HLC, "volume"), "AD"),
    ("CMF", {}, one(talib.CMF, *HLC, "volume", timeperiod=20), "CMF"),
    ("FI", {"period": 13}, one(talib.EFI, "close", "volume", timeperiod=13), "EFI"),
    ("NVI", {}, one(talib.NVI, "close", "volume"), "NVI"),
    ("PVI", {}, one(talib.PVI, "close", "volume"), "PVI"),
    ("PVT", {}, one(talib.PVT, "close", "volume"), "PVT"),
    ("MFI", {"period": 14}, one(talib.MFI, *HLC, "volume", timeperiod=14), "MFI"),
    ("VORTEX", {"period": 14}, lambda m: talib.VORTEX(m.high, m.low, m.close, 14), "VORTEX"),
    ("AROON", {"period": 14}, lambda m: tuple(reversed(talib.AROON(m.high, m.low, 14))), "AROON"),
    ("PSAR", {}, one(talib.SAR, "high", "low"), "SAR"),
    (
        "PSAR",
        {"acceleration": 0.05, "maximum": 0.1},
        one(talib.SAR, "high", "low", acceleration=0.05, maximum=0.1),
        "SAR in a hurry",
    ),
    ("ADX", {"period": 14}, directional, "ADX, PLUS_DI, MINUS_DI"),
    ("DMI", {"period": 14}, lambda m: (*directional(m)[1:], directional(m)[0]), "DMI"),
]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("code", "parameters", "expected"),
    [pytest.param(code, given, of, id=f"{code} is {name}") for code, given, of, name in PAIRS],
)
def test_agrees(code: str, parameters: dict[str, Any], expected: Callable[[Market], Columns], seed: int) -> None:
    market = Market(seed)
    assert max(errors(market.run(code, **parameters), expected(market))) <= TOLERANCE


@pytest.mark.parametrize(
    ("code", "parameters", "expected"),
    [pytest.param(code, given, of, id=f"{code} is {name}") for code, given, of, name in PAIRS if code != "MAMA"],
)
def test_agrees_on_prices_in_cents(
    code: str, parameters: dict[str, Any], expected: Callable[[Market], Columns]
) -> None:
    """Few prices, so that moves, ranges and typical prices are often the same.

    TA-Lib's running sums drift by a hundred-millionth of such small moves; the phase in its MAMA is mere drift while
    the price stands still, where ours has none.
    """
    market = Market(4)
    for name in ("open", "close"):
        setattr(market, name, 2_371.1 + 0.01 * np.round(getattr(market, name) / 4))
    market.high = np.maximum(market.open, market.close) + 0.01 * np.round(market.volume % 3)
    market.low = np.minimum(market.open, market.close) - 0.01 * np.round(market.volume % 2)
    assert max(errors(market.run(code, **parameters), expected(market))) <= 10 * TOLERANCE


@pytest.mark.parametrize(
    ("code", "parameters", "expected"),
    [pytest.param(code, given, of, id=f"{code} is {name}") for code, given, of, name in PAIRS],
)
def test_agrees_where_nothing_moves(
    code: str, parameters: dict[str, Any], expected: Callable[[Market], Columns]
) -> None:
    market = Market(1, length=400)
    for prices in (market.open, market.high, market.low, market.close):
        prices[:] = 64.0
    for mine, other in zip(market.run(code, **parameters), expected(market), strict=False):
        defined = ~np.isnan(other)
        assert mine[defined] == pytest.approx(other[defined], abs=1e-9)


def errors(ours: np.ndarray, theirs: Columns) -> list[float]:
    """The largest difference of each output, relative to its typical size (an oscillator passes through 0)."""
    first = [int(np.argmax(~np.isnan(np.array(lines)).any(axis=0))) for lines in (ours, theirs)]
    assert first[0] == first[1], "begins on another bar than TA-Lib"
    found = []
    for mine, other in zip(ours, theirs, strict=False):  # PSAR's signal has no counterpart
        defined = ~np.isnan(other)
        # TA-Lib starts all outputs with its last one; ours start each as early as it is defined.
        assert not np.isnan(mine[defined]).any(), "undefined where TA-Lib is defined"
        scale = np.maximum(np.abs(other[defined]), np.abs(other[defined]).mean())
        found.append(float((np.abs(mine - other)[defined] / scale).max()))
    return found


def test_swings_are_talibs_fractals() -> None:
    market = Market(3)
    _, _, support, resistance = market.run("MarketStructure", period=2)
    swings = talib.FRACTAL(market.high, market.low, 2, 2)
    for level, column, found in ((resistance, market.high, swings[0]), (support, market.low, swings[1])):
        confirmed = np.flatnonzero(found)
        assert len(confirmed) > 100
        assert (level[confirmed] == column[confirmed - 2]).all()
        assert set(np.flatnonzero(np.diff(level) != 0) + 1) - set(confirmed) <= set(range(confirmed[0]))
