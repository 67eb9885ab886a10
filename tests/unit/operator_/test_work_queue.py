"""The queue hands out each key once, one worker at a time, hot keys slower and failed keys later."""

import asyncio
import collections
import random

import pytest

from strategy_operator.queue import WorkQueue


class Clock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    return WorkQueue(clock)


async def ready(queue: WorkQueue[str]) -> list[str]:
    """Everything that can be worked on now, in order; it stays in work."""
    keys = []
    while True:
        try:
            keys.append(await asyncio.wait_for(queue.get(), 0.01))
        except TimeoutError:
            return keys


async def test_a_key_is_there_once_however_often_it_was_added(queue: WorkQueue[str]) -> None:
    for key in ("a", "b", "a", "a"):
        await queue.add(key)
    assert await ready(queue) == ["a", "b"]


async def test_a_key_in_work_is_not_handed_out_and_comes_again(queue: WorkQueue[str]) -> None:
    await queue.add("a")
    assert await queue.get() == "a"
    await queue.add("a")
    await queue.add("a")
    assert await ready(queue) == []
    queue.done("a")
    assert await ready(queue) == ["a"]
    queue.done("a")
    assert await ready(queue) == []


async def test_a_failed_key_comes_later_and_later(queue: WorkQueue[str], clock: Clock) -> None:
    await queue.add("a")
    pauses = []
    for _ in range(12):
        assert await queue.get() == "a"
        pauses.append(queue.failed("a"))
        clock.now += pauses[-1]
    assert pauses[:5] == [0.2, 0.4, 0.8, 1.6, 3.2]
    assert pauses[-1] == 60.0
    assert await queue.get() == "a"
    queue.done("a")
    await queue.add("a")
    await queue.get()
    assert queue.failed("a") == 0.2, "success forgets failures"


async def test_a_failed_key_keeps_its_pause_although_it_was_added_meanwhile(
    queue: WorkQueue[str], clock: Clock
) -> None:
    await queue.add("a")
    await queue.get()
    await queue.add("a")
    queue.failed("a")
    assert await ready(queue) == []
    clock.now += 0.2
    assert await ready(queue) == ["a"]


async def test_a_key_that_keeps_coming_is_slowed_down_and_others_are_not(queue: WorkQueue[str], clock: Clock) -> None:
    worked = collections.Counter[str]()
    for tick in range(1000):
        clock.now = tick / 100
        await queue.add("hot")
        if tick % 100 == 0:
            await queue.add("calm")
        for key in await_now(queue):
            worked[key] += 1
            queue.done(key)
    assert worked["calm"] == 10
    assert 60 <= worked["hot"] <= 75, "20 at once, then 5 a second"


def await_now(queue: WorkQueue[str]) -> list[str]:
    """The ready keys, without waiting."""
    keys = []
    while True:
        getting = queue.get()
        try:
            getting.send(None)
        except StopIteration as found:
            keys.append(found.value)
        else:
            getting.close()
            return keys


async def test_a_timer_is_dropped_when_the_key_comes_earlier(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add_later("a", 10)
    queue.add_later("a", 5)
    queue.add_later("a", 20)
    await queue.add("a")
    assert await ready(queue) == ["a"]
    queue.done("a")
    clock.now = 30
    assert await ready(queue) == []


async def test_the_earliest_timer_counts(queue: WorkQueue[str], clock: Clock) -> None:
    queue.add_later("a", 10)
    queue.add_later("a", 5)
    clock.now = 5
    assert await ready(queue) == ["a"]
    queue.done("a", again_after=1)
    clock.now = 6
    assert await ready(queue) == ["a"]


async def test_who_adds_too_many_waits_for_room(clock: Clock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock, size=2)
    await queue.add("a")
    await queue.add("b")
    await queue.add("a")
    waiting = asyncio.create_task(queue.add("c"))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert await queue.get() == "a"
    await waiting
    assert await queue.get() == "b"
    assert await queue.get() == "c"


async def test_the_longest_wait_shows_stuck_workers(queue: WorkQueue[str], clock: Clock) -> None:
    assert queue.oldest_wait() == 0
    await queue.add("a")
    clock.now = 90
    assert queue.oldest_wait() == 90
    assert len(queue) == 1


async def test_a_get_wakes_up_for_a_timer_by_itself() -> None:
    queue: WorkQueue[str] = WorkQueue(asyncio.get_running_loop().time)
    queue.add_later("a", 0.02)
    assert await asyncio.wait_for(queue.get(), 1) == "a"


async def test_many_workers_never_share_a_key_and_miss_nothing() -> None:
    queue: WorkQueue[int] = WorkQueue(asyncio.get_running_loop().time)
    source, working, done = random.Random(7), set[int](), collections.Counter[int]()

    async def work() -> None:
        while True:
            key = await queue.get()
            assert key not in working
            working.add(key)
            await asyncio.sleep(source.random() / 1000)
            working.discard(key)
            done[key] += 1
            queue.done(key)

    workers = [asyncio.create_task(work()) for _ in range(8)]
    for _ in range(500):
        await queue.add(source.randrange(50))
        await asyncio.sleep(0)
    while len(queue) or working:
        await asyncio.sleep(0.001)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert set(done) == set(range(50))
