"""A hostile or broken strategy hurts nobody but itself, and its author is told why."""

import asyncio
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stack.product import Product, a_strategy
from stack.session import TradingSession

CGROUP_V1 = Path("/sys/fs/cgroup/memory")
CGROUP_V2 = Path("/sys/fs/cgroup")

ENDLESS_LOOP = textwrap.dedent(
    """
    def generate_signals(data, parameters):
        while True:
            pass
    """
)
MEMORY_BOMB = textwrap.dedent(
    """
    def generate_signals(data, parameters):
        hoard = []
        while True:
            hoard.append(bytearray(8 * 1024 * 1024))
    """
)


async def test_an_endless_loop_is_killed_at_its_deadline_while_another_strategy_stays_on_time(
    session: TradingSession,
) -> None:
    limits = {"executionTimeoutSeconds": 1, "memory": "256Mi"}
    await session.product.strategies.apply(a_strategy("endless-loop", ENDLESS_LOOP, limits=limits))
    error = await last_error(session.product, "endless-loop", lambda error: error is not None)
    assert error["reason"] == "Timeout"
    assert "1 s" in error["message"]

    delays = [await delay_of_next_bar(session, "ema-trend") for _ in range(20)]
    assert sorted(delays)[-2] < 1.0, f"delays while the loop burned its time: {sorted(delays)}"
    await session.settle()
    assert len(await fault_notes(session.product, "endless-loop", "Timeout")) == 1, "one Event for many faults"
    await session.product.strategies("delete", "tradingstrategy", "endless-loop", "--timeout=60s")


async def test_a_memory_bomb_ends_as_a_reason_and_costs_no_other_pod_anything(session: TradingSession) -> None:
    restarts_before = await restarts(session)
    await session.product.strategies.apply(a_strategy("memory-bomb", MEMORY_BOMB, limits={"memory": "256Mi"}))
    error = await last_error(session.product, "memory-bomb", lambda error: error is not None)
    assert error["reason"] == "MemoryExceeded"
    assert (error["file"], error["line"]) == ("main.py", 5)

    await session.advance(5)
    await session.settle()
    assert await restarts(session) == restarts_before
    pod = await session.pod("memory-bomb")
    assert {status["name"]: status["restartCount"] for status in pod["status"]["containerStatuses"]} == {
        "supervisor": 0,
        "strategy": 0,
    }
    (note,) = await fault_notes(session.product, "memory-bomb", "MemoryExceeded")
    assert note.startswith("main.py:5: ")
    await session.product.strategies("delete", "tradingstrategy", "memory-bomb", "--timeout=60s")


async def test_the_limit_of_the_strategy_container_is_the_one_in_the_resource(session: TradingSession) -> None:
    code = "def generate_signals(data, parameters):\n    return []\n"
    await session.product.strategies.apply(a_strategy("limited", code, limits={"memory": "300Mi"}))
    await session.product.strategies.wait("tradingstrategy/limited", "condition=Ready", 60)
    pod = await session.pod("limited")
    (container,) = (c for c in pod["status"]["containerStatuses"] if c["name"] == "strategy")
    assert memory_limit(pod["metadata"]["uid"], container["containerID"].split("//")[1]) == 300 * 1024 * 1024
    await session.product.strategies("delete", "tradingstrategy", "limited", "--timeout=60s")


async def fault_notes(product: Product, name: str, kind: str) -> list[str]:
    """What the Events of that kind about the strategy say."""
    uid = (await product.strategies.json("get", "tradingstrategy", name))["metadata"]["uid"]
    events = (await product.strategies.json("get", "events.events.k8s.io"))["items"]
    return [event["note"] for event in events if event["reason"] == kind and event["regarding"]["uid"] == uid]


async def last_error(product: Product, name: str, done: Callable[[Any], bool], timeout_s: float = 60) -> dict[str, Any]:
    """`status.lastError` as soon as it is what the test waits for."""
    async with asyncio.timeout(timeout_s):
        while True:
            resource = await product.strategies.json("get", "tradingstrategy", name)
            error = resource.get("status", {}).get("lastError")
            if done(error):
                return dict(error)
            await asyncio.sleep(0.3)


async def delay_of_next_bar(session: TradingSession, name: str) -> float:
    """Seconds from the close of a bar to the strategy's signal at a client."""
    running = session.strategies[name]
    count = len(session.collector.signals[running.execution_id])
    closed_at = time.monotonic()
    await session.advance(1, every_s=0)
    await session.collector.wait_for(running.execution_id, count + 1, 30)
    signal = session.collector.signals[running.execution_id][count]
    return session.collector.received_at[signal["signal_id"]] - closed_at


async def restarts(session: TradingSession) -> dict[str, list[int]]:
    """Container restarts of each running strategy's pod."""
    return {
        name: [status["restartCount"] for status in (await session.pod(name))["status"]["containerStatuses"]]
        for name in session.strategies
    }


def memory_limit(pod_uid: str, container_id: str) -> int:
    """The limit that the kernel enforces on a container, read from its cgroup."""
    for root, file in ((CGROUP_V1, "memory.limit_in_bytes"), (CGROUP_V2, "memory.max")):
        for group in root.glob(f"kubepods*/**/*{container_id}*"):
            if (group / file).exists():
                return int((group / file).read_text())
    raise AssertionError(f"no cgroup of container {container_id} in pod {pod_uid}")
