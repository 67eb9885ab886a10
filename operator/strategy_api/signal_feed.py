"""The log as Kafka keeps it; the only module that knows Kafka's client.

Signals are read `read_committed`: what a runner did not commit never happened. Data ends the wait of a fetch
at the broker at once, but a partition that was just read joins only the next fetch: a long wait is the tail of the
latency, a short one costs CPU.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from strategy_api.cursor import Vector
from strategy_api.errors import DependencyUnavailable
from strategy_api.log_reader import Batch, Lookback, TailStart
from strategy_api.published_signal import LogRecord

log = structlog.get_logger(__name__)

_LIVE_WAIT_MS: Final = 100
_SHARE_WAIT_MS: Final = 500
_IDLE_MS: Final = 1000
_CATCHING_UP_MS: Final = 50
_MAX_RECORDS: Final = 500
_ANSWER_TIMEOUT_S: Final = 5.0
_RETRY_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_SESSION_TIMEOUT_MS: Final = 6_000
"""How long the partitions of a killed replica lie idle; brokers take no less."""
_MAX_POLL_INTERVAL_MS: Final = 86_400_000
"""A reader that waits for its database stays in its group: heartbeats say that it lives."""

_Offsets = dict[TopicPartition, int]


class KafkaTail:
    """All partitions of one topic, without a group."""

    def __init__(
        self, bootstrap_servers: str, topic: str, lookback: Lookback, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._topic, self._lookback, self._wall_clock = topic, lookback, wall_clock
        self._consumer = _Connection(
            lambda: AIOKafkaConsumer(
                topic,
                group_id=None,
                auto_offset_reset="earliest",
                **_tuning(bootstrap_servers, _LIVE_WAIT_MS),
            )
        )
        self._behind: _Offsets = {}

    async def start(self) -> TailStart:
        """Connect, however long it takes, and go back as far as the look-back says."""
        consumer = await self._consumer.open()
        partitions = sorted(consumer.assignment())
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        since_ms, floor = await self._begin(consumer, first, ends)
        for partition, offset in floor.items():
            consumer.seek(partition, offset)
        self._behind = {p: end for p, end in ends.items() if floor[p] < end}
        log.info("tail_started", topic=self._topic, partitions=len(partitions), since_ms=since_ms)
        return TailStart(_vector(floor), since_ms, caught_up=not self._behind)

    async def _begin(self, consumer: AIOKafkaConsumer, first: _Offsets, ends: _Offsets) -> tuple[int, _Offsets]:
        """The longest look-back that brings no more records than wanted, and the offsets it begins at."""
        now_ms = int(self._wall_clock() * 1000)
        since_ms, start = now_ms, dict(ends)
        for fraction in (1.0, 0.1, 0.01, 0.001):
            reach_ms = now_ms - int(self._lookback.seconds * 1000 * fraction)
            found = await consumer.offsets_for_times(dict.fromkeys(first, reach_ms))
            reached = {p: ends[p] if found[p] is None else found[p].offset for p in first}
            if sum(ends[p] - reached[p] for p in first) <= self._lookback.max_records:
                since_ms, start = reach_ms, reached
                break
        return since_ms, {p: max(first[p], min(start[p], ends[p] - self._lookback.min_records)) for p in first}

    async def read(self) -> Batch:
        consumer = self._consumer.opened
        idle_ms = _CATCHING_UP_MS if self._behind else _IDLE_MS
        fetched = await consumer.getmany(timeout_ms=idle_ms, max_records=_MAX_RECORDS)
        # Markers move the position without a record, so a quiet read looks at every partition.
        position = {p: await consumer.position(p) for p in fetched or consumer.assignment()}
        records = [record for p, found in fetched.items() for record in _records(found, position[p])]
        self._behind = {p: end for p, end in self._behind.items() if position.get(p, 0) < end}
        return Batch(records, _vector(position), caught_up=not self._behind)

    async def lag(self) -> int:
        if not self._consumer.is_open:
            raise DependencyUnavailable("Kafka has not answered yet")
        consumer = self._consumer.opened
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                ends = await consumer.end_offsets(list(consumer.assignment()))
                return sum([max(0, end - await consumer.position(p)) for p, end in ends.items()])
        except (KafkaError, TimeoutError) as error:
            raise DependencyUnavailable(f"Kafka does not answer: {type(error).__name__}") from error

    async def close(self) -> None:
        await self._consumer.close()


class KafkaGroup:
    """The partitions that a consumer group gives to this replica."""

    def __init__(self, bootstrap_servers: str, topic: str, group: str) -> None:
        self._topic = topic
        self._consumer = _Connection(
            lambda: AIOKafkaConsumer(
                topic,
                group_id=group,
                auto_offset_reset="earliest",
                session_timeout_ms=_SESSION_TIMEOUT_MS,
                heartbeat_interval_ms=_SESSION_TIMEOUT_MS // 3,
                max_poll_interval_ms=_MAX_POLL_INTERVAL_MS,
                **_tuning(bootstrap_servers, _SHARE_WAIT_MS),
            )
        )

    async def start(self) -> None:
        """Connect, however long it takes."""
        await self._consumer.open()

    def assigned(self) -> frozenset[int]:
        return frozenset(p.partition for p in self._consumer.opened.assignment())

    def seek(self, partition: int, offset: int) -> None:
        """Continue there; without effect when the partition has just been given to another replica."""
        try:
            self._consumer.opened.seek(TopicPartition(self._topic, partition), offset)
        except IllegalStateError:
            log.info("partition_moved", topic=self._topic, partition=partition)

    async def read(self) -> Mapping[int, Sequence[LogRecord]]:
        consumer = self._consumer.opened
        try:
            fetched = await consumer.getmany(timeout_ms=_IDLE_MS, max_records=_MAX_RECORDS)
            return {p.partition: _records(found, await consumer.position(p)) for p, found in fetched.items()}
        except IllegalStateError:
            return {}  # a rebalance came between fetch and position: the new assignment starts from its own position

    async def commit(self, position: Vector) -> None:
        try:
            await self._consumer.opened.commit({TopicPartition(self._topic, p): n for p, n in position.items()})
        except (KafkaError, IllegalStateError) as error:
            raise DependencyUnavailable(f"Kafka did not take the commit: {type(error).__name__}") from error

    async def close(self) -> None:
        await self._consumer.close()


class _Connection:
    """A consumer that is made anew until the broker and the topic are there."""

    def __init__(self, make: Callable[[], AIOKafkaConsumer]) -> None:
        self._make = make
        self._consumer: AIOKafkaConsumer | None = None

    @property
    def is_open(self) -> bool:
        return self._consumer is not None

    @property
    def opened(self) -> AIOKafkaConsumer:
        assert self._consumer is not None, "open it first"
        return self._consumer

    async def open(self) -> AIOKafkaConsumer:
        for delay_s in chain(_RETRY_S, repeat(_RETRY_S[-1])):
            consumer = self._make()
            try:
                await consumer.start()
            except KafkaError as error:
                log.warning("kafka_unavailable", error=type(error).__name__, retry_s=delay_s)
                await consumer.stop()
                await asyncio.sleep(delay_s)
            except BaseException:
                await consumer.stop()
                raise
            else:
                self._consumer = consumer
                break
        return self.opened

    async def close(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()


def _tuning(bootstrap_servers: str, max_wait_ms: int) -> dict[str, Any]:
    return {
        "bootstrap_servers": bootstrap_servers,
        "client_id": "strategy-api",
        "isolation_level": "read_committed",
        "enable_auto_commit": False,
        "fetch_min_bytes": 1,
        "fetch_max_wait_ms": max_wait_ms,
    }


def _records(found: Sequence[ConsumerRecord], position: int) -> list[LogRecord]:
    """The records of one partition; the last one also counts the markers behind it as read."""
    following = [record.offset for record in found[1:]] + [max(position, found[-1].offset + 1)] if found else []
    return [
        LogRecord(record.partition, record.offset, next_offset, record.timestamp, record.value or b"")
        for record, next_offset in zip(found, following, strict=True)
    ]


def _vector(offsets: _Offsets) -> Vector:
    return {partition.partition: offset for partition, offset in offsets.items()}
