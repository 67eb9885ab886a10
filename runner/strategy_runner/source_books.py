"""The other data sources of a drawing: bars on grids of their own, seen as far as they have closed by an evaluation.

They are asked for when a bar of theirs is due, not streamed: what an evaluation sees then depends on its time alone.
A bar that is due and not there is waited for a little; a market that is closed has none.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from strategy_contracts.bar import Bar, check_bar
from strategy_contracts.bundle import Subscription
from strategy_contracts.errors import ContractViolation
from strategy_contracts.timeframe import DAY_MS, Timeframe, close_time, open_time

ASK_AGAIN_S: Final = 0.2


class History(Protocol):
    """Where a source's bars are asked for."""

    async def history(self, symbol: str, from_ms: int, to_ms: int) -> list[Bar]: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class _Book:
    source: Subscription
    timeframe: Timeframe
    history: History
    bars: list[Bar] = field(default_factory=list)
    settled_ms: int = 0
    """Bars that open before this are here, or are not waited for any more."""
    waited_since: float | None = None

    def due_ms(self, time_ms: int) -> int:
        """The open time of the bar that is open at `time_ms`: all before it have closed."""
        return open_time(self.timeframe, time_ms)

    def closed_by(self, time_ms: int) -> int:
        """How many bars have closed by `time_ms`."""
        return bisect_right(self.bars, time_ms, key=lambda bar: close_time(self.timeframe, bar.open_time))


class SourceBooks:
    """Every other source of one run; none for code."""

    def __init__(self, histories: Sequence[tuple[Subscription, History]] = (), wait_s: float = 0.0) -> None:
        self._books = [_Book(source, Timeframe(source.timeframe), history) for source, history in histories]
        self._wait_s = wait_s

    @property
    def sources(self) -> tuple[Subscription, ...]:
        return tuple(book.source for book in self._books)

    def lack(self, time_ms: int) -> bool:
        """Whether an evaluation at `time_ms` has to wait for a bar."""
        return any(book.settled_ms < book.due_ms(time_ms) for book in self._books)

    async def bring(self, time_ms: int, now: float) -> None:
        """Ask for what is due. Raises FeedUnavailable; what was not there may be asked for again."""
        for book in self._books:
            due_ms = book.due_ms(time_ms)
            if book.settled_ms >= due_ms:
                continue
            await self._ask(book, due_ms)
            arrived = bool(book.bars) and close_time(book.timeframe, book.bars[-1].open_time) >= due_ms
            book.waited_since = now if book.waited_since is None else book.waited_since
            if arrived or now - book.waited_since >= self._wait_s:
                book.settled_ms, book.waited_since = due_ms, None

    def news(self, time_ms: int, seen: Mapping[str, int]) -> dict[str, list[Bar]]:
        """By source node the bars closed by `time_ms` that open after what was seen; no empty lists."""
        found = {}
        for book in self._books:
            end = book.closed_by(time_ms)
            known_ms = seen.get(book.source.source_node, -1)
            start = bisect_right(book.bars, known_ms, hi=end, key=lambda bar: bar.open_time)
            fresh = book.bars[max(start, end - book.source.lookback) : end]
            if fresh:
                found[book.source.source_node] = fresh
        return found

    def forget_before(self, time_ms: int) -> None:
        """Let go of bars that no window from `time_ms` on shows."""
        for book in self._books:
            del book.bars[: max(0, book.closed_by(time_ms) - book.source.lookback)]

    async def close(self) -> None:
        for book in self._books:
            await book.history.close()

    @staticmethod
    async def _ask(book: _Book, due_ms: int) -> None:
        if book.bars:
            start_ms = close_time(book.timeframe, book.bars[-1].open_time)
        else:
            # Where markets close, a span of time holds fewer bars than the window.
            reach_ms = max(4 * book.source.lookback * book.timeframe.length_ms, 7 * DAY_MS)
            start_ms = open_time(book.timeframe, max(0, due_ms - reach_ms))
        for bar in await book.history.history(book.source.symbol, start_ms, due_ms):
            follows = not book.bars or bar.open_time > book.bars[-1].open_time
            if bar.closed and follows and bar.open_time < due_ms and _is_true(bar):
                book.bars.append(bar)


def _is_true(bar: Bar) -> bool:
    try:
        check_bar(bar)
    except ContractViolation:
        return False
    return True
