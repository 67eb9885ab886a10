"""Workflows from the platform's real table: whose they are, what they are made of, when they changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from integration.sources.asking import ALICE, BOB, NOBODYS, A, B, Person
from strategy_contracts.bundle import MAX_BUNDLE_BYTES
from strategy_contracts.signal import StrategySource
from strategy_sources.errors import SourceUnavailable
from strategy_sources.no_code import NoCodeDatabase

DRAWING = {"nodes": [{"id": "d1", "type": "dataSource", "data": {"parameters": {}}}], "edges": []}


@pytest.fixture
async def database(no_code_schema: Any) -> AsyncIterator[NoCodeDatabase]:
    database = NoCodeDatabase(no_code_schema.url.replace("postgresql://", "postgresql+asyncpg://"))
    yield database
    await database.close()


async def workflow(schema: Any, uuid: str | None = A, **changes: Any) -> None:
    """A row as SQL would insert it: NULL wherever only the platform's Python code has a default."""
    values: dict[str, Any] = {"user_id": 42, "name": "rsi", "workflow_data": json.dumps(DRAWING)}
    await schema.insert("nocode_workflows", uuid=uuid, **(values | changes))


async def test_a_workflow_is_its_drawing_and_its_code(database: NoCodeDatabase, no_code_schema: Any) -> None:
    requirements = ["pandas>=2", "ta-lib"]
    await workflow(
        no_code_schema, generated_code="x = 1\n", generated_requirements=requirements, compilation_status="success"
    )
    wanted = ALICE.wants(A)
    found = await database.load([wanted, ALICE.wants(NOBODYS)])
    assert set(found) == {wanted}
    stored = found[wanted]
    assert (stored.source, stored.strategy_id) == (StrategySource.NO_CODE, A)
    assert (stored.files, stored.drawing) == ({"main.py": "x = 1\n"}, DRAWING)
    assert (stored.requirements, stored.compilation) == ("pandas>=2\nta-lib", "success")
    assert stored.owned_by(ALICE)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(BOB.wants(A), id="somebody else"),
        pytest.param(Person(subject="42").wants(A), id="a name that looks like the number"),
        pytest.param(Person("042").wants(A), id="another spelling of the number"),
        pytest.param(Person("42; DROP TABLE nocode_workflows").wants(A), id="SQL as owner"),
        pytest.param(Person("99999999999999999999").wants(A), id="a number that no column holds"),
        pytest.param(Person().wants(A), id="nobody"),
        pytest.param(ALICE.wants("' OR 1=1 --"), id="SQL as id"),
        pytest.param(ALICE.wants("1"), id="the number of the row: only lists know it"),
        pytest.param(ALICE.wants("\x00"), id="a NUL"),
        pytest.param(ALICE.wants("\ud800"), id="half a character"),
        pytest.param(ALICE.wants("%"), id="a wildcard"),
        pytest.param(ALICE.wants("../../etc/passwd"), id="a path"),
    ],
)
async def test_what_is_not_the_owners_is_not_there_and_disturbs_nobody(
    database: NoCodeDatabase, no_code_schema: Any, asked: Any
) -> None:
    await workflow(no_code_schema, generated_code="x = 1\n")
    both = [ALICE.wants(A), asked]
    assert set(await database.load(both)) == {ALICE.wants(A)}
    assert set(await database.fingerprints(both)) == {ALICE.wants(A)}


async def test_two_may_ask_for_the_same_and_one_gets_it(database: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema, user_id=43, is_public=True)
    assert set(await database.load([ALICE.wants(A), BOB.wants(A)])) == {BOB.wants(A)}


@pytest.mark.parametrize("code", [None, "", "  \n"])
async def test_a_workflow_without_code_has_no_files(database: NoCodeDatabase, no_code_schema: Any, code: Any) -> None:
    await workflow(no_code_schema, generated_code=code)
    stored = (await database.load([ALICE.wants(A)]))[ALICE.wants(A)]
    assert (stored.files, stored.refusal, stored.requirements) == ({}, None, "")
    assert set(await database.fingerprints([ALICE.wants(A)])) == {ALICE.wants(A)}


async def test_content_and_owner_change_the_fingerprint_and_nothing_else_does(
    database: NoCodeDatabase, no_code_schema: Any
) -> None:
    await workflow(no_code_schema, generated_code="x = 1\n")
    asked = [ALICE.wants(A), ALICE.wants(NOBODYS)]
    seen = [await database.fingerprints(asked)]
    await no_code_schema.execute("UPDATE nocode_workflows SET updated_at = now(), version = 7, name = 'other'")
    assert await database.fingerprints(asked) == seen[0]
    for change in (
        "generated_code = 'x = 2'",
        "generated_code = NULL",
        "workflow_data = '{\"nodes\": []}'",
        "generated_requirements = '{numpy}'",
        "compilation_status = 'failed'",
    ):
        await no_code_schema.execute(f"UPDATE nocode_workflows SET {change}")
        found = await database.fingerprints(asked)
        assert found not in seen
        seen.append(found)
    await no_code_schema.execute("UPDATE nocode_workflows SET user_id = 43")
    assert await database.fingerprints(asked) == {}


