"""The API as a process on real Kafka, PostgreSQL and Redis: nothing lost, nothing twice, whatever is killed."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import websockets
from redis.asyncio import Redis

from api_serving import SECRET, a_token, bearer, ids, messages, subscribed
from exchange.local_market import RedisServer
from integration.api.api_process import ApiProcess
from integration.api.signal_source import SignalSource
from integration.log.private_broker import PrivateBroker
from integration.private_postgres import PrivatePostgres
from strategy_archives import an_id
from strategy_contracts.exit_codes import ExitCode
from strategy_contracts.signal import Signal
from strategy_process.kafka_topics import ensure_topics
from strategy_tables import NO_CODE


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with RedisServer() as server:
        yield server


@pytest.fixture
def environment(broker: PrivateBroker, postgres: PrivatePostgres, database: str, redis: RedisServer) -> dict[str, str]:
    """Settings of a replica that has everything."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": broker.servers,
        "SIGNAL_DATABASE_URL": postgres.url(database),
        "REDIS_URL": redis.url,
    }


def sequences(received: list[dict[str, Any]]) -> list[int]:
    return [message["data"]["sequence"] for message in received]


async def history(api: ApiProcess, token: str, count: int, timeout_s: float = 30) -> list[int]:
    """The sequences in the database, oldest first, once there are so many."""
    async with asyncio.timeout(timeout_s), api.client(token) as client:
        while True:
            answer = await client.get("/api/signals/list?symbols=BTCUSDT&limit=1000")
            if answer.status_code == 200 and answer.json()["total_count"] >= count:
                return [signal["sequence"] for signal in reversed(answer.json()["signals"])]
            await asyncio.sleep(0.1)


async def test_signals_come_in_order_once_to_every_client_and_into_the_history(
    environment: dict[str, str], source: SignalSource, token: str
) -> None:
    async with ApiProcess(**environment) as api, api.stream(token) as one, api.stream(token) as other:
        await subscribed(one)
        await subscribed(other, "btcusdt")
        await source.publish(10)
        await source.abort()
        await source.publish(10)
        for stream in (one, other):
            received = await messages(stream, 20)
            assert sequences(received) == list(range(1, 21))
            assert ids(received) == [signal.signal_id for signal in source.published]
        assert await history(api, token, 20) == list(range(1, 21))


async def test_a_stranger_sees_nothing(environment: dict[str, str], source: SignalSource, token: str) -> None:
    async with ApiProcess(**environment) as api, api.stream(a_token("9" * 13, "mallory")) as theirs:
        await subscribed(theirs)
        (signal,) = await source.publish()
        assert await history(api, token, 1) == [1]
        async with api.client(a_token("9" * 13, "mallory")) as client:
            assert (await client.get("/api/signals/list")).json()["total_count"] == 0
            assert (await client.get(f"/api/signals/{signal.signal_id}")).status_code == 404
            assert (await client.get("/api/signals/latest/BTCUSDT")).json() == []
        await theirs.send('{"type": "ping"}')
        assert json.loads(await theirs.recv())["type"] == "pong"


async def test_a_client_of_a_killed_replica_resumes_on_another_without_a_gap(
    environment: dict[str, str], source: SignalSource, token: str
) -> None:
    async with ApiProcess(**environment) as first, ApiProcess(**environment) as second:
        stream = await first.stream(token)
        await subscribed(stream)
        await source.publish(5)
        seen = await messages(stream, 5)
        await source.publish(1)
        await first.kill()
        await source.publish(5)
        await stream.close()
        async with second.stream(token) as stream:
            answer = await subscribed(stream, "*", after=seen[-1]["cursor"])
            await source.publish(3)
            received = await messages(stream, 9)
        assert answer["recovered"] is True
        assert sequences(seen) + sequences(received) == list(range(1, 15))
        assert await history(second, token, 14) == list(range(1, 15))


async def test_a_client_resumes_after_a_restart_of_the_only_replica(
    environment: dict[str, str], source: SignalSource, token: str
) -> None:
    async with ApiProcess(**environment) as api:
        async with api.stream(token) as stream:
            await subscribed(stream)
            await source.publish(3)
            seen = await messages(stream, 3)
            assert await api.terminate() == ExitCode.OK
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(stream.recv(), 5)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        await source.publish(3)
        await api.start()
        async with api.stream(token) as stream:
            answer = await subscribed(stream, "*", after=seen[0]["cursor"])
            assert answer["recovered"] is True
            assert sequences(await messages(stream, 5)) == [2, 3, 4, 5, 6]


