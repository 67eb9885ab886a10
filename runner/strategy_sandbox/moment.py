"""What a strategy is asked about: one evaluation time, with everything that is known by then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from strategy_contracts.bar import Bar
from strategy_sandbox.windows import BarWindow


@dataclass(frozen=True, slots=True)
class Moment:
    """One evaluation. Windows are the worker's own: read them, or take copies with `frames`."""

    time_ms: int
    windows: Mapping[str, BarWindow]
    """By symbol, in the order of the subscription; an empty one has had no bar yet."""
    news: Mapping[str, Sequence[Bar]]
    """By symbol, the bars that came with this evaluation; they are in the windows already."""
    source_windows: Mapping[str, BarWindow] = field(default_factory=dict)
    """By source node, the other data sources of a workflow."""
    source_news: Mapping[str, Sequence[Bar]] = field(default_factory=dict)
    account: Mapping[str, Any] | None = None
    """The paper account: cash, equity, realized_pnl, positions by symbol {quantity (signed), average_price}."""
    decided_at_ms: int | None = None
    """For checks: the bar that is asked about, by its open time, where the windows go on after it."""

    def frames(self) -> dict[str, pd.DataFrame]:
        """By symbol, a copy of the window as a frame; a symbol that has no bar yet is not there."""
        return {symbol: window.frame() for symbol, window in self.windows.items() if len(window)}
