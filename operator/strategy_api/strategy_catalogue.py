"""All strategies of a caller: those stored in the databases, and those that only a TradingStrategy holds, as one list.

A strategy is one entry, however it is stored, with the run it has. Lists are merged by an order that is total over all
places; a page that begins behind a position in it neither repeats nor loses what stays where it is, whatever comes and
goes meanwhile. A database that is away costs its rows, not the list: runs of its strategies are shown from their
resources, and a warning says what is missing.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from strategy_api.auth import Identity
from strategy_api.errors import Ambiguous, DependencyUnavailable, NotFound
from strategy_api.strategy_runs import Run, StrategyRuns
from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceUnavailable
from strategy_sources.listing import LAST_CHANGED_FIRST, Described, Keys, ListQuery, Order, Position, StrategyArchive
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import as_number

log = structlog.get_logger(__name__)

_Place = tuple[StrategySource, str]
"""Where a strategy is: the source, and the id there in lower case."""


class StrategyState(StrEnum):
    """The platform's words for what a strategy does."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    PAUSED = "paused"
    LOADING = "loading"
    ERROR = "error"


@dataclass(frozen=True)
class CatalogueQuery:
    """One page of a list: behind a position, and of that so many are passed over."""

    limit: int
    offset: int = 0
    behind: Position | None = None
    order: Order = LAST_CHANGED_FIRST
    source: StrategySource | None = None
    states: Collection[StrategyState] | None = None
    name_part: str | None = None


@dataclass(frozen=True)
class Entry:
    """One strategy: as a database describes it, as it runs, or both."""

    described: Described | None
    run: Run | None
    stored: StoredStrategy | None = None
    """Its content, where the caller may see it."""

    @property
    def state(self) -> str:
        """What it does now."""
        return self.run.status if self.run is not None else StrategyState.INACTIVE


@dataclass(frozen=True)
class Page:
    """Some entries of a list."""

    entries: Sequence[Entry]
    total: int
    warnings: Sequence[str]
    next: Position | None = None
    """What the next page begins behind; None on the last one."""


@dataclass(frozen=True)
class _Part:
    """What one place gives to a list."""

    keys: Keys
    shown_by_runs: Sequence[Run] = ()
    """Runs whose strategy that place does not have, or cannot tell."""
    warning: str | None = None


