"""Reads one partition from an offset up to a bound, and says when it has to wait. Decides nothing about records."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition

from strategy_runner.kafka_clients import REQUEST_TIMEOUT_MS, RETRY_BACKOFF_MS, started
from strategy_runner.signal_sinks.log_record import LogRecord

Isolation = Literal["read_uncommitted", "read_committed"]

_POLL_MS: Final = 50


def _nobody(offsets_behind: int) -> None:
    """Nobody wants to know how long it takes."""


class PartitionReader:
    """One partition in one isolation."""

    def __init__(self, consumer: Any, partition: TopicPartition) -> None:
        self._consumer = consumer
        self._partition = partition

    async def first_offset(self) -> int:
        """The oldest offset that retention has left."""
        offsets: dict[TopicPartition, int] = await self._consumer.beginning_offsets([self._partition])
        return offsets[self._partition]

    async def end_offset(self) -> int:
        """The high watermark; read_committed, the last stable offset. Fails when the broker is away."""
        offsets: dict[TopicPartition, int] = await self._consumer.end_offsets([self._partition])
        return offsets[self._partition]

    async def read(
        self,
        start: int,
        end: int,
        see: Callable[[LogRecord], None],
        waiting: Callable[[int], None] = _nobody,
    ) -> None:
        """Show every record from `start` to `see` until the position is at `end` or past it, however long that takes.

        `waiting` hears how many offsets an open transaction holds back whenever that changes, at last 0.
        """
        self._consumer.assign([self._partition])
        self._consumer.seek(self._partition, start)
        behind = 0
        try:
            while await self._consumer.position(self._partition) < end:
                fetched = await self._consumer.getmany(self._partition, timeout_ms=_POLL_MS)
                for record in fetched.get(self._partition, ()):
                    see(LogRecord(record.offset, record.key, record.value))
                if not fetched:
                    # Fetching hides that the broker is away; asking for the end does not.
                    known, behind = behind, max(0, end - await self.end_offset())
                    if behind != known:
                        waiting(behind)
        finally:
            if behind:
                waiting(0)


@asynccontextmanager
async def partition_reader(
    bootstrap_servers: str, partition: TopicPartition, isolation: Isolation
) -> AsyncIterator[PartitionReader]:
    """A reader for the length of a block."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        isolation_level=isolation,
        auto_offset_reset="none",
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )
    async with started(consumer):
        yield PartitionReader(consumer, partition)
