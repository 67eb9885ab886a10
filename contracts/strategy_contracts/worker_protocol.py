"""The socket protocol between the supervisor and the strategy container.

Two connections. *control*: supervisor to warden. *data*: supervisor to worker; the warden accepts it and
hands it to the worker it forks. A frame is a 4-byte big-endian length and a msgpack map of one message.
Everything read from the strategy container is hostile: length before read, strict schema, ids, deadlines.
"""

import struct
from typing import Annotated, Any, Final, TypeVar

import msgspec

from strategy_contracts.bar import Bar
from strategy_contracts.bundle import EntryPoint, Subscription
from strategy_contracts.errors import ContractViolation

LENGTH: Final = struct.Struct(">I")
MAX_TO_WORKER_BYTES: Final = 64 * 1024 * 1024
"""50 symbols of 5,000 bars, with room."""
MAX_FROM_WORKER_BYTES: Final = 256 * 1024
MAX_CONTROL_BYTES: Final = 64 * 1024
LAYERS: Final = ("rlimits", "landlock", "seccomp")
"""Every layer a box can have, in the order of their installation; reports name those that are on."""
NEWEST_BAR_ONLY: Final = "answers for the newest bar only"
"""In the words of a worker that was asked about an earlier bar and has no answer for it."""
LAST_TIME_MS: Final = 253_402_300_799_999
"""The end of the year 9999, the last that can be shown."""
MEMORY_EXHAUSTED: Final = 73
"""Exit code of a worker whose strategy has left no memory to read a request or to answer it."""
MAX_CANDIDATES: Final = 200
"""Signals of one evaluation."""


# --- control: supervisor -> warden -----------------------------------------------------------------


class Spawn(msgspec.Struct, frozen=True, kw_only=True, tag="spawn"):
    """Accept the waiting data connection and fork a worker that owns it.

    A request may wait in that connection already: the worker reads it when its box is on.
    """

    id: int
    imports: tuple[str, ...] = ()
    """Top-level modules the bundle imports; the warden preloads those on its own list before the fork."""
    memory_bytes: int
    """The container's limit; the warden derives the worker's RLIMIT_AS from it."""


class Kill(msgspec.Struct, frozen=True, kw_only=True, tag="kill"):
    """SIGKILL the worker of that Spawn (a no-op if it is gone: Exited tells)."""

    id: int


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag="ping"):
    id: int


# --- control: warden -> supervisor -----------------------------------------------------------------


class Spawned(msgspec.Struct, frozen=True, kw_only=True, tag="spawned"):
    id: int
    pid: int
    layers: tuple[str, ...]
    """Those of LAYERS that are on, in that order."""


class Exited(msgspec.Struct, frozen=True, kw_only=True, tag="exited"):
    """The worker of Spawn `id` has been reaped."""

    id: int
    signal: int = 0
    exit_code: int = 0
    peak_memory_bytes: int = 0
    cpu_seconds: float = 0.0
    oom_killed: bool = False
    syscall: str | None = None
    """The forbidden system call that ended it, where the kernel tells; signal is then SIGSYS."""


class Output(msgspec.Struct, frozen=True, kw_only=True, tag="output"):
    """What the worker of Spawn `id` printed, up to the budget."""

    id: int
    text: str
    dropped_bytes: int = 0


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag="pong"):
    id: int


# --- data: supervisor -> worker --------------------------------------------------------------------


class Load(msgspec.Struct, frozen=True, kw_only=True, tag="load"):
    """Become the strategy. `state` is what an earlier worker returned, or None to start fresh."""

    id: int
    files: dict[str, str]
    entry_point: EntryPoint
    parameters: dict[str, Any]
    symbols: tuple[str, ...]
    timeframe: str
    lookback_bars: int
    sources: tuple[Subscription, ...] = ()
    """The data sources of a workflow besides its primary one."""
    state: dict[str, Any] | None = None
    rebuild_seconds: float = 5.0
    """What a strategy whose state is not whole may take of its first evaluation to go through its windows again."""


