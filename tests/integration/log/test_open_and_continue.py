"""A run on a real broker: new, continued, and with pointers that are stale, lost, compacted or cut away."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from builders import a_checkpoint
from integration.log.administration import administration
from integration.log.evaluations import advance, expected_signals, identities, run
from integration.log.log_reader import all_records, fresh_execution, published
from integration.log.private_broker import PrivateBroker
from strategy_contracts.signal import decode_envelope
from strategy_contracts.topics import (
    DEFAULT_PARTITIONS,
    STRATEGY_CHECKPOINTS,
    TOPICS,
    TRADING_SIGNALS,
    partition_of,
    signal_headers,
    signal_key,
)
from strategy_runner.errors import LogUnavailable
from strategy_runner.kafka_clients import started
from strategy_runner.signal_sinks.checkpoint_pointer import CheckpointPointer
from strategy_runner.signal_sinks.kafka_sink import KafkaSink
from strategy_runner.signal_sinks.log_observer import LogObserver
from strategy_runner.signal_sinks.log_record import LogRecord

MakeSink = Callable[..., KafkaSink]

COMPACT_AT_ONCE = {
    "cleanup.policy": "compact",
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "100",
}


def partition(execution: str) -> TopicPartition:
    return TopicPartition(STRATEGY_CHECKPOINTS, partition_of(execution, DEFAULT_PARTITIONS))


async def checkpoints(servers: str, execution: str) -> list[LogRecord]:
    records = await all_records(servers, partition(execution), "read_committed")
    return [record for record in records if record.key == signal_key(execution)]


def topic_settings(name: str) -> dict[str, str]:
    return next(topic.settings for topic in TOPICS if topic.name == name)


async def test_a_new_execution_has_no_checkpoint(make_sink: MakeSink) -> None:
    assert await make_sink(fresh_execution()).open() is None


async def test_a_continued_run_publishes_every_signal_once_and_in_order(servers: str, make_sink: MakeSink) -> None:
    execution = fresh_execution()
    for evaluations in (4, 9, 20):
        sink = make_sink(execution)
        await run(sink, execution, 1, evaluations)
        await sink.close()
    assert identities(await published(servers, execution)) == expected_signals(execution, 20)


async def test_the_checkpoint_comes_back_whole(make_sink: MakeSink) -> None:
    execution = fresh_execution()
    remembered = a_checkpoint(
        execution_id=execution, sequence=7, rate_count=3, strategy_state={"peak": float("inf"), "seen": [1, "two"]}
    )
    sink = make_sink(execution)
    await sink.open()
    await sink.commit([], remembered)
    assert await make_sink(execution).open() == remembered


async def test_a_signal_is_on_the_log_as_its_contract_says(servers: str, make_sink: MakeSink) -> None:
    execution = fresh_execution()
    sink = make_sink(execution)
    await run(sink, execution, 1, 1)
    topic = TopicPartition(TRADING_SIGNALS, partition_of(execution, DEFAULT_PARTITIONS))
    async with started(AIOKafkaConsumer(bootstrap_servers=servers)) as consumer, asyncio.timeout(20):
        consumer.assign([topic])
        await consumer.seek_to_beginning()
        while (record := await consumer.getone()).key != signal_key(execution):
            pass
    envelope = decode_envelope(record.value)
    assert identities([envelope.signal]) == expected_signals(execution, 1)
    assert envelope.timestamp == envelope.signal.generated_at
    assert list(record.headers) == signal_headers(envelope.signal)


async def test_commit_before_open_and_after_close_is_refused(make_sink: MakeSink) -> None:
    execution = fresh_execution()
    sink = make_sink(execution)
    for _ in range(2):
        with pytest.raises(LogUnavailable, match="not open"):
            await sink.commit([], a_checkpoint(execution_id=execution))
        await sink.close()
        await sink.open()
        await sink.close()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda pointer, end: 0, id="from the beginning of the log"),
        pytest.param(lambda pointer, end: pointer - 3, id="some checkpoints behind"),
        pytest.param(lambda pointer, end: end, id="at the end of the log, where there is nothing"),
        pytest.param(lambda pointer, end: end + 1000, id="beyond the end of the log"),
    ],
)
async def test_a_wrong_pointer_costs_time_only(
    servers: str, make_sink: MakeSink, spoil: Callable[[int, int], int]
) -> None:
    execution = fresh_execution()
    pointer, sink = CheckpointPointer(servers, execution), make_sink(execution)
    checkpoint = await sink.open()
    for _ in range(5):
        checkpoint = await advance(sink, execution, 1, checkpoint)
    await sink.close()
    right = await pointer.read(partition(execution))
    records = await all_records(servers, partition(execution), "read_uncommitted")
    assert right is not None
    await pointer.write(partition(execution), max(0, spoil(right, records[-1].offset + 1)))

    assert await make_sink(execution).open() == checkpoint


async def test_the_pointer_follows_the_checkpoints_while_a_run_goes_on(servers: str, make_sink: MakeSink) -> None:
    execution = fresh_execution()
    pointer, sink = CheckpointPointer(servers, execution), make_sink(execution, pointer_interval_s=0.05)
    checkpoint, seen = await sink.open(), None
    async with asyncio.timeout(20):
        for _ in range(2):
            checkpoint = await advance(sink, execution, 1, checkpoint)
            while (moved := await pointer.read(partition(execution))) == seen:
                await asyncio.sleep(0.02)
            seen = moved
    assert (await checkpoints(servers, execution))[-1].offset == seen


async def test_without_its_pointer_the_checkpoint_is_found_by_a_scan(servers: str, make_sink: MakeSink) -> None:
    execution = fresh_execution()
    sink = make_sink(execution)
    await run(sink, execution, 1, 5)
    await sink.close()
    async with administration(servers) as admin:
        await admin.delete_group(execution)
    assert await CheckpointPointer(servers, execution).read(partition(execution)) is None

    await run(make_sink(execution), execution, 1, 8)
    assert identities(await published(servers, execution)) == expected_signals(execution, 8)


async def test_compaction_takes_only_what_no_restore_needs(private_broker: PrivateBroker, make_sink: MakeSink) -> None:
    servers, execution = private_broker.servers, fresh_execution()
    sink = make_sink(execution, bootstrap_servers=servers)
    checkpoint = await advance(sink, execution, 1, await sink.open())
    await sink.close()
    pointer = await CheckpointPointer(servers, execution).read(partition(execution))
    checkpoint = await sink.open()
    async with administration(servers) as admin, asyncio.timeout(60):
        await admin.set_topic(STRATEGY_CHECKPOINTS, **COMPACT_AT_ONCE)
        while pointer in (offsets := [record.offset for record in await checkpoints(servers, execution)]):
            await asyncio.sleep(0.2)
            checkpoint = await advance(sink, execution, 1, checkpoint)
        await admin.set_topic(STRATEGY_CHECKPOINTS, **topic_settings(STRATEGY_CHECKPOINTS))
    assert offsets

    for successor in (1, 2):
        restarted = make_sink(execution, successor, bootstrap_servers=servers)
        assert await restarted.open() == checkpoint
        await restarted.close()
        async with administration(servers) as admin:
            await admin.delete_group(execution)


async def test_a_log_cut_off_before_the_pointer_is_read_from_where_it_begins(
    private_broker: PrivateBroker, make_sink: MakeSink
) -> None:
    servers, execution = private_broker.servers, fresh_execution()
    sink = make_sink(execution, bootstrap_servers=servers)
    checkpoint = await sink.open()
    for _ in range(3):
        checkpoint = await advance(sink, execution, 1, checkpoint)
    await CheckpointPointer(servers, execution).write(partition(execution), 0)
    newest = (await checkpoints(servers, execution))[-1]
    async with administration(servers) as admin:
        await admin.cut_off(partition(execution), newest.offset)

    assert await sink.open() == checkpoint
    await sink.close()


async def test_another_number_of_partitions_is_refused_rather_than_searched_in_the_wrong_place(
    make_sink: MakeSink,
) -> None:
    with pytest.raises(LogUnavailable, match="strategy_checkpoints has 12 partitions, not 24"):
        await make_sink(fresh_execution(), checkpoint_partitions=24).open()


async def test_the_observer_hears_of_openings_and_commits(make_sink: MakeSink) -> None:
    heard: list[str] = []

    class Ear(LogObserver):
        def opened(self, seconds: float) -> None:
            heard.append(f"opened {seconds >= 0}")

        def committed(self, seconds: float) -> None:
            heard.append(f"committed {seconds >= 0}")

    execution = fresh_execution()
    await run(make_sink(execution, observer=Ear()), execution, 1, 2)
    assert heard == ["opened True", "committed True", "committed True"]
