"""One series made whole out of a stream and a history."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from builders import T0, a_bar
from exchange.memory_provider import MINUTE, SERIES, MemoryProvider, an_update
from market_gateway.bar_store import BarStore
from market_gateway.errors import ProviderUnavailable
from market_gateway.history import HistoryReader
from market_gateway.live_series import LiveSeries, RepairTimes
from market_gateway.provider import Receipt
from strategy_contracts.bar import Bar


class Desk:
    """A series that began at bar 10, and what it announced: indexes, `~` progress, `r` revised."""

    def __init__(self) -> None:
        self.provider = MemoryProvider([a_bar(index) for index in range(10)])
        self.store = BarStore(100_000)
        self.words: list[str] = []
        self.receipts: list[bool] = []
        self.now = 0.0
        self.tasks: set[asyncio.Task[None]] = set()
        times = RepairTimes(silence=10, lateness=5, lag=0.001, hold=30)
        self.series = LiveSeries(
            SERIES,
            HistoryReader({"memory": self.provider}, self.store),
            self.store,
            self._announce,
            spawn=self._spawn,
            monotonic=lambda: self.now,
            times=times,
        )

    def _spawn(self, work: object) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self.tasks.add(task)
        return task  # type: ignore[no-any-return]

    def _announce(self, bar: Bar, event_time_ms: int, receipt: Receipt | None) -> None:
        mark = "~" if not bar.closed else "r" if bar.revision else ""
        self.words.append(f"{mark}{(bar.open_time - T0) // MINUTE}")
        self.receipts.append(receipt is not None)

    def hear(self, *bars: Bar) -> None:
        for bar in bars:
            self.series.on_update(an_update(bar))

    async def settle(self) -> None:
        """Until no repair is running."""
        async with asyncio.timeout(1.5):
            while any(not task.done() for task in self.tasks):
                await asyncio.gather(*self.tasks)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    desk.series.start(T0 + 10 * MINUTE + 5)
    yield desk
    await desk.series.close()


async def test_live_bars_pass_at_once(desk: Desk) -> None:
    desk.hear(a_bar(10, closed=False), a_bar(10), a_bar(11, closed=False))
    assert desk.words == ["~10", "10", "~11"]
    assert desk.provider.asked == []


async def test_updates_before_the_start_wait_for_it() -> None:
    desk = Desk()
    desk.hear(a_bar(9), a_bar(10, closed=False), a_bar(10))
    assert desk.words == []
    desk.series.start(T0 + 10 * MINUTE + 5)
    assert desk.words == ["10"]


async def test_a_missed_close_is_fetched_before_the_next_update_goes_on(desk: Desk) -> None:
    desk.provider.bars += [a_bar(10), a_bar(11)]
    desk.hear(a_bar(12), a_bar(13, closed=False))
    assert desk.words == []
    await desk.settle()
    assert desk.words == ["10", "11", "12", "~13"]
    assert desk.receipts == [False, False, True, True]
    assert desk.provider.asked == [(T0 + 10 * MINUTE, T0 + 12 * MINUTE)]


async def test_of_waiting_progress_only_the_newest_is_kept(desk: Desk) -> None:
    desk.provider.bars += [a_bar(10)]
    desk.hear(*(a_bar(11, closed=False) for _ in range(50)))
    await desk.settle()
    assert desk.words == ["10", "~11"]


async def test_a_history_behind_the_stream_is_asked_again(desk: Desk) -> None:
    desk.provider.answer.clear()
    desk.hear(a_bar(11, closed=False))
    await asyncio.sleep(0)
    desk.provider.answer.set()
    while len(desk.provider.asked) < 2:
        await asyncio.sleep(0)
    desk.provider.bars += [a_bar(10)]
    await desk.settle()
    assert desk.words == ["10", "~11"]


async def test_a_bar_that_does_not_exist_holds_nothing_up(desk: Desk) -> None:
    desk.hear(a_bar(12))
    await desk.settle()
    assert desk.words == ["12"]
    assert len(desk.provider.asked) == 3
    assert desk.store.missing(SERIES, T0 + 10 * MINUTE, T0 + 13 * MINUTE)[0][1] == T0 + 13 * MINUTE


async def test_a_provider_that_fails_is_asked_until_it_answers(desk: Desk) -> None:
    desk.provider.failures = [ProviderUnavailable("503"), ProviderUnavailable("503")]
    desk.provider.bars += [a_bar(10)]
    desk.hear(a_bar(11))
    await desk.settle()
    assert desk.words == ["10", "11"]


async def test_live_updates_go_on_when_the_history_stays_away_and_the_hole_stays_open(desk: Desk) -> None:
    desk.provider.failures = [ProviderUnavailable("banned")] * 1000
    desk.hear(a_bar(12))
    await asyncio.sleep(0.01)
    desk.now = 31.0
    await desk.settle()
    assert desk.words == ["12"]
    desk.provider.failures.clear()
    desk.provider.bars += [a_bar(10), a_bar(11), a_bar(12)]
    reader = HistoryReader({"memory": desk.provider}, desk.store)
    assert [bar.open_time for bar in await reader.read(SERIES, T0 + 10 * MINUTE, T0 + 13 * MINUTE)] == [
        T0 + index * MINUTE for index in (10, 11, 12)
    ]


async def test_repeats_and_late_repeats_are_dropped(desk: Desk) -> None:
    desk.hear(a_bar(10), a_bar(10), a_bar(11), a_bar(10), a_bar(10, closed=False))
    assert desk.words == ["10", "11"]


async def test_a_closed_bar_with_another_value_is_a_revision(desk: Desk) -> None:
    desk.hear(a_bar(10), a_bar(10, close=100.5), a_bar(10, close=100.5), a_bar(10, close=100.25))
    assert desk.words == ["10", "r10", "r10"]
    stored = desk.store.get(SERIES, T0 + 10 * MINUTE)
    assert stored is not None
    assert (stored.close, stored.revision) == (100.25, 2)


async def test_a_repeated_close_from_before_the_start_is_not_taken_for_a_revision(desk: Desk) -> None:
    desk.hear(a_bar(9))
    assert desk.words == []


async def test_an_impossible_bar_is_dropped(desk: Desk) -> None:
    desk.hear(a_bar(10, high=1.0))
    assert desk.words == []


async def test_a_silent_stream_is_looked_after(desk: Desk) -> None:
    desk.provider.bars += [a_bar(10), a_bar(11)]
    desk.provider.now_ms = T0 + 12 * MINUTE + 7
    desk.now = 9.0
    desk.series.check(T0 + 10 * MINUTE)
    assert desk.provider.asked == []
    desk.now = 11.0
    desk.series.check(T0 + 10 * MINUTE)
    await desk.settle()
    assert desk.words == ["10", "11"]
    assert desk.series.complete_to_ms == T0 + 12 * MINUTE + 7


async def test_a_close_that_is_overdue_by_the_exchanges_clock_is_looked_for_but_not_every_second(desk: Desk) -> None:
    desk.now = 9.0
    desk.hear(a_bar(10, closed=False))
    desk.now = 11.0
    overdue = T0 + 11 * MINUTE + 6000
    desk.series.check(overdue - 1500)
    assert desk.provider.asked == []
    desk.series.check(overdue)
    await desk.settle()
    desk.series.check(overdue)
    await desk.settle()
    assert len(desk.provider.asked) == 1


@pytest.mark.parametrize(
    ("exchange_now", "looks"),
    [
        pytest.param(T0 + 10 * MINUTE + 59_999, 0, id="nothing can have closed"),
        pytest.param(T0 + 11 * MINUTE, 1, id="a bar has closed meanwhile"),
    ],
)
async def test_a_stream_that_begins_anew(desk: Desk, exchange_now: int, looks: int) -> None:
    desk.series.on_started(exchange_now)
    await desk.settle()
    assert len(desk.provider.asked) == looks


async def test_completeness_follows_progress_but_never_past_the_close(desk: Desk) -> None:
    desk.hear(a_bar(10, closed=False))
    assert desk.series.complete_to_ms == T0 + 10 * MINUTE + 30_000
    desk.hear(a_bar(10))
    assert desk.series.complete_to_ms == T0 + 11 * MINUTE
