"""The warden's end of the control connection: never blocks, whatever the supervisor does or leaves undone."""

import socket
from typing import Final

import msgspec

from strategy_contracts.worker_protocol import (
    MAX_CONTROL_BYTES,
    ControlReply,
    ControlRequest,
    Output,
    decode_body,
    encode_frame,
)
from strategy_sandbox.channel import FrameSplitter

_DECODER: Final = msgspec.msgpack.Decoder(ControlRequest)
_CHUNK_BYTES: Final = 64 * 1024
_OUTPUT_BACKLOG_BYTES: Final = 64 * 1024


class ControlConnection:
    """Requests in, replies out through a buffer; printed text is dropped first when the peer does not read."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._splitter = FrameSplitter(MAX_CONTROL_BYTES)
        self._outgoing = bytearray()

    def fileno(self) -> int:
        return self._connection.fileno()

    @property
    def wants_to_send(self) -> bool:
        return bool(self._outgoing)

    def receive(self) -> list[ControlRequest] | None:
        """The requests that are complete now; None when the supervisor has hung up.

        Raises ContractViolation for bytes that are no request.
        """
        try:
            chunk = self._connection.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return []
        except ConnectionResetError:
            return None
        if not chunk:
            return None
        return [decode_body(body, _DECODER) for body in self._splitter.feed(chunk)]

    def send(self, message: ControlReply) -> None:
        """Queue a reply and send what fits now."""
        if isinstance(message, Output) and len(self._outgoing) > _OUTPUT_BACKLOG_BYTES:
            return
        self._outgoing += encode_frame(message, MAX_CONTROL_BYTES)
        self.flush()

    def flush(self) -> None:
        """Send what the peer takes; a peer that is gone is noticed by the next `receive`."""
        try:
            sent = self._connection.send(self._outgoing)
        except BlockingIOError:
            return
        except (BrokenPipeError, ConnectionResetError):
            sent = len(self._outgoing)
        del self._outgoing[:sent]

    def close(self) -> None:
        self._connection.close()
