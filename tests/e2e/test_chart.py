"""The chart on a real cluster: install, what its accounts may do, upgrade, uninstall, install again.

One release in two namespaces of its own runs through the file, in its order; a strategy on the mock provider is
there from the first test to the last and must not notice any of it.
"""

import asyncio
import base64
import json
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from local_cluster.endpoints import Endpoints
from stack.kubectl import Kubectl, KubectlError
from stack.product import OPERATOR_IMAGE, RUNNER_IMAGE, TAG, a_strategy, build_image

ROOT = Path(__file__).parents[2]
CHART, EXAMPLES = ROOT / "helm/strategy-operator", sorted(ROOT.glob("examples/*.yaml"))
RELEASE, SYSTEM, STRATEGIES = "strategy-operator", "chart-system", "chart-strategies"
DEFINITION = "tradingstrategies.trading.alphintra.io"
RULES_FOLLOW_WITHIN_S = 15

ALWAYS_BUY = """\
def generate_signals(data, parameters):
    return [{"symbol": symbol, "action": "BUY"} for symbol in data]
"""


@dataclass(frozen=True)
class Release:
    """Helm and kubectl as the engineer uses them who installs this."""

    helm: str
    system: Kubectl
    strategies: Kubectl
    values: dict[str, Any]

    async def __call__(self, *arguments: str, stdin: str = "") -> str:
        process = await asyncio.create_subprocess_exec(
            *(self.helm, *arguments, "--namespace", SYSTEM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"KUBECONFIG": self.system.kubeconfig},
        )
        out, _ = await process.communicate(stdin.encode())
        assert process.returncode == 0, out.decode()
        return out.decode()

    async def install(self, *settings: str) -> str:
        """`helm upgrade --install --wait`; takes the definition over from whoever left it behind."""
        overrides = [word for setting in settings for word in ("--set", setting)]
        options = ("--install", "--create-namespace", "--take-ownership", "--wait", "--timeout=120s", "--values=-")
        return await self("upgrade", RELEASE, str(CHART), *options, *overrides, stdin=json.dumps(self.values))

    async def get(self, service: str, path: str) -> int:
        """HTTP status that a Service of the release answers with, as soon as the node's rules lead to its pods."""
        spec = (await self.system.json("get", "service", service))["spec"]
        url = f"http://{spec['clusterIP']}:{spec['ports'][0]['port']}{path}"
        async with aiohttp.ClientSession() as session, asyncio.timeout(RULES_FOLLOW_WITHIN_S):
            while True:
                try:
                    async with session.get(url) as response:
                        return response.status
                except aiohttp.ClientConnectorError:
                    # kube-proxy hears of a pod's readiness when helm does, and writes its rules a moment later.
                    await asyncio.sleep(0.1)

    async def may(self, account: str, namespace: str, verb: str, resource: str) -> bool:
        """Whether the API server would let a service account of the release do it."""
        who = f"--as=system:serviceaccount:{SYSTEM}:{account}"
        name, _, part = resource.partition("/")
        try:
            await self.system("auth", "can-i", verb, name, f"--subresource={part}", who, f"--namespace={namespace}")
        except KubectlError:
            return False
        return True

    async def runner(self) -> tuple[str, list[int]]:
        """The uid of the strategy's pod and how often its containers were restarted."""
        pod = await self.strategies.json("get", "pod", "steady-runner")
        return pod["metadata"]["uid"], [status["restartCount"] for status in pod["status"]["containerStatuses"]]

    async def strategy_is_ready(self) -> None:
        await self.strategies.wait("tradingstrategy/steady", "condition=Ready", timeout_s=90)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def release(endpoints: Endpoints) -> AsyncIterator[Release]:
    for dockerfile, repository in (("Dockerfile.operator", OPERATOR_IMAGE), ("Dockerfile.runner", RUNNER_IMAGE)):
        await build_image(dockerfile, repository)
    values = {
        "images": {
            "operator": {"repository": OPERATOR_IMAGE, "tag": TAG},
            "runner": {"repository": RUNNER_IMAGE, "tag": TAG},
        },
        "strategyNamespaces": [{"name": STRATEGIES, "create": True}],
        "kafka": {"bootstrapServers": endpoints.kafka_bootstrap_servers},
        "redis": {"url": endpoints.redis_url},
        "signalDatabase": {"url": endpoints.signal_database_url},
        "api": {"replicas": 1, "auth": {"jwtSecretKey": base64.b64encode(secrets.token_bytes(64)).decode()}},
        "marketGateway": {"providers": ["mock"], "mock": {"speed": 60}},
    }
    system = Kubectl(endpoints.kubectl, endpoints.kubeconfig, SYSTEM)
    strategies = Kubectl(endpoints.kubectl, endpoints.kubeconfig, STRATEGIES)
    release = Release(endpoints.helm, system, strategies, values)
    yield release
    await release("uninstall", RELEASE, "--ignore-not-found", "--wait")
    for kubectl in (strategies, system):
        await kubectl("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s")


