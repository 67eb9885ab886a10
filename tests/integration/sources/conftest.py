"""A schema of its own in a real PostgreSQL, with the platform's tables."""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from local_cluster.endpoints import Endpoints

NO_CODE = """
CREATE TABLE nocode_workflows (
  id serial PRIMARY KEY, uuid uuid UNIQUE, user_id int NOT NULL, name varchar(255) NOT NULL, description text,
  workflow_data json NOT NULL, generated_code text, generated_code_language varchar(20),
  compilation_status varchar(20), version int, is_public bool, created_at timestamp DEFAULT now(), updated_at timestamp)
"""
ERA_A = """
CREATE TYPE strategystatus AS ENUM ('DRAFT', 'ACTIVE', 'ARCHIVED', 'TESTING', 'DEPLOYED');
CREATE TABLE strategies (
  id uuid PRIMARY KEY, user_id uuid NOT NULL, name varchar(255) NOT NULL, code text NOT NULL,
  language varchar(50) NOT NULL DEFAULT 'python', parameters json, status strategystatus, created_at timestamptz)
"""
ERA_B = """
CREATE TABLE projects (
  id varchar PRIMARY KEY, user_id varchar, name varchar, path varchar UNIQUE, settings json);
CREATE TABLE files (
  id varchar PRIMARY KEY, project_id varchar REFERENCES projects(id), owner_user_id varchar, name varchar,
  path varchar, size int, is_directory bool, content text)
"""


@dataclass(frozen=True)
class Schema:
    """Where the tables are, and a connection to fill them."""

    url: str
    connection: asyncpg.Connection

    async def execute(self, statement: str, *values: object) -> None:
        await self.connection.execute(statement, *values)


@pytest.fixture
async def schema() -> AsyncIterator[Schema]:
    endpoints = Endpoints.load()
    if endpoints is None:
        if os.environ.get("CI"):
            pytest.fail("no PostgreSQL: run `make cluster-up`")
        pytest.skip("no PostgreSQL: run `make cluster-up`")
    name = f"test_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(endpoints.no_code_database_url, server_settings={"search_path": name})
    await connection.execute(f"CREATE SCHEMA {name}")
    yield Schema(f"{endpoints.no_code_database_url}?search_path={name}", connection)
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