async def test_writers_killed_in_the_middle_leave_every_signal_once(
    environment: dict[str, str], source: SignalSource, token: str, postgres: PrivatePostgres, database: str
) -> None:
    async def publish() -> None:
        for _ in range(60):
            await source.publish(5)
            await asyncio.sleep(0.05)

    publishing = asyncio.create_task(publish())
    async with ApiProcess(**environment) as one, ApiProcess(**environment) as other:
        for victim in (one, other, one):
            await asyncio.sleep(0.7)
            await victim.kill()
            await victim.start(ready=False)
        await publishing
        assert await history(other, token, 300, timeout_s=60) == list(range(1, 301))
    rows = postgres.query(
        database, f"SELECT count(*), count(DISTINCT sequence) FROM signals WHERE owner='{source.owner}'"
    )
    assert rows == "300|300"


async def test_while_postgres_is_away_the_stream_flows_and_history_waits(
    environment: dict[str, str], source: SignalSource, token: str, postgres: PrivatePostgres
) -> None:
    async with ApiProcess(**environment) as api, api.stream(token) as stream, api.client(token) as client:
        await subscribed(stream)
        await source.publish(3)
        assert await history(api, token, 3) == [1, 2, 3]
        with postgres.stopped():
            await source.publish(5)
            assert sequences(await messages(stream, 8)) == list(range(1, 9))
            answer = await client.get("/api/signals/list?symbols=BTCUSDT")
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            async with asyncio.timeout(15):
                while (ready := await client.get("/health/ready")).json()["checks"]["signal_database"]:
                    await asyncio.sleep(0.1)
            assert ready.status_code == 200
        assert await history(api, token, 8) == list(range(1, 9))
        assert "Traceback" not in api.log


async def test_the_api_starts_without_postgres_and_redis(
    environment: dict[str, str], source: SignalSource, token: str, postgres: PrivatePostgres, redis: RedisServer
) -> None:
    redis.kill()
    async with AsyncExitStack() as held:
        with postgres.stopped():
            api = await held.enter_async_context(ApiProcess(**environment))
            stream = await held.enter_async_context(api.stream(token))
            await subscribed(stream)
            await source.publish(2)
            assert sequences(await messages(stream, 2)) == [1, 2]
        assert await history(api, token, 2) == [1, 2]


async def test_signals_are_mirrored_to_redis(
    environment: dict[str, str], source: SignalSource, redis: RedisServer
) -> None:
    async with (
        ApiProcess(**environment),
        Redis.from_url(redis.url, decode_responses=True) as client,
        client.pubsub() as channels,
    ):
        await channels.subscribe("signals:all", "signals:ETHUSDT")
        (signal,) = await source.publish(1, symbol="ethusdt")
        heard = await own_messages(channels, signal, 2)
        assert sorted(message["channel"] for message in heard) == ["signals:ETHUSDT", "signals:all"]
        assert {json.loads(message["data"])["symbol"] for message in heard} == {"ethusdt"}
        stored = await client.get(f"signal:{signal.signal_id}")
        assert json.loads(str(stored))["signal_id"] == signal.signal_id
        assert 3500 < await client.ttl(f"signal:{signal.signal_id}") <= 3600


async def test_the_mirror_catches_up_when_redis_returns(
    environment: dict[str, str], source: SignalSource, token: str, redis: RedisServer
) -> None:
    async with ApiProcess(**environment) as api:
        redis.kill()
        published = await source.publish(5)
        assert await history(api, token, 5) == [1, 2, 3, 4, 5]
        await redis.start()
        async with asyncio.timeout(30), Redis.from_url(redis.url) as client:
            while not all([await client.exists(f"signal:{signal.signal_id}") for signal in published]):
                await asyncio.sleep(0.1)


