"""A real broker with the product's topics, and a check that nothing is left behind by any test."""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from integration.log.private_broker import PrivateBroker
from local_cluster.endpoints import Endpoints
from strategy_process.kafka_topics import ensure_topics
from strategy_runner.signal_sinks.kafka_sink import KafkaSink


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> str:
    """The broker of KAFKA_BOOTSTRAP_SERVERS, else of the local cluster, else one of our own."""
    endpoints = Endpoints.load()
    found = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or (endpoints.kafka_bootstrap_servers if endpoints else None)
    if found is None:
        broker: PrivateBroker = request.getfixturevalue("private_broker")
        return broker.servers
    asyncio.run(ensure_topics(found, replication_factor=1))
    return found


@pytest.fixture(autouse=True)
async def nothing_left_behind(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """No task survives a test, and asyncio has nothing to complain about (a forgotten exception, a destroyed task)."""
    yield
    gc.collect()
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not left, f"tasks left behind: {left}"
    complaints = [record for record in caplog.get_records("call") if record.name == "asyncio"]
    assert not complaints, [logging.Formatter().format(record) for record in complaints]


MakeSink = Callable[..., KafkaSink]


@pytest.fixture
async def make_sink(servers: str) -> AsyncIterator[MakeSink]:
    """`make_sink(execution_id, incarnation=1, **options)`; what a test leaves open is closed after it."""
    sinks: list[KafkaSink] = []

    def make(execution_id: str, incarnation: int = 1, **options: Any) -> KafkaSink:
        settings = {"bootstrap_servers": servers, "execution_id": execution_id, "incarnation": incarnation}
        sinks.append(KafkaSink(**(settings | options)))
        return sinks[-1]

    yield make
    for sink in sinks:
        await sink.close()
