"""`self.data`: bars and indicators of the run's symbols. Lists of bar objects, lists of floats, floats."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from strategy_sandbox.sdk.app.sdk import indicators
from strategy_sandbox.sdk.market_view import MarketView
from strategy_sandbox.sdk.parts import NotAvailable, SdkPart

_OWN_BARS = "the platform brings the bars, one evaluation after the other"


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle; the timestamp is its open time in UTC."""

    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "timestamp": self.timestamp.isoformat(),
            "open": self.open,
            "high": self.high,
            "low": self.low,
            "close": self.close,
            "volume": self.volume,
        }


class MarketData(SdkPart):
    """Indicators look at the whole window of the run (`lookbackBars`). Without a timeframe the run's is meant."""

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

    @property
    def current_time(self) -> datetime:
        """The evaluation time."""
        return self._market.now

    def get_bars(self, symbol: str, count: int = 100, timeframe: str | None = None) -> list[Bar]:
        """The newest bars, oldest first; fewer where the window has no more."""
        times, rows = self._market.rows(symbol, count, timeframe)
        return [Bar(time, *row) for time, row in zip(times, rows.tolist(), strict=True)]

    def get_current_bar(self, symbol: str, timeframe: str | None = None) -> Bar | None:
        return next(iter(self.get_bars(symbol, 1, timeframe)), None)

    def get_current_price(self, symbol: str, timeframe: str | None = None) -> float | None:
        bar = self.get_current_bar(symbol, timeframe)
        return bar.close if bar is not None else None

    def get_prices(
        self, symbol: str, count: int = 100, price_type: str = "close", timeframe: str | None = None
    ) -> list[float]:
        """One column of the newest bars."""
        prices: list[float] = self._market.column(symbol, price_type, count, timeframe).tolist()
        return prices

    def sma(self, symbol: str, period: int = 20, timeframe: str | None = None) -> float | None:
        return indicators.sma(self._closes(symbol, timeframe), period)

    def ema(self, symbol: str, period: int = 20, timeframe: str | None = None) -> float | None:
        return indicators.ema(self._closes(symbol, timeframe), period)

    def rsi(self, symbol: str, period: int = 14, timeframe: str | None = None) -> float | None:
        return indicators.rsi(self._closes(symbol, timeframe), period)

    def bollinger_bands(
        self, symbol: str, period: int = 20, std_dev: float = 2.0, timeframe: str | None = None
    ) -> dict[str, float] | None:
        return indicators.bollinger_bands(self._closes(symbol, timeframe), period, std_dev)

    def macd(
        self,
        symbol: str,
        fast_period: int = 12,
        slow_period: int = 26,
        signal_period: int = 9,
        timeframe: str | None = None,
    ) -> dict[str, float] | None:
        return indicators.macd(self._closes(symbol, timeframe), fast_period, slow_period, signal_period)

    def load_data(self, *_: Any, **__: Any) -> None:
        raise NotAvailable(f"load_data is not needed: {_OWN_BARS}")

    def set_current_time(self, *_: Any, **__: Any) -> None:
        raise NotAvailable(f"set_current_time is not needed: {_OWN_BARS}")

    def advance_bar(self, *_: Any, **__: Any) -> None:
        raise NotAvailable(f"advance_bar is not needed: {_OWN_BARS}")

    def _closes(self, symbol: str, timeframe: str | None) -> Any:
        return self._market.column(symbol, "close", None, timeframe)