LARGE = "x" * (10 * 2**20)


async def test_ten_megabytes_are_counted_not_read(database: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema, workflow_data="{}", generated_code=LARGE)
    await workflow(no_code_schema, B, workflow_data=f'"{LARGE}"')
    asked = [ALICE.wants(A), ALICE.wants(B)]
    before = await database.fingerprints(asked)
    code, drawing = (await database.load(asked)).values()
    for stored, what in ((code, "the stored code has 10485760"), (drawing, "the drawing has 10485762")):
        assert stored.refusal is not None
        assert stored.refusal.reason == "BundleTooLarge"
        assert stored.refusal.message == f"{what} bytes; at most {MAX_BUNDLE_BYTES} can be run"
        assert (stored.files, stored.drawing) == ({}, None)
    await no_code_schema.execute("UPDATE nocode_workflows SET generated_code = '', workflow_data = '{}'")
    after = await database.fingerprints(asked)
    assert all(after[one] != before[one] for one in asked)


@pytest.mark.parametrize(
    "drawing",
    [
        "[1]",
        '"text"',
        '{"a": 1e999999}',
        '{"a": "\\ud800"}',
        '{"a": ' + "[" * 3000 + "]" * 3000 + "}",
        "7",
        f'"{LARGE}"',
    ],
    ids=[
        "a list",
        "a text",
        "a number beyond numbers",
        "half a character",
        "nested without end",
        "a number",
        "ten megabytes",
    ],
)
async def test_a_drawing_that_is_none_is_refused_in_words_unless_there_is_code(
    database: NoCodeDatabase, no_code_schema: Any, drawing: str
) -> None:
    await workflow(no_code_schema, workflow_data=drawing)
    await workflow(no_code_schema, B, workflow_data=drawing, generated_code="x = 1")
    found = await database.load([ALICE.wants(A), ALICE.wants(B)])
    refusal = found[ALICE.wants(A)].refusal
    assert refusal is not None
    assert refusal.reason in {"DrawingNotReadable", "BundleTooLarge"}
    coded = found[ALICE.wants(B)]
    assert (coded.refusal, coded.drawing_problem) == (None, refusal.message)
    assert coded.files == {"main.py": "x = 1"}


async def test_a_table_that_is_missing_is_unavailable_in_words(schema: Any) -> None:
    database = NoCodeDatabase(schema.url)
    with pytest.raises(SourceUnavailable, match="nocode_workflows"):
        await database.load([ALICE.wants(A)])
    await database.close()


async def test_a_database_that_is_away_is_unavailable_without_its_password() -> None:
    database = NoCodeDatabase("postgresql://user:hunter2@127.0.0.1:1/none")
    with pytest.raises(SourceUnavailable) as away:
        await database.load([ALICE.wants(A)])
    assert "hunter2" not in str(away.value)
    await database.close()


async def test_a_database_with_hyphens_in_its_name_and_options_of_other_clients(server: Any) -> None:
    server.query("postgres", 'CREATE DATABASE "alphintra-no-code-service"')
    url = server.url("alphintra-no-code-service").replace("postgresql://", "postgresql+psycopg2://")
    database = NoCodeDatabase(f"{url}?sslmode=prefer&connect_timeout=5&keepalives=1")
    await database.check()
    await database.close()


async def test_a_server_without_tls_is_refused_where_it_is_required(server: Any) -> None:
    database = NoCodeDatabase(f"{server.url()}?ssl=require")
    with pytest.raises(SourceUnavailable, match=r"(?i)ssl"):
        await database.check()
    await database.close()


async def test_nothing_can_be_written_and_nothing_runs_for_ever(database: NoCodeDatabase, no_code_schema: Any) -> None:
    with pytest.raises(SourceUnavailable, match="read-only"):
        await database._postgres.fetch("DELETE FROM nocode_workflows")
    ((timeout,),) = await database._postgres.fetch("SHOW statement_timeout")
    assert timeout == "15s"


async def test_many_at_once_share_the_connections(database: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema)
    await asyncio.gather(*(database.load([ALICE.wants(A)]) for _ in range(50)))
    count = await no_code_schema.connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'strategy-sources' AND query LIKE '%w.number%'"
    )
    assert count <= 2
