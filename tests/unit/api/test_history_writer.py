"""The history's writer believes the database, not its reader and not its memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_serving import now_ms, until
from api_suites import envelope, published
from builders import a_signal
from strategy_api.history_writer import HistoryWriter
from strategy_api.memory_log import MemoryGroup, MemoryLog
from strategy_api.memory_store import MemoryStore


def a_log(count: int) -> MemoryLog:
    log = MemoryLog(1)
    for number in range(count):
        log.append(0, envelope(a_signal(number + 1, at_ms=number * 60_000)), now_ms())
    return log


class WatchedStore(MemoryStore):
    """Remembers every move of a position."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[tuple[int, int]] = []

    async def append(self, partition: int, expected: int, following: int, signals: object) -> bool:
        moved = await super().append(partition, expected, following, signals)  # type: ignore[arg-type]
        if moved:
            self.moves.append((expected, following))
        return moved


class DeafGroup(MemoryGroup):
    """Begins at the beginning whatever it is told, the first few times."""

    def __init__(self, log: MemoryLog, deaf_for: int) -> None:
        super().__init__(log, "history")
        self._deaf_for = deaf_for

    def seek(self, partition: int, offset: int) -> None:
        self._deaf_for -= 1
        super().seek(partition, 0 if self._deaf_for >= 0 else offset)


@asynccontextmanager
async def writing(reader: MemoryGroup, store: MemoryStore) -> AsyncIterator[HistoryWriter]:
    writer = HistoryWriter(reader, store, retry_s=0.01)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.close()


async def test_a_reader_behind_the_store_moves_nothing_backwards() -> None:
    log, store = a_log(5), WatchedStore()
    await store.position(0)
    await store.append(0, 0, 3, [])
    async with writing(DeafGroup(log, deaf_for=1), store) as writer:
        await until(lambda: store.position_of(0) == 5)
    assert store.moves == [(0, 3), (3, 5)]
    assert writer.stored == 2


async def test_a_log_that_was_made_anew_is_read_from_its_beginning() -> None:
    """The store stands beyond the end of a topic that somebody deleted and created again."""
    log, store = a_log(2), WatchedStore()
    await store.position(0)
    await store.append(0, 0, 100, [])
    async with writing(DeafGroup(log, deaf_for=2), store):
        await until(lambda: store.position_of(0) == 2)
        log.append(0, envelope(a_signal(3, at_ms=180_000)), now_ms())
        await until(lambda: store.position_of(0) == 3)
    assert (await store.count("42"))[0] == 3


async def test_a_position_that_somebody_else_moved_is_asked_for_again() -> None:
    log, store = a_log(0), WatchedStore()
    async with writing(MemoryGroup(log, "history"), store):
        await until(lambda: store.position_of(0) == 0 and log.members.get("history"))
        log.append(0, envelope(a_signal(1)), now_ms())
        await until(lambda: store.position_of(0) == 1)
        await store.append(0, 1, 2, [published(2)])
        log.append(0, envelope(a_signal(2, at_ms=120_000)), now_ms())
        log.append(0, envelope(a_signal(3, at_ms=180_000)), now_ms())
        await until(lambda: store.position_of(0) == 3)
    assert (await store.count("42"))[0] == 3


async def test_an_unreadable_record_is_passed_over() -> None:
    log, store = a_log(1), MemoryStore()
    log.append(0, b"garbage", now_ms())
    log.append(0, envelope(a_signal(2, at_ms=120_000)), now_ms())
    async with writing(MemoryGroup(log, "history"), store):
        await until(lambda: store.position_of(0) == 3)
    assert (await store.count("42"))[0] == 2
