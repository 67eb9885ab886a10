"""Who wants which channels: runners with a time to live, channels that linger after their last runner. Pure.

Times are seconds on one clock that the caller reads; it must go on across restarts, because the standby takes
the records over.
"""

from collections.abc import Iterable

import msgspec

from strategy_contracts.market_protocol import TTL_SECONDS, Channel

LINGER_SECONDS = 60


class SubscriptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One runner's channels, as kept for the standby."""

    channels: tuple[Channel, ...]
    expires_at: float


class Subscriptions:
    """The records of all runners and the channels they keep alive."""

    def __init__(self, ttl_s: float = TTL_SECONDS, linger_s: float = LINGER_SECONDS) -> None:
        self._ttl_s, self._linger_s = ttl_s, linger_s
        self._records: dict[str, SubscriptionRecord] = {}
        self._lingering: dict[Channel, float] = {}

    def __len__(self) -> int:
        return len(self._records)

    def put(self, execution_id: str, channels: Iterable[Channel], now: float) -> SubscriptionRecord:
        """Set or renew a runner's channels."""
        record = SubscriptionRecord(channels=tuple(dict.fromkeys(channels)), expires_at=now + self._ttl_s)
        self._let_go(execution_id, now)
        self._records[execution_id] = record
        return record

    def restore(self, records: dict[str, SubscriptionRecord]) -> None:
        """Take over what another process has kept."""
        self._records |= records

    def delete(self, execution_id: str, now: float) -> None:
        """A runner has ended; unknown ones are nothing."""
        self._let_go(execution_id, now)

    def expire(self, now: float) -> list[str]:
        """Forget runners that have not renewed; returns their ids."""
        gone = [execution_id for execution_id, record in self._records.items() if record.expires_at <= now]
        for execution_id in gone:
            self._let_go(execution_id, now)
        return gone

    def wanted(self, now: float) -> set[Channel]:
        """Channels of live runners and those whose last runner left less than the linger time ago."""
        self._lingering = {channel: until for channel, until in self._lingering.items() if until > now}
        live = {channel for record in self._records.values() for channel in record.channels}
        return live | set(self._lingering)

    def _let_go(self, execution_id: str, now: float) -> None:
        record = self._records.pop(execution_id, None)
        if record is not None:
            self._lingering |= dict.fromkeys(record.channels, now + self._linger_s)
