"""Closed bars in blocks: what is known to be complete, what has to be asked for."""

from builders import T0, a_bar
from market_gateway.bar_store import BLOCK_BARS, BarStore, block_start
from market_gateway.provider import Series
from strategy_contracts.timeframe import Timeframe

MINUTE = 60_000
SERIES = Series("binance", "BTCUSDT", Timeframe.M1)
BLOCK = block_start(Timeframe.M1, T0) + BLOCK_BARS * MINUTE
"""The start of the first whole block after T0."""
FIRST = (BLOCK - T0) // MINUTE
"""Index of its first bar, counted from T0."""


def a_store(capacity_bars: int = 100_000) -> BarStore:
    return BarStore(capacity_bars)


def test_an_empty_store_misses_the_block_from_its_start() -> None:
    wanted = BLOCK + 10 * MINUTE, BLOCK + 20 * MINUTE
    assert a_store().missing(SERIES, *wanted) == [(BLOCK, BLOCK + 20 * MINUTE)]


def test_a_range_over_two_blocks_is_asked_for_in_two_parts() -> None:
    end = BLOCK + BLOCK_BARS * MINUTE
    assert a_store().missing(SERIES, end - MINUTE, end + MINUTE) == [(BLOCK, end), (end, end + MINUTE)]


def test_what_was_fetched_is_not_missing_and_can_be_read() -> None:
    store = a_store()
    bars = [a_bar(FIRST + index) for index in range(10)]
    store.extend(SERIES, bars, BLOCK, BLOCK + 10 * MINUTE)
    assert store.missing(SERIES, BLOCK, BLOCK + 10 * MINUTE) == []
    assert store.bars(SERIES, BLOCK + 2 * MINUTE, BLOCK + 5 * MINUTE) == bars[2:5]
    assert store.get(SERIES, bars[3].open_time) == bars[3]
    assert store.get(SERIES, BLOCK + 10 * MINUTE) is None


def test_live_bars_extend_what_is_complete() -> None:
    store = a_store()
    store.extend(SERIES, [a_bar(FIRST)], BLOCK, BLOCK + MINUTE)
    store.append(SERIES, a_bar(FIRST + 1))
    assert store.missing(SERIES, BLOCK, BLOCK + 2 * MINUTE) == []


def test_a_live_bar_after_a_hole_leaves_the_hole_to_be_asked_for() -> None:
    store = a_store()
    store.extend(SERIES, [a_bar(FIRST)], BLOCK, BLOCK + MINUTE)
    store.append(SERIES, a_bar(FIRST + 2))
    assert store.missing(SERIES, BLOCK, BLOCK + 3 * MINUTE) == [(BLOCK + MINUTE, BLOCK + 3 * MINUTE)]


def test_filling_the_hole_joins_the_live_bars_behind_it() -> None:
    store = a_store()
    store.append(SERIES, a_bar(FIRST + 2))
    store.append(SERIES, a_bar(FIRST + 3))
    store.extend(SERIES, [a_bar(FIRST), a_bar(FIRST + 1)], BLOCK, BLOCK + 2 * MINUTE)
    assert store.missing(SERIES, BLOCK, BLOCK + 4 * MINUTE) == []


def test_an_accepted_hole_is_not_asked_for_again() -> None:
    store = a_store()
    store.extend(SERIES, [a_bar(FIRST)], BLOCK, BLOCK + MINUTE)
    store.accept_hole(SERIES, BLOCK + MINUTE, BLOCK + 5 * MINUTE)
    assert store.missing(SERIES, BLOCK, BLOCK + 5 * MINUTE) == []


def test_the_first_live_bar_of_a_new_block_needs_no_question() -> None:
    store = a_store()
    end = BLOCK + BLOCK_BARS * MINUTE
    store.append(SERIES, a_bar(FIRST + BLOCK_BARS))
    assert store.missing(SERIES, end, end + MINUTE) == []


def test_a_revision_replaces_and_an_older_one_does_not() -> None:
    store = a_store()
    store.revise(SERIES, a_bar(FIRST, close=1.0, revision=2))
    store.revise(SERIES, a_bar(FIRST, close=2.0, revision=1))
    store.extend(SERIES, [a_bar(FIRST, close=3.0)], BLOCK, BLOCK + MINUTE)
    assert [bar.close for bar in store.bars(SERIES, BLOCK, BLOCK + MINUTE)] == [1.0]


def test_a_full_store_drops_the_complete_block_that_was_not_used_longest() -> None:
    store = a_store(capacity_bars=2 * BLOCK_BARS)
    span = BLOCK_BARS * MINUTE
    for number in range(2):
        start = BLOCK + number * span
        store.extend(SERIES, [a_bar(FIRST + number * BLOCK_BARS)], start, start + span)
    store.bars(SERIES, BLOCK, BLOCK + MINUTE)
    store.extend(SERIES, [a_bar(FIRST + 2 * BLOCK_BARS)], BLOCK + 2 * span, BLOCK + 3 * span)
    held = [bool(store.bars(SERIES, BLOCK + number * span, BLOCK + (number + 1) * span)) for number in range(3)]
    assert held == [True, False, True]


def test_a_block_that_still_grows_is_never_dropped() -> None:
    store = a_store(capacity_bars=BLOCK_BARS)
    span = BLOCK_BARS * MINUTE
    store.append(SERIES, a_bar(FIRST))
    for number in range(1, 4):
        store.extend(SERIES, [], BLOCK + number * span, BLOCK + (number + 1) * span)
    assert store.bars(SERIES, BLOCK, BLOCK + MINUTE) == [a_bar(FIRST)]


def test_months_lie_in_one_block() -> None:
    series = Series("binance", "BTCUSDT", Timeframe.MN1)
    assert len(a_store().missing(series, 1_500_000_000_000, 1_700_000_000_000)) == 1
