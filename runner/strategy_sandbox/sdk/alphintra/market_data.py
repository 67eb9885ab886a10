"""`context.market_data`: frames of bars. Order books, quotes and trades are not part of a run's data."""

from typing import Any, NoReturn

import pandas as pd

from strategy_sandbox.sdk.market_view import MarketView
from strategy_sandbox.sdk.parts import NotAvailable, SdkPart

_COLUMNS = ("open", "high", "low", "close", "volume")


class MarketData(SdkPart):
    """Without a symbol the run's only one is meant, without a timeframe the run's."""

    def __init__(self, market: MarketView) -> None:
        self._market = market

    @property
    def symbols(self) -> list[str]:
        """The run's symbols."""
        return list(self._market.symbols)

    @property
    def timeframe(self) -> str:
        """The run's timeframe."""
        return self._market.timeframe

    def get_bars(self, symbol: str | None = None, count: int = 100, timeframe: str | None = None) -> pd.DataFrame:
        """The newest bars, oldest first: columns timestamp (the open time in UTC), open, high, low, close, volume."""
        times, rows = self._market.rows(symbol, count, timeframe)
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        frame.insert(0, "timestamp", pd.DatetimeIndex(times, dtype="datetime64[ns, UTC]"))
        return frame

    def get_current_price(self, symbol: str | None = None) -> float | None:
        """The newest close; None before the first bar."""
        return self._market.price(symbol)

    def is_market_open(self, symbol: str | None = None) -> bool:
        """A bar has just closed, so it is."""
        return True

    def get_bid_ask(self, symbol: str | None = None) -> NoReturn:
        raise _absent("get_bid_ask")

    def get_orderbook(self, symbol: str | None = None, depth: int = 10) -> NoReturn:
        raise _absent("get_orderbook")

    def get_trades(self, symbol: str | None = None, count: int = 100) -> NoReturn:
        raise _absent("get_trades")

    def get_market_hours(self, symbol: str | None = None, *_: Any) -> NoReturn:
        raise _absent("get_market_hours")


def _absent(name: str) -> NotAvailable:
    return NotAvailable(f"{name} is not available: strategies see closed bars only; use get_bars or get_current_price")
