"""`/api/signals`: filters, pages, isolation, and the same answers from memory and from the database."""

import json
from datetime import timedelta
from typing import Any

import pytest

from api_serving import Api, Outside, a_token, answering, bearer, messages, now, served, settings, subscribed, until
from strategy_contracts.signal import Action, SignalStatus

MINUTE = 60_000


async def stored(api: Api) -> None:
    """Until hub and store have everything."""
    await api.read_everything()
    log = api.outside.signals
    await until(lambda: all(api.outside.store.position_of(p) >= end for p, end in log.ends().items()))


def publish_a_mixture(outside: Outside) -> None:
    """Eight signals of owner 42 and one of a stranger."""
    for number in range(1, 9):
        outside.publish(
            number,
            at_ms=number * MINUTE,
            symbol="BTCUSDT" if number % 2 else "ethusdt",
            action=Action.BUY if number <= 4 else Action.SELL,
            confidence=number / 10,
            strategy_id="a" if number <= 6 else "b",
        )
    outside.publish(1, owner="7", execution_id="strange")


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        pytest.param("", [8, 7, 6, 5, 4, 3, 2, 1], id="newest first"),
        pytest.param("limit=3", [8, 7, 6], id="a page"),
        pytest.param("limit=3&offset=2", [6, 5, 4], id="another page"),
        pytest.param("offset=100", [], id="a page behind the end"),
        pytest.param("symbols=ETHUSDT", [8, 6, 4, 2], id="one symbol, whatever its spelling"),
        pytest.param("symbols=btcusdt,ETHUSDT&limit=2", [8, 7], id="two symbols"),
        pytest.param("actions=SELL", [8, 7, 6, 5], id="an action"),
        pytest.param("actions=SELL,BUY&strategy_ids=b", [8, 7], id="a strategy"),
        pytest.param("min_confidence=0.75", [8], id="a confidence"),
        pytest.param("status=active", [8, 7, 6, 5, 4, 3, 2, 1], id="a status"),
        pytest.param("status=executed", [], id="a status nobody has"),
        pytest.param("from_date=1970-01-01T00:07:00Z", [8, 7], id="from a time on"),
        pytest.param("to_date=1970-01-01T00:02:00", [2, 1], id="up to a time, UTC without a zone"),
        pytest.param("from_date=1970-01-01T01:07:00%2B01:00&to_date=1970-01-01T00:07:00Z", [7], id="another zone"),
        pytest.param("from_date=1970-01-01T01:07:00+01:00&limit=1", [8], id="a plus that was not escaped"),
        pytest.param("from_date=1970-01-01 00:08:00", [8], id="a time with a space, as the platform writes it"),
    ],
)
async def test_the_list(query: str, sequences: list[int]) -> None:
    outside = Outside()
    publish_a_mixture(outside)
    async with answering(outside) as api:
        await stored(api)
        answer = await api.http.get(f"/api/signals/list?{query}")
    assert answer.status_code == 200
    assert [signal["sequence"] for signal in answer.json()["signals"]] == sequences


async def test_the_list_says_what_it_was_asked() -> None:
    async with answering(Outside()) as api:
        await stored(api)
        answer = (
            await api.http.get("/api/signals/list?symbols=btcusdt, ETHUSDT&actions=BUY&min_confidence=0.5")
        ).json()
    assert answer["filters_applied"] == {
        "symbols": ["btcusdt", "ETHUSDT"],
        "strategy_ids": None,
        "actions": ["BUY"],
        "status": None,
        "min_confidence": 0.5,
        "from_date": None,
        "to_date": None,
    }
    assert (answer["total_count"], answer["limit"], answer["offset"]) == (0, 100, 0)


