"""The WebSocket stream: the platform's messages, order, isolation, resume, and what becomes of slow clients."""

import asyncio
import json
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api_serving import Outside, a_token, ids, messages, served, settings, subscribed, until
from strategy_api.auth import OpenToEverybody
from strategy_api.cursor import decode_cursor, encode_cursor
from strategy_api.hub import CloseCode


async def test_it_greets_as_the_platform_does() -> None:
    async with served(Outside()) as api, api.stream() as stream:
        (greeting,) = await messages(stream, 1, "connection")
    assert greeting["status"] == "connected"
    assert greeting.keys() == {"type", "status", "connection_id", "timestamp"}


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        pytest.param(
            '{"type": "subscribe", "symbols": ["btcusdt"]}',
            {"type": "subscription", "status": "subscribed", "symbols": ["btcusdt"]},
            id="subscribe echoes the symbols as sent",
        ),
        pytest.param(
            '{"type": "unsubscribe", "symbols": ["ETHUSDT"]}',
            {"type": "subscription", "status": "unsubscribed", "symbols": ["ETHUSDT"]},
            id="unsubscribe from what was never subscribed",
        ),
        pytest.param('{"type": "ping"}', {"type": "pong"}, id="ping"),
        pytest.param("{", {"type": "error", "message": "Invalid JSON format"}, id="no JSON"),
        pytest.param(
            "[1]", {"type": "error", "message": "a message is a JSON object with a type"}, id="JSON that is no object"
        ),
        pytest.param(
            '{"type": "subscribe", "symbols": "BTCUSDT"}',
            {"type": "error", "message": 'symbols must be a list of texts, for example ["BTCUSDT"] or ["*"]'},
            id="symbols that are no list",
        ),
        pytest.param(
            '{"type": "subscribe", "symbols": ["*"], "after": "nonsense"}',
            {"type": "error", "message": "this is not a cursor of this API"},
            id="a foreign cursor",
        ),
        pytest.param(
            json.dumps({"type": "subscribe", "symbols": ["X"] * 501}),
            {"type": "error", "message": "at most 500 symbols of at most 32 characters"},
            id="too many symbols",
        ),
    ],
)
async def test_what_the_client_says_and_what_it_hears(said: str, answer: dict[str, Any]) -> None:
    async with served(Outside()) as api, api.stream() as stream:
        await messages(stream, 1, "connection")
        await stream.send(said)
        (heard,) = await messages(stream, 1, answer["type"])
    assert heard | answer == heard
    assert heard["timestamp"].endswith("Z")


async def test_an_unknown_type_gets_no_answer() -> None:
    async with served(Outside()) as api, api.stream() as stream:
        await messages(stream, 1, "connection")
        await stream.send('{"type": "dance"}')
        await stream.send('{"type": "ping"}')
        assert json.loads(await stream.recv())["type"] == "pong"


async def test_signals_come_in_order_once_with_the_bytes_of_the_runner() -> None:
    outside = Outside()
    async with served(outside) as api, api.stream() as stream:
        await subscribed(stream, "*")
        published = [outside.publish(n, at_ms=n * 60_000) for n in range(1, 21)]
        received = await messages(stream, 20)
    assert ids(received) == [signal.signal_id for signal in published]
    assert [message["data"]["sequence"] for message in received] == list(range(1, 21))


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        pytest.param(["btcusdt"], ["BTCUSDT"], id="symbols are compared upper-cased"),
        pytest.param(["*"], ["BTCUSDT", "ethusdt", "XRPUSDT"], id="a star is all"),
        pytest.param(["ETHUSDT", "XRPUSDT"], ["ethusdt", "XRPUSDT"], id="published in the spelling given"),
    ],
)
async def test_a_client_gets_the_symbols_it_subscribed_to(symbols: list[str], expected: list[str]) -> None:
    outside = Outside()
    async with served(outside) as api, api.stream() as stream:
        await subscribed(stream, *symbols)
        for number, symbol in enumerate(["BTCUSDT", "ethusdt", "XRPUSDT"], start=1):
            outside.publish(number, symbol=symbol)
        received = await messages(stream, len(expected))
    assert [message["data"]["symbol"] for message in received] == expected


async def test_nothing_comes_before_subscribing_and_after_unsubscribing() -> None:
    outside = Outside()
    async with served(outside) as api, api.stream() as stream:
        await messages(stream, 1, "connection")
        outside.publish(1)
        await api.read_everything()
        await subscribed(stream, "*")
        wanted = outside.publish(2, at_ms=120_000)
        assert ids(await messages(stream, 1)) == [wanted.signal_id]
        await stream.send('{"type": "unsubscribe", "symbols": ["*"]}')
        await messages(stream, 1, "subscription")
        outside.publish(3, at_ms=180_000)
        await stream.send('{"type": "ping"}')
        assert json.loads(await stream.recv())["type"] == "pong"


async def test_a_client_sees_its_own_signals_and_no_others() -> None:
    outside = Outside()
    alice, bob = a_token(42, "alice"), a_token(7, "bob")
    async with served(outside) as api, api.stream(alice) as hers, api.stream(bob) as his:
        await subscribed(hers)
        await subscribed(his)
        own = outside.publish(1, owner="42")
        other = outside.publish(1, owner="7", execution_id="another", at_ms=120_000)
        assert ids(await messages(hers, 1)) == [own.signal_id]
        assert ids(await messages(his, 1)) == [other.signal_id]
        for stream in (hers, his):
            await stream.send('{"type": "ping"}')
            assert json.loads(await stream.recv())["type"] == "pong"


async def test_a_replay_is_isolated_too() -> None:
    outside = Outside()
    outside.publish(1, owner="42")
    own = outside.publish(1, owner="7", execution_id="another")
    async with served(outside) as api, api.stream(a_token(7, "bob")) as his:
        answer = await subscribed(his, "*", after=encode_cursor(dict.fromkeys(range(12), 0)))
        assert answer["recovered"] is True
        assert ids(await messages(his, 1)) == [own.signal_id]
        await his.send('{"type": "ping"}')
        assert json.loads(await his.recv())["type"] == "pong"


async def test_a_client_resumes_without_gap_and_without_repeat() -> None:
    outside = Outside()
    async with served(outside) as api:
        async with api.stream() as stream:
            await subscribed(stream)
            for number in range(1, 4):
                outside.publish(number, at_ms=number * 60_000, execution_id=f"run-{number}")
            first = await messages(stream, 3)
        missed = [outside.publish(n, at_ms=n * 60_000, execution_id=f"run-{n}") for n in range(4, 8)]
        await api.read_everything()
        async with api.stream() as stream:
            answer = await subscribed(stream, "*", after=first[1]["cursor"])
            live = outside.publish(8, at_ms=480_000)
            second = await messages(stream, 6)
    assert answer["recovered"] is True
    expected = [first[2]["data"]["signal_id"], *(signal.signal_id for signal in missed), live.signal_id]
    assert sorted(ids(second)) == sorted(expected)


async def test_every_cursor_on_the_way_of_a_replay_is_a_place_to_resume_from() -> None:
    outside = Outside()
    published = [outside.publish(n, at_ms=n * 60_000, execution_id=f"run-{n}") for n in range(1, 6)]
    start = encode_cursor(dict.fromkeys(range(12), 0))
    async with served(outside) as api:
        async with api.stream() as stream:
            await subscribed(stream, "*", after=start)
            whole = await messages(stream, len(published))
        for seen, message in enumerate(whole[:-1], start=1):
            async with api.stream() as stream:
                await subscribed(stream, "*", after=message["cursor"])
                rest = await messages(stream, len(whole) - seen)
            assert ids(rest) == ids(whole[seen:])


