"""The real API server passes the suite of the cluster in memory."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.aio import client, config

from stack.kubectl import Kubectl
from strategy_operator.cluster import KubernetesCluster
from strategy_operator.errors import DependencyUnavailable, Refused
from strategy_process.kubernetes_api import KubernetesApi
from suites.cluster_suite import ClusterSuite, MakeStrategy, a_pod


async def connected(kubeconfig: str) -> KubernetesApi:
    configuration = client.Configuration()
    await config.load_kube_config(config_file=kubeconfig, client_configuration=configuration)
    return KubernetesApi(client.ApiClient(configuration))


class TestKubernetesCluster(ClusterSuite):
    @pytest.fixture
    async def cluster(self, kubectl: Kubectl) -> AsyncIterator[KubernetesCluster]:
        api = await connected(kubectl.kubeconfig)
        self.kubectl = kubectl
        yield KubernetesCluster(api, "test")
        await api.close()

    @pytest.fixture
    def namespace(self, kubectl: Kubectl) -> str:
        return kubectl.namespace

    @pytest.fixture
    def make_strategy(self, kubectl: Kubectl) -> MakeStrategy:
        async def make(name: str) -> dict[str, Any]:
            resource = {
                "apiVersion": "trading.alphintra.io/v1alpha1",
                "kind": "TradingStrategy",
                "metadata": {"name": name},
                "spec": {
                    "source": {"inline": {"files": {"main.py": "x = 1\n"}}},
                    "symbols": ["BTCUSDT"],
                    "timeframe": "1m",
                },
            }
            await kubectl.apply(resource)
            return await kubectl.json("get", "ts", name)

        return make

    async def secret_content(self, cluster: Any, namespace: str) -> str:
        secret = await self.kubectl.json("get", "secret", "bundle")
        return str(secret["data"]["bundle.json"])

    async def test_a_pod_against_the_policy_is_refused_with_the_reason(self, cluster: Any, namespace: str) -> None:
        pod = a_pod(namespace)
        del pod["spec"]["securityContext"]
        with pytest.raises(Refused, match="PodSecurity"):
            await cluster.create_pod(pod)


async def test_an_api_server_that_is_away_is_unavailable(kubectl: Kubectl, tmp_path: Path) -> None:
    away = tmp_path / "kubeconfig"
    configuration = yaml.safe_load(Path(kubectl.kubeconfig).read_text())
    configuration["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    away.write_text(yaml.safe_dump(configuration))
    api = await connected(str(away))
    with pytest.raises(DependencyUnavailable):
        await KubernetesCluster(api, "test").pod("default", "any")
    await api.close()
