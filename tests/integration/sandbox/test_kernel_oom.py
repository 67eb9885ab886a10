"""The kernel's own OOM killer, in a real memory cgroup: the worker is its victim and the report says memory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from strategy_contracts.worker_protocol import Evaluated, Exited, Loaded
from warden_client import PATIENCE_S, Supervisor, some_bars

V1 = Path("/sys/fs/cgroup/memory")
V2 = Path("/sys/fs/cgroup")
LIMIT = 256 << 20


@pytest.fixture
def memory_cgroup() -> Iterator[Path]:
    """A cgroup with a limit and no swap, made by root where the memory controller can be had."""
    root, limit_file = (V1, "memory.limit_in_bytes") if (V1 / "memory.limit_in_bytes").exists() else (V2, "memory.max")
    group = root / f"strategy-sandbox-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / limit_file).write_text(str(LIMIT))
    except OSError as error:
        pytest.skip(f"no memory cgroup can be made here: {error}")
    try:
        yield group
    finally:
        group.rmdir()


def test_a_worker_that_the_kernel_kills_for_memory_is_reported_so_and_the_warden_goes_on(
    memory_cgroup: Path, tmp_path: Path
) -> None:
    enter = f'echo $$ > {memory_cgroup / "cgroup.procs"} && exec "$@"'
    command = [sys.executable, "-m", "strategy_sandbox", "--strategy-socket-dir", str(tmp_path)]
    command += ["--supervisor-uid", str(os.getuid()), "--exit-with-parent"]
    with subprocess.Popen(["sh", "-c", enter, "sh", *command], stderr=subprocess.DEVNULL) as warden:
        try:
            with Supervisor(tmp_path) as supervisor:
                # A limit far above the cgroup's, so that RLIMIT_AS does not come first.
                supervisor.spawn(memory_bytes=4 << 30)
                bomb = (
                    "import numpy as np\n\ndef generate_signals(data, parameters):\n    return np.ones(1 << 27).sum()\n"
                )
                assert isinstance(supervisor.load(bomb), Loaded)
                supervisor.start_evaluation({"BTCUSDT": some_bars(1)})
                exited = supervisor.expect(Exited)
                assert (exited.signal, exited.oom_killed) == (signal.SIGKILL, True)
                supervisor.spawn()
                supervisor.load("def generate_signals(data, parameters):\n    return []\n")
                assert isinstance(supervisor.evaluate({"BTCUSDT": some_bars(1)}), Evaluated)
                assert not supervisor.kill().oom_killed
        finally:
            warden.terminate()
            warden.wait(PATIENCE_S)
