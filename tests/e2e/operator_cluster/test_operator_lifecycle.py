"""The operator as a process with the chart's rights against the real API server, scheduler and kubelet."""

import asyncio
import json
import secrets
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from local_cluster.endpoints import Endpoints
from stack.kubectl import Kubectl
from strategy_contracts.status_report import Fault, RunError, RunPhase, StatusReport, encode_report
from strategy_contracts.topics import STRATEGY_STATUS
from strategy_tables import NO_CODE

OTHER = "def generate_signals(data, parameters):\n    return [1]\n"
START = [("patch", "secrets"), ("patch", "tradingstrategies/status"), ("create", "pods")]

Named = Callable[[str], Any]


def inline(code: str) -> dict[str, Any]:
    return {"inline": {"files": {"main.py": code}}}


async def report(endpoints: Endpoints, strategy: Any, phase: RunPhase, **changes: Any) -> None:
    """Say on the log what the strategy's runner would say."""
    resource = await strategy.get()
    values: dict[str, Any] = {
        "execution_id": resource["metadata"]["uid"],
        "incarnation": resource["status"]["incarnation"],
        "phase": phase,
        "reported_at": datetime.now(UTC),
        "bundle_digest": resource["status"]["bundle"]["digest"],
        "ready": phase is RunPhase.RUNNING,
    }
    message = StatusReport(**(values | changes))
    async with AIOKafkaProducer(bootstrap_servers=endpoints.kafka_bootstrap_servers) as producer:
        await producer.send_and_wait(STRATEGY_STATUS, encode_report(message), key=message.execution_id.encode())


async def test_a_start_from_apply_to_running(operators: Any, kubectl: Kubectl, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    status = await first.phase("Running")
    assert operators.writes() == [*START, ("patch", "tradingstrategies/status")]
    assert await first.events() == ["RunnerCreated", "Running"]
    assert status["runner"]["nodeName"] == (await first.pod())["spec"]["nodeName"]
    row = (await kubectl("get", "ts", "first", "-o", "wide", "--no-headers")).split()
    assert row[1:6] == ["Running", '["BTCUSDT"]', "1m", "paper", "True"]
    described = await kubectl("describe", "ts", "first")
    assert "RunnerCreated" in described
    assert "the strategy is being evaluated" in described
    secret = await kubectl.json("get", "secret", "-l", "app.kubernetes.io/managed-by=strategy-operator")
    assert [item["immutable"] for item in secret["items"]] == [True]


async def test_an_idle_strategy_causes_no_write(operators: Any, strategy: Named) -> None:
    await operators.start(RESYNC_SECONDS="1")
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    await asyncio.sleep(3)
    before = len(operators.writes())
    await asyncio.sleep(8)
    assert len(operators.writes()) == before


async def test_suspend_and_resume(operators: Any, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    await first.apply(suspend=True)
    await first.phase("Suspended")
    while await first.pod():
        await asyncio.sleep(0.1)
    await first.apply(suspend=False)
    pod = await first.incarnation(2)
    config = json.loads(pod["spec"]["containers"][0]["env"][0]["value"])
    assert config["evaluate_after_ms"] > 0
    assert "evaluateAfter" in await first.status()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"symbols": ["ETHUSDT"]}, id="other symbols"),
        pytest.param({"source": inline(OTHER)}, id="other code"),
        pytest.param({"limits": {"memory": "256Mi"}}, id="more memory"),
    ],
)
async def test_a_change_replaces_the_pod(operators: Any, strategy: Named, change: dict[str, Any]) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    await first.apply(**change)
    pod = await first.incarnation(2)
    status = await first.status()
    assert status["observedGeneration"] == 2
    if "limits" in change:
        assert pod["spec"]["containers"][1]["resources"]["limits"]["memory"] == "256Mi"


