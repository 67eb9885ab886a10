"""The test exchange's candles and rules: what everything else is measured against must be right itself."""

import json
from itertools import pairwise

import pytest

from exchange.candles import MINUTE_MS, T0_MS, Candle, Recording, interval_close, interval_open, random_candles
from exchange.connection import Connection, answer_request
from exchange.exchange_clock import ExchangeClock
from exchange.request_weight import RequestWeight

CANDLES = random_candles("seed", 120)


def test_random_candles_depend_on_the_seed_alone_and_join() -> None:
    assert random_candles("seed", 120) == CANDLES
    assert random_candles("other", 120) != CANDLES
    assert all(before.close == after.open for before, after in pairwise(CANDLES))


def test_the_last_row_is_the_open_candle() -> None:
    rows = Recording(CANDLES).rows("1m", T0_MS, T0_MS + 10**9, T0_MS + 5 * MINUTE_MS + 1000)
    assert rows[:5] == CANDLES[:5]
    assert rows[5].open_time == CANDLES[5].open_time
    assert rows[5] != CANDLES[5]


@pytest.mark.parametrize("part", range(1, 60))
def test_a_candle_in_progress_lies_within_the_closed_one(part: int) -> None:
    candle = Recording(CANDLES).at("1m", T0_MS, T0_MS + part * 1000)
    assert candle is not None
    assert candle.open == CANDLES[0].open
    assert CANDLES[0].low <= candle.low <= candle.close <= candle.high <= CANDLES[0].high


def test_five_minutes_are_made_of_minutes() -> None:
    (first, *_) = Recording(CANDLES).rows("5m", T0_MS, T0_MS + 10 * MINUTE_MS, T0_MS + 60 * MINUTE_MS)
    parts = CANDLES[:5]
    assert first == Candle(
        T0_MS,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        round(sum(part.volume for part in parts), 8),
    )


@pytest.mark.parametrize(
    ("interval", "at", "opened", "closed"),
    [
        ("1w", 1_677_628_800_000, 1_677_456_000_000, 1_678_060_800_000),
        ("1M", 1_677_628_800_000, 1_677_628_800_000, 1_680_307_200_000),
        ("1d", 1_677_628_800_001, 1_677_628_800_000, 1_677_715_200_000),
    ],
)
def test_intervals_open_and_close_where_exchanges_do(interval: str, at: int, opened: int, closed: int) -> None:
    assert (interval_open(interval, at), interval_close(interval, opened)) == (opened, closed)


def test_the_clock_runs_stands_and_never_passes_its_end() -> None:
    now = 0.0
    clock = ExchangeClock(1000, 100_000, 10.0, lambda: now)
    now = 2.0
    assert clock.now_ms() == 21_000
    clock.pause()
    now = 3.0
    assert clock.now_ms() == 21_000
    clock.run(1000.0)
    now = 9.0
    assert clock.now_ms() == 100_000


def test_weight_over_the_limit_is_warned_about_and_then_banned() -> None:
    now = 120.0
    weight = RequestWeight(lambda: now, limit=10)
    assert weight.charge("a", 10) == (10, None)
    refusals = [weight.charge("a", 2)[1] for _ in range(5)]
    assert [refusal.status for refusal in refusals if refusal is not None] == [429, 429, 429, 418, 418]
    assert refusals[0] is not None
    assert refusals[0].retry_after_s == 60
    assert weight.charge("b", 2) == (2, None)
    now = 241.0
    assert weight.charge("a", 2) == (2, None)


@pytest.mark.parametrize(
    ("text", "answer", "streams"),
    [
        ('{"method":"SUBSCRIBE","params":["b@trade"],"id":1}', {"result": None, "id": 1}, ["a@trade", "b@trade"]),
        ('{"method":"UNSUBSCRIBE","params":["a@trade"],"id":"x"}', {"result": None, "id": "x"}, []),
        ('{"method":"LIST_SUBSCRIPTIONS","id":2}', {"result": ["a@trade"], "id": 2}, ["a@trade"]),
        ('{"method":"GET_PROPERTY","params":["combined"],"id":3}', {"result": True, "id": 3}, ["a@trade"]),
        ('{"method":"DANCE","id":4}', 2, ["a@trade"]),
        ('{"method":"SUBSCRIBE","params":["Not A Stream"],"id":5}', 2, ["a@trade"]),
        ("{", 3, ["a@trade"]),
        ("[]", 2, ["a@trade"]),
    ],
)
async def test_requests_on_a_stream(text: str, answer: object, streams: list[str]) -> None:
    connection = Connection(None, None, True, 0, {"a@trade": None})  # type: ignore[arg-type]
    got = json.loads(answer_request(connection, text))
    assert (got if isinstance(answer, dict) else got["code"]) == answer
    assert list(connection.streams) == streams


async def test_a_connection_has_at_most_1024_streams() -> None:
    connection = Connection(None, None, True, 0)  # type: ignore[arg-type]
    names = [f"s{number}@trade" for number in range(1025)]
    assert "too many" in answer_request(connection, json.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}))
    assert not connection.streams
