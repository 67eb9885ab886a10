"""Lists of the platform's real tables: whose they are, their order, and one order over two databases."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api_serving import Outside, a_token, answering, bearer
from integration.sources.asking import ALICE, ALICE_OF_ERA_A, BOB, UUID_OF_ALICE, A, B, Person
from strategy_archives import an_id
from strategy_contracts.signal import StrategySource
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.listing import ListQuery, Order, SortField
from strategy_sources.no_code import NoCodeDatabase
from strategy_tables import ERA_B

NOBODY = Person()
START = datetime(2026, 1, 1)


@pytest.fixture
async def no_code(no_code_schema: Any) -> AsyncIterator[NoCodeDatabase]:
    database = NoCodeDatabase(no_code_schema.url)
    yield database
    await database.close()


@pytest.fixture
async def ai_ml(schema: Any) -> AsyncIterator[AiMlDatabase]:
    database = AiMlDatabase(schema.url)
    yield database
    await database.close()


async def workflow(schema: Any, uuid: str | None = A, **changes: Any) -> None:
    values: dict[str, Any] = {"user_id": 42, "name": "rsi", "workflow_data": "{}", "created_at": START}
    await schema.insert("nocode_workflows", uuid=uuid, **(values | {"updated_at": None} | changes))


async def forty_in_each(schema: Any) -> None:
    """Workflows and projects with the same ids, two of each changed at the same time."""
    await schema.execute(ERA_B)
    for number in range(40):
        changed = START + timedelta(minutes=number // 2)
        await workflow(schema, an_id(number), name=f"w{number}", updated_at=changed)
        await schema.insert(
            "projects", id=an_id(number), user_id="alice", name=f"p{number}", path=str(number), updated_at=changed
        )


def query(person: Person = ALICE, **changes: Any) -> ListQuery:
    values: dict[str, Any] = {"owner": person, "everybody": False, "limit": 100}
    return ListQuery(**(values | changes))


async def test_the_owners_own_and_nobody_elses(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema)
    await workflow(no_code_schema, B, user_id=43, is_public=True)
    await workflow(no_code_schema, None, name="without a public id")
    assert [found for _, found in (await no_code.keys(query())).keys] == [A]
    assert (await no_code.keys(query(Person(subject="42")))).total == 0
    assert (await no_code.keys(query(NOBODY))).total == 0
    assert (await no_code.keys(query(NOBODY, everybody=True))).total == 2


@pytest.mark.parametrize("field", SortField)
@pytest.mark.parametrize("descending", [True, False])
async def test_the_database_sorts_as_we_do(
    no_code: NoCodeDatabase, no_code_schema: Any, field: SortField, descending: bool
) -> None:
    names = ["b", "B", "ä", "Z", "_", "%", "aa", "€", "🦀", "a"]
    for number, name in enumerate(names):
        changed = START + timedelta(microseconds=number) if number % 3 else None
        await workflow(no_code_schema, an_id(number), name=name, updated_at=changed)
    found = await no_code.keys(query(order=Order(field, descending=descending)))
    assert list(found.keys) == sorted(found.keys, reverse=descending)
    assert len(found.keys) == found.total == len(names)
    rows = await no_code.described([strategy_id for _, strategy_id in found.keys], ALICE, everybody=False)
    if field is not SortField.NAME:  # a database without a locale leaves Ä alone
        for key, strategy_id in found.keys:
            row = rows[strategy_id]
            assert row.created_at is not None
            assert row.updated_at is not None
            assert Order(field).key_of(row.name, row.created_at, row.updated_at) == key


async def test_filters_are_literal(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema, A, name="RSI 100%")
    await workflow(no_code_schema, B, name="MACD")
    assert [found for _, found in (await no_code.keys(query(name_part="%"))).keys] == [A]
    assert [found for _, found in (await no_code.keys(query(name_part="rsi"))).keys] == [A]
    assert (await no_code.keys(query(name_part="' OR true --"))).total == 0
    assert [found for _, found in (await no_code.keys(query(only=[B, "no uuid"]))).keys] == [B]
    assert [found for _, found in (await no_code.keys(query(without=[B]))).keys] == [A]
    assert (await no_code.keys(query(only=[]))).total == 0


async def test_what_lists_show_of_a_workflow(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    columns = {"description": "x" * 5000, "category": "custom", "version": 3, "deployment_status": "Live"}
    await workflow(no_code_schema, tags=["a", "b"], compilation_status="compiled", is_public=True, **columns)
    await workflow(no_code_schema, B)
    own = (await no_code.described([A.upper(), B, "x"], ALICE, everybody=False))[A.upper()]
    assert (own.strategy_id, own.name, len(own.description), own.tags) == (A, "rsi", 2000, ("a", "b"))
    assert (own.category, own.version, own.stored_status, own.compilation_status) == (
        "custom",
        "v3",
        "live",
        "compiled",
    )
    assert (own.created_at, own.updated_at) == (START.replace(tzinfo=UTC), START.replace(tzinfo=UTC))
    assert (own.own, own.public, own.wanted) == (True, True, ALICE.wants(A)._replace(subject=None))
    nulls = (await no_code.described([B], ALICE, everybody=False))[B]
    assert (nulls.description, nulls.tags, nulls.version, nulls.stored_status) == ("", (), "v1", "draft")
    strange = await no_code.described([A, B], BOB, everybody=False)
    assert set(strange) == {A}
    assert (strange[A].own, strange[A].public) == (False, True)


async def test_a_number_is_understood_for_its_owner_alone(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema, is_public=True)
    number = str(await no_code_schema.connection.fetchval("SELECT id FROM nocode_workflows"))
    assert (await no_code.described([number], ALICE, everybody=False))[number].strategy_id == A
    assert await no_code.described([number], BOB, everybody=False) == {}
    assert await no_code.described(["-1", "1e3", "99999999999", "0x1"], ALICE, everybody=False) == {}


async def test_a_row_of_tags_without_end_is_listed_without_them(no_code: NoCodeDatabase, no_code_schema: Any) -> None:
    await workflow(no_code_schema, tags=["x" * (5 * 2**20)])
    assert (await no_code.described([A], ALICE, everybody=False))[A].tags == ()


async def test_both_kinds_of_era_a(ai_ml: AiMlDatabase, era_a_schema: Any) -> None:
    numbers = {"total_return": 0.5, "sharpe_ratio": 1.5, "max_drawdown": None, "win_rate": 0.6}
    await era_a_schema.insert(
        "strategies", id=A, user_id=UUID_OF_ALICE, name="RSI", code="x", status="ARCHIVED", tags=["a"], **numbers
    )
    await era_a_schema.insert("projects", id=B, user_id=UUID_OF_ALICE, name="project")
    found = await ai_ml.keys(query(ALICE_OF_ERA_A, order=Order(SortField.NAME, descending=False)))
    assert list(found.keys) == [("project", B), ("rsi", A)]
    described = await ai_ml.described([A, B], ALICE_OF_ERA_A, everybody=False)
    assert (described[A].stored_status, described[A].tags, described[A].performance) == ("archived", ("a",), numbers)
    assert (described[B].stored_status, described[B].source) == (None, StrategySource.AI_ML)
    assert (await ai_ml.load([described[A].wanted]))[described[A].wanted].files == {"main.py": "x"}
    assert (await ai_ml.keys(query(BOB))).total == 0
    assert await ai_ml.described([A, B], BOB, everybody=False) == {}


async def test_projects_of_era_b(ai_ml: AiMlDatabase, era_b_schema: Any) -> None:
    await era_b_schema.insert("projects", id=A, user_id="alice", name="mine", path="mine")
    await era_b_schema.insert("projects", id=B, user_id=None, name="nobody's", path="nobodys")
    assert [found for _, found in (await ai_ml.keys(query())).keys] == [A]
    assert (await ai_ml.keys(query(Person("alice", None)))).total == 0
    described = await ai_ml.described([A, B, "%", "\x00"], ALICE, everybody=False)
    assert set(described) == {A}
    assert (await ai_ml.keys(query(NOBODY, everybody=True))).total == 2


async def test_pages_over_both_databases_while_rows_come(schema: Any, no_code: Any, ai_ml: Any) -> None:
    await forty_in_each(schema)
    seen: list[tuple[str, str]] = []
    async with answering(Outside(), archives=[no_code, ai_ml]) as api:
        for offset in range(0, 90, 9):
            answer = await api.http.get(f"/api/strategies/list?limit=9&offset={offset}&sort=created_at")
            page = answer.json()
            seen += [(item["source"], item["id"]) for item in page["strategies"]]
            # New rows come behind what was shown: they move nothing.
            later = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=offset)
            await workflow(schema, an_id(1000 + offset), name="new", created_at=later)
    assert len(seen) == len(set(seen)) == 80 + 9, "what came in between is behind, and only the last is not seen"
    assert {(source, an_id(number)) for source in ("no_code", "ai_ml") for number in range(40)} <= set(seen)


async def test_pages_by_cursor_while_rows_come_go_and_change(schema: Any, no_code: Any, ai_ml: Any) -> None:
    await forty_in_each(schema)
    seen: list[tuple[str, str]] = []
    query = ""
    async with answering(Outside(), archives=[no_code, ai_ml]) as api:
        while query is not None:
            page = (await api.http.get(f"/api/strategies/list?limit=9{query}")).json()
            seen += [(item["source"], item["id"]) for item in page["strategies"]]
            query = page["next_cursor"] and f"&cursor={page['next_cursor']}"
            # Of what was shown, one goes and one is changed; a new one stands before all.
            await schema.execute(f"DELETE FROM projects WHERE id = '{seen[-1][1]}' AND '{seen[-1][0]}' = 'ai_ml'")
            await schema.execute(f"UPDATE nocode_workflows SET updated_at = now() WHERE uuid = '{seen[0][1]}'")
            await workflow(
                schema, an_id(1000 + len(seen)), name="new", updated_at=datetime.now(UTC).replace(tzinfo=None)
            )
    assert len(seen) == len(set(seen)) == 80
    assert set(seen) == {(source, an_id(number)) for source in ("no_code", "ai_ml") for number in range(40)}


async def test_the_api_shows_and_hides_what_the_databases_hold(schema: Any, no_code: Any, ai_ml: Any) -> None:
    await schema.execute(ERA_B)
    await workflow(schema, A, generated_code="x = 1\n", workflow_data=json.dumps({"nodes": []}), is_public=True)
    await schema.insert("projects", id=B, user_id="alice", name="mine", path="mine")
    await schema.insert("files", project_id=B, path="src/__init__.py", content="1")
    await schema.insert("files", project_id=B, path="src/rsi/__init__.py", content="2")
    async with answering(Outside(), archives=[no_code, ai_ml]) as api:
        drawn, project = await asyncio.gather(*(api.http.get(f"/api/strategies/{one}") for one in (A, B)))
        assert drawn.json()["files"]["main.py"]["content"] == "x = 1\n"
        assert {name: file["content"] for name, file in project.json()["files"].items()} == {
            "src/__init__.py": "1",
            "src/rsi/__init__.py": "2",
        }
        strange = bearer(a_token(43, "bob"))
        public = await api.http.get(f"/api/strategies/{A}", headers=strange)
        assert (public.status_code, public.json()["files"]) == (200, {})
        assert (await api.http.get(f"/api/strategies/{B}", headers=strange)).status_code == 404
        await schema.execute("DROP TABLE nocode_workflows")
        page = (await api.http.get("/api/strategies/list")).json()
    assert [item["id"] for item in page["strategies"]] == [B]
    assert len(page["warnings"]) == 1


async def test_a_server_that_goes_away_and_comes_back(
    server: Any, no_code: NoCodeDatabase, no_code_schema: Any
) -> None:
    await workflow(no_code_schema)
    async with answering(Outside(), archives=[no_code]) as api:
        assert (await api.http.get("/api/strategies")).json()["total"] == 1
        with server.stopped():
            page = (await api.http.get("/api/strategies")).json()
            assert (page["total"], len(page["warnings"])) == (0, 1)
            assert (await api.http.get(f"/api/strategies/{A}")).status_code == 503
        assert (await api.http.get("/api/strategies")).json()["total"] == 1
