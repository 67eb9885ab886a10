"""Files of bars: forms that are read, mistakes that are told with their line, and the order of delivery."""

from pathlib import Path

import pytest

from builders import MINUTE, T0
from strategy_contracts.timeframe import Timeframe
from strategy_runner.bar_feed import BarUpdate, CaughtUp
from strategy_runner.bar_feed.csv_feed import CsvFeed, Series, UnusableFile, read_series
from strategy_runner.errors import ChannelRefused

HEADER = "open_time,open,high,low,close,volume"
ROW = "10,12,9,11,1.5"


def a_file(folder: Path, *lines: str) -> Path:
    path = folder / "bars.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path, *symbols: str, symbol: str | None = "A") -> dict[str, Series]:
    return read_series(path, symbols or ("A",), Timeframe.M1, symbol)


def a_series(*indices: int, close: float = 11.0) -> Series:
    series = Series()
    for index in indices:
        series.times.append(T0 + index * MINUTE)
        for column, value in zip(series.columns, (10.0, 12.0, 9.0, close, 1.0), strict=True):
            column.append(value)
    return series


async def items(feed: CsvFeed, start_ms: int | None = None) -> list[tuple[str, int] | str]:
    """(symbol, bar) of each update; "caught up at n" where history ends."""
    found: list[tuple[str, int] | str] = []
    async for item in feed.updates(start_ms):
        match item:
            case BarUpdate(symbol, bar):
                found.append((symbol, (bar.open_time - T0) // MINUTE))
            case CaughtUp(server_time_ms):
                found.append(f"caught up at {(server_time_ms - T0) // MINUTE}")
    return found


@pytest.mark.parametrize(
    "time",
    [
        pytest.param(str(T0), id="milliseconds"),
        pytest.param("2023-03-01T00:00:00Z", id="ISO 8601 in UTC"),
        pytest.param("2023-03-01 00:00:00", id="ISO 8601 without a zone is UTC"),
        pytest.param("2023-03-01T01:00:00+01:00", id="ISO 8601 with an offset"),
    ],
)
def test_open_times(tmp_path: Path, time: str) -> None:
    bar = read(a_file(tmp_path, HEADER, f"{time},{ROW}"))["A"].bar(0)
    assert (bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume) == (T0, 10, 12, 9, 11, 1.5)


def test_other_columns_and_orders_do_not_matter(tmp_path: Path) -> None:
    path = a_file(tmp_path, "Close, Open,high,low,volume,vwap,timestamp", f"11,10,12,9,1,x,{T0}")
    assert read(path)["A"].bar(0).close == 11


def test_a_symbol_column_splits_a_file(tmp_path: Path) -> None:
    path = a_file(tmp_path, f"symbol,{HEADER}", f"A,{T0},{ROW}", f"B,{T0},{ROW}", f"C,{T0},{ROW}")
    assert sorted(read(path, "A", "B", symbol=None)) == ["A", "B"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        pytest.param([], "line 1: no column open_time (ms or ISO 8601), open, high", id="an empty file"),
        pytest.param(
            ["open_time,open,high,low,close"], "line 1: no column volume; the header is open_time", id="no volume"
        ),
        pytest.param([HEADER, f"{T0},10,12,9,eleven,1"], "line 2: close 'eleven' is not a number", id="a word"),
        pytest.param([HEADER, f"{T0},10,12,9"], "line 2: close '' is not a number", id="a short line"),
        pytest.param([HEADER, f"{T0},nan,12,9,11,1"], "a value is not a finite number", id="no number"),
        pytest.param([HEADER, f"{T0},10,12,9,13,1"], "open and close must lie between low and high", id="a wrong high"),
        pytest.param([HEADER, f"yesterday,{ROW}"], "line 2: open time 'yesterday' is neither", id="a wrong time"),
        pytest.param([HEADER, f"{T0 + 1},{ROW}"], "is not the start of a 1m bar", id="off the grid"),
        pytest.param(
            [HEADER, f"{T0},{ROW}", f"{T0},{ROW}"],
            "line 3: open time 1677628800000 does not come after",
            id="a bar twice",
        ),
    ],
)
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, lines: list[str], sentence: str) -> None:
    path = a_file(tmp_path, *lines)
    with pytest.raises(UnusableFile) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"none\.csv: No such file"):
        read(tmp_path / "none.csv")


def test_a_file_for_several_symbols_needs_their_column(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="--bars A=FILE"):
        read(a_file(tmp_path, HEADER), "A", "B", symbol=None)


async def test_symbols_are_merged_by_time() -> None:
    feed = CsvFeed({"A": a_series(0, 1, 3), "B": a_series(1, 2, 3)}, Timeframe.M1, lookback=2)
    assert await items(feed) == [
        ("A", 0),
        ("A", 1),
        ("B", 1),
        ("B", 2),
        "caught up at 3",
        ("A", 3),
        ("B", 3),
    ]


async def test_each_symbol_delivers_its_own_bars() -> None:
    feed = CsvFeed({"A": a_series(0, close=10.5), "B": a_series(0, close=11.5)}, Timeframe.M1, lookback=1)
    closes = {item.symbol: item.bar.close async for item in feed.updates(None) if isinstance(item, BarUpdate)}
    assert closes == {"A": 10.5, "B": 11.5}


async def test_a_short_file_is_all_history() -> None:
    assert await items(CsvFeed({"A": a_series(0, 1)}, Timeframe.M1, lookback=9)) == [
        ("A", 0),
        ("A", 1),
        "caught up at 2",
    ]


async def test_a_start_leaves_out_what_lies_before() -> None:
    feed = CsvFeed({"A": a_series(0, 1, 2, 3)}, Timeframe.M1, lookback=1)
    assert await items(feed, T0 + 2 * MINUTE) == [("A", 2), "caught up at 3", ("A", 3)]


async def test_history_is_what_the_file_has() -> None:
    feed = CsvFeed({"A": a_series(0, 1, 3)}, Timeframe.M1, lookback=1)
    bars = await feed.history("A", T0 + MINUTE, T0 + 4 * MINUTE)
    assert [(bar.open_time - T0) // MINUTE for bar in bars] == [1, 3]
    assert await feed.history("B", 0, T0) == []


async def test_no_bar_at_all_is_refused() -> None:
    with pytest.raises(ChannelRefused):
        await items(CsvFeed({"A": Series()}, Timeframe.M1, lookback=1))
