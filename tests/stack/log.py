"""The log as an outsider reads it."""

import json
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from strategy_contracts.topics import DEFAULT_PARTITIONS, STRATEGY_CHECKPOINTS, TRADING_SIGNALS


async def read_committed_signals(bootstrap_servers: str) -> list[dict[str, Any]]:
    """Every committed signal, in the order of its partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(TRADING_SIGNALS, number) for number in range(DEFAULT_PARTITIONS)]
        ends = await consumer.end_offsets(partitions)
        values: list[dict[str, Any]] = []
        for partition in partitions:
            consumer.assign([partition])
            await consumer.seek_to_beginning(partition)
            while await consumer.position(partition) < ends[partition]:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    values += [json.loads(record.value)["signal"] for record in records]
        return values
    finally:
        await consumer.stop()


async def partition_has_open_transaction(bootstrap_servers: str, partition: int) -> bool:
    """Whether the last stable offset of the checkpoints' partition lies below its high watermark."""
    ends = []
    for isolation in ("read_uncommitted", "read_committed"):
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, isolation_level=isolation)
        await consumer.start()
        try:
            where = TopicPartition(STRATEGY_CHECKPOINTS, partition)
            ends.append((await consumer.end_offsets([where]))[where])
        finally:
            await consumer.stop()
    return ends[1] < ends[0]
