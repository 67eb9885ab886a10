"""One WebSocket client of the test exchange and the control messages it may send."""

import asyncio
import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from exchange.wire import dumps

MAX_STREAMS = 1024
MAX_MESSAGES_PER_SECOND = 5
OUTBOX = 20_000
STREAM_NAME = re.compile(r"^[a-z0-9]+@[A-Za-z0-9@+:_]+$")


@dataclass(eq=False)
class Connection:
    """One client: what it follows and what it still has to be sent."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    combined: bool
    opened_ms: int
    streams: dict[str, None] = field(default_factory=dict)
    outbox: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(OUTBOX))
    received_at: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES_PER_SECOND + 1))
    unanswered_pings: dict[bytes, float] = field(default_factory=dict)

    def send(self, text: str) -> None:
        """Queue a frame; a client that does not read is cut off."""
        try:
            self.outbox.put_nowait(text)
        except asyncio.QueueFull:
            self.abort()

    def abort(self) -> None:
        """Drop the TCP connection without a closing handshake."""
        if self.transport is not None:
            self.transport.abort()


def answer_request(connection: Connection, text: str) -> str:
    """The reply to a control message; changes what the connection follows."""
    try:
        request = json.loads(text)
    except ValueError as error:
        return dumps({"code": 3, "msg": f"Invalid JSON: {error}"})
    if not isinstance(request, dict) or "method" not in request:
        return _invalid("missing field `method` at line 1 column 2")
    identity, params = request.get("id"), request.get("params", [])
    match request["method"]:
        case "SUBSCRIBE" | "UNSUBSCRIBE" as method:
            if (reason := _change_streams(connection, method, params)) is not None:
                return _invalid(reason)
        case "LIST_SUBSCRIPTIONS":
            return dumps({"result": list(connection.streams), "id": identity})
        case "SET_PROPERTY" if params in (["combined", True], ["combined", False]):
            connection.combined = params[1]
        case "GET_PROPERTY" if params == ["combined"]:
            return dumps({"result": connection.combined, "id": identity})
        case method:
            return _invalid(f"unknown variant {method}")
    return dumps({"result": None, "id": identity})


def _invalid(reason: str) -> str:
    return dumps({"code": 2, "msg": f"Invalid request: {reason}"})


def _change_streams(connection: Connection, method: str, params: Any) -> str | None:
    if not isinstance(params, list) or not all(isinstance(name, str) and STREAM_NAME.match(name) for name in params):
        return "invalid stream name"
    if method == "UNSUBSCRIBE":
        for name in params:
            connection.streams.pop(name, None)
    elif len(connection.streams | dict.fromkeys(params)) > MAX_STREAMS:
        return "too many streams"
    else:
        connection.streams |= dict.fromkeys(params)
    return None
