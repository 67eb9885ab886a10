"""The history of signals in PostgreSQL; the only module that knows its client.

Position and signals move in one database transaction, and the position only from where the writer believed it
was: whoever writes late, twice or beside another replica changes nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import asyncpg

from strategy_api import queries
from strategy_api.cursor import Vector
from strategy_api.errors import DependencyUnavailable
from strategy_api.published_signal import PublishedSignal, status_at, with_status
from strategy_api.signal_filter import SignalFilter
from strategy_api.signal_history import Page
from strategy_contracts.signal import SignalStatus

_CLOSE_TIMEOUT_S: Final = 2.0
P = ParamSpec("P")
R = TypeVar("R")
_Method = Callable[Concatenate["PostgresStore", P], Coroutine[Any, Any, R]]


def _translated(method: _Method[P, R]) -> _Method[P, R]:
    """Away, starting, read-only, full, not yet prepared: to callers a database that cannot serve is one thing."""

    async def call(self: "PostgresStore", /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(self, *args, **kwargs)
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
            raise DependencyUnavailable(f"The signal history is not available: {type(error).__name__}") from error

    return call


class PostgresStore:
    """SignalStore on PostgreSQL. Opening it connects to nothing: the database may come later."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, *, max_connections: int = 10) -> "PostgresStore":
        """A store at this URL, in any spelling the platform uses."""
        pool = await asyncpg.create_pool(
            plain_url(url), min_size=0, max_size=max_connections, timeout=5, command_timeout=30
        )
        return cls(pool)

    @_translated
    async def prepare(self) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(queries.LOCK_SCHEMA)
            await connection.execute(queries.CREATE_VERSIONS)
            current: int = await connection.fetchval(queries.READ_VERSION)
            for version, migration in enumerate(queries.MIGRATIONS[current:], start=current + 1):
                await connection.execute(migration)
                await connection.execute(queries.ADD_VERSION, version)

    @_translated
    async def position(self, partition: int) -> int:
        async with self._pool.acquire() as connection:
            await connection.execute(queries.ADD_PARTITION, partition)
            offset: int = await connection.fetchval(queries.READ_POSITION, partition)
            return offset

    @_translated
    async def append(self, partition: int, expected: int, following: int, signals: Sequence[PublishedSignal]) -> bool:
        async with self._pool.acquire() as connection, connection.transaction():
            moved: str = await connection.execute(queries.MOVE_POSITION, partition, expected, following)
            if moved != "UPDATE 1":
                return False
            if signals:
                await connection.execute(queries.ADD_SIGNALS, *queries.columns(signals))
            return True

    @_translated
    async def page(self, wanted: SignalFilter, *, offset: int, limit: int, now: datetime) -> Page:
        where, arguments = queries.where_clause(wanted, now)
        rows_query = (
            f"SELECT body, status, expires_at FROM signals {where} {queries.NEWEST_FIRST} "  # noqa: S608
            f"LIMIT {int(limit)} OFFSET {int(offset)}"
        )
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            rows = await connection.fetch(rows_query, *arguments)
            total = await connection.fetchval(f"SELECT count(*) FROM signals {where}", *arguments)  # noqa: S608
            position = await connection.fetch(queries.READ_POSITIONS)
        return Page([_body(row, now) for row in rows], total, {row["partition"]: row["next"] for row in position})

    @_translated
    async def get(self, owner: str | None, signal_id: str, now: datetime) -> bytes | None:
        row = await self._pool.fetchrow(
            "SELECT body, status, expires_at FROM signals WHERE signal_id = $1 AND ($2::text IS NULL OR owner = $2)",
            signal_id,
            owner,
        )
        return None if row is None else _body(row, now)

    @_translated
    async def count(self, owner: str | None) -> tuple[int, Vector]:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            total = await connection.fetchval(
                "SELECT count(*) FROM signals WHERE ($1::text IS NULL OR owner = $1)", owner
            )
            position = await connection.fetch(queries.READ_POSITIONS)
        return total, {row["partition"]: row["next"] for row in position}

    @_translated
    async def check(self) -> None:
        await self._pool.fetchval("SELECT 1 FROM kafka_offsets LIMIT 1", timeout=2)

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_TIMEOUT_S)
        except TimeoutError:
            self._pool.terminate()


def plain_url(url: str) -> str:
    """The URL as the client understands it: the platform also writes the driver of another library into it."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def _body(row: asyncpg.Record, now: datetime) -> bytes:
    stored = SignalStatus(row["status"])
    return with_status(row["body"].encode(), stored, status_at(stored, row["expires_at"], now))
