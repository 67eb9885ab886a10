"""Series of several symbols as one, by open time, reading no further ahead than one bar each."""

from collections.abc import AsyncIterator, Mapping
from heapq import heapify, heappop, heapreplace

from strategy_contracts.bar import Bar


async def merge_bars(series: Mapping[str, AsyncIterator[Bar]]) -> AsyncIterator[tuple[str, Bar]]:
    """(symbol, bar) in order of open time; symbols of the same time in the order of the mapping."""
    symbols = list(series)
    heap: list[tuple[int, int, Bar]] = []
    for rank, symbol in enumerate(symbols):
        bar = await anext(series[symbol], None)
        if bar is not None:
            heap.append((bar.open_time, rank, bar))
    heapify(heap)
    while heap:
        _, rank, bar = heap[0]
        symbol = symbols[rank]
        yield symbol, bar
        following = await anext(series[symbol], None)
        if following is None:
            heappop(heap)
        else:
            heapreplace(heap, (following.open_time, rank, following))
