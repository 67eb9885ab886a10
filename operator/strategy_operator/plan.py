"""From what was observed to what is to be done: one pure function, the whole of the operator's judgement.

Written first, done second: a status that numbers an incarnation, or that says what need not be caught up, is part of
the same plan as the pod it speaks of and is applied before it, so that a crash in between loses nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from strategy_contracts.bundle import Bundle
from strategy_contracts.resource import Phase, StrategyStatus, TradingStrategy
from strategy_contracts.runner_config import RunnerConfig
from strategy_operator.announcements import Announcement, announcements, fault_announcement
from strategy_operator.bundle_choice import Choice, choose_bundle
from strategy_operator.drawings import in_its_market
from strategy_operator.observed import Memory, Observed
from strategy_operator.pod_step import Create, Delete, Step, Wait, next_step, remember
from strategy_operator.runner_plan import runner_config_of
from strategy_operator.status import status_of

_SETTLING_SECONDS: Final = 2.0
_HURRIED_GRACE_SECONDS: Final = 5
_SETTLED: Final = {Phase.RUNNING, Phase.SUSPENDED, Phase.FAILED, Phase.COMPLETED}


@dataclass(frozen=True)
class PodDeletion:
    """That very pod, and how long its containers may take; None: as long as they said."""

    uid: str
    grace_seconds: int | None


@dataclass(frozen=True)
class Plan:
    """What is to be done, in this order."""

    drop: tuple[str, ...]
    """Digests of bundles that nobody needs any more."""
    store: Bundle | None
    status: StrategyStatus | None
    """None: what is written is true."""
    delete: PodDeletion | None
    create: RunnerConfig | None
    resource: TradingStrategy
    """The strategy with the market that was decided upon: what a pod is made of."""
    announcements: tuple[Announcement, ...]
    again_after: float | None
    """Seconds after which to look again although nothing happened."""
    memory: Memory


def decide(observed: Observed, now: datetime) -> Plan:
    """The plan for one strategy."""
    choice = _choice(observed, now)
    observed = in_its_market(observed, choice)
    step = next_step(observed, choice, now)
    status = status_of(observed, choice, step, now)
    write, memory, settles_in = _settle(observed, status, step, now)
    told, memory = _faults(observed, memory, now)
    return Plan(
        drop=choice.dropped if write else (),
        store=choice.content if isinstance(step, Create) or _changes_bundle(observed, status) else None,
        status=status if write else None,
        delete=_deletion(observed, step),
        create=_config(observed, status, step),
        resource=observed.resource,
        announcements=(*(announcements(observed.status, status, step) if write else ()), *told),
        again_after=_soonest(settles_in, step.seconds if isinstance(step, Wait) else None),
        memory=remember(memory, step, now),
    )


def _choice(observed: Observed, now: datetime) -> Choice:
    failure = observed.load_failure(now)
    return choose_bundle(observed.resource.spec, observed.status.bundle, observed.resolution, failure)


def _deletion(observed: Observed, step: Step) -> PodDeletion | None:
    if not isinstance(step, Delete):
        return None
    assert observed.pod is not None
    return PodDeletion(observed.pod.uid, _HURRIED_GRACE_SECONDS if step.hurried else None)


def _changes_bundle(observed: Observed, status: StrategyStatus) -> bool:
    """A digest stands in the status only when its Secret exists: the source may be gone by the time of the pod."""
    before, after = observed.status.bundle, status.bundle
    return after is not None and (before is None or before.digest != after.digest)


def _config(observed: Observed, status: StrategyStatus, step: Step) -> RunnerConfig | None:
    if not isinstance(step, Create):
        return None
    assert status.bundle is not None
    return runner_config_of(
        observed.resource,
        digest=status.bundle.digest,
        incarnation=step.incarnation,
        evaluate_after=status.evaluate_after,
    )


def _faults(observed: Observed, memory: Memory, now: datetime) -> tuple[tuple[Announcement, ...], Memory]:
    """The Event about the strategy's last fault; told also where the status stays as it is."""
    report = observed.fresh_report(now)
    error = report.last_error if report is not None else None
    announcement = fault_announcement(error, memory.faults_told, now)
    if error is None or announcement is None:
        return (), memory
    return (announcement,), replace(memory, faults_told={**memory.faults_told, error.reason: error.time})


def _settle(observed: Observed, status: StrategyStatus, step: Step, now: datetime) -> tuple[bool, Memory, float | None]:
    """Whether to write the status now. What passes within two seconds is not worth a write."""
    memory = replace(observed.memory, unsettled=None, unsettled_since=None)
    if status == observed.status:
        return False, memory, None
    if status.phase in _SETTLED or isinstance(step, Create | Delete):
        return True, memory, None
    form = _form(status)
    if form == _form(observed.status):
        return False, memory, None
    since = observed.memory.unsettled_since if form == observed.memory.unsettled else None
    if since is None:
        return False, replace(memory, unsettled=form, unsettled_since=now), _SETTLING_SECONDS
    left = _SETTLING_SECONDS - (now - since).total_seconds()
    if left > 0:
        return False, observed.memory, left
    return True, memory, None


def _form(status: StrategyStatus) -> str:
    """What of a passing status people wait for: not times, which move until it is written, nor the node of a pod."""
    exclude: Any = {"conditions": {"__all__": {"last_transition_time"}}, "evaluate_after": True, "runner": True}
    return status.model_dump_json(exclude=exclude)


def _soonest(*seconds: float | None) -> float | None:
    return min((value for value in seconds if value is not None), default=None)
