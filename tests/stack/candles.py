"""The windows a run must have seen, built from the candles the test exchange serves."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from exchange.candles import Candle, random_candles, read_candles

RECORDED = Path(__file__).parents[3] / "shared" / "market_data"
"""Real candles, where this checkout has them beside it; tests say so when they fall back to random ones."""
COLUMNS = ["open", "high", "low", "close", "volume"]

Series = Mapping[str, Sequence[Candle]]


def recorded_series() -> dict[str, list[Candle]] | None:
    """A week of real one-minute candles of two symbols, or None where there are none."""
    files = {path.name.split("-")[0]: path for path in sorted(RECORDED.glob("*-1m-*.csv"))}
    return {symbol: read_candles(path) for symbol, path in files.items()} or None


def random_series(count: int) -> dict[str, list[Candle]]:
    """The candles that the exchange makes up by itself."""
    prices = {"BTCUSDT": 23_000.0, "ETHUSDT": 1_600.0}
    return {symbol: random_candles(symbol, count, price=price) for symbol, price in prices.items()}


def windows(series: Series, last_index: int, lookback: int) -> dict[str, pd.DataFrame]:
    """What a strategy is given when the bar of `last_index` has closed: a frame per symbol, indexed by open time."""
    return {symbol: _frame(bars[max(0, last_index + 1 - lookback) : last_index + 1]) for symbol, bars in series.items()}


def _frame(bars: Sequence[Candle]) -> pd.DataFrame:
    index = pd.to_datetime([bar.open_time for bar in bars], unit="ms", utc=True)
    rows = [[bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in bars]
    return pd.DataFrame(rows, index=index, columns=COLUMNS)
