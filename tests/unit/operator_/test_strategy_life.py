"""The life of a strategy as its user sees it, from apply to delete, with crashes in between."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from strategy_contracts.bundle import decode_bundle
from strategy_contracts.resource import ConditionType, Phase
from strategy_contracts.runner_config import RunnerConfig, decode_runner_config
from strategy_contracts.signal import utc
from strategy_contracts.status_report import Fault, Freshness, RunError, RunPhase
from strategy_operator.errors import Conflict, DependencyUnavailable, Refused

OTHER_CODE = "def generate_signals(data, parameters):\n    return [1]\n"


def runner_config(world: Any) -> RunnerConfig:
    supervisor = world.pod["spec"]["containers"][0]
    return decode_runner_config(next(env["value"] for env in supervisor["env"] if env["name"] == "RUNNER_CONFIG"))


def incarnation(world: Any) -> int:
    return int(world.pod["metadata"]["labels"]["trading.alphintra.io/incarnation"])


def bundle_digests(world: Any) -> set[str]:
    annotation = "trading.alphintra.io/bundle-digest"
    return {secret["metadata"]["annotations"][annotation] for secret in world.cluster.secrets.values()}


# --- start ------------------------------------------------------------------------------------------


async def test_a_start_costs_three_writes_to_the_pod_and_a_fourth_to_running(world: Any) -> None:
    world.apply()
    await world.reconcile()
    assert world.cluster.writes == ["apply_secret", "apply_status", "create_pod"]
    world.kubelet_runs_pod(ready=False)
    await world.reconcile()
    world.runner_reports()
    await world.reconcile()
    assert world.cluster.writes == ["apply_secret", "apply_status", "create_pod", "apply_status"]
    assert world.announced() == [("Normal", "RunnerCreated"), ("Normal", "Running")]


async def test_a_running_strategy_says_what_runs_where(world: Any) -> None:
    await world.run()
    status = world.status
    assert (status.phase, status.incarnation, status.observed_generation) == (Phase.RUNNING, 1, 1)
    assert (status.symbols, status.timeframe) == (("BTCUSDT",), "1m")
    assert (status.runner.pod_name, status.runner.node_name) == ("rsi-dip-runner", "node-1")
    assert status.bundle.entry_point == "generate_signals(data, parameters)"
    assert status.bundle.loaded_at is not None
    assert world.condition(ConditionType.READY) == ("True", "Running")
    assert world.condition(ConditionType.SOURCE_RESOLVED) == ("True", "Resolved")
    assert world.condition(ConditionType.CODE_ADMITTED) == ("True", "Admitted")


async def test_an_idle_strategy_causes_no_write(world: Any) -> None:
    await world.run()
    for _ in range(20):
        world.pass_time(15)
        world.runner_reports()
        await world.settle()
    assert world.cluster.writes == []
    assert world.cluster.announced == []


async def test_the_bundle_in_the_secret_is_the_one_the_pod_is_told_of(world: Any) -> None:
    await world.run(parameters={"period": 14})
    (secret,) = world.cluster.secrets.values()
    digest = runner_config(world).bundle_digest
    bundle = decode_bundle(base64.b64decode(secret["data"]["bundle.json"]), digest)
    assert bundle.parameters == {"period": 14}
    volume = next(volume for volume in world.pod["spec"]["volumes"] if "secret" in volume)
    assert volume["secret"]["secretName"] == secret["metadata"]["name"]


async def test_a_status_that_passes_within_two_seconds_is_not_written(world: Any) -> None:
    await world.run()
    world.runner_reports(RunPhase.DEGRADED, reason="Timeout")
    assert await world.reconcile() == pytest.approx(2.0)
    world.pass_time(1.9)
    assert await world.reconcile() == pytest.approx(0.1)
    world.runner_reports(RunPhase.RUNNING)
    await world.reconcile()
    assert world.cluster.writes == []


async def test_a_status_that_lasts_is_written_with_its_reason(world: Any) -> None:
    await world.run()
    world.runner_reports(RunPhase.DEGRADED, reason="Timeout", message="killed after 30 s")
    await world.settle()
    assert world.status.phase is Phase.DEGRADED
    assert world.condition(ConditionType.READY) == ("False", "Timeout")
    assert world.announced() == [("Warning", "Timeout")]


# --- suspend and resume -----------------------------------------------------------------------------


async def test_suspend_deletes_the_pod_and_keeps_the_rest(world: Any) -> None:
    await world.run()
    world.apply(suspend=True)
    await world.reconcile()
    world.kubelet_ends_pod()
    await world.reconcile()
    assert world.pod is None
    assert (world.status.phase, world.status.incarnation) == (Phase.SUSPENDED, 1)
    assert world.status.bundle is not None
    assert len(world.cluster.secrets) == 1
    assert world.cluster.writes == ["apply_status", "delete_pod"]
    assert world.announced() == [("Normal", "Suspended")]


async def test_resume_does_not_catch_up_what_passed_while_suspended(world: Any) -> None:
    await world.run()
    world.apply(suspend=True)
    await world.reconcile()
    world.kubelet_ends_pod()
    await world.reconcile()
    world.pass_time(3600)
    world.apply(suspend=False)
    await world.reconcile()
    assert incarnation(world) == 2
    assert utc(runner_config(world).evaluate_after_ms) == world.time


async def test_a_resume_before_the_old_pod_is_gone_waits_for_it(world: Any) -> None:
    await world.run()
    world.apply(suspend=True)
    await world.reconcile()
    world.apply(suspend=False)
    await world.reconcile()
    assert world.status.phase is Phase.SUSPENDED
    world.kubelet_ends_pod()
    await world.reconcile()
    assert incarnation(world) == 2
    assert runner_config(world).evaluate_after_ms is not None


async def test_what_need_not_be_caught_up_is_kept_for_later_pods(world: Any) -> None:
    await world.run()
    world.apply(suspend=True)
    await world.reconcile()
    world.kubelet_ends_pod()
    await world.reconcile()
    world.apply(suspend=False)
    await world.reconcile()
    first = runner_config(world).evaluate_after_ms
    world.pass_time(600)
    world.kubelet_ends_pod()
    await world.reconcile()
    assert (incarnation(world), runner_config(world).evaluate_after_ms) == (3, first)


async def test_a_strategy_that_starts_suspended_evaluates_its_last_bar_when_resumed(world: Any) -> None:
    world.apply(suspend=True)
    await world.reconcile()
    assert (world.pod, world.status.phase) == (None, Phase.SUSPENDED)
    world.apply(suspend=False)
    await world.reconcile()
    assert runner_config(world).evaluate_after_ms is None


# --- change -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"symbols": ["ETHUSDT"]}, id="symbols"),
        pytest.param({"timeframe": "5m"}, id="timeframe"),
        pytest.param({"schedule": {"intervalSeconds": 60}}, id="schedule"),
        pytest.param({"limits": {"memory": "1Gi"}}, id="memory"),
        pytest.param({"parameters": {"period": 7}}, id="parameters"),
        pytest.param({"source": {"inline": {"files": {"main.py": OTHER_CODE}}}}, id="code"),
        pytest.param({"runner": {"nodeSelector": {"disk": "ssd"}}}, id="node selector"),
    ],
)
async def test_a_change_replaces_the_pod_when_the_old_one_is_gone(world: Any, changes: dict[str, Any]) -> None:
    await world.run()
    old = world.pod["metadata"]["uid"]
    world.apply(**changes)
    await world.reconcile()
    assert world.pod["metadata"]["deletionTimestamp"]
    await world.reconcile()
    assert world.pod["metadata"]["uid"] == old
    world.kubelet_ends_pod()
    await world.reconcile()
    assert incarnation(world) == 2
    world.kubelet_runs_pod()
    world.runner_reports()
    await world.reconcile()
    assert (world.status.phase, world.status.observed_generation) == (Phase.RUNNING, 2)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"updatePolicy": "Manual"}, id="update policy"),
        pytest.param({"limits": {"memory": "512Mi"}}, id="a default written out"),
        pytest.param({"schedule": {"onBarClose": True}}, id="the default schedule written out"),
    ],
)
async def test_a_change_that_no_pod_feels_replaces_none(world: Any, changes: dict[str, Any]) -> None:
    await world.run()
    world.apply(**changes)
    await world.settle()
    assert world.cluster.writes == ["apply_status"]
    assert world.status.observed_generation == 2


@pytest.mark.parametrize(
    ("changes", "caught_up"),
    [
        pytest.param(
            {"symbols": ["ETHUSDT"]}, False, id="other symbols: closes of the past are closes of something else"
        ),
        pytest.param({"timeframe": "5m"}, False, id="other timeframe"),
        pytest.param({"schedule": {"intervalSeconds": 60}}, False, id="other schedule"),
        pytest.param({"limits": {"memory": "1Gi"}}, True, id="more memory: nothing may be missed"),
        pytest.param({"parameters": {"period": 7}}, True, id="other parameters"),
    ],
)
async def test_only_other_closes_are_left_out(world: Any, changes: dict[str, Any], caught_up: bool) -> None:
    await world.run()
    changed_at = world.time
    world.apply(**changes)
    await world.reconcile()
    world.restart_operator()
    world.pass_time(30)
    world.kubelet_ends_pod()
    await world.reconcile()
    after = runner_config(world).evaluate_after_ms
    assert (after is None) if caught_up else (utc(after) == changed_at)


async def test_an_upgrade_of_the_operator_replaces_no_pod(world: Any) -> None:
    await world.run()
    world.restart_operator()
    world.resolver.analysed = 0
    await world.settle()
    assert world.cluster.writes == []
    assert world.resolver.analysed == 0, "code that runs is not analysed again"


async def test_two_generations_of_bundles_are_kept(world: Any) -> None:
    digests = []
    for number in range(4):
        code = OTHER_CODE + f"# {number}\n"
        world.apply(source={"inline": {"files": {"main.py": code}}})
        await world.reconcile()
        if number:
            world.kubelet_ends_pod()
            await world.reconcile()
        world.kubelet_runs_pod()
        world.runner_reports()
        await world.reconcile()
        digests.append(world.status.bundle.digest)
    assert bundle_digests(world) == {digests[3], digests[2]}
    assert world.status.bundle.previous_digest == digests[2]


async def test_a_manual_update_waits_for_its_pin(world: Any) -> None:
    await world.run(updatePolicy="Manual")
    source = {"inline": {"files": {"main.py": OTHER_CODE}}}
    world.apply(updatePolicy="Manual", source=source)
    await world.settle()
    assert "deletionTimestamp" not in world.pod["metadata"]
    assert world.condition(ConditionType.UPDATE_AVAILABLE) == ("True", "ManualUpdate")
    wanted = world.status.condition("UpdateAvailable").message.split()[3]
    world.apply(updatePolicy="Manual", source=source | {"pinDigest": wanted})
    await world.reconcile()
    world.kubelet_ends_pod()
    await world.reconcile()
    assert runner_config(world).bundle_digest == wanted


# --- bad code ---------------------------------------------------------------------------------------


async def test_code_that_may_not_run_starts_nothing(world: Any) -> None:
    world.apply(source={"inline": {"files": {"main.py": "forbidden"}}})
    await world.reconcile()
    assert world.pod is None
    assert world.cluster.secrets == {}
    assert world.status.phase is Phase.FAILED
    assert world.condition(ConditionType.CODE_ADMITTED) == ("False", "CodeNotAdmitted")
    assert "main.py:1" in world.status.condition("CodeAdmitted").message
    assert world.announced() == [("Warning", "CodeNotAdmitted")]


async def test_code_that_may_not_run_leaves_the_old_code_running(world: Any) -> None:
    await world.run()
    world.apply(source={"inline": {"files": {"main.py": "forbidden"}}})
    await world.settle()
    assert "deletionTimestamp" not in world.pod["metadata"]
    assert world.status.phase is Phase.RUNNING
    assert world.condition(ConditionType.CODE_ADMITTED)[0] == "False"
    assert world.condition(ConditionType.UPDATE_AVAILABLE) == ("True", "UpdateRefused")


async def load_failure(world: Any) -> None:
    """New code runs and cannot be loaded."""
    world.apply(source={"inline": {"files": {"main.py": OTHER_CODE}}})
    await world.reconcile()
    world.kubelet_ends_pod()
    await world.reconcile()
    world.kubelet_runs_pod(ready=False)
    error = RunError(reason=Fault.LOAD_FAILED, message="ZeroDivisionError", time=world.time, file="main.py", line=3)
    world.runner_reports(RunPhase.FAILED, reason="LoadFailed", last_error=error)
    await world.reconcile()


async def test_new_code_that_cannot_be_loaded_gives_way_to_the_old(world: Any) -> None:
    await world.run()
    good = world.status.bundle.digest
    await load_failure(world)
    bad = world.status.bundle.rejected_digest
    world.kubelet_ends_pod()
    await world.reconcile()
    assert runner_config(world).bundle_digest == good
    assert bad not in (None, good)
    assert world.condition(ConditionType.UPDATE_AVAILABLE) == ("True", "UpdateFailed")
    assert ("Warning", "UpdateFailed") in world.announced()
    assert (world.status.last_error.reason, world.status.last_error.line) == ("LoadFailed", 3)
    assert bundle_digests(world) == {good}


async def test_new_code_that_is_still_being_tried_is_not_taken_back(world: Any) -> None:
    await world.run()
    world.apply(source={"inline": {"files": {"main.py": OTHER_CODE}}})
    await world.reconcile()
    world.kubelet_ends_pod()
    await world.reconcile()
    world.kubelet_runs_pod(ready=False)
    error = RunError(reason=Fault.LOAD_FAILED, message="took longer than 10 s", time=world.time)
    world.runner_reports(RunPhase.LOADING, last_error=error)
    await world.settle()
    assert "deletionTimestamp" not in world.pod["metadata"]
    assert world.status.bundle.rejected_digest is None


async def test_a_rejected_bundle_is_not_tried_again_until_the_code_changes(world: Any) -> None:
    await world.run()
    await load_failure(world)
    world.kubelet_ends_pod()
    await world.reconcile()
    world.kubelet_runs_pod()
    world.runner_reports()
    await world.reconcile()
    world.cluster.writes.clear()
    world.restart_operator()
    await world.settle()
    assert world.cluster.writes == []
    world.apply(source={"inline": {"files": {"main.py": OTHER_CODE + "# repaired\n"}}})
    await world.reconcile()
    assert world.pod["metadata"]["deletionTimestamp"]
    assert world.status.bundle.rejected_digest is None


async def test_first_code_that_cannot_be_loaded_fails_with_its_line(world: Any) -> None:
    world.apply()
    await world.reconcile()
    world.kubelet_runs_pod(ready=False)
    error = RunError(reason=Fault.LOAD_FAILED, message="NameError: x", time=world.time, file="main.py", line=7)
    world.runner_reports(RunPhase.FAILED, reason="LoadFailed", last_error=error)
    await world.reconcile()
    assert (world.status.phase, world.status.last_error.line) == (Phase.FAILED, 7)
    assert "deletionTimestamp" not in world.pod["metadata"]


async def test_code_that_was_loaded_once_is_not_taken_back_for_a_later_failure(world: Any) -> None:
    await world.run()
    error = RunError(reason=Fault.LOAD_FAILED, message="MemoryError", time=world.time)
    world.runner_reports(RunPhase.FAILED, reason="LoadFailed", last_error=error)
    await world.settle()
    assert "deletionTimestamp" not in world.pod["metadata"]


# --- sources that are away --------------------------------------------------------------------------


async def test_a_source_that_is_away_stops_nothing_that_runs(world: Any) -> None:
    await world.run()
    world.resolver.away = "database: connection refused"
    await world.settle()
    assert world.status.phase is Phase.RUNNING
    assert world.condition(ConditionType.SOURCE_RESOLVED) == ("Unknown", "SourceUnavailable")
    assert world.condition(ConditionType.CODE_ADMITTED) == ("True", "Admitted")
    world.cluster.writes.clear()
    await world.settle()
    assert world.cluster.writes == []


async def test_a_pod_that_is_lost_while_the_source_is_away_starts_from_its_bundle(world: Any) -> None:
    await world.run()
    digest = world.status.bundle.digest
    world.resolver.away = "database: connection refused"
    world.pass_time(60)
    world.kubelet_ends_pod()
    await world.reconcile()
    assert (incarnation(world), runner_config(world).bundle_digest) == (2, digest)


async def test_a_source_that_was_never_read_is_waited_for(world: Any) -> None:
    world.resolver.away = "database: connection refused"
    world.apply()
    await world.settle()
    assert (world.pod, world.status.phase) == (None, Phase.PENDING)
    world.resolver.away = None
    await world.reconcile()
    assert incarnation(world) == 1


# --- pods that are lost -----------------------------------------------------------------------------


async def test_a_pod_deleted_by_hand_is_made_again_at_once(world: Any) -> None:
    await world.run()
    world.pass_time(30)
    world.kubelet_ends_pod()
    await world.reconcile()
    assert incarnation(world) == 2


async def test_pods_that_keep_vanishing_are_made_again_later_and_later(world: Any) -> None:
    await world.run()
    pauses = []
    for _ in range(8):
        lost_at = world.time
        world.kubelet_ends_pod()
        while (pause := await world.reconcile()) is not None:
            world.pass_time(pause)
        pauses.append(round((world.time - lost_at).total_seconds()))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_an_evicted_pod_is_replaced_and_its_end_told(world: Any) -> None:
    await world.run()
    world.pass_time(60)
    world.kubelet_runs_pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory.")
    await world.reconcile()
    assert world.condition(ConditionType.READY) == ("False", "Evicted")
    assert world.announced() == [("Warning", "Evicted")]
    world.kubelet_ends_pod()
    await world.reconcile()
    assert incarnation(world) == 2


async def test_a_pod_on_a_lost_node_is_waited_for_and_told(world: Any) -> None:
    """Its name is the lock; only the node, or who removes the node, can say that it has ended."""
    await world.run()
    world.kubelet_runs_pod(
        ready=False,
        conditions=[
            {
                "type": "DisruptionTarget",
                "status": "True",
                "reason": "DeletionByTaintManager",
                "message": "node.kubernetes.io/unreachable",
            }
        ],
    )
    world.pod["metadata"]["deletionTimestamp"] = "2026-03-01T12:05:00Z"
    await world.settle()
    assert world.condition(ConditionType.READY) == ("False", "DeletionByTaintManager")
    assert world.announced() == [("Warning", "DeletionByTaintManager")]
    assert world.cluster.writes == ["apply_status"]
    world.kubelet_ends_pod()
    await world.reconcile()
    assert incarnation(world) == 2


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [
        pytest.param(65, "Superseded", id="a higher incarnation had claimed the log"),
        pytest.param(67, "WardenUnresponsive", id="the strategy container did not answer"),
    ],
)
async def test_a_supervisor_that_gave_up_on_its_pod_gets_a_new_one(world: Any, exit_code: int, reason: str) -> None:
    await world.run()
    ended = {"terminated": {"exitCode": exit_code, "finishedAt": "2026-03-01T12:00:30Z"}}
    containers = world.pod["status"]["containerStatuses"]
    world.kubelet_runs_pod(containerStatuses=[containers[0] | {"lastState": ended}, containers[1]])
    await world.reconcile()
    assert world.pod["metadata"]["deletionTimestamp"]
    assert world.announced() == [("Warning", reason)]


async def test_the_next_incarnation_is_above_every_one_that_is_known(world: Any) -> None:
    await world.run()
    world.runner_reports(incarnation=7)
    world.pass_time(60)
    world.kubelet_ends_pod()
    await world.reconcile()
    assert incarnation(world) == 8


async def test_a_pod_of_the_same_name_that_is_not_ours_is_left_alone(world: Any) -> None:
    world.apply()
    world.cluster.pods["strategies", "rsi-dip-runner"] = {
        "metadata": {"name": "rsi-dip-runner", "namespace": "strategies", "uid": "someone"},
        "spec": {},
    }
    await world.settle()
    assert world.pod["metadata"]["uid"] == "someone"
    assert world.condition(ConditionType.READY) == ("False", "PodNameTaken")


async def test_a_pod_that_a_policy_refuses_is_told_and_tried_again(world: Any) -> None:
    world.apply()
    for _ in range(3):
        world.cluster.fail("create_pod", Refused("exceeded quota: pods=1"))
        assert await world.reconcile() == 0.0
        assert await world.reconcile() is not None
        world.pass_time(70)
    assert world.condition(ConditionType.READY) == ("False", "PodRefused")
    assert "quota" in world.status.condition("Ready").message
    assert world.announced().count(("Warning", "PodRefused")) == 1
    await world.reconcile()
    assert world.pod is not None


@pytest.mark.parametrize(
    ("waiting", "phase"),
    [
        pytest.param("ImagePullBackOff", Phase.PENDING, id="an image that cannot be pulled"),
        pytest.param("CreateContainerConfigError", Phase.PENDING, id="credentials that are missing"),
        pytest.param("CrashLoopBackOff", Phase.DEGRADED, id="a container that keeps ending"),
    ],
)
async def test_a_container_that_does_not_start_says_why(world: Any, waiting: str, phase: Phase) -> None:
    world.apply()
    await world.reconcile()
    state = {"state": {"waiting": {"reason": waiting, "message": "in words"}}, "ready": False}
    world.kubelet_runs_pod(ready=False, containerStatuses=[{"name": "supervisor", **state}])
    await world.settle()
    assert (world.status.phase, world.condition(ConditionType.READY)) == (phase, ("False", waiting))


async def test_a_strategy_killed_for_its_memory_says_so(world: Any) -> None:
    await world.run()
    containers = world.pod["status"]["containerStatuses"]
    killed = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-03-01T12:00:30Z"}}
    world.kubelet_runs_pod(containerStatuses=[containers[0], containers[1] | {"lastState": killed}])
    await world.reconcile()
    assert world.status.last_error.reason == "MemoryExceeded"
    assert world.status.phase is Phase.RUNNING
    world.cluster.writes.clear()
    await world.settle()
    assert world.cluster.writes == []


# --- what runners report ----------------------------------------------------------------------------


async def test_the_same_error_at_every_bar_is_one_write(world: Any) -> None:
    await world.run()
    for _ in range(5):
        world.pass_time(60)
        error = RunError(reason=Fault.STRATEGY_ERROR, message="KeyError: 'x'", time=world.time, file="main.py", line=4)
        world.runner_reports(RunPhase.RUNNING, last_error=error)
        await world.settle()
    assert world.cluster.writes == ["apply_status"]
    assert (world.status.last_error.reason, world.status.last_error.line) == ("StrategyError", 4)


async def test_stale_market_data_names_the_symbols(world: Any) -> None:
    await world.run()
    freshness = {"BTCUSDT": Freshness(age_seconds=500, stale=True), "ETHUSDT": Freshness(age_seconds=1)}
    world.runner_reports(freshness=freshness)
    await world.reconcile()
    assert world.condition(ConditionType.MARKET_DATA_FRESH) == ("False", "Stale")
    assert world.status.condition("MarketDataFresh").message == "no new bar of BTCUSDT"


async def test_facts_of_the_runner_become_conditions_and_go_again(world: Any) -> None:
    await world.run()
    world.runner_reports(conditions={"StateNotRestorable": "model"})
    await world.reconcile()
    assert world.status.condition("StateNotRestorable").message == "model"
    world.runner_reports()
    await world.reconcile()
    assert world.status.condition("StateNotRestorable") is None


async def test_without_reports_what_was_written_stays(world: Any) -> None:
    """Kafka is away, or the operator has just started."""
    await world.run()
    world.kubelet_runs_pod(ready=False)
    world.runner_reports(RunPhase.DEGRADED, reason="Timeout", message="killed after 30 s")
    await world.settle()
    world.cluster.writes.clear()
    world.reports.clear()
    world.restart_operator()
    await world.settle()
    assert world.cluster.writes == []


async def test_a_silent_runner_that_is_not_ready_is_degraded_until_it_is_ready(world: Any) -> None:
    await world.run()
    world.pass_time(61)
    world.kubelet_runs_pod(ready=False)
    await world.settle()
    assert world.condition(ConditionType.READY) == ("False", "RunnerNotReady")
    world.kubelet_runs_pod(ready=True)
    await world.reconcile()
    assert world.condition(ConditionType.READY) == ("True", "Running")


async def test_reports_of_an_older_incarnation_say_nothing_about_this_pod(world: Any) -> None:
    await world.run()
    old = world.reports[world.execution_id]
    world.pass_time(30)
    world.kubelet_ends_pod()
    await world.reconcile()
    world.kubelet_runs_pod(ready=False)
    world.reports[world.execution_id] = old
    await world.settle()
    assert world.status.phase is Phase.LOADING


# --- crashes of the operator ------------------------------------------------------------------------

STEPS = ["strategy", "pod", "apply_secret", "apply_status", "create_pod", "announce"]


@pytest.mark.parametrize("step", STEPS)
async def test_a_start_survives_a_crash_before_every_step(world: Any, step: str) -> None:
    world.apply()
    world.cluster.fail(step, DependencyUnavailable("connection reset"))
    try:
        await world.reconcile()
    except DependencyUnavailable:
        world.restart_operator()
    await world.reconcile()
    assert world.pod is not None
    assert world.status.incarnation == incarnation(world)
    assert len(world.cluster.secrets) == 1


@pytest.mark.parametrize("step", ["apply_secret", "apply_status", "delete_pod", "delete_secret"])
async def test_a_replacement_survives_a_crash_before_every_step(world: Any, step: str) -> None:
    await world.run()
    world.apply(source={"inline": {"files": {"main.py": OTHER_CODE}}}, symbols=["ETHUSDT"])
    world.cluster.fail(step, DependencyUnavailable("connection reset"))
    try:
        await world.reconcile()
    except DependencyUnavailable:
        world.restart_operator()
    await world.reconcile()
    world.restart_operator()
    world.kubelet_ends_pod()
    await world.reconcile()
    config = runner_config(world)
    assert (config.incarnation, config.symbols) == (2, ("ETHUSDT",))
    assert config.evaluate_after_ms is not None
    assert config.bundle_digest in bundle_digests(world)


async def test_no_two_pods_get_the_same_incarnation(world: Any) -> None:
    """The number is written before the pod is made, so that a pod nobody saw still counts."""
    world.apply()
    await world.reconcile()
    world.kubelet_runs_pod()
    world.kubelet_ends_pod()
    world.restart_operator()
    await world.reconcile()
    assert incarnation(world) == 2


async def test_a_pod_that_somebody_else_made_meanwhile_is_a_conflict(world: Any) -> None:
    world.apply()
    world.cluster.fail("create_pod", Conflict("exists"))
    with pytest.raises(Conflict):
        await world.reconcile()


async def test_a_resource_that_is_gone_or_going_is_left_alone(world: Any) -> None:
    assert await world.reconcile() is None
    world.apply()
    world.cluster.strategies[("strategies", "rsi-dip")]["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z"
    assert await world.reconcile() is None
    assert world.cluster.writes == []


async def test_a_resource_of_another_version_is_left_running(world: Any) -> None:
    await world.run()
    world.apply(invented={"later": True})
    await world.settle()
    assert world.cluster.writes == []


async def test_a_resource_made_again_under_its_name_is_another_execution(world: Any) -> None:
    await world.run()
    first = world.execution_id
    old_pod = world.pod
    world.cluster.delete_strategy(("strategies", "rsi-dip"))
    world.apply()
    world.cluster.pods["strategies", "rsi-dip-runner"] = old_pod
    await world.settle()
    assert world.pod["metadata"]["uid"] == old_pod["metadata"]["uid"], "the old pod is still being collected"
    del world.cluster.pods["strategies", "rsi-dip-runner"]
    world.pass_time(5)
    await world.reconcile()
    assert world.execution_id != first
    assert incarnation(world) == 1


@pytest.mark.parametrize(("ready", "expected"), [(True, 50), (False, 5)])
async def test_only_a_pod_that_evaluates_is_given_its_grace(world: Any, ready: bool, expected: int) -> None:
    """Process 1 that has only just started does not hear SIGTERM and would sit the whole period out."""
    await world.run()
    world.kubelet_runs_pod(ready=ready)
    world.apply(symbols=["ETHUSDT"])
    await world.reconcile()
    assert world.pod["metadata"]["deletionGracePeriodSeconds"] == expected


async def test_a_pod_is_given_time_according_to_its_timeout(world: Any) -> None:
    await world.run(limits={"executionTimeoutSeconds": 30})
    assert timedelta(seconds=world.pod["spec"]["terminationGracePeriodSeconds"]) > timedelta(seconds=30)
