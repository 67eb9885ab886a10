"""Request weight per client address: the header, the warning (429) and the ban (418) for who does not heed it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW_S = 60.0
FIRST_BAN_S = 120


@dataclass
class _Usage:
    window: int = -1
    used: int = 0
    warnings: int = 0
    banned_until: float = 0.0


@dataclass
class Refusal:
    """What a client over its limit is told."""

    status: int
    retry_after_s: int


@dataclass
class RequestWeight:
    """One counter per address and real minute, as the exchange keeps it."""

    monotonic: Callable[[], float]
    limit: int = 6000
    tolerated_warnings: int = 3
    forced: Refusal | None = None
    forced_until: float = 0.0
    _usage: dict[str, _Usage] = field(default_factory=lambda: defaultdict(_Usage))

    def charge(self, address: str, weight: int) -> tuple[int, Refusal | None]:
        """Weight used in this minute after the request, and the refusal if there is one."""
        now = self.monotonic()
        if self.forced is not None and now < self.forced_until:
            return self.limit, Refusal(self.forced.status, max(1, round(self.forced_until - now)))
        usage = self._usage[address]
        if usage.banned_until > now:
            return usage.used, Refusal(418, max(1, round(usage.banned_until - now)))
        window = int(now // WINDOW_S)
        if window != usage.window:
            usage.window, usage.used, usage.warnings = window, 0, 0
        usage.used += weight
        if usage.used <= self.limit:
            return usage.used, None
        usage.warnings += 1
        if usage.warnings > self.tolerated_warnings:
            usage.banned_until = now + FIRST_BAN_S
            return usage.used, Refusal(418, FIRST_BAN_S)
        return usage.used, Refusal(429, max(1, round((window + 1) * WINDOW_S - now)))

    def force(self, status: int, seconds: float) -> None:
        """Refuse every address for a while."""
        self.forced, self.forced_until = Refusal(status, 0), self.monotonic() + seconds
