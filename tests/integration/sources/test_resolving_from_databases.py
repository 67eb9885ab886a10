"""From a resource and the platform's real tables to a bundle, and what a change in a table does."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from integration.sources.asking import UUID_OF_ALICE, A, B
from strategy_contracts.resource import TradingStrategy
from strategy_operator.admission import Admission
from strategy_operator.memory_cluster import MemoryCluster
from strategy_operator.resolution import NotResolved, Resolution, Resolved
from strategy_operator.sources import Sources
from strategy_operator.tenancy import ANYBODY, NamespacePolicy
from strategy_sources.ai_ml import AiMlDatabase
from strategy_sources.no_code import NoCodeDatabase
from strategy_sources.watched_database import WatchedDatabase
from strategy_tables import ERA_A, ERA_B, NO_CODE
from workflow_drawings import a_dip

MAIN = "from src.indicators import level\n\ndef generate_signals(data, parameters):\n    return level(data)\n"
INDICATORS = "from .shapes.flat import EMPTY\n\ndef level(data):\n    return EMPTY\n"
ALICE, BOB = {"userId": "42", "subject": "alice"}, {"userId": "43", "subject": "bob"}


@dataclass
class Bench:
    """The operator's sources on two databases, with what was told to have changed."""

    schema: Any
    sources: Sources
    databases: tuple[WatchedDatabase, WatchedDatabase]
    changed: list[str]

    async def resolve(self, source: dict[str, Any], owner: dict[str, str], **spec: Any) -> Resolution:
        market = {"symbols": ["BTCUSDT"], "timeframe": "1m"}
        metadata = {"name": "rsi-dip", "namespace": "strategies", "uid": "uid"}
        written = {"source": source, "owner": owner, **market, **spec}
        resource = TradingStrategy.model_validate({"metadata": metadata, "spec": written})
        return await self.sources.resolve(resource, running_digest=None)

    async def look(self) -> list[str]:
        """What an interval tells."""
        self.changed.clear()
        await asyncio.gather(*(database.look() for database in self.databases))
        return sorted(self.changed)


@pytest.fixture
async def bench(schema: Any) -> AsyncIterator[Bench]:
    changed: list[str] = []
    no_code = WatchedDatabase(NoCodeDatabase(schema.url), "No-Code", 30, changed.append)
    ai_ml = WatchedDatabase(AiMlDatabase(schema.url), "AI/ML", 30, changed.append)
    policies = {"strategies": NamespacePolicy(name="strategies", owners=(ANYBODY,))}
    with ThreadPoolExecutor(1) as executor:
        sources = Sources(MemoryCluster(), Admission(executor), policies, no_code=no_code, ai_ml=ai_ml)
        yield Bench(schema, sources, (no_code, ai_ml), changed)
    await no_code.close()
    await ai_ml.close()


def drawn(strategy_id: str = A) -> dict[str, Any]:
    return {"noCode": {"workflowId": strategy_id}}


def written(strategy_id: str = A) -> dict[str, Any]:
    return {"aiMl": {"strategyId": strategy_id}}


async def a_workflow(bench: Bench, **changes: Any) -> None:
    await bench.schema.execute(NO_CODE)
    values: dict[str, Any] = {"uuid": A, "user_id": 42, "name": "dip", "workflow_data": json.dumps(a_dip())}
    await bench.schema.insert("nocode_workflows", **(values | changes))


async def a_project(bench: Bench, files: dict[str, str]) -> None:
    await bench.schema.execute(ERA_B)
    await bench.schema.insert("projects", id=A, user_id="alice", name="Mine", path="mine")
    for path, content in files.items():
        await bench.schema.insert("files", project_id=A, path=path, content=content)


def reason(found: Resolution) -> str:
    assert isinstance(found, NotResolved)
    assert not found.temporary
    return found.reason


async def test_a_workflow_runs_as_drawn_and_a_change_of_its_drawing_is_told(bench: Bench) -> None:
    await a_workflow(bench, generated_code="stale = 1")
    found = await bench.resolve(drawn(), ALICE)
    assert isinstance(found, Resolved)
    assert found.bundle is not None
    assert (found.bundle.main_file, found.bundle.strategy_id) == ("workflow.json", A)
    assert await bench.look() == []
    moved = a_dip()
    moved["nodes"][0]["position"] = {"x": 7, "y": 7}
    await bench.schema.execute("UPDATE nocode_workflows SET workflow_data = $1", json.dumps(moved))
    assert await bench.look() == [A]
    again = await bench.resolve(drawn(), ALICE)
    assert isinstance(again, Resolved)
    assert again.digest == found.digest, "a box that was moved about means nothing"


