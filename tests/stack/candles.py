"""Recorded or synthetic candles for the test exchange, and the windows a run must have seen."""

import csv
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from strategy_contracts.bar import Bar

MINUTE_MS = 60_000
RECORDED = Path(__file__).parents[3] / "shared" / "market_data"
COLUMNS = ["open", "high", "low", "close", "volume"]
T0 = 1_677_628_800_000


def read_csv(path: Path) -> list[Bar]:
    """Bars of a file with columns open_time (ms), open, high, low, close, volume."""
    with path.open() as file:
        return [Bar(int(row["open_time"]), *(float(row[column]) for column in COLUMNS)) for row in csv.DictReader(file)]


def synthetic(seed: int, count: int, start_price: float = 23_000.0) -> list[Bar]:
    """A seeded random walk of one-minute bars, prices to two decimals as exchanges publish them."""
    random_source = random.Random(seed)
    bars, price = [], start_price
    for index in range(count):
        opened = price
        price = round(price * math.exp(random_source.gauss(0, 0.0006)), 2)
        high = round(max(opened, price) * (1 + abs(random_source.gauss(0, 0.0002))), 2)
        low = round(min(opened, price) * (1 - abs(random_source.gauss(0, 0.0002))), 2)
        bars.append(Bar(T0 + index * MINUTE_MS, opened, high, low, price, round(random_source.random() * 3, 6)))
    return bars


def write_csv(path: Path, bars: Sequence[Bar]) -> Path:
    """The same columns that `read_csv` reads."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["open_time", *COLUMNS])
        writer.writerows([bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in bars)
    return path


def windows(series: Mapping[str, Sequence[Bar]], last_index: int, lookback: int) -> dict[str, pd.DataFrame]:
    """What a strategy is given when the bar of `last_index` has closed: a frame per symbol, indexed by open time."""
    return {symbol: _frame(bars[max(0, last_index + 1 - lookback) : last_index + 1]) for symbol, bars in series.items()}


def _frame(bars: Sequence[Bar]) -> pd.DataFrame:
    index = pd.to_datetime([bar.open_time for bar in bars], unit="ms", utc=True)
    rows = [[bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in bars]
    return pd.DataFrame(rows, index=index, columns=COLUMNS)
