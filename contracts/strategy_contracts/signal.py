"""The signal: what a strategy decided, as every consumer of this platform reads it.

Field names and enums are the platform's (its `TradingSignal`); the fields after `expires_at` are ours.
A retry or a failover makes the same signal again, byte for byte but for `generated_at`.
"""

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from strategy_contracts.timeframe import Timeframe

SCHEMA_VERSION: Final = 1
DISTRIBUTOR: Final = "inference-service"
"""The platform's name of this service in the Kafka envelope."""


class Action(StrEnum):
    """What to do with the symbol."""

    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"
    CLOSE_LONG = "CLOSE_LONG"
    CLOSE_SHORT = "CLOSE_SHORT"
    CLOSE_ALL = "CLOSE_ALL"


class SignalStatus(StrEnum):
    """Life of a signal; `expired` may also be derived on read from `expires_at`."""

    PENDING = "pending"
    ACTIVE = "active"
    EXECUTED = "executed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OrderType(StrEnum):
    """How the order that follows the signal should be placed."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"


class TimeInForce(StrEnum):
    """How long the order that follows the signal stays open."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    DAY = "DAY"


class StrategySource(StrEnum):
    """Where the strategy's code lives, in the platform's spelling."""

    AI_ML = "ai_ml"
    NO_CODE = "no_code"
    INLINE = "inline"
    CONFIG_MAP = "config_map"


class ExecutionMode(StrEnum):
    """What the consumer may do with the signals; the signals are the same."""

    PAPER = "paper"
    LIVE = "live"
    BACKTEST = "backtest"


class ExecutionParams(msgspec.Struct, frozen=True, kw_only=True):
    """How to execute: quantity in the base asset, prices in the quote asset, slippage as a fraction."""

    quantity: float
    price_target: float | None = None
    stop_loss: float | None = None
    take_profit: float | None = None
    order_type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.GTC
    max_slippage: float = 0.001


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. Times are UTC; `confidence` and `risk_score` lie in 0..1."""

    signal_id: str
    timestamp: datetime
    """The evaluation time, so that a retry is equal."""
    strategy_id: str
    strategy_source: StrategySource
    strategy_version: str | None = None
    symbol: str
    exchange: str = "binance"
    action: Action
    confidence: float
    execution_params: ExecutionParams
    risk_score: float = 0.0
    position_size: float | None = None
    max_drawdown: float | None = None
    current_price: float | None = None
    market_conditions: dict[str, Any] | None = None
    metadata: dict[str, Any] = {}
    status: SignalStatus = SignalStatus.ACTIVE
    expires_at: datetime | None = None
    # What this operator adds.
    execution_id: str
    owner: str
    sequence: int
    """Dense per execution, from 1: a consumer that sees a hole has lost something."""
    execution_mode: ExecutionMode
    timeframe: Timeframe
    evaluation_time: datetime
    generated_at: datetime
    bundle_digest: str
    incarnation: int
    input_revision: int = 0
    """The highest revision among the bars the strategy saw; above 0 the input had been corrected."""


class SignalEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a record of `trading_signals`."""

    signal: Signal
    timestamp: datetime
    distributor: str = DISTRIBUTOR


class SignalUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a record of `trading_signal_updates`: what happened to published signals."""

    kind: str
    """executed | cancelled | bar_revised"""
    execution_id: str
    signal_ids: list[str]
    timestamp: datetime
    details: dict[str, Any] = {}


_ENVELOPE_DECODER: Final = msgspec.json.Decoder(SignalEnvelope)


def encode_envelope(envelope: SignalEnvelope) -> bytes:
    """The JSON that goes on the log."""
    return msgspec.json.encode(envelope)


def decode_envelope(value: bytes) -> SignalEnvelope:
    """The envelope in a record's value; msgspec.ValidationError names the field that is wrong."""
    return _ENVELOPE_DECODER.decode(value)


def signal_id(
    *,
    execution_id: str,
    bundle_digest: str,
    symbol: str,
    timeframe: Timeframe,
    evaluation_time_ms: int,
    action: Action,
    ordinal: int,
) -> str:
    """The id of a signal: equal for a retry or a failover, different for everything else.

    `ordinal` is the index among the evaluation's signals of equal symbol and action, in the order returned.
    """
    parts = (execution_id, bundle_digest, symbol, timeframe, str(evaluation_time_ms), action, str(ordinal))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"sig_{utc(evaluation_time_ms):%Y%m%d_%H%M%S}_{digest[:16]}"


def utc(at_ms: int) -> datetime:
    """Milliseconds since the epoch as an aware datetime, exactly (no float in between)."""
    seconds, milliseconds = divmod(at_ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


def milliseconds(moment: datetime) -> int:
    """An aware datetime as milliseconds since the epoch; the inverse of `utc`."""
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000
