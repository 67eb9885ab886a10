"""Closed bars of the past: from the store, else from the provider, each range asked once however many want it."""

import asyncio
from collections.abc import Mapping

from market_gateway.bar_store import BarStore, block_span, block_start
from market_gateway.provider import History, Provider, Series
from strategy_contracts.bar import Bar


class HistoryReader:
    """Reads through the store. Raises SeriesRefused and ProviderUnavailable."""

    def __init__(self, providers: Mapping[str, Provider], store: BarStore) -> None:
        self._providers, self._store = providers, store
        self._asking: dict[tuple[Series, int, int], asyncio.Task[None]] = {}

    async def read(self, series: Series, from_ms: int, to_ms: int) -> list[Bar]:
        """Closed bars with `from_ms` <= open time < `to_ms`, as far as the provider has them."""
        if from_ms >= to_ms:
            return []
        ranges = self._store.missing(series, from_ms, to_ms)
        await asyncio.gather(*(self._ask_once(series, start, end) for start, end in ranges))
        return self._store.bars(series, from_ms, to_ms)

    async def ensure_newest(self, series: Series, before_ms: int, count: int) -> None:
        """Have the `count` newest bars that open before `before_ms` in the store, where there are so many."""
        start = before_ms - count * series.timeframe.length_ms
        while len(await self.read(series, start, before_ms)) < count:
            # Bars are missing in the series itself: look further back, until a whole block is empty.
            earlier = block_start(series.timeframe, start - 1)
            if earlier < 0 or not await self.read(series, earlier, start):
                return
            start = earlier

    def newest(self, series: Series, before_ms: int, count: int) -> list[Bar]:
        """The newest bars of the store, in order; `ensure_newest` has put them there."""
        if count <= 0:
            return []
        start, bars = before_ms, list[Bar]()
        while len(bars) < count and start > 0:
            start = max(0, start - block_span(series.timeframe))
            found = self._store.bars(series, start, before_ms)
            if len(found) == len(bars):
                break
            bars = found
        return bars[-count:]

    async def tail(self, series: Series, from_ms: int, to_ms: int) -> History:
        """What the provider has between the times now; not stored, because it may not be final."""
        return await self._providers[series.provider].history(series, from_ms, to_ms)

    async def _ask_once(self, series: Series, from_ms: int, to_ms: int) -> None:
        key = (series, from_ms, to_ms)
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(series, from_ms, to_ms))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        # A caller that is cancelled must not take the answer from the others.
        await asyncio.shield(task)

    async def _ask(self, series: Series, from_ms: int, to_ms: int) -> None:
        history = await self._providers[series.provider].history(series, from_ms, to_ms)
        self._store.extend(series, history.bars, from_ms, history.complete_to_ms)

    def _forget(self, key: tuple[Series, int, int], done: asyncio.Task[None]) -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # every caller may have gone; the loop would complain that nobody looked
