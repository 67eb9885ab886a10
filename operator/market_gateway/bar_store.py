"""Closed bars in memory, in blocks of a thousand, so that no bar is asked of a provider twice. No I/O.

A block covers a fixed span of open times and knows up to where it is complete; a complete block never changes
except by a revision. Blocks used least recently are dropped when the store is full; blocks still growing are kept.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from market_gateway.provider import Series
from strategy_contracts.bar import Bar
from strategy_contracts.timeframe import Timeframe, close_time, previous_open

BLOCK_BARS = 1000


def block_start(timeframe: Timeframe, at_ms: int) -> int:
    """Where the block that contains `at_ms` begins; blocks of months are cut by their nominal length."""
    span = block_span(timeframe)
    return at_ms - at_ms % span


def block_span(timeframe: Timeframe) -> int:
    return timeframe.length_ms * BLOCK_BARS


@dataclass(slots=True)
class _Block:
    start: int
    end: int
    complete_to: int
    bars: list[Bar] = field(default_factory=list)

    def index(self, open_ms: int) -> int:
        return bisect_left(self.bars, open_ms, key=lambda bar: bar.open_time)

    def put(self, bar: Bar) -> None:
        index = self.index(bar.open_time)
        if index < len(self.bars) and self.bars[index].open_time == bar.open_time:
            if bar.revision >= self.bars[index].revision:
                self.bars[index] = bar
        else:
            self.bars.insert(index, bar)


class BarStore:
    """Closed bars of all series; holds about `capacity_bars`."""

    def __init__(self, capacity_bars: int) -> None:
        self._capacity_blocks = max(1, capacity_bars // BLOCK_BARS)
        self._blocks: OrderedDict[tuple[Series, int], _Block] = OrderedDict()

    def missing(self, series: Series, from_ms: int, to_ms: int) -> list[tuple[int, int]]:
        """The ranges of open times within `from_ms`..`to_ms` that are not known to be complete, one per block."""
        span = block_span(series.timeframe)
        ranges = []
        for start in range(block_start(series.timeframe, from_ms), to_ms, span):
            block = self._blocks.get((series, start))
            known_to = start if block is None else block.complete_to
            end = min(to_ms, start + span)
            if known_to < end:
                ranges.append((known_to, end))
        return ranges

    def extend(self, series: Series, bars: Iterable[Bar], complete_from: int, complete_to: int) -> None:
        """Add the closed bars of one block's range, which are all there are between the two times."""
        block = self._block(series, complete_from)
        for bar in bars:
            block.put(bar)
        if complete_from <= block.complete_to:
            block.complete_to = max(block.complete_to, min(complete_to, block.end))
            for bar in block.bars[block.index(block.complete_to) :]:
                self._continue(series, block, bar)
        self._evict()

    def append(self, series: Series, bar: Bar) -> None:
        """Add the next closed bar of a live series. After a hole the block stays incomplete, and is asked for again."""
        block = self._block(series, bar.open_time)
        block.put(bar)
        self._continue(series, block, bar)

    def accept_hole(self, series: Series, from_ms: int, to_ms: int) -> None:
        """Note that the provider has no more bars between the two times than are stored."""
        for known_to, end in self.missing(series, from_ms, to_ms):
            if known_to >= from_ms:
                self.extend(series, (), known_to, end)

    def revise(self, series: Series, bar: Bar) -> None:
        """Replace a closed bar, or insert one that came late."""
        self._block(series, bar.open_time).put(bar)

    def get(self, series: Series, open_ms: int) -> Bar | None:
        block = self._blocks.get((series, block_start(series.timeframe, open_ms)))
        if block is None:
            return None
        index = block.index(open_ms)
        found = index < len(block.bars) and block.bars[index].open_time == open_ms
        return block.bars[index] if found else None

    def bars(self, series: Series, from_ms: int, to_ms: int) -> list[Bar]:
        """What is stored of `from_ms` <= open time < `to_ms`, in order."""
        found: list[Bar] = []
        for start in range(block_start(series.timeframe, from_ms), to_ms, block_span(series.timeframe)):
            block = self._blocks.get((series, start))
            if block is not None:
                self._blocks.move_to_end((series, start))
                found += block.bars[block.index(from_ms) : block.index(to_ms)]
        return found

    def _continue(self, series: Series, block: _Block, bar: Bar) -> None:
        """A bar that follows the complete part without a hole extends it."""
        if previous_open(series.timeframe, bar.open_time) < block.complete_to:
            block.complete_to = max(block.complete_to, min(close_time(series.timeframe, bar.open_time), block.end))

    def _block(self, series: Series, at_ms: int) -> _Block:
        start = block_start(series.timeframe, at_ms)
        block = self._blocks.get((series, start))
        if block is None:
            block = _Block(start, start + block_span(series.timeframe), start)
            self._blocks[(series, start)] = block
        return block

    def _evict(self) -> None:
        if len(self._blocks) <= self._capacity_blocks:
            return
        complete = [key for key, block in self._blocks.items() if block.complete_to >= block.end]
        for key in complete[: len(self._blocks) - self._capacity_blocks]:
            del self._blocks[key]
