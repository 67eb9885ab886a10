"""Every message survives its own wire, and refuses what is not one."""

import math
import subprocess
import sys
from textwrap import dedent

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import DIGEST, EXECUTION_ID, T0, a_bar, a_bundle, a_checkpoint, a_report, a_runner_config, a_signal
from strategy_contracts.bar import Bar, check_bar
from strategy_contracts.bundle import EntryPoint, Shape, decode_bundle, encode_bundle
from strategy_contracts.checkpoint import (
    Claim,
    SymbolMemory,
    decode_checkpoint,
    decode_claim,
    encode_checkpoint,
    encode_claim,
)
from strategy_contracts.errors import ContractViolation
from strategy_contracts.market_protocol import BarMessage, Channel, decode_bar_message, encode_bar_message
from strategy_contracts.runner_config import decode_runner_config, encode_runner_config
from strategy_contracts.signal import (
    Action,
    SignalEnvelope,
    decode_envelope,
    encode_envelope,
    milliseconds,
    signal_id,
    utc,
)
from strategy_contracts.status_report import decode_report, encode_report
from strategy_contracts.timeframe import Timeframe
from strategy_contracts.worker_protocol import LENGTH, Ping, encode_frame

finite = st.floats(allow_nan=False, allow_infinity=False)
bars = st.builds(
    Bar,
    open_time=st.integers(0, 2**53),
    open=finite,
    high=finite,
    low=finite,
    close=finite,
    volume=finite,
    closed=st.booleans(),
    revision=st.integers(0, 100),
)


@given(bar=bars, seq=st.integers(1, 2**53))
def test_a_bar_message_is_the_same_after_its_wire(bar: Bar, seq: int) -> None:
    message = BarMessage(epoch="1677628800000", seq=seq, bar=bar, event_time_ms=1, receive_time_ms=2)
    assert decode_bar_message(encode_bar_message(message)) == message


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="no fields"),
        pytest.param(b'{"epoch":"1","seq":"1","bar":[],"event_time_ms":1,"receive_time_ms":1}', id="wrong types"),
    ],
)
def test_a_bar_message_that_is_none_is_a_contract_violation(value: bytes) -> None:
    with pytest.raises(ContractViolation):
        decode_bar_message(value)


def test_a_signal_is_the_same_after_its_wire_and_its_times_end_in_z() -> None:
    envelope = SignalEnvelope(signal=a_signal(), timestamp=utc(T0))
    value = encode_envelope(envelope)
    assert decode_envelope(value) == envelope
    plain = msgspec.json.decode(value)
    assert plain["signal"]["timestamp"] == "2023-03-01T00:01:00Z"
    assert plain["distributor"] == "inference-service"


@given(st.integers(0, 4_102_444_800_000))
def test_milliseconds_survive_the_way_through_datetime(at_ms: int) -> None:
    assert milliseconds(utc(at_ms)) == at_ms


IDENTITY = {
    "execution_id": EXECUTION_ID,
    "bundle_digest": DIGEST,
    "symbol": "BTCUSDT",
    "timeframe": Timeframe.M1,
    "evaluation_time_ms": T0,
    "action": Action.BUY,
    "ordinal": 0,
}


def test_the_signal_id_of_a_retry_is_the_same() -> None:
    first, again = signal_id(**IDENTITY), signal_id(**IDENTITY)
    assert first == again
    assert first.startswith("sig_20230301_000000_")
    assert len(first) == len("sig_20230301_000000_") + 16


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"execution_id": "other"}, id="another execution"),
        pytest.param({"bundle_digest": "sha256:00"}, id="another bundle"),
        pytest.param({"symbol": "ETHUSDT"}, id="another symbol"),
        pytest.param({"timeframe": Timeframe.M5}, id="another timeframe"),
        pytest.param({"evaluation_time_ms": T0 + 1}, id="another time"),
        pytest.param({"action": Action.SELL}, id="another action"),
        pytest.param({"ordinal": 1}, id="the second of its kind"),
    ],
)
def test_whatever_distinguishes_two_signals_distinguishes_their_ids(change: dict[str, object]) -> None:
    assert signal_id(**(IDENTITY | change)) != signal_id(**IDENTITY)


