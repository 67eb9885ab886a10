"""The product installed by its chart on the local cluster, as a platform engineer would, and the way into it."""

import asyncio
import base64
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from stack.kubectl import Kubectl, KubectlError

ROOT = Path(__file__).parents[2]
CLUSTER_TOOL = ROOT / "tests" / "cluster" / "cluster.py"
OPERATOR_IMAGE, RUNNER_IMAGE = "localhost/strategy-operator", "localhost/strategy-runner"
TAG = "e2e"
OWNER = {"userId": "42", "subject": "alice"}


async def run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """Standard output of a program that must succeed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | dict(environment or {}),
    )
    out, err = await process.communicate()
    if process.returncode != 0:
        raise AssertionError(f"{' '.join(command[:4])} … failed:\n{out.decode()[-2000:]}\n{err.decode()[-4000:]}")
    return out.decode()


async def build_image(dockerfile: str, repository: str) -> str:
    """Build and import an image of this repository; returns the key of its inputs."""
    out = await run(sys.executable, str(CLUSTER_TOOL), "image", str(ROOT / dockerfile), f"{repository}:{TAG}")
    return out.split()[-1]


@dataclass(frozen=True)
class Product:
    """One release in one namespace, its strategies in another."""

    release: str
    system: Kubectl
    strategies: Kubectl
    helm: str
    jwt_secret: str

    @classmethod
    async def install(cls, endpoints: Any, name: str, values: Mapping[str, Any]) -> "Product":
        """Build the images, install the chart and return when every process of it is ready."""
        keys = await asyncio.gather(
            build_image("Dockerfile.operator", OPERATOR_IMAGE), build_image("Dockerfile.runner", RUNNER_IMAGE)
        )
        secret = base64.b64encode(secrets.token_bytes(64)).decode()
        product = cls(
            release=name,
            system=Kubectl(endpoints.kubectl, endpoints.kubeconfig, f"{name}-system"),
            strategies=Kubectl(endpoints.kubectl, endpoints.kubeconfig, f"{name}-strategies"),
            helm=endpoints.helm,
            jwt_secret=secret,
        )
        await product._upgrade(_values(endpoints, product, keys[0]), values)
        return product

    async def _upgrade(self, *values: Mapping[str, Any]) -> None:
        arguments = ["upgrade", self.release, str(ROOT / "helm" / "strategy-operator"), "--install"]
        arguments += ["--namespace", self.system.namespace, "--create-namespace", "--wait", "--timeout", "180s"]
        # The definition is the cluster's and outlives releases; an earlier one's may still own it.
        arguments += ["--take-ownership"]
        process = await asyncio.create_subprocess_exec(
            self.helm,
            *arguments,
            "--values",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"KUBECONFIG": self.system.kubeconfig},
        )
        merged: dict[str, Any] = {}
        for layer in values:
            _merge(merged, layer)
        out, _ = await process.communicate(json.dumps(merged).encode())
        if process.returncode != 0:
            raise AssertionError(f"helm upgrade failed:\n{out.decode()[-4000:]}\n{await self.describe()}")

    async def uninstall(self) -> None:
        """Remove strategies, release and namespaces; the CRD stays, as the chart says."""
        await self.strategies("delete", "tradingstrategies", "--all", "--timeout=60s")
        await run(
            *(self.helm, "uninstall", self.release, "--namespace", self.system.namespace, "--wait"),
            environment={"KUBECONFIG": self.system.kubeconfig},
        )
        for kubectl in (self.system, self.strategies):
            await kubectl("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s")

    async def service_url(self, name: str, scheme: str = "http") -> str:
        """A Service of the release as the node reaches it."""
        spec = (await self.system.json("get", "service", name))["spec"]
        return f"{scheme}://{spec['clusterIP']}:{spec['ports'][0]['port']}"

    async def gateway_url(self) -> str:
        return await self.service_url(f"{self.release}-strategy-operator-market-gateway")

    async def describe(self) -> str:
        """What a person would look at when something does not come up."""
        texts = []
        for kubectl in (self.system, self.strategies):
            for command in (("get", "pods", "-o", "wide"), ("get", "events", "--sort-by=.lastTimestamp")):
                try:
                    texts.append(await kubectl(*command))
                except KubectlError as error:
                    texts.append(str(error))
        return "\n".join(texts)

    def token(self, user_id: int = 42, subject: str = "alice") -> str:
        """A token as the platform's auth service makes them."""
        claims = {"sub": subject, "user_id": user_id, "roles": ["USER"], "exp": int(time.time()) + 3600}
        return jwt.encode(claims, base64.b64decode(self.jwt_secret), algorithm="HS512")


def a_strategy(name: str, code: str, **spec: Any) -> dict[str, Any]:
    """A TradingStrategy with inline code that says all it decides: no cooldown, repeats wanted."""
    defaults: dict[str, Any] = {
        "source": {"inline": {"files": {"main.py": code}}},
        "symbols": ["BTCUSDT"],
        "timeframe": "1m",
        "lookbackBars": 100,
        "signals": {"cooldownSeconds": 0, "repeat": "Always", "maxPerMinute": 1000},
        "owner": OWNER,
    }
    return {
        "apiVersion": "trading.alphintra.io/v1alpha1",
        "kind": "TradingStrategy",
        "metadata": {"name": name},
        "spec": defaults | spec,
    }


def _values(endpoints: Any, product: Product, image_key: str) -> dict[str, Any]:
    annotations = {"strategy-operator/image": image_key}
    return {
        "images": {
            "operator": {"repository": OPERATOR_IMAGE, "tag": TAG},
            "runner": {"repository": RUNNER_IMAGE, "tag": TAG},
        },
        "strategyNamespaces": [{"name": product.strategies.namespace, "owners": ["*"], "create": True}],
        "kafka": {"bootstrapServers": endpoints.kafka_bootstrap_servers},
        "redis": {"url": endpoints.redis_url},
        "signalDatabase": {"url": endpoints.signal_database_url},
        "operator": {"replicas": 1, "podAnnotations": annotations},
        "api": {"replicas": 1, "podAnnotations": annotations, "auth": {"jwtSecretKey": product.jwt_secret}},
        "marketGateway": {"podAnnotations": annotations},
    }


def _merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value
