"""The risk score of a signal whose strategy gave none: the distance to the stop, else how much the price moves."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from strategy_contracts.bar import Bar

ATR_PERIOD: Final = 14
BARS_NEEDED: Final = ATR_PERIOD + 1


def risk_score(price: float | None, stop_loss: float | None, bars: Sequence[Bar]) -> tuple[float, str]:
    """(score in 0..1, what it was taken from).

    min(1, stop distance in percent / 5), else min(1, 20 x ATR(14) / price). Without a price nothing is known,
    which is the highest risk.
    """
    if price is not None and stop_loss is not None:
        return min(1.0, abs(price - stop_loss) / price * 100 / 5), "stop_distance"
    if price is not None and bars:
        return min(1.0, 20 * average_true_range(bars) / price), "atr"
    return 1.0, "unknown"


def average_true_range(bars: Sequence[Bar]) -> float:
    """Mean true range of the newest 14 bars, or of as many as there are. A plain mean: it depends on nothing older."""
    recent = bars[-BARS_NEEDED:]
    if len(recent) == 1:
        return recent[0].high - recent[0].low
    ranges = [max(bar.high, before.close) - min(bar.low, before.close) for before, bar in pairwise(recent)]
    return sum(ranges) / len(ranges)
