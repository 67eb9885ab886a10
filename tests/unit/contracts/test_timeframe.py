"""The bar grid, with the two timeframes that have no fixed length."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_contracts.timeframe import Timeframe, close_time, open_time, previous_open


def ms(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("timeframe", "at", "opened", "closes"),
    [
        pytest.param("1m", ms(2023, 3, 1, 0, 0, 59), ms(2023, 3, 1), ms(2023, 3, 1, 0, 1), id="a minute"),
        pytest.param("4h", ms(2023, 3, 1, 7, 59), ms(2023, 3, 1, 4), ms(2023, 3, 1, 8), id="four hours from midnight"),
        pytest.param("1d", ms(2024, 2, 29, 12), ms(2024, 2, 29), ms(2024, 3, 1), id="a leap day"),
        pytest.param("1w", ms(2026, 11, 22, 16), ms(2026, 11, 16), ms(2026, 11, 23), id="a week opens on Monday"),
        pytest.param("1M", ms(2024, 2, 15), ms(2024, 2, 1), ms(2024, 3, 1), id="February of a leap year"),
        pytest.param("1M", ms(2023, 12, 31, 23), ms(2023, 12, 1), ms(2024, 1, 1), id="December ends a year"),
    ],
)
def test_a_bar_opens_and_closes_on_the_grid(timeframe: str, at: int, opened: int, closes: int) -> None:
    assert open_time(Timeframe(timeframe), at) == opened
    assert close_time(Timeframe(timeframe), opened) == closes


@given(timeframe=st.sampled_from(list(Timeframe)), at=st.integers(0, ms(2100, 1, 1)))
def test_bars_tile_time_without_holes_or_overlap(timeframe: Timeframe, at: int) -> None:
    opened = open_time(timeframe, at)
    closes = close_time(timeframe, opened)
    assert opened <= at < closes
    assert open_time(timeframe, closes) == closes
    assert previous_open(timeframe, closes) == opened
