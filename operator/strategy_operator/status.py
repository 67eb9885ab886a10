"""The status from what was observed and decided: the phase, the conditions, and what runs where. Pure.

Written so that a run in which nothing happens gives the same status every time: no counters, no ages, and times only
of changes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from strategy_contracts.resource import (
    BundleStatus,
    Condition,
    ConditionStatus,
    ConditionType,
    LastError,
    Phase,
    RunnerStatus,
    StrategyStatus,
)
from strategy_contracts.status_report import StatusReport
from strategy_operator.bundle_choice import Choice
from strategy_operator.observed import Observed
from strategy_operator.phase import Cause, cause_of
from strategy_operator.pod_state import PodState
from strategy_operator.pod_step import Create, Delete, Step
from strategy_operator.resolution import Forbidden, NotAdmitted, NotResolved, Resolved
from strategy_operator.runner_plan import timing_hash

_LONGEST_MESSAGE: Final = 2048
CUSTOM_IMAGE: Final = "custom-image"
"""Stands beside the layers of the sandbox when the image of the strategy container is the user's own."""


def status_of(observed: Observed, choice: Choice, step: Step, now: datetime) -> StrategyStatus:
    """The status as it should stand after this reconcile."""
    spec, before = observed.resource.spec, observed.status
    cause = cause_of(observed, choice, step, now)
    pod, report = observed.own_pod, observed.fresh_report(now)
    staying = pod is not None and not pod.deleting and not isinstance(step, Create | Delete)
    ready = staying and _runner_ready(pod, report)
    return StrategyStatus(
        phase=cause.phase,
        conditions=_conditions(observed, choice, cause, staying=staying, ready=ready, now=now),
        observed_generation=observed.resource.metadata.get("generation"),
        incarnation=_incarnation(before, pod, step),
        symbols=spec.symbols,
        timeframe=spec.timeframe,
        bundle=_bundle(choice.bundle, before.bundle, loaded=ready, now=now),
        runner=_runner(observed, report) if staying else None,
        evaluate_after=_evaluate_after(observed, step, now),
        last_error=_last_error(before.last_error, report, pod),
    )


def _runner_ready(pod: PodState | None, report: StatusReport | None) -> bool:
    if pod is None or not pod.containers_running:
        return False
    return report.ready if report is not None else pod.ready


def _conditions(
    observed: Observed,
    choice: Choice,
    cause: Cause,
    *,
    staying: bool,
    ready: bool,
    now: datetime,
) -> tuple[Condition, ...]:
    report = observed.fresh_report(now) if staying else None
    before = observed.status.condition(ConditionType.MARKET_DATA_FRESH) if staying else None
    facts = [
        _source_resolved(observed),
        _code_admitted(observed, choice),
        (ConditionType.RUNNER_READY, ready, "RunnerReady" if ready else cause.reason, "" if ready else cause.message),
        _market_data_fresh(report, before),
        (ConditionType.READY, ready and cause.phase is Phase.RUNNING, cause.reason, cause.message),
        (ConditionType.UPDATE_AVAILABLE, choice.update.available, choice.update.reason, choice.update.message),
    ]
    if report is not None:
        facts += [(kind, True, kind, message) for kind, message in sorted(report.conditions.items())]
    return tuple(_condition(observed, fact, now) for fact in facts)


Fact = tuple[str, bool | None, str, str]
"""Type, whether it holds (None: unknown), reason, message."""


def _condition(observed: Observed, fact: Fact, now: datetime) -> Condition:
    kind, holds, reason, message = fact
    status = {True: ConditionStatus.TRUE, False: ConditionStatus.FALSE, None: ConditionStatus.UNKNOWN}[holds]
    before = observed.status.condition(kind)
    unchanged = before is not None and before.status is status
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message[:_LONGEST_MESSAGE],
        last_transition_time=before.last_transition_time if before and unchanged else now.replace(microsecond=0),
        observed_generation=observed.resource.metadata.get("generation"),
    )


def _source_resolved(observed: Observed) -> Fact:
    match observed.resolution:
        case Resolved(note=note) if note:
            return ConditionType.SOURCE_RESOLVED, True, "ResolvedWithNote", note
        case Resolved() | NotAdmitted():
            return ConditionType.SOURCE_RESOLVED, True, "Resolved", ""
        case NotResolved(reason, message, temporary):
            return ConditionType.SOURCE_RESOLVED, None if temporary else False, reason, message
        case Forbidden(reason, message):
            return ConditionType.SOURCE_RESOLVED, False, reason, message


