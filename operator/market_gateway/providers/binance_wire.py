"""Binance's JSON as typed values: kline rows, kline events, control answers, errors. Pure."""

from typing import Any, Final

import msgspec

from strategy_contracts.bar import Bar

INTERVAL_NAMES: Final = frozenset({"1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"})
INVALID_SYMBOL: Final = -1121


class ApiError(msgspec.Struct, frozen=True):
    """The body of a refusal."""

    code: int
    msg: str = ""


class ServerTime(msgspec.Struct, frozen=True):
    serverTime: int


class SymbolInfo(msgspec.Struct, frozen=True):
    symbol: str
    status: str


class RateLimit(msgspec.Struct, frozen=True):
    rateLimitType: str
    interval: str
    intervalNum: int
    limit: int


class ExchangeInfo(msgspec.Struct, frozen=True):
    symbols: list[SymbolInfo]
    rateLimits: list[RateLimit] = []

    def weight_per_minute(self) -> int:
        """The published allowance; 0 where it is not among the limits."""
        for limit in self.rateLimits:
            if (limit.rateLimitType, limit.interval, limit.intervalNum) == ("REQUEST_WEIGHT", "MINUTE", 1):
                return limit.limit
        return 0


class KlineRow(msgspec.Struct, frozen=True, array_like=True):
    """The first seven of the twelve fields; the rest is not ours."""

    open_time: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    close_time: int

    def bar(self) -> Bar:
        return Bar(
            self.open_time,
            float(self.open),
            float(self.high),
            float(self.low),
            float(self.close),
            float(self.volume),
        )


class Kline(msgspec.Struct, frozen=True):
    """The candle of an event."""

    open_time: int = msgspec.field(name="t")
    open: str = msgspec.field(name="o")
    high: str = msgspec.field(name="h")
    low: str = msgspec.field(name="l")
    close: str = msgspec.field(name="c")
    volume: str = msgspec.field(name="v")
    closed: bool = msgspec.field(name="x")

    def bar(self) -> Bar:
        return Bar(
            self.open_time,
            float(self.open),
            float(self.high),
            float(self.low),
            float(self.close),
            float(self.volume),
            self.closed,
        )


class Event(msgspec.Struct, frozen=True):
    """The `data` of a combined frame: a kline event or serverShutdown."""

    kind: str = msgspec.field(name="e")
    time_ms: int = msgspec.field(name="E")
    kline: Kline | None = msgspec.field(name="k", default=None)


class Frame(msgspec.Struct, frozen=True):
    """Anything the server sends: an event of a stream, the answer to a request, or a refusal of one."""

    stream: str | None = None
    data: Event | None = None
    id: int | None = None
    code: int | None = None
    msg: str | None = None
    error: ApiError | None = None


decode_frame: Final = msgspec.json.Decoder(Frame).decode
decode_rows: Final = msgspec.json.Decoder(list[KlineRow]).decode


def decode_error(body: bytes) -> ApiError:
    """The exchange's code and words; code 0 where the body is not its own (a proxy's page)."""
    try:
        return msgspec.json.decode(body, type=ApiError)
    except msgspec.MsgspecError:
        return ApiError(0, "")


def stream_name(symbol: str, timeframe: str) -> str:
    return f"{symbol.lower()}@kline_{timeframe}"


def control(method: str, streams: list[str], identity: int) -> str:
    """SUBSCRIBE or UNSUBSCRIBE."""
    request: dict[str, Any] = {"method": method, "params": streams, "id": identity}
    return msgspec.json.encode(request).decode()
