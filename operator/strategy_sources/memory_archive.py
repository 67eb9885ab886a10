"""A strategy database in memory, for development and tests of what stands on top: it lists as the real ones do."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceUnavailable
from strategy_sources.listing import Described, Keys, ListQuery
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner, Wanted

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass
class MemoryArchive:
    """StrategyArchive in this process; `available = False` plays a database that is down."""

    source: StrategySource
    rows: dict[Wanted, tuple[Described, StoredStrategy | None]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """The ids of rows that may also be asked for by a number, as in the No-Code database."""
    available: bool = True

    def put(self, described: Described, stored: StoredStrategy | None = None) -> None:
        """Add or change a strategy."""
        self.rows[described.wanted] = (described, stored)

    async def keys(self, query: ListQuery) -> Keys:
        await self.check()
        keys = [
            (self._key(query, row), row.strategy_id)
            for row, _ in self.rows.values()
            if (query.everybody or _owns(query.owner, row.wanted))
            and (query.name_part is None or query.name_part.lower() in row.name.lower())
            and (query.only is None or row.strategy_id in query.only)
            and (query.without is None or row.strategy_id not in query.without)
        ]
        behind = [key for key in keys if query.behind is None or query.order.comes_behind(key, query.behind)]
        return Keys(sorted(behind, reverse=query.order.descending)[: query.limit], len(keys))

    async def described(self, ids: Collection[str], owner: Owner, *, everybody: bool) -> dict[str, Described]:
        await self.check()
        asked = {self.numbers.get(text, text.lower()): text for text in ids}
        found: dict[str, Described] = {}
        for row, _ in self.rows.values():
            own = everybody or _owns(owner, row.wanted)
            if row.strategy_id in asked and (own or row.public):
                found[asked[row.strategy_id]] = replace(row, own=own)
        return found

    async def load(self, wanted: Collection[Wanted]) -> dict[Wanted, StoredStrategy]:
        await self.check()
        return {one: stored for one in wanted if one in self.rows and (stored := self.rows[one][1]) is not None}

    async def check(self) -> None:
        if not self.available:
            raise SourceUnavailable(f"the {self.source} database does not answer")

    async def close(self) -> None:
        pass

    @staticmethod
    def _key(query: ListQuery, row: Described) -> str:
        created = row.created_at or _EPOCH
        return query.order.key_of(row.name, created, row.updated_at or created)


def _owns(owner: Owner, wanted: Wanted) -> bool:
    return any(mine is not None and mine in (wanted.user_id, wanted.subject) for mine in (owner.user_id, owner.subject))
