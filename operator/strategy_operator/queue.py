"""The work queue: keys of strategies that somebody should look at, each by one worker at a time.

A key is in the queue once, however often it was added; added while it is worked on, it comes again afterwards. Who adds
more distinct keys than the queue holds waits. A key that keeps coming is let through at a limited rate, a key that
failed after a growing pause. Time is an argument, so that tests need not wait.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Final, Generic, TypeVar

K = TypeVar("K")

_BURST: Final = 20
_PER_SECOND: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 60.0
_SWEEP_SECONDS: Final = 10.0


class WorkQueue(Generic[K]):
    """Keyed, bounded, rate limited; for one event loop."""

    def __init__(self, monotonic: Callable[[], float], size: int = 20_000) -> None:
        self._monotonic, self._size = monotonic, size
        self._ready: dict[K, float] = {}
        """Keys to hand out, in order, with the time they became ready."""
        self._working: set[K] = set()
        self._again: set[K] = set()
        """Added while they were being worked on."""
        self._later: list[tuple[float, int, K]] = []
        self._due: dict[K, float] = {}
        """The earliest time in `_later` of each key; other entries of the heap are void."""
        self._spent: dict[K, float] = {}
        """When a key's allowance is full again."""
        self._swept_at = monotonic()
        self._failures: dict[K, int] = {}
        self._count = itertools.count()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def add(self, key: K) -> None:
        """Somebody should look at the key now."""
        while len(self._ready) >= self._size and key not in self._ready:
            self._room.clear()
            await self._room.wait()
        self._put(key)

    def add_later(self, key: K, seconds: float) -> None:
        """Somebody should look at the key then, unless it comes up earlier anyway."""
        due = self._monotonic() + seconds
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            heapq.heappush(self._later, (due, next(self._count), key))
            self._changed.set()

    async def get(self) -> K:
        """The next key; the caller must call `done` or `failed` for it."""
        while True:
            self._promote()
            if self._ready:
                key = next(iter(self._ready))
                del self._ready[key]
                self._room.set()
                self._working.add(key)
                self._due.pop(key, None)
                return key
            self._changed.clear()
            try:
                async with asyncio.timeout(self._until_next()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def done(self, key: K, again_after: float | None = None) -> None:
        """The key was worked on; failures are forgotten."""
        self._failures.pop(key, None)
        self._release(key)
        if again_after is not None:
            self.add_later(key, again_after)

    def failed(self, key: K) -> float:
        """The key comes again after a pause that doubles with every failure; returns the pause."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        pause = min(_FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 16), _LONGEST_PAUSE_SECONDS)
        self._release(key, hold=True)
        self.add_later(key, pause)
        return pause

    def __len__(self) -> int:
        return len(self._ready)

    def oldest_wait(self) -> float:
        """Seconds for which the key that waits longest has been ready: the sign of stuck workers."""
        return max((self._monotonic() - since for since in self._ready.values()), default=0.0)

    def _put(self, key: K) -> None:
        if key in self._working:
            self._again.add(key)
            return
        if key in self._ready:
            return
        wait = self._spend(key)
        if wait > 0:
            self.add_later(key, wait)
        else:
            self._make_ready(key)

    def _make_ready(self, key: K) -> None:
        self._ready.setdefault(key, self._monotonic())
        self._changed.set()

    def _release(self, key: K, *, hold: bool = False) -> None:
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            # After a failure the pause holds: what happened meanwhile will be seen then.
            if not hold:
                self._put(key)

    def _promote(self) -> None:
        now = self._monotonic()
        while self._later and self._later[0][0] <= now:
            due, _, key = heapq.heappop(self._later)
            if self._due.get(key) != due:
                continue
            del self._due[key]
            if key in self._working:
                self._again.add(key)
            else:
                self._make_ready(key)
        if now - self._swept_at >= _SWEEP_SECONDS:
            self._swept_at = now
            self._spent = {key: full_at for key, full_at in self._spent.items() if full_at > now}

    def _spend(self, key: K) -> float:
        """Take one from the key's allowance; the seconds to wait when there is none left."""
        now = self._monotonic()
        full_at = max(self._spent.get(key, now), now) + 1 / _PER_SECOND
        wait = full_at - now - _BURST / _PER_SECOND
        if wait <= 0:
            self._spent[key] = full_at
        return max(wait, 0.0)

    def _until_next(self) -> float | None:
        return max(self._later[0][0] - self._monotonic(), 0.0) if self._later else None
