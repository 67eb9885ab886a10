"""Everything a decision is made from: the world at one moment, and the little that is remembered. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from strategy_contracts.resource import StrategyStatus, TradingStrategy
from strategy_contracts.status_report import FRESH_SECONDS, Fault, RunPhase, StatusReport
from strategy_operator.pod_state import PodState
from strategy_operator.resolution import Resolution

_FRESH: Final = timedelta(seconds=FRESH_SECONDS)


@dataclass(frozen=True)
class Memory:
    """What one reconcile leaves for the next; losing it costs a little patience, never correctness."""

    creations: int = 0
    """Pods made in a row that did not last, since the last one that was replaced on purpose."""
    last_creation: datetime | None = None
    refusal: str | None = None
    """What the API server said when it would not take the last pod."""
    unsettled: str | None = None
    """Form of a status that is not worth a write unless it lasts."""
    unsettled_since: datetime | None = None
    faults_told: Mapping[str, datetime] = field(default_factory=dict)
    """By kind, when the last fault happened that an Event was made of."""


@dataclass(frozen=True)
class Observed:
    """One strategy as it stands."""

    resource: TradingStrategy
    resolution: Resolution
    pod: PodState | None
    report: StatusReport | None
    """The newest of the newest incarnation, however old."""
    memory: Memory = Memory()

    @property
    def status(self) -> StrategyStatus:
        return self.resource.status

    @property
    def own_pod(self) -> PodState | None:
        """The pod, unless it belongs to something else of the same name."""
        return self.pod if self.pod is not None and self.pod.owner_uid == self.resource.execution_id else None

    def fresh_report(self, now: datetime) -> StatusReport | None:
        """What the runner in the pod says of itself, if it said so lately."""
        report, pod = self.report, self.own_pod
        if report is None or pod is None or report.incarnation != pod.incarnation:
            return None
        return report if now - report.reported_at <= _FRESH else None

    def load_failure(self, now: datetime) -> str | None:
        """What the runner said when it could not load the current bundle, which no runner ever loaded."""
        report, bundle = self.fresh_report(now), self.status.bundle
        if report is None or bundle is None or bundle.loaded_at is not None or report.bundle_digest != bundle.digest:
            return None
        error = report.last_error
        # Failed, not merely failing: the runner tries more than once, and a busy node is no reason to go back.
        if report.phase is not RunPhase.FAILED or error is None or error.reason is not Fault.LOAD_FAILED:
            return None
        return error.message

    @property
    def highest_incarnation(self) -> int:
        """Of all the runners this execution has had, as far as anybody knows."""
        return max(
            self.status.incarnation or 0,
            self.own_pod.incarnation if self.own_pod is not None else 0,
            self.report.incarnation if self.report is not None else 0,
        )
