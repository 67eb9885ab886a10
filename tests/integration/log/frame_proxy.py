"""A proxy before a broker that reads the frames of Kafka's protocol and loses one message on purpose."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

END_TRANSACTION = 26
"""The API key of EndTxn."""


class Loss(Enum):
    """What becomes of the message; the connection is cut with it, and new ones are refused until the loss is over."""

    REQUEST = "the request never reaches the broker"
    REPLY = "the broker does it, its reply is lost"


class FrameProxy:
    """Forwards everything until it is armed; then the next request of that kind is lost."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._connections: set[asyncio.Task[None]] = set()
        self._armed: tuple[int, Loss] | None = None
        self._cut = False
        self.lost = asyncio.Event()

    def lose(self, api_key: int, loss: Loss) -> None:
        self._armed = (api_key, loss)
        self.lost.clear()

    def heal(self) -> None:
        self._cut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if not self._cut:
                await self._forward(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        replies = asyncio.create_task(_copy(broker_reader, writer))
        try:
            while True:
                frame = await _frame(reader)
                api_key = struct.unpack(">h", frame[4:6])[0]
                if self._armed is not None and self._armed[0] == api_key:
                    await self._lose(frame, broker_writer, replies, broker_reader)
                    return
                broker_writer.write(frame)
        finally:
            broker_writer.close()
            replies.cancel()
            await asyncio.wait([replies])

    async def _lose(
        self,
        frame: bytes,
        broker_writer: asyncio.StreamWriter,
        replies: "asyncio.Task[None]",
        broker_reader: asyncio.StreamReader,
    ) -> None:
        assert self._armed is not None
        (_, loss), self._armed = self._armed, None
        self._cut = True
        if loss is Loss.REPLY:
            replies.cancel()
            await asyncio.wait([replies])
            broker_writer.write(frame)
            await _frame(broker_reader)
        self.lost.set()
        for connection in self._connections - {asyncio.current_task()}:
            connection.cancel()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack(">i", size)[0])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)


@asynccontextmanager
async def frame_proxy(port: int, broker_port: int) -> AsyncIterator[FrameProxy]:
    """A proxy on `port` for the length of a block."""
    proxy = FrameProxy(broker_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", port)
    try:
        yield proxy
    finally:
        server.close()
        for connection in set(proxy._connections):
            connection.cancel()
        await server.wait_closed()
        while proxy._connections:
            await asyncio.sleep(0)
