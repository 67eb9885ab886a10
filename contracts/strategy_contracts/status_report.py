"""What a runner tells the operator and the API about itself, on `strategy_status`.

Written on every change and every 15 s; key is the execution id. Readers ignore a lower incarnation.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

REPORT_INTERVAL_SECONDS: Final = 15
FRESH_SECONDS: Final = 60
"""Readers start at now minus this; a run without a fresher report is read from the resource's status."""


class RunPhase(StrEnum):
    """What a runner is doing."""

    LOADING = "Loading"
    RUNNING = "Running"
    DEGRADED = "Degraded"
    FAILED = "Failed"
    STOPPED = "Stopped"


class Fault(StrEnum):
    """Reasons of `lastError`, by evidence."""

    TIMEOUT = "Timeout"
    MEMORY_EXCEEDED = "MemoryExceeded"
    SECURITY_VIOLATION = "SecurityViolation"
    CRASHED = "Crashed"
    CONTRACT_VIOLATION = "ContractViolation"
    STRATEGY_ERROR = "StrategyError"
    LOAD_FAILED = "LoadFailed"
    ISOLATION_MISSING = "IsolationMissing"
    LOG_UNAVAILABLE = "LogUnavailable"
    MARKET_DATA_UNAVAILABLE = "MarketDataUnavailable"
    WARDEN_UNRESPONSIVE = "WardenUnresponsive"


class RunError(msgspec.Struct, frozen=True, kw_only=True):
    """The last thing that went wrong, for the author: bounded, printable, without code."""

    reason: Fault
    message: str
    time: datetime
    file: str | None = None
    line: int | None = None
    traceback: str | None = None


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Since this incarnation started."""

    evaluations: int = 0
    signals: int = 0
    faults: int = 0
    rejected: dict[str, int] = {}
    """Candidates that the signal rules refused, by reason."""


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """How old the newest closed bar of one symbol is, on the market clock."""

    last_bar: datetime | None = None
    age_seconds: float | None = None
    stale: bool = False


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """One report of one incarnation."""

    execution_id: str
    incarnation: int
    phase: RunPhase
    reported_at: datetime
    bundle_digest: str
    ready: bool = False
    reason: str | None = None
    """A CamelCase word for the phase's cause, e.g. RestoringCheckpoint, LogUnavailable, Timeout."""
    message: str | None = None
    last_error: RunError | None = None
    last_evaluation: datetime | None = None
    counters: Counters = Counters()
    freshness: dict[str, Freshness] = {}
    isolation: tuple[str, ...] = ()
    """Layers of the box that are on, e.g. rlimits, landlock, seccomp."""
    conditions: dict[str, str] = {}
    """Extra facts by condition type, e.g. StateNotRestorable: names of the attributes."""


_DECODER: Final = msgspec.json.Decoder(StatusReport)


def encode_report(report: StatusReport) -> bytes:
    return msgspec.json.encode(report)


def decode_report(value: bytes) -> StatusReport:
    """The report in a record's value; msgspec.ValidationError names the field that is wrong."""
    return _DECODER.decode(value)
