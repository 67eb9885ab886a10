"""A signal as it stands on the log: the parts that readers filter by, and the JSON exactly as the runner wrote it.

Knows the contract and nothing of Kafka's client, of Postgres or of HTTP.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from strategy_contracts.errors import ContractViolation
from strategy_contracts.signal import Action, Signal, SignalStatus


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record of a topic."""

    partition: int
    offset: int
    next_offset: int
    """Where reading continues; transaction markers after the record are left behind."""
    timestamp_ms: int
    value: bytes


class _Envelope(msgspec.Struct):
    signal: msgspec.Raw


MAX_NAME_LENGTH: Final = 512
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_SIGNAL: Final = msgspec.json.Decoder(Signal)
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EXPIRED: Final = msgspec.Raw(msgspec.json.encode(SignalStatus.EXPIRED))
_OPEN: Final = frozenset({SignalStatus.PENDING, SignalStatus.ACTIVE})


@dataclass(frozen=True, slots=True)
class PublishedSignal:
    """A signal and its place on the log."""

    signal_id: str
    owner: str
    execution_id: str
    sequence: int
    strategy_id: str
    symbol: str
    action: Action
    status: SignalStatus
    confidence: float
    timestamp: datetime
    expires_at: datetime | None
    body: bytes
    """The signal's JSON, byte for byte as published."""
    partition: int
    offset: int
    next_offset: int
    published_at_ms: int

    @property
    def order(self) -> tuple[int, int, int]:
        """Order of publication; every replica and the database agree on it."""
        return self.published_at_ms, self.partition, self.offset

    def status_at(self, now: datetime) -> SignalStatus:
        """The status to show: a signal expires by the clock, nobody writes that down."""
        return status_at(self.status, self.expires_at, now)

    def body_at(self, now: datetime) -> bytes:
        """The JSON to show."""
        return with_status(self.body, self.status, self.status_at(now))


def status_at(status: SignalStatus, expires_at: datetime | None, now: datetime) -> SignalStatus:
    """The status to show for a stored one."""
    if expires_at is not None and expires_at <= now and status in _OPEN:
        return SignalStatus.EXPIRED
    return status


def with_status(body: bytes, stored: SignalStatus, shown: SignalStatus) -> bytes:
    """The JSON with another status; all other members keep their bytes."""
    if stored is shown:
        return body
    members = _MEMBERS.decode(body)
    members["status"] = _EXPIRED if shown is SignalStatus.EXPIRED else msgspec.Raw(msgspec.json.encode(shown))
    return msgspec.json.encode(members)


def read_signal(record: LogRecord) -> PublishedSignal:
    """The signal in a record of `trading_signals`; ContractViolation names what is wrong with it."""
    try:
        body = _ENVELOPE.decode(record.value).signal
        signal = _SIGNAL.decode(body)
    except msgspec.MsgspecError as error:
        raise ContractViolation(str(error)) from error
    _check_storable(signal)
    return PublishedSignal(
        signal_id=signal.signal_id,
        owner=signal.owner,
        execution_id=signal.execution_id,
        sequence=signal.sequence,
        strategy_id=signal.strategy_id,
        symbol=signal.symbol,
        action=signal.action,
        status=signal.status,
        confidence=signal.confidence,
        timestamp=signal.timestamp,
        expires_at=signal.expires_at,
        body=bytes(body),
        partition=record.partition,
        offset=record.offset,
        next_offset=record.next_offset,
        published_at_ms=record.timestamp_ms,
    )


def _check_storable(signal: Signal) -> None:
    """The topic is shared: one record that no database takes must not hold up everybody's history."""
    for name in ("signal_id", "owner", "execution_id", "strategy_id", "symbol"):
        text: str = getattr(signal, name)
        if len(text) > MAX_NAME_LENGTH or "\0" in text:
            raise ContractViolation(f"{name} is longer than {MAX_NAME_LENGTH} characters or holds a null character")
    if not 0 <= signal.sequence < 2**63:
        raise ContractViolation(f"sequence {signal.sequence} is out of range")
