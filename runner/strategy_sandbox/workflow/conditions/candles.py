"""Candlestick figures of one to three bars. A body is |close - open|; a small one is under 30 % of its bar's range."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from strategy_sandbox.workflow.conditions.site import Rule, Site

_SMALL: Final = 0.3
_DOJI: Final = 0.1
"""Of the range, times the sensitivity."""


@dataclass(frozen=True)
class Candle:
    open: float
    high: float
    low: float
    close: float

    @property
    def body(self) -> float:
        return abs(self.close - self.open)

    @property
    def range(self) -> float:
        return self.high - self.low

    @property
    def rises(self) -> bool:
        return self.close > self.open

    @property
    def falls(self) -> bool:
        return self.close < self.open

    @property
    def top(self) -> float:
        return max(self.open, self.close)

    @property
    def bottom(self) -> float:
        return min(self.open, self.close)

    @property
    def is_small(self) -> bool:
        return self.body < _SMALL * self.range

    @property
    def middle(self) -> float:
        return (self.open + self.close) / 2


def _candles(count: int, holds: Callable[..., bool]) -> Callable[[Site], Rule]:
    def make(site: Site) -> Rule:
        views = [site.column(name, count) for name in ("open", "high", "low", "close")]
        return lambda: holds(*(Candle(*values) for values in zip(*(view() for view in views), strict=True)))

    return make


def _hammer(bar: Candle) -> bool:
    """A lower shadow of at least two bodies, an upper one of at most one, and a body."""
    return bar.body > 0 and bar.bottom - bar.low >= 2 * bar.body and bar.high - bar.top <= bar.body


def _doji(site: Site) -> Rule:
    widest = _DOJI * site.sensitivity
    return _candles(1, lambda bar: bar.range > 0 and bar.body <= widest * bar.range)(site)


def _bullish_engulfing(first: Candle, second: Candle) -> bool:
    return first.falls and second.rises and second.open <= first.close and second.close >= first.open


def _bearish_engulfing(first: Candle, second: Candle) -> bool:
    return first.rises and second.falls and second.open >= first.close and second.close <= first.open


def _morning_star(first: Candle, star: Candle, last: Candle) -> bool:
    """A long fall, a small body below it, a rise above the middle of the fall."""
    starlike = star.is_small and star.top <= first.bottom
    return first.falls and not first.is_small and starlike and last.rises and last.close > first.middle


def _evening_star(first: Candle, star: Candle, last: Candle) -> bool:
    starlike = star.is_small and star.bottom >= first.top
    return first.rises and not first.is_small and starlike and last.falls and last.close < first.middle


def _soldiers(*bars: Candle) -> bool:
    """Three rises, each opening in the body before and closing higher."""
    steps = pairwise(bars)
    return all(bar.rises for bar in bars) and all(a.open <= b.open <= a.close < b.close for a, b in steps)


def _crows(*bars: Candle) -> bool:
    steps = pairwise(bars)
    return all(bar.falls for bar in bars) and all(a.open >= b.open >= a.close > b.close for a, b in steps)


CANDLES: Final[Mapping[str, Callable[[Site], Rule]]] = {
    "hammer": _candles(1, _hammer),
    "doji": _doji,
    "engulfing_bullish": _candles(2, _bullish_engulfing),
    "engulfing_bearish": _candles(2, _bearish_engulfing),
    "morning_star": _candles(3, _morning_star),
    "evening_star": _candles(3, _evening_star),
    "three_white_soldiers": _candles(3, _soldiers),
    "three_black_crows": _candles(3, _crows),
}
