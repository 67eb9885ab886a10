"""TradingStrategies in the API server: the only thing this API reads or writes in Kubernetes.

Objects are plain dicts, as the API server sends them. Updates carry the resourceVersion that was read, so that
nobody's change is overwritten.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import structlog

from strategy_api.errors import DependencyUnavailable, InvalidRequest
from strategy_contracts.resource import GROUP, PLURAL, VERSION
from strategy_process.kubernetes_api import KubernetesApi, KubernetesRefused, KubernetesUnavailable

log = structlog.get_logger(__name__)

Manifest = dict[str, Any]
_PAGE: Final = "500"


class Conflict(Exception):
    """The object is not what it was when it was read: read it again."""


class StrategyCluster(Protocol):
    """The TradingStrategies this API may see. Every method may raise DependencyUnavailable."""

    async def list(self) -> Sequence[Manifest]:
        """All of them, in every namespace the API watches."""
        ...

    async def get(self, name: str) -> Manifest | None:
        """The one of this name in the namespace the API writes to."""
        ...

    async def create(self, manifest: Manifest) -> Manifest:
        """Conflict if the name is taken; InvalidRequest if the API server refuses the content."""
        ...

    async def update(self, manifest: Manifest) -> Manifest:
        """Conflict if it was changed or deleted meanwhile."""
        ...

    async def delete(self, manifest: Manifest) -> None:
        """Delete this object and no successor of the same name; it may be gone already."""
        ...

    async def check(self) -> None:
        """Returns if the API server answers."""
        ...

    async def close(self) -> None: ...


class KubernetesCluster:
    """StrategyCluster on the real API server."""

    def __init__(self, api: KubernetesApi, namespace: str, read_namespaces: Sequence[str]) -> None:
        self._api, self._namespace = api, namespace
        self._namespaces = sorted({namespace, *read_namespaces})

    async def list(self) -> Sequence[Manifest]:
        found: list[Manifest] = []
        for namespace in self._namespaces:
            query = {"limit": _PAGE}
            while True:
                page = await self._request("GET", _path(namespace), query=query)
                found += page["items"]
                following = page["metadata"].get("continue")
                if not following:
                    break
                query = {"limit": _PAGE, "continue": following}
        return found

    async def get(self, name: str) -> Manifest | None:
        try:
            return await self._api_request("GET", _path(self._namespace, name))
        except KubernetesRefused as error:
            if error.status == 404:
                return None
            raise _translated(error) from error

    async def create(self, manifest: Manifest) -> Manifest:
        return await self._request("POST", _path(self._namespace), body=manifest)

    async def update(self, manifest: Manifest) -> Manifest:
        name = manifest["metadata"]["name"]
        return await self._request("PUT", _path(self._namespace, name), body=manifest)

    async def delete(self, manifest: Manifest) -> None:
        name, uid = manifest["metadata"]["name"], manifest["metadata"]["uid"]
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        try:
            await self._api_request("DELETE", _path(self._namespace, name), body=options)
        except KubernetesRefused as error:
            if error.status not in {404, 409}:
                raise _translated(error) from error

    async def check(self) -> None:
        await self._request("GET", _path(self._namespace), query={"limit": "1"})

    async def close(self) -> None:
        await self._api.close()

    async def _request(self, method: str, path: str, **kwargs: Any) -> Manifest:
        try:
            return await self._api_request(method, path, **kwargs)
        except KubernetesRefused as error:
            raise _translated(error) from error

    async def _api_request(self, method: str, path: str, **kwargs: Any) -> Manifest:
        try:
            return await self._api.request(method, path, **kwargs)
        except KubernetesUnavailable as error:
            raise DependencyUnavailable("The Kubernetes API server does not answer") from error


def _path(namespace: str, name: str = "") -> str:
    path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"
    return f"{path}/{name}" if name else path


def _translated(error: KubernetesRefused) -> Exception:
    match error.status:
        case 404 | 409:
            return Conflict(error.message)
        case 400 | 422:
            return InvalidRequest({"spec": error.message})
        case _:
            # What the service account may not do is for the platform's people, not for the caller.
            log.error("cluster_refused", status=error.status, reason=error.reason, message=error.message)
            return DependencyUnavailable("The Kubernetes API server refused; the operator's installation is incomplete")
