"""uvicorn's WebSocket protocol with one more way to end a connection: without waiting for the client.

ASGI has no such message: sending `websocket.close` waits until the client has read what was written before, and a
client that never reads would keep its buffers for ever. An application finds the way out in the scope's extensions.
"""

from collections.abc import MutableMapping
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "strategy_api.close_now"


class ClosableWebSocketProtocol(WebSocketsSansIOProtocol):
    """Puts `close_now` into the scope before the application runs."""

    async def run_asgi(self) -> None:
        extensions: MutableMapping[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self.close_now
        await super().run_asgi()

    def close_now(self, code: int, reason: str) -> None:
        """Write the close frame behind whatever is buffered; abort if the client has not read it in time."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
