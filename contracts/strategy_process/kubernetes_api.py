"""Plain requests to the Kubernetes API server: dicts in, dicts out, errors by what the caller must do.

Connection and credentials are the official asyncio client's; its typed models are left aside because they
refuse fields they do not know and cost milliseconds per object. What the requests mean is the caller's.
"""

import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio import client, config

APPLY_CONTENT_TYPE: Final = "application/apply-patch+yaml"
MERGE_PATCH_CONTENT_TYPE: Final = "application/merge-patch+json"


class KubernetesUnavailable(Exception):
    """The API server did not answer, or answered 429 or 5xx: try again later."""


class KubernetesRefused(Exception):
    """The API server understood and refused; `status` is the HTTP status, `reason` its CamelCase word."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


class KubernetesApi:
    """One connection pool to one API server."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api

    @classmethod
    async def connect(cls) -> "KubernetesApi":
        """The cluster this pod runs in, else the one of KUBECONFIG."""
        configuration = client.Configuration()
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        else:
            await config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return cls(client.ApiClient(configuration))

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        timeout_s: float = 10.0,
    ) -> dict[str, Any]:
        """The decoded answer. Raises KubernetesRefused (4xx) or KubernetesUnavailable."""
        url = self._api.configuration.host + path + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": "application/json", "Content-Type": content_type}
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
        try:
            response = await self._api.call_api(method, url, headers, body, _request_timeout=timeout_s)
            content: bytes = await response.read()  # type: ignore[no-untyped-call]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise KubernetesUnavailable(f"API server: {type(error).__name__} {error}".strip()) from error
        return _answer(response.status, content, f"{method} {path}")

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()  # type: ignore[no-untyped-call]


def _answer(status: int, content: bytes, what: str) -> dict[str, Any]:
    if status == 429 or status >= 500:
        raise KubernetesUnavailable(f"API server answered {status} to {what}")
    try:
        answer: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise KubernetesUnavailable(
            f"API server answered {status} to {what} with something that is not JSON"
        ) from error
    if status >= 400:
        raise KubernetesRefused(status, answer.get("reason", ""), answer.get("message", f"{status} to {what}"))
    return answer
