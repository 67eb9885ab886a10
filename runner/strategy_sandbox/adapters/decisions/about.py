"""What a strategy was asked about when it was asked about one symbol."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class About:
    """One symbol at one evaluation."""

    symbol: str
    price: float
    """The newest close, from which levels in percent are counted."""
    newest: pd.Timestamp
    """The open time of the bar that is decided about: the newest one."""
    is_earlier: bool = False
    """Checks ask about an earlier bar."""
