"""Which signals of an evaluation are published.

Pure: rules, memory and account in; published signals, new memory, new account and refusals by reason out.
Each rule is one function that names its reason; the order is the one in which an author would ask.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from strategy_contracts.bundle import Shape
from strategy_contracts.checkpoint import PaperAccount, SymbolMemory
from strategy_contracts.runner_config import RepeatPolicy, SignalRules
from strategy_contracts.signal import Action, Signal
from strategy_contracts.timeframe import MINUTE_MS
from strategy_runner.paper_account import Prices, equity, exact, quantity_after, quantity_of, trade

NO_LIMIT: Final = 1.0
"""`max_position_size` and `max_daily_loss` at this value, their default, are off."""


class Refusal(StrEnum):
    """Reasons, as counted in reports and metrics."""

    HOLD = "hold"
    LOW_CONFIDENCE = "low_confidence"
    HIGH_RISK = "high_risk"
    REPEAT = "repeat"
    COOLDOWN = "cooldown"
    DAILY_LOSS = "daily_loss"
    POSITION_SIZE = "position_size"
    RATE = "rate"
    UNMAPPED_ACTION = "unmapped_action"
    """Managing an order or a position of somebody else (TRAILING_STOP, SCALE_OUT …): no signal says that."""


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules remember between evaluations: parts of the checkpoint."""

    sequence: int = 0
    symbols: dict[str, SymbolMemory] = {}
    rate_minute_ms: int = 0
    rate_count: int = 0
    account: PaperAccount = PaperAccount()


@dataclass(frozen=True, slots=True)
class _Case:
    """One signal before the bench. `before` is the memory at the start of the evaluation, `ledger` the present one."""

    signal: Signal
    rules: SignalRules
    time_ms: int
    before: SymbolMemory
    ledger: Ledger
    prices: Prices

    @property
    def memory(self) -> SymbolMemory:
        return self.ledger.symbols.get(self.signal.symbol, SymbolMemory())

    @property
    def grows_position(self) -> bool:
        held, target = self.positions()
        return abs(target) > abs(held)

    def positions(self) -> tuple[Decimal, Decimal]:
        """The position in the symbol now, and after the signal."""
        held = quantity_of(self.ledger.account, self.signal.symbol)
        return held, quantity_after(held, self.signal.action, exact(self.signal.execution_params.quantity))


@dataclass(frozen=True, slots=True)
class Ruling:
    """The outcome of an evaluation."""

    published: list[Signal]
    ledger: Ledger
    refused: dict[str, int]


def rules_for(shape: Shape, rules: SignalRules) -> SignalRules:
    """The rules with what the resource leaves to the strategy's shape."""
    if rules.repeat is not None:
        return rules
    return replace(rules, repeat=RepeatPolicy.ALWAYS if shape.places_orders else RepeatPolicy.ON_CHANGE)


def rule(signals: Sequence[Signal], rules: SignalRules, ledger: Ledger, time_ms: int, prices: Prices) -> Ruling:
    """Judge the signals of one evaluation in order; each published one changes what the next is judged by."""
    before = ledger.symbols
    minute_ms = time_ms - time_ms % MINUTE_MS
    if minute_ms != ledger.rate_minute_ms:
        ledger = replace(ledger, rate_minute_ms=minute_ms, rate_count=0)
    published: list[Signal] = []
    refused: Counter[str] = Counter()
    for signal in signals:
        case = _Case(signal, rules, time_ms, before.get(signal.symbol, SymbolMemory()), ledger, prices)
        reason = next((reason for reason, refuses in RULES if refuses(case)), None)
        if reason is not None:
            refused[reason] += 1
            continue
        ledger = _publish(case)
        published.append(replace(signal, sequence=ledger.sequence))
    return Ruling(published, ledger, dict(refused))


def _hold(case: _Case) -> bool:
    return case.signal.action is Action.HOLD and not case.rules.emit_hold


def _low_confidence(case: _Case) -> bool:
    return case.signal.confidence < case.rules.min_confidence


def _high_risk(case: _Case) -> bool:
    return case.signal.risk_score > case.rules.max_risk_score


def _repeat(case: _Case) -> bool:
    return case.rules.repeat is not RepeatPolicy.ALWAYS and case.signal.action is case.memory.last_action


def _cooldown(case: _Case) -> bool:
    """Signals of one evaluation are one decision (close, then reverse): only earlier ones cool them down."""
    last_ms = case.before.last_published_ms
    if last_ms is None or case.signal.action is Action.HOLD:
        return False
    return case.time_ms - last_ms < case.rules.cooldown_seconds * 1000


def _daily_loss(case: _Case) -> bool:
    """After the day's loss limit only signals that make a position smaller pass."""
    if case.rules.max_daily_loss >= NO_LIMIT or not case.grows_position:
        return False
    start = Decimal(case.ledger.account.day_start_equity)
    return start - equity(case.ledger.account, case.prices) >= start * exact(case.rules.max_daily_loss)


def _position_size(case: _Case) -> bool:
    """The position's value may not grow beyond its fraction of the account."""
    price = case.prices.get(case.signal.symbol)
    if case.rules.max_position_size >= NO_LIMIT or price is None or not case.grows_position:
        return False
    _, target = case.positions()
    limit = equity(case.ledger.account, case.prices) * exact(case.rules.max_position_size)
    return abs(target) * price > limit


def _rate(case: _Case) -> bool:
    return case.ledger.rate_count >= case.rules.max_per_minute


RULES: Final[tuple[tuple[Refusal, Callable[[_Case], bool]], ...]] = (
    (Refusal.HOLD, _hold),
    (Refusal.LOW_CONFIDENCE, _low_confidence),
    (Refusal.HIGH_RISK, _high_risk),
    (Refusal.REPEAT, _repeat),
    (Refusal.COOLDOWN, _cooldown),
    (Refusal.DAILY_LOSS, _daily_loss),
    (Refusal.POSITION_SIZE, _position_size),
    (Refusal.RATE, _rate),
)


def _publish(case: _Case) -> Ledger:
    signal, ledger = case.signal, case.ledger
    memory = replace(case.memory, last_action=signal.action)
    if signal.action is not Action.HOLD:
        memory = replace(memory, last_published_ms=case.time_ms)
    account, price = ledger.account, case.prices.get(signal.symbol)
    if price is not None:
        _, target = case.positions()
        account = trade(account, signal.symbol, target, price)
    return replace(
        ledger,
        sequence=ledger.sequence + 1,
        symbols=ledger.symbols | {signal.symbol: memory},
        rate_count=ledger.rate_count + 1,
        account=account,
    )
