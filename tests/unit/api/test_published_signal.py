"""Signals as they stand on the log: the body keeps its bytes, a wrong record is named, expiry goes by the clock."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from builders import a_signal
from strategy_api.published_signal import LogRecord, PublishedSignal, read_signal
from strategy_contracts.errors import ContractViolation
from strategy_contracts.signal import Signal, SignalEnvelope, SignalStatus, encode_envelope


def record(value: bytes) -> LogRecord:
    return LogRecord(partition=3, offset=7, next_offset=9, timestamp_ms=1_000, value=value)


def published(signal: Signal) -> PublishedSignal:
    return read_signal(record(encode_envelope(SignalEnvelope(signal=signal, timestamp=signal.timestamp))))


def test_the_body_is_what_the_runner_wrote_byte_for_byte() -> None:
    value = encode_envelope(SignalEnvelope(signal=a_signal(), timestamp=a_signal().timestamp))
    newer = value.replace(b'"signal_id"', b'"from_a_newer_runner": 1.50 , "signal_id"')
    assert read_signal(record(newer)).body in newer


def test_its_place_on_the_log_comes_along() -> None:
    signal = published(a_signal(5, owner="7"))
    assert (signal.partition, signal.offset, signal.next_offset, signal.published_at_ms) == (3, 7, 9, 1_000)
    assert (signal.owner, signal.sequence, signal.symbol) == ("7", 5, "BTCUSDT")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="an empty record"),
        pytest.param(b"not json", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"signal": {}}', id="a signal without fields"),
        pytest.param(b'{"timestamp": 1}', id="no signal"),
        pytest.param(b'{"signal": \xff}', id="no UTF-8"),
    ],
)
def test_a_wrong_record_is_a_contract_violation(value: bytes) -> None:
    with pytest.raises(ContractViolation):
        read_signal(record(value))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"symbol": "BTC\0USDT"}, id="a null character"),
        pytest.param({"strategy_id": "x" * 513}, id="an endless name"),
        pytest.param({"owner": "\ud800"}, id="half a character"),
        pytest.param({"sequence": 2**63}, id="a sequence beyond all numbers"),
        pytest.param({"sequence": -1}, id="a negative sequence"),
    ],
)
def test_what_no_database_takes_is_a_contract_violation(change: dict[str, Any]) -> None:
    members = msgspec.to_builtins(a_signal()) | change
    value = json.dumps({"signal": members, "timestamp": "2026-01-01T00:00:00Z", "distributor": "x"}).encode()
    with pytest.raises(ContractViolation):
        read_signal(record(value))


@pytest.mark.parametrize(
    ("status", "expires_in_s", "shown"),
    [
        pytest.param(SignalStatus.ACTIVE, None, SignalStatus.ACTIVE, id="no expiry"),
        pytest.param(SignalStatus.ACTIVE, 1, SignalStatus.ACTIVE, id="not yet expired"),
        pytest.param(SignalStatus.ACTIVE, 0, SignalStatus.EXPIRED, id="expires now"),
        pytest.param(SignalStatus.PENDING, -1, SignalStatus.EXPIRED, id="a pending one expires too"),
        pytest.param(SignalStatus.EXECUTED, -1, SignalStatus.EXECUTED, id="what was executed stays so"),
        pytest.param(SignalStatus.CANCELLED, -1, SignalStatus.CANCELLED, id="what was cancelled stays so"),
    ],
)
def test_expiry_is_derived_on_read(status: SignalStatus, expires_in_s: int | None, shown: SignalStatus) -> None:
    now = a_signal().timestamp
    expires_at = None if expires_in_s is None else now + timedelta(seconds=expires_in_s)
    signal = published(a_signal(status=status, expires_at=expires_at))
    assert signal.status_at(now) is shown
    body = json.loads(signal.body_at(now))
    assert body == json.loads(signal.body) | {"status": shown}
