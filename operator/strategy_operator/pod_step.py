"""What to do about the pod: nothing, make it, delete it, or wait. Pure.

The pod's one name is the lock: a new pod is made only when the old one is gone. A pod is deleted for four reasons:
the strategy is not to run, it is to run otherwise, the pod has ended as a whole, or its supervisor gave up on it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from strategy_contracts.exit_codes import ExitCode
from strategy_operator.bundle_choice import Choice
from strategy_operator.observed import Memory, Observed
from strategy_operator.resolution import Forbidden
from strategy_operator.runner_plan import input_hash

_LASTING: Final = timedelta(minutes=5)
_LONGEST_BACKOFF_SECONDS: Final = 60.0
_FOREIGN_POD_SECONDS: Final = 5.0
_GIVEN_UP: Final = {ExitCode.SUPERSEDED: "Superseded", ExitCode.WARDEN_UNRESPONSIVE: "WardenUnresponsive"}


@dataclass(frozen=True)
class Keep:
    """Leave things as they are."""


@dataclass(frozen=True)
class Create:
    """Make the pod."""

    incarnation: int


@dataclass(frozen=True)
class Delete:
    """Delete the pod; what follows is decided when it is gone."""

    reason: str
    message: str
    intended: bool
    """Because somebody wanted it so, not because something broke."""
    hurried: bool = False
    """Nothing is being evaluated that is worth a grace period. Process 1 of a container that has only just started
    does not even hear SIGTERM, and would sit the whole period out."""


@dataclass(frozen=True)
class Wait:
    """Something else has to happen first."""

    reason: str
    message: str
    seconds: float | None = None
    """None: an event will tell."""


Step = Keep | Create | Delete | Wait


def next_step(observed: Observed, choice: Choice, now: datetime) -> Step:
    """The one thing to do about the pod now."""
    wanted = _wanted_digest(observed, choice)
    pod = observed.pod
    if pod is None:
        return Keep() if wanted is None else _create(observed, now)
    if observed.own_pod is None:
        message = f"pod {pod.name} belongs to something else; delete it, or rename this TradingStrategy"
        return Keep() if wanted is None else Wait("PodNameTaken", message, _FOREIGN_POD_SECONDS)
    if pod.deleting and pod.disruption is not None:
        return Wait(pod.disruption.reason, pod.disruption.message)
    if pod.deleting:
        return Wait("RunnerStopping", "the old pod is ending")
    if wanted is None:
        return Delete("Stopped", "the strategy is not to run", intended=True, hurried=not pod.ready)
    if pod.finished:
        trouble = pod.trouble
        assert trouble is not None
        return Delete(trouble.reason, trouble.message, intended=False, hurried=True)
    if pod.input_hash != input_hash(observed.resource.spec, wanted):
        what = "code or parameters" if pod.digest != wanted else "the specification"
        return Delete("RunnerReplaced", f"{what} changed", intended=True, hurried=not pod.ready)
    if pod.supervisor_exit in _GIVEN_UP:
        reason = _GIVEN_UP[pod.supervisor_exit]
        return Delete(reason, "the supervisor gave up on its pod", intended=False, hurried=True)
    return Keep()


def remember(memory: Memory, step: Step, now: datetime) -> Memory:
    """The memory after the step, as far as it is about pods."""
    match step:
        case Create():
            return replace(memory, creations=_in_a_row(memory, now) + 1, last_creation=now, refusal=None)
        case Delete(intended=True):
            return replace(memory, creations=0, last_creation=None, refusal=None)
        case _:
            return memory


def _wanted_digest(observed: Observed, choice: Choice) -> str | None:
    spec = observed.resource.spec
    runnable = choice.bundle is not None and spec.symbols is not None and spec.timeframe is not None
    if spec.suspend or isinstance(observed.resolution, Forbidden) or not runnable:
        return None
    return choice.bundle.digest if choice.bundle is not None else None


def _create(observed: Observed, now: datetime) -> Create | Wait:
    memory = observed.memory
    in_a_row = _in_a_row(memory, now)
    if in_a_row and memory.last_creation is not None:
        backoff = min(2.0 ** (in_a_row - 1), _LONGEST_BACKOFF_SECONDS)
        left = backoff - (now - memory.last_creation).total_seconds()
        if left > 0 and memory.refusal is not None:
            return Wait("PodRefused", memory.refusal, left)
        if left > 0:
            return Wait("RestartBackoff", "the last pods did not last; the next one follows within a minute", left)
    return Create(observed.highest_incarnation + 1)


def _in_a_row(memory: Memory, now: datetime) -> int:
    lasted = memory.last_creation is None or now - memory.last_creation > _LASTING
    return 0 if lasted else memory.creations