@pytest.mark.parametrize("query", ["", "limit=2", "limit=2&symbols=BTCUSDT,ETHUSDT"])
async def test_total_count_is_of_all_matching_not_of_the_page(query: str) -> None:
    outside = Outside()
    publish_a_mixture(outside)
    async with answering(outside) as api:
        await stored(api)
        assert (await api.http.get(f"/api/signals/list?{query}")).json()["total_count"] == 8


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        pytest.param("actions=HODL", 400, "Invalid parameter value", id="an unknown action"),
        pytest.param("status=ACTIVE", 400, "Invalid parameter value", id="statuses are lower case"),
        pytest.param("limit=0", 422, "limit", id="a limit of nothing"),
        pytest.param("limit=1001", 422, "limit", id="a limit too high"),
        pytest.param("limit=ten", 422, "limit", id="a limit that is no number"),
        pytest.param("offset=-1", 422, "offset", id="a negative offset"),
        pytest.param("min_confidence=1.5", 422, "min_confidence", id="more than certain"),
        pytest.param("min_confidence=nan", 422, "min_confidence", id="not a number"),
        pytest.param("from_date=yesterday", 422, "from_date", id="no time"),
    ],
)
async def test_wrong_parameters_are_named(query: str, status: int, named: str) -> None:
    async with answering(Outside()) as api:
        answer = await api.http.get(f"/api/signals/list?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["detail"]


async def test_all_wrong_parameters_are_named_at_once() -> None:
    async with answering(Outside()) as api:
        answer = await api.http.get("/api/signals/list?limit=0&offset=-1")
    assert {problem["loc"] for problem in answer.json()["errors"]} == {"limit", "offset"}


async def test_the_lists_cursor_continues_on_the_stream() -> None:
    outside = Outside()
    publish_a_mixture(outside)
    async with served(outside) as api:
        await stored(api)
        for query in ("", "symbols=BTCUSDT"):
            cursor = (await api.http.get(f"/api/signals/list?{query}")).json()["cursor"]
            later = outside.publish(20 + len(query), at_ms=(20 + len(query)) * MINUTE)
            async with api.stream() as stream:
                assert (await subscribed(stream, "*", after=cursor))["recovered"] is True
                (received,) = await messages(stream, 1)
            assert received["data"]["signal_id"] == later.signal_id
            await stored(api)


async def test_one_signal_its_owner_and_a_stranger() -> None:
    outside = Outside()
    signal = outside.publish(1)
    async with answering(outside) as api:
        await stored(api)
        own = await api.http.get(f"/api/signals/{signal.signal_id}")
        strange = await api.http.get(f"/api/signals/{signal.signal_id}", headers=bearer(a_token(7, "bob")))
        nothing = await api.http.get("/api/signals/sig_20260101_000000_0")
    assert own.json()["signal_id"] == signal.signal_id
    assert own.json()["execution_params"]["quantity"] == 0.1
    assert (strange.status_code, nothing.status_code) == (404, 404)
    assert strange.json() == nothing.json()
    assert nothing.json()["detail"] == "Signal not found"


async def test_a_fresh_signal_is_found_before_it_is_stored() -> None:
    outside = Outside()
    outside.store.available = False
    signal = outside.publish(1)
    async with answering(outside) as api:
        await api.read_everything()
        assert (await api.http.get(f"/api/signals/{signal.signal_id}")).status_code == 200
        latest = await api.http.get("/api/signals/latest/btcusdt?limit=1")
    assert [found["signal_id"] for found in latest.json()] == [signal.signal_id]


@pytest.mark.parametrize("ring_size", [pytest.param(1000, id="from memory"), pytest.param(1, id="from the database")])
async def test_the_latest_of_a_symbol_are_a_bare_array(ring_size: int) -> None:
    outside = Outside()
    publish_a_mixture(outside)
    async with answering(outside, settings(stream_ring_size=ring_size)) as api:
        await stored(api)
        answer = await api.http.get("/api/signals/latest/EthUsdt?limit=3")
        assert [signal["sequence"] for signal in answer.json()] == [8, 6, 4]
        assert (await api.http.get("/api/signals/latest/EthUsdt?limit=101")).status_code == 422


@pytest.mark.parametrize("ring_size", [pytest.param(1000, id="from memory"), pytest.param(1, id="from the database")])
async def test_an_expired_signal_says_so(ring_size: int) -> None:
    outside = Outside()
    past, future = now() - timedelta(seconds=1), now() + timedelta(hours=1)
    outside.publish(1, at_ms=MINUTE, expires_at=past)
    outside.publish(2, at_ms=2 * MINUTE, expires_at=future)
    outside.publish(3, at_ms=3 * MINUTE, expires_at=past, status=SignalStatus.EXECUTED)
    async with answering(outside, settings(stream_ring_size=ring_size)) as api:
        await stored(api)

        async def statuses(query: str) -> list[Any]:
            return [s["status"] for s in (await api.http.get(f"/api/signals/list?{query}")).json()["signals"]]

        assert await statuses("") == ["executed", "active", "expired"]
        assert await statuses("status=expired") == ["expired"]
        assert await statuses("status=active") == ["active"]


async def test_without_the_database_history_is_503_and_the_stream_flows_and_it_catches_up() -> None:
    outside = Outside()
    async with served(outside) as api, api.stream() as stream:
        await subscribed(stream)
        outside.store.available = False
        published = [outside.publish(n, at_ms=n * MINUTE) for n in range(1, 6)]
        assert len(await messages(stream, 5)) == 5
        answer = await api.http.get("/api/signals/list?symbols=BTCUSDT")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert (await api.http.get("/health/ready")).status_code == 200
        outside.store.available = True
        await stored(api)
        answer = await api.http.get("/api/signals/list?symbols=BTCUSDT")
    assert [s["signal_id"] for s in answer.json()["signals"]] == [s.signal_id for s in reversed(published)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/signals/analytics/summary"),
        ("GET", "/api/signals/sig_1/performance"),
        ("POST", "/api/signals/test"),
        ("DELETE", "/api/signals/sig_1"),
        ("POST", "/api/strategies/a/configure"),
        ("GET", "/api/strategies/a/metrics"),
    ],
)
async def test_what_is_not_built_says_so(method: str, path: str) -> None:
    async with answering(Outside()) as api:
        answer = await api.http.request(method, path)
    assert answer.status_code == 501
    assert path in answer.json()["detail"]


async def test_server_sent_events_are_the_same_stream() -> None:
    outside = Outside()
    first = outside.publish(1, at_ms=MINUTE)
    async with served(outside) as api:
        await api.read_everything()
        wants = {"Accept": "text/event-stream"}
        async with api.http.stream("GET", "/api/signals/stream?symbols=BTCUSDT", headers=wants) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            greeting = await _event(lines)
            second = outside.publish(2, at_ms=2 * MINUTE)
            event = await _event(lines)
        assert greeting["data"]["type"] == "connection"
        assert event["data"]["data"]["signal_id"] == second.signal_id
        assert event["id"] == event["data"]["cursor"]
        resuming = wants | {"Last-Event-ID": greeting["id"]}
        async with api.http.stream("GET", "/api/signals/stream", headers=resuming) as answer:
            lines = answer.aiter_lines()
            assert (await _event(lines))["data"]["recovered"] is True
            assert (await _event(lines))["data"]["data"]["signal_id"] == second.signal_id
    assert first.signal_id != second.signal_id


async def test_the_streams_path_by_plain_http_explains_itself() -> None:
    async with answering(Outside()) as api:
        answer = await api.http.get("/api/signals/stream")
    assert answer.status_code == 406


async def _event(lines: Any) -> dict[str, Any]:
    """The next server-sent event."""
    event: dict[str, Any] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if not line and event:
            return event
        event[name] = json.loads(value) if name == "data" else value
    raise AssertionError("the stream ended")
