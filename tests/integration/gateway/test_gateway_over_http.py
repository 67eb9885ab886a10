"""The gateway process as a runner's HTTP client sees it."""

import asyncio
import signal
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from exchange.candles import MINUTE_MS, T0_MS

pytestmark = pytest.mark.timeout(60)

NOW_MS = T0_MS + 500 * MINUTE_MS


def a_channel(symbol: str = "BTCUSDT", provider: str = "binance", timeframe: str = "1m") -> dict[str, str]:
    return {"provider": provider, "symbol": symbol, "timeframe": timeframe}


class Runner:
    """A client of one execution."""

    def __init__(self, session: aiohttp.ClientSession, url: str, execution_id: str = "run-1") -> None:
        self._session, self._url, self._id = session, url, execution_id

    async def subscribe(self, *channels: dict[str, str], lookback: int = 5) -> tuple[int, Any]:
        body = {"channels": channels, "lookback": lookback}
        async with self._session.put(f"{self._url}/v1/subscriptions/{self._id}", json=body) as answer:
            return answer.status, await answer.json()

    async def bars(self, **query: str | int) -> tuple[int, Any]:
        async with self._session.get(f"{self._url}/v1/bars", params=query) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def market(open_market: Any) -> Any:
    return await open_market("--speed", "0", "--history", "500", "--bars", "3000")


@pytest.fixture
async def runner(market: Any) -> Any:
    async with aiohttp.ClientSession() as session:
        yield Runner(session, market.gateway.url)


async def test_a_snapshot_ends_with_the_newest_closed_bar(runner: Runner) -> None:
    _, answer = await runner.subscribe(a_channel(), lookback=3)
    (snapshot,) = answer["channels"]
    assert [bar[0] for bar in snapshot["bars"]] == [NOW_MS - count * MINUTE_MS for count in (3, 2, 1)]
    assert all(bar[6] for bar in snapshot["bars"])
    assert snapshot["server_time_ms"] == NOW_MS


async def test_a_renewal_tells_where_the_channel_stands_and_carries_no_bars(runner: Runner) -> None:
    _, first = await runner.subscribe(a_channel())
    _, again = await runner.subscribe(a_channel(), lookback=0)
    assert again["channels"][0]["bars"] == []
    assert again["channels"][0]["epoch"] == first["channels"][0]["epoch"]


@pytest.mark.parametrize(
    ("channel", "reason", "words", "permanent"),
    [
        pytest.param(a_channel("BTCUDST"), "symbol_unknown", "near are BTCUSDT", True, id="unknown symbol"),
        pytest.param(a_channel(provider="iex_cloud"), "provider_refused", "was shut down on 2024", True, id="iex"),
        pytest.param(a_channel(provider="polygon"), "provider_refused", "not built yet", True, id="not built"),
        pytest.param(a_channel(provider="replay"), "provider_refused", "no recordings", True, id="nothing to replay"),
        pytest.param(a_channel(provider="nobody"), "provider_refused", "there is no provider", True, id="unknown"),
    ],
)
async def test_a_refusal_says_why_and_what_is_near(
    runner: Runner, channel: dict[str, str], reason: str, words: str, permanent: bool
) -> None:
    status, answer = await runner.subscribe(channel, a_channel("ETHUSDT"))
    refusal, other = answer["channels"]
    assert (status, refusal["type"], refusal["reason"], refusal["permanent"]) == (200, "refusal", reason, permanent)
    assert words in refusal["message"]
    assert other["type"] == "snapshot"


async def test_a_provider_that_is_away_is_no_permanent_refusal(market: Any, runner: Runner) -> None:
    await market.exchange.control("ban", seconds=60)
    _, answer = await runner.subscribe(a_channel())
    assert (answer["channels"][0]["type"], answer["channels"][0]["permanent"]) == ("refusal", False)
    await market.exchange.control("ban", seconds=0)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"channels": [], "lookback": 5}, id="no channel"),
        pytest.param({"channels": [a_channel()], "lookback": 5001}, id="too many bars"),
        pytest.param({"channels": [a_channel(timeframe="2m")], "lookback": 5}, id="no such timeframe"),
        pytest.param({"channels": [a_channel()] * 201, "lookback": 5}, id="too many channels"),
        pytest.param({"lookback": 5}, id="no channels"),
    ],
)
async def test_a_request_that_makes_no_sense_is_a_problem(market: Any, body: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{market.gateway.url}/v1/subscriptions/run-1"
        async with session.put(url, json=body) as answer:
            problem = await answer.json(content_type="application/problem+json")
    assert problem["status"] == answer.status == 400
    assert problem["detail"]


async def test_history_is_what_the_exchange_has_in_the_range(runner: Runner) -> None:
    status, answer = await runner.bars(**a_channel(timeframe="5m"), **{"from": T0_MS, "to": NOW_MS + 10**9})
    assert status == 200
    assert [bar[0] for bar in answer["bars"]] == list(range(T0_MS, NOW_MS, 5 * MINUTE_MS))


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        pytest.param({"from": 0, "to": 10**12}, 400, "5000 periods", id="too long"),
        pytest.param({"from": 10, "to": 5}, 400, "from <= to", id="backwards"),
        pytest.param({"from": 10}, 400, "'to' is missing", id="no end"),
        pytest.param({"from": 0, "to": 1, "symbol": "NIX"}, 404, "has no symbol 'NIX'", id="unknown symbol"),
    ],
)
async def test_history_that_cannot_be_had_is_a_problem(
    runner: Runner, query: dict[str, Any], status: int, words: str
) -> None:
    got, problem = await runner.bars(**(a_channel() | query))
    assert (got, problem["status"]) == (status, status)
    assert words in problem["detail"]


