"""The only module of this package that speaks to PostgreSQL: read-only queries, errors in our own words."""

import asyncio
from pathlib import Path
from typing import Any, Final

import asyncpg

from strategy_sources.database_url import normalised
from strategy_sources.errors import SchemaChanged, SourceUnavailable

_CONNECT_TIMEOUT_S: Final = 5.0
_STATEMENT_TIMEOUT_S: Final = 15
_TIMEOUT_S: Final = _STATEMENT_TIMEOUT_S + 2.0
"""Longer than the server's own, so that it is the server that ends a statement."""
_SESSION: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": f"{_STATEMENT_TIMEOUT_S}s",
    "lock_timeout": "5s",
    "timezone": "UTC",  # times without a zone are UTC on the platform
    "application_name": "strategy-sources",
}
_OTHER_SCHEMA: Final = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError)
"""No such operator: a column is there, and is of another type."""


class Postgres:
    """One database, connected on first use and again after it was away."""

    def __init__(self, url: str, name: str, *, connections: int = 2) -> None:
        """ValueError when the URL cannot be read."""
        self._url, self._name, self._connections = normalised(url), name, connections
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """The rows. Raises SourceUnavailable."""
        try:
            pool = await self._open()
            async with pool.acquire(timeout=_CONNECT_TIMEOUT_S) as connection:
                rows: list[Any] = await connection.fetch(query, *arguments, timeout=_TIMEOUT_S)
        except _OTHER_SCHEMA as error:
            raise SchemaChanged(f"{self._name} database: {error}") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            detail = str(error) or type(error).__name__
            raise SourceUnavailable(f"{self._name} database: {detail}") from error
        return rows

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self._connections,
                    timeout=_CONNECT_TIMEOUT_S,
                    server_settings=_SESSION,
                    reset=_keep,
                )
            return self._pool


async def _keep(_: asyncpg.Connection) -> None:
    """Single SELECTs leave nothing behind in a session; the driver's reset would be four statements after each."""


def read_queries(file: Path) -> dict[str, str]:
    """The statements of a file, by the name in the `-- name:` line before each; comments are for people."""
    queries: dict[str, str] = {}
    for part in file.read_text(encoding="utf-8").split("-- name: ")[1:]:
        name, *lines = part.splitlines()
        queries[name.strip()] = "\n".join(line for line in lines if line and not line.startswith("--"))
    return queries
