"""A warden that does what a test says: the other end of both sockets, without a sandbox behind it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from strategy_contracts.runner_config import CONTROL_SOCKET, DATA_SOCKET
from strategy_contracts.worker_protocol import (
    LENGTH,
    MAX_CONTROL_BYTES,
    MAX_TO_WORKER_BYTES,
    ControlRequest,
    DataRequest,
    Evaluate,
    Evaluated,
    Exited,
    Kill,
    Load,
    Loaded,
    Output,
    Ping,
    Pong,
    Spawn,
    Spawned,
    encode_frame,
)

_CONTROL = msgspec.msgpack.Decoder(ControlRequest)
_DATA = msgspec.msgpack.Decoder(DataRequest)

Answer = Callable[["ScriptedWarden", DataRequest], Awaitable[None]]


class ScriptedWarden:
    """Answers Load and Evaluate by `answer`; `exit` reports the worker's end, which also closes its connection."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers: list[asyncio.Server] = []
        self._control: asyncio.StreamWriter | None = None
        self._data: asyncio.StreamWriter | None = None
        self._waiting: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self.answer: Answer = answer_well
        self.spawns: list[Spawn] = []
        self.kills: list[int] = []
        self.requests: list[DataRequest] = []
        self.killed: dict[str, Any] = {"signal": 9}
        """What Exited says after a Kill."""
        self.refuses_spawns = False
        self.may_tell_of_spawns = asyncio.Event()
        self.may_tell_of_spawns.set()
        self.answers_pings = True
        self.layers: tuple[str, ...] = ("rlimits", "seccomp")

    async def __aenter__(self) -> "ScriptedWarden":
        self._servers = [
            await asyncio.start_unix_server(self._serve_control, self._folder / CONTROL_SOCKET),
            await asyncio.start_unix_server(self._take_data, self._folder / DATA_SOCKET),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for writer in (self._control, self._data):
            if writer is not None:
                writer.close()
        for server in self._servers:
            server.close()
            await server.wait_closed()
        for name in (CONTROL_SOCKET, DATA_SOCKET):
            (self._folder / name).unlink(missing_ok=True)
        for task in self._tasks:
            task.cancel()

    async def send(self, reply: Spawned | Exited | Output | Pong) -> None:
        assert self._control is not None
        self._control.write(encode_frame(reply, MAX_CONTROL_BYTES))
        await self._control.drain()

    async def send_data(self, data: bytes) -> None:
        assert self._data is not None
        self._data.write(data)
        await self._data.drain()

    async def reply(self, message: msgspec.Struct) -> None:
        await self.send_data(encode_frame(message, MAX_TO_WORKER_BYTES))

    async def exit(self, **facts: Any) -> None:
        """The present worker ends."""
        assert self._data is not None
        await self.send(Exited(id=self.spawns[-1].id, **facts))
        self._data.close()

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._control = writer
        while (body := await _read(reader)) is not None:
            match _CONTROL.decode(body):
                case Spawn() as spawn:
                    await self._spawn(spawn)
                case Kill(id=spawn_id):
                    alive = self._data is not None and not self._data.is_closing()
                    self.kills.append(spawn_id)
                    if alive:
                        await self.exit(**self.killed)
                case Ping(id=ping_id):
                    if self.answers_pings:
                        await self.send(Pong(id=ping_id))
        writer.close()

    async def _spawn(self, spawn: Spawn) -> None:
        self.spawns.append(spawn)
        reader, self._data = await self._waiting.get()
        if self.refuses_spawns:
            await self.exit(exit_code=71)
            return
        task = asyncio.create_task(self._serve_data(reader))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await self.may_tell_of_spawns.wait()
        await self.send(Spawned(id=spawn.id, pid=4711, layers=self.layers))

    async def _take_data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._waiting.put_nowait((reader, writer))

    async def _serve_data(self, reader: asyncio.StreamReader) -> None:
        while (body := await _read(reader)) is not None:
            request = _DATA.decode(body)
            self.requests.append(request)
            await self.answer(self, request)


async def answer_well(warden: ScriptedWarden, request: DataRequest) -> None:
    """As a strategy that waits."""
    match request:
        case Load():
            await warden.reply(Loaded(id=request.id))
        case Evaluate():
            await warden.reply(Evaluated(id=request.id, signals=[]))


def at_evaluation(answer: Answer) -> Answer:
    """Loads well, then does what the test says."""

    async def do(warden: ScriptedWarden, request: DataRequest) -> None:
        await (answer_well if isinstance(request, Load) else answer)(warden, request)

    return do


async def _read(reader: asyncio.StreamReader) -> bytes | None:
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
