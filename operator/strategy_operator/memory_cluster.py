"""A Cluster in memory that behaves as the real one where the operator can tell: for tests of everything above it.

It keeps to what the operator relies on: names are locks, deletion takes as long as the pod's containers, immutable
Secrets stay as they are, status is written apart, what an owner had goes with the owner. The suite in
`tests/suites/cluster_suite.py` runs against it and against a real API server.
"""

import copy
import itertools
from collections.abc import AsyncIterator
from typing import Any

from strategy_operator.announcements import Announcement
from strategy_operator.cluster import Object
from strategy_operator.errors import Conflict, OperatorError
from strategy_operator.names import Key

Named = tuple[str, str]


class MemoryCluster:
    """Objects by namespace and name; `writes` counts what an audit log would show, Events apart."""

    def __init__(self) -> None:
        self.strategies: dict[Key, Object] = {}
        self.pods: dict[Named, Object] = {}
        self.secrets: dict[Named, Object] = {}
        self.config_maps: dict[Named, Object] = {}
        self.announced: list[Announcement] = []
        self._event_names: set[str] = set()
        self.writes: list[str] = []
        self._failures: dict[str, OperatorError] = {}
        self._numbers = itertools.count(1)

    # --- what users and the kubelet do ------------------------------------------------------------

    def put_strategy(self, key: Key, spec: Object) -> Object:
        """Create or update, as `kubectl apply` does."""
        strategy = self.strategies.setdefault(
            key,
            {
                "apiVersion": "trading.alphintra.io/v1alpha1",
                "kind": "TradingStrategy",
                "metadata": {
                    "name": key.name,
                    "namespace": key.namespace,
                    "uid": self._uid(),
                    "resourceVersion": "0",
                    "generation": 0,
                },
                "spec": None,
            },
        )
        if strategy["spec"] != spec:
            strategy["spec"] = copy.deepcopy(spec)
            strategy["metadata"]["generation"] += 1
            strategy["metadata"]["resourceVersion"] = self._uid()
        return strategy

    def delete_strategy(self, key: Key) -> None:
        """Delete, and collect what it owned."""
        uid = self.strategies.pop(key)["metadata"]["uid"]
        for objects in (self.pods, self.secrets):
            for name, item in list(objects.items()):
                if any(owner["uid"] == uid for owner in item["metadata"].get("ownerReferences", ())):
                    del objects[name]

    def end_pod(self, namespace: str, name: str) -> None:
        """The kubelet has stopped the containers of a deleted pod."""
        del self.pods[namespace, name]

    def set_pod_status(self, namespace: str, name: str, status: Object, node: str | None = None) -> None:
        """What the kubelet reports."""
        pod = self.pods[namespace, name]
        pod["status"] = copy.deepcopy(status)
        if node is not None:
            pod["spec"]["nodeName"] = node

    def fail(self, method: str, error: OperatorError) -> None:
        """The next call of that method fails."""
        self._failures[method] = error

    # --- Cluster ----------------------------------------------------------------------------------

    async def list_strategies(self, namespace: str) -> AsyncIterator[Object]:
        self._maybe_fail("list_strategies")
        for key, strategy in list(self.strategies.items()):
            if key.namespace == namespace:
                yield copy.deepcopy(strategy)

    async def strategy(self, key: Key) -> Object | None:
        self._maybe_fail("strategy")
        return copy.deepcopy(self.strategies.get(key))

    async def pod(self, namespace: str, name: str) -> Object | None:
        self._maybe_fail("pod")
        return copy.deepcopy(self.pods.get((namespace, name)))

    async def config_map(self, namespace: str, name: str) -> Object | None:
        self._maybe_fail("config_map")
        return copy.deepcopy(self.config_maps.get((namespace, name)))

    async def apply_secret(self, secret: Object) -> None:
        self._write("apply_secret")
        named = _named(secret)
        if not self.secrets.get(named, {}).get("immutable"):
            self.secrets[named] = copy.deepcopy(secret)

    async def delete_secret(self, namespace: str, name: str) -> None:
        self._write("delete_secret")
        self.secrets.pop((namespace, name), None)

    async def apply_status(self, key: Key, version: str, status: Object) -> None:
        self._write("apply_status")
        strategy = self.strategies.get(key)
        if strategy is None or strategy["metadata"]["resourceVersion"] != version:
            raise Conflict(f"{key} is not of version {version}")
        strategy["status"] = copy.deepcopy(status)
        strategy["metadata"]["resourceVersion"] = self._uid()

    async def create_pod(self, pod: Object) -> None:
        self._write("create_pod")
        if _named(pod) in self.pods:
            raise Conflict(f"pod {pod['metadata']['name']} exists")
        created = copy.deepcopy(pod)
        created["metadata"]["uid"] = self._uid()
        created["status"] = {"phase": "Pending"}
        self.pods[_named(pod)] = created

    async def delete_pod(self, namespace: str, name: str, uid: str, grace_seconds: int | None = None) -> None:
        self._write("delete_pod")
        pod = self.pods.get((namespace, name))
        if pod is None:
            return
        if pod["metadata"]["uid"] != uid:
            raise Conflict(f"pod {name} is not {uid}")
        if pod["spec"].get("nodeName"):
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            own = pod["spec"].get("terminationGracePeriodSeconds")
            pod["metadata"]["deletionGracePeriodSeconds"] = own if grace_seconds is None else grace_seconds
        else:
            del self.pods[namespace, name]

    async def announce(self, strategy: Object, announcement: Announcement, at: str, name: str) -> None:
        self._maybe_fail("announce")
        # Other names hold the time, which stands still in tests.
        if announcement.once and name in self._event_names:
            raise Conflict(f"event {name} exists")
        self._event_names.add(name)
        self.announced.append(announcement)

    def _write(self, method: str) -> None:
        self._maybe_fail(method)
        self.writes.append(method)

    def _maybe_fail(self, method: str) -> None:
        error = self._failures.pop(method, None)
        if error is not None:
            raise error

    def _uid(self) -> str:
        return f"{next(self._numbers):08d}-0000-4000-8000-000000000000"


def _named(item: dict[str, Any]) -> Named:
    return item["metadata"]["namespace"], item["metadata"]["name"]
