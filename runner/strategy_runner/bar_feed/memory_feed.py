"""A feed that says what it is told: for tests, and for whoever drives a run from Python."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from strategy_contracts.bar import Bar
from strategy_runner.bar_feed import BarUpdate, CaughtUp

Item = BarUpdate | CaughtUp | Exception | None


class MemoryFeed:
    """Items are delivered in the order of `put`; an exception is raised, None ends the series.

    `stored` is what `history` knows. Every call of `updates` is noted in `starts` and goes on where the last one was.
    """

    def __init__(self, items: Iterable[Item] = (), stored: Mapping[str, Sequence[Bar]] | None = None) -> None:
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        for item in items:
            self._items.put_nowait(item)
        self.stored = dict(stored or {})
        self.starts: list[int | None] = []
        self.asked: list[tuple[str, int, int]] = []
        self.closed = False

    def put(self, *items: Item) -> None:
        for item in items:
            self._items.put_nowait(item)

    async def updates(self, start_ms: int | None) -> AsyncIterator[BarUpdate | CaughtUp]:
        self.starts.append(start_ms)
        while (item := await self._items.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]:
        self.asked.append((symbol, from_ms, to_ms))
        return [bar for bar in self.stored.get(symbol, ()) if from_ms <= bar.open_time < to_ms]

    async def close(self) -> None:
        self.closed = True
