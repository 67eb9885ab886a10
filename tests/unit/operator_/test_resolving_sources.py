"""From a resource to its bundle, with the real analysis of the code."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from strategy_contracts.resource import StrategyStatus, TradingStrategy
from strategy_contracts.signal import StrategySource
from strategy_operator.admission import Admission
from strategy_operator.memory_cluster import MemoryCluster
from strategy_operator.resolution import Forbidden, NotAdmitted, Resolved
from strategy_operator.sources import Sources
from strategy_operator.tenancy import NamespacePolicy
from strategy_sources.errors import SourceUnavailable
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner

CODE = "def generate_signals(data, parameters):\n    return []\n"
WORKFLOW = "7b0e0c9e-1111-4222-8333-444455556666"
ALICE = {"userId": "42", "subject": "alice"}


@dataclass
class Database:
    """A database of one dictionary."""

    rows: dict[str, StoredStrategy] = field(default_factory=dict)
    away: bool = False

    async def load(self, strategy_id: str, owner: Owner | None) -> StoredStrategy | None:
        if self.away:
            raise SourceUnavailable("No-Code database: connection refused")
        return self.rows.get(strategy_id)


@dataclass
class Bench:
    """Sources, and what stands behind them."""

    cluster: MemoryCluster
    no_code: Database
    sources: Sources

    async def resolve(self, running_digest: str | None = None, status: Any = None, **spec: Any) -> Any:
        defaults = {"source": {"inline": {"files": {"main.py": CODE}}}, "symbols": ["BTCUSDT"], "timeframe": "1m"}
        resource = TradingStrategy.model_validate(
            {
                "metadata": {"name": "rsi-dip", "namespace": "strategies", "uid": "uid"},
                "spec": defaults | spec,
                "status": status or {},
            }
        )
        return await self.sources.resolve(resource, running_digest=running_digest)


@pytest.fixture
def bench() -> Any:
    cluster, no_code = MemoryCluster(), Database()
    policies = {"strategies": NamespacePolicy(name="strategies", owners=("42", "alice"))}
    with ThreadPoolExecutor(1) as executor:
        yield Bench(cluster, no_code, Sources(cluster, Admission(executor), policies, no_code=no_code))


def a_row(code: str = CODE, owner: str = "42", **changes: Any) -> StoredStrategy:
    values: dict[str, Any] = {
        "files": {"main.py": code} if code else {},
        "parameters": {"period": 14, "size": 1},
    }
    return StoredStrategy(
        strategy_id=WORKFLOW,
        source=StrategySource.NO_CODE,
        owner_field="user_id",
        owner_id=owner,
        **(values | changes),
    )


async def test_inline_code_becomes_a_bundle(bench: Bench) -> None:
    found = await bench.resolve(parameters={"period": 7})
    assert isinstance(found, Resolved)
    assert found.bundle is not None
    assert found.entry_point == "generate_signals(data, parameters)"
    assert (found.bundle.strategy_id, found.bundle.parameters) == ("strategies/rsi-dip", {"period": 7})
    assert found.bundle.digest == found.digest


async def test_code_that_breaks_a_rule_is_refused_with_its_line(bench: Bench) -> None:
    found = await bench.resolve(source={"inline": {"files": {"main.py": "import os\n" + CODE}}})
    assert isinstance(found, NotAdmitted)
    assert found.message.startswith("main.py:1:")


async def test_only_the_first_findings_are_told(bench: Bench) -> None:
    found = await bench.resolve(source={"inline": {"files": {"main.py": "import os\n" * 9 + CODE}}})
    assert isinstance(found, NotAdmitted)
    assert found.message.endswith("and 4 more")


async def test_a_config_map_is_read_where_the_strategy_is(bench: Bench) -> None:
    source = {"configMap": {"name": "code", "mainFile": "strategy.py"}}
    found = await bench.resolve(source=source)
    assert (found.reason, found.temporary) == ("ConfigMapNotFound", False)
    bench.cluster.config_maps["strategies", "code"] = {"data": {"other.py": CODE}}
    found = await bench.resolve(source=source)
    assert found.reason == "MainFileNotFound"
    assert "found other.py" in found.message
    bench.cluster.config_maps["strategies", "code"] = {"data": {"strategy.py": CODE}}
    assert isinstance(await bench.resolve(source=source), Resolved)
    bench.cluster.config_maps["strategies", "code"] = {"binaryData": {}}
    assert (await bench.resolve(source=source)).reason == "MainFileNotFound"


async def test_a_stored_strategy_is_its_owners(bench: Bench) -> None:
    source = {"noCode": {"workflowId": WORKFLOW.upper()}}
    assert (await bench.resolve(source=source, owner=ALICE)).reason == "StrategyNotFound"
    bench.no_code.rows[WORKFLOW] = a_row()
    found = await bench.resolve(source=source, owner=ALICE, parameters={"period": 7})
    assert isinstance(found, Resolved)
    assert found.bundle is not None
    assert (found.bundle.source, found.bundle.strategy_id) == (StrategySource.NO_CODE, WORKFLOW)
    assert found.bundle.parameters == {"period": 7, "size": 1}
    bench.no_code.rows[WORKFLOW] = a_row(owner="7")
    other = await bench.resolve(source=source, owner=ALICE)
    assert other.reason == "StrategyNotFound", "who may not read it need not learn that it exists"


async def test_a_row_with_neither_drawing_nor_code_says_so(bench: Bench) -> None:
    bench.no_code.rows[WORKFLOW] = a_row(code="")
    found = await bench.resolve(source={"noCode": {"workflowId": WORKFLOW}}, owner=ALICE)
    assert found.reason == "NoCode"
    assert "neither a drawing nor code is stored" in found.message


async def test_a_database_that_is_away_is_temporary(bench: Bench) -> None:
    bench.no_code.away = True
    found = await bench.resolve(source={"noCode": {"workflowId": WORKFLOW}}, owner=ALICE)
    assert (found.reason, found.temporary) == ("SourceUnavailable", True)


async def test_a_database_that_nobody_configured_is_named(bench: Bench) -> None:
    found = await bench.resolve(source={"aiMl": {"strategyId": WORKFLOW}}, owner=ALICE)
    assert found.reason == "DatabaseNotConfigured"
    assert "AI_ML_DATABASE_URL" in found.message


async def test_who_may_not_run_anything_is_told_before_anything_is_read(bench: Bench) -> None:
    found = await bench.resolve(owner={"userId": "7"})
    assert isinstance(found, Forbidden)


async def test_code_that_runs_and_was_admitted_is_not_judged_again(bench: Bench) -> None:
    first = await bench.resolve()
    condition = {
        "type": "CodeAdmitted",
        "status": "True",
        "reason": "Admitted",
        "message": "",
        "lastTransitionTime": "2026-03-01T12:00:00Z",
    }
    status = StrategyStatus.model_validate({"conditions": [condition]}).model_dump(mode="json", by_alias=True)
    assert await bench.resolve(running_digest=first.digest, status=status) == Resolved(first.digest)
    assert (await bench.resolve(running_digest=first.digest)).bundle is not None


async def test_a_project_starts_in_the_file_that_has_an_entry_point(bench: Bench) -> None:
    source, files = {"noCode": {"workflowId": WORKFLOW}}, {"src/util.py": "X = 1\n", "src/rsi.py": CODE}
    bench.no_code.rows[WORKFLOW] = a_row(files=files)
    found = await bench.resolve(source=source, owner=ALICE)
    assert found.bundle.main_file == "src/rsi.py"
    bench.no_code.rows[WORKFLOW] = a_row(files={**files, "a.py": CODE})
    found = await bench.resolve(source=source, owner=ALICE)
    assert (found.reason, found.temporary) == ("MainFileNotFound", False)
    assert "several files could be the strategy: a.py, src/rsi.py; call one of them main.py" in found.message
    bench.no_code.rows[WORKFLOW] = a_row(files={"a.py": "", "b.py": ""})
    found = await bench.resolve(source=source, owner=ALICE)
    assert found.message.endswith("expected main.py, or a file with an entry point; found a.py, b.py")


async def test_a_parameter_out_of_its_bounds_is_refused_by_name(bench: Bench) -> None:
    bench.no_code.rows[WORKFLOW] = a_row(parameters={"period": {"type": "int", "default": 14, "min": 2, "max": 50}})
    source = {"noCode": {"workflowId": WORKFLOW}}
    found = await bench.resolve(source=source, owner=ALICE, parameters={"period": 99})
    assert (found.reason, found.message[:45]) == (
        "ParameterOutOfRange",
        "spec.parameters.period: 99 is above the maxim",
    )
    found = await bench.resolve(source=source, owner=ALICE)
    assert found.bundle.parameters == {"period": 14}


async def test_what_the_runner_image_lacks_is_refused_and_an_own_image_may_have_it(bench: Bench) -> None:
    bench.no_code.rows[WORKFLOW] = a_row(requirements="pandas>=2\nbacktrader")
    source = {"noCode": {"workflowId": WORKFLOW}}
    found = await bench.resolve(source=source, owner=ALICE)
    assert found.reason == "RequirementNotMet"
    assert "generated_requirements:2: backtrader" in found.message
    assert "spec.runner.strategyImage" in found.message
    runner = {"strategyImage": "registry.example/mine:1"}
    assert isinstance(await bench.resolve(source=source, owner=ALICE, runner=runner), Resolved)


@pytest.mark.parametrize("name", ["../main.py", "/main.py", "a\\b.py", "pkg/../main.py", "a\x00.py"])
async def test_a_file_name_that_leads_elsewhere_is_refused(bench: Bench, name: str) -> None:
    found = await bench.resolve(source={"inline": {"files": {name: CODE}, "mainFile": name}})
    assert found.reason == "FileNameNotAllowed"


async def test_a_bundle_that_no_secret_can_hold_is_refused(bench: Bench) -> None:
    bench.cluster.config_maps["strategies", "code"] = {"data": {"main.py": CODE, "b.py": "#" * 930_000}}
    found = await bench.resolve(source={"configMap": {"name": "code"}})
    assert found.reason == "BundleTooLarge"
