"""From what the worker answered to a signal that is complete, or a refusal that tells the author why.

What a strategy leaves out is filled and marked in `metadata`; what is wrong is never repaired. Everything
here comes from user code: nothing is believed, nothing is formatted into more than a bounded message.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec

from strategy_contracts.action_words import action_word
from strategy_contracts.bar import Bar
from strategy_contracts.errors import ContractViolation
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.signal import (
    Action,
    ExecutionParams,
    OrderType,
    Signal,
    SignalStatus,
    TimeInForce,
    signal_id,
    utc,
)
from strategy_contracts.worker_protocol import MAX_CANDIDATES, Candidate
from strategy_runner.risk_score import risk_score

DEFAULT_CONFIDENCE: Final = 1.0
DEFAULT_QUANTITY: Final = 0.1
MAX_NUMBER: Final = 1e15
"""Above it a price or quantity is a mistake, and float64 no longer carries cents."""
MAX_METADATA_BYTES: Final = 8 * 1024
MAX_TEXT: Final = 500
MAX_METADATA_DEPTH: Final = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """The evaluation that a signal belongs to."""

    time_ms: int
    generated_at: datetime
    bars: Mapping[str, Sequence[Bar]]
    """The newest bars of each symbol, enough for the risk score."""
    input_revision: int = 0
    missing: tuple[str, ...] = ()
    expired: bool = False
    """The evaluation comes later than `max_lateness_seconds`."""


class SignalFactory:
    """Makes the signals of one run."""

    def __init__(self, config: RunnerConfig, parameters: Mapping[str, Any]) -> None:
        self._config = config
        quantity = parameters.get("quantity")
        usable = isinstance(quantity, int | float) and not isinstance(quantity, bool) and 0 < quantity <= MAX_NUMBER
        self._quantity = float(quantity) if usable and quantity is not None else DEFAULT_QUANTITY

    def signals(self, candidates: Sequence[Candidate], moment: Moment) -> list[Signal]:
        """The candidates as signals, in order, with sequence 0: the rules decide which are published.

        Raises ContractViolation for the first candidate that is wrong: an evaluation is right as a whole.
        """
        if len(candidates) > MAX_CANDIDATES:
            raise ContractViolation(f"{len(candidates)} signals in one evaluation; the limit is {MAX_CANDIDATES}")
        ordinals: Counter[tuple[str, Action]] = Counter()
        signals = []
        for index, candidate in enumerate(candidates):
            try:
                action = self._action(candidate)
                ordinal = ordinals[candidate.symbol, action]
                signals.append(self._signal(candidate, action, ordinal, moment))
            except ContractViolation as error:
                raise ContractViolation(f"signal {index + 1} of {len(candidates)}: {error}") from None
            ordinals[candidate.symbol, action] += 1
        return signals

    def _action(self, candidate: Candidate) -> Action:
        if candidate.symbol not in self._config.symbols:
            subscribed = ", ".join(self._config.symbols[:10])
            raise ContractViolation(f"symbol {quote(candidate.symbol)} is not subscribed; subscribed: {subscribed}")
        return _choice(Action, "action", candidate.action)

    def _signal(self, candidate: Candidate, action: Action, ordinal: int, moment: Moment) -> Signal:
        config, rules, symbol = self._config, self._config.signals, candidate.symbol
        bars = moment.bars.get(symbol, ())
        marks: dict[str, Any] = {}
        price = _positive("current_price", candidate.current_price)
        if price is None and bars:
            price = bars[-1].close
        confidence = _fraction("confidence", candidate.confidence)
        if confidence is None:
            confidence, marks["confidence_source"] = DEFAULT_CONFIDENCE, "default"
        quantity = _positive("quantity", candidate.quantity)
        if quantity is None:
            quantity, marks["quantity_source"] = self._quantity, "default"
        stop_loss = _positive("stop_loss", candidate.stop_loss)
        if stop_loss is None and rules.stop_loss_percentage is not None:
            stop_loss = _offset(price, action, -rules.stop_loss_percentage)
            marks |= {"stop_loss_source": "default"} if stop_loss is not None else {}
        take_profit = _positive("take_profit", candidate.take_profit)
        if take_profit is None and rules.take_profit_percentage is not None:
            take_profit = _offset(price, action, rules.take_profit_percentage)
            marks |= {"take_profit_source": "default"} if take_profit is not None else {}
        risk = _fraction("risk_score", candidate.risk_score)
        if risk is None:
            risk, marks["risk_source"] = risk_score(price, stop_loss, bars)
        if moment.missing:
            marks["missing_bars"] = list(moment.missing)
        moment_utc = utc(moment.time_ms)
        expires = rules.expiry_seconds
        return Signal(
            signal_id=signal_id(
                execution_id=config.execution_id,
                bundle_digest=config.bundle_digest,
                symbol=symbol,
                timeframe=config.timeframe,
                evaluation_time_ms=moment.time_ms,
                action=action,
                ordinal=ordinal,
            ),
            timestamp=moment_utc,
            strategy_id=config.strategy_id,
            strategy_source=config.strategy_source,
            symbol=symbol,
            exchange=config.market_data.provider,
            action=action,
            confidence=confidence,
            execution_params=ExecutionParams(
                quantity=quantity,
                price_target=_positive("price_target", candidate.price_target),
                stop_loss=stop_loss,
                take_profit=take_profit,
                order_type=_choice(OrderType, "order_type", candidate.order_type or OrderType.MARKET),
                time_in_force=_choice(TimeInForce, "time_in_force", candidate.time_in_force or TimeInForce.GTC),
            ),
            risk_score=risk,
            current_price=price,
            metadata=_metadata(candidate.metadata) | marks,
            status=SignalStatus.EXPIRED if moment.expired else SignalStatus.ACTIVE,
            expires_at=moment_utc + timedelta(seconds=expires) if expires is not None else None,
            execution_id=config.execution_id,
            owner=config.owner,
            sequence=0,
            execution_mode=config.execution_mode,
            timeframe=config.timeframe,
            evaluation_time=moment_utc,
            generated_at=moment.generated_at,
            bundle_digest=config.bundle_digest,
            incarnation=config.incarnation,
            input_revision=moment.input_revision,
        )


def manages_orders(action: str) -> bool:
    """Whether it is one of the platform's actions that no signal can say, as moving a stop is: it gives none."""
    word = action_word(action) if action.isascii() else None
    return word is not None and word.action is None


