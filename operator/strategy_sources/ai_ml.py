"""The AI/ML database in its two generations: rows with code (era A), and projects with files (era B).

Which one a database is, its tables tell; where both exist (a migrated one), both are asked. Owners are uuids in era A
and user names in era B.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from strategy_contracts.signal import StrategySource
from strategy_sources.postgres import Postgres, read_queries
from strategy_sources.stored_strategy import Listed, Owner, StoredStrategy, plain_parameters

_QUERIES: Final = read_queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True)
class _Era:
    has_rows: bool
    has_projects: bool


class AiMlDatabase:
    """Strategies and projects by id."""

    def __init__(self, url: str) -> None:
        self._postgres = Postgres(url, "AI/ML")

    async def fingerprints(self, ids: Collection[str]) -> dict[str, str]:
        era, wanted = await self._era(), list(ids)
        rows: list[Any] = []
        if era.has_projects:
            rows += await self._postgres.fetch(_QUERIES["ai_ml_project_fingerprints"], wanted)
        if era.has_rows:
            rows += await self._postgres.fetch(_QUERIES["ai_ml_row_fingerprints"], wanted)
        return {row["id"]: row["fingerprint"] for row in rows}

    async def load(self, ids: Collection[str]) -> dict[str, StoredStrategy]:
        era, wanted = await self._era(), list(ids)
        found: dict[str, StoredStrategy] = {}
        if era.has_projects:
            found |= _projects(await self._postgres.fetch(_QUERIES["ai_ml_project_files"], wanted))
        if era.has_rows:
            rows = await self._postgres.fetch(_QUERIES["ai_ml_rows"], wanted)
            found |= {row["id"]: _row(row) for row in rows}
        return found

    async def owned(self, owner: Owner, limit: int) -> list[Listed]:
        era = await self._era()
        rows: list[Any] = []
        if era.has_projects and owner.subject is not None:
            rows += await self._postgres.fetch(_QUERIES["ai_ml_projects_owned"], owner.subject, limit)
        if era.has_rows and owner.user_id is not None:
            rows += await self._postgres.fetch(_QUERIES["ai_ml_rows_owned"], owner.user_id, limit)
        source = StrategySource.AI_ML
        return [Listed(row["id"], source, row["owner"], row["name"], row["has_code"]) for row in rows[:limit]]

    async def close(self) -> None:
        await self._postgres.close()

    async def _era(self) -> _Era:
        (row,) = await self._postgres.fetch(_QUERIES["ai_ml_era"])
        return _Era(row["has_rows"], row["has_projects"])


def _row(row: Any) -> StoredStrategy:
    parameters = json.loads(row["parameters"] or "{}")
    return StoredStrategy(
        strategy_id=row["id"],
        source=StrategySource.AI_ML,
        owner_field="user_id",
        owner_id=row["owner"],
        name=row["name"],
        files={"main.py": row["code"]} if row["code"].strip() else {},
        parameters=plain_parameters(parameters) if isinstance(parameters, dict) else {},
    )


def _projects(rows: list[Any]) -> dict[str, StoredStrategy]:
    files: dict[str, dict[str, str]] = {}
    for row in rows:
        project = files.setdefault(row["id"], {})
        if row["path"] is not None:
            project[row["path"].lstrip("/")] = row["content"]
    return {
        row["id"]: StoredStrategy(
            strategy_id=row["id"],
            source=StrategySource.AI_ML,
            owner_field="subject",
            owner_id=row["owner"] or "",
            name=row["name"],
            files=files[row["id"]],
        )
        for row in rows
    }
