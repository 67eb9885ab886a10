"""Coarser candles from finer ones. Pure."""

from collections.abc import Iterable
from itertools import groupby

from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, open_time


def fold(bars: Iterable[Bar], timeframe: Timeframe) -> list[Bar]:
    """One bar per period of `timeframe` that has any; volumes add up, the rest as one long candle."""
    periods = groupby(bars, key=lambda bar: open_time(timeframe, bar.open_time))
    return [_one(opened, list(parts)) for opened, parts in periods]


def _one(opened: int, parts: list[Bar]) -> Bar:
    return Bar(
        opened,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        sum(part.volume for part in parts),
    )


def in_progress(bar: Bar, progress: float) -> Bar:
    """How a closed bar may have looked when part of its time had passed: open, one extreme, the other, close."""
    extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
    path = (bar.open, *extremes, bar.close)
    leg = min(2, int(progress * 3))
    here = path[leg] + (path[leg + 1] - path[leg]) * (progress * 3 - leg)
    seen = (*path[: leg + 1], here)
    return Bar(bar.open_time, bar.open, max(seen), min(seen), here, bar.volume * progress, closed=False)
