"""Whatever breaks between the exchange and a run: no closed bar is lost, none comes twice, none out of order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from exchange.candles import MINUTE_MS, T0_MS, random_candles
from strategy_contracts.bar import Bar

HISTORY, LOOKBACK = 500, 200
PRICES = {"BTCUSDT": 23_000.0, "ETHUSDT": 1_600.0}


def recorded(symbol: str, count: int) -> list[Bar]:
    """The first bars a run that starts after HISTORY minutes with LOOKBACK bars must get, as recorded."""
    candles = random_candles(symbol, HISTORY + count, price=PRICES[symbol])[HISTORY - LOOKBACK :]
    return [Bar(c.open_time, c.open, c.high, c.low, c.close, c.volume) for c in candles][:count]


async def nothing(_: Any) -> None:
    """No fault."""


async def drop_sockets(market: Any) -> None:
    for _ in range(3):
        await market.exchange.control("disconnect")
        await asyncio.sleep(0.3)


async def shut_down_politely(market: Any) -> None:
    await market.exchange.control("shutdown")


async def refuse_sockets_for_a_while(market: Any) -> None:
    await market.exchange.control("refuse", on=1)
    await market.exchange.control("disconnect")
    await asyncio.sleep(1.0)
    await market.exchange.control("refuse", on=0)


async def kill_gateway(market: Any) -> None:
    market.gateway.kill()
    await asyncio.sleep(0.5)
    await market.gateway.start(until_ready=False)


async def flush_redis(market: Any) -> None:
    await market.redis.flush()
    await market.redis.drop_subscribers()


async def restart_redis(market: Any) -> None:
    market.redis.kill()
    await asyncio.sleep(1.0)
    await market.redis.start()


async def drop_subscribers(market: Any) -> None:
    for _ in range(3):
        assert await market.redis.drop_subscribers() >= 1
        await asyncio.sleep(0.8)


async def throttle_after_a_disconnect(market: Any) -> None:
    await market.exchange.control("throttle", seconds=1)
    await market.exchange.control("disconnect")


async def ban_after_a_disconnect(market: Any) -> None:
    await market.exchange.control("ban", seconds=2)
    await market.exchange.control("disconnect")


async def fail_rest_after_a_disconnect(market: Any) -> None:
    await market.exchange.control("fail", status=503, count=4)
    await market.exchange.control("disconnect")


async def swallow_and_repeat_closes(market: Any) -> None:
    for _ in range(5):
        await market.exchange.control("swallow", stream="btcusdt@kline_1m")
        await market.exchange.control("repeat", stream="ethusdt@kline_1m")
        await asyncio.sleep(0.1)


FAULTS = [
    nothing,
    drop_sockets,
    shut_down_politely,
    refuse_sockets_for_a_while,
    kill_gateway,
    flush_redis,
    restart_redis,
    drop_subscribers,
    throttle_after_a_disconnect,
    ban_after_a_disconnect,
    fail_rest_after_a_disconnect,
    swallow_and_repeat_closes,
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("hurt", FAULTS, ids=lambda fault: fault.__name__.replace("_", " "))
async def test_bars_are_whole_after(hurt: Callable[[Any], Awaitable[None]], open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "0", "--history", str(HISTORY), "--bars", "3000", "--update-ms", "20000")
    collector = collect(market.feed(lookback=LOOKBACK))
    await collector.until(lambda: collector.caught_up == 1)
    assert [bar.open_time for bar in collector.closed["BTCUSDT"]] == [
        T0_MS + index * MINUTE_MS for index in range(HISTORY - LOOKBACK, HISTORY)
    ]
    await market.exchange.control("run", speed=3000)
    await collector.until_closed(LOOKBACK + 50)
    await hurt(market)
    reached = max(len(bars) for bars in collector.closed.values())
    await collector.until_closed(reached + 100)
    for symbol in PRICES:
        assert collector.closed[symbol][: reached + 100] == recorded(symbol, reached + 100)


@pytest.mark.timeout(240)
async def test_three_thousand_bars_of_two_symbols_are_whole_through_every_fault(open_market: Any, collect: Any) -> None:
    count = LOOKBACK + 3000
    market = await open_market("--speed", "0", "--history", str(HISTORY), "--bars", "3600", "--update-ms", "20000")
    collector = collect(market.feed(lookback=LOOKBACK))
    await collector.until(lambda: collector.caught_up == 1)
    await market.exchange.control("run", speed=4000)
    for number, hurt in enumerate(FAULTS):
        await collector.until_closed(LOOKBACK + (number + 1) * 3000 // (len(FAULTS) + 1), timeout_s=60)
        await hurt(market)
    await collector.until_closed(count, timeout_s=60)
    assert {symbol: collector.closed[symbol][:count] for symbol in PRICES} == {
        symbol: recorded(symbol, count) for symbol in PRICES
    }
