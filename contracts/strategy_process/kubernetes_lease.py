"""The leader's record as a Kubernetes Lease."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from strategy_process.kubernetes_api import KubernetesApi, KubernetesRefused, KubernetesUnavailable
from strategy_process.lease import LeaseConflict, LeaseRecord, LeaseUnavailable


class KubernetesLeaseStore:
    """One Lease in one namespace; created on first write."""

    def __init__(self, api: KubernetesApi, namespace: str, name: str, duration_seconds: int = 10) -> None:
        self._api, self._name, self._namespace = api, name, namespace
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._duration_seconds = duration_seconds

    async def read(self) -> LeaseRecord | None:
        try:
            lease = await self._api.request("GET", f"{self._path}/{self._name}", timeout_s=5)
        except KubernetesRefused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise LeaseUnavailable(error.message) from error
        except KubernetesUnavailable as error:
            raise LeaseUnavailable(str(error)) from error
        spec = lease.get("spec", {})
        return LeaseRecord(
            holder=spec.get("holderIdentity") or "",
            renewals=spec.get("renewTime") or "",
            transitions=spec.get("leaseTransitions") or 0,
            version=lease["metadata"]["resourceVersion"],
        )

    async def write(self, holder: str, transitions: int, version: str | None) -> None:
        metadata: dict[str, Any] = {"name": self._name, "namespace": self._namespace}
        if version is not None:
            metadata["resourceVersion"] = version
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": self._duration_seconds,
                # For people and other tools; our own election never reads a clock across machines.
                "renewTime": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                "leaseTransitions": transitions,
            },
        }
        try:
            if version is None:
                await self._api.request("POST", self._path, body=body, timeout_s=5)
            else:
                await self._api.request("PUT", f"{self._path}/{self._name}", body=body, timeout_s=5)
        except KubernetesRefused as error:
            if error.status in (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND):
                raise LeaseConflict(error.message) from error
            raise LeaseUnavailable(error.message) from error
        except KubernetesUnavailable as error:
            raise LeaseUnavailable(str(error)) from error
