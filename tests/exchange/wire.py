"""Binance's JSON, field for field: numbers as strings with eight decimals, no spaces, its error bodies."""

import json
from typing import Any

from exchange.candles import Candle, interval_close

QUOTE_ASSETS = ("USDT", "USDC", "FDUSD", "BTC", "ETH", "BNB", "EUR", "USD")


class ApiError(Exception):
    """A refusal with the exchange's own code."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def decimal(value: float) -> str:
    return f"{value:.8f}"


def error_body(code: int, message: str) -> str:
    return dumps({"code": code, "msg": message})


def kline_row(candle: Candle, interval: str) -> list[Any]:
    """The twelve fields of /api/v3/klines."""
    return [
        candle.open_time,
        decimal(candle.open),
        decimal(candle.high),
        decimal(candle.low),
        decimal(candle.close),
        decimal(candle.volume),
        interval_close(interval, candle.open_time) - 1,
        decimal(candle.volume * candle.close),
        trades(candle),
        decimal(candle.volume / 2),
        decimal(candle.volume * candle.close / 2),
        "0",
    ]


def kline_event(symbol: str, interval: str, candle: Candle, event_ms: int, *, closed: bool) -> dict[str, Any]:
    """The event of stream <symbol>@kline_<interval>."""
    return {
        "e": "kline",
        "E": event_ms,
        "s": symbol,
        "k": {
            "t": candle.open_time,
            "T": interval_close(interval, candle.open_time) - 1,
            "s": symbol,
            "i": interval,
            "f": candle.open_time // 1000,
            "L": candle.open_time // 1000 + trades(candle),
            "o": decimal(candle.open),
            "c": decimal(candle.close),
            "h": decimal(candle.high),
            "l": decimal(candle.low),
            "v": decimal(candle.volume),
            "n": trades(candle),
            "x": closed,
            "q": decimal(candle.volume * candle.close),
            "V": decimal(candle.volume / 2),
            "Q": decimal(candle.volume * candle.close / 2),
            "B": "0",
        },
    }


def trades(candle: Candle) -> int:
    return int(candle.volume * 100)


def symbol_info(symbol: str) -> dict[str, Any]:
    """One element of exchangeInfo's `symbols`."""
    quote = next((asset for asset in QUOTE_ASSETS if symbol.endswith(asset)), symbol[-3:])
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": symbol.removesuffix(quote),
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01000000", "maxPrice": "1000000.00", "tickSize": "0.01000000"}
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    }


def exchange_info(symbols: list[str], server_ms: int, weight_limit: int) -> dict[str, Any]:
    return {
        "timezone": "UTC",
        "serverTime": server_ms,
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weight_limit},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
            {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61000},
        ],
        "exchangeFilters": [],
        "symbols": [symbol_info(symbol) for symbol in symbols],
    }
