"""One strategy's error is nobody else's."""

import asyncio
from collections.abc import Awaitable

import pytest
from prometheus_client import REGISTRY

from strategy_operator.errors import Conflict, DependencyUnavailable
from strategy_operator.names import Key
from strategy_operator.queue import WorkQueue
from strategy_operator.worker import work

BAD, GOOD = Key("strategies", "bad"), Key("strategies", "good")


def failures(kind: str) -> float:
    """What the metric counts."""
    return REGISTRY.get_sample_value("strategy_operator_reconcile_failures_total", {"kind": kind}) or 0.0


async def outcome(error: Exception, kind: str) -> tuple[list[Key], float]:
    """What was worked on until the bad one came through, and how many failures of the kind were counted."""
    before = failures(kind)
    worked: list[Key] = []
    done = asyncio.Event()

    async def reconcile(key: Key) -> float | None:
        worked.append(key)
        if key == BAD and worked.count(BAD) < 3:
            raise error
        if worked.count(BAD) == 3 and GOOD in worked:
            done.set()
        return None

    queue: WorkQueue[Key] = WorkQueue(asyncio.get_running_loop().time)
    await queue.add(BAD)
    await queue.add(GOOD)
    await run_until(done, work(queue, reconcile))
    return worked, failures(kind) - before


async def run_until(done: asyncio.Event, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    await asyncio.wait((task,))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(ZeroDivisionError("a bug"), "defect", id="an error nobody thought of"),
        pytest.param(DependencyUnavailable("API server answered 503"), "dependency", id="a dependency that is away"),
        pytest.param(Conflict("the object has been modified"), "conflict", id="somebody was faster"),
    ],
)
async def test_what_failed_is_tried_again_while_others_go_on(error: Exception, kind: str) -> None:
    worked, counted = await outcome(error, kind)
    assert worked == [BAD, GOOD, BAD, BAD]
    assert counted == 2


async def test_a_look_again_is_kept() -> None:
    seen = asyncio.Event()
    times: list[float] = []
    loop = asyncio.get_running_loop()

    async def reconcile(key: Key) -> float | None:
        times.append(loop.time())
        if len(times) == 2:
            seen.set()
        return 0.05

    queue: WorkQueue[Key] = WorkQueue(loop.time)
    await queue.add(GOOD)
    await run_until(seen, work(queue, reconcile))
    assert times[1] - times[0] >= 0.05
