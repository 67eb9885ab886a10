"""A namespace of its own on the running cluster, with the CRD of this tree, and operators that may touch only that."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_cluster.endpoints import Endpoints
from stack.kubectl import Kubectl

REPOSITORY = Path(__file__).parents[3]
CRD = "crd/tradingstrategies.trading.alphintra.io"
STAND_IN = "localhost/strategy-stand-in:e2e"
CODE = "def generate_signals(data, parameters):\n    return []\n"


@pytest.fixture(scope="session")
def prepared(endpoints: Endpoints) -> Endpoints:
    """The running cluster, with the CRD of this tree."""
    kubectl = [endpoints.kubectl, "--kubeconfig", endpoints.kubeconfig]
    crds = str(REPOSITORY / "crds")
    subprocess.run([*kubectl, "apply", "--server-side", "--force-conflicts", "-f", crds], check=True)
    subprocess.run([*kubectl, "wait", "--for=condition=Established", CRD, "--timeout=30s"], check=True)
    return endpoints


@pytest.fixture
async def kubectl(prepared: Endpoints) -> AsyncIterator[Kubectl]:
    """kubectl in a fresh namespace that takes restricted pods only; it is deleted afterwards."""
    namespace = f"operator-{secrets.token_hex(4)}"
    client = Kubectl(prepared.kubectl, prepared.kubeconfig, namespace)
    await client("create", "namespace", namespace)
    await client("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield client
    await client("delete", "namespace", namespace, "--wait=false")


@pytest.fixture(scope="session")
def stand_in_image(prepared: Endpoints) -> str:
    """An image whose containers only live."""
    dockerfile = str(Path(__file__).with_name("Dockerfile.stand_in"))
    tool = str(REPOSITORY / "tests" / "cluster" / "cluster.py")
    subprocess.run([sys.executable, tool, "image", dockerfile, STAND_IN], check=True)
    return STAND_IN


@dataclass
class Operators:
    """Operator processes with the rights of the chart, and what they do to the cluster."""

    kubectl: Kubectl
    cluster: Endpoints
    image: str
    kubeconfig: Path
    account: str
    running: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, name: str = "operator-0", **environment: str) -> asyncio.subprocess.Process:
        """One more operator process; it competes for the Lease."""
        namespace = self.kubectl.namespace
        variables = {
            "KUBECONFIG": str(self.kubeconfig),
            "POD_NAMESPACE": namespace,
            "POD_NAME": name,
            "LEASE_NAME": self.account,
            "STRATEGY_NAMESPACES": json.dumps([{"name": namespace, "owners": ["42", "alice"]}]),
            "RUNNER_IMAGE": self.image,
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.kafka_bootstrap_servers,
            "NO_CODE_DATABASE_URL": self.cluster.no_code_database_url,
            "DATABASE_POLL_SECONDS": "1",
            "HEALTH_HOST": "127.0.0.1",
            "HEALTH_PORT": "0",
        }
        log = (self.kubeconfig.parent / f"{name}.log").open("a")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "strategy_operator"),
            env=os.environ | variables | environment,
            stderr=log,
        )
        log.close()
        self.running.append(process)
        return process

    def logs(self) -> list[dict[str, Any]]:
        """Every line every process wrote; all of them are JSON."""
        files = sorted(self.kubeconfig.parent.glob("*.log"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    async def stop(self) -> None:
        """SIGTERM to all; each must end cleanly."""
        for process in self.running:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        codes = [await asyncio.wait_for(process.wait(), 20) for process in self.running]
        assert all(code in (0, -signal.SIGKILL) for code in codes), self.logs()[-10:]

    def requests(self, verbs: Sequence[str]) -> list[tuple[str, str]]:
        """Verb and resource of what the operators asked of the API server, from its audit log."""
        user = f"system:serviceaccount:{self.kubectl.namespace}:{self.account}"
        found = []
        for line in Path(self.cluster.audit_log).read_text().splitlines():
            if user in line:
                entry = json.loads(line)
                target = entry.get("objectRef")
                # Without a resource: discovery, which is open to all.
                if target and entry["verb"] in verbs and entry["user"]["username"] == user:
                    resource = "/".join(filter(None, (target.get("resource"), target.get("subresource"))))
                    found.append((entry["verb"], resource))
        return found

    def writes(self) -> list[tuple[str, str]]:
        """Writes, Leases and Events apart."""
        written = self.requests(("create", "update", "patch", "delete"))
        return [(verb, resource) for verb, resource in written if resource not in ("leases", "events")]


@pytest.fixture
async def operators(
    kubectl: Kubectl, prepared: Endpoints, stand_in_image: str, tmp_path: Path
) -> AsyncIterator[Operators]:
    """No operator yet: a test starts as many as it wants. Their rights are those of the chart."""
    namespace = kubectl.namespace
    chart = str(REPOSITORY / "helm" / "strategy-operator")
    rendered = subprocess.run(
        [
            *(prepared.helm, "template", "rights", chart, "--namespace", namespace),
            *("--show-only", "templates/operator/rbac.yaml", "--kube-version", "1.37"),
            *("--values", str(REPOSITORY / "helm" / "ci" / "minimal.yaml")),
            *("--set", f"strategyNamespaces[0].name={namespace}"),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    objects = [item for item in yaml.safe_load_all(rendered) if item]
    await kubectl.apply(*objects)
    account = next(item["metadata"]["name"] for item in objects if item["kind"] == "ServiceAccount")
    token = (await kubectl("create", "token", account)).strip()
    await kubectl("create", "secret", "generic", "runner-credentials", "--from-literal=KAFKA_BOOTSTRAP_SERVERS=none")
    config = yaml.safe_load(Path(prepared.kubeconfig).read_text())
    config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    operators = Operators(kubectl, prepared, stand_in_image, kubeconfig, account)
    yield operators
    await operators.stop()


@dataclass(frozen=True)
class Strategy:
    """One TradingStrategy, as its user sees it."""

    kubectl: Kubectl
    name: str

    async def apply(self, **spec: Any) -> None:
        defaults = {
            "source": {"inline": {"files": {"main.py": CODE}}},
            "symbols": ["BTCUSDT"],
            "timeframe": "1m",
            "limits": {"memory": "192Mi"},
        }
        resource = {
            "apiVersion": "trading.alphintra.io/v1alpha1",
            "kind": "TradingStrategy",
            "metadata": {"name": self.name},
            "spec": defaults | spec,
        }
        await self.kubectl("apply", "-f", "-", stdin=json.dumps(resource))

    async def get(self) -> dict[str, Any]:
        return await self.kubectl.json("get", "ts", self.name)

    async def status(self) -> dict[str, Any]:
        status: dict[str, Any] = (await self.get()).get("status", {})
        return status

    async def pod(self) -> dict[str, Any] | None:
        pods = await self.kubectl.json("get", "pods", "-l", f"trading.alphintra.io/strategy={self.name}")
        return next(iter(pods["items"]), None)

    async def phase(self, wanted: str, seconds: float = 30) -> dict[str, Any]:
        """Wait for the phase; the status then."""

        async def reached() -> dict[str, Any] | None:
            status = await self.status()
            return status if status.get("phase") == wanted else None

        return await until(reached, f"{self.name} is {wanted}", seconds)

    async def condition(self, kind: str, status: str, reason: str, seconds: float = 30) -> str:
        """Wait for the condition; its message then."""

        async def reached() -> str | None:
            for condition in (await self.status()).get("conditions", ()):
                if (condition["type"], condition["status"], condition["reason"]) == (kind, status, reason):
                    return str(condition["message"]) or "-"
            return None

        return await until(reached, f"{kind} of {self.name} is {status} because of {reason}", seconds)

    async def incarnation(self, wanted: int, seconds: float = 60) -> dict[str, Any]:
        """Wait for the running pod of that incarnation."""

        async def reached() -> dict[str, Any] | None:
            status, pod = await self.status(), await self.pod()
            running = status.get("phase") == "Running" and status.get("incarnation") == wanted
            return pod if running else None

        return await until(reached, f"incarnation {wanted} of {self.name} runs", seconds)

    async def events(self) -> list[str]:
        """Reasons, oldest first."""
        events = (await self.kubectl.json("get", "events", "--field-selector", f"involvedObject.name={self.name}"))[
            "items"
        ]
        return [event["reason"] for event in sorted(events, key=lambda event: event["eventTime"] or "")]


async def until(condition: Callable[[], Awaitable[Any]], what: str, seconds: float = 30) -> Any:
    """The first true answer; AssertionError that says what did not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := await condition():
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")


@pytest.fixture
def strategy(kubectl: Kubectl) -> Callable[[str], Strategy]:
    return lambda name: Strategy(kubectl, name)
