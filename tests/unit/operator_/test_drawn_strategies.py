"""Drawings from the resource and from rows: the bundle they make, the market they bring, and what is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from strategy_contracts.bundle import Shape
from strategy_contracts.resource import BundleStatus, ConditionStatus, ConditionType, TradingStrategy
from strategy_contracts.signal import StrategySource
from strategy_contracts.timeframe import Timeframe
from strategy_operator.admission import Admission
from strategy_operator.memory_cluster import MemoryCluster
from strategy_operator.observed import Observed
from strategy_operator.plan import decide
from strategy_operator.resolution import NotAdmitted, NotResolved, Resolution, Resolved
from strategy_operator.sources import Sources
from strategy_operator.tenancy import NamespacePolicy
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner
from workflow_drawings import a_condition, a_dip, a_drawing, a_source, an_action

WORKFLOW = "7b0e0c9e-1111-4222-8333-444455556666"
CODE = "def generate_signals(data, parameters):\n    return []\n"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_resource(status: Any = None, **spec: Any) -> TradingStrategy:
    metadata = {"name": "dip", "namespace": "strategies", "uid": "uid", "generation": 1}
    defaults = {"source": {"inline": {"workflow": a_dip()}}}
    return TradingStrategy.model_validate({"metadata": metadata, "spec": defaults | spec, "status": status or {}})


@dataclass
class Rows:
    row: StoredStrategy | None = field(default=None)

    async def load(self, strategy_id: str, owner: Owner | None) -> StoredStrategy | None:
        return self.row


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def sources(rows: Rows) -> Iterator[Sources]:
    policies = {"strategies": NamespacePolicy(name="strategies", owners=("42",))}
    with ThreadPoolExecutor(1) as executor:
        yield Sources(MemoryCluster(), Admission(executor), policies, no_code=rows)


def a_row(drawing: Any, code: str = CODE) -> StoredStrategy:
    return StoredStrategy(
        strategy_id=WORKFLOW,
        source=StrategySource.NO_CODE,
        owner_field="user_id",
        owner_id="42",
        files={"main.py": code} if code else {},
        drawing=drawing,
    )


STORED = {"source": {"noCode": {"workflowId": WORKFLOW}}, "owner": {"userId": "42"}}


async def resolve(sources: Sources, resource: TradingStrategy) -> Resolution:
    return await sources.resolve(resource, running_digest=None)


async def test_a_drawing_in_the_resource_becomes_a_bundle_with_its_market(sources: Sources) -> None:
    found = await resolve(sources, a_resource())
    assert isinstance(found, Resolved)
    assert found.bundle is not None
    assert found.bundle.entry_point.shape is Shape.WORKFLOW
    assert [(item.symbol, item.timeframe, item.primary) for item in found.bundle.subscriptions] == [
        ("BTCUSDT", "1m", True)
    ]
    assert found.bundle.digest == found.digest


async def test_the_market_of_a_drawing_is_part_of_its_digest(sources: Sources) -> None:
    digests = set()
    for spec in ({}, {"symbols": ["ETHUSDT"]}, {"timeframe": "1h"}, {"parameters": {"i.period": 7}}):
        found = await resolve(sources, a_resource(**spec))
        assert isinstance(found, Resolved)
        digests.add(found.digest)
    assert len(digests) == 4


async def test_a_drawing_that_runs_is_recognised_without_a_second_judgement(sources: Sources) -> None:
    found = await resolve(sources, a_resource())
    assert isinstance(found, Resolved)
    admitted = {"type": "CodeAdmitted", "status": "True", "reason": "Admitted", "lastTransitionTime": NOW}
    again = await sources.resolve(a_resource(status={"conditions": [admitted]}), running_digest=found.digest)
    assert isinstance(again, Resolved)
    assert (again.digest, again.bundle, again.subscriptions) == (found.digest, None, found.subscriptions)


async def test_a_drawing_that_cannot_be_interpreted_is_refused_by_label(sources: Sources) -> None:
    drawing = a_drawing(a_source(), an_action("a", "buy"))
    found = await resolve(sources, a_resource(source={"inline": {"workflow": drawing}}))
    assert isinstance(found, NotAdmitted)
    assert '"a" (action a): no wired condition' in found.message


@pytest.mark.parametrize(
    ("spec", "reason", "words"),
    [
        pytest.param({"source": {"inline": {"workflow": {"nodes": []}}}}, "NoDrawing", "has no node", id="empty"),
        pytest.param({"parameters": {"x.period": 3}}, "NoDrawing", "no node is called 'x'", id="parameter of no node"),
        pytest.param(
            {
                "source": {
                    "inline": {
                        "workflow": a_drawing(
                            a_source(assetClass="stocks", symbol="AAPL"), a_condition(), an_action(), wires="d>c c>a"
                        )
                    }
                }
            },
            "NoMarket",
            "wants stocks, which binance does not have",
            id="stocks",
        ),
    ],
)
async def test_what_keeps_a_drawing_from_running_is_told(
    sources: Sources, spec: dict[str, Any], reason: str, words: str
) -> None:
    found = await resolve(sources, a_resource(**spec))
    assert isinstance(found, NotResolved)
    assert (found.reason, found.temporary) == (reason, False)
    assert words in found.message


async def test_of_a_row_the_drawing_runs_and_not_the_code_made_of_it(sources: Sources, rows: Rows) -> None:
    rows.row = a_row(a_dip())
    found = await resolve(sources, a_resource(**STORED))
    assert isinstance(found, Resolved)
    assert found.bundle is not None
    assert found.bundle.main_file == "workflow.json"


@pytest.mark.parametrize("drawing", [{"nodes": [], "edges": []}, a_drawing(a_source(), an_action())])
async def test_of_a_row_without_a_usable_drawing_the_code_runs_and_it_is_said(
    sources: Sources, rows: Rows, drawing: Any
) -> None:
    rows.row = a_row(drawing)
    found = await resolve(sources, a_resource(**STORED, symbols=["BTCUSDT"], timeframe="1m"))
    assert isinstance(found, Resolved)
    assert found.bundle is not None
    assert found.bundle.main_file == "main.py"
    assert found.note.startswith("the drawing cannot be run: ")
    assert found.note.endswith("; its generated code runs instead, and may be older")


async def test_a_wrong_parameter_of_a_good_drawing_is_no_reason_to_run_something_else(
    sources: Sources, rows: Rows
) -> None:
    rows.row = a_row(a_dip())
    found = await resolve(sources, a_resource(**STORED, parameters={"x.period": 3}))
    assert isinstance(found, NotResolved)
    assert "no node is called 'x'" in found.message


async def test_parameters_that_no_node_has_are_told(sources: Sources) -> None:
    found = await resolve(sources, a_resource(parameters={"period": 3, "quantity": 1, "i.period": 7}))
    assert isinstance(found, Resolved)
    assert found.note == "spec.parameters: period change nothing; a drawing's parameters are named node.parameter"
    plan = decide(Observed(a_resource(), found, pod=None, report=None), NOW)
    assert plan.status is not None
    condition = plan.status.condition(ConditionType.SOURCE_RESOLVED)
    assert condition is not None
    assert (condition.status, condition.reason) == (ConditionStatus.TRUE, "ResolvedWithNote")
    assert condition.message == found.note


async def test_of_a_row_without_code_the_drawings_own_faults_are_told(sources: Sources, rows: Rows) -> None:
    rows.row = a_row(a_drawing(a_source(), an_action()), code="")
    assert isinstance(await resolve(sources, a_resource(**STORED)), NotAdmitted)


async def test_the_runner_is_told_the_drawings_market(sources: Sources) -> None:
    resource = a_resource()
    plan = decide(Observed(resource, await resolve(sources, resource), pod=None, report=None), NOW)
    assert plan.create is not None
    assert (plan.create.symbols, plan.create.timeframe) == (("BTCUSDT",), Timeframe.M1)
    assert plan.status is not None
    assert (plan.status.symbols, plan.status.timeframe) == (("BTCUSDT",), Timeframe.M1)


async def test_a_run_whose_source_is_away_keeps_the_market_it_had() -> None:
    bundle = BundleStatus(digest="sha256:" + "ab" * 32, loaded_at=NOW)
    status = {"symbols": ["BTCUSDT"], "timeframe": "1m", "bundle": bundle, "incarnation": 1, "phase": "Running"}
    away = NotResolved("SourceUnavailable", "connection refused", temporary=True)
    plan = decide(Observed(a_resource(status=status), away, pod=None, report=None), NOW)
    assert plan.create is not None
    assert plan.create.symbols == ("BTCUSDT",)
