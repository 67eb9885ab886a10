"""The stream as server-sent events, for clients that only speak HTTP: same signals, same cursor, same limits.

`GET /api/signals/stream?symbols=BTCUSDT,*&after=…` with `Accept: text/event-stream`; `Last-Event-ID` resumes.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from strategy_api.client_message import MAX_SYMBOLS
from strategy_api.cursor import InvalidCursor
from strategy_api.errors import DependencyUnavailable, InvalidRequest
from strategy_api.gate import Gate
from strategy_api.hub import ALL_SYMBOLS, Frame, Hub, Listener, Replay
from strategy_api.rest.answers import problem
from strategy_api.stream import resume

_MEDIA_TYPE: Final = "text/event-stream"
_LAST_WORDS_TIMEOUT_S: Final = 2.0


class EventStream:
    """Serves the HTTP side of the stream's path."""

    def __init__(self, hub: Hub, gate: Gate, *, max_clients: int) -> None:
        self._hub, self._gate, self._max_clients = hub, gate, max_clients

    async def serve(self, request: Request) -> Response:
        identity = self._gate.admit(request)
        if _MEDIA_TYPE not in request.headers.get("accept", ""):
            return problem(406, "Not acceptable", f"Open a WebSocket here, or accept {_MEDIA_TYPE}")
        if self._hub.clients >= self._max_clients:
            raise DependencyUnavailable("Too many clients; try again")
        symbols = {part.strip().upper() for part in request.query_params.get("symbols", ALL_SYMBOLS).split(",")}
        if len(symbols) > MAX_SYMBOLS:
            raise InvalidRequest({"symbols": f"at most {MAX_SYMBOLS}"})
        after = request.headers.get("last-event-id") or request.query_params.get("after")
        return _Events(self._hub, identity.owner, symbols, after)


class _Events(Response):
    """A response without an end: written until the client goes or is told to go."""

    media_type = _MEDIA_TYPE

    def __init__(self, hub: Hub, owner: str | None, symbols: set[str], after: str | None) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub, self._owner, self._symbols, self._after = hub, owner, symbols, after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._hub.listen(self._owner) as listener:
            first = await self._subscribe(listener)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            tasks = [asyncio.create_task(_gone(receive)), asyncio.create_task(self._write(listener, first, send))]
            ends: list[asyncio.Future[Any]] = [*tasks, listener.closed]
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(TimeoutError, OSError):
            await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), _LAST_WORDS_TIMEOUT_S)

    async def _subscribe(self, listener: Listener) -> list[Frame | Replay]:
        """The first event says where the stream really begins, so that a loss is seen."""
        if self._after is None:
            listener.symbols = self._symbols
            return [self._hub.message("connection", status="connected", cursor=self._hub.cursor)]
        try:
            replay = await resume(self._hub, listener, self._symbols, self._after)
        except InvalidCursor:
            listener.symbols = self._symbols
            replay = None
        cursor = self._hub.cursor if replay is None else self._after
        greeting = self._hub.message("connection", status="connected", recovered=replay is not None, cursor=cursor)
        return [greeting] if replay is None else [greeting, replay]

    async def _write(self, listener: Listener, first: list[Frame | Replay], send: Send) -> None:
        for item in first:
            await self._send(item, send)
        while True:
            await self._send(await listener.next(), send)

    async def _send(self, item: Frame | Replay, send: Send) -> None:
        frames = self._hub.replayed(item) if isinstance(item, Replay) else (item,)
        for frame in frames:
            event_id = f"id: {frame.cursor}\n" if frame.cursor is not None else ""
            body = f"{event_id}data: {frame.text}\n\n".encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