async def test_a_cursor_from_a_replica_that_is_ahead_is_waited_for() -> None:
    outside = Outside()
    async with served(outside) as api, api.stream() as stream:
        await api.read_everything()
        outside.publish(1)
        ahead = encode_cursor(outside.signals.ends())
        assert (await subscribed(stream, "*", after=ahead))["recovered"] is True
        live = outside.publish(2, at_ms=120_000)
        assert ids(await messages(stream, 1)) == [live.signal_id]


async def test_a_cursor_of_another_log_is_answered_honestly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategy_api.stream.CATCH_UP_TIMEOUT_S", 0.05)
    outside = Outside()
    async with served(outside) as api, api.stream() as stream:
        answer = await subscribed(stream, "*", after=encode_cursor({0: 10**9}))
        assert answer["recovered"] is False
        live = outside.publish(1)
        assert ids(await messages(stream, 1)) == [live.signal_id]


async def test_a_cursor_that_reaches_behind_the_ring_is_answered_honestly() -> None:
    outside = Outside()
    async with served(outside, settings(stream_ring_size=2)) as api:
        async with api.stream() as stream:
            cursor = (await subscribed(stream))["cursor"]
            for number in range(1, 6):
                outside.publish(number, at_ms=number * 60_000)
            await messages(stream, 5)
        async with api.stream() as stream:
            answer = await subscribed(stream, "*", after=cursor)
            assert answer["recovered"] is False
            live = outside.publish(6, at_ms=360_000)
            assert ids(await messages(stream, 1)) == [live.signal_id]


async def test_the_last_cursor_a_client_saw_is_always_the_right_one() -> None:
    """Also when the connection breaks between the answer to a resume and the first missed signal."""
    outside = Outside()
    async with served(outside) as api:
        async with api.stream() as stream:
            cursor = (await subscribed(stream))["cursor"]
        missed = [outside.publish(n, at_ms=n * 60_000) for n in range(1, 4)]
        await api.read_everything()
        async with api.stream() as stream:
            await stream.send(json.dumps({"type": "subscribe", "symbols": ["*"], "after": cursor}))
            for _ in range(2):
                cursor = json.loads(await stream.recv()).get("cursor", cursor)
        async with api.stream() as stream:
            await subscribed(stream, "*", after=cursor)
            assert ids(await messages(stream, 3)) == [signal.signal_id for signal in missed]


async def test_after_belongs_to_the_first_subscribe() -> None:
    async with served(Outside()) as api, api.stream() as stream:
        cursor = (await subscribed(stream, "BTCUSDT"))["cursor"]
        await stream.send(json.dumps({"type": "subscribe", "symbols": ["ETHUSDT"], "after": cursor}))
        (error,) = await messages(stream, 1, "error")
    assert "first subscribe" in error["message"]


async def test_heartbeats_carry_the_cursor() -> None:
    async with served(Outside(), settings(stream_heartbeat_seconds=0.02)) as api, api.stream() as stream:
        await subscribed(stream)
        (heartbeat,) = await messages(stream, 1, "heartbeat")
    assert decode_cursor(heartbeat["cursor"]) == dict.fromkeys(range(12), 0)


async def test_a_slow_client_is_closed_with_4008_and_others_lose_nothing() -> None:
    outside = Outside()
    async with (
        served(outside, settings(stream_queue_size=50)) as api,
        # It takes one message and then leaves everything to the buffers in between.
        api.stream(max_queue=1, max_size=None) as slow,
        api.stream(max_queue=None) as good,
    ):
        await subscribed(slow)
        await subscribed(good)
        for number in range(1, 601):
            outside.publish(number, at_ms=number * 60_000, metadata={"note": "x" * 20_000})
            if number % 20 == 0:
                received = await messages(good, 20)
                assert [m["data"]["sequence"] for m in received] == list(range(number - 19, number + 1))
        assert api.parts.hub.clients == 1
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(slow.recv(), 5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.SLOW


async def test_a_client_that_leaves_in_the_middle_disturbs_nobody() -> None:
    outside = Outside()
    async with served(outside) as api, api.stream() as good:
        await subscribed(good)
        leaving = await api.stream()
        await subscribed(leaving)
        leaving.transport.abort()
        for number in range(1, 30):
            outside.publish(number, at_ms=number * 60_000)
        assert len(await messages(good, 29)) == 29
        await until(lambda: api.parts.hub.clients == 1)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("nonsense", id="no token at all"),
        pytest.param(a_token(expires_in_s=-60), id="expired"),
        pytest.param(a_token()[:-4] + "AAAA", id="a forged signature"),
    ],
)
async def test_a_wrong_token_in_the_handshake_is_refused_with_401(token: str) -> None:
    async with served(Outside()) as api:
        with pytest.raises(InvalidStatus) as refused:
            await api.stream(token)
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["title"] == "Not authenticated"