class Evaluate(msgspec.Struct, frozen=True, kw_only=True, tag="evaluate"):
    """Add `bars` to the windows (same open time replaces) and call the strategy."""

    id: int
    evaluation_time_ms: int
    bars: dict[str, list[Bar]]
    source_bars: dict[str, list[Bar]] = {}
    """By source node: bars of a workflow's other data sources that closed by the evaluation time."""
    account: dict[str, Any] | None = None
    decided_at_ms: int | None = None
    """For checks: answer for the bar that opened then, out of windows that go on after it."""
    compare_seconds: float | None = None
    """For checks: decide nothing, but compare earlier bars with and without what came later, for so long at most."""


# --- data: worker -> supervisor --------------------------------------------------------------------


class Loaded(msgspec.Struct, frozen=True, kw_only=True, tag="loaded"):
    id: int
    stateful: bool = False
    """The strategy is an object or changes module globals: its state travels with every answer."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision as the strategy made it, normalised but not yet judged; None = left out."""

    symbol: str
    action: str
    confidence: float | None = None
    quantity: float | None = None
    price_target: float | None = None
    stop_loss: float | None = None
    take_profit: float | None = None
    risk_score: float | None = None
    current_price: float | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    metadata: dict[str, Any] = {}


class LookAhead(msgspec.Struct, frozen=True, kw_only=True):
    """What came of comparing answers about earlier bars; where `differing` is 0 the fields after it say nothing."""

    compared: Annotated[int, msgspec.Meta(ge=0)] = 0
    differing: Annotated[int, msgspec.Meta(ge=0)] = 0
    symbol: Annotated[str, msgspec.Meta(max_length=100)] = ""
    open_time_ms: Annotated[int, msgspec.Meta(ge=0, le=LAST_TIME_MS)] = 0
    """Of the first bar that differs."""
    known: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """Its decision with the bars up to it, as in a run."""
    whole: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """Its decision when later bars are known."""
    not_compared: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    """Why the check was given up."""
    state_changed: bool = False
    """The strategy is not what it was before: it must go on in a fresh worker."""


class Evaluated(msgspec.Struct, frozen=True, kw_only=True, tag="evaluated"):
    id: int
    signals: list[Candidate]
    state: dict[str, Any] | None = None
    not_restorable: tuple[str, ...] = ()
    """Names of attributes or globals that are not JSON-able or made the state too large."""
    look_ahead: LookAhead | None = None
    """In answers to requests with `compare_seconds` alone."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The strategy raised, or what it returned is not a decision."""

    id: int
    error_type: str
    """The exception class, e.g. ZeroDivisionError. (`type` is the tag of every message.)"""
    message: str
    file: str | None = None
    line: int | None = None
    traceback: str | None = None


ControlRequest = Spawn | Kill | Ping
ControlReply = Spawned | Exited | Output | Pong
DataRequest = Load | Evaluate
DataReply = Loaded | Evaluated | Failed

_ENCODER: Final = msgspec.msgpack.Encoder()


def encode_body(value: object, *, room_before: int = 0) -> bytearray:
    """The value as msgpack, after that many free bytes; MemoryError when it does not fit into memory.

    Not `Encoder.encode`: where its growing bytes object gets no more memory, msgspec (0.22) ends in a segmentation
    fault, and a strategy that had filled its memory looked as if it had crashed.
    """
    body = bytearray(room_before)
    _ENCODER.encode_into(value, body, room_before)
    return body


def encode_frame(message: msgspec.Struct, limit: int) -> bytearray:
    """A frame with the message; ContractViolation when it is longer than the peer will read."""
    frame = encode_body(message, room_before=LENGTH.size)
    length = len(frame) - LENGTH.size
    if length > limit:
        raise ContractViolation(f"{type(message).__name__} takes {length} bytes; the limit is {limit}")
    LENGTH.pack_into(frame, 0, length)
    return frame


Message = TypeVar("Message")


def decode_body(body: bytes | bytearray, decoder: msgspec.msgpack.Decoder[Message]) -> Message:
    """The message in a frame; ContractViolation when it does not fit the schema, whatever it is instead."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # The last two are not among msgspec's own: texts that are not UTF-8, and values nested without end.
        raise ContractViolation(f"a frame does not keep to the protocol: {error}") from None
