"""A pod that is deleted while its processes import ends at once and with 0, not after its grace period."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from builders import a_bundle, a_runner_config
from exchange.local_market import free_port
from strategy_contracts.bundle import encode_bundle
from strategy_contracts.runner_config import encode_runner_config

SIGTERM_BIT = 1 << 14
IMPORTED_LATER = ("numpy", "_asyncio")


@pytest.mark.parametrize("module", ["strategy_runner", "strategy_sandbox"])
@pytest.mark.parametrize("delay_ms", [0, 50, 150, 400, 1500])
def test_a_process_that_is_still_starting_ends_with_0_at_once(module: str, delay_ms: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", module]
    process = subprocess.Popen(command, env=environment(tmp_path), stderr=subprocess.DEVNULL)
    try:
        while not hears_sigterm(process.pid):
            assert process.poll() is None
        mapped = Path(f"/proc/{process.pid}/maps").read_text()
        assert not any(name in mapped for name in IMPORTED_LATER), "the handler came only after the imports"
        time.sleep(delay_ms / 1000)  # another moment of the start each time
        before = time.monotonic()
        process.terminate()
        assert process.wait(20) == 0
        assert time.monotonic() - before < 1
    finally:
        process.kill()
        process.wait()


def hears_sigterm(pid: int) -> bool:
    """Whether the process has a handler: process 1 ignores what it has none for."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) & SIGTERM_BIT)


def environment(folder: Path) -> dict[str, str]:
    """Of both processes; neither finds the other, a gateway or Redis."""
    bundle = a_bundle()
    (folder / "bundle.json").write_bytes(encode_bundle(bundle))
    return {
        "PATH": os.environ["PATH"],
        "RUNNER_CONFIG": encode_runner_config(a_runner_config(bundle_digest=bundle.digest)),
        "SIGNAL_SINK": "memory",
        "BUNDLE_PATH": str(folder / "bundle.json"),
        "STRATEGY_SOCKET_DIR": str(folder),
        "SUPERVISOR_UID": str(os.getuid()),
        "TERMINATION_LOG": str(folder / "last-words"),
        "MARKET_GATEWAY_URL": f"http://127.0.0.1:{free_port()}",
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(free_port()),
    }