def test_a_checkpoint_keeps_numbers_that_json_cannot_carry() -> None:
    checkpoint = a_checkpoint(
        symbols={"BTCUSDT": SymbolMemory(last_bar_ms=T0, last_action=Action.SELL, last_published_ms=T0)},
        strategy_state={"best": -math.inf, "prices": [1.5, 2.25]},
    )
    assert decode_checkpoint(encode_checkpoint(checkpoint)) == checkpoint


def test_claims_reports_and_runner_configs_survive_their_wires() -> None:
    claim, report, config = Claim(execution_id="x", incarnation=3), a_report(isolation=("rlimits",)), a_runner_config()
    assert decode_claim(encode_claim(claim)) == claim
    assert decode_report(encode_report(report)) == report
    assert decode_runner_config(encode_runner_config(config)) == config


def test_the_digest_follows_meaning_and_nothing_else() -> None:
    bundle = a_bundle(parameters={"a": 1, "b": 2})
    reordered = a_bundle(parameters={"b": 2, "a": 1})
    analysed_better = a_bundle(
        parameters={"a": 1, "b": 2}, entry_point=EntryPoint(shape=Shape.CLASS, file="main.py", name="X")
    )
    assert bundle.digest == reordered.digest == analysed_better.digest
    assert a_bundle(parameters={"a": 1, "b": 3}).digest != bundle.digest
    assert a_bundle("def generate_signals(data, parameters):\n    return None\n").digest != a_bundle().digest


def test_a_bundle_is_taken_only_with_the_digest_that_was_admitted() -> None:
    bundle = a_bundle()
    assert decode_bundle(encode_bundle(bundle), bundle.digest) == bundle
    with pytest.raises(ContractViolation, match="expected sha256:00"):
        decode_bundle(encode_bundle(bundle), "sha256:00")


def test_a_bundle_that_no_secret_can_hold_is_refused_with_both_sizes() -> None:
    with pytest.raises(ContractViolation, match=r"take \d+ bytes; the limit is 921600"):
        encode_bundle(a_bundle("#" * 1_000_000))


@pytest.mark.parametrize(
    ("bar", "reason"),
    [
        pytest.param(a_bar(close=math.nan), "not a finite number", id="a NaN close"),
        pytest.param(a_bar(volume=-1.0), "not below 0", id="negative volume"),
        pytest.param(a_bar(low=0.0), "above 0", id="a price of zero"),
        pytest.param(a_bar(open=150.0), "between low and high", id="an open outside the range"),
    ],
)
def test_a_bar_that_cannot_be_true_is_refused(bar: Bar, reason: str) -> None:
    with pytest.raises(ContractViolation, match=reason):
        check_bar(bar)


def test_a_frame_longer_than_its_reader_allows_is_never_sent() -> None:
    frame = encode_frame(Ping(id=7), limit=1024)
    assert LENGTH.unpack(frame[:4])[0] == len(frame) - 4
    with pytest.raises(ContractViolation, match="Ping takes"):
        encode_frame(Ping(id=7), limit=1)


def test_an_answer_for_which_no_memory_is_left_is_a_memory_error_and_no_crash() -> None:
    program = """
        import resource
        from strategy_contracts.worker_protocol import encode_body
        answer = ["x" * 1000] * 100_000
        resource.setrlimit(resource.RLIMIT_AS, (64 << 20, 64 << 20))
        try:
            encode_body(answer)
        except MemoryError:
            print("no memory")
    """
    child = subprocess.run([sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=False)
    assert (child.returncode, child.stdout) == (0, "no memory\n"), child.stderr


def test_channels_of_different_series_never_share_a_name() -> None:
    names = {
        Channel(provider=provider, symbol=symbol, timeframe=timeframe).redis_stream
        for provider in ("binance", "mock")
        for symbol in ("BTCUSDT", "ETHUSDT")
        for timeframe in (Timeframe.M1, Timeframe.MN1)
    }
    assert len(names) == 8