def _code_admitted(observed: Observed, choice: Choice) -> Fact:
    match observed.resolution:
        case NotAdmitted(_, message):
            return ConditionType.CODE_ADMITTED, False, "CodeNotAdmitted", message
        case Resolved():
            entry_point = choice.bundle.entry_point if choice.bundle is not None else None
            return ConditionType.CODE_ADMITTED, True, "Admitted", entry_point or ""
    before = observed.status.condition(ConditionType.CODE_ADMITTED)
    if before is None:
        return ConditionType.CODE_ADMITTED, None, "SourceNotResolved", ""
    return ConditionType.CODE_ADMITTED, *_kept(before)


def _kept(before: Condition) -> tuple[bool | None, str, str]:
    holds = {ConditionStatus.TRUE: True, ConditionStatus.FALSE: False}.get(before.status)
    return holds, before.reason, before.message


def _market_data_fresh(report: StatusReport | None, before: Condition | None) -> Fact:
    kind = ConditionType.MARKET_DATA_FRESH
    if report is None:
        return (kind, None, "NoReport", "") if before is None else (kind, *_kept(before))
    if not report.freshness:
        return kind, None, "NoBarYet", ""
    stale = sorted(symbol for symbol, freshness in report.freshness.items() if freshness.stale)
    return (kind, False, "Stale", f"no new bar of {', '.join(stale)}") if stale else (kind, True, "Fresh", "")


def _incarnation(before: StrategyStatus, pod: PodState | None, step: Step) -> int | None:
    if isinstance(step, Create):
        return step.incarnation
    known = [number for number in (before.incarnation, pod.incarnation if pod else None) if number is not None]
    return max(known, default=None)


def _bundle(
    wanted: BundleStatus | None, before: BundleStatus | None, *, loaded: bool, now: datetime
) -> BundleStatus | None:
    same = wanted is not None and before is not None and wanted.digest == before.digest
    if wanted is not None and same and loaded and wanted.loaded_at is None:
        return wanted.model_copy(update={"loaded_at": now.replace(microsecond=0)})
    return wanted


def _runner(observed: Observed, report: StatusReport | None) -> RunnerStatus | None:
    pod, before = observed.own_pod, observed.status.runner
    if pod is None:
        return None
    custom = (CUSTOM_IMAGE,) if observed.resource.spec.runner.strategy_image else ()
    if report is not None:
        isolation = (*report.isolation, *custom)
    else:
        isolation = before.isolation if before is not None and before.started_at == pod.started_at else custom
    return RunnerStatus(pod_name=pod.name, node_name=pod.node, started_at=pod.started_at, isolation=isolation)


def _evaluate_after(observed: Observed, step: Step, now: datetime) -> datetime | None:
    """Closes that passed while suspended, or that were closes of other bars, are not caught up."""
    before, spec, pod = observed.status, observed.resource.spec, observed.own_pod
    resumed = isinstance(step, Create) and before.phase is Phase.SUSPENDED and before.incarnation is not None
    retimed = isinstance(step, Delete) and pod is not None and pod.timing_hash != timing_hash(spec) and not spec.suspend
    moved = before.symbols is not None and (before.symbols, before.timeframe) != (spec.symbols, spec.timeframe)
    return now if resumed or retimed or moved else before.evaluate_after


def _last_error(before: LastError | None, report: StatusReport | None, pod: PodState | None) -> LastError | None:
    candidates: list[LastError] = [before] if before is not None else []
    if report is not None and report.last_error is not None:
        error = report.last_error
        candidates.append(
            LastError(
                reason=error.reason.value,
                message=error.message[:_LONGEST_MESSAGE],
                file=error.file,
                line=error.line,
                time=error.time,
            )
        )
    if pod is not None and pod.last_crash is not None and pod.last_crash.since is not None:
        crash = pod.last_crash
        assert crash.since is not None
        candidates.append(LastError(reason=crash.reason, message=crash.message[:_LONGEST_MESSAGE], time=crash.since))
    newest = max(candidates, key=lambda error: error.time, default=None)
    return before if newest is not None and before is not None and _same(newest, before) else newest


def _same(one: LastError, other: LastError) -> bool:
    """A strategy that fails in the same way at every bar causes one write, not one per bar."""
    return _told(one) == _told(other)


def _told(error: LastError) -> Iterable[object]:
    return error.reason, error.message, error.file, error.line