def quote(text: str) -> str:
    """User text inside a message: short, one line, printable."""
    shown = text if len(text) <= 40 else text[:40] + "…"
    return repr("".join(c if c.isprintable() else "?" for c in shown))


E = TypeVar("E", bound=StrEnum)


def _choice(kind: type[E], name: str, text: str) -> E:
    try:
        return kind(text)
    except ValueError:
        raise ContractViolation(f"{name} {quote(text)} is not one of {', '.join(kind)}") from None


def _fraction(name: str, value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 1:
        raise ContractViolation(f"{name} must lie between 0 and 1, it is {value!r}")
    return value


def _positive(name: str, value: float | None) -> float | None:
    if value is not None and not 0 < value <= MAX_NUMBER:
        raise ContractViolation(f"{name} must be above 0 and at most {MAX_NUMBER:.0e}, it is {value!r}")
    return value


def _offset(price: float | None, action: Action, fraction: float) -> float | None:
    """A stop (fraction below 0) or target (above 0) for an action that opens a position; None for others.

    None also where the price would not be above 0: the target of a sale cannot be 100 % away.
    """
    direction = {Action.BUY: 1, Action.SELL: -1}.get(action)
    if price is None or direction is None:
        return None
    value = price * (1 + direction * fraction)
    return value if value > 0 else None


def _metadata(value: Mapping[str, Any]) -> dict[str, Any]:
    checked = {_text(key): _json_value(item, MAX_METADATA_DEPTH) for key, item in value.items()}
    size = len(msgspec.json.encode(checked))
    if size > MAX_METADATA_BYTES:
        raise ContractViolation(f"metadata takes {size} bytes; the limit is {MAX_METADATA_BYTES}")
    return checked


def _json_value(value: Any, depth: int) -> Any:
    match value:
        case None | bool() | int():
            return value
        case float():
            if not math.isfinite(value):
                raise ContractViolation(f"metadata holds {value!r}, which JSON cannot carry")
            return value
        case str():
            return _text(value)
        case list() | dict() if depth == 0:
            raise ContractViolation(f"metadata is nested deeper than {MAX_METADATA_DEPTH} levels")
        case list():
            return [_json_value(item, depth - 1) for item in value]
        case dict():
            return {_text(key): _json_value(item, depth - 1) for key, item in value.items()}
    raise ContractViolation(f"metadata holds a {type(value).__name__}, which JSON cannot carry")


_UNSAFE: Final[Callable[[str], bool]] = lambda c: (not c.isprintable() and c not in "\n\t") or "\ud800" <= c <= "\udfff"  # noqa: E731


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ContractViolation(f"a metadata key is a {type(value).__name__}; keys must be texts")
    if len(value) > MAX_TEXT:
        raise ContractViolation(f"a metadata text has {len(value)} characters; the limit is {MAX_TEXT}")
    if any(_UNSAFE(c) for c in value):
        raise ContractViolation(f"metadata text {quote(value)} holds control characters")
    return value
