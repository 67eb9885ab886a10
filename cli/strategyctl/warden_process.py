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

PASSED_ON: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ")
"""Of the user's environment; the rest may hold credentials and is nothing to the sandbox."""
QUIET: Final = {"LOG_LEVEL": "ERROR", "LOG_FORMAT": "console"}


@dataclass(frozen=True, slots=True)
class LocalWarden:
    """A warden that runs, and where it listens."""

    socket_dir: Path
    process: asyncio.subprocess.Process


@asynccontextmanager
async def warden_process() -> AsyncIterator[LocalWarden]:
    """A warden for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="strategyctl-") as folder:
        warden = await start_warden(Path(folder))
        try:
            yield warden
        finally:
            await stop_warden(warden)


async def start_warden(socket_dir: Path) -> LocalWarden:
    """A warden that listens in the folder, or soon will."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "strategy_sandbox",
        "--strategy-socket-dir",
        str(socket_dir),
        "--supervisor-uid",
        str(os.getuid()),
        "--exit-with-parent",
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | QUIET,
        # Ctrl-C is for the supervisor, which stops in order.
        start_new_session=True,
    )
    return LocalWarden(socket_dir, process)


async def stop_warden(warden: LocalWarden) -> None:
    """At once: a warden has nothing to finish, and the kernel ends its worker with it."""
    if warden.process.returncode is None:
        warden.process.kill()
    await warden.process.wait()
