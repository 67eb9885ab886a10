"""Windows over bars, against the plain list they stand for."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from strategy_contracts.bar import Bar
from strategy_sandbox.windows import BarWindow

MINUTE = 60_000


def bar(number: int, close: float = 1.0) -> Bar:
    return Bar(number * MINUTE, 1.0, 2.0, 0.5, close, 3.0)


def expected_window(added: list[Bar], capacity: int) -> list[tuple[int, float]]:
    """One bar an open time, the last one added; in order; the newest `capacity`, however late they came."""
    window: dict[int, float] = {}
    for item in added:
        full = len(window) == capacity
        if item.open_time not in window and full and item.open_time < min(window):
            continue
        window[item.open_time] = item.close
        if len(window) > capacity:
            del window[min(window)]
    return sorted(window.items())


@given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.floats(1, 9)), max_size=12), max_size=12), st.integers(1, 10))
def test_a_window_is_the_newest_bars_in_order_whatever_comes_in_whatever_order(
    batches: list[list[tuple[int, float]]], capacity: int
) -> None:
    window = BarWindow(capacity)
    added: list[Bar] = []
    for batch in batches:
        bars = [bar(number, close) for number, close in batch]
        window.add(bars)
        added += bars
    frame = window.frame()
    times = [int(moment.timestamp() * 1000) for moment in frame.index]
    assert list(zip(times, frame["close"], strict=True)) == expected_window(added, capacity)


@given(st.integers(1, 7), st.lists(st.integers(1, 20), max_size=8))
def test_batches_of_new_bars_slide_the_window(capacity: int, sizes: list[int]) -> None:
    window = BarWindow(capacity)
    count = 0
    for size in sizes:
        window.add([bar(count + offset, float(count + offset)) for offset in range(size)])
        count += size
        assert window.frame()["close"].to_list() == [float(n) for n in range(max(0, count - capacity), count)]


def test_the_frame_has_the_columns_and_the_index_of_the_platform() -> None:
    window = BarWindow(5)
    window.add([Bar(1_677_628_800_000, 1.0, 2.0, 0.5, 1.5, 7.0)])
    expected = pd.DataFrame(
        {"open": [1.0], "high": [2.0], "low": [0.5], "close": [1.5], "volume": [7.0]},
        index=pd.DatetimeIndex(["2023-03-01T00:00:00Z"], name="timestamp"),
    )
    pd.testing.assert_frame_equal(window.frame(), expected, check_freq=False)


def test_frames_are_copies_that_later_bars_and_writes_do_not_touch() -> None:
    window = BarWindow(3)
    window.add([bar(n, float(n)) for n in range(3)])
    kept = window.frame()
    kept.iloc[0, 0] = np.nan
    window.add([bar(2, 9.0), bar(3, 4.0)])
    assert kept["close"].to_list() == [0.0, 1.0, 2.0]
    assert window.frame()["close"].to_list() == [1.0, 9.0, 4.0]
    assert not window.frame().isna().any().any()
