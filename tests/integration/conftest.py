"""What all integration tests share: their marker, and a private broker for those that stop and kill it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.log.private_broker import PrivateBroker
from strategy_process.kafka_topics import ensure_topics


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def private_broker() -> Iterator[PrivateBroker]:
    """A broker with the product's topics that tests may kill and freeze."""
    broker = PrivateBroker()
    try:
        broker.start()
        asyncio.run(ensure_topics(broker.servers, replication_factor=1))
        yield broker
    finally:
        broker.remove()
