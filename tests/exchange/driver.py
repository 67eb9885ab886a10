"""Starts the test exchange as a process of its own and drives its controls; what tests and benchmarks import."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

SERVER = Path(__file__).with_name("binance_server.py")


class TestExchange:
    """`async with TestExchange("--speed", "0") as exchange: await exchange.control("advance", bars=1)`."""

    __test__ = False  # pytest would collect the name

    def __init__(self, *arguments: str, command: Sequence[str] = (sys.executable, str(SERVER))) -> None:
        self._command = [*command, *arguments]
        self.url = ""

    @property
    def ws_url(self) -> str:
        return self.url.replace("http://", "ws://")

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=asyncio.subprocess.PIPE)
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode()
        self.url = line.split()[-1]
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()

    async def control(self, action: str, **parameters: str | int | float) -> dict[str, Any]:
        """POST /control/<action>; returns the exchange clock."""
        async with self._session.post(f"{self.url}/control/{action}", params=parameters) as answer:
            answer.raise_for_status()
            return dict(await answer.json())

    async def time(self) -> dict[str, Any]:
        return dict(await self.get("/control/time"))

    async def counts(self) -> dict[str, dict[str, int]]:
        return dict(await self.get("/control/counts"))

    async def get(self, path: str, **parameters: str | int) -> Any:
        async with self._session.get(f"{self.url}{path}", params=parameters) as answer:
            return await answer.json()

    async def wait_until(self, at_ms: int) -> None:
        """Return when the exchange clock has reached `at_ms`."""
        while (await self.time())["now"] < at_ms:
            await asyncio.sleep(0.05)
