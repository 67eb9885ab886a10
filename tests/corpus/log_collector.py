"""Everything that runners put on the log, by execution, as an outsider reads it."""

import asyncio
from collections import defaultdict
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from strategy_contracts.topics import STRATEGY_STATUS, TRADING_SIGNALS


class LogCollector:
    """Committed records since the start, by topic and execution id."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, isolation_level="read_committed")
        self._records: dict[tuple[str, str], list[bytes]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        partitions = [
            TopicPartition(topic, number)
            for topic in (TRADING_SIGNALS, STRATEGY_STATUS)
            for number in sorted(await self._partitions(topic))
        ]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_end(*partitions)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        await asyncio.wait([self._reader])
        await self._consumer.stop()

    def signals(self, execution_id: str) -> list[bytes]:
        return self._records[TRADING_SIGNALS, execution_id]

    def reports(self, execution_id: str) -> list[bytes]:
        return self._records[STRATEGY_STATUS, execution_id]

    async def _partitions(self, topic: str) -> set[int]:
        await self._consumer._client.force_metadata_update()
        return set(self._consumer.partitions_for_topic(topic) or ())

    async def _read(self) -> None:
        async for record in self._consumer:
            self._records[record.topic, (record.key or b"").decode()].append(record.value or b"")
