"""Starting, stopping and looking at runs: the REST words, done to TradingStrategies.

Writes the resource and answers at once; making it run is the operator's. Every method takes the identity that
asks, and to a stranger a run does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pydantic
import structlog

from strategy_api.auth import Identity
from strategy_api.cluster import Conflict, Manifest, StrategyCluster
from strategy_api.errors import DependencyUnavailable, NotFound, Refused
from strategy_api.start_request import (
    StartRequest,
    manifest,
    run_name,
    same_run,
    source_of,
    strategy_id_of,
    wanted_resource,
)
from strategy_api.status_board import StatusBoard
from strategy_contracts.resource import Phase, TradingStrategy
from strategy_contracts.signal import StrategySource
from strategy_contracts.status_report import RunPhase, StatusReport

log = structlog.get_logger(__name__)

_ATTEMPTS: Final = 5
_BY_PHASE: Final = {
    None: "loading",
    Phase.PENDING: "loading",
    Phase.LOADING: "loading",
    Phase.RUNNING: "active",
    Phase.DEGRADED: "active",
    Phase.SUSPENDED: "paused",
    Phase.FAILED: "error",
    Phase.COMPLETED: "inactive",
}
_BY_REPORT: Final = {
    RunPhase.LOADING: "loading",
    RunPhase.RUNNING: "active",
    RunPhase.DEGRADED: "active",
    RunPhase.FAILED: "error",
    RunPhase.STOPPED: "loading",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One TradingStrategy and the runner's own word about it, if it is fresh."""

    resource: TradingStrategy
    stored: Manifest
    report: StatusReport | None

    @property
    def strategy_id(self) -> str:
        return strategy_id_of(self.resource)

    @property
    def source(self) -> StrategySource:
        return source_of(self.resource)

    @property
    def name(self) -> str:
        return str(self.stored["metadata"]["name"])

    @property
    def created_at(self) -> str:
        return str(self.stored["metadata"]["creationTimestamp"])

    @property
    def status(self) -> str:
        """The platform's word."""
        if self.resource.spec.suspend:
            return "paused"
        if self.report is not None:
            return _BY_REPORT[self.report.phase]
        return _BY_PHASE[self.resource.status.phase]

    @property
    def active(self) -> bool:
        """Whether it runs or means to."""
        return self.status not in {"paused", "inactive"}


class StrategyRuns:
    """The runs of all tenants."""

    def __init__(
        self, cluster: StrategyCluster, board: StatusBoard, *, namespace: str, clock: Callable[[], datetime]
    ) -> None:
        self._cluster, self._board, self._namespace, self._clock = cluster, board, namespace, clock

    async def start(self, identity: Identity, request: StartRequest) -> Run:
        """Make the run exist. The same request again finds the same run; another one is refused while it runs."""
        wanted = wanted_resource(request, identity, self._namespace)
        for _ in range(_ATTEMPTS):
            try:
                return await self._start(wanted)
            except Conflict:
                continue  # another replica or the operator was faster: look again
        raise DependencyUnavailable("The run is being changed by others; try again")

    async def stop(self, identity: Identity, strategy_id: str) -> Run:
        """Suspend the run; everything about it is kept."""
        for _ in range(_ATTEMPTS):
            run = await self.find(identity, strategy_id)
            if run is None or not run.active:
                raise Refused("Strategy is not running")
            self._require_ours(run)
            try:
                return self._run(await self._cluster.update(_with_spec(run.stored, suspend=True)))
            except Conflict:
                continue
        raise DependencyUnavailable("The run is being changed by others; try again")

    async def delete(self, identity: Identity, strategy_id: str, source: StrategySource | None = None) -> Run:
        """Delete the run; its signals stay."""
        run = await self.find(identity, strategy_id, source)
        if run is None:
            raise NotFound(f"Strategy not found: {strategy_id}")
        self._require_ours(run)
        await self._cluster.delete(run.stored)
        return run

    async def find(self, identity: Identity, strategy_id: str, source: StrategySource | None = None) -> Run | None:
        """The run of this strategy, or with this execution id; an active one before others."""
        for kind in (StrategySource.NO_CODE, StrategySource.AI_ML):
            stored = await self._cluster.get(run_name(kind, strategy_id, identity.tenant))
            run = self._readable(stored) if stored is not None else None
            if run is not None and _owned(run, identity) and source in {None, kind} and run.active:
                return run
        found = [
            run
            for run in await self.list(identity, source)
            if strategy_id in {run.strategy_id, run.resource.execution_id}
        ]
        return min(found, key=lambda run: not run.active, default=None)

    async def list(self, identity: Identity, source: StrategySource | None = None) -> list[Run]:
        """The identity's runs, newest first."""
        runs = [run for stored in await self._cluster.list() if (run := self._readable(stored)) is not None]
        own = [run for run in runs if _owned(run, identity) and source in {None, run.source}]
        return sorted(own, key=lambda run: (run.created_at, run.resource.execution_id), reverse=True)

    async def _start(self, wanted: TradingStrategy) -> Run:
        stored = await self._cluster.get(wanted.metadata["name"])
        if stored is None:
            return self._run(await self._cluster.create(manifest(wanted)))
        existing = self._run(stored)
        if stored["metadata"].get("deletionTimestamp"):
            raise DependencyUnavailable("The strategy is being deleted; try again in a moment")
        if same_run(existing.resource.spec, wanted.spec):
            if not existing.resource.spec.suspend:
                return existing
            return self._run(await self._cluster.update(_with_spec(stored, suspend=False)))
        if existing.active:
            raise Refused("Strategy is already running")
        return self._run(await self._cluster.update({**stored, "spec": manifest(wanted)["spec"]}))

    def _run(self, stored: Manifest) -> Run:
        resource = TradingStrategy.model_validate(stored)
        report = self._board.latest(resource.execution_id, self._clock())
        if report is not None and report.incarnation < (resource.status.incarnation or 0):
            report = None  # the operator has already replaced who said this
        return Run(resource, stored, report)

    def _readable(self, stored: Manifest) -> Run | None:
        try:
            return self._run(stored)
        except pydantic.ValidationError as error:
            name = stored["metadata"]["name"]
            log.warning("strategy_unreadable", name=name, problems=error.error_count())
            return None

    def _require_ours(self, run: Run) -> None:
        """The API writes to one namespace; what lives elsewhere was applied by somebody who keeps it there."""
        namespace = run.resource.metadata["namespace"]
        if namespace != self._namespace:
            raise Refused(f"The strategy lives in namespace {namespace}; change it there with kubectl")


def _owned(run: Run, identity: Identity) -> bool:
    owner = run.resource.spec.owner
    return identity.owns(owner.user_id if owner else None, owner.subject if owner else None)


def _with_spec(stored: Manifest, **changes: object) -> Manifest:
    return {**stored, "spec": {**stored["spec"], **changes}}
