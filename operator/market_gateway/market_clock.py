"""The exchange's time as received messages show it. The wall clock of this machine has no part in it."""

from collections.abc import Callable


class MarketClock:
    """The latest exchange time seen, and an extrapolation of it by the monotonic clock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen_ms = 0
        self._seen_at = 0.0

    def observe(self, exchange_ms: int) -> None:
        """Note a time the exchange has shown; older ones change nothing."""
        if exchange_ms > self._seen_ms:
            self._seen_ms, self._seen_at = exchange_ms, self._monotonic()

    @property
    def seen_ms(self) -> int:
        """A lower bound: the exchange's time is this or later. 0 when nothing was seen."""
        return self._seen_ms

    def now_ms(self) -> int:
        """The likely time now; wrong when the exchange's clock does not run at our speed."""
        if self._seen_ms == 0:
            return 0
        return self._seen_ms + int((self._monotonic() - self._seen_at) * 1000)
