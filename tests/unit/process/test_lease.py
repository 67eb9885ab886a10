"""Leader election against one in-memory record and a clock that the test turns."""

import pytest

from strategy_process.lease import (
    LeaderLease,
    LeaseConflict,
    LeaseLost,
    LeaseRecord,
    LeaseUnavailable,
)


class MemoryLease:
    """The record, with the API server's optimistic lock, and switches for failure."""

    def __init__(self) -> None:
        self.record: LeaseRecord | None = None
        self.away = False
        self._version = 0

    async def read(self) -> LeaseRecord | None:
        if self.away:
            raise LeaseUnavailable("away")
        return self.record

    async def write(self, holder: str, transitions: int, version: str | None) -> None:
        if self.away:
            raise LeaseUnavailable("away")
        if (self.record.version if self.record else None) != version:
            raise LeaseConflict("changed")
        self._version += 1
        self.record = LeaseRecord(holder, f"renewal {self._version}", transitions, str(self._version))


class Clock:
    """Sleeping moves it; something may happen at a given time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[tuple[float, object]] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        while self.events and self.events[0][0] <= self.now:
            _, action = self.events.pop(0)
            action()  # type: ignore[operator]


def a_lease(store: MemoryLease, clock: Clock, identity: str) -> LeaderLease:
    return LeaderLease(store, identity, monotonic=clock.monotonic, sleep=clock.sleep)


async def test_the_first_takes_a_lease_nobody_holds() -> None:
    store, clock = MemoryLease(), Clock()
    await a_lease(store, clock, "a").acquire()
    assert store.record is not None
    assert store.record.holder == "a"
    assert clock.now == 0


async def test_a_second_waits_out_the_duration_of_a_holder_that_fell_silent() -> None:
    store, clock = MemoryLease(), Clock()
    await a_lease(store, clock, "dead").acquire()
    await a_lease(store, clock, "b").acquire()
    assert store.record is not None
    assert (store.record.holder, store.record.transitions) == ("b", 1)
    assert 10 <= clock.now <= 12


async def test_a_released_lease_is_taken_at_the_next_attempt() -> None:
    store, clock = MemoryLease(), Clock()
    first = a_lease(store, clock, "a")
    await first.acquire()
    await first.release()
    await a_lease(store, clock, "b").acquire()
    assert clock.now <= 2


async def test_a_holder_that_cannot_renew_loses_before_anybody_may_take_over() -> None:
    store, clock = MemoryLease(), Clock()
    lease = a_lease(store, clock, "a")
    await lease.acquire()
    store.away = True
    with pytest.raises(LeaseLost, match="not renewed for 7 s"):
        await lease.hold()
    assert clock.now < 10


async def test_a_holder_that_was_replaced_learns_it_at_the_next_renewal() -> None:
    store, clock = MemoryLease(), Clock()
    lease = a_lease(store, clock, "a")
    await lease.acquire()

    def usurp() -> None:
        store.record = LeaseRecord("b", "theirs", 1, "99")

    clock.events = [(20, usurp)]
    with pytest.raises(LeaseLost, match="b holds the lease"):
        await lease.hold()
    assert clock.now == 20


async def test_a_short_outage_is_survived() -> None:
    store, clock = MemoryLease(), Clock()
    lease = a_lease(store, clock, "a")
    await lease.acquire()

    def away() -> None:
        store.away = True

    def back() -> None:
        store.away = False

    def usurp() -> None:
        store.record = LeaseRecord("b", "theirs", 1, "99")

    clock.events = [(4, away), (8, back), (60, usurp)]
    with pytest.raises(LeaseLost, match="b holds"):
        await lease.hold()
    assert clock.now == 60
