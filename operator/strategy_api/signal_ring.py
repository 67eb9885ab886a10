"""The newest signals in memory: what a reconnecting client missed, and the first page of every list.

It always knows how far back it is complete, by offset and by time, so that it never answers with a part.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from strategy_api.cursor import Vector, reaches
from strategy_api.published_signal import PublishedSignal
from strategy_api.signal_filter import SignalFilter

_MAX_SCAN: Final = 2000
"""A page is looked for among so many of the owner's newest: the event loop waits meanwhile."""


def _order(signal: PublishedSignal) -> tuple[int, int, int]:
    return signal.order


class SignalRing:
    """At most `capacity` signals in the order they were read from the log."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._signals: deque[PublishedSignal] = deque()
        self._by_id: dict[str, PublishedSignal] = {}
        self._by_owner: dict[str | None, list[PublishedSignal]] = {None: []}
        self._totals: dict[str | None, int] = {}
        self._floor: dict[int, int] = {}
        self._position: dict[int, int] = {}
        self._since_ms = 0

    @property
    def position(self) -> Mapping[int, int]:
        """The offset that will be read next in each partition."""
        return self._position

    def start(self, floor: Vector, since_ms: int) -> None:
        """Reading begins at `floor`; everything published at or after `since_ms` will be read."""
        self._floor = dict(floor)
        self._position = dict(floor)
        self._since_ms = since_ms

    def advance(self, position: Vector) -> None:
        """The log was read up to here; what lies between were no signals."""
        self._position.update(position)

    def append(self, signal: PublishedSignal) -> None:
        """Keep the signal, and drop the oldest when full."""
        self._position[signal.partition] = signal.next_offset
        self._signals.append(signal)
        self._by_id[signal.signal_id] = signal
        for owner in (signal.owner, None):
            insort(self._by_owner.setdefault(owner, []), signal, key=_order)
            if owner in self._totals:
                self._totals[owner] += 1
        if len(self._signals) > self._capacity:
            self._drop(self._signals.popleft())

    def get(self, signal_id: str) -> PublishedSignal | None:
        """The signal with this id, if it is among the newest."""
        return self._by_id.get(signal_id)

    def after(self, cursor: Vector) -> list[PublishedSignal] | None:
        """What was published after the cursor, in the order it was read; None when that is not all in here."""
        if not reaches(cursor, self._floor):
            return None
        return [signal for signal in self._signals if signal.offset >= cursor.get(signal.partition, 0)]

    def newest(self, wanted: SignalFilter, *, offset: int, limit: int, now: datetime) -> list[PublishedSignal] | None:
        """A page, newest first; None when it may reach behind what is kept."""
        own = self._by_owner.get(wanted.owner, [])
        candidates = islice(reversed(own), _MAX_SCAN)
        matching = (s for s in candidates if s.published_at_ms >= self._since_ms and wanted.matches(s, now))
        page = list(islice(matching, offset, offset + limit))
        everything = len(own) <= _MAX_SCAN and self._totals.get(wanted.owner) == len(own)
        return page if len(page) == limit or everything else None

    def total(self, owner: str | None) -> int | None:
        """How many signals the owner has on the log in all; None until `count_from` was told."""
        return self._totals.get(owner)

    def count_from(self, owner: str | None, stored: int, stored_to: Vector) -> None:
        """The database counted `stored` signals up to the vector; from here on they are counted as they come."""
        newer = self.after(stored_to)
        if newer is not None and reaches(self._position, stored_to):
            self._totals[owner] = stored + sum(owner is None or signal.owner == owner for signal in newer)

    def _drop(self, signal: PublishedSignal) -> None:
        self._floor[signal.partition] = max(self._floor.get(signal.partition, 0), signal.next_offset)
        self._since_ms = max(self._since_ms, signal.published_at_ms + 1)
        if self._by_id.get(signal.signal_id) is signal:
            del self._by_id[signal.signal_id]
        for owner in (signal.owner, None):
            kept = self._by_owner[owner]
            del kept[bisect_left(kept, signal.order, key=_order)]
            if not kept and owner is not None:
                del self._by_owner[owner]
