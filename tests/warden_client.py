"""A blocking client of the warden for tests and benchmarks: the supervisor's side of `worker_protocol`."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from strategy_contracts.bar import Bar
from strategy_contracts.bundle import EntryPoint, Shape
from strategy_contracts.runner_config import CONTROL_SOCKET, DATA_SOCKET
from strategy_contracts.worker_protocol import (
    LENGTH,
    MAX_CONTROL_BYTES,
    MAX_TO_WORKER_BYTES,
    ControlReply,
    DataReply,
    Evaluate,
    Evaluated,
    Exited,
    Failed,
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

M = TypeVar("M", bound=msgspec.Struct)

MINUTE_MS = 60_000
FIRST_BAR_MS = 1_677_628_800_000
PATIENCE_S = 20.0
_CONTROL = msgspec.msgpack.Decoder(ControlReply)
_DATA = msgspec.msgpack.Decoder(DataReply)


@contextmanager
def running_warden(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A warden process for the current user, ended by its id."""
    # As the pod does it: without docstrings and assertions of the libraries.
    command = [sys.executable, "-OO", "-m", "strategy_sandbox", "--strategy-socket-dir", str(folder)]
    command += ["--supervisor-uid", str(os.getuid()), "--exit-with-parent", *options]
    # A pipe that nobody reads would stop the warden after some thousand lines of log.
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def connect(path: Path) -> socket.socket:
    """A connection as soon as somebody listens there."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(PATIENCE_S)
        try:
            connection.connect(str(path))
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def read_exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        try:
            chunk = connection.recv(length - len(data))
        except ConnectionResetError:  # the worker ended before it had read all that was sent
            chunk = b""
        if not chunk:
            raise EOFError
        data += chunk
    return data


def read_frame(connection: socket.socket) -> bytes:
    (length,) = LENGTH.unpack(read_exactly(connection, LENGTH.size))
    return read_exactly(connection, length)


class Supervisor:
    """One visit: a control connection, and a data connection for each worker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.data: socket.socket | None = None
        self.printed = ""
        self.dropped_bytes = 0
        self._ids = 0
        self._spawn = 0
        self.control = self._knock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.data is not None:
            self.data.close()
        self.control.close()

    def _knock(self) -> socket.socket:
        """A control connection that is being served; one made while the warden changes listeners is reset."""
        while True:
            self.control = connect(self._folder / CONTROL_SOCKET)
            try:
                self.send_control(Ping(id=0))
                self.expect(Pong)
                return self.control
            except (EOFError, ConnectionError):
                self.control.close()

    def spawn(self, *imports: str, memory_bytes: int = 512 << 20) -> Spawned:
        """A fresh worker; the older one's exit is read first."""
        if self.data is not None:
            self.data.close()
        self.data = connect(self._folder / DATA_SOCKET)
        self._spawn += 1
        self.send_control(Spawn(id=self._spawn, imports=imports, memory_bytes=memory_bytes))
        return self.expect(Spawned)

    def kill(self) -> Exited:
        self.send_control(Kill(id=self._spawn))
        return self.expect(Exited)

    def ping(self) -> Pong:
        self._ids += 1
        self.send_control(Ping(id=self._ids))
        return self.expect(Pong)

    def send_control(self, message: msgspec.Struct) -> None:
        self.control.sendall(encode_frame(message, MAX_CONTROL_BYTES))

    def expect(self, kind: type[M]) -> M:
        """The next control message of that kind; output on the way is kept."""
        while True:
            message = _CONTROL.decode(read_frame(self.control))
            if isinstance(message, Output):
                self.printed += message.text
                self.dropped_bytes += message.dropped_bytes
            if isinstance(message, kind):
                return message

    def send_spawn_without_data(self) -> None:
        self.send_control(Spawn(id=1, memory_bytes=512 << 20))

    def send_data(self, message: Load | Evaluate) -> None:
        assert self.data is not None
        self.data.sendall(encode_frame(message, MAX_TO_WORKER_BYTES))

    def ask(self, message: Load | Evaluate) -> DataReply:
        self.send_data(message)
        assert self.data is not None
        reply: DataReply = _DATA.decode(read_frame(self.data))
        return reply

    def load(self, source: str | dict[str, str], **wanted: Any) -> Loaded | Failed:
        """Load `main.py` with the function shape, or what `wanted` says of Load's fields."""
        files = {"main.py": source} if isinstance(source, str) else source
        self._ids += 1
        fields = {
            "entry_point": a_function(),
            "parameters": {},
            "symbols": ("BTCUSDT",),
            "timeframe": "1m",
            "lookback_bars": 500,
            **wanted,
        }
        reply = self.ask(Load(id=self._ids, files=files, **fields))
        assert isinstance(reply, Loaded | Failed) and reply.id == self._ids
        return reply

    def start_evaluation(self, bars: dict[str, list[Bar]]) -> None:
        """Ask and do not wait."""
        self.send_data(self._evaluation(bars))

    def evaluate(self, bars: dict[str, list[Bar]]) -> Evaluated | Failed:
        reply = self.ask(self._evaluation(bars))
        assert isinstance(reply, Evaluated | Failed) and reply.id == self._ids
        return reply

    def _evaluation(self, bars: dict[str, list[Bar]]) -> Evaluate:
        self._ids += 1
        at = max((bar.open_time for rows in bars.values() for bar in rows), default=FIRST_BAR_MS) + MINUTE_MS
        return Evaluate(id=self._ids, evaluation_time_ms=at, bars=bars)


def a_function(name: str = "generate_signals", arity: int = 2) -> EntryPoint:
    shape = Shape.FUNCTION if arity == 2 else Shape.FUNCTION_DATA
    return EntryPoint(shape=shape, file="main.py", name=name, arity=arity)


def a_class(name: str = "Strategy", method: str = "generate_signals", arity: int = 2) -> EntryPoint:
    return EntryPoint(shape=Shape.CLASS, file="main.py", name=name, method=method, arity=arity)


def some_bars(count: int, first: int = 0) -> list[Bar]:
    """Minute bars numbered from `first`: bar n closes at 100 + n."""
    return [
        Bar(FIRST_BAR_MS + n * MINUTE_MS, 100.0 + n, 101.0 + n, 99.0 + n, 100.0 + n, 10.0)
        for n in range(first, first + count)
    ]


def is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
