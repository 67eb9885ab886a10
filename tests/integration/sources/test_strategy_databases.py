"""Strategies from the platform's real tables: who owns them, what they are made of, when they changed."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from strategy_contracts.signal import StrategySource
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.errors import SourceUnavailable
from strategy_sources.no_code import NoCodeDatabase
from strategy_sources.stored_strategy import Listed

pytestmark = pytest.mark.integration

A, B = "7b0e0c9e-1111-4222-8333-444455556666", "8c1f1daf-1111-4222-8333-444455556666"
NOBODYS = "00000000-1111-4222-8333-444455556666"
UUID_OF_ALICE = "11111111-1111-4222-8333-444455556666"


@dataclass(frozen=True)
class Person:
    user_id: str | None = None
    subject: str | None = None


@pytest.fixture
async def no_code(no_code_schema: Any) -> AsyncIterator[NoCodeDatabase]:
    database = NoCodeDatabase(no_code_schema.url.replace("postgresql://", "postgresql+asyncpg://"))
    yield database
    await database.close()


async def workflow(schema: Any, uuid: str, user_id: int, code: str | None, name: str = "rsi") -> None:
    await schema.execute(
        "INSERT INTO nocode_workflows (uuid, user_id, name, workflow_data, generated_code)"
        " VALUES ($1, $2, $3, '{}', $4)",
        *(uuid, user_id, name, code),
    )


async def test_a_workflow_is_its_generated_code(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema, A, 42, "x = 1\n")
    found = await no_code.load([A, NOBODYS])
    assert set(found) == {A}
    assert (found[A].source, found[A].strategy_id) == (StrategySource.NO_CODE, A)
    assert found[A].files == {"main.py": "x = 1\n"}
    assert found[A].owned_by(Person(user_id="42"))
    assert not found[A].owned_by(Person(user_id="43"))


@pytest.mark.parametrize("code", [None, "", "  \n"])
async def test_a_workflow_without_code_has_no_files(no_code: NoCodeDatabase, no_code_schema: Any, code: Any) -> None:
    await workflow(no_code_schema, A, 42, code)
    assert (await no_code.load([A]))[A].files == {}
    assert set(await no_code.fingerprints([A])) == {A}


async def test_content_and_owner_change_the_fingerprint_and_nothing_else_does(
    no_code: NoCodeDatabase, no_code_schema: Any
) -> None:
    await workflow(no_code_schema, A, 42, "x = 1\n")
    before = await no_code.fingerprints([A, NOBODYS])
    await no_code_schema.execute(
        "UPDATE nocode_workflows SET updated_at = now(), version = 7, compilation_status = 'failed'"
    )
    assert await no_code.fingerprints([A, NOBODYS]) == before
    await no_code_schema.execute("UPDATE nocode_workflows SET generated_code = 'x = 2'")
    changed = await no_code.fingerprints([A])
    assert changed != before
    await no_code_schema.execute("UPDATE nocode_workflows SET user_id = 43")
    assert await no_code.fingerprints([A]) != changed
    await no_code_schema.execute("DELETE FROM nocode_workflows")
    assert await no_code.fingerprints([A]) == {}


async def test_a_list_is_the_owners_own(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema, A, 42, "x = 1\n", "b")
    await workflow(no_code_schema, B, 42, None, "a")
    await workflow(no_code_schema, NOBODYS, 43, "x = 1\n")
    expected = [
        Listed(B, StrategySource.NO_CODE, "42", "a", has_code=False),
        Listed(A, StrategySource.NO_CODE, "42", "b", has_code=True),
    ]
    assert await no_code.owned(Person(user_id="42"), 10) == expected
    assert await no_code.owned(Person(user_id="42"), 1) == expected[:1]
    assert await no_code.owned(Person(subject="42"), 10) == []


@pytest.fixture
async def ai_ml(schema: Any) -> AsyncIterator[AiMlDatabase]:
    database = AiMlDatabase(schema.url)
    yield database
    await database.close()


async def row(schema: Any, code: str = "x = 1\n", parameters: Any = None) -> None:
    await schema.execute(
        "INSERT INTO strategies (id, user_id, name, code, parameters, status) VALUES ($1, $2, 'rsi', $3, $4, 'ACTIVE')",
        *(A, UUID_OF_ALICE, code, None if parameters is None else json.dumps(parameters)),
    )


async def test_a_row_of_era_a(ai_ml: AiMlDatabase, era_a_schema: Any) -> None:
    await row(era_a_schema, parameters={"period": {"type": "int", "default": 10}, "size": 2})
    found = (await ai_ml.load([A, NOBODYS]))[A]
    assert (found.files, found.parameters) == ({"main.py": "x = 1\n"}, {"period": 10, "size": 2})
    assert found.owned_by(Person(user_id=UUID_OF_ALICE))
    before = await ai_ml.fingerprints([A])
    await era_a_schema.execute("UPDATE strategies SET parameters = '{}'")
    assert await ai_ml.fingerprints([A]) != before
    assert await ai_ml.owned(Person(user_id=UUID_OF_ALICE), 5) == [
        Listed(A, StrategySource.AI_ML, UUID_OF_ALICE, "rsi", has_code=True)
    ]


@pytest.mark.parametrize("parameters", [None, [], "text"])
async def test_parameters_of_era_a_that_are_no_object_count_as_none(
    ai_ml: AiMlDatabase, era_a_schema: Any, parameters: Any
) -> None:
    await row(era_a_schema, parameters=parameters)
    assert (await ai_ml.load([A]))[A].parameters == {}


async def project(schema: Any, files: dict[str, str | None]) -> None:
    await schema.execute("INSERT INTO projects (id, user_id, name, path) VALUES ($1, 'alice', 'Mine', 'mine')", A)
    for number, (path, content) in enumerate(files.items()):
        await schema.execute(
            "INSERT INTO files (id, project_id, path, is_directory, content) VALUES ($1, $2, $3, $4, $5)",
            *(str(number), A, path, content is None and path.endswith("/"), content),
        )


async def test_a_project_of_era_b_is_all_its_files_by_path(ai_ml: AiMlDatabase, era_b_schema: Any) -> None:
    files = {"main.py": "import src.util\n", "src/": None, "src/util.py": "x = 1\n", "src/__init__.py": None}
    await project(era_b_schema, files)
    found = (await ai_ml.load([A, NOBODYS]))[A]
    assert found.files == {"main.py": "import src.util\n", "src/util.py": "x = 1\n", "src/__init__.py": ""}
    assert found.owned_by(Person(user_id="42", subject="alice"))
    assert not found.owned_by(Person(user_id="alice"))
    assert await ai_ml.owned(Person(subject="alice"), 5) == [
        Listed(A, StrategySource.AI_ML, "alice", "Mine", has_code=True)
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE files SET content = 'y = 1' WHERE path = 'main.py'",
        "UPDATE files SET path = 'other.py' WHERE path = 'main.py'",
        "DELETE FROM files WHERE path = 'util.py'",
        "INSERT INTO files (id, project_id, path, content) VALUES ('new', (SELECT id FROM projects), 'new.py', '')",
        "UPDATE projects SET user_id = 'bob'",
    ],
)
async def test_every_change_of_a_project_shows(ai_ml: AiMlDatabase, era_b_schema: Any, change: str) -> None:
    await project(era_b_schema, {"main.py": "x = 1\n", "util.py": ""})
    before = await ai_ml.fingerprints([A])
    assert await ai_ml.fingerprints([A]) == before
    await era_b_schema.execute(change)
    assert await ai_ml.fingerprints([A]) != before


async def test_a_project_without_files_is_there(ai_ml: AiMlDatabase, era_b_schema: Any) -> None:
    await project(era_b_schema, {})
    assert (await ai_ml.load([A]))[A].files == {}


async def test_a_migrated_database_has_both(ai_ml: AiMlDatabase, era_a_schema: Any) -> None:
    from_era_b = (
        "CREATE TABLE projects (id varchar PRIMARY KEY, user_id varchar, name varchar);"
        "CREATE TABLE files (id varchar, project_id varchar, path varchar, is_directory bool, content text)"
    )
    await era_a_schema.execute(from_era_b)
    await row(era_a_schema)
    await era_a_schema.execute("INSERT INTO projects VALUES ($1, 'alice', 'Mine')", B)
    found = await ai_ml.load([A, B])
    assert {key: stored.owner_field for key, stored in found.items()} == {A: "user_id", B: "subject"}
    assert set(await ai_ml.fingerprints([A, B])) == {A, B}


async def test_a_database_of_neither_era_has_nothing(ai_ml: AiMlDatabase) -> None:
    assert await ai_ml.load([A]) == {}


async def test_a_table_that_is_missing_is_unavailable_in_words(schema: Any) -> None:
    database = NoCodeDatabase(schema.url)
    with pytest.raises(SourceUnavailable, match="nocode_workflows"):
        await database.load([A])
    await database.close()


async def test_a_database_that_is_away_is_unavailable_without_its_password() -> None:
    database = NoCodeDatabase("postgresql://user:hunter2@127.0.0.1:1/none")
    with pytest.raises(SourceUnavailable) as away:
        await database.load([A])
    assert "hunter2" not in str(away.value)
    await database.close()


async def test_nothing_can_be_written(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    with pytest.raises(SourceUnavailable, match="read-only"):
        await no_code._postgres.fetch("DELETE FROM nocode_workflows")
