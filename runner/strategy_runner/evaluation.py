"""From what a strategy answered at one evaluation time to what is committed. Pure.

Signals and the checkpoint that follows from them are made here, together, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from strategy_contracts.checkpoint import Checkpoint, Fill, SymbolMemory
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.signal import Action, Signal
from strategy_contracts.worker_protocol import Candidate
from strategy_runner.paper_account import Prices, exact, quantity_after, quantity_of, start_day, summary
from strategy_runner.risk_score import BARS_NEEDED
from strategy_runner.signal_factory import Moment, SignalFactory, manages_orders
from strategy_runner.signal_rules import Ledger, Refusal, rule
from strategy_runner.windows import Windows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one evaluation leads to."""

    signals: list[Signal]
    checkpoint: Checkpoint
    refused: dict[str, int]


def first_checkpoint(config: RunnerConfig) -> Checkpoint:
    """Of an execution that has not evaluated yet."""
    return Checkpoint(
        execution_id=config.execution_id, incarnation=config.incarnation, bundle_digest=config.bundle_digest
    )


def resume(checkpoint: Checkpoint | None, config: RunnerConfig) -> Checkpoint:
    """The checkpoint to go on from: under this incarnation, without the state of other code."""
    if checkpoint is None:
        return first_checkpoint(config)
    same_code = checkpoint.bundle_digest == config.bundle_digest
    return replace(
        checkpoint,
        incarnation=config.incarnation,
        bundle_digest=config.bundle_digest,
        strategy_state=checkpoint.strategy_state if same_code else None,
    )


class Evaluation:
    """One evaluation time of one run: the facts that outcome and request share."""

    def __init__(
        self, config: RunnerConfig, previous: Checkpoint, windows: Windows, time_ms: int, missing: tuple[str, ...] = ()
    ) -> None:
        self.time_ms = time_ms
        self._config, self._previous, self._windows, self._missing = config, previous, windows, missing
        self._bars = {symbol: windows.tail(symbol, time_ms, BARS_NEEDED) for symbol in config.symbols}
        self._prices: Prices = {symbol: exact(bars[-1].close) for symbol, bars in self._bars.items() if bars}
        self._account = start_day(previous.account, time_ms, self._prices)

    def account_summary(self) -> dict[str, Any]:
        """The paper account as the strategy may see it, and what its last decisions did to it."""
        fills = [
            {"order": fill.order, "symbol": fill.symbol, "quantity": float(fill.quantity), "price": float(fill.price)}
            for fill in self._previous.fills
        ]
        return {**summary(self._account, self._prices), "fills": fills}

    def conclude(
        self,
        candidates: Sequence[Candidate],
        factory: SignalFactory,
        state: dict[str, Any] | None,
        *,
        generated_at: datetime,
        market_ms: int | None,
    ) -> Outcome:
        """Judge the candidates. Raises ContractViolation when one of them is wrong."""
        moment = Moment(
            time_ms=self.time_ms,
            generated_at=generated_at,
            bars=self._bars,
            input_revision=self._windows.input_revision(self.time_ms),
            missing=self._missing,
            expired=market_ms is not None and market_ms - self.time_ms > self._max_lateness_ms(),
        )
        meant = [(index, item) for index, item in enumerate(candidates) if not manages_orders(item.action)]
        signals = factory.signals([item for _, item in meant], moment)
        ruling = rule(signals, self._config.signals, self._ledger(), self.time_ms, self._prices)
        orders = {signal.signal_id: index for (index, _), signal in zip(meant, signals, strict=True)}
        checkpoint = replace(self._checkpoint(ruling.ledger, state), fills=self._fills(ruling.published, orders))
        unmapped = {Refusal.UNMAPPED_ACTION.value: len(candidates) - len(meant)} if len(meant) < len(candidates) else {}
        return Outcome(ruling.published, checkpoint, unmapped | ruling.refused)

    def _fills(self, published: Sequence[Signal], orders: Mapping[str, int]) -> list[Fill]:
        """What each published signal has done to the account, one after the other."""
        fills: list[Fill] = []
        held: dict[str, Decimal] = {}
        for signal in published:
            symbol, price = signal.symbol, self._prices.get(signal.symbol)
            if signal.action is Action.HOLD or price is None:
                continue
            before = held.get(symbol, quantity_of(self._account, symbol))
            held[symbol] = quantity_after(before, signal.action, exact(signal.execution_params.quantity))
            change, order = held[symbol] - before, orders[signal.signal_id]
            fills.append(Fill(order=order, symbol=symbol, quantity=format(change, "f"), price=format(price, "f")))
        return fills

    def without_signals(self, state: dict[str, Any] | None) -> Outcome:
        """The close counts as evaluated although the strategy failed at it."""
        return Outcome([], self._checkpoint(self._ledger(), state), {})

    def _ledger(self) -> Ledger:
        previous = self._previous
        return Ledger(
            sequence=previous.sequence,
            symbols=previous.symbols,
            rate_minute_ms=previous.rate_minute_ms,
            rate_count=previous.rate_count,
            account=self._account,
        )

    def _checkpoint(self, ledger: Ledger, state: dict[str, Any] | None) -> Checkpoint:
        symbols = {}
        for symbol in self._config.symbols:
            memory = ledger.symbols.get(symbol, SymbolMemory())
            bars = self._bars[symbol]
            symbols[symbol] = replace(memory, last_bar_ms=bars[-1].open_time) if bars else memory
        return replace(
            self._previous,
            evaluation_time_ms=self.time_ms,
            sequence=ledger.sequence,
            symbols=symbols,
            rate_minute_ms=ledger.rate_minute_ms,
            rate_count=ledger.rate_count,
            account=ledger.account,
            strategy_state=state,
        )

    def _max_lateness_ms(self) -> float:
        seconds = self._config.signals.max_lateness_seconds
        return 2 * self._config.timeframe.length_ms if seconds is None else seconds * 1000
