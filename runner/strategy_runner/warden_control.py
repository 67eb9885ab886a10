"""The control connection to the warden: spawn, kill, and what the warden tells by itself.

Knows the messages of one connection and nothing of strategies. When the connection ends, everyone who waits
is told so with WardenGone; making a new one is the link's business.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from strategy_contracts.errors import ContractViolation
from strategy_contracts.worker_protocol import (
    MAX_CONTROL_BYTES,
    ControlReply,
    Exited,
    Kill,
    Output,
    Ping,
    Pong,
    Spawn,
    Spawned,
    decode_body,
    encode_frame,
)
from strategy_runner.frames import ConnectionEnded, FrameConnection

log = structlog.get_logger(__name__)

_DECODER: Final = msgspec.msgpack.Decoder(ControlReply)


class WardenGone(Exception):
    """The control connection is lost: the warden and its worker are, or will be, dead."""


class SpawnRefused(Exception):
    """No worker exists: a layer of the box could not be installed."""


class WardenControl:
    """One control connection, with a task that reads it."""

    def __init__(self, connection: FrameConnection, on_output: Callable[[Output], None]) -> None:
        self._connection = connection
        self._on_output = on_output
        self._spawns: dict[int, asyncio.Future[Spawned]] = {}
        self._exits: dict[int, asyncio.Future[Exited]] = {}
        self._pings = 0
        self.unanswered_pings = 0
        """Since the last message of any kind."""
        self._reader = asyncio.create_task(self._read(), name="warden-control")

    @classmethod
    async def connect(cls, path: Path, on_output: Callable[[Output], None]) -> "WardenControl":
        """Raises OSError when no warden listens."""
        return cls(await FrameConnection.connect(path, MAX_CONTROL_BYTES), on_output)

    @property
    def alive(self) -> bool:
        return not self._reader.done()

    async def spawn(self, request: Spawn) -> Spawned:
        """Have a worker forked that owns the data connection which waits. Raises SpawnRefused or WardenGone."""
        spawned: asyncio.Future[Spawned] = self._future()
        self._spawns[request.id], self._exits[request.id] = spawned, self._future()
        self._send(request)
        return await spawned

    def kill(self, spawn_id: int) -> None:
        self._send(Kill(id=spawn_id))

    async def exited(self, spawn_id: int) -> Exited:
        """How that worker ended; waits until it has."""
        future = self._exits.get(spawn_id)
        if future is None:
            raise WardenGone
        return await asyncio.shield(future)

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._pings += 1
        self.unanswered_pings += 1
        self._send(Ping(id=self._pings))

    async def close(self) -> None:
        self._connection.close()
        self._reader.cancel()
        await asyncio.wait([self._reader])

    def _future(self) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if not self.alive:
            future.set_exception(WardenGone())
        # A loss that nobody waits for is no error.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    def _send(self, message: Spawn | Kill | Ping) -> None:
        self._connection.write(encode_frame(message, MAX_CONTROL_BYTES))

    async def _read(self) -> None:
        try:
            while True:
                self._take(decode_body(await self._connection.read(), _DECODER))
        except (ConnectionEnded, ContractViolation) as error:
            log.warning("warden_connection_lost", cause=type(error).__name__)
        finally:
            self._connection.close()
            waiting: list[asyncio.Future[Any]] = [*self._spawns.values(), *self._exits.values()]
            for future in waiting:
                if not future.done():
                    future.set_exception(WardenGone())

    def _take(self, reply: ControlReply) -> None:
        self.unanswered_pings = 0
        match reply:
            case Spawned():
                self._resolve(self._spawns.pop(reply.id, None), reply)
            case Exited():
                if (refused := self._spawns.pop(reply.id, None)) is not None and not refused.done():
                    refused.set_exception(SpawnRefused())
                self._resolve(self._exits.get(reply.id), reply)
                for old in [key for key in self._exits if key < reply.id]:
                    del self._exits[old]
            case Output():
                self._on_output(reply)
            case Pong():
                pass

    @staticmethod
    def _resolve(future: "asyncio.Future[Any] | None", reply: msgspec.Struct) -> None:
        if future is not None and not future.done():
            future.set_result(reply)
