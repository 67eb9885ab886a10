"""From what a strategy answered at one evaluation time to what is committed. Pure.

Signals and the checkpoint that follows from them are made here, together, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from strategy_contracts.checkpoint import Checkpoint, SymbolMemory
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.signal import Signal
from strategy_contracts.worker_protocol import Candidate
from strategy_runner.paper_account import Prices, exact, start_day, summary
from strategy_runner.risk_score import BARS_NEEDED
from strategy_runner.signal_factory import Moment, SignalFactory
from strategy_runner.signal_rules import Ledger, rule
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
        """The paper account as the strategy may see it."""
        return summary(self._account, self._prices)

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
        ledger = self._ledger()
        ruling = rule(factory.signals(candidates, moment), self._config.signals, ledger, self.time_ms, self._prices)
        return Outcome(ruling.published, self._checkpoint(ruling.ledger, state), ruling.refused)

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