async def test_many_runners_cost_the_exchange_what_one_costs(market: Any) -> None:
    spellings = ["BTCUSDT", "BTC/USDT", "BTC-USDT", "btcusdt"]
    async with aiohttp.ClientSession() as session:
        runners = [Runner(session, market.gateway.url, f"run-{number}") for number in range(40)]
        answers = await asyncio.gather(
            *(runner.subscribe(a_channel(spellings[number % 4])) for number, runner in enumerate(runners))
        )
    symbols = [answer["channels"][0]["channel"]["symbol"] for _, answer in answers]
    assert symbols == [spellings[number % 4] for number in range(40)]
    counts = await market.exchange.counts()
    assert counts["rest"] == {"/api/v3/exchangeInfo": 1, "/api/v3/time": 1, "/api/v3/klines": 1}
    assert counts["streams"]["connections"] == 1


async def test_closed_bars_are_asked_for_once(market: Any, runner: Runner) -> None:
    query = a_channel() | {"from": T0_MS, "to": T0_MS + 100 * MINUTE_MS}
    await runner.bars(**query)
    before = (await market.exchange.counts())["rest"]["/api/v3/klines"]
    await asyncio.gather(*(runner.bars(**query) for _ in range(10)))
    assert (await market.exchange.counts())["rest"]["/api/v3/klines"] == before


async def test_a_killed_gateway_takes_its_channels_up_again_before_any_runner_asks(market: Any, runner: Runner) -> None:
    await runner.subscribe(a_channel())
    market.gateway.kill()
    await market.gateway.start()
    async with asyncio.timeout(10):
        while (await market.exchange.counts())["streams"].get("connections", 0) < 2:
            await asyncio.sleep(0.05)


async def test_a_gateway_ends_cleanly_on_sigterm(market: Any, runner: Runner) -> None:
    await runner.subscribe(a_channel())
    market.gateway.signal(signal.SIGTERM)
    assert await asyncio.to_thread(market.gateway.wait) == 0
    log = market.gateway.log.read_text()
    assert '"level":"error"' not in log
    assert market.redis.url not in log
    await market.gateway.start()


async def test_the_metrics_have_no_label_that_grows_with_runs(market: Any, runner: Runner) -> None:
    await runner.subscribe(a_channel(), a_channel("ETHUSDT"))
    await market.exchange.control("advance", bars=2)
    async with aiohttp.ClientSession() as session, session.get(f"{market.gateway.url}/metrics") as answer:
        text = await answer.text()
    assert 'gateway_updates_total{provider="binance",verdict="closed"}' in text
    assert "BTCUSDT" not in text
    assert "run-1" not in text


async def test_every_name_in_redis_has_the_prefix(open_market: Any, collect: Any) -> None:
    market = await open_market("--speed", "0", "--history", "500", MARKET_REDIS_PREFIX="ns/release:")
    collector = collect(market.feed(lookback=10, redis_prefix="ns/release:"))
    await collector.until(lambda: collector.caught_up == 1)
    await market.exchange.control("advance", bars=2)
    await collector.until_closed(12)
    async with Redis.from_url(market.redis.url, protocol=2) as client:
        keys: list[Any] = await client.keys("*")
    assert len(keys) >= 3
    assert all(key.startswith(b"ns/release:") for key in keys)


async def test_a_silence_outlives_the_gateway_that_was_told(market: Any, runner: Runner) -> None:
    await market.exchange.control("ban", seconds=60)
    await runner.subscribe(a_channel())
    async with Redis.from_url(market.redis.url, protocol=2) as client, asyncio.timeout(10):
        while not await client.exists("market-gateway:silence:binance"):
            await asyncio.sleep(0.1)
    market.gateway.kill()
    await market.gateway.start()
    asked = (await market.exchange.counts())["rest"]["418"]
    _, answer = await runner.subscribe(a_channel())
    assert answer["channels"][0]["permanent"] is False
    assert (await market.exchange.counts())["rest"]["418"] == asked
