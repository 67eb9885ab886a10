"""What every log, store and cluster of the API must do; the fakes in memory and the real ones pass the same tests.

A test module subclasses a suite and says in a fixture what is under test.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from api_serving import now, now_ms
from builders import a_signal
from strategy_api.cluster import Conflict, Manifest, StrategyCluster
from strategy_api.history_writer import HistoryWriter
from strategy_api.log_reader import GroupReader, LogTail, Lookback
from strategy_api.memory_store import MemoryStore
from strategy_api.published_signal import LogRecord, PublishedSignal, read_signal
from strategy_api.signal_filter import SignalFilter
from strategy_api.signal_history import SignalStore
from strategy_contracts.resource import API_VERSION, KIND
from strategy_contracts.signal import Action, Signal, SignalEnvelope, SignalStatus, encode_envelope

MINUTE = 60_000


def envelope(signal: Signal) -> bytes:
    return encode_envelope(SignalEnvelope(signal=signal, timestamp=signal.timestamp))


def published(sequence: int, *, partition: int = 0, offset: int | None = None, **changes: Any) -> PublishedSignal:
    """A signal with a place on the log; its offset is its sequence unless told."""
    signal = a_signal(sequence, at_ms=sequence * MINUTE, **changes)
    place = sequence if offset is None else offset
    return read_signal(LogRecord(partition, place, place + 1, 1_000_000 + sequence, envelope(signal)))


# --- the log -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LogUnderTest:
    """One empty topic of three partitions."""

    append: Callable[[int, bytes], Awaitable[None]]
    """Commit one record to a partition."""
    tail: Callable[[Lookback], LogTail]
    group: Callable[[str], GroupReader]


async def read_tail(tail: LogTail, count: int) -> list[LogRecord]:
    records: list[LogRecord] = []
    async with asyncio.timeout(10):
        while len(records) < count:
            records += (await tail.read()).records
    return records


async def read_group(reader: GroupReader, count: int) -> dict[int, list[LogRecord]]:
    records: dict[int, list[LogRecord]] = {}
    async with asyncio.timeout(20):
        while sum(map(len, records.values())) < count:
            for partition, found in (await reader.read()).items():
                records.setdefault(partition, []).extend(found)
    return records


@asynccontextmanager
async def reading(reader: GroupReader) -> AsyncIterator[GroupReader]:
    await reader.start()
    try:
        yield reader
    finally:
        await reader.close()


WHOLE = Lookback(seconds=3600, max_records=1000)


class LogSuite:
    """Needs the fixture `log`."""

    @pytest.fixture
    async def tail(self, log: LogUnderTest) -> AsyncIterator[LogTail]:
        tail = log.tail(WHOLE)
        yield tail
        await tail.close()

    async def test_an_empty_log_is_caught_up_at_once(self, tail: LogTail) -> None:
        start = await tail.start()
        assert (dict(start.floor), start.caught_up) == ({0: 0, 1: 0, 2: 0}, True)
        assert await tail.lag() == 0

    async def test_a_tail_reads_what_is_there_and_what_comes(self, log: LogUnderTest, tail: LogTail) -> None:
        await log.append(0, b"a")
        await log.append(2, b"b")
        start = await tail.start()
        assert start.caught_up is False
        assert start.since_ms <= now_ms()
        assert sorted(record.value for record in await read_tail(tail, 2)) == [b"a", b"b"]
        await log.append(0, b"c")
        (record,) = await read_tail(tail, 1)
        assert (record.partition, record.value) == (0, b"c")
        assert record.timestamp_ms == pytest.approx(now_ms(), abs=60_000)

    async def test_it_is_caught_up_when_it_has_read_what_was_there(self, log: LogUnderTest, tail: LogTail) -> None:
        for number in range(5):
            await log.append(number % 3, b"x")
        await tail.start()
        read = 0
        async with asyncio.timeout(10):
            while True:
                batch = await tail.read()
                read += len(batch.records)
                if batch.caught_up:
                    break
        assert read == 5
        assert await tail.lag() == 0

    async def test_positions_lead_from_record_to_record(self, log: LogUnderTest, tail: LogTail) -> None:
        for number in range(6):
            await log.append(number % 2, str(number).encode())
        floor = (await tail.start()).floor
        records = await read_tail(tail, 6)
        for partition in (0, 1):
            own = [record for record in records if record.partition == partition]
            assert own[0].offset >= floor[partition]
            assert [r.next_offset for r in own[:-1]] == [r.offset for r in own[1:]]
            assert own[-1].next_offset > own[-1].offset

    async def test_a_tail_begins_no_earlier_than_its_lookback(self, log: LogUnderTest) -> None:
        await log.append(0, b"old")
        await asyncio.sleep(0.3)
        tail = log.tail(Lookback(seconds=0.1, max_records=1000))
        try:
            assert (await tail.start()).caught_up is True
            await log.append(0, b"new")
            assert [record.value for record in await read_tail(tail, 1)] == [b"new"]
        finally:
            await tail.close()

    async def test_quiet_partitions_keep_their_last_records(self, log: LogUnderTest) -> None:
        for number in range(4):
            await log.append(0, str(number).encode())
        await asyncio.sleep(0.3)
        tail = log.tail(Lookback(seconds=0.1, max_records=1000, min_records=4))
        try:
            await tail.start()
            assert (await read_tail(tail, 1))[-1].value == b"3"
        finally:
            await tail.close()

    async def test_a_group_continues_where_it_committed(self, log: LogUnderTest) -> None:
        for number in range(3):
            await log.append(1, str(number).encode())
        async with reading(log.group("a")) as first:
            records = (await read_group(first, 3))[1]
            await first.commit({1: records[1].next_offset})
        async with reading(log.group("a")) as second:
            assert [record.value for record in (await read_group(second, 1))[1]] == [b"2"]
        async with reading(log.group("b")) as other:
            assert len((await read_group(other, 3))[1]) == 3

    async def test_a_group_reads_from_where_it_is_sent(self, log: LogUnderTest) -> None:
        for number in range(3):
            await log.append(1, str(number).encode())
        async with reading(log.group("a")) as reader:
            records = (await read_group(reader, 3))[1]
            reader.seek(1, records[1].offset)
            assert [record.value for record in (await read_group(reader, 2))[1]] == [b"1", b"2"]

    async def test_members_of_a_group_share_the_partitions(self, log: LogUnderTest) -> None:
        async with reading(log.group("a")) as one, reading(log.group("a")) as other:
            async with asyncio.timeout(20):
                while not one.assigned() or one.assigned() & other.assigned():
                    await asyncio.sleep(0.05)
            assert one.assigned() | other.assigned() == {0, 1, 2}

    async def test_closing_what_was_never_started(self, log: LogUnderTest) -> None:
        await log.tail(WHOLE).close()
        await log.group("a").close()

    async def test_the_history_has_every_signal_once_whoever_writes_it(self, log: LogUnderTest) -> None:
        """Writers come and go in the middle of everything, sometimes two at once."""
        store = MemoryStore()
        expected = []
        writers: list[tuple[GroupReader, asyncio.Task[None]]] = []

        async def end(reader: GroupReader, task: asyncio.Task[None]) -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await reader.close()

        for number in range(30):
            if number % 10 == 0:
                reader = log.group("history")
                writers.append((reader, asyncio.create_task(HistoryWriter(reader, store, retry_s=0.01).run())))
            if number % 10 == 5 and len(writers) > 1:
                await end(*writers.pop(0))
            if number == 12:
                store.available = False
            if number == 18:
                store.available = True
            signal = a_signal(number + 1, at_ms=number * MINUTE)
            expected.append(signal.signal_id)
            await log.append(number % 3, envelope(signal))
            await asyncio.sleep(0.01)
        everything = SignalFilter(owner=None)
        async with asyncio.timeout(30):
            while (page := await store.page(everything, offset=0, limit=100, now=now())).total < 30:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        for writer in writers:
            await end(*writer)
        assert (await store.page(everything, offset=0, limit=100, now=now())).total == 30
        for signal_id in expected:
            assert await store.get("42", signal_id, now()) is not None
        assert page.total == 30


# --- the store -----------------------------------------------------------------------------------------------------


class StoreSuite:
    """Needs the fixture `store`: empty and prepared."""

    async def test_preparing_again_changes_nothing(self, store: SignalStore) -> None:
        await store.position(0)
        await store.append(0, 0, 2, [published(1)])
        await asyncio.gather(*(store.prepare() for _ in range(3)))
        assert await store.position(0) == 2
        assert (await store.count("42"))[0] == 1

    async def test_signals_and_position_move_together(self, store: SignalStore) -> None:
        assert await store.position(3) == 0
        assert await store.append(3, 0, 9, [published(1), published(2)]) is True
        assert await store.position(3) == 9
        assert await store.count("42") == (2, {3: 9})

    async def test_whoever_is_late_writes_nothing(self, store: SignalStore) -> None:
        await store.position(0)
        await store.append(0, 0, 2, [published(1)])
        assert await store.append(0, 0, 3, [published(2)]) is False
        assert await store.append(1, 0, 3, [published(3)]) is False, "the partition was never asked for"
        assert await store.count("42") == (1, {0: 2})

    async def test_two_writers_at_once_one_wins(self, store: SignalStore) -> None:
        await store.position(0)
        writes = [store.append(0, 0, 2 + number, [published(1 + number)]) for number in range(5)]
        assert sorted(await asyncio.gather(*writes)) == [False, False, False, False, True]
        assert (await store.count("42"))[0] == 1

    async def test_a_signal_that_is_there_is_left_as_it_is(self, store: SignalStore) -> None:
        await store.position(0)
        await store.append(0, 0, 2, [published(1, confidence=0.5)])
        again = replace(published(1, confidence=0.5), body=b"{}", confidence=0.9)
        assert await store.append(0, 2, 3, [again, published(2)]) is True
        assert (await store.count("42"))[0] == 2
        assert b'"confidence":0.5' in (await store.get("42", again.signal_id, now()) or b"")

    async def test_a_position_may_move_without_signals(self, store: SignalStore) -> None:
        await store.position(0)
        assert await store.append(0, 0, 7, []) is True
        assert await store.position(0) == 7

    async def test_bodies_come_back_byte_for_byte(self, store: SignalStore) -> None:
        signal = published(1, metadata={"text": "Ümläut \u2603 \\u0000", "tiny": 1e-9, "list": [1, 2.50]})
        await store.position(0)
        await store.append(0, 0, 2, [signal])
        assert await store.get("42", signal.signal_id, now()) == signal.body

    async def test_a_signal_is_its_owners(self, store: SignalStore) -> None:
        signal = published(1)
        await store.position(0)
        await store.append(0, 0, 2, [signal])
        assert await store.get("42", signal.signal_id, now()) is not None
        assert await store.get(None, signal.signal_id, now()) is not None
        assert await store.get("7", signal.signal_id, now()) is None
        assert await store.get("42", "sig_none", now()) is None

    @pytest.mark.parametrize(
        ("wanted", "sequences"),
        [
            pytest.param({}, [8, 7, 6, 5, 4, 3, 2, 1], id="all of the owner"),
            pytest.param({"owner": None}, [9, 8, 7, 6, 5, 4, 3, 2, 1], id="all of everybody"),
            pytest.param({"owner": "7"}, [9], id="another owner"),
            pytest.param({"symbols": frozenset({"ETHUSDT"})}, [8, 6, 4, 2], id="a symbol in any spelling"),
            pytest.param({"symbols": frozenset({"ETHUSDT", "BTCUSDT"})}, [8, 7, 6, 5, 4, 3, 2, 1], id="symbols"),
            pytest.param({"symbols": frozenset({"'; DROP TABLE signals; --"})}, [], id="a hostile symbol"),
            pytest.param({"strategy_ids": frozenset({"b"})}, [8, 7], id="a strategy"),
            pytest.param({"actions": frozenset({Action.SELL})}, [8, 7, 6, 5], id="an action"),
            pytest.param({"min_confidence": 0.7}, [8, 7], id="a confidence"),
            pytest.param({"from_date": a_signal(at_ms=6 * MINUTE).timestamp}, [8, 7, 6], id="from a time"),
            pytest.param({"to_date": a_signal(at_ms=2 * MINUTE).timestamp}, [2, 1], id="to a time"),
            pytest.param({"statuses": frozenset({SignalStatus.EXPIRED})}, [3], id="expired by the clock"),
            pytest.param({"statuses": frozenset({SignalStatus.ACTIVE})}, [8, 7, 6, 5, 4, 2, 1], id="not expired"),
            pytest.param(
                {"symbols": frozenset({"BTCUSDT"}), "actions": frozenset({Action.BUY}), "min_confidence": 0.2},
                [3],
                id="everything together",
            ),
        ],
    )
    async def test_filters(self, store: SignalStore, wanted: dict[str, Any], sequences: list[int]) -> None:
        for partition in (0, 1):
            await store.position(partition)
        own = [
            published(
                number,
                partition=number % 2,
                symbol="BTCUSDT" if number % 2 else "ethusdt",
                action=Action.BUY if number <= 4 else Action.SELL,
                confidence=number / 10,
                strategy_id="a" if number <= 6 else "b",
                expires_at=now() - timedelta(seconds=1) if number == 3 else None,
            )
            for number in range(1, 9)
        ]
        strange = published(9, owner="7", execution_id="strange")
        for partition in (0, 1):
            rows = [signal for signal in [*own, strange] if signal.partition == partition]
            await store.append(partition, 0, 10, rows)
        wanted_filter = SignalFilter(**({"owner": "42"} | wanted))
        whole = await store.page(wanted_filter, offset=0, limit=100, now=now())
        assert _sequences(whole.bodies) == sequences
        assert (whole.total, dict(whole.position)) == (len(sequences), {0: 10, 1: 10})
        part = await store.page(wanted_filter, offset=1, limit=2, now=now())
        assert (_sequences(part.bodies), part.total) == (sequences[1:3], len(sequences))

    async def test_an_expired_signal_is_shown_as_expired(self, store: SignalStore) -> None:
        signal = published(1, expires_at=now() - timedelta(seconds=1))
        await store.position(0)
        await store.append(0, 0, 2, [signal])
        assert b'"status":"expired"' in (await store.get("42", signal.signal_id, now()) or b"")


def _sequences(bodies: Sequence[bytes]) -> list[int]:
    records = [LogRecord(0, 0, 1, 0, b'{"signal":' + body + b"}") for body in bodies]
    return [read_signal(record).sequence for record in records]


# --- the cluster ---------------------------------------------------------------------------------------------------


def a_manifest(namespace: str, name: str | None = None, **spec: Any) -> Manifest:
    """A TradingStrategy that any API server takes."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name or f"run-{secrets.token_hex(4)}", "namespace": namespace},
        "spec": {
            "source": {"inline": {"files": {"main.py": "def generate_signals(data, parameters):\n    return []\n"}}},
            "symbols": ["BTCUSDT"],
            "timeframe": "1m",
            "suspend": True,
            **spec,
        },
    }


