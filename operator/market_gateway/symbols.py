"""A symbol as people write it, and the ones near it. Pure."""

from collections.abc import Collection
from difflib import get_close_matches

SEPARATORS = str.maketrans("", "", "/-_: ")
NEAREST = 5


def compact(symbol: str) -> str:
    """BTC/USDT, BTC-USDT and btcusdt are BTCUSDT."""
    return symbol.upper().translate(SEPARATORS)


def nearest(symbol: str, known: Collection[str]) -> tuple[str, ...]:
    """Up to five known symbols that somebody who wrote `symbol` may have meant, the likeliest first."""
    wanted = compact(symbol)
    return tuple(get_close_matches(wanted, known, n=NEAREST, cutoff=0.6))
