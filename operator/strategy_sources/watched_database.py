"""A database as the operator uses it: many ask for one strategy each, the database is asked for many at once.

Loads that come together become one query. What was ever asked for is watched: one query of fingerprints per interval
tells whose content changed, appeared, vanished, or is reachable again.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from strategy_sources.errors import SourceUnavailable
from strategy_sources.stored_strategy import StoredStrategy, StrategyDatabase

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
        self._fingerprints: dict[str, str] = {}
        self._waiting: dict[str, asyncio.Future[StoredStrategy | None]] = {}
        self._loading: asyncio.Task[None] | None = None
        self._away: str | None = None
        """Why the database did not answer last time; until it does, nobody is kept waiting for it."""

    async def load(self, strategy_id: str) -> StoredStrategy | None:
        """The strategy, or None when there is none of that id; watched from now on. Raises SourceUnavailable."""
        self._fingerprints.setdefault(strategy_id, _UNKNOWN)
        if self._away is not None:
            raise SourceUnavailable(self._away)
        waiting = self._waiting.get(strategy_id)
        if waiting is None:
            waiting = self._waiting[strategy_id] = asyncio.get_running_loop().create_future()
        if self._loading is None:
            self._loading = asyncio.create_task(self._load_waiting())
        return await asyncio.shield(waiting)

    def forget(self, strategy_id: str) -> None:
        """Nobody runs it any more."""
        self._fingerprints.pop(strategy_id, None)

    async def run(self) -> None:
        """Look for changes at every interval until cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.look()

    async def look(self) -> None:
        """Ask once for the fingerprints of all that is watched, and tell what changed."""
        watched = dict(self._fingerprints)
        if not watched:
            return
        try:
            found = await self._database.fingerprints(watched)
        except SourceUnavailable as error:
            self._lose(error)
            return
        if self._away is not None:
            self._away = None
            log.info("source_available", database=self._name)
        for strategy_id, before in watched.items():
            now = found.get(strategy_id, _MISSING)
            if now != before and strategy_id in self._fingerprints:
                self._fingerprints[strategy_id] = now
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

    async def _load(self, batch: dict[str, asyncio.Future[StoredStrategy | None]]) -> None:
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
        for strategy_id, waiting in batch.items():
            self._remember(strategy_id, fingerprints.get(strategy_id, _MISSING))
            if not waiting.cancelled():
                waiting.set_result(found.get(strategy_id))

    def _lose(self, error: SourceUnavailable) -> None:
        """The database is away: everybody who needs it should say so, and hear when it is back."""
        if self._away is None:
            log.warning("source_unavailable", database=self._name, reason=str(error))
            self._away = str(error)
            for strategy_id in self._fingerprints:
                self._fingerprints[strategy_id] = _UNKNOWN
                self._changed(strategy_id)

    def _remember(self, strategy_id: str, fingerprint: str) -> None:
        if strategy_id in self._fingerprints:
            self._fingerprints[strategy_id] = fingerprint
