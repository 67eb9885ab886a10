"""What a run must publish by a reference written by hand over plain bars: for kinds that cannot be called directly."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from exchange.candles import MINUTE_MS, Candle
from stack.expected import Decision, published, rfc3339
from strategy_contracts.bar import Bar

Answer = tuple[int, str, float, Mapping[str, str]]
"""Index of the bar, action, quantity, and what the strategy's author sees in the metadata."""
Reference = Callable[[Sequence[Bar], int], list[Answer]]
"""Bars from the beginning of the market, and the index of the first one that the strategy is asked about."""


class ReferenceExpectation:
    """One symbol; `drawn` compares the metadata too (of the SDKs it holds order numbers)."""

    def __init__(
        self, symbol: str, candles: Sequence[Candle], reference: Reference, first: int, *, drawn: bool
    ) -> None:
        self.decisions: list[Decision] = []
        self._symbol, self._drawn = symbol, drawn
        self._bars = [Bar(c.open_time, c.open, c.high, c.low, c.close, c.volume) for c in candles]
        self.switch(reference, first)

    def switch(self, reference: Reference, first: int) -> None:
        """From bar `first` on another strategy decides."""
        self._reference, self._first = reference, first

    def extend(self, indices: Iterable[int]) -> None:
        """Decide at the closes of the bars `indices`, in order."""
        asked = set(indices)
        if not asked:
            return
        for number, action, quantity, metadata in self._reference(self._bars[: max(asked) + 1], self._first):
            if number in asked:
                evaluated_at = rfc3339(self._bars[number].open_time + MINUTE_MS)
                seen = tuple(sorted(metadata.items())) if self._drawn else ()
                self.decisions.append(Decision(evaluated_at, self._symbol, action, 1.0, quantity, seen))

    def published(self, signal: Mapping[str, Any]) -> Decision:
        """What the reference knows of a signal."""
        decision = published(signal)
        return decision if self._drawn else replace(decision, metadata=())
