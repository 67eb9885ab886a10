"""Reports on a real Kafka: what stood there, what comes, and a broker that has no topic."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from builders import a_report
from local_cluster.endpoints import Endpoints
from strategy_contracts.status_report import RunPhase, encode_report
from strategy_contracts.topics import STRATEGY_STATUS
from strategy_operator.run_reports import RunReports
from strategy_process.kafka_topics import ensure_topics


@pytest.fixture
async def bootstrap_servers() -> str:
    endpoints = Endpoints.load()
    if endpoints is None:
        if os.environ.get("CI"):
            pytest.fail("no Kafka: run `make cluster-up`")
        pytest.skip("no Kafka: run `make cluster-up`")
    await ensure_topics(endpoints.kafka_bootstrap_servers, replication_factor=1)
    return endpoints.kafka_bootstrap_servers


@pytest.fixture
async def write(bootstrap_servers: str) -> AsyncIterator[Callable[..., Any]]:
    """Writes a report, at a time of its own if wanted."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers) as producer:

        async def write(execution_id: str, value: bytes | None = None, age_s: float = 0, **changes: Any) -> None:
            at = datetime.now(UTC) - timedelta(seconds=age_s)
            report = a_report(execution_id=execution_id, reported_at=at, **changes)
            await producer.send_and_wait(
                STRATEGY_STATUS,
                value if value is not None else encode_report(report),
                key=execution_id.encode(),
                timestamp_ms=int(at.timestamp() * 1000),
            )

        yield write


class Following:
    """RunReports that run."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.reports = RunReports(bootstrap_servers, lambda: datetime.now(UTC), self.told.put_nowait)

    async def __aenter__(self) -> "Following":
        self.task = asyncio.create_task(self.reports.run())
        await asyncio.wait_for(self.reports.caught_up.wait(), 15)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.wait((self.task,))

    async def hears_of(self, execution_id: str) -> None:
        """Wait until it was told of that one; others on the same log do not matter."""
        async with asyncio.timeout(10):
            while await self.told.get() != execution_id:
                pass


async def test_what_was_said_lately_is_known_once_it_has_caught_up(
    bootstrap_servers: str, write: Callable[..., Any]
) -> None:
    execution = secrets.token_hex(8)
    await write(execution, age_s=6)
    await write(execution, age_s=5, phase=RunPhase.DEGRADED)
    async with Following(bootstrap_servers) as following:
        newest = following.reports.newest(execution)
        assert newest is not None
        assert newest.phase is RunPhase.DEGRADED


async def test_what_is_said_now_is_told(bootstrap_servers: str, write: Callable[..., Any]) -> None:
    execution = secrets.token_hex(8)
    async with Following(bootstrap_servers) as following:
        await write(execution)
        await following.hears_of(execution)
        await write(execution, phase=RunPhase.FAILED)
        await following.hears_of(execution)
        newest = following.reports.newest(execution)
        assert newest is not None
        assert newest.phase is RunPhase.FAILED


async def test_a_record_that_is_no_report_is_left_out(bootstrap_servers: str, write: Callable[..., Any]) -> None:
    execution = secrets.token_hex(8)
    async with Following(bootstrap_servers) as following:
        await write(execution, value=b"not a report")
        await write(execution)
        await following.hears_of(execution)


async def test_a_broker_that_is_away_is_waited_for() -> None:
    reports = RunReports("127.0.0.1:1", lambda: datetime.now(UTC), lambda _: None)
    task = asyncio.create_task(reports.run())
    await asyncio.sleep(0.5)
    assert not task.done()
    task.cancel()
    await asyncio.wait((task,))
    assert not reports.caught_up.is_set()
