"""The live stream, `/api/signals/stream`: the platform's WebSocket messages, cursor and resume, and an SSE twin.

One task reads what the client says, one task writes; everything to the client passes through its listener's
queue, so that answers, missed signals and live signals keep their order. The hub decides who gets what.
"""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from strategy_api.auth import Authenticator, Identity, token_of
from strategy_api.client_message import (
    MAX_SYMBOLS,
    Authenticate,
    BadMessage,
    Ping,
    Subscribe,
    Unsubscribe,
    read_client_message,
)
from strategy_api.cursor import InvalidCursor, decode_cursor
from strategy_api.errors import Unauthenticated
from strategy_api.hub import ALL_SYMBOLS, CloseCode, Hub, Listener, Replay
from strategy_api.web_socket_protocol import EXTENSION

AUTH_TIMEOUT_S: Final = 5.0
CATCH_UP_TIMEOUT_S: Final = 5.0
"""How long a client whose cursor is ahead of this replica waits for it."""

_REASONS: Final = {
    CloseCode.RESTART: "this replica stops; connect again",
    CloseCode.TOO_MANY_CLIENTS: "too many clients; connect again",
    CloseCode.UNAUTHENTICATED: "send a valid token",
    CloseCode.SLOW: "too slow; connect again and resume with your cursor",
}


class SignalStream:
    """Serves the WebSocket route."""

    def __init__(
        self, hub: Hub, authenticator: Authenticator, *, origins: tuple[str, ...] = (), max_clients: int = 5000
    ) -> None:
        self._hub, self._authenticator = hub, authenticator
        self._origins, self._max_clients = frozenset(origins), max_clients

    async def serve(self, socket: WebSocket) -> None:
        """One connection from handshake to close. A wrong token in the handshake is refused with HTTP 401."""
        if not origin_allowed(socket, self._origins):
            await socket.close()
            return
        token = token_of(socket)
        identity = self._authenticator.identify(token) if token else None
        await socket.accept("bearer" if "bearer" in socket.scope.get("subprotocols", ()) else None)
        if self._hub.clients >= self._max_clients:
            await close(socket, CloseCode.TOO_MANY_CLIENTS)
            return
        with suppress(WebSocketDisconnect):
            await self._greet(socket)
            identity = identity or await self._ask_for_token(socket)
            if identity is None:
                await close(socket, CloseCode.UNAUTHENTICATED)
                return
            with self._hub.listen(identity.owner) as listener:
                code = await _Conversation(socket, self._hub, listener).run(identity)
            if code is not None:
                await close(socket, code)

    async def _greet(self, socket: WebSocket) -> None:
        # No cursor here: a client that remembers the last cursor it saw would pass over what it is about to resume.
        greeting = self._hub.message("connection", status="connected", connection_id=str(uuid.uuid4()))
        await socket.send_text(greeting.text)

    async def _ask_for_token(self, socket: WebSocket) -> Identity | None:
        """Browsers cannot set headers on a WebSocket: the first message may bring the token."""
        if not self._authenticator.needs_token:
            return self._authenticator.identify(None)
        try:
            message = read_client_message(await asyncio.wait_for(socket.receive_text(), AUTH_TIMEOUT_S))
            if not isinstance(message, Authenticate):
                raise Unauthenticated('say {"type": "auth", "token": …} first, or send the header Authorization')
            identity = self._authenticator.identify(message.token)
        except (BadMessage, Unauthenticated, TimeoutError) as error:
            sentence = str(error) or f"no token within {AUTH_TIMEOUT_S:.0f} s"
            await socket.send_text(self._hub.message("error", message=sentence).text)
            return None
        await socket.send_text(self._hub.message("authenticated").text)
        return identity


