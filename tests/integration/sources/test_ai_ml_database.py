"""Strategies and projects of both generations of the AI/ML service, and a database that goes from one to the other."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from integration.sources.asking import (
    ALICE,
    ALICE_OF_ERA_A,
    BOB,
    NOBODYS,
    UUID_OF_ALICE,
    UUID_OF_BOB,
    A,
    B,
    Person,
)
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.errors import SourceUnavailable
from strategy_sources.stored_strategy import StoredStrategy
from strategy_tables import ERA_A, ERA_B, LEAVE_ERA_A


@pytest.fixture
async def database(schema: Any) -> AsyncIterator[AiMlDatabase]:
    database = AiMlDatabase(schema.url)
    yield database
    await database.close()


async def row(schema: Any, code: str = "x = 1\n", parameters: Any = None, **changes: Any) -> None:
    values = {"id": A, "user_id": UUID_OF_ALICE, "name": "RSI", "code": code, "status": "DRAFT"}
    values["parameters"] = parameters if isinstance(parameters, str | None) else json.dumps(parameters)
    await schema.insert("strategies", **(values | changes))


async def project_a(schema: Any, files: dict[str, str | None], project: str = B, name: str = "My RSI old") -> None:
    await schema.insert("projects", id=project, user_id=UUID_OF_ALICE, name=name)
    for path, content in files.items():
        folder = content is None and not path.endswith(".py")
        await schema.insert(
            "project_files", project_id=project, file_path=path, file_name="any", content=content, is_directory=folder
        )


async def project_b(schema: Any, files: dict[str, str | None], project: str = A, owner: str | None = "alice") -> None:
    await schema.insert("projects", id=project, user_id=owner, name="Mine", path=project)
    for path, content in files.items():
        folder = content is None and not path.endswith(".py")
        await schema.insert("files", project_id=project, path=path, content=content, is_directory=folder)


async def load(database: AiMlDatabase, person: Person = ALICE, strategy_id: str = A) -> StoredStrategy | None:
    return (await database.load([person.wants(strategy_id)])).get(person.wants(strategy_id))


async def test_a_row_of_era_a_is_its_code_and_never_a_project_of_a_similar_name(
    database: AiMlDatabase, era_a_schema: Any
) -> None:
    specified = {"period": {"type": "int", "default": 10}, "size": 2}
    await row(era_a_schema, parameters=specified)
    await project_a(era_a_schema, {"/main.py": "other", "/util.py": "other"}, name="RSI")
    await project_a(era_a_schema, {"/main.py": "other"}, project=NOBODYS, name="%")
    stored = await load(database, ALICE_OF_ERA_A)
    assert stored is not None
    assert (stored.files, stored.parameters) == ({"main.py": "x = 1\n"}, specified)
    assert stored.owned_by(ALICE_OF_ERA_A)


async def test_a_project_of_era_a_can_be_named_by_its_own_id(database: AiMlDatabase, era_a_schema: Any) -> None:
    files = {"/main.py": "m", "/pkg": None, "/pkg/__init__.py": "1", "/lib/__init__.py": "2", "/lib/a.py": None}
    await project_a(era_a_schema, files)
    stored = await load(database, ALICE_OF_ERA_A, B)
    assert stored is not None
    assert stored.files == {"main.py": "m", "pkg/__init__.py": "1", "lib/__init__.py": "2", "lib/a.py": ""}


async def test_a_project_of_era_b_is_all_its_files_by_path(database: AiMlDatabase, era_b_schema: Any) -> None:
    files = {"main.py": "import src.util\n", "src/": None, "src/util.py": "x = 1\n", "src/__init__.py": None}
    await project_b(era_b_schema, files)
    stored = await load(database)
    assert stored is not None
    assert stored.files == {"main.py": "import src.util\n", "src/util.py": "x = 1\n", "src/__init__.py": ""}
    assert stored.owned_by(ALICE)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(BOB.wants(A), id="somebody else"),
        pytest.param(Person("alice", None).wants(A), id="the name as a number"),
        pytest.param(Person(None, "Alice").wants(A), id="another spelling of the name"),
        pytest.param(Person(None, "%").wants(A), id="a wildcard"),
        pytest.param(Person(None, "alice' OR '1'='1").wants(A), id="SQL as a name"),
        pytest.param(Person(None, "alice\x00").wants(A), id="a NUL"),
        pytest.param(Person(None, "").wants(B), id="the empty name of a row of nobody"),
        pytest.param(Person().wants(B), id="nobody, for a row of nobody"),
        pytest.param(ALICE.wants("' OR true --"), id="SQL as id"),
        pytest.param(ALICE.wants("\ud800"), id="half a character"),
        pytest.param(ALICE.wants("x" * 10_000), id="an id without end"),
    ],
)
async def test_nothing_of_another_owner_is_ever_loaded(database: AiMlDatabase, era_b_schema: Any, asked: Any) -> None:
    await project_b(era_b_schema, {"main.py": "x = 1\n"})
    await project_b(era_b_schema, {"main.py": "y = 1\n"}, project=B, owner=None)
    both = [ALICE.wants(A), asked]
    assert set(await database.load(both)) == {ALICE.wants(A)}
    assert set(await database.fingerprints(both)) == {ALICE.wants(A)}


@pytest.mark.parametrize(
    "asked",
    [Person(UUID_OF_BOB).wants(A), ALICE.wants(A), Person("' OR true --").wants(A), ALICE_OF_ERA_A.wants("1")],
    ids=["somebody else", "the number of another database", "SQL", "an id that is no uuid"],
)
async def test_a_row_of_era_a_is_its_owners(database: AiMlDatabase, era_a_schema: Any, asked: Any) -> None:
    await row(era_a_schema)
    both = [ALICE_OF_ERA_A.wants(A), asked]
    assert set(await database.load(both)) == {ALICE_OF_ERA_A.wants(A)}
    assert set(await database.fingerprints(both)) == {ALICE_OF_ERA_A.wants(A)}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../../etc/passwd", "leads out"),
        ("src/../../x.py", "leads out"),
        ("/etc/passwd", "absolute"),
        ("src\\util.py", "backslash"),
        ("src//util.py", "plain"),
        ("./main.py", "plain"),
        ("a\u202ey.py", "cannot be shown"),
        ("a\ny.py", "cannot be shown"),
    ],
)
async def test_a_path_that_leads_elsewhere_refuses_the_project(
    database: AiMlDatabase, era_b_schema: Any, path: str, said: str
) -> None:
    await project_b(era_b_schema, {"main.py": "x = 1\n", path: "x"})
    stored = await load(database)
    assert stored is not None
    assert stored.refusal is not None
    assert (stored.refusal.reason, stored.files) == ("FileNameNotAllowed", {})
    assert said in stored.refusal.message


async def test_one_slash_is_era_a_s_own_and_a_second_is_not(database: AiMlDatabase, era_a_schema: Any) -> None:
    await project_a(era_a_schema, {"//etc/passwd": "x"})
    stored = await load(database, ALICE_OF_ERA_A, B)
    assert stored is not None
    assert stored.refusal is not None
    assert "absolute" in stored.refusal.message


async def test_two_files_of_one_path_are_refused(database: AiMlDatabase, era_a_schema: Any) -> None:
    await project_a(era_a_schema, {"/main.py": "a", "main.py": "b"})
    stored = await load(database, ALICE_OF_ERA_A, B)
    assert stored is not None
    assert stored.refusal is not None
    assert stored.refusal.message == "two files have the path 'main.py'; delete one of them"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"main.py": "x" * (10 * 2**20)}, "the project has 10485767 bytes"),
        ({f"f{number}.py": "" for number in range(300)}, "the project has 300 files; at most 200"),
    ],
    ids=["ten megabytes", "three hundred files"],
)
async def test_a_project_too_large_is_counted_not_read(
    database: AiMlDatabase, era_b_schema: Any, files: Any, said: str
) -> None:
    await project_b(era_b_schema, files)
    stored = await load(database)
    assert stored is not None
    assert stored.refusal is not None
    assert stored.refusal.reason == "BundleTooLarge"
    assert stored.refusal.message.startswith(said)
    assert set(await database.fingerprints([ALICE.wants(A)])) == {ALICE.wants(A)}


@pytest.mark.parametrize("column", ["code", "parameters"])
async def test_a_row_too_large_is_counted_not_read(database: AiMlDatabase, era_a_schema: Any, column: str) -> None:
    large = "x" * (10 * 2**20)
    await row(era_a_schema, **({"code": large} if column == "code" else {"parameters": f'"{large}"'}))
    stored = await load(database, ALICE_OF_ERA_A)
    assert stored is not None
    assert stored.refusal is not None
    assert stored.refusal.reason == "BundleTooLarge"


@pytest.mark.parametrize("parameters", [None, "null", "{}", "[]"])
async def test_no_parameters(database: AiMlDatabase, era_a_schema: Any, parameters: Any) -> None:
    await row(era_a_schema, parameters=parameters)
    stored = await load(database, ALICE_OF_ERA_A)
    assert stored is not None
    assert (stored.parameters, stored.refusal) == ({}, None)


@pytest.mark.parametrize("parameters", ['"text"', "7", "[1]", '{"a": 1e999999}', '{"a": "\\ud800"}'])
async def test_parameters_that_nobody_can_use_are_refused(
    database: AiMlDatabase, era_a_schema: Any, parameters: str
) -> None:
    await row(era_a_schema, parameters=parameters)
    stored = await load(database, ALICE_OF_ERA_A)
    assert stored is not None
    assert stored.refusal is not None
    assert stored.refusal.reason == "ParametersNotReadable"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE files SET content = 'y = 1' WHERE path = 'main.py'",
        "UPDATE files SET path = 'other.py' WHERE path = 'main.py'",
        "DELETE FROM files WHERE path = 'util.py'",
        "INSERT INTO files (project_id, path, content) VALUES ((SELECT id FROM projects), 'new.py', '')",
        "UPDATE projects SET user_id = 'bob'",
        f"UPDATE files SET content = repeat('x', {2**20}) WHERE path = 'main.py'",
    ],
)
async def test_every_change_of_a_project_shows(database: AiMlDatabase, era_b_schema: Any, change: str) -> None:
    await project_b(era_b_schema, {"main.py": "x = 1\n", "util.py": ""})
    before = await database.fingerprints([ALICE.wants(A)])
    await era_b_schema.execute(
        "UPDATE projects SET updated_at = now(), name = 'x'; UPDATE files SET updated_at = now()"
    )
    assert await database.fingerprints([ALICE.wants(A)]) == before
    await era_b_schema.execute(change)
    assert await database.fingerprints([ALICE.wants(A)]) != before


async def test_every_change_of_a_row_shows(database: AiMlDatabase, era_a_schema: Any) -> None:
    await row(era_a_schema, parameters={"a": 1})
    seen = []
    for change in ("name = 'same'", "parameters = '{}'", "parameters = NULL", "code = 'y'"):
        await era_a_schema.execute(f"UPDATE strategies SET {change}")
        seen.append((await database.fingerprints([ALICE_OF_ERA_A.wants(A)]))[ALICE_OF_ERA_A.wants(A)])
    assert len(set(seen)) == 4


async def test_a_project_without_files_is_there(database: AiMlDatabase, era_b_schema: Any) -> None:
    await project_b(era_b_schema, {})
    stored = await load(database)
    assert stored is not None
    assert (stored.files, stored.refusal) == ({}, None)


async def test_a_migrated_database_has_both(database: AiMlDatabase, era_a_schema: Any) -> None:
    await era_a_schema.execute(f"DROP TABLE project_files, projects;{ERA_B}")
    await row(era_a_schema)
    await project_b(era_a_schema, {"main.py": "x"}, project=B)
    asked = [ALICE_OF_ERA_A.wants(A), ALICE_OF_ERA_A.wants(B)]
    found = await database.load(asked)
    assert {wanted: stored.owner_field for wanted, stored in found.items()} == {
        asked[0]: "user_id",
        asked[1]: "subject",
    }
    assert set(await database.fingerprints(asked)) == set(asked)


async def test_the_schema_may_change_while_it_is_watched(database: AiMlDatabase, era_a_schema: Any) -> None:
    await row(era_a_schema)
    assert set(await database.fingerprints([ALICE_OF_ERA_A.wants(A)])) == {ALICE_OF_ERA_A.wants(A)}
    await era_a_schema.execute(LEAVE_ERA_A + ERA_B)
    await project_b(era_a_schema, {"main.py": "x"})
    assert set(await database.fingerprints([ALICE.wants(A)])) == {ALICE.wants(A)}
    assert await load(database) is not None
    await era_a_schema.execute("DROP TABLE files, projects;" + ERA_A)
    await era_a_schema.connection.reload_schema_state()
    await row(era_a_schema)
    assert await load(database, ALICE_OF_ERA_A) is not None


async def test_tables_that_appear_beside_the_old_ones_are_found(database: AiMlDatabase, era_a_schema: Any) -> None:
    await era_a_schema.execute("DROP TABLE project_files, projects")
    assert await database.fingerprints([ALICE.wants(A)]) == {}
    await era_a_schema.execute(ERA_B)
    await project_b(era_a_schema, {"main.py": "x"})
    assert set(await database.fingerprints([ALICE.wants(A)])) == {ALICE.wants(A)}


async def test_a_database_of_neither_era_says_so(database: AiMlDatabase) -> None:
    with pytest.raises(SourceUnavailable, match="neither a table strategies nor tables projects and files"):
        await database.load([ALICE.wants(A)])
