"""The history of signals in memory, for development and tests; it keeps the same rules as the database."""

from collections.abc import Sequence
from datetime import datetime

from strategy_api.cursor import Vector
from strategy_api.errors import DependencyUnavailable
from strategy_api.published_signal import PublishedSignal
from strategy_api.signal_filter import SignalFilter
from strategy_api.signal_history import Page


class MemoryStore:
    """SignalStore in this process; `available = False` plays a database that is down."""

    def __init__(self) -> None:
        self.available = True
        self._signals: dict[str, PublishedSignal] = {}
        self._position: dict[int, int] = {}

    async def prepare(self) -> None:
        self._answer()

    async def position(self, partition: int) -> int:
        self._answer()
        return self._position.setdefault(partition, 0)

    async def append(self, partition: int, expected: int, following: int, signals: Sequence[PublishedSignal]) -> bool:
        self._answer()
        if self._position.get(partition) != expected:
            return False
        self._position[partition] = following
        for signal in signals:
            self._signals.setdefault(signal.signal_id, signal)
        return True

    async def page(self, wanted: SignalFilter, *, offset: int, limit: int, now: datetime) -> Page:
        self._answer()
        newest_first = sorted(self._signals.values(), key=lambda signal: signal.order, reverse=True)
        matching = [signal for signal in newest_first if wanted.matches(signal, now)]
        bodies = [signal.body_at(now) for signal in matching[offset : offset + limit]]
        return Page(bodies, len(matching), dict(self._position))

    async def get(self, owner: str | None, signal_id: str, now: datetime) -> bytes | None:
        self._answer()
        signal = self._signals.get(signal_id)
        return signal.body_at(now) if signal is not None and owner in {None, signal.owner} else None

    async def count(self, owner: str | None) -> tuple[int, Vector]:
        self._answer()
        return sum(owner in {None, signal.owner} for signal in self._signals.values()), dict(self._position)

    async def check(self) -> None:
        self._answer()

    def position_of(self, partition: int) -> int:
        """What `position` would say, at once and also while it is not available."""
        return self._position.get(partition, 0)

    async def close(self) -> None:
        pass

    def _answer(self) -> None:
        if not self.available:
            raise DependencyUnavailable("The signal history is not available")
