"""The operator's only way to the Kubernetes API: a dozen requests with dicts in and out, errors in our own words.

Objects that have one right content are applied (server-side, with our field manager). The pod is created instead: its
name is a lock, and a lock that somebody else holds must be refused, not merged into.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final, Protocol

from strategy_contracts.resource import GROUP, PLURAL, VERSION
from strategy_operator.announcements import Announcement
from strategy_operator.errors import Conflict, DependencyUnavailable, Refused
from strategy_operator.names import MANAGER, Key
from strategy_process.kubernetes_api import (
    APPLY_CONTENT_TYPE,
    KubernetesApi,
    KubernetesRefused,
    KubernetesUnavailable,
)

Object = dict[str, Any]
_PAGE: Final = "500"
_OURS: Final = {"fieldManager": MANAGER}


class Cluster(Protocol):
    """What the operator asks of a cluster. Reading what is not there gives None; deleting it is done."""

    def list_strategies(self, namespace: str) -> AsyncIterator[Object]: ...

    async def strategy(self, key: Key) -> Object | None: ...

    async def pod(self, namespace: str, name: str) -> Object | None: ...

    async def config_map(self, namespace: str, name: str) -> Object | None: ...

    async def apply_secret(self, secret: Object) -> None: ...

    async def delete_secret(self, namespace: str, name: str) -> None: ...

    async def apply_status(self, key: Key, version: str, status: Object) -> None:
        """The whole status; Conflict when the strategy is no longer of the version that was read."""

    async def create_pod(self, pod: Object) -> None:
        """Conflict when there is a pod of that name."""

    async def delete_pod(self, namespace: str, name: str, uid: str, grace_seconds: int | None = None) -> None:
        """That very pod; None: with its own grace period."""

    async def announce(self, strategy: Object, announcement: Announcement, at: str, name: str) -> None:
        """An Event about the strategy; Conflict when there is one of that name."""


class KubernetesCluster:
    """The Cluster behind a real API server."""

    def __init__(self, api: KubernetesApi, instance: str) -> None:
        self._api, self._instance = api, instance

    async def list_strategies(self, namespace: str) -> AsyncIterator[Object]:
        """All of the namespace, page by page."""
        query = {"limit": _PAGE}
        while True:
            page = await self._request("GET", _strategies(namespace), query=query)
            for item in page["items"]:
                yield item
            token = page["metadata"].get("continue")
            if not token:
                return
            query = {"limit": _PAGE, "continue": token}

    async def strategy(self, key: Key) -> Object | None:
        return await self._get(f"{_strategies(key.namespace)}/{key.name}")

    async def pod(self, namespace: str, name: str) -> Object | None:
        return await self._get(_core(namespace, "pods", name))

    async def config_map(self, namespace: str, name: str) -> Object | None:
        return await self._get(_core(namespace, "configmaps", name))

    async def apply_secret(self, secret: Object) -> None:
        metadata = secret["metadata"]
        try:
            await self._apply(_core(metadata["namespace"], "secrets", metadata["name"]), secret)
        except Refused as error:
            # Named by its digest and immutable: what is there already is it, perhaps from an older analyser.
            if "immutable" not in str(error):
                raise

    async def delete_secret(self, namespace: str, name: str) -> None:
        await self._delete(_core(namespace, "secrets", name), {})

    async def apply_status(self, key: Key, version: str, status: Object) -> None:
        # The version, because a uid in a status is not looked at: the resource may have been made anew meanwhile.
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "TradingStrategy",
            "metadata": {"name": key.name, "namespace": key.namespace, "resourceVersion": version},
            "status": status,
        }
        await self._apply(f"{_strategies(key.namespace)}/{key.name}/status", body)

    async def create_pod(self, pod: Object) -> None:
        await self._request("POST", _core(pod["metadata"]["namespace"], "pods"), body=pod, query=_OURS)

    async def delete_pod(self, namespace: str, name: str, uid: str, grace_seconds: int | None = None) -> None:
        grace = {} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}
        await self._delete(_core(namespace, "pods", name), {"preconditions": {"uid": uid}} | grace)

    async def announce(self, strategy: Object, announcement: Announcement, at: str, name: str) -> None:
        metadata = strategy["metadata"]
        event = {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": metadata["namespace"]},
            "eventTime": at,
            "reportingController": f"{GROUP}/{MANAGER}",
            "reportingInstance": self._instance,
            "action": announcement.action,
            "reason": announcement.reason,
            "note": announcement.note,
            "type": announcement.kind,
            "regarding": {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": "TradingStrategy",
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
        }
        path = f"/apis/events.k8s.io/v1/namespaces/{metadata['namespace']}/events"
        await self._request("POST", path, body=event, query=_OURS)

    async def _get(self, path: str) -> Object | None:
        try:
            return await self._request("GET", path)
        except _NotFound:
            return None

    async def _apply(self, path: str, body: Object) -> None:
        query = _OURS | {"force": "true"}
        await self._request("PATCH", path, body=body, query=query, content_type=APPLY_CONTENT_TYPE)

    async def _delete(self, path: str, options: Object) -> None:
        try:
            await self._request("DELETE", path, body={"apiVersion": "v1", "kind": "DeleteOptions", **options})
        except _NotFound:
            return

    async def _request(self, method: str, path: str, **arguments: Any) -> Object:
        try:
            return await self._api.request(method, path, **arguments)
        except KubernetesUnavailable as error:
            raise DependencyUnavailable(str(error)) from error
        except KubernetesRefused as error:
            match error.status:
                case HTTPStatus.NOT_FOUND:
                    raise _NotFound(error.message) from error
                case HTTPStatus.CONFLICT:
                    raise Conflict(error.message) from error
            raise Refused(error.message) from error


class _NotFound(Conflict):
    """The object is gone: for a write, the same as a conflict."""


def _strategies(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"


def _core(namespace: str, plural: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")
