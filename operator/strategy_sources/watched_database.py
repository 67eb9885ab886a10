"""A database as the operator uses it: many ask for one strategy each, the database is asked for many at once.

Loads that come together become one query. What was ever asked for is watched: one query of fingerprints per interval
tells whose content changed, appeared, vanished, or is reachable again. Nothing but fingerprints is kept.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from strategy_sources.errors import SourceUnavailable
from strategy_sources.stored_strategy import StoredStrategy, StrategyDatabase
from strategy_sources.wanted import Owner, Wanted, wanted_by

log = structlog.get_logger(__name__)

_MISSING: Final = ""
_UNKNOWN: Final = "?"


class WatchedDatabase:
    """One database, watched while `run` runs."""

    def __init__(
        self, database: StrategyDatabase, name: str, interval_s: float, changed: Callable[[str], None]
    ) -> None:
        """`changed` is called with the id of a strategy that should be loaded again."""
        self._database, self._name, self._interval_s, self._changed = database, name, interval_s, changed
        self._watched: dict[str, dict[Wanted, str]] = {}
        """By strategy id, so that all who ask for one can be forgotten; the fingerprints as last seen."""
        self._waiting: dict[Wanted, asyncio.Future[StoredStrategy | None]] = {}
        self._loading: asyncio.Task[None] | None = None
        self._away: str | None = None
        """Why the database did not answer last time; until it does, nobody is kept waiting for it."""

    async def load(self, strategy_id: str, owner: Owner | None) -> StoredStrategy | None:
        """The owner's strategy of that id, or None; watched from now on. Raises SourceUnavailable."""
        wanted = wanted_by(owner, strategy_id)
        self._watched.setdefault(strategy_id, {}).setdefault(wanted, _UNKNOWN)
        if self._away is not None:
            raise SourceUnavailable(self._away)
        waiting = self._waiting.get(wanted)
        if waiting is None:
            waiting = self._waiting[wanted] = asyncio.get_running_loop().create_future()
        if self._loading is None:
            self._loading = asyncio.create_task(self._load_waiting())
        return await asyncio.shield(waiting)

    def forget(self, strategy_id: str) -> None:
        """Nobody runs it any more."""
        self._watched.pop(strategy_id, None)

    async def run(self) -> None:
        """Look for changes at every interval until cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.look()

    async def look(self) -> None:
        """Ask once for the fingerprints of all that is watched, and tell what changed."""
        before = {wanted: seen for found in self._watched.values() for wanted, seen in found.items()}
        if not before:
            return
        try:
            found = await self._database.fingerprints(before)
        except SourceUnavailable as error:
            self._lose(error)
            return
        if self._away is not None:
            self._away = None
            log.info("source_available", database=self._name)
        changed = {
            wanted.strategy_id: None
            for wanted, seen in before.items()
            if found.get(wanted, _MISSING) != seen and self._remember(wanted, found.get(wanted, _MISSING))
        }
        for strategy_id in changed:
            self._changed(strategy_id)

    async def close(self) -> None:
        """Close the connections."""
        if self._loading is not None:
            self._loading.cancel()
        await self._database.close()

    async def _load_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                await self._load(batch)
        finally:
            self._loading = None

    async def _load(self, batch: dict[Wanted, asyncio.Future[StoredStrategy | None]]) -> None:
        try:
            # Fingerprints first: a change between the two queries is found at the next look.
            fingerprints = await self._database.fingerprints(batch)
            found = await self._database.load(batch)
        except SourceUnavailable as error:
            self._lose(error)
            for waiting in batch.values():
                if not waiting.cancelled():
                    waiting.set_exception(error)
                    waiting.exception()
            return
        for wanted, waiting in batch.items():
            self._remember(wanted, fingerprints.get(wanted, _MISSING))
            if not waiting.cancelled():
                waiting.set_result(found.get(wanted))

    def _lose(self, error: SourceUnavailable) -> None:
        """The database is away: everybody who needs it should say so, and hear when it is back."""
        if self._away is None:
            log.warning("source_unavailable", database=self._name, reason=str(error))
            self._away = str(error)
            for strategy_id, found in self._watched.items():
                for wanted in found:
                    found[wanted] = _UNKNOWN
                self._changed(strategy_id)

    def _remember(self, wanted: Wanted, fingerprint: str) -> bool:
        """Whether it is still watched."""
        found = self._watched.get(wanted.strategy_id)
        if found is None or wanted not in found:
            return False
        found[wanted] = fingerprint
        return True
