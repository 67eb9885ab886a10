"""Frames from a hostile peer over a real unix socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from strategy_contracts.errors import ContractViolation
from strategy_contracts.worker_protocol import LENGTH
from strategy_runner.frames import ConnectionEnded, FrameConnection

LIMIT = 1000


class Peer:
    """Writes what a test wants to whoever connects."""

    def __init__(self) -> None:
        self.writer: asyncio.StreamWriter | None = None
        self.reader: asyncio.StreamReader | None = None
        self.connected = asyncio.Event()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.connected.set()

    async def send(self, data: bytes) -> None:
        await self.connected.wait()
        assert self.writer is not None
        self.writer.write(data)
        await self.writer.drain()

    async def hang_up(self) -> None:
        await self.connected.wait()
        assert self.writer is not None
        self.writer.close()


@pytest.fixture
async def peer() -> Peer:
    return Peer()


@pytest.fixture
async def connection(peer: Peer, tmp_path: Path) -> AsyncIterator[FrameConnection]:
    server = await asyncio.start_unix_server(peer.accept, tmp_path / "s")
    made = await FrameConnection.connect(tmp_path / "s", LIMIT)
    yield made
    made.close()
    await peer.hang_up()
    server.close()
    await server.wait_closed()


def frame(body: bytes) -> bytes:
    return LENGTH.pack(len(body)) + body


async def test_frames_arrive_whole_however_they_are_cut(connection: FrameConnection, peer: Peer) -> None:
    data = frame(b"one") + frame(b"") + frame(b"three")
    for byte in data:
        await peer.send(bytes([byte]))
    assert [await connection.read() for _ in range(3)] == [b"one", b"", b"three"]
    assert not connection.has_unread


async def test_a_reader_waits_for_the_rest(connection: FrameConnection, peer: Peer) -> None:
    reading = asyncio.create_task(connection.read())
    await peer.send(frame(b"slow")[:5])
    await asyncio.sleep(0)
    assert not reading.done()
    await peer.send(frame(b"slow")[5:])
    assert await reading == b"slow"


async def test_a_frame_that_is_too_long_is_refused_by_its_length_alone(connection: FrameConnection, peer: Peer) -> None:
    await peer.send(LENGTH.pack(LIMIT + 1))
    with pytest.raises(ContractViolation, match="1001 bytes; the limit is 1000"):
        await connection.read()


async def test_surplus_bytes_show(connection: FrameConnection, peer: Peer) -> None:
    await peer.send(frame(b"answer") + b"\0")
    assert await connection.read() == b"answer"
    assert connection.has_unread


async def test_a_peer_that_hangs_up_ends_the_reading(connection: FrameConnection, peer: Peer) -> None:
    reading = asyncio.create_task(connection.read())
    await peer.hang_up()
    with pytest.raises(ConnectionEnded):
        await reading


async def test_what_came_before_the_end_can_still_be_read(connection: FrameConnection, peer: Peer) -> None:
    await peer.send(frame(b"last"))
    await peer.hang_up()
    assert await connection.read() == b"last"
    with pytest.raises(ConnectionEnded):
        await connection.read()


async def test_a_flood_of_frames_is_not_collected(connection: FrameConnection, peer: Peer) -> None:
    flood = asyncio.create_task(peer.send(frame(b"x" * 900) * 20_000))
    for _ in range(200):
        assert await connection.read() == b"x" * 900
    assert not flood.done()
    connection.close()
    with pytest.raises(ConnectionError):
        await flood


async def test_nobody_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await FrameConnection.connect(tmp_path / "nobody", LIMIT)
