"""The bars of one clock: a data source, or bars folded to a higher timeframe out of one.

Every step of a plan runs on the clock of one stream; whoever looks from another clock sees what has closed by then.
"""

from typing import Any, Final

from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time, open_time
from strategy_sandbox.workflow.indicators import PriceBar
from strategy_sandbox.workflow.tapes import Tape

COLUMNS: Final = ("open", "high", "low", "close", "volume")


class BarStream:
    """The newest bar, and the tapes of its columns."""

    def __init__(self) -> None:
        self.bar: PriceBar | None = None
        self.tapes = {name: Tape() for name in COLUMNS}

    def take(self, bar: PriceBar) -> None:
        self.bar = bar
        for name, tape in self.tapes.items():
            tape.push(getattr(bar, name))

    def snapshot(self) -> list[Any]:
        bar = self.bar
        return [] if bar is None else [bar.open_time_ms, bar.open, bar.high, bar.low, bar.close, bar.volume]

    def restore(self, state: list[Any]) -> None:
        self.bar = PriceBar(*state) if state else None


class Folding:
    """Folds closed bars into those of a higher timeframe, and gives each when its last part has closed.

    A folded bar whose beginning was not seen is never given: half a candle is none.
    """

    def __init__(self, base: Timeframe, timeframe: Timeframe) -> None:
        self._base, self._timeframe = base, timeframe
        self._parts: list[float] = []
        self._open_ms = -1

    def take(self, bar: PriceBar) -> PriceBar | None:
        opened = open_time(self._timeframe, bar.open_time_ms)
        if opened != self._open_ms:
            self._open_ms = opened
            whole = bar.open_time_ms == opened
            self._parts = [bar.open, bar.high, bar.low, bar.close, bar.volume] if whole else []
        elif self._parts:
            _, high, low, _, volume = self._parts
            self._parts[1:] = [max(high, bar.high), min(low, bar.low), bar.close, volume + bar.volume]
        if not self._parts or close_time(self._base, bar.open_time_ms) < close_time(self._timeframe, opened):
            return None
        return PriceBar(opened, *self._parts)

    def snapshot(self) -> list[Any]:
        return [self._open_ms, list(self._parts)]

    def restore(self, state: list[Any]) -> None:
        self._open_ms, self._parts = state[0], list(state[1])


def price_bar(bar: Bar) -> PriceBar:
    """A bar as indicators read it."""
    return PriceBar(bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume)
