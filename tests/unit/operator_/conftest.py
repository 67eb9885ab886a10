"""A small world around the reconciler: a cluster in memory, a clock and a runner that do as they are told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from strategy_contracts.bundle import Bundle, EntryPoint, Shape
from strategy_contracts.resource import ConditionType, StrategyStatus, TradingStrategy
from strategy_contracts.status_report import RunPhase, StatusReport
from strategy_operator.index import StrategyIndex
from strategy_operator.manifests import RunnerImage
from strategy_operator.memory_cluster import MemoryCluster
from strategy_operator.names import Key, pod_name
from strategy_operator.reconcile import Reconciler
from strategy_operator.resolution import NotAdmitted, NotResolved, Resolution, Resolved
from strategy_operator.runner_plan import identity_of
from strategy_sources.errors import SourceRefused
from strategy_sources.files import strategy_files

CODE = "def generate_signals(data, parameters):\n    return []\n"
KEY = Key("strategies", "rsi-dip")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RUNNING = {"state": {"running": {"startedAt": "2026-03-01T12:00:00Z"}}, "ready": True, "restartCount": 0}


def a_spec(**changes: Any) -> dict[str, Any]:
    """A spec as the API server stores it, as far as tests look at it."""
    return {"source": {"inline": {"files": {"main.py": CODE}}}, "symbols": ["BTCUSDT"], "timeframe": "1m"} | changes


class InlineResolver:
    """Inline code, admitted unless it says otherwise; `away` makes the source unreachable."""

    def __init__(self) -> None:
        self.away: str | None = None
        self.analysed = 0

    async def resolve(self, resource: TradingStrategy, *, running_digest: str | None) -> Resolution:
        if self.away is not None:
            return NotResolved("SourceUnavailable", self.away, temporary=True)
        inline = resource.spec.source.inline
        assert inline is not None
        assert inline.files is not None
        try:
            found = strategy_files(inline.files, inline.main_file, resource.spec.parameters, "files")
        except SourceRefused as error:
            return NotResolved(error.reason, error.message)
        if found.digest == running_digest:
            return Resolved(found.digest)
        self.analysed += 1
        if "forbidden" in found.files[found.main_file]:
            return NotAdmitted(found.digest, "main.py:1: forbidden")
        source, strategy_id = identity_of(resource)
        entry_point = EntryPoint(shape=Shape.FUNCTION, file=found.main_file, name="generate_signals")
        bundle = Bundle(
            strategy_id=strategy_id,
            source=source,
            files=dict(found.files),
            main_file=found.main_file,
            entry_point=entry_point,
            parameters=dict(found.parameters),
        )
        return Resolved(bundle.digest, entry_point.describe(), bundle)


@dataclass
class World:
    """Everything a scenario touches."""

    cluster: MemoryCluster = field(default_factory=MemoryCluster)
    resolver: InlineResolver = field(default_factory=InlineResolver)
    reports: dict[str, StatusReport] = field(default_factory=dict)
    time: datetime = START

    def __post_init__(self) -> None:
        self.restart_operator()

    def restart_operator(self) -> None:
        """A new process: whatever was only remembered is gone."""
        self.reconciler = Reconciler(
            cluster=self.cluster,
            sources=self.resolver,
            newest_report=self.reports.get,
            index=StrategyIndex(),
            runner=RunnerImage(image="runner:1"),
            now=lambda: self.time,
        )

    def apply(self, **changes: Any) -> None:
        """`kubectl apply` of the strategy."""
        self.cluster.put_strategy(KEY, a_spec(**changes))

    async def reconcile(self) -> float | None:
        """Once; seconds after which to look again."""
        return await self.reconciler.reconcile(KEY)

    async def settle(self, seconds: float = 2.0) -> None:
        """Reconcile, let time pass, reconcile again."""
        await self.reconcile()
        self.pass_time(seconds)
        await self.reconcile()

    def pass_time(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    @property
    def pod(self) -> dict[str, Any] | None:
        return self.cluster.pods.get((KEY.namespace, pod_name(KEY.name)))

    @property
    def status(self) -> StrategyStatus:
        return StrategyStatus.model_validate(self.cluster.strategies[KEY].get("status", {}))

    @property
    def execution_id(self) -> str:
        return str(self.cluster.strategies[KEY]["metadata"]["uid"])

    def condition(self, kind: ConditionType) -> tuple[str, str]:
        """Status and reason of a condition."""
        condition = self.status.condition(kind)
        assert condition is not None
        return condition.status.value, condition.reason

    def kubelet_runs_pod(self, *, ready: bool = True, **changes: Any) -> None:
        """Both containers run on node-1."""
        status = {
            "phase": "Running",
            "startTime": "2026-03-01T12:00:00Z",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"name": "supervisor", **RUNNING}, {"name": "strategy", **RUNNING}],
        }
        self.cluster.set_pod_status(KEY.namespace, pod_name(KEY.name), status | changes, node="node-1")

    def kubelet_ends_pod(self) -> None:
        """The containers of the deleted pod have stopped."""
        self.cluster.end_pod(KEY.namespace, pod_name(KEY.name))

    def runner_reports(self, phase: RunPhase = RunPhase.RUNNING, **changes: Any) -> None:
        """The runner of the present pod says what it does."""
        assert self.pod is not None
        values: dict[str, Any] = {
            "execution_id": self.execution_id,
            "incarnation": int(self.pod["metadata"]["labels"]["trading.alphintra.io/incarnation"]),
            "phase": phase,
            "reported_at": self.time,
            "bundle_digest": self.pod["metadata"]["annotations"]["trading.alphintra.io/bundle-digest"],
            "ready": phase is RunPhase.RUNNING,
        }
        report = StatusReport(**(values | changes))
        self.reports[report.execution_id] = report

    async def run(self, **changes: Any) -> None:
        """Bring a strategy to Running."""
        self.apply(**changes)
        await self.reconcile()
        self.kubelet_runs_pod()
        self.runner_reports()
        await self.reconcile()
        assert self.status.phase == "Running"
        self.cluster.writes.clear()
        self.cluster.announced.clear()

    def announced(self) -> list[tuple[str, str]]:
        """Kind and reason of the Events so far."""
        return [(announcement.kind, announcement.reason) for announcement in self.cluster.announced]


@pytest.fixture
def world() -> World:
    return World()
