"""The bars of the run as an SDK looks at them: at one evaluation, by symbol, newest last."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from strategy_sandbox.moment import Moment
from strategy_sandbox.sdk.parts import NotAvailable
from strategy_sandbox.windows import BarWindow

_COLUMNS: Final = {"open": 0, "high": 1, "low": 2, "close": 3, "volume": 4}
_SPELLINGS: Final = {
    "1min": "1m",
    "5min": "5m",
    "15min": "15m",
    "30min": "30m",
    "60m": "1h",
    "1hour": "1h",
    "1day": "1d",
}


class MarketView:
    """Moved on by the session; what strategies get are copies."""

    def __init__(self, symbols: tuple[str, ...], timeframe: str) -> None:
        self.symbols = symbols
        self.timeframe = timeframe
        self._windows: Mapping[str, BarWindow] = {}
        self.time_ms = 0

    def move_to(self, moment: Moment) -> None:
        self._windows, self.time_ms = moment.windows, moment.time_ms

    @property
    def now(self) -> datetime:
        """The evaluation time."""
        return datetime.fromtimestamp(self.time_ms / 1000, UTC)

    def symbol(self, symbol: str | None) -> str:
        """The symbol that is meant; without a name the only one there is."""
        if symbol is None:
            if len(self.symbols) > 1:
                raise ValueError(f"name the symbol: this run has {', '.join(self.symbols)}")
            return self.symbols[0]
        if symbol not in self.symbols:
            raise ValueError(f"{symbol!r} is not among the symbols of this run: {', '.join(self.symbols)}")
        return symbol

    def rows(
        self, symbol: str | None, count: int | None, timeframe: str | None
    ) -> tuple[list[datetime], NDArray[np.float64]]:
        """Open times and an array of (open, high, low, close, volume) rows of the newest `count` bars."""
        self._check_timeframe(timeframe)
        window = self._windows.get(self.symbol(symbol))
        if window is None:
            return [], np.empty((0, len(_COLUMNS)))
        times, values = window.newest(count)
        return [datetime.fromtimestamp(time / 1000, UTC) for time in times], values

    def column(
        self, symbol: str | None, name: str, count: int | None = None, timeframe: str | None = None
    ) -> NDArray[np.float64]:
        """One column of the newest `count` bars; all bars of the window without a count."""
        if name not in _COLUMNS:
            raise ValueError(f"{name!r} is not one of {', '.join(_COLUMNS)}")
        return self.rows(symbol, count, timeframe)[1][:, _COLUMNS[name]]

    def price(self, symbol: str | None) -> float | None:
        """The newest close."""
        closes = self.column(symbol, "close", 1)
        return float(closes[-1]) if len(closes) else None

    def _check_timeframe(self, timeframe: str | None) -> None:
        if timeframe is None or _SPELLINGS.get(timeframe.lower(), timeframe) in (
            self.timeframe,
            self.timeframe.lower(),
        ):
            return
        raise NotAvailable(
            f"bars of {timeframe} are not there: this run has {self.timeframe}; leave the timeframe out, or set it so "
            "in the run"
        )
