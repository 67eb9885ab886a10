"""Requests per tenant and second, in this process: the generic cell rate algorithm, one number per tenant."""

from collections.abc import Callable
from typing import Final

from strategy_api.errors import TooManyRequests

_MAX_TENANTS: Final = 10_000
_ROUNDING_S: Final = 1e-6


class RateLimit:
    """Lets `burst` requests through at once and `per_second` on average; 0 lets everything through."""

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._interval_s = 1 / per_second if per_second > 0 else 0.0
        self._tolerance_s = self._interval_s * max(0, burst - 1)
        self._monotonic = monotonic
        self._expected: dict[str, float] = {}
        """When the tenant's next request would come if they came evenly."""

    def take(self, tenant: str) -> None:
        """Count one request; TooManyRequests says how long to wait."""
        if not self._interval_s:
            return
        now = self._monotonic()
        expected = max(now, self._expected.get(tenant, now))
        if expected - now > self._tolerance_s + _ROUNDING_S:
            raise TooManyRequests(expected - now - self._tolerance_s)
        if len(self._expected) >= _MAX_TENANTS:
            self._expected = {known: at for known, at in self._expected.items() if at > now}
        self._expected[tenant] = expected + self._interval_s