async def test_a_project_with_folders_and_relative_imports(bench: Bench) -> None:
    files = {"rsi.py": MAIN, "src/indicators.py": INDICATORS, "src/shapes/flat.py": "from . import EMPTY\n"}
    files |= {"src/__init__.py": "", "src/shapes/__init__.py": "EMPTY = []\n"}
    await a_project(bench, {**files, "README.md": "# Mine", "requirements.txt": "pandas>=2\nta-lib\n"})
    found = await bench.resolve(written(), ALICE)
    assert isinstance(found, Resolved), found
    assert found.bundle is not None
    assert found.bundle.main_file == "rsi.py"
    assert set(files) < set(found.bundle.files)
    await bench.schema.execute("UPDATE files SET content = 'backtrader' WHERE path = 'requirements.txt'")
    assert await bench.look() == [A]
    refused = await bench.resolve(written(), ALICE)
    assert reason(refused) == "RequirementNotMet"
    assert isinstance(refused, NotResolved)
    assert "requirements.txt:1: backtrader is not in the runner image" in refused.message


@pytest.mark.parametrize("owner", [BOB, {"userId": "alice"}, {"subject": "42"}, {"subject": "ali%"}])
async def test_another_owners_id_in_a_resource_gets_nothing(bench: Bench, owner: dict[str, str]) -> None:
    await a_workflow(bench, is_public=True)
    await a_project(bench, {"main.py": MAIN})
    strange = [await bench.resolve(source, owner) for source in (drawn(), written())]
    absent = [await bench.resolve(source, owner) for source in (drawn(B), written(B))]
    assert [reason(found) for found in strange] == ["StrategyNotFound"] * 2
    assert strange == absent, "they cannot be told apart"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.py": MAIN, "../../etc/passwd": "x"}, "FileNameNotAllowed"),
        ({"main.py": MAIN, "a\\b.py": "x"}, "FileNameNotAllowed"),
        ({"main.py": "x" * 2**20}, "BundleTooLarge"),
        ({"a.py": INDICATORS, "b.py": INDICATORS}, "MainFileNotFound"),
        ({"README.md": "nothing"}, "MainFileNotFound"),
        ({}, "NoCode"),
    ],
)
async def test_a_hostile_project_is_refused_in_words(bench: Bench, files: dict[str, str], expected: str) -> None:
    await a_project(bench, files)
    found = await bench.resolve(written(), ALICE)
    assert reason(found) == expected
    assert isinstance(found, NotResolved)
    assert found.message.startswith("spec.source.aiMl.strategyId: ")


async def test_parameters_of_a_row_and_its_templates(bench: Bench) -> None:
    await bench.schema.execute(ERA_A)
    parameters = {"period": {"type": "int", "default": 14, "min": 2, "max": 50}, "size": 3}
    await bench.schema.insert(
        "strategies",
        **{
            "id": A,
            "user_id": UUID_OF_ALICE,
            "name": "rsi",
            "code": "def generate_signals(data, parameters): return []",
        },
        parameters=json.dumps(parameters),
    )
    owner = {"userId": UUID_OF_ALICE}
    found = await bench.resolve(written(), owner, parameters={"size": 5})
    assert isinstance(found, Resolved)
    assert found.bundle is not None
    assert found.bundle.parameters == {"period": 14, "size": 5}
    assert reason(await bench.resolve(written(), owner, parameters={"period": 51})) == "ParameterOutOfRange"
    assert reason(await bench.resolve(written(), owner, parameters={"perod": 5})) == "ParameterUnknown"


async def test_a_database_that_goes_away_is_temporary_and_its_return_is_told(bench: Bench, server: Any) -> None:
    await a_workflow(bench)
    assert isinstance(await bench.resolve(drawn(), ALICE), Resolved)
    with server.stopped():
        assert await bench.look() == [A]
        away = await bench.resolve(drawn(), ALICE)
        assert isinstance(away, NotResolved)
        assert away.temporary
    assert await bench.look() == [A]
    assert isinstance(await bench.resolve(drawn(), ALICE), Resolved)
