"""The only module of this package that speaks to PostgreSQL: read-only queries, errors in our own words."""

from pathlib import Path
from typing import Any, Final

import asyncpg

from strategy_sources.database_url import normalised
from strategy_sources.errors import SourceUnavailable

_TIMEOUT_S: Final = 10.0
_CONNECTIONS: Final = 2


class Postgres:
    """One database, connected on first use and again after it was away."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = normalised(url), name
        self._pool: asyncpg.Pool | None = None

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """The rows. Raises SourceUnavailable."""
        try:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=_CONNECTIONS,
                    timeout=_TIMEOUT_S,
                    command_timeout=_TIMEOUT_S,
                    server_settings={"default_transaction_read_only": "on", "application_name": "strategy-sources"},
                )
            rows: list[Any] = await self._pool.fetch(query, *arguments)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            detail = str(error) or type(error).__name__
            raise SourceUnavailable(f"{self._name} database: {detail}") from error
        return rows

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


def read_queries(file: Path) -> dict[str, str]:
    """The statements of a file, by the name in the `-- name:` line before each."""
    queries: dict[str, str] = {}
    for part in file.read_text().split("-- name: ")[1:]:
        name, _, text = part.partition("\n")
        queries[name.strip()] = text.strip()
    return queries
