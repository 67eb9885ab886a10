"""The warden as a child process of the command line, on sockets in a private folder."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STOP_S: Final = 5.0
PASSED_ON: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ")
"""Of the user's environment; the rest may hold credentials and is nothing to the sandbox."""


@dataclass(frozen=True, slots=True)
class LocalWarden:
    """A warden that runs, and where it listens."""

    socket_dir: Path
    process: asyncio.subprocess.Process


@asynccontextmanager
async def warden_process(log_level: str = "ERROR") -> AsyncIterator[LocalWarden]:
    """A warden for the length of a block."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with tempfile.TemporaryDirectory(prefix="strategyctl-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "strategy_sandbox",
            "--strategy-socket-dir",
            folder,
            "--supervisor-uid",
            str(os.getuid()),
            "--exit-with-parent",
            env=environment | {"LOG_LEVEL": log_level, "LOG_FORMAT": "console"},
            # Ctrl-C is for the supervisor, which stops in order.
            start_new_session=True,
        )
        try:
            yield LocalWarden(Path(folder), process)
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
