"""Events find the strategies they concern, and nothing stays behind of those that are gone."""

from typing import Any

import pytest

from strategy_operator.errors import Refused
from strategy_operator.index import SourceRef, StrategyIndex, source_ref
from strategy_operator.memory_cluster import MemoryCluster
from strategy_operator.names import Key
from strategy_operator.notices import QueueNotices, first_look, look_at_all
from strategy_operator.queue import WorkQueue

A, B, C = (Key("strategies", name) for name in "abc")
CODE = SourceRef("configMap", "strategies/code")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"configMap": {"name": "code"}}, CODE),
        ({"noCode": {"workflowId": "AB-12"}}, SourceRef("noCode", "ab-12")),
        ({"aiMl": {"strategyId": "CD-34"}}, SourceRef("aiMl", "cd-34")),
        ({"inline": {"files": {}}}, None),
        ({}, None),
    ],
)
def test_where_the_code_of_a_resource_is(source: dict[str, Any], expected: SourceRef | None) -> None:
    assert source_ref({"metadata": {"namespace": "strategies"}, "spec": {"source": source}}) == expected


def test_a_source_knows_its_strategies() -> None:
    unused: list[SourceRef] = []
    index = StrategyIndex(unused.append)
    index.put(A, "uid-a", CODE)
    index.put(B, "uid-b", CODE)
    index.put(C, "uid-c", None)
    assert set(index.of_source(CODE)) == {A, B}
    index.put(A, "uid-a", None)
    assert set(index.of_source(CODE)) == {B}
    assert unused == []
    index.remove(B)
    assert tuple(index.of_source(CODE)) == ()
    assert unused == [CODE]


def test_an_execution_is_of_the_resource_that_is_there_now() -> None:
    index = StrategyIndex()
    index.put(A, "first", None)
    index.put(A, "second", None)
    assert index.of_execution("second") == A
    assert index.of_execution("first") is None
    index.remove(A)
    index.remove(A)
    assert (index.of_execution("second"), len(index)) == (None, 0)


@pytest.fixture
def queue() -> WorkQueue[Key]:
    return WorkQueue(lambda: 0.0)


async def keys(queue: WorkQueue[Key]) -> set[Key]:
    """All that is in the queue now; it stays in work."""
    end = Key("end", "end")
    queue.add_later(end, 0)
    found = set()
    while (key := await queue.get()) != end or len(queue):
        found.add(key)
    queue.done(end)
    return found - {end}


async def test_what_happens_reaches_the_queue(queue: WorkQueue[Key]) -> None:
    index = StrategyIndex()
    notices = QueueNotices(queue, index)
    await notices.strategy(A, "uid-a", CODE)
    await notices.strategy(B, "uid-b", None)
    assert await keys(queue) == {A, B}
    for key in (A, B):
        queue.done(key)
    await notices.source(CODE)
    await notices.source(SourceRef("configMap", "strategies/nobody's"))
    await notices.pod(B)
    assert await keys(queue) == {A, B}


async def test_reports_and_databases_reach_the_queue(queue: WorkQueue[Key]) -> None:
    index = StrategyIndex()
    notices = QueueNotices(queue, index)
    index.put(A, "uid-a", SourceRef("noCode", "ab-12"))
    index.put(B, "uid-b", None)
    notices.source_changed(SourceRef("noCode", "ab-12"))
    notices.execution("uid-b")
    notices.execution("test-42")
    assert await keys(queue) == {A, B}


async def test_a_list_finds_what_no_watch_told_of(queue: WorkQueue[Key]) -> None:
    cluster, index = MemoryCluster(), StrategyIndex()
    cluster.put_strategy(A, {"symbols": ["BTCUSDT"]})
    cluster.put_strategy(Key("elsewhere", "a"), {"symbols": ["BTCUSDT"]})
    index.put(B, "deleted without a word", None)
    index.put(Key("elsewhere", "b"), "not asked for", None)
    await look_at_all(cluster, "strategies", queue, index)
    assert await keys(queue) == {A, B}


async def test_the_first_look_waits_until_it_is_allowed(queue: WorkQueue[Key]) -> None:
    cluster = MemoryCluster()
    cluster.put_strategy(A, {"symbols": ["BTCUSDT"]})
    cluster.fail("list_strategies", Refused("tradingstrategies is forbidden"))
    await first_look(cluster, "strategies", queue, StrategyIndex(), 0.01)
    assert await keys(queue) == {A}
