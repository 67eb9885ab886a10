"""One strategy's error is nobody else's."""

import asyncio
from collections.abc import Awaitable

import structlog.testing

from strategy_operator.errors import Conflict, DependencyUnavailable
from strategy_operator.names import Key
from strategy_operator.queue import WorkQueue
from strategy_operator.worker import work

BAD, GOOD = Key("strategies", "bad"), Key("strategies", "good")


async def outcome(error: Exception) -> tuple[list[Key], list[str]]:
    """What was worked on until the good one came, and what was logged."""
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
    with structlog.testing.capture_logs() as logs:
        await run_until(done, work(queue, reconcile))
    return worked, [entry["event"] for entry in logs]


async def run_until(done: asyncio.Event, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    await asyncio.wait((task,))


async def test_a_defect_is_logged_and_tried_again_while_others_go_on() -> None:
    worked, events = await outcome(ZeroDivisionError("a bug"))
    assert worked == [BAD, GOOD, BAD, BAD]
    assert events == ["reconcile_failed", "reconcile_failed"]


async def test_a_dependency_that_is_away_is_waited_for() -> None:
    worked, events = await outcome(DependencyUnavailable("API server answered 503"))
    assert worked == [BAD, GOOD, BAD, BAD]
    assert events == ["reconcile_postponed", "reconcile_postponed"]


async def test_a_conflict_is_ordinary() -> None:
    worked, events = await outcome(Conflict("the object has been modified"))
    assert worked == [BAD, GOOD, BAD, BAD]
    assert events == []


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
