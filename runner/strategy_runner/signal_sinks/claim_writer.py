"""Announces an incarnation on the log before it opens, so that whoever it fences can find out why.

A claim goes to its execution's partition, outside of any transaction: no open transaction can hide it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition

from strategy_contracts.checkpoint import Claim, encode_claim
from strategy_contracts.topics import claim_key
from strategy_runner.kafka_clients import REQUEST_TIMEOUT_MS, RETRY_BACKOFF_MS, started

_TIMEOUT_S: Final = 10.0


class ClaimWriter:
    """Writes claims with a plain idempotent producer."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    async def partitions(self, topic: str) -> int:
        return len(await self._producer.partitions_for(topic))

    async def write(self, claim: Claim, partition: TopicPartition) -> None:
        async with asyncio.timeout(_TIMEOUT_S):
            await self._producer.send_and_wait(
                partition.topic, encode_claim(claim), claim_key(claim.execution_id), partition=partition.partition
            )


@asynccontextmanager
async def claim_writer(bootstrap_servers: str) -> AsyncIterator[ClaimWriter]:
    """A writer for the length of a block."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        enable_idempotence=True,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )
    async with started(producer):
        yield ClaimWriter(producer)
