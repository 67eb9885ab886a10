"""The cluster in memory passes the suite of the real one."""

from typing import Any

import pytest

from strategy_operator.memory_cluster import MemoryCluster
from strategy_operator.names import Key
from suites.cluster_suite import ClusterSuite, MakeStrategy


class TestMemoryCluster(ClusterSuite):
    @pytest.fixture
    def cluster(self) -> MemoryCluster:
        return MemoryCluster()

    @pytest.fixture
    def namespace(self) -> str:
        return "strategies"

    @pytest.fixture
    def make_strategy(self, cluster: MemoryCluster, namespace: str) -> MakeStrategy:
        async def make(name: str) -> dict[str, Any]:
            return cluster.put_strategy(Key(namespace, name), {"symbols": ["BTCUSDT"]}) | {}

        return make

    async def secret_content(self, cluster: Any, namespace: str) -> str:
        return str(cluster.secrets[namespace, "bundle"]["data"]["bundle.json"])