class ClusterSuite:
    """Needs the fixtures `cluster` and `namespace`."""

    async def test_what_is_created_is_found(self, cluster: StrategyCluster, namespace: str) -> None:
        made = await cluster.create(a_manifest(namespace, "rsi-dip"))
        assert made["metadata"]["uid"]
        found = await cluster.get("rsi-dip")
        assert found is not None
        assert found["metadata"]["uid"] == made["metadata"]["uid"]
        assert found["spec"]["symbols"] == ["BTCUSDT"]
        assert [item["metadata"]["uid"] for item in await cluster.list()] == [made["metadata"]["uid"]]
        await cluster.check()

    async def test_what_is_not_there(self, cluster: StrategyCluster, namespace: str) -> None:
        assert await cluster.get("nothing") is None
        assert list(await cluster.list()) == []

    async def test_a_name_is_taken_once(self, cluster: StrategyCluster, namespace: str) -> None:
        await cluster.create(a_manifest(namespace, "taken"))
        with pytest.raises(Conflict):
            await cluster.create(a_manifest(namespace, "taken"))

    async def test_an_update_of_an_old_reading_is_a_conflict(self, cluster: StrategyCluster, namespace: str) -> None:
        made = await cluster.create(a_manifest(namespace))
        updated = await cluster.update({**made, "spec": {**made["spec"], "suspend": False}})
        assert updated["spec"]["suspend"] is False
        with pytest.raises(Conflict):
            await cluster.update({**made, "spec": {**made["spec"], "symbols": ["ETHUSDT"]}})

    async def test_an_update_of_what_is_gone_is_a_conflict(self, cluster: StrategyCluster, namespace: str) -> None:
        made = await cluster.create(a_manifest(namespace))
        await cluster.delete(made)
        with pytest.raises(Conflict):
            await cluster.update(made)

    async def test_delete_never_hits_a_successor(self, cluster: StrategyCluster, namespace: str) -> None:
        made = await cluster.create(a_manifest(namespace, "again"))
        await cluster.delete(made)
        await cluster.delete(made)
        successor = await cluster.create(a_manifest(namespace, "again"))
        await cluster.delete(made)
        found = await cluster.get("again")
        assert found is not None
        assert found["metadata"]["uid"] == successor["metadata"]["uid"]
