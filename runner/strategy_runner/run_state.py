"""What is known about a run at this moment, and the one phase that follows from it.

The run loop writes facts here; reports, readiness and metrics read them. Phases are derived, never set.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from strategy_contracts.status_report import RunError, RunPhase
from strategy_runner.fault_policy import phase_of

RELOAD_PATIENCE_S: Final = 3.0
"""A worker that is being replaced for longer than this is not there."""


class Log(Enum):
    """The log, as this run stands to it."""

    RESTORING = "RestoringCheckpoint"
    OPEN = "open"
    UNAVAILABLE = "LogUnavailable"


class Market(Enum):
    """The feed."""

    HISTORY = "LoadingHistory"
    LIVE = "live"
    UNAVAILABLE = "MarketDataUnavailable"
    REFUSED = "MarketDataRefused"


class Condition(NamedTuple):
    """A phase with its cause, as reported."""

    phase: RunPhase
    reason: str | None = None
    message: str | None = None

    @property
    def ready(self) -> bool:
        return self.phase is RunPhase.RUNNING


@dataclass(slots=True)
class RunState:
    """Mutable; one per process. `changed` is set when a reader should look again."""

    log: Log = Log.RESTORING
    log_message: str | None = None
    market: Market = Market.HISTORY
    market_message: str | None = None
    loaded_once: bool = False
    not_loaded_since: float | None = None
    """Monotonic; None while a worker is ready."""
    faults_in_a_row: int = 0
    stopped: bool = False
    last_error: RunError | None = None
    last_evaluation_ms: int | None = None
    evaluations: int = 0
    signals: int = 0
    faults: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    isolation: tuple[str, ...] = ()
    conditions: dict[str, str] = field(default_factory=dict)
    newest_close_ms: dict[str, int] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def log_is(self, log: Log, message: str | None = None) -> None:
        self.log, self.log_message = log, message
        self.changed.set()

    def market_is(self, market: Market, message: str | None = None) -> None:
        if (market, message) != (self.market, self.market_message):
            self.market, self.market_message = market, message
            self.changed.set()

    def loaded(self, isolation: tuple[str, ...]) -> None:
        self.not_loaded_since = None
        if not self.loaded_once or isolation != self.isolation:
            self.loaded_once, self.isolation = True, isolation
            self.changed.set()

    def not_loaded(self, now: float) -> None:
        if self.not_loaded_since is None:
            self.not_loaded_since = now

    def failed(self, error: RunError) -> None:
        """The strategy's fault."""
        self.faults += 1
        self.faults_in_a_row += 1
        self.remember(error)

    def stop(self) -> None:
        self.stopped = True
        self.changed.set()

    def remember(self, error: RunError) -> None:
        self.last_error = error
        self.changed.set()

    def evaluated(self, time_ms: int, signals: int, rejected: dict[str, int], *, succeeded: bool) -> None:
        """An evaluation is committed."""
        if self.last_evaluation_ms is None or (succeeded and self.faults_in_a_row):
            self.changed.set()
        self.last_evaluation_ms = time_ms
        self.evaluations += 1
        self.signals += signals
        self.rejected.update(rejected)
        if succeeded:
            self.faults_in_a_row = 0

    def condition(self, now: float) -> Condition:
        """The phase, by what stands most in the way."""
        fault = self.last_error.reason if self.last_error else None
        by_faults = phase_of(self.faults_in_a_row, fault)
        because = (
            Condition(by_faults, fault, self.last_error.message if self.last_error else None) if by_faults else None
        )
        if self.stopped:
            return Condition(RunPhase.STOPPED)
        if self.log is Log.UNAVAILABLE:
            return Condition(RunPhase.DEGRADED, self.log.value, self.log_message)
        if because and because.phase is RunPhase.FAILED:
            return because
        if self.market is Market.REFUSED:
            return Condition(RunPhase.FAILED, self.market.value, self.market_message)
        if self.market is Market.UNAVAILABLE:
            return Condition(RunPhase.DEGRADED, self.market.value, self.market_message)
        return self._starting(now) or because or Condition(RunPhase.RUNNING)

    def _starting(self, now: float) -> Condition | None:
        phase = RunPhase.DEGRADED if self.loaded_once else RunPhase.LOADING
        if self.log is Log.RESTORING:
            return Condition(RunPhase.LOADING, self.log.value, self.log_message)
        if not self.loaded_once:
            return Condition(phase, "LoadingStrategy")
        if self.not_loaded_since is not None and now - self.not_loaded_since > RELOAD_PATIENCE_S:
            return Condition(phase, "StrategyContainerDown", "waiting for the strategy container")
        if self.market is Market.HISTORY:
            return Condition(RunPhase.LOADING, self.market.value)
        return None
