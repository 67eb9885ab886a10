"""Every trigger of the operator: what happened, and which strategies somebody should look at because of it.

Kopf calls these in its own thread; they only say which keys are concerned. What to do about them is decided elsewhere.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import kopf

from strategy_contracts.resource import GROUP, PLURAL, VERSION
from strategy_operator.index import SourceRef, source_ref
from strategy_operator.names import MANAGER, Key
from strategy_operator.pod_state import owner_name

POD_SELECTOR = f"app.kubernetes.io/managed-by={MANAGER}"


class Notices(Protocol):
    """Where the triggers go."""

    async def strategy(self, key: Key, execution_id: str, ref: SourceRef | None) -> None:
        """The resource was made, changed or deleted."""

    async def pod(self, key: Key) -> None:
        """The pod of that strategy was made, changed or deleted."""

    async def source(self, ref: SourceRef) -> None:
        """What strategies are made from was changed or deleted."""


def register(registry: kopf.OperatorRegistry) -> None:
    """Register the handlers; kopf hands them the Notices as `memo`."""
    kopf.on.login(registry=registry)(login)
    kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)(strategy_event)
    kopf.on.event("", "v1", "pods", registry=registry)(pod_event)
    kopf.on.event("", "v1", "configmaps", registry=registry)(config_map_event)


async def strategy_event(body: Mapping[str, Any], memo: Notices, **_: Any) -> None:
    """A TradingStrategy; for a deleted one the reconcile finds nothing and forgets it."""
    metadata = body["metadata"]
    await memo.strategy(Key(metadata["namespace"], metadata["name"]), metadata["uid"], source_ref(body))


async def pod_event(body: Mapping[str, Any], memo: Notices, **_: Any) -> None:
    """A runner pod: ours by label, whose by its owner."""
    name = owner_name(body)
    if name is not None:
        await memo.pod(Key(body["metadata"]["namespace"], name))


async def config_map_event(body: Mapping[str, Any], memo: Notices, **_: Any) -> None:
    """Any ConfigMap of a strategy namespace: most concern nobody."""
    metadata = body["metadata"]
    await memo.source(SourceRef("configMap", f"{metadata['namespace']}/{metadata['name']}"))


def login(**arguments: Any) -> kopf.ConnectionInfo | None:
    """The service account of the pod, else the kubeconfig; without loading the whole of the official client again."""
    return kopf.login_with_service_account(**arguments) or kopf.login_with_kubeconfig(**arguments)