async def test_install_returns_when_every_process_serves(release: Release) -> None:
    notes = await release.install()
    assert f"kubectl apply --namespace {STRATEGIES}" in notes
    await release.system("wait", f"crd/{DEFINITION}", "--for=condition=Established", "--timeout=10s")
    deployments = (await release.system.json("get", "deployments"))["items"]
    ready = {item["metadata"]["name"]: item["status"].get("readyReplicas", 0) for item in deployments}
    assert ready == {RELEASE: 2, f"{RELEASE}-api": 1, f"{RELEASE}-market-gateway": 1}
    assert await release.get("strategy-service", "/health/ready") == 200
    assert await release.get(f"{RELEASE}-market-gateway", "/readyz") == 200


async def test_strategies_run_under_pod_security_restricted(release: Release) -> None:
    namespace = await release.system.json("get", "namespace", STRATEGIES)
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    steady = a_strategy("steady", ALWAYS_BUY, marketData={"provider": "mock"})
    del steady["spec"]["owner"]
    await release.strategies.apply(steady)
    await release.strategy_is_ready()


async def test_the_examples_run_as_they_are(release: Release) -> None:
    files = [word for path in EXAMPLES for word in ("--filename", str(path))]
    await release.strategies("apply", *files)
    await release.strategies("wait", "tradingstrategies", "--all", "--for=condition=Ready", "--timeout=90s")
    await release.strategies("delete", *files, "--timeout=60s")


@pytest.mark.parametrize(
    ("question", "allowed"),
    [
        pytest.param((RELEASE, STRATEGIES, "create", "pods"), True, id="operator creates runner pods"),
        pytest.param((RELEASE, STRATEGIES, "patch", f"{DEFINITION}/status"), True, id="operator writes status"),
        pytest.param((RELEASE, STRATEGIES, "get", "secrets"), False, id="operator cannot read a Secret"),
        pytest.param((RELEASE, STRATEGIES, "list", "secrets"), False, id="operator cannot list Secrets"),
        pytest.param((RELEASE, STRATEGIES, "update", DEFINITION), False, id="operator cannot change a strategy"),
        pytest.param((RELEASE, STRATEGIES, "create", "pods/exec"), False, id="operator cannot enter a pod"),
        pytest.param((RELEASE, SYSTEM, "create", "pods"), False, id="operator has nothing to create beside itself"),
        pytest.param((RELEASE, "default", "list", "pods"), False, id="operator sees no other namespace"),
        pytest.param((f"{RELEASE}-api", STRATEGIES, "create", DEFINITION), True, id="API starts strategies"),
        pytest.param((f"{RELEASE}-api", STRATEGIES, "list", "pods"), False, id="API sees no pod"),
        pytest.param((f"{RELEASE}-api", SYSTEM, "get", "secrets"), False, id="API reads no Secret"),
        pytest.param((f"{RELEASE}-market-gateway", SYSTEM, "create", "leases"), True, id="gateway has its Lease"),
        pytest.param((f"{RELEASE}-market-gateway", STRATEGIES, "list", DEFINITION), False, id="gateway sees none"),
        pytest.param(("default", STRATEGIES, "list", DEFINITION), False, id="others have nothing"),
    ],
)
async def test_the_api_server_grants_what_is_used(
    release: Release, question: tuple[str, str, str, str], allowed: bool
) -> None:
    assert await release.may(*question) is allowed


async def test_upgrade_replaces_the_processes_and_no_runner(release: Release) -> None:
    before = await release.runner()
    await release.install("logging.level=DEBUG", "operator.resyncSeconds=60")
    for component in ("operator", "api", "market-gateway"):
        pods = await release.system.json("get", "pods", f"--selector=app.kubernetes.io/component={component}")
        levels = {
            variable["value"]
            for pod in pods["items"]
            if "deletionTimestamp" not in pod["metadata"]
            for variable in pod["spec"]["containers"][0]["env"]
            if variable["name"] == "LOG_LEVEL"
        }
        assert levels == {"DEBUG"}, component
    await release.strategy_is_ready()
    assert await release.runner() == before


async def test_a_second_gateway_stands_by_and_blocks_no_rollout(release: Release) -> None:
    await release.install("marketGateway.replicas=2")
    await release.install("marketGateway.replicas=2", "logging.level=DEBUG")
    await release.system("rollout", "status", f"deployment/{RELEASE}-market-gateway", "--timeout=10s", "--watch=false")
    async with asyncio.timeout(60):
        while len(addresses := await ready_addresses(release, f"{RELEASE}-market-gateway")) != 1:
            await asyncio.sleep(0.5)
    assert addresses


async def test_uninstall_keeps_definition_strategies_and_their_namespace(release: Release) -> None:
    uid = (await release.strategies.json("get", "tradingstrategy", "steady"))["metadata"]["uid"]
    await release("uninstall", RELEASE, "--wait")
    assert await release.system("get", "deployments,services,roles,rolebindings,secrets", "--output=name") == ""
    assert (await release.strategies.json("get", "tradingstrategy", "steady"))["metadata"]["uid"] == uid
    await release.install()
    await release.strategy_is_ready()
    assert (await release.strategies.json("get", "tradingstrategy", "steady"))["metadata"]["uid"] == uid


async def ready_addresses(release: Release, service: str) -> list[str]:
    """Addresses that a Service sends requests to."""
    slices = await release.system.json("get", "endpointslices", f"--selector=kubernetes.io/service-name={service}")
    return [
        address
        for item in slices["items"]
        for endpoint in item["endpoints"] or ()
        if endpoint["conditions"]["ready"]
        for address in endpoint["addresses"]
    ]
