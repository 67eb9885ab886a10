"""Fan-out of signals to the clients of this replica.

Each client has a bounded queue. A client that does not keep up is closed with 4008 and resumes by cursor;
it never slows the others and never loses a signal silently. A message is encoded once, whoever gets it.
Knows nothing of Kafka, of WebSockets or of HTTP: `stream` and `signal_feed` meet here.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import msgspec

from strategy_api.cursor import Vector, encode_cursor, merged, reaches
from strategy_api.published_signal import PublishedSignal
from strategy_api.signal_ring import SignalRing

ALL_SYMBOLS: Final = "*"
Clock = Callable[[], datetime]


class CloseCode(IntEnum):
    """Why the server ends a stream; 4000 to 4499 invite to connect again."""

    RESTART = 1012
    TOO_MANY_CLIENTS = 1013
    UNAUTHENTICATED = 4001
    SLOW = 4008


@dataclass(frozen=True, slots=True)
class Frame:
    """One message to a client."""

    text: str
    cursor: str | None = None
    """Where the client continues after this message."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Signals a resuming client missed; encoded when their turn comes."""

    signals: list[PublishedSignal]
    after: Vector


Outgoing = Frame | Replay


class Listener:
    """One client: what it may see, what it wants, and what waits to be sent to it."""

    def __init__(self, owner: str | None, queue_size: int) -> None:
        self.owner = owner
        self.symbols: set[str] = set()
        self.closed: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        self._queue: deque[Outgoing] = deque()
        self._queue_size = queue_size
        self._filled = asyncio.Event()

    def wants(self, signal: PublishedSignal) -> bool:
        """Whether the client may see the signal and has subscribed to its symbol."""
        return (self.owner is None or signal.owner == self.owner) and (
            ALL_SYMBOLS in self.symbols or signal.symbol.upper() in self.symbols
        )

    def offer(self, item: Outgoing) -> None:
        """Queue the message; a full queue closes the client instead of waiting for it."""
        if len(self._queue) >= self._queue_size:
            self.close(CloseCode.SLOW)
        else:
            self._queue.append(item)
            self._filled.set()

    def close(self, code: CloseCode) -> None:
        """Ask whoever serves the client to end it."""
        if not self.closed.done():
            self.closed.set_result(code)

    async def next(self) -> Outgoing:
        """The next message to send."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        return self._queue.popleft()


class Hub:
    """The clients of this replica and the ring they resume from."""

    def __init__(self, ring: SignalRing, *, queue_size: int, clock: Clock) -> None:
        self.ring = ring
        self.caught_up = False
        self.draining = False
        self._queue_size = queue_size
        self.clock = clock
        self._listeners: dict[str | None, set[Listener]] = {}
        self._waiting: dict[asyncio.Future[None], Vector] = {}
        self.delivered = 0

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return sum(map(len, self._listeners.values()))

    @property
    def cursor(self) -> str:
        """Where the stream stands now."""
        return encode_cursor(self.ring.position)

    @contextmanager
    def listen(self, owner: str | None) -> Iterator[Listener]:
        """A listener for as long as the client is there."""
        listener = Listener(owner, self._queue_size)
        self._listeners.setdefault(owner, set()).add(listener)
        try:
            yield listener
        finally:
            remaining = self._listeners[owner]
            remaining.discard(listener)
            if not remaining:
                del self._listeners[owner]

    def publish(self, signal: PublishedSignal) -> None:
        """Keep the signal and hand it to every client that wants it."""
        self.ring.append(signal)
        frame: Frame | None = None
        for owner in {signal.owner, None}:
            for listener in self._listeners.get(owner, ()):
                if listener.wants(signal):
                    frame = frame or self._signal_frame(signal, self.ring.position)
                    listener.offer(frame)
                    self.delivered += 1

    def advance(self, position: Vector) -> None:
        """The log was read up to here."""
        self.ring.advance(position)
        for waiter in [
            w for w, target in self._waiting.items() if not w.done() and reaches(self.ring.position, target)
        ]:
            waiter.set_result(None)

    async def reached(self, target: Vector, timeout_s: float) -> bool:
        """Wait until this replica has read as far as the cursor that another replica gave."""
        if reaches(self.ring.position, target):
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = target
        try:
            await asyncio.wait_for(waiter, timeout_s)
        except TimeoutError:
            return False
        finally:
            del self._waiting[waiter]
        return True

    def beat(self) -> None:
        """Tell every subscribed client: alive, nothing to say, you are here."""
        frame = self.message("heartbeat", cursor=self.cursor)
        for listeners in self._listeners.values():
            for listener in listeners:
                if listener.symbols:
                    listener.offer(frame)

    def drain(self) -> None:
        """This replica stops: clients are told to connect to another one."""
        self.draining = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.close(CloseCode.RESTART)

    def message(self, kind: str, **fields: Any) -> Frame:
        """A message that is no signal, with the time of day."""
        message = {"type": kind, **fields, "timestamp": self.clock()}
        return Frame(msgspec.json.encode(message).decode(), fields.get("cursor"))

    def replayed(self, replay: Replay) -> Iterator[Frame]:
        """The frames of a replay; the cursor of each counts what the client already had."""
        position: Vector = replay.after
        for signal in replay.signals:
            position = merged(position, {signal.partition: signal.next_offset})
            yield self._signal_frame(signal, position)

    def _signal_frame(self, signal: PublishedSignal, position: Vector) -> Frame:
        now = self.clock()
        cursor = encode_cursor(position)
        head = {"type": "signal", "data": msgspec.Raw(signal.body_at(now)), "timestamp": now, "cursor": cursor}
        return Frame(msgspec.json.encode(head).decode(), cursor)