async def own_messages(channels: Any, signal: Signal, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            message = await channels.get_message(ignore_subscribe_messages=True, timeout=1)
            if message is not None and signal.signal_id in message["data"]:
                found.append(message)
    return found


@pytest.fixture
async def mortal_broker() -> AsyncIterator[PrivateBroker]:
    """A broker whose end disturbs no other test: coordinators need a while to find themselves again."""
    broker = PrivateBroker()
    try:
        await asyncio.to_thread(broker.start)
        await ensure_topics(broker.servers, replication_factor=1)
        yield broker
    finally:
        broker.remove()


async def test_a_broker_that_is_killed_and_comes_back(
    environment: dict[str, str], owner: str, token: str, mortal_broker: PrivateBroker
) -> None:
    broker = mortal_broker
    settings = environment | {"KAFKA_BOOTSTRAP_SERVERS": broker.servers}
    async with ApiProcess(**settings) as api, api.stream(token) as stream:
        await subscribed(stream)
        before = SignalSource(broker.servers, owner)
        await before.publish(3)
        assert sequences(await messages(stream, 3)) == [1, 2, 3]
        await before.close()
        broker.kill()
        try:
            await api.answers("/health/live", 200)
        finally:
            await asyncio.to_thread(broker.start)
        after = SignalSource(broker.servers, owner)
        await after.publish(3)
        async with asyncio.timeout(60):
            received: list[dict[str, Any]] = []
            while len(received) < 3:
                message = json.loads(await stream.recv())
                received += [message] if message["type"] == "signal" else []
        assert ids(received) == [signal.signal_id for signal in after.published]
        assert len(await history(api, token, 6, timeout_s=60)) == 6
        await after.close()


async def test_strategies_are_listed_from_the_database_that_answers(
    environment: dict[str, str], postgres: PrivatePostgres, database: str
) -> None:
    postgres.query(database, NO_CODE)
    columns = "uuid, user_id, name, workflow_data, generated_code, compilation_status"
    for number in range(3):
        values = f"'{an_id(number)}', 42, 'drawn {number}', '{{}}', 'x = {number}', 'compiled'"
        postgres.query(database, f"INSERT INTO nocode_workflows ({columns}) VALUES ({values})")
    away = "postgresql://reader:hunter2@127.0.0.1:1/alphintra_ai_ml"
    urls = {"NO_CODE_DATABASE_URL": postgres.url(database), "AI_ML_DATABASE_URL": away}
    async with ApiProcess(**environment, **urls) as api, api.client(a_token(42, "alice")) as client:
        page = (await client.get("/api/strategies?limit=2")).json()
        assert (page["total"], len(page["strategies"]), len(page["warnings"])) == (3, 2, 1)
        found = (await client.get(f"/api/strategies/{an_id(1)}?source=no_code")).json()
        assert found["code"] == "x = 1"
        checks = (await client.get("/health/ready")).json()["checks"]
        assert (checks["database_no_code"], checks["database_ai_ml"]) == (True, False)
        strange = await client.get(f"/api/strategies/{an_id(1)}?source=no_code", headers=bearer(a_token(43, "bob")))
        assert strange.status_code == 404
        assert "hunter2" not in api.log
        assert "Traceback" not in api.log


async def test_it_ends_cleanly_and_says_no_secret(
    environment: dict[str, str], source: SignalSource, token: str, owner: str
) -> None:
    marker = secrets.token_hex(8)
    secret_url = environment["SIGNAL_DATABASE_URL"].replace("strategy@", f"strategy:{marker}@")
    async with ApiProcess(**(environment | {"SIGNAL_DATABASE_URL": secret_url})) as api, api.stream(token) as stream:
        await subscribed(stream)
        await source.publish(2)
        await messages(stream, 2)
        assert await history(api, token, 2) == [1, 2]
        assert await api.terminate() == ExitCode.OK
        names = [event["event"] for event in api.events]
        assert names[-1] == "api_stopped"
        assert "stream_caught_up" in names
        for hidden in (marker, token, SECRET.hex(), source.published[0].signal_id):
            assert hidden not in api.log
        assert "Traceback" not in api.log
        assert not [event for event in api.events if event["level"] in {"error", "critical"}], api.log


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        pytest.param({"JWT_SECRET_KEY": ""}, "JWT_SECRET_KEY", id="no secret"),
        pytest.param({"JWT_SECRET_KEY": "c2hvcnQ="}, "JWT_SECRET_KEY", id="a short secret"),
        pytest.param({"JWT_SECRET_KEY": "%%%"}, "JWT_SECRET_KEY", id="a secret that is no base64"),
        pytest.param({"AUTH_MODE": "maybe"}, "AUTH_MODE", id="an unknown mode"),
        pytest.param({"SERVICE_PORT": "http"}, "SERVICE_PORT", id="a port that is no number"),
        pytest.param({"NO_CODE_DATABASE_URL": "mysql://db/x"}, "NO_CODE_DATABASE_URL", id="another database"),
        pytest.param({}, "KAFKA_BOOTSTRAP_SERVERS", id="nothing set"),
    ],
)
async def test_settings_that_cannot_work_are_named(settings: dict[str, str], named: str) -> None:
    complete = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SIGNAL_DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    api = ApiProcess(**(complete | settings if settings else {}))
    try:
        with pytest.raises(AssertionError):
            await api.start()
        assert await api.exit_code() == ExitCode.INVALID_CONFIG
        assert named in api.log
        assert "Traceback" not in api.log
    finally:
        await api.__aexit__()
