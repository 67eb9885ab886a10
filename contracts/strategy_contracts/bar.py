"""One OHLCV candle."""

import math

import msgspec

from strategy_contracts.errors import ContractViolation


class Bar(msgspec.Struct, frozen=True, array_like=True):
    """One candle of one (provider, symbol, timeframe), which its carrier names.

    `open_time` is in milliseconds since the epoch, UTC; prices are in the quote asset, volume in
    the base asset. `revision` rises by one each time a provider changes a bar that was closed.
    On wires a bar is an array in the order of the fields, to keep 5,000 of them small.
    """

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool = True
    revision: int = 0


def check_bar(bar: Bar) -> Bar:
    """The bar itself if it can be true, else ContractViolation that says what is wrong with it."""
    prices = (bar.open, bar.high, bar.low, bar.close)
    if not all(math.isfinite(value) for value in (*prices, bar.volume)):
        raise ContractViolation(f"bar {bar.open_time}: a value is not a finite number")
    if min(prices) <= 0 or bar.volume < 0:
        raise ContractViolation(f"bar {bar.open_time}: prices must be above 0 and volume not below 0")
    if bar.high < max(prices) or bar.low > min(prices):
        raise ContractViolation(f"bar {bar.open_time}: open and close must lie between low and high")
    return bar
