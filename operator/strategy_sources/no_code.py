"""The No-Code database: workflows drawn in the console, with the code that its compiler made of them.

Only the stored code is read for now. Its status columns say little (an edited drawing keeps the old code and status,
clients can write both), so they are not asked: the code itself is analysed like any other.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from strategy_contracts.signal import StrategySource
from strategy_sources.postgres import Postgres, read_queries
from strategy_sources.stored_strategy import Listed, Owner, StoredStrategy

_QUERIES: Final = read_queries(Path(__file__).with_name("queries.sql"))


class NoCodeDatabase:
    """Workflows by uuid."""

    def __init__(self, url: str) -> None:
        self._postgres = Postgres(url, "No-Code")

    async def fingerprints(self, ids: Collection[str]) -> dict[str, str]:
        rows = await self._postgres.fetch(_QUERIES["no_code_fingerprints"], list(ids))
        return {row["id"]: row["fingerprint"] for row in rows}

    async def load(self, ids: Collection[str]) -> dict[str, StoredStrategy]:
        rows = await self._postgres.fetch(_QUERIES["no_code_strategies"], list(ids))
        return {
            row["id"]: StoredStrategy(
                strategy_id=row["id"],
                source=StrategySource.NO_CODE,
                owner_field="user_id",
                owner_id=row["owner"],
                name=row["name"],
                files={"main.py": row["code"]} if row["code"].strip() else {},
            )
            for row in rows
        }

    async def owned(self, owner: Owner, limit: int) -> list[Listed]:
        if owner.user_id is None:
            return []
        rows = await self._postgres.fetch(_QUERIES["no_code_owned"], owner.user_id, limit)
        return [Listed(row["id"], StrategySource.NO_CODE, row["owner"], row["name"], row["has_code"]) for row in rows]

    async def close(self) -> None:
        await self._postgres.close()
