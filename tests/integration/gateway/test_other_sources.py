"""A drawing's slower data source, asked of the real gateway: closed bars alone, each when it is due."""

from typing import Any

import pytest

from exchange.candles import MINUTE_MS, T0_MS
from strategy_contracts.bundle import Subscription
from strategy_contracts.timeframe import Timeframe, close_time, open_time
from strategy_runner.errors import ChannelRefused
from strategy_runner.source_books import SourceBooks

pytestmark = pytest.mark.timeout(60)

NOW_MS = T0_MS + 500 * MINUTE_MS


async def test_bars_of_another_timeframe_come_as_far_as_they_have_closed(open_market: Any) -> None:
    market = await open_market("--speed", "0", "--history", "500", "--bars", "3000")
    source = Subscription(source_node="d2", provider="binance", symbol="ETHUSDT", timeframe="5m", lookback=20)
    books = SourceBooks([(source, market.feed("ETHUSDT", lookback=20, timeframe="5m"))], wait_s=0.0)
    time_ms = NOW_MS - 7 * MINUTE_MS
    assert books.lack(time_ms)
    await books.bring(time_ms, now=0.0)
    assert not books.lack(time_ms)
    bars = books.news(time_ms, {})["d2"]
    await books.close()
    assert len(bars) == 20
    assert all(bar.closed for bar in bars)
    newest = close_time(Timeframe.M5, bars[-1].open_time)
    assert newest == open_time(Timeframe.M5, time_ms)


async def test_a_source_that_no_provider_has_is_refused(open_market: Any) -> None:
    market = await open_market("--speed", "0", "--history", "50", "--bars", "100")
    feed = market.feed("NOSUCHTHING", timeframe="5m")
    with pytest.raises(ChannelRefused):
        await feed.history("NOSUCHTHING", NOW_MS - 10 * MINUTE_MS, NOW_MS)
    await feed.close()
