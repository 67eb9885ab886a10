"""What integration tests share: a marker, a broker and a database server to stop, a warden and a supervisor's visit."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.log.private_broker import PrivateBroker
from integration.private_postgres import PrivatePostgres
from strategy_process.kafka_topics import ensure_topics
from warden_client import Supervisor, running_warden


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


@pytest.fixture(scope="session")
def private_postgres() -> Iterator[PrivatePostgres]:
    """A database server that tests may take away for a while."""
    server = PrivatePostgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="module")
def socket_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strategy")


@pytest.fixture(scope="module")
def warden(socket_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    with running_warden(socket_dir) as process:
        yield process


@pytest.fixture
def supervisor(warden: subprocess.Popen[bytes], socket_dir: Path) -> Iterator[Supervisor]:
    with Supervisor(socket_dir) as connected:
        yield connected
