"""Where in its partition the newest checkpoint of an execution was seen: the committed offset of a consumer group.

A hint and nothing more. A stale one costs a longer read, a lost one a scan of the partition, so it is neither
part of the transaction (which would take twice as long) nor kept by a connection of its own.
"""

import asyncio
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from strategy_runner.kafka_clients import REQUEST_TIMEOUT_MS, RETRY_BACKOFF_MS, started

_TIMEOUT_S: Final = 10.0


class CheckpointPointer:
    """The committed offset of the group that is named by the execution id."""

    def __init__(self, bootstrap_servers: str, execution_id: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._group = execution_id

    async def read(self, partition: TopicPartition) -> int | None:
        async with started(self._consumer()) as consumer, asyncio.timeout(_TIMEOUT_S):
            offset: int | None = await consumer.committed(partition)
            return offset

    async def write(self, partition: TopicPartition, offset: int) -> None:
        async with started(self._consumer()) as consumer, asyncio.timeout(_TIMEOUT_S):
            # The client commits only what is assigned to it, and fetches all of it that is not paused.
            consumer.assign([partition])
            consumer.pause(partition)
            await consumer.commit({partition: offset})

    def _consumer(self) -> Any:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )
