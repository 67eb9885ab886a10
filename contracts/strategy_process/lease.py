"""Leader election on one record, as Kubernetes controllers do it (`coordination.k8s.io/v1` Lease).

Times of other processes are never compared with ours: a lease has expired when *we* have seen its record
unchanged for its whole duration on our monotonic clock. Losing is final: `hold` raises and the process
exits, because what it had started cannot be called back safely.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """The lease could not be renewed in time, or somebody else holds it: exit at once."""


class LeaseConflict(Exception):
    """The record changed between read and write; read again."""


class LeaseUnavailable(Exception):
    """The record could not be read or written at the moment."""


@dataclass(frozen=True)
class LeaseRecord:
    """The record as read; `version` guards the write."""

    holder: str
    renewals: str
    """Changes at each renewal (the server's renewTime); only its change matters."""
    transitions: int
    version: str


class LeaseStore(Protocol):
    """Where the record lives."""

    async def read(self) -> LeaseRecord | None: ...

    async def write(self, holder: str, transitions: int, version: str | None) -> None:
        """Create (`version` None) or replace; raises LeaseConflict or LeaseUnavailable."""


@dataclass(frozen=True)
class LeaseTimes:
    """Seconds: how long a lease lasts, until when renewing must have succeeded, and between attempts."""

    duration: float = 10.0
    renew_deadline: float = 7.0
    retry: float = 2.0


class LeaderLease:
    """One process's bid for the record."""

    def __init__(
        self,
        store: LeaseStore,
        identity: str,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        times: LeaseTimes = LeaseTimes(),
    ) -> None:
        self._store, self._identity = store, identity
        self._monotonic, self._sleep, self._times = monotonic, sleep, times
        self._seen: LeaseRecord | None = None
        self._seen_at = 0.0

    async def acquire(self) -> None:
        """Return when this process holds the lease."""
        while not await self._try():
            await self._sleep(self._times.retry)
        log.info("lease_acquired", identity=self._identity)

    async def hold(self) -> None:
        """Renew until it fails for `renew_deadline`; then raise LeaseLost. Never returns."""
        renewed_at = self._monotonic()
        while True:
            await self._sleep(self._times.retry)
            if await self._try():
                renewed_at = self._monotonic()
            elif self._seen is not None and self._seen.holder not in ("", self._identity):
                raise LeaseLost(f"{self._seen.holder} holds the lease")
            elif self._monotonic() - renewed_at >= self._times.renew_deadline:
                raise LeaseLost(f"not renewed for {self._times.renew_deadline:g} s")

    async def release(self) -> None:
        """Give the lease up so that the next process need not wait; a failure only costs the wait."""
        try:
            record = await self._store.read()
            if record is not None and record.holder == self._identity:
                await self._store.write("", record.transitions, record.version)
        except (LeaseConflict, LeaseUnavailable) as error:
            log.warning("lease_not_released", reason=str(error))

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(self._times.renew_deadline):
                record = await self._store.read()
                self._observe(record)
                if record is not None and not self._may_take(record):
                    return False
                mine = record is not None and record.holder == self._identity
                transitions = 0 if record is None else record.transitions + (0 if mine else 1)
                await self._store.write(self._identity, transitions, None if record is None else record.version)
        except (LeaseConflict, LeaseUnavailable, TimeoutError) as error:
            log.warning("lease_attempt_failed", reason=str(error) or type(error).__name__)
            return False
        return True

    def _observe(self, record: LeaseRecord | None) -> None:
        previous = self._seen
        changed = (
            record is None
            or previous is None
            or (record.holder, record.renewals) != (previous.holder, previous.renewals)
        )
        self._seen = record
        if changed:
            self._seen_at = self._monotonic()

    def _may_take(self, record: LeaseRecord) -> bool:
        if record.holder in ("", self._identity):
            return True
        return self._monotonic() - self._seen_at >= self._times.duration
