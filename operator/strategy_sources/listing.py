"""Lists of stored strategies: what is asked for, and an order by which lists of two databases can be merged. Pure.

An order is by a text that the database makes of each row, compared byte by byte, then by source, then by id: the same
in SQL and here. A page begins behind a position in that order: what comes, goes or changes elsewhere moves nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from strategy_contracts.signal import StrategySource
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner, Wanted

LONGEST_KEY: Final = 200
"""Of a name, in characters: a key travels in a position. Names that begin alike are ordered by their ids."""
_MOMENT: Final = "to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"


class SortField(StrEnum):
    """What a list can be ordered by."""

    UPDATED_AT = "updated_at"
    CREATED_AT = "created_at"
    NAME = "name"


SORT_SQL: Final = {
    SortField.UPDATED_AT: _MOMENT.format("coalesce(t.updated_at, t.created_at, 'epoch')"),
    SortField.CREATED_AT: _MOMENT.format("coalesce(t.created_at, 'epoch')"),
    SortField.NAME: f"left(lower(coalesce(t.name, '')), {LONGEST_KEY})",
}


@dataclass(frozen=True)
class Order:
    """An order of a list."""

    by: SortField = SortField.UPDATED_AT
    descending: bool = True

    @property
    def direction(self) -> str:
        """As SQL writes it."""
        return "DESC" if self.descending else "ASC"

    @property
    def behind(self) -> str:
        """How SQL compares what comes later with what comes before it."""
        return "<" if self.descending else ">"

    def comes_behind(self, later: "tuple[str, ...]", before: "tuple[str, ...]") -> bool:
        """The same of two places in a list."""
        return later < before if self.descending else later > before

    def key_of(self, name: str, created_at: datetime, updated_at: datetime) -> str:
        """What a database would sort such a row by."""
        match self.by:
            case SortField.NAME:
                return name.lower()[:LONGEST_KEY]
            case SortField.CREATED_AT:
                return _moment(created_at)
            case SortField.UPDATED_AT:
                return _moment(updated_at)


LAST_CHANGED_FIRST: Final = Order()


@dataclass(frozen=True, order=True)
class Position:
    """A place in a list over several databases."""

    key: str
    source: StrategySource
    strategy_id: str

    def within(self, source: StrategySource) -> tuple[str, str]:
        """The same place in the list of one database alone, as a sort key and an id."""
        if source is self.source:
            return self.key, self.strategy_id
        # Before all ids that share the key, or after them: the text next to a key is the key with one more character.
        return (self.key, "") if source > self.source else (f"{self.key}\x01", "")


@dataclass(frozen=True)
class ListQuery:
    """Whose strategies, which of them, in which order, from where on and how many."""

    owner: Owner
    everybody: bool
    limit: int
    order: Order = LAST_CHANGED_FIRST
    name_part: str | None = None
    only: Collection[str] | None = None
    """Ids: nothing else."""
    without: Collection[str] | None = None
    """Ids: not these."""
    behind: tuple[str, str] | None = None
    """A sort key and an id that the order puts before all that is wanted; no id is an empty text."""


@dataclass(frozen=True)
class Keys:
    """A stretch of a list, and how long all of it is."""

    keys: Sequence[tuple[str, str]] = ()
    """Sort key and id."""
    total: int = 0


@dataclass(frozen=True)
class Described:
    """What of a strategy is shown in lists: everything but its content."""

    strategy_id: str
    source: StrategySource
    wanted: Wanted
    """How its owner would ask for it."""
    name: str
    description: str
    tags: tuple[str, ...]
    created_at: datetime | None
    updated_at: datetime | None
    stored_status: str | None = None
    """The database's own word for where it is in its life, in lower case."""
    compilation_status: str | None = None
    category: str | None = None
    version: str | None = None
    own: bool = True
    """Whether it belongs to who asked; what is only public is shown without its content."""
    public: bool = False
    performance: Mapping[str, float | None] = field(default_factory=dict)


class StrategyArchive(Protocol):
    """A strategy database as the API lists it. Everything may raise SourceUnavailable."""

    source: StrategySource

    async def keys(self, query: ListQuery) -> Keys:
        """The owner's own strategies in order."""

    async def described(self, ids: Collection[str], owner: Owner, *, everybody: bool) -> dict[str, Described]:
        """By the id that was asked with: the owner's own, and public ones."""

    async def load(self, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]: ...

    async def check(self) -> None:
        """Returns if the database answers."""

    async def close(self) -> None: ...


def keys_of(rows: Sequence[Mapping[str, Any]]) -> Keys:
    """From what a database answered: at least one record, because of the total, though that may hold no row."""
    return Keys([(row["sort_key"], row["id"]) for row in rows if row["id"] is not None], rows[0]["total"])


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
