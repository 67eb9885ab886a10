"""What a schedule can ask for next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Call the strategy for this evaluation time. `missing`: symbols without the bar that closes at it."""

    time_ms: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """Ask the feed's history for bars with `from_ms` <= open time < `to_ms`."""

    symbol: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before the next bar, or before `until` on the monotonic clock."""

    until: float | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Evaluation times that will never be evaluated: one recorded gap."""

    from_ms: int
    to_ms: int
    count: int
    reason: str


Step = Evaluate | Repair | Wait
