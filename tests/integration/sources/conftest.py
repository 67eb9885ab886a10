"""A schema of its own for each test in a real PostgreSQL server, with the platform's tables."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from integration.private_postgres import PrivatePostgres
from strategy_tables import ERA_A, ERA_B, NO_CODE


@dataclass(frozen=True)
class Schema:
    """Where the tables are, and a connection to fill them."""

    url: str
    connection: asyncpg.Connection

    async def execute(self, statement: str, *values: object) -> None:
        await self.connection.execute(statement, *values)

    async def insert(self, table: str, **values: Any) -> None:
        """One row of these columns."""
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await self.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values())


@pytest.fixture(scope="session")
def server(private_postgres: PrivatePostgres) -> PrivatePostgres:
    return private_postgres


@pytest.fixture
async def schema(server: PrivatePostgres) -> AsyncIterator[Schema]:
    name = f"test_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(server.url(), server_settings={"search_path": name})
    await connection.execute(f"CREATE SCHEMA {name}")
    yield Schema(f"{server.url()}?search_path={name}", connection)
    if not connection.is_closed():  # a test may have stopped the server
        await connection.execute(f"DROP SCHEMA {name} CASCADE")
        await connection.close()


@pytest.fixture
async def no_code_schema(schema: Schema) -> Schema:
    await schema.execute(NO_CODE)
    return schema


@pytest.fixture
async def era_a_schema(schema: Schema) -> Schema:
    await schema.execute(ERA_A)
    return schema


@pytest.fixture
async def era_b_schema(schema: Schema) -> Schema:
    await schema.execute(ERA_B)
    return schema
