"""What the operator needs to know of a runner pod, read from the object the API server holds. Pure.

A pod has many ways of not running; each is told by its own word (`Trouble.reason`), with the sentence that the
kubelet or the scheduler gave for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.resource import API_VERSION, KIND
from strategy_operator.names import BUNDLE_DIGEST, INCARNATION_LABEL, INPUT_HASH, TIMING_HASH

SUPERVISOR: Final = "supervisor"
STRATEGY: Final = "strategy"

_ORDINARY_WAITING: Final = {"ContainerCreating", "PodInitializing"}
_MEMORY_EXCEEDED: Final = "MemoryExceeded"


@dataclass(frozen=True)
class Trouble:
    """Why a pod does not run as it should; `since` only where the cluster tells."""

    reason: str
    message: str
    since: datetime | None = None


@dataclass(frozen=True)
class PodState:
    """A runner pod."""

    name: str
    uid: str
    owner_uid: str | None
    incarnation: int
    digest: str | None
    input_hash: str | None
    timing_hash: str | None
    deleting: bool
    finished: bool
    """Its containers will not be started again: evicted, shut down with its node, or failed as a whole."""
    ready: bool
    containers_running: bool
    node: str | None
    started_at: datetime | None
    supervisor_exit: ExitCode | None
    """Why the supervisor ended last, if it said."""
    trouble: Trouble | None
    disruption: Trouble | None
    """Why the cluster takes the pod away: drained, preempted, its node lost."""
    last_crash: Trouble | None
    """How a container ended last, for the author; it may run again by now."""


def pod_state(pod: dict[str, Any]) -> PodState:
    """The state of a pod as the API server returned it."""
    metadata, status = pod["metadata"], pod.get("status", {})
    annotations, labels = metadata.get("annotations", {}), metadata.get("labels", {})
    containers = {container["name"]: container for container in status.get("containerStatuses", ())}
    finished = status.get("phase") in ("Failed", "Succeeded")
    running = len(containers) == 2 and all("running" in container["state"] for container in containers.values())
    return PodState(
        name=metadata["name"],
        uid=metadata["uid"],
        owner_uid=_owner_uid(metadata),
        incarnation=_number(labels.get(INCARNATION_LABEL)),
        digest=annotations.get(BUNDLE_DIGEST),
        input_hash=annotations.get(INPUT_HASH),
        timing_hash=annotations.get(TIMING_HASH),
        deleting="deletionTimestamp" in metadata,
        finished=finished,
        ready=_condition(status, "Ready").get("status") == "True",
        containers_running=running and not finished,
        node=pod.get("spec", {}).get("nodeName"),
        started_at=_time(status.get("startTime")),
        supervisor_exit=_exit_code(containers.get(SUPERVISOR, {})),
        trouble=_disruption(status) or _trouble(status, containers, finished=finished),
        disruption=_disruption(status),
        last_crash=_last_crash(containers),
    )


def owner_name(pod: Mapping[str, Any]) -> str | None:
    """The TradingStrategy a pod belongs to."""
    return next((owner["name"] for owner in _owners(pod["metadata"])), None)


def _owners(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    owners = metadata.get("ownerReferences", ())
    return [owner for owner in owners if owner["kind"] == KIND and owner["apiVersion"] == API_VERSION]


def _owner_uid(metadata: dict[str, Any]) -> str | None:
    return next((str(owner["uid"]) for owner in _owners(metadata)), None)


def _disruption(status: dict[str, Any]) -> Trouble | None:
    told = _condition(status, "DisruptionTarget")
    if told.get("status") != "True":
        return None
    return Trouble(told.get("reason", "Disrupted"), told.get("message", "the cluster takes the pod away"))


def _trouble(status: dict[str, Any], containers: dict[str, Any], *, finished: bool) -> Trouble | None:
    if finished:
        return Trouble(status.get("reason", "PodFinished"), status.get("message", "the pod ended as a whole"))
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        return Trouble(scheduled.get("reason", "Unschedulable"), scheduled.get("message", "no node takes the pod"))
    for name, container in containers.items():
        waiting = container["state"].get("waiting", {})
        if waiting and waiting.get("reason") not in _ORDINARY_WAITING:
            return Trouble(waiting.get("reason", "Waiting"), waiting.get("message", f"container {name} waits"))
    for name, container in containers.items():
        if "terminated" in container["state"]:
            return _ending(name, container["state"]["terminated"])
    return None


def _last_crash(containers: dict[str, Any]) -> Trouble | None:
    crashes = []
    for name, container in containers.items():
        for state in (container["state"], container.get("lastState", {})):
            ended = state.get("terminated")
            if ended and (ended.get("exitCode") != 0 or ended.get("reason") == "OOMKilled"):
                crashes.append(_ending(name, ended))
    dated = [crash for crash in crashes if crash.since is not None]
    return max(dated, key=lambda crash: crash.since.timestamp() if crash.since else 0, default=None)


def _ending(container: str, ended: dict[str, Any]) -> Trouble:
    since = _time(ended.get("finishedAt"))
    code = ended.get("exitCode")
    if ended.get("reason") == "OOMKilled":
        return Trouble(_MEMORY_EXCEEDED, f"container {container} used more memory than its limit", since)
    if message := (ended.get("message") or "").strip():
        return Trouble(_word(code), message[:1024], since)
    return Trouble(_word(code), f"container {container} ended with exit code {code}", since)


def _word(code: int | None) -> str:
    """The exit code's name in the form of a reason."""
    if code == ExitCode.OK:
        return "Stopped"
    try:
        return "".join(part.capitalize() for part in ExitCode(code if code is not None else -1).name.split("_"))
    except ValueError:
        return "Crashed"


def _exit_code(container: dict[str, Any]) -> ExitCode | None:
    for state in (container.get("state", {}), container.get("lastState", {})):
        if "terminated" in state:
            try:
                return ExitCode(state["terminated"]["exitCode"])
            except ValueError:
                return None
    return None


def _condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    return next((part for part in status.get("conditions", ()) if part["type"] == kind), {})


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
