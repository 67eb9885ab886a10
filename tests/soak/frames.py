"""Hostile bytes for either end of a connection: made from real messages, sent whole, torn or followed by more.

The first byte of a case says how it is sent; the rest is the body of a frame, or bytes as they stand.
"""

from random import Random

import msgspec
from hypothesis import strategies as st

from builders import T0, a_bar
from soak.campaign import Case
from soak.mutation import mutate_bytes
from strategy_contracts.bundle import EntryPoint, Shape
from strategy_contracts.worker_protocol import (
    LENGTH,
    Candidate,
    Evaluate,
    Evaluated,
    Failed,
    Kill,
    Load,
    Loaded,
    Ping,
    Spawn,
)

REQUEST_ID = 0x5245_5155_4553_5449
"""In the answers below; exchanged for the id that was asked with when they are sent."""
_ID_BYTES = REQUEST_ID.to_bytes(8, "big")
_FRAMED = 0xF0
"""A first byte below this: a length that is right goes before the body."""

_DEEP: object = 1
for _ in range(400):
    _DEEP = [_DEEP]

ANSWERS = (
    Loaded(id=REQUEST_ID),
    Evaluated(id=REQUEST_ID, signals=[]),
    Evaluated(id=REQUEST_ID, signals=[Candidate(symbol="BTCUSDT", action="BUY", confidence=0.5, quantity=0.1)]),
    Evaluated(
        id=REQUEST_ID,
        signals=[Candidate(symbol="BTCUSDT", action="SELL", metadata={"a": {"b": [1, 2.5, None, True, "text"]}})] * 3,
        state={"self": {"count": 3, "nested": [[1], {"x": "y"}]}},
        not_restorable=("self.model",),
    ),
    Evaluated(id=REQUEST_ID, signals=[], state={"deep": _DEEP}),
    Failed(id=REQUEST_ID, error_type="ValueError", message="no", file="main.py", line=3, traceback="File …"),
)
CONTROLS = (
    Spawn(id=3, imports=("numpy", "pandas", "scipy.stats"), memory_bytes=256 << 20),
    Kill(id=3),
    Ping(id=3),
)
REQUESTS = (
    Load(
        id=3,
        files={"main.py": "def generate_signals(data, parameters):\n    return []\n"},
        entry_point=EntryPoint(shape=Shape.FUNCTION, file="main.py", name="generate_signals"),
        parameters={"period": 14, "nested": {"a": [1, 2]}},
        symbols=("BTCUSDT",),
        timeframe="1m",
        lookback_bars=10,
        state={"globals": {"x": 1}},
    ),
    Evaluate(id=3, evaluation_time_ms=T0, bars={"BTCUSDT": [a_bar(n) for n in range(3)]}, account={"equity": "1"}),
)

_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.sampled_from(
    (
        *("id", "signals", "state", "not_restorable", "message", "error_type", "line", "file", "imports", "stateful"),
        *("memory_bytes", "bars", "files", "parameters", "symbols", "lookback_bars", "entry_point"),
        "evaluation_time_ms",
    )
)


def generated(tags: tuple[str, ...]) -> st.SearchStrategy[Case]:
    """Messages of a right kind with values of any, and bytes of no kind at all."""
    message = st.builds(
        lambda tag, fields: bytes(1) + msgspec.msgpack.encode({"type": tag, "id": REQUEST_ID, **fields}),
        st.sampled_from(tags),
        st.dictionaries(_FIELDS, _PLAIN, max_size=6),
    )
    return message | st.binary(max_size=64)


def mutated(messages: tuple[msgspec.Struct, ...], random: Random) -> Case:
    """A real message, changed or sent in a wrong way."""
    body, other = (msgspec.msgpack.encode(random.choice(messages)) for _ in range(2))
    if random.random() < 0.9:
        body = mutate_bytes(body, other, random)
    return bytes([random.randrange(256)]) + body


def to_send(case: bytes, request_id: int = 3) -> bytes:
    """The bytes that go onto the socket."""
    how, body = (case[0], case[1:]) if case else (0, b"")
    body = body.replace(_ID_BYTES, request_id.to_bytes(8, "big"))
    if how < _FRAMED:
        return LENGTH.pack(len(body)) + body
    if how % 3 == 0:
        return (LENGTH.pack(len(body)) + body) * 2
    return body if how % 3 == 1 else LENGTH.pack(len(body) + how) + body
