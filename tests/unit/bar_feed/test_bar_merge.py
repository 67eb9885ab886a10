"""Several symbols as one series."""

from collections.abc import AsyncIterator

from builders import T0, a_bar
from strategy_contracts.bar import Bar
from strategy_runner.bar_feed.bar_merge import merge_bars

MINUTE = 60_000


async def series(*indexes: int) -> AsyncIterator[Bar]:
    for index in indexes:
        yield a_bar(index)


async def merged(**symbols: AsyncIterator[Bar]) -> list[tuple[str, int]]:
    return [(symbol, (bar.open_time - T0) // MINUTE) async for symbol, bar in merge_bars(symbols)]


async def test_bars_come_by_open_time_and_symbols_in_their_order() -> None:
    assert await merged(b=series(0, 1, 3), a=series(0, 2, 3)) == [
        ("b", 0),
        ("a", 0),
        ("b", 1),
        ("a", 2),
        ("b", 3),
        ("a", 3),
    ]


async def test_an_empty_series_is_nothing() -> None:
    assert await merged(a=series(), b=series(1)) == [("b", 1)]


async def test_no_series_at_all() -> None:
    assert await merged() == []


async def test_a_series_is_read_no_further_than_needed() -> None:
    read = []

    async def noting() -> AsyncIterator[Bar]:
        for index in range(100):
            read.append(index)
            yield a_bar(index)

    merging = merge_bars({"a": noting(), "b": series(0)})
    assert (await anext(merging))[0] == "a"
    assert read == [0]
