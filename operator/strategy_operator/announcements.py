"""Which Kubernetes Events a change of status is worth. Pure; reasons are stable, and a start makes two.

A strategy's faults are told by kind, each at most once an hour however often it happens: the time of the last one is
remembered, and the Event's name holds the hour, so that an operator that has forgotten is refused by the API server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from strategy_contracts.resource import ConditionStatus, ConditionType, Phase, StrategyStatus
from strategy_contracts.status_report import RunError
from strategy_operator.pod_step import Create, Delete, Step

_LONGEST_NOTE: Final = 1000
_AGAIN_AFTER: Final = timedelta(hours=1)
"""The same kind of fault; also as long as the API server keeps Events."""


@dataclass(frozen=True)
class Announcement:
    """One Event about a TradingStrategy."""

    kind: Literal["Normal", "Warning"]
    reason: str
    note: str
    action: str
    once: str | None = None
    """Makes the Event's name, of which a strategy has only one; None: any number."""


def announcements(before: StrategyStatus, after: StrategyStatus, step: Step) -> tuple[Announcement, ...]:
    """The Events that tell what happened between two statuses."""
    found = [*_about_the_pod(step, after), *_about_conditions(before, after), *_about_the_phase(before, after)]
    # A pod that is deleted for a reason has said it already.
    unique = {announcement.reason: announcement for announcement in reversed(found)}
    return tuple(reversed(unique.values()))


def fault_announcement(error: RunError | None, told: Mapping[str, datetime], now: datetime) -> Announcement | None:
    """The Event about a runner's last error. `told`: when the last fault of a kind happened that was announced."""
    if error is None or now - error.time > _AGAIN_AFTER:
        return None
    before = told.get(error.reason)
    if before is not None and error.time - before < _AGAIN_AFTER:
        return None
    place = ":".join(str(part) for part in (error.file, error.line) if part is not None)
    note = f"{place}: {error.message}" if place else error.message
    hour = int(error.time.timestamp()) // 3600
    return Announcement("Warning", error.reason, note[:_LONGEST_NOTE], "Run", once=f"{error.reason.lower()}.{hour}")


def _about_the_pod(step: Step, after: StrategyStatus) -> list[Announcement]:
    match step:
        case Create(incarnation):
            digest = after.bundle.digest if after.bundle is not None else ""
            return [_normal("RunnerCreated", f"incarnation {incarnation} of {digest}", "Create")]
        case Delete(reason, message, intended):
            if after.phase is Phase.SUSPENDED or after.phase is Phase.FAILED:
                return []
            return [_normal(reason, message, "Replace") if intended else _warning(reason, message, "Replace")]
    return []


def _about_conditions(before: StrategyStatus, after: StrategyStatus) -> list[Announcement]:
    found = []
    for kind in (ConditionType.SOURCE_RESOLVED, ConditionType.CODE_ADMITTED):
        old, new = before.condition(kind), after.condition(kind)
        fell = new is not None and new.status is not ConditionStatus.TRUE and new.reason != "SourceNotResolved"
        if new is not None and fell and (old is None or (old.status, old.reason) != (new.status, new.reason)):
            found.append(_warning(new.reason, new.message, "Resolve"))
    old, new = before.condition(ConditionType.UPDATE_AVAILABLE), after.condition(ConditionType.UPDATE_AVAILABLE)
    if new is not None and new.status is ConditionStatus.TRUE and (old is None or old.reason != new.reason):
        failed = new.reason in ("UpdateFailed", "UpdateRefused")
        found.append((_warning if failed else _normal)(new.reason, new.message, "Update"))
    return found


def _about_the_phase(before: StrategyStatus, after: StrategyStatus) -> list[Announcement]:
    old, new = before.condition(ConditionType.READY), after.condition(ConditionType.READY)
    reason, message = (new.reason, new.message) if new is not None else ("", "")
    if before.phase is after.phase and (old is None or old.reason == reason):
        return []
    if after.last_error is not None and after.last_error.reason == reason:
        return []  # told as a fault
    match after.phase:
        case Phase.RUNNING if before.phase is not Phase.RUNNING:
            return [_normal("Running", "the strategy is being evaluated", "Run")]
        case Phase.SUSPENDED if before.phase is not Phase.SUSPENDED:
            return [_normal("Suspended", message, "Suspend")]
        case Phase.DEGRADED | Phase.FAILED | Phase.PENDING:
            return [_warning(reason, message, "Run")]
    return []


def _normal(reason: str, note: str, action: str) -> Announcement:
    return Announcement("Normal", reason, note[:_LONGEST_NOTE], action)


def _warning(reason: str, note: str, action: str) -> Announcement:
    return Announcement("Warning", reason, note[:_LONGEST_NOTE], action)
