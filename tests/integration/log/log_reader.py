"""What a consumer of the log sees, which is the truth that tests compare with; and neighbours in its partitions."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from strategy_contracts.signal import Signal, decode_envelope
from strategy_contracts.topics import (
    DEFAULT_PARTITIONS,
    STRATEGY_CHECKPOINTS,
    TRADING_SIGNALS,
    partition_of,
    signal_key,
)
from strategy_runner.kafka_clients import let_go, started
from strategy_runner.signal_sinks.evaluation_transaction import become_writer
from strategy_runner.signal_sinks.log_record import LogRecord
from strategy_runner.signal_sinks.partition_reader import Isolation, partition_reader


def fresh_execution() -> str:
    return str(uuid.uuid4())


def execution_beside(execution_id: str) -> str:
    """Another execution whose records are in the same partition."""
    while True:
        other = fresh_execution()
        if partition_of(other, DEFAULT_PARTITIONS) == partition_of(execution_id, DEFAULT_PARTITIONS):
            return other


@asynccontextmanager
async def open_transaction(servers: str, execution_id: str) -> AsyncIterator[None]:
    """Somebody else's transaction in the execution's partition of checkpoints for the length of a block."""
    producer = await become_writer(servers, execution_id)
    try:
        await producer.begin_transaction()
        partition = partition_of(execution_id, DEFAULT_PARTITIONS)
        await producer.send_and_wait(STRATEGY_CHECKPOINTS, None, b"somebody else", partition=partition)
        yield
        await producer.abort_transaction()
    finally:
        await let_go(producer)


async def published(servers: str, execution_id: str) -> list[Signal]:
    """The signals of an execution in the order of the log, aborted ones left out, as `read_committed` gives them."""
    async with started(AIOKafkaConsumer(bootstrap_servers=servers)) as consumer:
        partitions = len(await consumer._client._wait_on_metadata(TRADING_SIGNALS))
    partition = TopicPartition(TRADING_SIGNALS, partition_of(execution_id, partitions))
    records = await all_records(servers, partition, "read_committed")
    key = signal_key(execution_id)
    return [decode_envelope(record.value).signal for record in records if record.key == key and record.value]


async def all_records(servers: str, partition: TopicPartition, isolation: Isolation) -> list[LogRecord]:
    """Everything in a partition at this moment; waits for open transactions to end."""
    records: list[LogRecord] = []
    async with partition_reader(servers, partition, "read_uncommitted") as reader:
        end = await reader.end_offset()
    async with partition_reader(servers, partition, isolation) as reader:
        await reader.read(await reader.first_offset(), end, records.append)
    return records
