"""A private Kafka and PostgreSQL for all tests of the API, which may stop and kill them; a fresh owner for each."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from api_serving import a_token
from integration.api.private_postgres import PrivatePostgres
from integration.api.signal_source import SignalSource
from integration.log.private_broker import PrivateBroker
from strategy_process.kafka_topics import ensure_topics


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def broker() -> Iterator[PrivateBroker]:
    """A broker with the product's topics."""
    broker = PrivateBroker()
    try:
        broker.start()
        asyncio.run(ensure_topics(broker.servers, replication_factor=1))
        yield broker
    finally:
        broker.remove()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    server = PrivatePostgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def database(postgres: PrivatePostgres) -> str:
    """The name of a fresh database."""
    name = f"signals_{secrets.token_hex(4)}"
    postgres.create_database(name)
    return name


@pytest.fixture
def owner() -> str:
    """A tenant that no other test has."""
    return str(secrets.randbelow(10**12))


@pytest.fixture
def token(owner: str) -> str:
    return a_token(owner, "alice")


@pytest.fixture
async def source(broker: PrivateBroker, owner: str) -> AsyncIterator[SignalSource]:
    source = SignalSource(broker.servers, owner)
    yield source
    await source.close()
