"""One symbol at a time, for shapes that were written for one frame: the symbol is known, none is assumed."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from strategy_sandbox.adapters.decisions import About
from strategy_sandbox.moment import Moment


@dataclass(frozen=True, slots=True)
class SymbolView:
    """A symbol with a copy of its window."""

    about: About
    frame: pd.DataFrame

    @property
    def symbol(self) -> str:
        return self.about.symbol


def symbol_views(moment: Moment) -> Iterator[SymbolView]:
    """The symbols that have bars, in the order of the subscription."""
    for symbol, frame in moment.frames().items():
        if moment.decided_at_ms is not None:
            earlier = pd.Timestamp(moment.decided_at_ms, unit="ms", tz="UTC")
            if earlier in frame.index:
                yield SymbolView(About(symbol, float(frame.at[earlier, "close"]), earlier, is_earlier=True), frame)
            continue
        about = About(symbol=symbol, price=float(frame["close"].iloc[-1]), newest=frame.index[-1])
        yield SymbolView(about, frame)