class _Conversation:
    """Reader and writer of one client until either ends, or the hub closes the listener."""

    def __init__(self, socket: WebSocket, hub: Hub, listener: Listener) -> None:
        self._socket, self._hub, self._listener = socket, hub, listener

    async def run(self, identity: Identity) -> CloseCode | None:
        """Returns the code to close with; None when the client is gone."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        ends: list[asyncio.Future[Any]] = [*tasks, self._listener.closed]
        expiry = self._end_with_token(identity)
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if expiry is not None:
                expiry.cancel()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                raise outcome
        return self._listener.closed.result() if self._listener.closed.done() else None

    def _end_with_token(self, identity: Identity) -> asyncio.TimerHandle | None:
        if identity.expires_at is None:
            return None
        remaining_s = max(0.0, identity.expires_at - self._hub.clock().timestamp())
        return asyncio.get_running_loop().call_later(remaining_s, self._listener.close, CloseCode.UNAUTHENTICATED)

    async def _write(self) -> None:
        while True:
            item = await self._listener.next()
            frames = self._hub.replayed(item) if isinstance(item, Replay) else (item,)
            for frame in frames:
                await self._socket.send_text(frame.text)

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            try:
                await self._answer(message.get("text") or message.get("bytes") or b"")
            except (BadMessage, InvalidCursor) as error:
                self._listener.offer(self._hub.message("error", message=str(error)))

    async def _answer(self, text: str | bytes) -> None:
        match read_client_message(text):
            case Subscribe(symbols, after):
                await self._subscribe(symbols, after)
            case Unsubscribe(symbols):
                self._listener.symbols -= _upper(symbols)
                self._listener.offer(self._hub.message("subscription", status="unsubscribed", symbols=symbols))
            case Ping():
                self._listener.offer(self._hub.message("pong"))
            case _:
                pass

    async def _subscribe(self, symbols: tuple[str, ...], after: str | None) -> None:
        wanted = self._listener.symbols | _upper(symbols)
        if len(wanted) > MAX_SYMBOLS:
            raise BadMessage(f"at most {MAX_SYMBOLS} symbols; use {ALL_SYMBOLS}")
        if after is not None and self._listener.symbols:
            raise BadMessage("after belongs to the first subscribe of a connection: one cursor, one stream")
        fields: dict[str, Any] = {"status": "subscribed", "symbols": symbols}
        if after is None:
            self._listener.symbols = wanted
            self._listener.offer(self._hub.message("subscription", **fields, cursor=self._hub.cursor))
            return
        replay = await resume(self._hub, self._listener, wanted, after)
        cursor = self._hub.cursor if replay is None else after
        self._listener.offer(self._hub.message("subscription", **fields, recovered=replay is not None, cursor=cursor))
        if replay is not None:
            self._listener.offer(replay)


async def resume(hub: Hub, listener: Listener, symbols: set[str], after: str) -> Replay | None:
    """Subscribe from a cursor. Returns what was missed; None when that is not all in memory: never a part of it."""
    cursor = decode_cursor(after)
    reached = await hub.reached(cursor, CATCH_UP_TIMEOUT_S)
    # No await from here to the caller's offer: what is published in between would be lost or sent twice.
    listener.symbols = symbols
    missed = hub.ring.after(cursor) if reached else None
    if missed is None:
        return None
    return Replay([signal for signal in missed if listener.wants(signal)], cursor)


async def close(socket: WebSocket, code: CloseCode) -> None:
    """End the connection; a client that does not read is not waited for."""
    close_now: Callable[[int, str], None] | None = socket.scope.get("extensions", {}).get(EXTENSION)
    if close_now is not None:
        close_now(code, _REASONS[code])
    else:
        await socket.close(code, _REASONS[code])


def origin_allowed(connection: HTTPConnection, origins: frozenset[str]) -> bool:
    """Browsers let any page open a WebSocket: only our own host's pages and the named origins may."""
    origin = connection.headers.get("origin")
    return origin is None or origin in origins or urlsplit(origin).netloc == connection.headers.get("host")


def _upper(symbols: tuple[str, ...]) -> set[str]:
    return {symbol.upper() for symbol in symbols}
