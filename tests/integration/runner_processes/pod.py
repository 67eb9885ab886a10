"""A runner pod without Kubernetes: supervisor and warden as processes, started again when they end."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from exchange.local_market import free_port
from strategy_contracts.bundle import Bundle, encode_bundle
from strategy_contracts.runner_config import RunnerConfig, encode_runner_config

RESTART_DELAY_S = 0.2


class Pod:
    """`supervisor` and `warden` are processes that a test may kill, freeze and thaw."""

    def __init__(self, folder: Path, config: RunnerConfig, bundle: Bundle, **settings: str) -> None:
        folder.mkdir()
        (folder / "bundle.json").write_bytes(encode_bundle(bundle))
        self._folder = folder
        self._settings = {
            "PATH": os.environ["PATH"],
            "RUNNER_CONFIG": encode_runner_config(config),
            "BUNDLE_PATH": str(folder / "bundle.json"),
            "STRATEGY_SOCKET_DIR": str(folder),
            "SUPERVISOR_UID": str(os.getuid()),
            "TERMINATION_LOG": str(folder / "last-words"),
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(free_port()),
            **settings,
        }
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self.exit_codes: list[int] = []
        """Of supervisors that ended."""

    async def __aenter__(self) -> "Pod":
        self._keepers = [
            asyncio.create_task(self._keep("strategy_sandbox")),
            asyncio.create_task(self._keep("strategy_runner")),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.wait(self._keepers)
        for process in self._processes.values():
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        async with asyncio.timeout(20):
            for process in self._processes.values():
                await process.wait()

    @property
    def supervisor(self) -> asyncio.subprocess.Process:
        return self._processes["strategy_runner"]

    @property
    def warden(self) -> asyncio.subprocess.Process:
        return self._processes["strategy_sandbox"]

    @property
    def worker(self) -> int | None:
        """The warden's only child."""
        pid = self.warden.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    @property
    def log(self) -> str:
        """What both have written, of all their lives."""
        return (self._folder / "log").read_text()

    async def _keep(self, module: str) -> None:
        while True:
            with (self._folder / "log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", module, env=self._settings, stderr=log
                )
            self._processes[module] = process
            code = await process.wait()
            if module == "strategy_runner":
                self.exit_codes.append(code)
            await asyncio.sleep(RESTART_DELAY_S)
