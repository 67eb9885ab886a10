"""A pod has many ways of not running, and each has its word."""

from typing import Any

import pytest

from strategy_contracts.exit_codes import ExitCode
from strategy_operator.pod_state import PodState, owner_name, pod_state

RUNS = {"running": {"startedAt": "2026-03-01T12:00:00Z"}}


def a_pod(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "rsi-dip-runner",
            "uid": "pod-uid",
            "labels": {"trading.alphintra.io/incarnation": "3"},
            "annotations": {
                "trading.alphintra.io/bundle-digest": "sha256:ab",
                "trading.alphintra.io/input-hash": "in",
                "trading.alphintra.io/timing-hash": "time",
            },
            "ownerReferences": [
                {"kind": "Node", "apiVersion": "v1", "name": "node-1", "uid": "other"},
                {
                    "kind": "TradingStrategy",
                    "apiVersion": "trading.alphintra.io/v1alpha1",
                    "name": "rsi-dip",
                    "uid": "execution",
                },
            ],
        },
        "spec": {"nodeName": "node-1"},
        "status": status,
    }


def containers(supervisor: dict[str, Any], strategy: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [{"name": "supervisor", "state": RUNS} | supervisor, {"name": "strategy", "state": RUNS} | (strategy or {})]


def ended(code: int, **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "finishedAt": "2026-03-01T12:00:05Z"} | more}


def test_a_pod_that_runs() -> None:
    pod = a_pod(
        phase="Running",
        startTime="2026-03-01T12:00:00Z",
        conditions=[{"type": "Ready", "status": "True"}],
        containerStatuses=containers({}),
    )
    state = pod_state(pod)
    assert (state.name, state.uid, state.owner_uid) == ("rsi-dip-runner", "pod-uid", "execution")
    assert (state.incarnation, state.digest, state.input_hash, state.timing_hash) == (3, "sha256:ab", "in", "time")
    assert (state.ready, state.containers_running, state.finished, state.deleting) == (True, True, False, False)
    assert (state.node, state.trouble, state.last_crash, state.supervisor_exit) == ("node-1", None, None, None)


def test_a_pod_nobody_has_looked_at_yet() -> None:
    pod = {"metadata": {"name": "n", "uid": "u", "deletionTimestamp": "2026-03-01T12:00:00Z"}}
    state = pod_state(pod)
    assert (state.owner_uid, state.incarnation, state.deleting, state.containers_running) == (None, 0, True, False)
    assert owner_name(pod) is None
    assert owner_name(a_pod()) == "rsi-dip"


def waiting(reason: str) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": "in words"}}}


@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        pytest.param(
            {"phase": "Failed", "reason": "Evicted", "message": "low on memory"},
            "Evicted",
            "low on memory",
            id="evicted",
        ),
        pytest.param({"phase": "Succeeded"}, "PodFinished", "the pod ended as a whole", id="ended"),
        pytest.param(
            {
                "phase": "Running",
                "conditions": [
                    {
                        "type": "DisruptionTarget",
                        "status": "True",
                        "reason": "PreemptionByScheduler",
                        "message": "making room",
                    }
                ],
            },
            "PreemptionByScheduler",
            "making room",
            id="preempted",
        ),
        pytest.param(
            {
                "phase": "Pending",
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
                ],
            },
            "Unschedulable",
            "0/1 nodes",
            id="no node takes it",
        ),
        pytest.param(
            {"containerStatuses": containers(waiting("ImagePullBackOff"))}, "ImagePullBackOff", "in words", id="image"
        ),
        pytest.param(
            {"containerStatuses": containers({}, waiting("CrashLoopBackOff"))},
            "CrashLoopBackOff",
            "in words",
            id="crashes",
        ),
        pytest.param(
            {"containerStatuses": containers({"state": ended(ExitCode.LOG_UNAVAILABLE, message="Kafka is away\n")})},
            "LogUnavailable",
            "Kafka is away",
            id="its last words",
        ),
        pytest.param(
            {"containerStatuses": containers({"state": ended(1)})},
            "Crashed",
            "container supervisor ended with exit code 1",
            id="without a word",
        ),
        pytest.param({"containerStatuses": containers({"state": ended(0)})}, "Stopped", None, id="an orderly end"),
        pytest.param(
            {"containerStatuses": containers({}, {"state": ended(137, reason="OOMKilled")})},
            "MemoryExceeded",
            "container strategy used more memory than its limit",
            id="out of memory",
        ),
    ],
)
def test_each_trouble_has_its_word(status: dict[str, Any], reason: str, message: str | None) -> None:
    trouble = pod_state(a_pod(**status)).trouble
    assert trouble is not None
    assert trouble.reason == reason
    assert message is None or trouble.message == message


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_starting_is_no_trouble(reason: str) -> None:
    state = pod_state(a_pod(phase="Pending", containerStatuses=containers(waiting(reason))))
    assert (state.trouble, state.containers_running) == (None, False)


def test_the_last_crash_of_either_container_is_remembered_while_it_runs_again() -> None:
    older = {"lastState": ended(1, finishedAt="2026-03-01T12:00:01Z")}
    newer = {"lastState": ended(137, reason="OOMKilled", finishedAt="2026-03-01T12:00:09Z")}
    state = pod_state(a_pod(phase="Running", containerStatuses=containers(older, newer)))
    assert state.trouble is None
    assert state.last_crash is not None
    assert state.last_crash.reason == "MemoryExceeded"


@pytest.mark.parametrize(
    ("supervisor", "expected"),
    [
        ({"lastState": ended(65)}, ExitCode.SUPERSEDED),
        ({"state": ended(67)}, ExitCode.WARDEN_UNRESPONSIVE),
        ({"lastState": ended(139)}, None),
        ({}, None),
    ],
)
def test_why_the_supervisor_ended(supervisor: dict[str, Any], expected: ExitCode | None) -> None:
    assert pod_state(a_pod(containerStatuses=containers(supervisor))).supervisor_exit is expected


def test_a_label_that_somebody_broke_counts_as_none() -> None:
    pod = a_pod()
    pod["metadata"]["labels"]["trading.alphintra.io/incarnation"] = "-1"
    state: PodState = pod_state(pod)
    assert state.incarnation == 0
