"""What happens to a run, noted once for everybody who asks: state for reports, metrics, log lines.

The only module that writes all three, so that they cannot tell different stories.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from strategy_code.look_ahead import Difference, TwoAnswers, suspect_line
from strategy_contracts.bundle import Bundle
from strategy_contracts.checkpoint import Checkpoint
from strategy_contracts.runner_config import RunnerConfig
from strategy_contracts.signal import utc
from strategy_contracts.status_report import Fault, RunError, StatusReport
from strategy_contracts.worker_protocol import LAYERS, LookAhead
from strategy_runner.errors import LogUnavailable, StrategyFailed, WardenUnresponsive
from strategy_runner.evaluation import Outcome
from strategy_runner.evidence import printable
from strategy_runner.market_clock import MarketClock
from strategy_runner.metrics import RunMetrics
from strategy_runner.run_state import Log, Market, RunState
from strategy_runner.status_reporter import build_report
from strategy_runner.steps import Repair, Skipped

log = structlog.get_logger(__name__)


def wall_clock() -> datetime:
    """For `generated_at` and reports only: nothing is decided by it."""
    return datetime.now(UTC)


class Journal:
    """One per process."""

    def __init__(
        self,
        config: RunnerConfig,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._config, self._monotonic, self._wall = config, monotonic, wall
        self.state = RunState()
        self.metrics = RunMetrics()
        self.clock: MarketClock | None = None
        """The market clock of the present stretch, for ages."""

    def report(self) -> StatusReport:
        """The run at this moment."""
        now = self._monotonic()
        market_ms = self.clock.now_ms(now) if self.clock else None
        report = build_report(self._config, self.state, now=now, market_ms=market_ms, reported_at=self._wall())
        ages = [item.age_seconds for item in report.freshness.values() if item.age_seconds is not None]
        self.metrics.data_age_seconds.set(max(ages, default=0.0))
        self.metrics.ready.set(report.ready)
        return report

    def not_ready_because(self) -> str | None:
        """For the readiness probe."""
        condition = self.state.condition(self._monotonic())
        if condition.ready:
            return None
        return ": ".join(filter(None, (condition.phase.value, condition.reason, condition.message)))

    def warden_unresponsive(self, error: WardenUnresponsive) -> None:
        log.error("warden_unresponsive", cause=str(error))
        self.state.remember(RunError(reason=Fault.WARDEN_UNRESPONSIVE, message=str(error), time=self._wall()))

    def log_opened(self, checkpoint: Checkpoint, *, restored: bool) -> None:
        self.state.log_is(Log.OPEN)
        log.info(
            "log_opened",
            restored=restored,
            sequence=checkpoint.sequence,
            evaluation_time_ms=checkpoint.evaluation_time_ms,
        )

    def log_waiting(self, offsets_behind: int) -> None:
        """A restore is held back by somebody else's open transaction; 0 when it is no longer."""
        if self.state.log is Log.RESTORING:
            waiting = f"waiting for another transaction to end, {offsets_behind} offsets behind"
            self.state.log_is(Log.RESTORING, waiting if offsets_behind else None)

    def log_lost(self, error: LogUnavailable) -> None:
        log.warning("log_unavailable", cause=str(error))
        self.metrics.log_losses.inc()
        self.state.log_is(Log.UNAVAILABLE, str(error))

    def loading(self) -> None:
        self.state.not_loaded(self._monotonic())

    def loaded(self, layers: tuple[str, ...]) -> None:
        self.metrics.spawns.inc()
        for layer in LAYERS:
            self.metrics.isolation.labels(layer).set(layer in layers)
        self.state.loaded(layers)
        log.info("strategy_loaded", isolation=layers)

    def feed_interrupted(self, message: str, *, refused: bool) -> None:
        log.warning("feed_interrupted", cause=message, refused=refused)
        self.state.market_is(Market.REFUSED if refused else Market.UNAVAILABLE, message)

    def history_unavailable(self, symbol: str, error: Exception) -> None:
        log.warning("history_unavailable", symbol=symbol, cause=str(error))

    def bar_refused(self, symbol: str, error: Exception) -> None:
        log.warning("bar_refused", symbol=symbol, cause=str(error))
        self.metrics.bars.labels("refused").inc()

    def gap_repaired(self, repair: Repair, bars: int) -> None:
        log.info("gap_repaired", symbol=repair.symbol, from_ms=repair.from_ms, to_ms=repair.to_ms, bars=bars)

    def skipped(self, gap: Skipped) -> None:
        log.warning("evaluations_skipped", from_ms=gap.from_ms, to_ms=gap.to_ms, count=gap.count, reason=gap.reason)
        self.metrics.skipped.labels(gap.reason.replace(" ", "_")).inc(gap.count)
        first, last = f"{utc(gap.from_ms):%Y-%m-%dT%H:%M:%SZ}", f"{utc(gap.to_ms):%Y-%m-%dT%H:%M:%SZ}"
        self._condition("EvaluationsSkipped", f"{gap.count} from {first} to {last}: {gap.reason}")

    def waiting_for_bars(self, symbols: tuple[str, ...]) -> None:
        """The next evaluation is held up by bars that are missing; by none when empty."""
        if symbols:
            self._condition("BarsMissing", "evaluation waits for missing bars of " + ", ".join(symbols))
        elif self.state.conditions.pop("BarsMissing", None) is not None:
            self.state.changed.set()

    def not_restorable(self, names: tuple[str, ...]) -> None:
        if names:
            self._condition("StateNotRestorable", ", ".join(printable(name, 60) for name in names[:20]))

    def compared(self, result: LookAhead, bundle: Bundle) -> None:
        """What came of asking about earlier bars with and without later ones."""
        if not result.differing:
            reason = printable(result.not_compared, 400) if result.not_compared else None
            log.info("look_ahead_checked", compared=result.compared, not_compared=reason)
            return
        first = TwoAnswers(0, printable(result.known, 100), printable(result.whole, 100))
        bar = f"{utc(result.open_time_ms):%Y-%m-%dT%H:%M:%SZ} of {printable(result.symbol, 60)}"
        message = Difference(first, result.differing, result.compared).sentence(bar)
        file, line = suspect_line(bundle.files, bundle.entry_point.file) or (None, None)
        log.warning("look_ahead_suspected", message=message, file=file, line=line)
        self._condition("LookAheadSuspected", f"{message} (see {file}:{line})" if file else message)

    def strategy_failed(self, failure: StrategyFailed) -> None:
        log.warning(
            "strategy_failed", reason=failure.fault, message=failure.message, file=failure.file, line=failure.line
        )
        self.metrics.faults.labels(failure.fault.value).inc()
        self.state.failed(
            RunError(
                reason=failure.fault,
                message=failure.message,
                time=self._wall(),
                file=failure.file,
                line=failure.line,
                traceback=failure.traceback,
            )
        )

    def committed(self, time_ms: int, outcome: Outcome, *, succeeded: bool, received_ns: int) -> None:
        metrics = self.metrics
        metrics.evaluations.inc()
        metrics.signals.inc(len(outcome.signals))
        for reason, count in outcome.refused.items():
            metrics.rejected.labels(reason).inc(count)
        if received_ns:
            metrics.feed_to_commit_seconds.observe((time.monotonic_ns() - received_ns) / 1e9)
        self.state.evaluated(time_ms, len(outcome.signals), outcome.refused, succeeded=succeeded)

    def _condition(self, name: str, text: str) -> None:
        if self.state.conditions.get(name) != text:
            self.state.conditions[name] = text
            self.state.changed.set()
