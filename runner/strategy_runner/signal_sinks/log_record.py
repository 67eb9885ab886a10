"""A record of the checkpoint log as the pure parts see it, and how its value is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from strategy_contracts.errors import ContractViolation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record; no value means deleted."""

    offset: int
    key: bytes | None
    value: bytes | None


def decoded(record: LogRecord, decode: Callable[[bytes], T]) -> T | None:
    """The value; None when it was deleted. What cannot be read is never taken for absent: that would start anew."""
    if record.value is None:
        return None
    try:
        return decode(record.value)
    except msgspec.MsgspecError as error:
        raise ContractViolation(f"the record at offset {record.offset} cannot be read: {error}") from error
