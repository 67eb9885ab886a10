"""History through the store: asked once, however many want it."""

import asyncio

import pytest

from builders import T0, a_bar
from exchange.memory_provider import MINUTE, SERIES, MemoryProvider
from market_gateway.bar_store import BarStore
from market_gateway.errors import ProviderUnavailable
from market_gateway.history import HistoryReader


def a_reader(provider: MemoryProvider) -> HistoryReader:
    return HistoryReader({"memory": provider}, BarStore(100_000))


async def test_what_was_read_is_not_asked_again() -> None:
    provider = MemoryProvider([a_bar(index) for index in range(20)])
    reader = a_reader(provider)
    for _ in range(3):
        assert len(await reader.read(SERIES, T0, T0 + 20 * MINUTE)) == 20
    assert len(provider.asked) == 1


async def test_readers_of_the_same_range_share_one_question() -> None:
    provider = MemoryProvider([a_bar(index) for index in range(20)])
    reader = a_reader(provider)
    answers = await asyncio.gather(*(reader.read(SERIES, T0, T0 + 20 * MINUTE) for _ in range(50)))
    assert {len(answer) for answer in answers} == {20}
    assert len(provider.asked) == 1


async def test_a_reader_that_goes_away_does_not_take_the_answer_from_the_others() -> None:
    provider = MemoryProvider([a_bar(0)])
    provider.answer.clear()
    reader = a_reader(provider)
    impatient = asyncio.create_task(reader.read(SERIES, T0, T0 + MINUTE))
    patient = asyncio.create_task(reader.read(SERIES, T0, T0 + MINUTE))
    await asyncio.sleep(0)
    impatient.cancel()
    provider.answer.set()
    assert await patient == [a_bar(0)]


async def test_a_failure_reaches_everybody_and_is_not_remembered() -> None:
    provider = MemoryProvider([a_bar(0)])
    provider.failures = [ProviderUnavailable("503")]
    reader = a_reader(provider)
    results = await asyncio.gather(*(reader.read(SERIES, T0, T0 + MINUTE) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ProviderUnavailable] * 3
    assert await reader.read(SERIES, T0, T0 + MINUTE) == [a_bar(0)]


@pytest.mark.parametrize(
    ("missing", "count", "found"),
    [
        pytest.param((), 10, 10, id="dense"),
        pytest.param(range(2900, 2995), 10, 10, id="holes are looked past"),
        pytest.param((), 5000, 3000, id="no more than there is"),
    ],
)
async def test_the_newest_bars(missing: range, count: int, found: int) -> None:
    provider = MemoryProvider([a_bar(index) for index in range(3000) if index not in missing])
    reader = a_reader(provider)
    before = T0 + 3000 * MINUTE
    await reader.ensure_newest(SERIES, before, count)
    bars = reader.newest(SERIES, before, count)
    assert bars == provider.bars[-found:]


async def test_no_bars_wanted_asks_nothing() -> None:
    provider = MemoryProvider([a_bar(0)])
    reader = a_reader(provider)
    await reader.ensure_newest(SERIES, T0 + MINUTE, 0)
    assert reader.newest(SERIES, T0 + MINUTE, 0) == []
    assert provider.asked == []
