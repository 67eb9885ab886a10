"""Streams that fall silent, correct themselves, or belong to a simulated exchange; starts far in the past."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from exchange.candles import MINUTE_MS, T0_MS, random_candles
from strategy_contracts.bar import Bar
from strategy_runner.bar_feed import BarUpdate

pytestmark = pytest.mark.timeout(60)

HISTORY = 500


def recorded(symbol: str, price: float, first: int, last: int) -> list[Bar]:
    candles = random_candles(symbol, last, price=price)[first:last]
    return [Bar(c.open_time, c.open, c.high, c.low, c.close, c.volume) for c in candles]


async def test_a_silent_stream_is_helped_out_by_rest(open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "0", "--history", str(HISTORY), SILENCE_SECONDS="0.5")
    collector = collect(market.feed("BTCUSDT", lookback=10))
    await collector.until(lambda: collector.caught_up == 1)
    await market.exchange.control("mute", stream="btcusdt@kline_1m", on=1)
    await market.exchange.control("advance", bars=7)
    await collector.until(lambda: len(collector.closed["BTCUSDT"]) == 17)
    assert collector.closed["BTCUSDT"] == recorded("BTCUSDT", 23_000.0, HISTORY - 10, HISTORY + 7)


async def test_a_stream_that_speaks_again_continues_where_rest_left_off(open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "0", "--history", str(HISTORY), SILENCE_SECONDS="0.5")
    collector = collect(market.feed("BTCUSDT", lookback=10))
    await collector.until(lambda: collector.caught_up == 1)
    await market.exchange.control("mute", stream="btcusdt@kline_1m", on=1)
    await market.exchange.control("advance", bars=3)
    await collector.until(lambda: len(collector.closed["BTCUSDT"]) == 13)
    await market.exchange.control("mute", stream="btcusdt@kline_1m", on=0)
    await market.exchange.control("advance", bars=5)
    await collector.until(lambda: len(collector.closed["BTCUSDT"]) == 18)
    assert collector.closed["BTCUSDT"] == recorded("BTCUSDT", 23_000.0, HISTORY - 10, HISTORY + 8)


async def test_a_revised_bar_comes_again_with_a_revision(open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "0", "--history", str(HISTORY))
    collector = collect(market.feed("BTCUSDT", lookback=10))
    await collector.until(lambda: collector.caught_up == 1)
    await market.exchange.control("advance", bars=2)
    await collector.until(lambda: len(collector.closed["BTCUSDT"]) == 12)
    open_time = T0_MS + (HISTORY + 1) * MINUTE_MS
    await market.exchange.control("revise", symbol="BTCUSDT", open_time=open_time, close=22_999.5)
    await collector.until(lambda: len(collector.closed["BTCUSDT"]) == 13)
    revised = collector.closed["BTCUSDT"][-1]
    assert (revised.open_time, revised.close, revised.revision) == (open_time, 22_999.5, 1)


async def test_a_start_before_the_lookback_is_read_page_by_page(open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "0", "--history", "2500", "--bars", "3000")
    collector = collect(market.feed(lookback=10), T0_MS + 100 * MINUTE_MS)
    await collector.until(lambda: collector.caught_up == 1)
    bars = [item for item in collector.items if isinstance(item, BarUpdate)]
    assert collector.closed["BTCUSDT"] == recorded("BTCUSDT", 23_000.0, 100, 2500)
    assert [item.bar.open_time for item in bars] == sorted(item.bar.open_time for item in bars)
    assert [item.symbol for item in bars[:4]] == ["BTCUSDT", "ETHUSDT", "BTCUSDT", "ETHUSDT"]


async def test_progress_of_the_open_bar_comes_in_order_and_drives_the_clock(open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "0", "--history", str(HISTORY), "--update-ms", "2000")
    collector = collect(market.feed("BTCUSDT", lookback=10))
    await collector.until(lambda: collector.caught_up == 1)
    await asyncio.sleep(0.2)
    await market.exchange.control("advance", bars=1)
    await collector.until(lambda: len(collector.closed["BTCUSDT"]) == 11)
    live = [item for item in collector.items[11:] if isinstance(item, BarUpdate)]
    times = [item.event_time_ms for item in live]
    assert [item.bar.closed for item in live] == [False] * (len(live) - 1) + [True]
    assert times == sorted(times)
    assert times[-1] == T0_MS + (HISTORY + 1) * MINUTE_MS
    assert len(live) > 20
    assert all(item.sent_ns > 0 for item in live)


async def test_many_streams_keep_to_the_message_limit_and_answer_pings(open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "3000", "--history", str(HISTORY), "--ping-seconds", "0.8")
    timeframes = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M")
    collectors = []
    for timeframe in timeframes:
        collectors.append(collect(market.feed(timeframe=timeframe, lookback=10)))
        await asyncio.sleep(0.05)
    await asyncio.gather(*(one.until(lambda one=one: one.caught_up == 1) for one in collectors))
    await asyncio.sleep(2.0)
    streams = (await market.exchange.counts())["streams"]
    assert "kicked" not in streams
    assert streams["connections"] == 1
    assert streams["pongs"] >= 3


def write_csv(path: Path, symbol: str, price: float, count: int) -> None:
    rows = random_candles(symbol, count, price=price)
    lines = [f"{c.open_time},{c.open},{c.high},{c.low},{c.close},{c.volume}" for c in rows]
    path.write_text("\n".join(["open_time,open,high,low,close,volume", *lines]) + "\n")


async def test_a_replay_goes_on_where_it_was_when_the_gateway_is_killed(
    open_market: Any, collect: Any, tmp_path: Path
) -> None:
    files = []
    for symbol, price in (("BTCUSDT", 23_000.0), ("ETHUSDT", 1_600.0)):
        write_csv(tmp_path / f"{symbol}.csv", symbol, price, 2000)
        files.append(f"{symbol}={tmp_path / symbol}.csv")
    market = await open_market(
        REPLAY_FILES=",".join(files), REPLAY_SPEED="3000", REPLAY_HISTORY_BARS="100", PROVIDERS="replay"
    )
    collector = collect(market.feed(lookback=50, provider="replay"))
    await collector.until_closed(150)
    market.gateway.kill()
    await market.gateway.start()
    await collector.until_closed(400)
    for symbol, price in (("BTCUSDT", 23_000.0), ("ETHUSDT", 1_600.0)):
        got = collector.closed[symbol][:400]
        first = (got[0].open_time - T0_MS) // MINUTE_MS
        assert got == recorded(symbol, price, first, first + 400)


async def test_a_mock_is_the_same_walk_in_history_and_live(open_market: Any, collect: Any) -> None:
    market = await open_market(MOCK_SPEED="1200", PROVIDERS="mock")
    feed = market.feed("ANY/THING", lookback=20, provider="mock")
    collector = collect(feed)
    await collector.until(lambda: len(collector.closed.get("ANY/THING", ())) >= 60)
    live = collector.closed["ANY/THING"][:60]
    asked = await feed.history("ANY/THING", live[0].open_time, live[-1].open_time + 1)
    assert asked == live
    assert all(before.close == after.open for before, after in pairwise(live))
