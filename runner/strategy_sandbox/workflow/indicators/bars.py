"""What an indicator reads: one closed bar, and the price the drawing chose as its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PriceBar:
    open_time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


SOURCES: Mapping[str, Callable[[PriceBar], float]] = MappingProxyType(
    {
        "close": lambda bar: bar.close,
        "open": lambda bar: bar.open,
        "high": lambda bar: bar.high,
        "low": lambda bar: bar.low,
        "hl2": lambda bar: (bar.high + bar.low) / 2,
        "hlc3": lambda bar: (bar.high + bar.low + bar.close) / 3,
        "ohlc4": lambda bar: (bar.open + bar.high + bar.low + bar.close) / 4,
        "volume": lambda bar: bar.volume,
    }
)


def source_value(bar: PriceBar, name: str) -> float:
    return SOURCES[name](bar)
