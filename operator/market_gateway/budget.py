"""One allowance per provider and egress address: a bucket of request weight, and the waits a provider orders.

Pure but for the clock and sleep it is given. The provider's own counter is the truth: each answer corrects
the bucket downwards. A wait that the provider orders (Retry-After) holds for every caller.
"""

from collections.abc import Awaitable, Callable

from market_gateway.errors import ProviderUnavailable

MINUTE_S = 60.0


class Budget:
    """Weight per minute; `spend` waits for its turn or refuses when the wait would be too long."""

    def __init__(
        self,
        limit_per_minute: int,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        patience_s: float = 10.0,
        reserve: float = 0.1,
    ) -> None:
        self._monotonic, self._sleep, self._patience_s = monotonic, sleep, patience_s
        self._reserve = reserve
        self._limit = limit_per_minute
        self._tokens = self._ceiling
        self._filled_at = monotonic()
        self._blocked_until = 0.0

    @property
    def _ceiling(self) -> float:
        return self._limit * (1.0 - self._reserve)

    @property
    def used_ratio(self) -> float:
        """Part of the usable allowance that is spent."""
        self._fill()
        return 1.0 - self._tokens / self._ceiling

    @property
    def blocked_for_s(self) -> float:
        """Seconds until the provider may be asked again."""
        return max(0.0, self._blocked_until - self._monotonic())

    def learn_limit(self, limit_per_minute: int) -> None:
        """Take over the limit the provider publishes."""
        if limit_per_minute > 0 and limit_per_minute != self._limit:
            self._limit = limit_per_minute
            self._tokens = min(self._tokens, self._ceiling)

    def observe_used(self, used: int) -> None:
        """Take over the provider's count of this minute."""
        self._fill()
        self._tokens = min(self._tokens, self._ceiling - used)

    def block(self, seconds: float) -> None:
        """The provider has told us to stay away for `seconds`."""
        self._blocked_until = max(self._blocked_until, self._monotonic() + seconds)

    def reserve_turn(self, weight: int) -> float:
        """Take `weight` and return the seconds to wait before using it; ProviderUnavailable if that is too long."""
        self._fill()
        wait = max(self.blocked_for_s, (weight - self._tokens) * MINUTE_S / self._limit, 0.0)
        if wait > self._patience_s:
            cause = "the provider has told us to wait" if self.blocked_for_s > 0 else "the allowance is used up"
            raise ProviderUnavailable(f"{cause}: {wait:.0f} s left", retry_after_s=wait)
        self._tokens -= weight
        return wait

    async def spend(self, weight: int) -> None:
        """Wait until `weight` may be used; a block that was ordered meanwhile is honoured too."""
        wait = self.reserve_turn(weight)
        while wait > 0:
            await self._sleep(wait)
            wait = self.blocked_for_s
            if wait > self._patience_s:
                raise ProviderUnavailable(f"the provider has told us to wait: {wait:.0f} s left", retry_after_s=wait)

    def _fill(self) -> None:
        now = self._monotonic()
        self._tokens = min(self._ceiling, self._tokens + (now - self._filled_at) * self._limit / MINUTE_S)
        self._filled_at = now
