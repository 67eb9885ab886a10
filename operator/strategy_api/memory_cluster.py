"""TradingStrategies in memory, for development and tests: same names, versions and conflicts as the API server."""

import uuid
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime

from strategy_api.cluster import Conflict, Manifest
from strategy_api.errors import DependencyUnavailable


class MemoryCluster:
    """StrategyCluster in this process; `available = False` plays an API server that is down."""

    def __init__(self) -> None:
        self.available = True
        self.objects: dict[tuple[str, str], Manifest] = {}
        self._version = 0

    async def list(self) -> Sequence[Manifest]:
        await self.check()
        return [deepcopy(found) for found in self.objects.values()]

    async def get(self, name: str) -> Manifest | None:
        await self.check()
        return next((deepcopy(found) for (_, known), found in self.objects.items() if known == name), None)

    async def create(self, manifest: Manifest) -> Manifest:
        await self.check()
        key = _key(manifest)
        if key in self.objects:
            raise Conflict(f"{key[1]} already exists")
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = deepcopy(manifest)
        made["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": created, "generation": 1}
        return self._write(made)

    async def update(self, manifest: Manifest) -> Manifest:
        await self.check()
        known = self.objects.get(_key(manifest))
        if known is None or known["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise Conflict(f"{manifest['metadata']['name']} was changed")
        return self._write(deepcopy(manifest))

    async def delete(self, manifest: Manifest) -> None:
        await self.check()
        known = self.objects.get(_key(manifest))
        if known is not None and known["metadata"]["uid"] == manifest["metadata"]["uid"]:
            del self.objects[_key(manifest)]

    async def check(self) -> None:
        if not self.available:
            raise DependencyUnavailable("The Kubernetes API server does not answer")

    async def close(self) -> None:
        pass

    def _write(self, manifest: Manifest) -> Manifest:
        self._version += 1
        manifest["metadata"]["resourceVersion"] = str(self._version)
        self.objects[_key(manifest)] = manifest
        return deepcopy(manifest)


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]
