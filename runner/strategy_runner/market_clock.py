"""The market clock: the latest exchange time seen, carried on by the monotonic clock.

It never goes back and never asks the wall clock, so a clock step of the machine neither skips nor doubles a bar.
"""


class MarketClock:
    """Time in ms since the epoch. `extrapolates=False` is for replays, whose time moves only with their data."""

    def __init__(self, *, extrapolates: bool = True) -> None:
        self._extrapolates = extrapolates
        self._seen_ms: int | None = None
        self._seen_at = 0.0

    def observe(self, exchange_ms: int, monotonic_s: float) -> None:
        """Take note of an exchange time; one that lies behind the clock changes nothing."""
        now = self.now_ms(monotonic_s)
        if now is None or exchange_ms > now:
            self._seen_ms, self._seen_at = exchange_ms, monotonic_s

    def now_ms(self, monotonic_s: float) -> int | None:
        """Market time; None before the first exchange time is known."""
        if self._seen_ms is None or not self._extrapolates:
            return self._seen_ms
        return self._seen_ms + int(max(0.0, monotonic_s - self._seen_at) * 1000)

    def monotonic_at(self, market_ms: int) -> float | None:
        """When, on the monotonic clock, market time reaches `market_ms`; None when only data can tell."""
        if self._seen_ms is None or not self._extrapolates:
            return None
        return self._seen_at + (market_ms - self._seen_ms) / 1000
