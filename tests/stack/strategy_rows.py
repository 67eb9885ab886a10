"""The platform's strategy tables in the cluster's PostgreSQL, in schemas of their own, and rows for them."""

import json
import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import asyncpg

from strategy_tables import ERA_B, NO_CODE

POLL_SECONDS = 2
"""How often an installed product looks for changed rows."""


class StrategyRows:
    """What the console and the code editor store; the tables are dropped at the end."""

    def __init__(self, no_code_url: str, ai_ml_url: str) -> None:
        self._schema = f"rows_{secrets.token_hex(4)}"
        self._no_code_server, self._ai_ml_server = no_code_url, ai_ml_url
        self.no_code_url = f"{no_code_url}?search_path={self._schema}"
        self.ai_ml_url = f"{ai_ml_url}?search_path={self._schema}"

    async def __aenter__(self) -> Self:
        self._no_code = await self._open(self._no_code_server, NO_CODE)
        self._ai_ml = await self._open(self._ai_ml_server, ERA_B)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (self._no_code, self._ai_ml):
            await connection.execute(f"DROP SCHEMA {self._schema} CASCADE")
            await connection.close()

    async def add_workflow(self, workflow_id: str, user_id: int, drawing: Mapping[str, Any], code: str) -> None:
        """A drawing, and the code that the console once made of it."""
        await self._no_code.execute(
            "INSERT INTO nocode_workflows (uuid, user_id, name, workflow_data, generated_code, compilation_status)"
            " VALUES ($1::uuid, $2, 'drawn', $3, $4, 'success')",
            *(workflow_id, user_id, json.dumps(drawing), code),
        )

    async def redraw(self, workflow_id: str, drawing: Mapping[str, Any]) -> None:
        """What the console does when it saves: the drawing changes, its code does not."""
        await self._no_code.execute(
            "UPDATE nocode_workflows SET workflow_data = $2 WHERE uuid = $1::uuid", workflow_id, json.dumps(drawing)
        )

    async def add_project(self, project_id: str, user_id: str, files: Mapping[str, str]) -> None:
        """A project of the code editor: a record for each of its files."""
        await self._ai_ml.execute(
            "INSERT INTO projects (id, user_id, name, path) VALUES ($1, $2, 'project', $1)", project_id, user_id
        )
        for path, content in files.items():
            await self._ai_ml.execute(
                "INSERT INTO files (project_id, owner_user_id, name, path, language, is_directory, content)"
                " VALUES ($1, $2, $3, $4, 'python', false, $5)",
                *(project_id, user_id, path.rpartition("/")[2], path, content),
            )

    async def _open(self, server: str, tables: str) -> asyncpg.Connection:
        connection = await asyncpg.connect(server, server_settings={"search_path": self._schema})
        await connection.execute(f"CREATE SCHEMA {self._schema};{tables}")
        return connection
