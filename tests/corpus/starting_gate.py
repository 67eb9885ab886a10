"""A door before the market gateway that opens when all who start together have come to it.

Eight pods at once are eight interpreters that import pandas on few processors. Without the door the first attacks would
be measured against the starts of the others; with it all have started, and what they disturb is each other.
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
        self._expected = 0
        self._open = asyncio.Event()
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "StartingGate":
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    @property
    def url(self) -> str:
        """What a supervisor is told instead of the gateway's own address."""
        assert self._server is not None
        return f"http://{self._host}:{self._server.sockets[0].getsockname()[1]}"

    def expect(self, count: int) -> None:
        """Close the door for so many."""
        self._waiting.clear()
        self._open.clear()
        self._expected = count

    def leave(self) -> None:
        """One of them will not come (any more)."""
        self._expected -= 1
        self._look()

    def _look(self) -> None:
        if len(self._waiting) >= self._expected:
            self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)
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
