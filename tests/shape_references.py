"""What the sample strategies decide, written again by hand over plain lists: no pandas, no code of the sandbox."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from strategy_contracts.bar import Bar

Decision = tuple[int, str]
Reference = Callable[[Sequence[Bar]], list[Decision]]


def momentum(bars: Sequence[Bar]) -> list[Decision]:
    """Up or down by more than a thousandth in five bars."""
    found = []
    for number in range(5, len(bars)):
        change = bars[number].close / bars[number - 5].close
        if change > 1.001:
            found.append((number, "BUY"))
        elif change < 0.999:
            found.append((number, "SELL"))
    return found


def breakout(bars: Sequence[Bar]) -> list[Decision]:
    """Above the highest high, below the lowest low of the twenty bars before."""
    found = []
    for number in range(20, len(bars)):
        before, close = bars[number - 20 : number], bars[number].close
        if close > max(bar.high for bar in before):
            found.append((number, "BUY"))
        elif close < min(bar.low for bar in before):
            found.append((number, "SELL"))
    return found


def mean(bars: Sequence[Bar]) -> list[Decision]:
    """A thousandth below the mean of twenty closes is bought, above it sold."""
    found = []
    for number in range(19, len(bars)):
        level, close = _mean(bars, number), bars[number].close
        if close < level * 0.999:
            found.append((number, "BUY"))
        elif close > level * 1.001:
            found.append((number, "SELL"))
    return found


def long_breakout(bars: Sequence[Bar]) -> list[Decision]:
    """The breakout of one that holds at most one position, and closes it at the breakout below."""
    found, holds = [], False
    for number, action in breakout(bars):
        if (action == "BUY") is not holds:
            found.append((number, "BUY" if action == "BUY" else "CLOSE_LONG"))
            holds = not holds
    return found


def dip(bars: Sequence[Bar]) -> list[Decision]:
    """Bought a thousandth below the mean, sold above it or after fifteen bars."""
    return [(number, action) for number, action, _ in dip_sizes(bars)]


def dip_sizes(bars: Sequence[Bar]) -> list[tuple[int, str, float]]:
    """The same with quantities: a quarter, a half, three quarters, by the rounds before."""
    found: list[tuple[int, str, float]] = []
    bought_at: int | None = None
    rounds = 0
    for number in range(19, len(bars)):
        level, close = _mean(bars, number), bars[number].close
        if bought_at is None:
            if close < level * 0.999:
                found.append((number, "BUY", (1 + rounds % 3) * 0.25))
                bought_at = number
        elif close > level or number - bought_at >= 15:
            found.append((number, "SELL", found[-1][2]))
            bought_at, rounds = None, rounds + 1
    return found


def on_change(decisions: Sequence[Decision]) -> list[Decision]:
    """Of decisions in a row that are equal the first, as `repeat: OnChange` publishes them."""
    return [*decisions[:1], *(after for before, after in pairwise(decisions) if before[1] != after[1])]


def _mean(bars: Sequence[Bar], number: int) -> float:
    return sum(bar.close for bar in bars[number - 19 : number + 1]) / 20