async def test_deletion_leaves_nothing(operators: Any, kubectl: Kubectl, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    await kubectl("delete", "ts", "first")
    ours = ("-l", "app.kubernetes.io/managed-by=strategy-operator")

    for _ in range(300):
        if not (await kubectl.json("get", "pods,secrets", *ours))["items"]:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the pod or the bundle is still there after 30 s")


async def test_a_pod_deleted_by_hand_comes_again(operators: Any, kubectl: Kubectl, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    await kubectl("delete", "pod", "first-runner")
    await first.incarnation(2)


async def test_a_supervisor_that_gives_up_on_its_pod_gets_a_new_one(operators: Any, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    _, writer = await asyncio.open_connection((await first.pod())["status"]["podIP"], 8081)
    writer.write(b"GET /exit/67 HTTP/1.0\r\n\r\n")
    await first.incarnation(2)
    writer.close()
    assert "WardenUnresponsive" in await first.events()


async def test_a_config_map_that_changes_is_taken_up(operators: Any, kubectl: Kubectl, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply(source={"configMap": {"name": "code", "mainFile": "strategy.py"}})
    message = await first.condition("SourceResolved", "False", "ConfigMapNotFound")
    assert "ConfigMap code is not in namespace" in message
    await kubectl("create", "configmap", "code", f"--from-literal=strategy.py={CODE_WITH_LINE}")
    await first.incarnation(1)
    patch = json.dumps({"data": {"strategy.py": OTHER}})
    await kubectl("patch", "configmap", "code", "-p", patch)
    await first.incarnation(2)


CODE_WITH_LINE = "LIMIT = 3\n\n\ndef generate_signals(data, parameters):\n    return []\n"


async def test_wrong_code_says_file_and_line(operators: Any, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply(source=inline("import os\n\n\ndef generate_signals(data, parameters):\n    return []\n"))
    status = await first.phase("Failed")
    admitted = next(condition for condition in status["conditions"] if condition["type"] == "CodeAdmitted")
    assert admitted["message"].startswith("main.py:1")
    assert await first.pod() is None
    assert await first.events() == ["CodeNotAdmitted"]


async def test_owners_are_only_those_of_the_namespace(operators: Any, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply(owner={"userId": "7"})
    message = await first.condition("Ready", "False", "OwnerNotAllowed")
    assert "spec.owner" in message
    assert await first.pod() is None


async def test_what_the_runner_reports_stands_in_the_status(
    operators: Any, endpoints: Endpoints, strategy: Named
) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    now = datetime.now(UTC)
    error = RunError(reason=Fault.STRATEGY_ERROR, message="KeyError: 'rsi'", time=now, file="main.py", line=12)
    await report(endpoints, first, RunPhase.DEGRADED, reason="StrategyError", last_error=error, isolation=("rlimits",))
    status = await first.phase("Degraded")
    assert (status["lastError"]["file"], status["lastError"]["line"]) == ("main.py", 12)
    assert status["runner"]["isolation"] == ["rlimits"]
    await report(endpoints, first, RunPhase.RUNNING, incarnation=0)
    await asyncio.sleep(3)
    assert (await first.status())["phase"] == "Degraded", "a lower incarnation says nothing about this run"
    await report(endpoints, first, RunPhase.RUNNING)
    await first.phase("Running")


async def test_new_code_that_cannot_be_loaded_gives_way_to_the_old(
    operators: Any, endpoints: Endpoints, strategy: Named
) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply()
    good = (await first.phase("Running"))["bundle"]["digest"]
    await first.apply(source=inline(OTHER))
    while (await first.status())["incarnation"] == 1:
        await asyncio.sleep(0.05)
    error = RunError(reason=Fault.LOAD_FAILED, message="NameError", time=datetime.now(UTC), file="main.py", line=1)
    await report(endpoints, first, RunPhase.FAILED, reason="LoadFailed", last_error=error)
    await first.condition("UpdateAvailable", "True", "UpdateFailed")
    pod = await first.incarnation(3)
    assert pod["metadata"]["annotations"]["trading.alphintra.io/bundle-digest"] == good


async def test_an_operator_killed_amid_creations_leaves_everything_right(
    operators: Any, kubectl: Kubectl, strategy: Named
) -> None:
    await operators.start("operator-0")
    many = [strategy(f"s-{number:02}") for number in range(12)]
    applying = asyncio.gather(*(one.apply() for one in many))
    while len((await kubectl.json("get", "pods"))["items"]) < 3:
        await asyncio.sleep(0.02)
    operators.running[0].kill()
    await applying
    await operators.start("operator-1")
    for one in many:
        status = await one.phase("Running", 120)
        pod = await one.pod()
        assert pod["metadata"]["labels"]["trading.alphintra.io/incarnation"] == str(status["incarnation"])
    secrets = await kubectl.json("get", "secrets", "-l", "app.kubernetes.io/managed-by=strategy-operator")
    assert len(secrets["items"]) == len(many)


async def test_a_second_operator_takes_over_and_restarts_nothing(
    operators: Any, kubectl: Kubectl, strategy: Named
) -> None:
    await operators.start("operator-0")
    first, second = strategy("first"), strategy("second")
    await first.apply()
    await first.phase("Running")
    await operators.start("operator-1")
    uid = (await first.pod())["metadata"]["uid"]
    operators.running[0].kill()
    await second.apply()
    await second.phase("Running", 40)
    assert (await first.pod())["metadata"]["uid"] == uid
    assert (await first.status())["incarnation"] == 1


async def test_an_orderly_stop_hands_over_at_once(operators: Any, strategy: Named) -> None:
    await operators.start("operator-0")
    first = strategy("first")
    await first.apply()
    await first.phase("Running")
    await operators.start("operator-1")
    await asyncio.sleep(2)
    operators.running[0].send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(operators.running[0].wait(), 10) == 0
    second = strategy("second")
    await second.apply()
    await second.phase("Running", 15)


async def test_a_strategy_of_the_no_code_database(operators: Any, endpoints: Endpoints, strategy: Named) -> None:
    workflow, schema = "0b7c9f10-aaaa-4bbb-8ccc-0123456789ab", f"e2e_{secrets.token_hex(4)}"
    url = f"{endpoints.no_code_database_url}?search_path={schema}"
    connection = await asyncpg.connect(endpoints.no_code_database_url, server_settings={"search_path": schema})
    try:
        await connection.execute(f"CREATE SCHEMA {schema};{NO_CODE}")
        await operators.start(NO_CODE_DATABASE_URL=url)
        first = strategy("first")
        await first.apply(source={"noCode": {"workflowId": workflow}}, owner={"userId": "42"})
        await first.condition("SourceResolved", "False", "StrategyNotFound")
        await connection.execute(
            "INSERT INTO nocode_workflows (uuid, user_id, name, workflow_data, generated_code)"
            " VALUES ($1::uuid, 42, 'rsi', '{}', $2)",
            *(workflow, OTHER),
        )
        await first.incarnation(1)
        await first.condition("SourceResolved", "True", "ResolvedWithNote")
        # One look, the time an evaluation may take, and five seconds.
        async with asyncio.timeout(1 + 30 + 5):
            await connection.execute(
                "UPDATE nocode_workflows SET generated_code = $2 WHERE uuid = $1::uuid", workflow, CODE_WITH_LINE
            )
            await first.incarnation(2)
        await connection.execute("DELETE FROM nocode_workflows WHERE uuid = $1::uuid", workflow)
        await first.condition("SourceResolved", "False", "StrategyNotFound")
        assert (await first.status())["phase"] == "Running", "a run continues on its bundle"
    finally:
        await connection.execute(f"DROP SCHEMA {schema} CASCADE")
        await connection.close()


async def test_the_operator_uses_every_right_it_has(operators: Any, kubectl: Kubectl, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await kubectl("create", "configmap", "code", f"--from-literal=main.py={OTHER}")
    await first.apply(source={"configMap": {"name": "code"}})
    await first.phase("Running")
    for incarnation, code in ((2, CODE_WITH_LINE), (3, OTHER + "# 3\n")):
        await kubectl("patch", "configmap", "code", "-p", json.dumps({"data": {"main.py": code}}))
        await first.incarnation(incarnation)
    verbs = ("get", "list", "watch", "create", "update", "patch", "delete")
    roles = (await kubectl.json("get", "roles"))["items"]
    granted = {
        (verb, resource)
        for role in roles
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    # Applying what is not there yet is a patch that needs the right to create.
    assert set(operators.requests(verbs)) | {("create", "secrets")} == granted


async def test_logs_are_structured_and_hold_no_code(operators: Any, strategy: Named) -> None:
    await operators.start()
    first = strategy("first")
    await first.apply(source=inline(CODE_WITH_LINE))
    await first.phase("Running")
    await operators.stop()
    lines = operators.logs()
    assert {"starting", "lease_acquired", "reconciling", "stopped"} <= {line["event"] for line in lines}
    assert not [line for line in lines if "LIMIT" in json.dumps(line) or line["level"] in ("error", "critical")]
