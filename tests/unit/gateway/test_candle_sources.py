"""Where simulated exchanges get their candles: recordings and the random walk."""

from itertools import pairwise
from pathlib import Path

import pytest

from market_gateway.providers.mock import RandomWalk
from market_gateway.providers.replay import read_recording
from market_gateway.providers.simulated import SimulatedClock
from strategy_contracts.bar import Bar, check_bar
from strategy_contracts.errors import ContractViolation
from strategy_contracts.timeframe import Timeframe, close_time, open_time

HOUR_MS = 3_600_000
T = 1_677_628_800_000
HEADER = "open_time,open,high,low,close,volume"


def a_file(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "candles.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def minutes(count: int) -> list[str]:
    return [f"{T + index * 60_000},{index + 1},{index + 2},{index + 0.5},{index + 1.5},2" for index in range(count)]


def test_a_recording_is_read_by_open_time(tmp_path: Path) -> None:
    recording = read_recording({"BTC/USDT": a_file(tmp_path, *minutes(10))})
    bars = recording.bars("BTCUSDT", Timeframe.M1, T + 60_000, T + 180_000)
    assert bars == [Bar(T + 60_000, 2, 3, 1.5, 2.5, 2), Bar(T + 120_000, 3, 4, 2.5, 3.5, 2)]
    assert (recording.start_ms, recording.end_ms, recording.step) == (T, T + 600_000, Timeframe.M1)


def test_coarser_candles_are_made_of_the_rows(tmp_path: Path) -> None:
    recording = read_recording({"BTCUSDT": a_file(tmp_path, *minutes(12))})
    first, second, *_ = recording.bars("BTCUSDT", Timeframe.M5, T, T + 600_000)
    assert first == Bar(T, 1, 6, 0.5, 5.5, 10)
    assert second == Bar(T + 300_000, 6, 11, 5.5, 10.5, 10)


def test_the_bar_in_progress_grows_into_the_closed_one(tmp_path: Path) -> None:
    recording = read_recording({"BTCUSDT": a_file(tmp_path, *minutes(3))})
    seen = [recording.open_bar("BTCUSDT", Timeframe.M1, T + part * 6000) for part in range(1, 10)]
    (closed,) = recording.bars("BTCUSDT", Timeframe.M1, T, T + 60_000)
    for bar in seen:
        assert bar is not None
        assert not check_bar(bar).closed
        assert closed.low <= bar.low <= bar.high <= closed.high
        assert bar.open == closed.open


def test_a_recording_has_no_finer_bars_than_its_rows(tmp_path: Path) -> None:
    rows = [f"{T + index * HOUR_MS},1,1,1,1,1" for index in range(3)]
    recording = read_recording({"BTCUSDT": a_file(tmp_path, *rows)})
    assert recording.step is Timeframe.H1
    assert Timeframe.M1 not in recording.timeframes
    assert Timeframe.D1 in recording.timeframes


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param([f"{T},1,1,1,1,1", f"{T},1,1,1,1,1"], ":3: open_time does not rise", id="repeated time"),
        pytest.param([f"{T},1,0.5,1,1,1"], ":2: bar", id="impossible candle"),
        pytest.param([f"{T},x,1,1,1,1"], ":2: could not convert", id="no number"),
        pytest.param([f"{T},1,1"], ":2:", id="too few columns"),
        pytest.param([], "no rows", id="empty"),
        pytest.param([f"{T + 7},1,1,1,1,1", f"{T + 60_007},1,1,1,1,1"], "grid", id="not on a grid"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_its_line(tmp_path: Path, rows: list[str], words: str) -> None:
    with pytest.raises(ContractViolation, match=words):
        read_recording({"BTCUSDT": a_file(tmp_path, *rows)})


@pytest.mark.parametrize("timeframe", list(Timeframe))
def test_the_walk_has_possible_bars_that_join(timeframe: Timeframe) -> None:
    walk = RandomWalk("seed")
    start = open_time(timeframe, T)
    bars = walk.bars("BTCUSDT", timeframe, start, start + 20 * timeframe.length_ms)
    assert len(bars) >= 19
    for before, after in pairwise(bars):
        assert check_bar(after).open == before.close
        assert after.open_time == close_time(timeframe, before.open_time)


def test_the_walk_depends_on_seed_symbol_and_time_alone() -> None:
    one, two = RandomWalk("seed"), RandomWalk("seed")
    two.bars("ETHUSDT", Timeframe.H1, T - 10 * HOUR_MS, T)
    asked = "BTCUSDT", Timeframe.M1, T, T + HOUR_MS
    assert one.bars(*asked) == two.bars(*asked)
    assert one.bars(*asked) != RandomWalk("other").bars(*asked)
    assert one.bars(*asked) != one.bars("ETHUSDT", *asked[1:])


def test_the_walk_moves() -> None:
    closes = [bar.close for bar in RandomWalk("seed").bars("BTCUSDT", Timeframe.M1, T, T + 24 * HOUR_MS)]
    assert len(set(closes)) > 500
    assert 1.002 < max(closes) / min(closes) < 1.5


def test_simulated_time_continues_from_its_anchor_and_stops_at_its_end() -> None:
    wall = 5_000
    clock = SimulatedClock(origin_ms=100, anchor_ms=1_000, speed=10, end_ms=50_000, wall_ms=lambda: wall)
    assert clock.now_ms() == 100 + 40_000
    wall = 9_000
    assert clock.now_ms() == 50_000
