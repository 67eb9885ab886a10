"""Every process ends cleanly on SIGTERM and talks in structured lines that give nothing away."""

import asyncio
import json
import os
import signal

import pytest

from stack.expected import STRATEGIES
from stack.kubectl import Kubectl, KubectlError
from stack.pods import kill, main_process
from stack.session import TradingSession
from strategy_contracts.exit_codes import ExitCode


@pytest.mark.parametrize("component", ["operator", "api", "market-gateway"])
async def test_a_process_of_the_release_ends_with_0_on_sigterm(session: TradingSession, component: str) -> None:
    system = session.product.system
    pods = await system.json("get", "pods", "--selector", f"app.kubernetes.io/component={component}")
    for pod in pods["items"]:
        (container,) = pod["spec"]["containers"]
        assert await exit_code_after_sigterm(system, pod["metadata"]["name"], container["name"]) == ExitCode.OK
    await session.advance(5, every_s=0.2)
    await session.settle()


@pytest.mark.parametrize("container", ["supervisor", "strategy"])
async def test_a_container_of_a_runner_pod_ends_with_0_on_sigterm(session: TradingSession, container: str) -> None:
    kubectl = session.product.strategies
    pod = (await session.pod("streak"))["metadata"]["name"]
    assert await exit_code_after_sigterm(kubectl, pod, container) == ExitCode.OK
    await session.advance(5, every_s=0.2)
    await session.settle()


async def test_logs_are_structured_and_hold_no_traceback_no_secret_and_no_strategy_code(
    session: TradingSession,
) -> None:
    code = [
        line.strip()
        for file in STRATEGIES.glob("*.py")
        for line in file.read_text().splitlines()
        if len(line.strip()) > 20
    ]
    secrets = [session.product.jwt_secret, session.product.token().split(".")[2], "strategy:strategy@"]
    texts = [await logs_of(kubectl) for kubectl in (session.product.system, session.product.strategies)]
    lines = [line for text in texts for line in text.splitlines() if line]
    assert len(lines) > 50
    for line in lines:
        assert line.startswith("{"), line
        assert set(json.loads(line)) >= {"event", "level", "timestamp"}, line
        assert "Traceback" not in line
        assert not any(part in line for part in (*code, *secrets)), line


async def exit_code_after_sigterm(kubectl: Kubectl, pod_name: str, container: str) -> int:
    """Send SIGTERM to the container's first process and return what it exits with."""
    pod = await kubectl.json("get", "pod", pod_name)
    (before,) = (status for status in pod["status"]["containerStatuses"] if status["name"] == container)
    os.kill(main_process(before["containerID"].split("//")[1]), signal.SIGTERM)
    async with asyncio.timeout(45):
        while True:
            pod = await kubectl.json("get", "pod", pod_name)
            (now,) = (status for status in pod["status"]["containerStatuses"] if status["name"] == container)
            for state in (now["state"], now.get("lastState", {})):
                if state.get("terminated", {}).get("containerID") == before["containerID"]:
                    return int(state["terminated"]["exitCode"])
            await asyncio.sleep(0.2)


async def logs_of(kubectl: Kubectl) -> str:
    """All that the namespace's containers have written, earlier lives included."""
    texts = []
    for pod in (await kubectl.json("get", "pods"))["items"]:
        name = pod["metadata"]["name"]
        texts.append(await kubectl("logs", name, "--all-containers", "--tail=-1"))
        for container in pod["spec"]["containers"]:
            try:
                texts.append(await kubectl("logs", name, "--container", container["name"], "--previous", "--tail=-1"))
            except KubectlError as error:
                assert "previous terminated container" in str(error)
    return "\n".join(texts)


async def test_a_supervisor_that_dies_does_not_restart_the_strategys_container(session: TradingSession) -> None:
    before, processes = await restart_counts(session, "streak"), await session.processes("streak")
    kill(processes.supervisor)
    await restarts_reach(session, "streak", "supervisor", before["supervisor"] + 1)
    await session.advance(5, every_s=0.2)
    await session.settle()
    assert await restart_counts(session, "streak") == before | {"supervisor": before["supervisor"] + 1}
    after = await session.processes("streak")
    assert after.warden == processes.warden
    assert after.worker != processes.worker


async def restart_counts(session: TradingSession, name: str) -> dict[str, int]:
    """By container."""
    statuses = (await session.pod(name))["status"]["containerStatuses"]
    return {status["name"]: status["restartCount"] for status in statuses}


async def restarts_reach(session: TradingSession, name: str, container: str, count: int) -> None:
    """Wait until the kubelet has started the container that often again."""
    async with asyncio.timeout(120):
        while (await restart_counts(session, name))[container] < count:
            await asyncio.sleep(0.3)
