"""A door before the market gateway that opens when all who start together have come to it, and one to leave by.

Eight pods at once are eight interpreters that import pandas on few processors. Without the door the first attacks would
be measured against the starts of the others; with it all have started, and what they disturb is each other. In the same
way nobody is looked into and taken down while another is still being watched.
"""

import asyncio
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

PATIENCE_S = 15.0
"""Shorter than the supervisors' own: who is late finds the door open."""
CHUNK = 64 * 1024


class StartingGate:
    """A TCP relay to the gateway. Pods are told apart by their addresses."""

    def __init__(self, gateway_url: str, host: str) -> None:
        """`host`: the address of this machine that pods reach."""
        target = urlsplit(gateway_url)
        self._target, self._host = (target.hostname, target.port), host
        self._waiting: set[str] = set()
        self._watched = 0
        self._expected = 0
        self._open, self._over = asyncio.Event(), asyncio.Event()
        self._served: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "StartingGate":
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._open.set()
        for writer in self._served.values():
            writer.close()
        await asyncio.gather(*self._served)

    @property
    def url(self) -> str:
        """What a supervisor is told instead of the gateway's own address."""
        assert self._server is not None
        return f"http://{self._host}:{self._server.sockets[0].getsockname()[1]}"

    def expect(self, count: int) -> None:
        """Close the doors for so many."""
        self._waiting.clear()
        self._open.clear()
        self._over.clear()
        self._watched, self._expected = 0, count

    def leave(self) -> None:
        """One of them will not come, or is gone."""
        self._expected -= 1
        self._look()

    async def all_watched(self) -> None:
        """One of them has been watched for long enough; return when all have."""
        self._watched += 1
        self._look()
        await self._over.wait()

    def _look(self) -> None:
        if len(self._waiting) >= self._expected:
            self._open.set()
        if self._watched >= self._expected:
            self._over.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._served[task] = writer
        task.add_done_callback(self._served.pop)
        self._waiting.add(writer.get_extra_info("peername")[0])
        self._look()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._open.wait()
            await self._relay(reader, writer)
        finally:
            await _close(writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            return
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            await _close(back)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one end is gone; the other is then told."""
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
