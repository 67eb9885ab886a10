"""Which signals a reader wants to see; the same words for the ring in memory and for the database."""

from dataclasses import dataclass
from datetime import datetime

from strategy_api.published_signal import PublishedSignal
from strategy_contracts.signal import Action, SignalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFilter:
    """Absent means any. Symbols are upper case; `statuses` are those shown, so `expired` goes by the clock."""

    owner: str | None
    """None sees every owner's signals: only where authentication is switched off."""
    symbols: frozenset[str] | None = None
    strategy_ids: frozenset[str] | None = None
    actions: frozenset[Action] | None = None
    statuses: frozenset[SignalStatus] | None = None
    min_confidence: float | None = None
    from_date: datetime | None = None
    to_date: datetime | None = None

    @property
    def owner_only(self) -> bool:
        """Whether it asks for everything the owner has."""
        return self == SignalFilter(owner=self.owner)

    def matches(self, signal: PublishedSignal, now: datetime) -> bool:
        """Whether the reader wants this signal."""
        return (
            (self.owner is None or signal.owner == self.owner)
            and (self.symbols is None or signal.symbol.upper() in self.symbols)
            and (self.strategy_ids is None or signal.strategy_id in self.strategy_ids)
            and (self.actions is None or signal.action in self.actions)
            and (self.statuses is None or signal.status_at(now) in self.statuses)
            and (self.min_confidence is None or signal.confidence >= self.min_confidence)
            and (self.from_date is None or signal.timestamp >= self.from_date)
            and (self.to_date is None or signal.timestamp <= self.to_date)
        )
