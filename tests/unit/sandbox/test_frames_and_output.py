"""Bytes from the other side: frames are cut and bounded, printed text is kept to its budget."""

import os
import socket
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_contracts.errors import ContractViolation
from strategy_contracts.worker_protocol import LENGTH, ControlRequest, Kill, Ping, Pong, decode_body, encode_frame
from strategy_sandbox.channel import Channel, FrameSplitter
from strategy_sandbox.output import OUTPUT_BYTES, READ_BYTES_PER_WINDOW, WINDOW_SECONDS, OutputBudget, printable
from strategy_sandbox.printing import PrintedText

DECODER = msgspec.msgpack.Decoder(ControlRequest)
LIMIT = 100
Connected = tuple[Channel[ControlRequest], socket.socket]


@given(st.lists(st.binary(min_size=1, max_size=LIMIT), max_size=6), st.data())
def test_frames_come_out_whole_however_the_stream_is_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(LENGTH.pack(len(body)) + body for body in bodies)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))))
    splitter = FrameSplitter(LIMIT)
    received = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += splitter.feed(stream[begin:end])
    assert received == bodies


@given(st.binary(max_size=300))
def test_any_bytes_are_frames_or_a_violation(chunk: bytes) -> None:
    try:
        bodies = FrameSplitter(LIMIT).feed(chunk)
    except ContractViolation:
        return
    for body in bodies:
        try:
            decode_body(body, DECODER)
        except ContractViolation as violation:
            assert str(violation).startswith("a frame does not keep to the protocol")


@pytest.mark.parametrize("length", [0, LIMIT + 1, 1 << 31])
def test_a_length_out_of_bounds_is_refused_before_anything_of_it_is_kept(length: int) -> None:
    with pytest.raises(ContractViolation, match="was announced; the limit is 100"):
        FrameSplitter(LIMIT).feed(LENGTH.pack(length))


@pytest.fixture
def connected() -> Iterator[Connected]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours, DECODER, limit=LIMIT), theirs


def test_messages_pass_one_at_a_time_and_the_end_is_none(connected: Connected) -> None:
    channel, peer = connected
    with peer:
        peer.sendall(encode_frame(Ping(id=1), LIMIT) + encode_frame(Kill(id=2), LIMIT))
        assert [channel.receive(), channel.receive()] == [Ping(id=1), Kill(id=2)]
        channel.send(encode_frame(Pong(id=1), LIMIT))
        assert peer.recv(100) == encode_frame(Pong(id=1), LIMIT)
    assert channel.receive() is None


def test_a_connection_that_ends_inside_a_frame_is_a_violation(connected: Connected) -> None:
    channel, peer = connected
    with peer:
        peer.sendall(LENGTH.pack(50) + b"half")
    with pytest.raises(ContractViolation, match="ended after 4 of 50 bytes"):
        channel.receive()


def test_printed_text_is_reported_once_a_window_and_cut_at_the_budget() -> None:
    budget = OutputBudget()
    assert budget.due_in(0.0) is None
    budget.add(b"x" * (OUTPUT_BYTES + 10))
    assert budget.due_in(5.0) == 0.0
    assert budget.take(5.0) == ("x" * OUTPUT_BYTES, 10)
    budget.add(b"more")
    assert budget.due_in(5.0) == pytest.approx(WINDOW_SECONDS)
    assert budget.take(5.0 + WINDOW_SECONDS) == ("more", 0)
    assert budget.due_in(9.0) is None


def test_a_flood_is_not_even_read_until_the_window_has_passed() -> None:
    budget = OutputBudget()
    budget.take(0.0)
    budget.add(b"x" * READ_BYTES_PER_WINDOW)
    assert not budget.may_read(WINDOW_SECONDS / 2)
    assert budget.may_read(WINDOW_SECONDS)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain é 字", "plain é 字", id="letters of any script stay"),
        pytest.param("a\x1b[2Jb\x00c\x7f", "a [2Jb c ", id="control characters go"),
        pytest.param("a\u202eb\u2028c\ud800d", "a b c d", id="bidi, line separators and surrogates go"),
        pytest.param("a\nb\tc\r", "a\nb\tc ", id="newlines and tabs stay, returns go"),
    ],
)
def test_only_printable_text_is_passed_on(text: str, shown: str) -> None:
    assert printable(text, keep_newlines=True) == shown


def test_prints_of_an_evaluation_are_out_at_once_and_counted_beyond_the_budget() -> None:
    read_end, write_end = os.pipe()
    printed = PrintedText(write_end)
    print("first", file=printed)
    assert os.read(read_end, 100) == b"first\n"
    print("x" * (OUTPUT_BYTES + 4), file=printed)
    printed.end_evaluation()
    text = os.read(read_end, 10_000)
    assert text == b"x" * (OUTPUT_BYTES - 6) + b"\n(11 more bytes were printed)\n"
    print("next", end="", file=printed)
    printed.end_evaluation()
    assert os.read(read_end, 100) == b"next"
    os.close(read_end)
    os.close(write_end)
