"""The API as its image runs it: a process of its own, real parts, ended by signals."""

import asyncio
import base64
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Self

import httpx
import websockets

from api_serving import NAMESPACE, SECRET, bearer
from exchange.local_market import free_port

_START_TIMEOUT_S = 30


class ApiProcess:
    """One replica. `environment` is its settings; more can be given as keywords."""

    def __init__(self, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "SERVICE_HOST": "127.0.0.1",
            "SERVICE_PORT": str(self.port),
            "JWT_SECRET_KEY": base64.b64encode(SECRET).decode(),
            "DEFAULT_STRATEGY_NAMESPACE": NAMESPACE,
            "CLUSTER": "memory",
            "LOG_LEVEL": "INFO",
            **environment,
        }
        self._log = tempfile.NamedTemporaryFile(prefix="strategy-api-", suffix=".log")  # noqa: SIM115 - closed in `end`
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        self._log.close()

    @property
    def log(self) -> str:
        return Path(self._log.name).read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]

    async def start(self, ready: bool = True) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "strategy_api", env=self._environment, stderr=self._log, stdout=self._log
        )
        await self.answers("/health/ready" if ready else "/health/live", 200)

    async def answers(self, path: str, status: int, timeout_s: float = _START_TIMEOUT_S) -> None:
        """Until the path answers with this status."""
        assert self._process is not None
        async with asyncio.timeout(timeout_s), httpx.AsyncClient(base_url=self.url) as client:
            while True:
                assert self._process.returncode is None, self.log
                try:
                    if (await client.get(path)).status_code == status:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def terminate(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), 15)

    async def kill(self) -> None:
        """SIGKILL; safe to repeat."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def exit_code(self, timeout_s: float = 15) -> int:
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), timeout_s)

    def stream(self, token: str) -> websockets.connect:
        url = f"ws://127.0.0.1:{self.port}/api/signals/stream"
        return websockets.connect(url, additional_headers=bearer(token), compression=None, max_queue=None)

    def client(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, headers=bearer(token), timeout=10)
