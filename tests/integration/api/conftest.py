"""Kafka and PostgreSQL of their own for all tests of the API, which may stop and kill them; a fresh owner for each."""

import secrets
from collections.abc import AsyncIterator

import pytest

from api_serving import a_token
from integration.api.signal_source import SignalSource
from integration.log.private_broker import PrivateBroker
from integration.private_postgres import PrivatePostgres


@pytest.fixture(scope="session")
def broker(private_broker: PrivateBroker) -> PrivateBroker:
    return private_broker


@pytest.fixture(scope="session")
def postgres(private_postgres: PrivatePostgres) -> PrivatePostgres:
    return private_postgres


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
