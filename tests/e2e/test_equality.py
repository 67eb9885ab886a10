"""The promise of the product: what a client receives equals calling the strategy directly on the same windows.

One session runs through the whole file. Each test lets bars close, disturbs something in the middle and
compares everything that has been received since the first bar.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local_cluster.endpoints import Endpoints
from stack.log import partition_has_open_transaction, read_committed_signals
from stack.pods import freeze, kill, thaw
from stack.product import a_strategy
from stack.session import TradingSession
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.topics import DEFAULT_PARTITIONS, partition_of

Disturbance = Callable[[TradingSession], Awaitable[None]]


async def nothing(_: TradingSession) -> None:
    """The control: no disturbance at all."""


async def kill_supervisors(session: TradingSession) -> None:
    for name in session.strategies:
        kill((await session.processes(name)).supervisor)


async def kill_workers(session: TradingSession) -> None:
    for name in session.strategies:
        worker = (await session.processes(name)).worker
        assert worker is not None
        kill(worker)


async def kill_wardens(session: TradingSession) -> None:
    for name in session.strategies:
        kill((await session.processes(name)).warden)


async def delete_pods(session: TradingSession) -> None:
    for name in session.strategies:
        pod = (await session.pod(name))["metadata"]["name"]
        await session.product.strategies("delete", "pod", pod, "--wait=false")


async def restart_operator_and_api(session: TradingSession) -> None:
    for component in ("operator", "api"):
        selector = f"app.kubernetes.io/component={component}"
        await session.product.system("delete", "pod", "--selector", selector, "--wait=false")


@pytest.mark.parametrize(
    "disturbance",
    [
        pytest.param(nothing, id="nothing happens"),
        pytest.param(kill_supervisors, id="the supervisors are killed"),
        pytest.param(kill_workers, id="the workers are killed"),
        pytest.param(kill_wardens, id="the wardens are killed"),
        pytest.param(delete_pods, id="the pods are deleted"),
        pytest.param(restart_operator_and_api, id="operator and API are restarted"),
    ],
)
async def test_signals_equal_direct_calls_though(session: TradingSession, disturbance: Disturbance) -> None:
    await session.advance_with(90, lambda: disturbance(session))
    await session.settle()


async def test_a_supervisor_frozen_inside_a_transaction_delays_its_partition_and_corrupts_nothing(
    session: TradingSession, endpoints: Endpoints
) -> None:
    frozen = session.strategies["ema-trend"]
    partition = partition_of(frozen.execution_id, DEFAULT_PARTITIONS)
    neighbour = await a_neighbour(session, partition)
    await session.settle()

    async def freeze_and_restart_the_neighbour() -> None:
        pid = (await session.processes(frozen.name)).supervisor
        await freeze_inside_a_transaction(pid, endpoints.kafka_bootstrap_servers, partition)
        kill((await session.processes(neighbour)).supervisor)
        await asyncio.sleep(15)  # the frozen time is the disturbance: longer than the transaction's timeout
        thaw(pid)

    await session.advance_with(300, freeze_and_restart_the_neighbour, every_s=0.1)
    await session.settle()
    await session.stop(neighbour)


async def test_a_zombie_of_an_older_incarnation_is_fenced_and_stays_out(session: TradingSession) -> None:
    name = "ema-trend"
    kubectl, system = session.product.strategies, session.product.system
    operators = ("scale", "deployment", "--selector=app.kubernetes.io/component=operator")
    await system(*operators, "--replicas=0")
    await system("wait", "pod", "--selector=app.kubernetes.io/component=operator", "--for=delete", "--timeout=60s")
    pod = await session.pod(name)
    await kubectl("delete", "pod", pod["metadata"]["name"], "--timeout=60s")

    # A process that outlives its pod: the same containers and config under a name that the operator does not know.
    zombie = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "zombie"}, "spec": pod["spec"]}
    zombie["spec"].pop("nodeName", None)
    await kubectl.apply(zombie)
    await session.advance(20)
    await session.settle()

    await system(*operators, "--replicas=1")
    await session.advance_with(60, lambda: exits_superseded(session, "zombie"), every_s=0.2)
    await session.settle()
    restarted = await kubectl.json("get", "pod", "zombie")
    assert supervisor_exit_code(restarted) == ExitCode.SUPERSEDED
    await kubectl("delete", "pod", "zombie", "--timeout=60s")


async def test_the_log_itself_holds_every_signal_once(session: TradingSession, endpoints: Endpoints) -> None:
    signals = await read_committed_signals(endpoints.kafka_bootstrap_servers)
    for running in session.strategies.values():
        on_log = [signal for signal in signals if signal["execution_id"] == running.execution_id]
        assert [signal["sequence"] for signal in on_log] == list(range(1, len(running.expectation.decisions) + 1))
        assert on_log == session.collector.signals[running.execution_id]


async def a_neighbour(session: TradingSession, partition: int) -> str:
    """A strategy whose execution falls into the same partition: uids are random, so try until one does.

    Code that is refused costs no pod; mended code starts like any other.
    """
    kubectl = session.product.strategies
    for attempt in range(20 * DEFAULT_PARTITIONS):
        name = f"neighbour-{attempt}"
        await kubectl.apply(a_strategy(name, "not python", symbols=list(session.series)))
        uid = (await kubectl.json("get", "tradingstrategy", name))["metadata"]["uid"]
        if partition_of(uid, DEFAULT_PARTITIONS) == partition:
            await session.start(name, "ema_trend.py", {"fast": 5, "slow": 20})
            return name
        await kubectl("delete", "tradingstrategy", name, "--wait=false")
    raise AssertionError(f"no execution id fell into partition {partition}")


async def freeze_inside_a_transaction(pid: int, bootstrap_servers: str, partition: int) -> None:
    """Freeze the process at a moment at which the log holds an open transaction of its partition."""
    for _ in range(500):
        freeze(pid)
        if await partition_has_open_transaction(bootstrap_servers, partition):
            return
        thaw(pid)
        await asyncio.sleep(0.013)  # not a divisor of the bars' pace: another phase each time
    raise AssertionError("the process was never caught inside a transaction")


async def exits_superseded(session: TradingSession, pod_name: str) -> None:
    """Return when the pod's supervisor has exited because a higher incarnation exists."""
    async with asyncio.timeout(60):
        while supervisor_exit_code(await session.product.strategies.json("get", "pod", pod_name)) is None:
            await asyncio.sleep(0.2)


def supervisor_exit_code(pod: dict[str, Any]) -> int | None:
    """Of the container's last termination, None while it never ended."""
    for container in pod["status"].get("containerStatuses", []):
        if container["name"] == "supervisor":
            for state in (container["state"], container.get("lastState", {})):
                if "terminated" in state:
                    return int(state["terminated"]["exitCode"])
    return None