class StrategyCatalogue:
    """Looks in every place."""

    def __init__(self, archives: Sequence[StrategyArchive], runs: StrategyRuns) -> None:
        self._archives = {archive.source: archive for archive in archives}
        self._runs = runs

    async def page(self, identity: Identity, query: CatalogueQuery) -> Page:
        """The caller's own strategies, with how many there are in all."""
        runs = _one_per_strategy(await self._runs.list(identity, query.source))
        archives = self._of(query.source)
        parts = await asyncio.gather(*(self._part(archive, identity, query, runs) for archive in archives))
        shown = [run for (source, _), run in runs.items() if source not in self._archives]
        shown += [run for part in parts for run in part.shown_by_runs]
        shown = [run for run in shown if _matches(run, query)]
        places = [place for run in shown if _is_behind(place := _position(run, query.order), query)]
        for archive, part in zip(archives, parts, strict=True):
            places += [Position(key, archive.source, strategy_id) for key, strategy_id in part.keys.keys]
        places.sort(reverse=query.order.descending)
        total = len(shown) + sum(part.keys.total for part in parts)
        end = query.offset + query.limit
        following = places[end - 1] if len(places) > end else None
        wanted = [(place.source, place.strategy_id) for place in places[query.offset : end]]
        warnings = {archive.source: part.warning for archive, part in zip(archives, parts, strict=True) if part.warning}
        described = await self._described(identity, wanted, warnings)
        entries = [Entry(described.get(place), runs.get(place)) for place in wanted]
        # What was deleted between the two looks is neither.
        entries = [entry for entry in entries if entry.described is not None or entry.run is not None]
        sentences = [f"{warning}; only those with a run are shown" for warning in warnings.values()]
        return Page(entries, total, sentences, following)

    async def find(self, identity: Identity, strategy_id: str, source: StrategySource | None) -> Entry:
        """The strategy of that id, or with that execution id. NotFound also where it is somebody else's alone."""
        found, away = await self._described_anywhere(identity, strategy_id, source)
        run = await self._runs.find(identity, found[0].strategy_id if found else strategy_id, source)
        if run is not None and not found and run.strategy_id != strategy_id:
            found, away = await self._described_anywhere(identity, run.strategy_id, run.source)
        if len(found) > 1:
            raise Ambiguous(f"Several strategies have the id {strategy_id}; say source=no_code or source=ai_ml")
        if found:
            described = found[0]
            same = run if run is not None and run.source is described.source else None
            return Entry(described, same, await self._content(described) if described.own else None)
        if run is not None:
            return Entry(None, run)
        if away:
            raise DependencyUnavailable(f"{'; '.join(away)}; the strategy may be one of them")
        raise NotFound(f"Strategy not found: {strategy_id}")

    async def public_id(self, identity: Identity, strategy_id: str) -> str:
        """The uuid of a workflow that the caller knows by its number; any other id as it is."""
        archive = self._archives.get(StrategySource.NO_CODE)
        if archive is None or as_number(strategy_id) is None:
            return strategy_id
        try:
            found = await archive.described([strategy_id], identity, everybody=identity.sees_everything)
        except SourceUnavailable as error:
            raise DependencyUnavailable(_away(archive, error)) from error
        return found[strategy_id].strategy_id if strategy_id in found else strategy_id

    async def _part(
        self,
        archive: StrategyArchive,
        identity: Identity,
        query: CatalogueQuery,
        runs: dict[_Place, Run],
    ) -> _Part:
        own = {strategy_id: run for (source, strategy_id), run in runs.items() if source is archive.source}
        only = without = None
        if query.states is not None:
            matching = {strategy_id for strategy_id, run in own.items() if run.status in query.states}
            if StrategyState.INACTIVE in query.states:
                without = own.keys() - matching
            else:
                only = matching
        asked = ListQuery(
            owner=identity,
            everybody=identity.sees_everything,
            # One more tells whether there is a next page.
            limit=query.offset + query.limit + 1,
            order=query.order,
            name_part=query.name_part,
            only=only,
            without=without,
            behind=query.behind.within(archive.source) if query.behind is not None else None,
        )
        try:
            keys = await archive.keys(asked)
            stored = await archive.described(own, identity, everybody=identity.sees_everything) if own else {}
        except SourceUnavailable as error:
            return _Part(Keys(), list(own.values()), _away(archive, error))
        listed = {strategy_id for strategy_id, found in stored.items() if found.own}
        return _Part(keys, [run for strategy_id, run in own.items() if strategy_id not in listed])

    async def _described(
        self, identity: Identity, wanted: Sequence[_Place], warnings: dict[StrategySource, str]
    ) -> dict[_Place, Described]:
        """What the databases say of these; those with a warning are not asked again, and new ones are added."""
        described: dict[_Place, Described] = {}
        for source, archive in self._archives.items():
            ids = [strategy_id for place, strategy_id in wanted if place is source]
            if not ids or source in warnings:
                continue
            try:
                found = await archive.described(ids, identity, everybody=identity.sees_everything)
            except SourceUnavailable as error:
                warnings[source] = _away(archive, error)
                continue
            described |= {(source, strategy_id): row for strategy_id, row in found.items() if row.own}
        return described

    async def _described_anywhere(
        self, identity: Identity, strategy_id: str, source: StrategySource | None
    ) -> tuple[list[Described], list[str]]:
        found: list[Described] = []
        away: list[str] = []
        for archive in self._of(source):
            try:
                here = await archive.described([strategy_id], identity, everybody=identity.sees_everything)
            except SourceUnavailable as error:
                away.append(_away(archive, error))
            else:
                found += here.values()
        return found, away

    def _of(self, source: StrategySource | None) -> list[StrategyArchive]:
        return [archive for known, archive in self._archives.items() if source in {None, known}]

    async def _content(self, described: Described) -> StoredStrategy | None:
        archive = self._archives[described.source]
        try:
            found = await archive.load([described.wanted])
        except SourceUnavailable as error:
            raise DependencyUnavailable(_away(archive, error)) from error
        return found.get(described.wanted)


def _away(archive: StrategyArchive, error: SourceUnavailable) -> str:
    """What callers are told; where the database is and what it said is for the platform's people."""
    log.warning("strategy_database_unavailable", source=archive.source, reason=str(error))
    return f"The database of {archive.source} strategies does not answer"


def _place(run: Run) -> _Place:
    return run.source, run.strategy_id.lower()


def _one_per_strategy(runs: Sequence[Run]) -> dict[_Place, Run]:
    """Of several runs of one strategy one that is active, else the newest."""
    chosen: dict[_Place, Run] = {}
    for run in runs:
        place = _place(run)
        if place not in chosen or (run.active and not chosen[place].active):
            chosen[place] = run
    return chosen


def _matches(run: Run, query: CatalogueQuery) -> bool:
    named = query.name_part is None or query.name_part.lower() in run.name.lower()
    return named and (query.states is None or run.status in query.states)


def _position(run: Run, order: Order) -> Position:
    created = datetime.fromisoformat(run.created_at)
    return Position(order.key_of(run.name, created, created), *_place(run))


def _is_behind(place: Position, query: CatalogueQuery) -> bool:
    return query.behind is None or query.order.comes_behind(astuple(place), astuple(query.behind))
