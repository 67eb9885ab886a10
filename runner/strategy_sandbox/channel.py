"""Frames on a socket: length before read, size limits, strict schema.

`FrameSplitter` is pure. `Channel` is the blocking end that a worker uses; the warden, which must never
block on one peer, feeds a splitter itself.
"""

import socket
from typing import Generic, TypeVar

import msgspec

from strategy_contracts.errors import ContractViolation
from strategy_contracts.worker_protocol import LENGTH, decode_body

Incoming = TypeVar("Incoming")


class FrameSplitter:
    """Cuts a stream of bytes into the bodies of frames."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The bodies that are complete now; ContractViolation as soon as a length is out of bounds."""
        self._pending += chunk
        bodies = []
        while len(self._pending) >= LENGTH.size:
            end = LENGTH.size + announced_length(self._pending, self._limit)
            if len(self._pending) < end:
                break
            bodies.append(bytes(self._pending[LENGTH.size : end]))
            del self._pending[:end]
        return bodies


def announced_length(head: bytes | bytearray, limit: int) -> int:
    """The length in the first bytes of a frame; ContractViolation when it is none that we would read."""
    (length,) = LENGTH.unpack_from(head)
    if not 0 < length <= limit:
        raise ContractViolation(f"a frame of {length} bytes was announced; the limit is {limit}")
    return int(length)


class Channel(Generic[Incoming]):
    """A connected stream socket that carries one message at a time."""

    def __init__(
        self,
        connection: socket.socket,
        decoder: msgspec.msgpack.Decoder[Incoming],
        *,
        limit: int,
    ) -> None:
        self._connection = connection
        self._decoder = decoder
        self._limit = limit

    def receive(self) -> Incoming | None:
        """The next message; None when the peer has closed the connection between two of them."""
        head = self._read(LENGTH.size, eof_is_fine=True)
        if head is None:
            return None
        body = self._read(announced_length(head, self._limit), eof_is_fine=False)
        assert body is not None
        return decode_body(body, self._decoder)

    def send(self, frame: bytearray) -> None:
        """Send a whole frame, as `encode_frame` makes it."""
        self._connection.sendall(frame)

    def _read(self, length: int, *, eof_is_fine: bool) -> bytearray | None:
        data = bytearray(length)
        view = memoryview(data)
        filled = 0
        while filled < length:
            received = self._connection.recv_into(view[filled:])
            if received == 0:
                if filled == 0 and eof_is_fine:
                    return None
                raise ContractViolation(f"the connection ended after {filled} of {length} bytes")
            filled += received
        return data
