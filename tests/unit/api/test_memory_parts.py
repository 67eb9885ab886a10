"""The parts in memory do what the real ones do."""

import pytest

from api_serving import NAMESPACE, now_ms
from api_suites import ClusterSuite, LogSuite, LogUnderTest, StoreSuite
from strategy_api.memory_cluster import MemoryCluster
from strategy_api.memory_log import MemoryGroup, MemoryLog, MemoryTail
from strategy_api.memory_store import MemoryStore


class TestMemoryLog(LogSuite):
    @pytest.fixture
    def log(self) -> LogUnderTest:
        log = MemoryLog(partitions=3)

        async def append(partition: int, value: bytes) -> None:
            log.append(partition, value, now_ms())

        return LogUnderTest(
            append, lambda lookback: MemoryTail(log, lookback, now_ms()), lambda group: MemoryGroup(log, group)
        )


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    async def store(self) -> MemoryStore:
        store = MemoryStore()
        await store.prepare()
        return store


class TestMemoryCluster(ClusterSuite):
    @pytest.fixture
    def namespace(self) -> str:
        return NAMESPACE

    @pytest.fixture
    def cluster(self) -> MemoryCluster:
        return MemoryCluster()