async def test_a_browser_may_bring_its_token_in_the_first_message() -> None:
    outside = Outside()
    async with served(outside) as api, api.stream("") as stream:
        await messages(stream, 1, "connection")
        await stream.send(json.dumps({"type": "auth", "token": a_token(7, "bob")}))
        await messages(stream, 1, "authenticated")
        await subscribed(stream)
        outside.publish(1, owner="42")
        own = outside.publish(1, owner="7", execution_id="another")
        assert ids(await messages(stream, 1)) == [own.signal_id]


async def test_a_browser_may_bring_its_token_as_a_subprotocol() -> None:
    async with served(Outside()) as api:
        protocols = [websockets.Subprotocol("bearer"), websockets.Subprotocol(a_token())]
        async with api.stream("", subprotocols=protocols) as stream:
            assert stream.subprotocol == "bearer"
            await subscribed(stream)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param('{"type": "subscribe", "symbols": ["*"]}', id="it subscribes instead"),
        pytest.param('{"type": "auth", "token": "nonsense"}', id="a wrong token"),
        pytest.param("{", id="no JSON"),
    ],
)
async def test_without_a_token_the_first_message_must_bring_one(said: str) -> None:
    async with served(Outside()) as api, api.stream("") as stream:
        await messages(stream, 1, "connection")
        await stream.send(said)
        await messages(stream, 1, "error")
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(stream.recv(), 2)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.UNAUTHENTICATED


async def test_the_stream_ends_with_the_token() -> None:
    async with served(Outside()) as api, api.stream(a_token(expires_in_s=1.2)) as stream:
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(stream.recv(), 3)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.UNAUTHENTICATED


async def test_without_authentication_everybody_sees_everything() -> None:
    outside = Outside()
    async with served(outside, authenticator=OpenToEverybody()) as api, api.stream("") as stream:
        await subscribed(stream)
        published = [outside.publish(1, owner="42"), outside.publish(1, owner="7", execution_id="another")]
        assert sorted(ids(await messages(stream, 2))) == sorted(signal.signal_id for signal in published)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        pytest.param("https://evil.example", False, id="a foreign page"),
        pytest.param("https://trading.example", True, id="a named origin"),
        pytest.param("http://127.0.0.1:{port}", True, id="the same host"),
    ],
)
async def test_only_pages_that_may_open_the_stream(origin: str, allowed: bool) -> None:
    async with served(Outside(), settings(websocket_origins=("https://trading.example",))) as api:
        connecting = api.stream(origin=websockets.Origin(origin.format(port=api.port)))
        if allowed:
            async with connecting as stream:
                await messages(stream, 1, "connection")
        else:
            with pytest.raises(InvalidStatus):
                await connecting


async def test_one_client_too_many_is_told_to_come_again() -> None:
    async with served(Outside(), settings(max_websocket_connections=1)) as api, api.stream() as first:
        await subscribed(first)
        async with api.stream() as second:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(second.recv(), 2)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.TOO_MANY_CLIENTS


async def test_a_replica_that_stops_says_so() -> None:
    async with served(Outside()) as api:
        stream = await api.stream()
        await subscribed(stream)
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(stream.recv(), 2)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.RESTART
    await stream.close()
