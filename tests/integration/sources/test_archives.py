"""The platform's real tables do what the archive in memory does."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from strategy_archives import START, an_id
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.no_code import NoCodeDatabase
from suites.archive_suite import ArchiveSuite, ArchiveUnderTest


def naive(moment: datetime) -> datetime:
    """As a column without a zone has it."""
    return moment.replace(tzinfo=None)


class TestNoCode(ArchiveSuite):
    @pytest.fixture
    async def archive(self, no_code_schema: Any) -> AsyncIterator[ArchiveUnderTest]:
        database = NoCodeDatabase(no_code_schema.url)

        async def put(number: int, owner: Any, *, name: str, updated_at: datetime) -> None:
            times = {"created_at": naive(START), "updated_at": naive(updated_at)}
            uuid, user_id = an_id(number), int(owner.user_id)
            columns = {"uuid": uuid, "user_id": user_id, "name": name, "workflow_data": "{}", "generated_code": "x"}
            await no_code_schema.insert("nocode_workflows", **columns, **times)

        yield ArchiveUnderTest(database, put)
        await database.close()


class TestProjectsOfEraB(ArchiveSuite):
    @pytest.fixture
    async def archive(self, era_b_schema: Any) -> AsyncIterator[ArchiveUnderTest]:
        database = AiMlDatabase(era_b_schema.url)

        async def put(number: int, owner: Any, *, name: str, updated_at: datetime) -> None:
            times = {"created_at": naive(START), "updated_at": naive(updated_at)}
            columns = {"id": an_id(number), "user_id": owner.subject, "name": name, "path": str(number)}
            await era_b_schema.insert("projects", **columns, **times)

        yield ArchiveUnderTest(database, put)
        await database.close()
