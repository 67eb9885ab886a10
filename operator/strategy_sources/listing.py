"""Lists of stored strategies: what is asked for, and an order by which lists of two databases can be merged. Pure.

An order is by a text that the database makes of each row, compared byte by byte, then by id: the same in SQL and here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

from strategy_contracts.signal import StrategySource
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner, Wanted

_MOMENT: Final = "to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"


class SortField(StrEnum):
    """What a list can be ordered by."""

    UPDATED_AT = "updated_at"
    CREATED_AT = "created_at"
    NAME = "name"


SORT_SQL: Final = {
    SortField.UPDATED_AT: _MOMENT.format("coalesce(t.updated_at, t.created_at, 'epoch')"),
    SortField.CREATED_AT: _MOMENT.format("coalesce(t.created_at, 'epoch')"),
    SortField.NAME: "lower(coalesce(t.name, ''))",
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

    def key_of(self, name: str, created_at: datetime, updated_at: datetime) -> str:
        """What a database would sort such a row by."""
        match self.by:
            case SortField.NAME:
                return name.lower()
            case SortField.CREATED_AT:
                return _moment(created_at)
            case SortField.UPDATED_AT:
                return _moment(updated_at)


LAST_CHANGED_FIRST: Final = Order()


@dataclass(frozen=True)
class ListQuery:
    """Whose strategies, which of them, in which order, how many from the top."""

    owner: Owner
    everybody: bool
    limit: int
    order: Order = LAST_CHANGED_FIRST
    name_part: str | None = None
    only: Collection[str] | None = None
    """Ids: nothing else."""
    without: Collection[str] | None = None
    """Ids: not these."""


@dataclass(frozen=True)
class Keys:
    """The top of a list, and how long all of it is."""

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
        """The owner's own strategies in order, from the top."""

    async def described(self, ids: Collection[str], owner: Owner, *, everybody: bool) -> dict[str, Described]:
        """By the id that was asked with: the owner's own, and public ones."""

    async def load(self, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]: ...

    async def check(self) -> None:
        """Returns if the database answers."""

    async def close(self) -> None: ...


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
