"""A real warden process and a supervisor's connection to it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from warden_client import Supervisor, running_warden


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
