"""One connection to the strategy container: whole frames in, whole frames out.

The peer is hostile: a length is checked before anything of that length is kept, unread frames are few, and what
comes unasked can be seen. What a frame means is not known here.
"""

import asyncio
from collections import deque
from pathlib import Path
from typing import Final

from strategy_contracts.errors import ContractViolation
from strategy_contracts.worker_protocol import LENGTH

MAX_UNREAD_FRAMES: Final = 64


class ConnectionEnded(Exception):
    """The peer is gone."""


class FrameConnection(asyncio.Protocol):
    """Made by `connect`. `read` is for one reader at a time."""

    def __init__(self, max_frame_bytes: int) -> None:
        self._limit = max_frame_bytes
        self._buffer = bytearray()
        self._frames: deque[bytes] = deque()
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, path: Path, max_frame_bytes: int) -> "FrameConnection":
        """Raises OSError when nobody listens."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(lambda: cls(max_frame_bytes), str(path))
        return connection

    async def read(self) -> bytes:
        """The next frame's body. Raises ConnectionEnded, or ContractViolation for a frame that is too long."""
        while not self._frames:
            if self._failure is not None:
                raise self._failure
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._pop()

    def read_now(self) -> bytes | None:
        """The next frame's body if it is here already."""
        return self._pop() if self._frames else None

    def _pop(self) -> bytes:
        frame = self._frames.popleft()
        if self._transport is not None and self._failure is None:
            self._transport.resume_reading()
        return frame

    def write(self, frame: bytearray) -> None:
        """Send an encoded frame; what a dead peer does not take is noticed by `read`."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    @property
    def has_unread(self) -> bool:
        """Whether bytes are here that nobody has read."""
        return bool(self._frames or self._buffer)

    def close(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._failure is None and len(self._buffer) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._buffer)
            if length > self._limit:
                self._fail(ContractViolation(f"a frame of {length} bytes; the limit is {self._limit}"))
                self.close()
                break
            end = LENGTH.size + length
            if len(self._buffer) < end:
                break
            self._frames.append(bytes(self._buffer[LENGTH.size : end]))
            del self._buffer[:end]
        if len(self._frames) > MAX_UNREAD_FRAMES and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._failure is None:
            self._fail(ConnectionEnded())
        self._wake()

    def _fail(self, failure: Exception) -> None:
        self._failure = failure
        self._buffer.clear()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
