"""Which phase a strategy is in, and the one reason for it: what stands most in its way. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from strategy_contracts.resource import ConditionType, Phase
from strategy_contracts.status_report import RunPhase
from strategy_operator.bundle_choice import Choice
from strategy_operator.observed import Observed
from strategy_operator.pod_state import PodState
from strategy_operator.pod_step import Create, Delete, Step, Wait
from strategy_operator.resolution import Forbidden, NotAdmitted, NotResolved

_NEVER_STARTED: Final = {
    "Unschedulable",
    "SchedulingGated",
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
}
_HOPELESS: Final = {"InvalidConfig"}
_PHASES: Final = {
    RunPhase.LOADING: Phase.LOADING,
    RunPhase.RUNNING: Phase.RUNNING,
    RunPhase.DEGRADED: Phase.DEGRADED,
    RunPhase.FAILED: Phase.FAILED,
    RunPhase.STOPPED: Phase.LOADING,
}
_SILENT: Final = "RunnerNotReady"


@dataclass(frozen=True)
class Cause:
    """The phase, and the reason and sentence for it."""

    phase: Phase
    reason: str
    message: str = ""


def cause_of(observed: Observed, choice: Choice, step: Step, now: datetime) -> Cause:
    match observed.resolution:
        case Forbidden(reason, message):
            return Cause(Phase.FAILED, reason, message)
    if observed.resource.spec.suspend:
        return Cause(Phase.SUSPENDED, "Suspended", "spec.suspend is true")
    if choice.bundle is None:
        return _nothing_to_run(observed, choice)
    match step:
        case Create() if observed.memory.refusal is not None:
            # Another attempt; until it succeeds the reason stands.
            return Cause(Phase.DEGRADED, "PodRefused", observed.memory.refusal)
        case Create(incarnation):
            return Cause(Phase.LOADING, "RunnerStarting", f"incarnation {incarnation}")
        case Delete(reason, message, intended):
            return Cause(Phase.LOADING if intended else Phase.DEGRADED, reason, message)
        case Wait(reason, message):
            # A strategy that is to run again is shown as suspended until its old pod is gone.
            resting = observed.status.phase is Phase.SUSPENDED
            phase = Phase.LOADING if reason == "RunnerStopping" else Phase.DEGRADED
            return Cause(Phase.SUSPENDED if resting else phase, reason, message)
    return _running(observed, now)


def _nothing_to_run(observed: Observed, choice: Choice) -> Cause:
    if choice.problem is not None:
        return Cause(Phase.FAILED, choice.problem.reason, choice.problem.message)
    match observed.resolution:
        case NotResolved(reason, message, temporary):
            return Cause(Phase.PENDING if temporary else Phase.FAILED, reason, message)
        case NotAdmitted(_, message):
            return Cause(Phase.FAILED, "CodeNotAdmitted", message)
    return Cause(Phase.PENDING, "Unknown")


def _running(observed: Observed, now: datetime) -> Cause:
    """The pod is there and is to stay: what does it do?"""
    pod, report = observed.own_pod, observed.fresh_report(now)
    if pod is None:
        spec = observed.resource.spec
        missing = "symbols" if spec.symbols is None else "timeframe"
        return Cause(Phase.FAILED, "NoMarket", f"spec.{missing}: this strategy's code does not name its own")
    if pod.trouble is not None:
        reason, message = pod.trouble.reason, pod.trouble.message
        if reason == "CrashLoopBackOff" and pod.last_crash is not None:
            reason, message = pod.last_crash.reason, pod.last_crash.message
        if reason in _HOPELESS:
            return Cause(Phase.FAILED, reason, message)
        return Cause(Phase.PENDING if reason in _NEVER_STARTED else Phase.DEGRADED, reason, message)
    if not pod.containers_running:
        return Cause(Phase.LOADING, "RunnerStarting", _number(pod))
    if report is not None:
        return Cause(_PHASES[report.phase], report.reason or report.phase.value, report.message or "")
    return _unreported(observed, pod)


def _unreported(observed: Observed, pod: PodState) -> Cause:
    """Without a fresh report (Kafka is away, or the operator has just started) what was written stays true."""
    before = observed.status
    if before.incarnation != pod.incarnation or before.phase not in (Phase.RUNNING, Phase.DEGRADED, Phase.FAILED):
        return Cause(Phase.RUNNING, "Running") if pod.ready else Cause(Phase.LOADING, "RunnerStarting", _number(pod))
    known = before.condition(ConditionType.READY)
    if before.phase is Phase.RUNNING and not pod.ready:
        return Cause(Phase.DEGRADED, _SILENT, "the supervisor does not report and is not ready")
    if known is None or (known.reason == _SILENT and pod.ready):
        return Cause(Phase.RUNNING, "Running")
    return Cause(before.phase, known.reason, known.message)


def _number(pod: PodState) -> str:
    return f"incarnation {pod.incarnation}"
