"""The cluster's API server for hundreds of pods: one pool of connections instead of a kubectl for each question."""

import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from kubernetes.aio import client, config


class ApiServer:
    """`async with ApiServer(kubeconfig) as api: await api.get("/api/v1/nodes")`."""

    def __init__(self, kubeconfig: str) -> None:
        self._kubeconfig = kubeconfig

    async def __aenter__(self) -> Self:
        settings = client.Configuration()
        await config.load_kube_config(config_file=self._kubeconfig, client_configuration=settings)
        context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file)
        headers = {"Authorization": settings.api_key["BearerToken"]} if "BearerToken" in settings.api_key else {}
        connector = aiohttp.TCPConnector(ssl=context, limit=50)
        self._session = aiohttp.ClientSession(settings.host, connector=connector, headers=headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str) -> dict[str, Any] | None:
        """The object; None when there is none."""
        async with self._session.get(path) as answer:
            if answer.status == 404:
                return None
            answer.raise_for_status()
            return dict(await answer.json())

    async def text(self, path: str) -> bytes:
        """What is no JSON, such as a log; empty when it is not there any more."""
        async with self._session.get(path) as answer:
            return await answer.read() if answer.status == 200 else b""

    async def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """(status, answer): being refused is an answer here."""
        async with self._session.post(path, json=body) as answer:
            return answer.status, dict(await answer.json())

    async def patch(self, path: str, body: Mapping[str, Any]) -> None:
        async with self._session.patch(
            path, json=body, headers={"Content-Type": "application/merge-patch+json"}
        ) as answer:
            answer.raise_for_status()

    async def delete(self, path: str, *, grace_s: int | None = None) -> None:
        """Gone, or on its way; that it is gone already is fine."""
        query = {} if grace_s is None else {"gracePeriodSeconds": str(grace_s)}
        async with self._session.delete(path, params=query) as answer:
            if answer.status != 404:
                answer.raise_for_status()
