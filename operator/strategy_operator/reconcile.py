"""One strategy, once: gather what there is, decide, apply. Everything about order and crashes is in here.

Applied in the order of the plan; whatever fails stops the rest, and the next reconcile decides anew from what is then
true. Nothing is remembered that could not be found again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from strategy_contracts.resource import TradingStrategy
from strategy_contracts.status_report import StatusReport
from strategy_operator.cluster import Cluster
from strategy_operator.errors import Conflict, OperatorError, Refused
from strategy_operator.index import StrategyIndex, source_ref
from strategy_operator.manifests import RunnerImage, bundle_secret, runner_pod
from strategy_operator.names import Key, bundle_secret_name, label, pod_name
from strategy_operator.observed import Memory, Observed
from strategy_operator.plan import Plan, decide
from strategy_operator.pod_state import pod_state
from strategy_operator.resolution import Resolution

log = structlog.get_logger(__name__)


class Resolver(Protocol):
    """What turns a resource into what became of its source."""

    async def resolve(self, resource: TradingStrategy, *, running_digest: str | None) -> Resolution: ...


class Reconciler:
    """Reconciles any strategy; one call at a time per key is the queue's promise."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        sources: Resolver,
        newest_report: Callable[[str], StatusReport | None],
        index: StrategyIndex,
        runner: RunnerImage,
        now: Callable[[], datetime],
    ) -> None:
        self._cluster, self._sources, self._newest_report = cluster, sources, newest_report
        self._index, self._runner, self._now = index, runner, now
        self._memories: dict[Key, Memory] = {}

    async def reconcile(self, key: Key) -> float | None:
        """Bring one strategy nearer to what it should be; seconds after which to look again, if any."""
        strategy, pod = await asyncio.gather(
            self._cluster.strategy(key), self._cluster.pod(key.namespace, pod_name(key.name))
        )
        if strategy is None or "deletionTimestamp" in strategy["metadata"]:
            self.forget(key)
            return None
        self._index.put(key, strategy["metadata"]["uid"], source_ref(strategy))
        resource = _read(key, strategy)
        if resource is None:
            return None
        observed = await self._observe(key, resource, pod)
        plan = decide(observed, self._now())
        return await self._apply(key, strategy, resource, plan)

    def forget(self, key: Key) -> None:
        """The strategy is gone; what it owned goes by its ownerReferences."""
        self._memories.pop(key, None)
        self._index.remove(key)

    async def _observe(self, key: Key, resource: TradingStrategy, pod: dict[str, Any] | None) -> Observed:
        state = None if pod is None else pod_state(pod)
        own = state is not None and state.owner_uid == resource.execution_id
        digest = state.digest if state is not None and own else None
        return Observed(
            resource=resource,
            resolution=await self._sources.resolve(resource, running_digest=digest),
            pod=state,
            report=self._newest_report(resource.execution_id),
            memory=self._memories.get(key, Memory()),
        )

    async def _apply(self, key: Key, strategy: dict[str, Any], resource: TradingStrategy, plan: Plan) -> float | None:
        for digest in plan.drop:
            name = bundle_secret_name(key.name, resource.execution_id, digest)
            await self._cluster.delete_secret(key.namespace, name)
        if plan.store is not None:
            await self._cluster.apply_secret(bundle_secret(resource, plan.store))
        if plan.status is not None:
            status = plan.status.model_dump(mode="json", by_alias=True, exclude_none=True)
            await self._cluster.apply_status(key, resource.metadata["resourceVersion"], status)
        if plan.delete is not None:
            name, deletion = pod_name(key.name), plan.delete
            await self._cluster.delete_pod(key.namespace, name, deletion.uid, deletion.grace_seconds)
        self._memories[key] = plan.memory
        again_after = plan.again_after
        if plan.create is not None:
            try:
                await self._cluster.create_pod(runner_pod(plan.resource, plan.create, self._runner))
            except Refused as error:
                log.warning("pod_refused", reason=str(error))
                self._memories[key] = replace(plan.memory, refusal=str(error))
                again_after = 0.0
        await self._announce(key, strategy, plan)
        return again_after

    async def _announce(self, key: Key, strategy: dict[str, Any], plan: Plan) -> None:
        for number, announcement in enumerate(plan.announcements):
            log.info("announced", kind=announcement.kind, reason=announcement.reason)
            now = self._now()
            uid = strategy["metadata"]["uid"][:8]
            distinct = f"{uid}.{announcement.once}" if announcement.once else f"{int(now.timestamp() * 1e6):x}{number}"
            name = f"{label(key.name)}.{distinct}"
            at = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
            try:
                await self._cluster.announce(strategy, announcement, at, name)
            except Conflict:
                log.info("announced_before", reason=announcement.reason)
            except OperatorError as error:
                # The status says the same; an Event that is lost is not worth a second reconcile.
                log.warning("announcement_lost", reason=announcement.reason, error=str(error))


def _read(key: Key, strategy: dict[str, Any]) -> TradingStrategy | None:
    try:
        return TradingStrategy.model_validate(strategy)
    except ValidationError as error:
        # The API server admitted it, so its CRD is of another version than this operator; leave the run alone.
        fields = [".".join(map(str, problem["loc"])) for problem in error.errors()]
        log.error("resource_not_understood", strategy=str(key), fields=fields)
        return None
